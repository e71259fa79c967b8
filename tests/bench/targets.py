"""What is measured: filters, their Redis, and the programs that measure them."""

import json
import os
import re
import subprocess

from coexist_testing.daemon import Daemon, OUT
from coexist_testing.net import accepts, free_port
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import SLOWNESS, wait_until

PROGRAMS = f"{OUT}/bench"
DOMAIN = "bench.example"
PEER = ("198.51.100.10", "mail.primary.example")
LOAD_SECONDS = 600  # after which a run is given up

OPTIONS = {
    "node": "secondary",
    "name": "mail.secondary.example",
    "snapshot": "",
    "system": {
        "primary": {"hosts": ["mail.primary.example"], "networks": ["198.51.100.0/24"]},
        "secondary": {"hosts": ["mail.secondary.example"], "networks": ["192.0.2.0/24"]},
    },
    "domain": {DOMAIN: {"home": "secondary", "route": "%u@%d.primary.invalid"}},
}


class NoReader:
    """Stands for the thread that reads a daemon's log, which is a file here."""

    def join(self, _timeout=None):
        pass


class Ours(Daemon):
    """coexist-milter with its log in a file, emptied after each measurement."""

    header = "X-Coexist-Trace"

    def __init__(self, state, **changes):
        super().__init__({**OPTIONS, "state": state, **changes})
        self.log_file = f"{self.folder}/log"
        self._reader = NoReader()

    def start(self, wait=True):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self._wrapper(), self.program, "-c", self.config, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env=self._environment(), cwd=self.folder,
            )
        try:
            wait_until(self._ready, 10, lambda: "the daemon listens; it said:\n" + self.text())
        except BaseException:
            self.kill()
            raise
        return self

    @property
    def listen(self):
        return self.options["listen"]

    def text(self):
        with open(self.log_file, errors="replace") as log:
            return log.read(1 << 20)

    def decided(self):
        """How many recipients the log tells of since it was last emptied."""
        with open(self.log_file, "rb") as log:
            return sum(line.count(b": decide ") for line in log)

    def empty_log(self):
        """Forgets the log, after a look for what must not be there."""
        with open(self.log_file, errors="replace") as log:
            wrong = [line for line in log if ": error: " in line]
        if wrong:
            raise AssertionError("errors in the daemon's log:\n" + "".join(wrong[:20]))
        os.truncate(self.log_file, 0)


class Program:
    """A program that serves until it is ended."""

    def __init__(self, name, *arguments):
        self.command = [f"{PROGRAMS}/{name}", *map(str, arguments)]
        self.process = None

    def start(self, address):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, umask=0)
        try:
            wait_until(lambda: self._serves(address), 10, f"{self.command[0]} listens")
        except BaseException:
            self.close()
            raise
        return self

    def _serves(self, address):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.command} ended with {self.process.returncode}")
        return accepts(address)

    def close(self, check=True):
        # libmilter takes five seconds for an orderly end.
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


class Null(Program):
    """The null milter at `unix:PATH` or `inet:PORT@HOST`."""

    header = "X-Null"

    def __init__(self, listen):
        super().__init__("null_milter", "--listen", listen)
        self.listen = listen

    def start(self):
        kind, _, rest = self.listen.partition(":")
        port, _, host = rest.partition("@")
        return super().start(rest if kind == "unix" else (host, int(port)))


class Proxy(Program):
    """Stands before a Redis and delays the look-ups of users slow..."""

    def __init__(self, folder, redis):
        self.path = f"{folder}/proxy.sock"
        self.url = f"unix://{self.path}?db=0"
        super().__init__("slow_proxy", self.path, redis.socket)

    def start(self):
        return super().start(self.path)


class Store(RedisServer):
    """A Redis with known users, by number."""

    def add_users(self, count, kind="user", home="secondary"):
        """kind00000000 to kind(count-1), at the home."""
        feed = subprocess.Popen(
            ["redis-cli", "-s", self.socket, "--pipe"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for first in range(0, count, 10000):
            feed.stdin.write("".join(
                _command("HSET", f"coexist:user:{kind}{n:08d}@{DOMAIN}", "home", home)
                for n in range(first, min(first + 10000, count))
            ).encode())
        said = feed.communicate()[0].decode()
        if "errors: 0" not in said:
            raise AssertionError(f"Redis took no users: {said}")

    def commands(self):
        """How often each command was called since the last forget_commands(): {name: calls}."""
        found = re.findall(r"^cmdstat_([^:]+):calls=(\d+)", self.cli("INFO", "commandstats"), re.M)
        return {name.upper(): int(calls) for name, calls in found}

    def reads(self):
        """How many times clients' input was read: a pipelined batch is one."""
        return int(re.search(r"total_reads_processed:(\d+)", self.cli("INFO", "stats"))[1])

    def forget_commands(self):
        self.cli("CONFIG", "RESETSTAT")


def _command(*words):
    return f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)


def tcp():
    return f"inet:{free_port()}@127.0.0.1"


def load(target, **options):
    """Runs load against a target and returns what it printed.

    Options are its own, `slow_every=1000` for --slow-every; what is None is left out, True stands
    alone. Answers that were wrong are counted in `wrong`, and do not fail here.
    """
    command = [f"{PROGRAMS}/load", target.listen, "--header", target.header]
    for name, value in options.items():
        if value is None or value is False:
            continue
        command.append("--" + name.replace("_", "-"))
        if value is not True:
            command.append(str(value))
    return _run(command, (0, 70))


def lookups(target, answer, cores=None, **options):
    """Runs lookups against a target's maps, as load(), on these cores."""
    command = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
    command += [f"{PROGRAMS}/lookups", target.maps, answer]
    for name, value in options.items():
        if value is not None:
            command += [f"--{name}", str(value)]
    return _run(command, (0, 70))


def flips(target, redis, count):
    return _run([f"{PROGRAMS}/flips", target.listen, redis.socket, "--count", str(count)])


def _run(command, good=(0,)):
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LOAD_SECONDS * SLOWNESS,
    )
    if done.returncode not in good:
        raise AssertionError(
            f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode()}"
        )
    return json.loads(done.stdout)
