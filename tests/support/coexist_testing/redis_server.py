"""A private Redis on a unix socket and a free TCP port."""

import json
import os
import shutil
import signal
import subprocess

from coexist_testing.net import free_port, make_folder, remove_folder
from coexist_testing.redis_link import RedisLink
from coexist_testing.wait import wait_until


# A key that is no hash has no fields. cjson makes {} of an empty list.
_USERS = """
local all = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
    local words = redis.pcall('HGETALL', key)
    all[#all + 1] = {string.sub(key, #ARGV[1] + 1), words.err and {} or words}
end
return #all > 0 and cjson.encode(all) or '[]'
"""


class RedisServer:
    """One redis-server, driven by redis-cli as an operator drives it: records are not written faster
    than by that, so that who is told of a change has the time to hear of it.

    url         redis://127.0.0.1:PORT/0
    unix_url    unix:///.../redis.sock?db=0
    Everything is kept in memory alone: restart() and a start() after stop() or kill() begin empty.
    arguments: more options, e.g. ("--requirepass", "x").
    """

    def __init__(self, *arguments, password=None):
        self.folder = make_folder("redis")
        self.port = free_port()
        self.socket = f"{self.folder}/redis.sock"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.unix_url = f"unix://{self.socket}?db=0"
        self.arguments = list(arguments) + (["--requirepass", password] if password else [])
        self.password = password
        self.process = None

    def start(self, *arguments):
        """arguments: more options, for this time alone."""
        with open(f"{self.folder}/redis.log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket",
                 self.socket, "--unixsocketperm", "777", "--save", "", "--appendonly", "no",
                 "--dir", self.folder, *self.arguments, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        try:
            wait_until(self._answers, 10, lambda: "Redis answers; its log:\n" + self.log())
        except BaseException:
            self.kill()
            raise
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError("Redis ended:\n" + self.log())
        try:
            return self.cli("PING") == "PONG"
        except AssertionError:
            return False

    def log(self):
        with open(f"{self.folder}/redis.log", errors="replace") as file:
            return file.read()

    def stop(self):
        """An orderly end (SIGTERM); clients see their connections closed."""
        self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self.process:
            if self.process.poll() is None:
                self.resume()
                self.process.send_signal(number)
                self.process.wait(20)
            self.process = None

    def wipe(self):
        """Removes what a stopped server has kept on disk, where its arguments tell it to."""
        shutil.rmtree(f"{self.folder}/appendonlydir", ignore_errors=True)

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        """SIGSTOP: connections stay open, and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.kill()
        remove_folder(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def cli(self, *command):
        """redis-cli: the answer as it prints it; fails on an error reply. Octets may be bytes."""
        environment = dict(os.environ)
        if self.password:
            environment["REDISCLI_AUTH"] = self.password
        done = subprocess.run(
            ["redis-cli", "-e", "-s", self.socket, *[_text(word) for word in command]],
            capture_output=True, timeout=20, env=environment,
        )
        out = done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
        if done.returncode != 0:
            raise AssertionError(f"redis-cli {command}: {out} {done.stderr.decode()}")
        return out

    def calls(self, command=None):
        """How often each command was called, {name: times}, or one of them, in this life of the
        server. This question counts as `info`, and cli() with it as others."""
        lines = self.cli("INFO", "commandstats").splitlines()
        found = {
            line.split(":")[0][len("cmdstat_"):]: int(line.split("calls=")[1].split(",")[0])
            for line in lines if line.startswith("cmdstat_")
        }
        return found if command is None else found.get(command, 0)

    def send(self, *commands):
        """The replies to several commands; an error among them is raised."""
        with RedisLink(self.socket) as link:
            if self.password:
                link.command("AUTH", self.password)
            return link.pipeline(commands)

    def hset(self, key, **fields):
        """hset("coexist:user:foo@example.com", home="secondary")"""
        self.cli("HSET", key, *[word for pair in fields.items() for word in pair])

    def hdel(self, key, *fields):
        self.cli("HDEL", key, *fields)

    def hgetall(self, key):
        [words] = self.send(["HGETALL", key])
        return dict(zip(words[::2], words[1::2]))

    def users(self, prefix="coexist:"):
        """All records of users, {address: fields}, at once."""
        text = self.cli("EVAL", _USERS, 0, f"{prefix}user:")
        return {name: dict(zip(list(words)[::2], list(words)[1::2]))
                for name, words in json.loads(text)}

    def delete(self, *keys):
        self.cli("DEL", *keys)

    def set(self, key, value):
        self.cli("SET", key, value)

    def flush(self):
        self.send(["FLUSHALL"])

    def user(self, address, prefix="coexist:", **fields):
        """Replaces a user's record; no fields: removes it."""
        self._record(f"{prefix}user:{address}", fields)

    def group(self, name, prefix="coexist:", **fields):
        self._record(f"{prefix}group:{name}", fields)

    def domain(self, name, prefix="coexist:", **fields):
        self._record(f"{prefix}domain:{name}", fields)

    def _record(self, key, fields):
        self.delete(key)
        if fields:
            self.hset(key, **fields)


def _text(word):
    return word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
