"""coexist-milter under test: its configuration, life and log."""

import collections
import glob
import os
import re
import signal
import subprocess
import threading
import time

from coexist_testing.milter_client import MilterConnection
from coexist_testing.net import accepts, make_folder, remove_folder
from coexist_testing.wait import MODE, SLOWNESS, wait_until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
OUT = os.path.join(ROOT, os.environ.get("COEXIST_OUT", "build"))
PROGRAM = os.path.join(OUT, "coexist-milter")
VALGRIND_STATUS = 99

# when: time.time() when it was read.
LogLine = collections.namedtuple("LogLine", "level queue_id event values text when")

_LINE = re.compile(r"^\S+\[\d+\]: (\w+): (?:(\S+): )?([^\s:]+)((?: .*)?)$")
_VALUE = re.compile(r' ([a-z0-9_-]+)=("(?:\\.|[^"\\])*"|[^" ]*)')
_ESCAPE = re.compile(r'\\(x[0-9A-Fa-f]{2}|.)')


def parse_log_line(text):
    """`coexist-milter[PID]: LEVEL: QUEUE-ID: event key=value ...`, or None for anything else.

    A line about no message comes without a queue id or with NOQUEUE; its queue_id is None.
    """
    found = _LINE.match(text)
    if found:
        level, queue_id, event, rest = found.groups()
        values = {key: _unquote(value) for key, value in _VALUE.findall(rest)}
        queue_id = None if queue_id == "NOQUEUE" else queue_id
        return LogLine(level, queue_id, event, values, text, time.time())
    return None


def _unquote(value):
    if not value.startswith('"'):
        return value
    return _ESCAPE.sub(
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 3 else m[1], value[1:-1]
    )


def render_config(options):
    """libconfuse text of a dict.

    A list is a list; `system` and `domain` are dicts by title, `gateway` is a dict of options or a
    list of them; None leaves an option out.
        {"node": "secondary", "system": {"primary": {"hosts": ["a"]}}, "gateway": {"hosts": ["g"]},
         "domain": {"example.com": {"home": "primary"}}}
    """
    lines = []
    for name, value in options.items():
        if name in ("system", "domain"):
            for title, inner in value.items():
                lines.append(f"{name} {_quote(title)} {{\n{_options(inner)}}}")
        elif name == "gateway" and value is not None:
            for inner in value if isinstance(value, list) else [value]:
                lines.append(f"gateway {{\n{_options(inner)}}}")
        elif value is not None:
            lines.append(f"{name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _options(inner):
    return "".join(
        f"    {name} = {_value(value)}\n" for name, value in inner.items() if value is not None
    )


def _value(value):
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(_quote(item) for item in value) + " }"
    return str(value) if isinstance(value, int) else _quote(value)


def _quote(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Daemon:
    """One coexist-milter in the foreground, from the build under test.

    options: a dict for render_config(), or the text of a configuration file. `{folder}` in its
    strings is the daemon's own folder. What is not set, and only in a dict: listen, a unix socket;
    keys, a file; socket_mode; state, `memory:`; snapshot, none.

    socket    where the milter listens: a path, or (host, port)
    milter    the same as Postfix writes it: `unix:/path`, `inet:host:port`
    maps      path of the socketmap's unix socket, where `maps` is set to one; else its (host, port)

    stop() fails the test when the exit status, an error line in the log that was not announced by
    expect_error(), a sanitizer or valgrind says that something is wrong.
    """

    def __init__(self, options, folder=None, arguments=("-f",), program=PROGRAM):
        self.own_folder = folder is None
        self.folder = folder or make_folder("daemon")
        self.config = f"{self.folder}/coexist.conf"
        self.arguments = list(arguments)
        self.program = program
        self.process = None
        self.lines = []
        self.raw = []
        self.expected_errors = []
        self._checked = 0
        self._changed = threading.Condition()
        self.write_config(options)

    # Configuration

    def write_config(self, options):
        """Replaces the file; the daemon reads it at start() and reload()."""
        if isinstance(options, dict):
            options = {
                "listen": "unix:{folder}/milter.sock", "keys": "{folder}/keys",
                "state": "memory:", "socket_mode": "0666", "snapshot": "", **options,
            }
            self.options = _fill(options, self.folder)
            text = render_config(self.options)
            self.socket = _address(self.options["listen"])
            self.milter = _postfix_address(self.options["listen"])
            maps = self.options.get("maps")
            self.maps = _address(maps) if maps else None
        else:
            text = options.replace("{folder}", self.folder)
            self.options = None
            listen = re.search(r'^\s*listen\s*=\s*"([^"]*)"', text, re.M)
            self.socket = _address(listen[1]) if listen else None
            self.milter = _postfix_address(listen[1]) if listen else None
            maps = re.search(r'^\s*maps\s*=\s*"([^"]*)"', text, re.M)
            self.maps = _address(maps[1]) if maps else None
        temporary = self.config + ".new"
        with open(temporary, "w") as file:
            file.write(text)
        os.rename(temporary, self.config)

    # Life

    def start(self, wait=True):
        """Starts the daemon and, unless told not to, waits until it answers an MTA."""
        self.process = subprocess.Popen(
            [*self._wrapper(), self.program, "-c", self.config, *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self._environment(), cwd=self.folder,
        )
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if wait:
            try:
                wait_until(self._ready, 10, lambda: "the daemon listens; it said:\n" + self.text())
            except BaseException:
                self.kill()
                raise
        return self

    def _ready(self):
        if self.process.poll() is not None:
            self._reader.join(5)
            raise AssertionError(
                f"the daemon ended with status {self.process.returncode}:\n{self.text()}"
                + self.findings()
            )
        if not accepts(self.socket) or (self.maps and not accepts(self.maps)):
            return False
        # Once it answers, libmilter's threads are all there.
        MilterConnection(self.socket).quit()
        return True

    def _wrapper(self):
        if MODE != "valgrind":
            return []
        return [
            "valgrind", "--quiet", "--vgdb=no", "--leak-check=full",
            "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", f"--error-exitcode={VALGRIND_STATUS}",
            f"--log-file={self.folder}/findings.%p", "--num-callers=30",
            f"--suppressions={ROOT}/tests/valgrind.supp",
        ]

    def _environment(self):
        environment = dict(os.environ)
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            given = environment.get(name)
            log = f"log_path={self.folder}/findings"
            environment[name] = f"{given}:{log}" if given else log
        return environment

    def _read(self, stream):
        for octets in stream:
            text = octets.decode("utf-8", "backslashreplace").rstrip("\n")
            line = parse_log_line(text)
            with self._changed:
                self.raw.append(text)
                if line:
                    self.lines.append(line)
                self._changed.notify_all()
        stream.close()

    @property
    def pid(self):
        return self.process.pid

    def reload(self, wait="reload"):
        """SIGUSR1; waits for a log event whose name begins with wait, unless that is None."""
        mark = len(self.lines)
        self.process.send_signal(signal.SIGUSR1)
        if wait:
            return self.wait_log(since=mark, match=lambda l: l.event.startswith(wait))

    def terminate(self):
        """SIGTERM, without waiting for the end: stop() does."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self, status=0, timeout=20):
        """SIGTERM; fails unless the daemon then ends with this status and nothing went wrong."""
        if not self.process:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout * SLOWNESS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the daemon does not end at SIGTERM:\n" + self.text()) from None
        self._reader.join(5)
        self.check(process.returncode, status)

    def wait_end(self, status=0, timeout=20):
        """Waits for a daemon that ends of itself, as after terminate(); checks as stop() does."""
        process, self.process = self.process, None
        process.wait(timeout * SLOWNESS)
        self._reader.join(5)
        self.check(process.returncode, status)

    def check(self, returned, status=0):
        """Fails on a sanitizer's or valgrind's finding, the wrong status or an unexpected error."""
        findings = self.findings()
        if findings:
            raise AssertionError(f"findings (status {returned}):\n{findings}")
        if returned != status:
            raise AssertionError(
                f"the daemon ended with status {returned}, not {status}; it said:\n{self.text()}"
            )
        self.check_log()

    def check_log(self):
        """Fails on an error line, new since the last check, that no expect_error() announced."""
        since, self._checked = self._checked, len(self.lines)
        wrong = [
            line.text for line in self.lines[since:self._checked]
            if line.level == "error" and not any(e in line.text for e in self.expected_errors)
        ]
        if wrong:
            raise AssertionError("errors in the daemon's log:\n" + "\n".join(wrong))

    def expect_error(self, text):
        """Error lines that contain text are no fault."""
        self.expected_errors.append(text)

    def kill(self):
        """SIGKILL, as a crash would: nothing is checked."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self._reader.join(5)
            self.process = None

    def close(self, check=True):
        """stop(), or kill() unless check; removes the folder."""
        try:
            self.stop() if check else self.kill()
        finally:
            self.kill()
            if self.own_folder:
                remove_folder(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def run_once(self, *arguments, timeout=20):
        """Runs the program to its end, e.g. run_once("-t"): (status, stdout, stderr)."""
        done = subprocess.run(
            [*self._wrapper(), self.program, "-c", self.config, *arguments], capture_output=True,
            timeout=timeout * SLOWNESS, env=self._environment(), stdin=subprocess.DEVNULL,
        )
        if self.findings():
            raise AssertionError(self.findings())
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def findings(self):
        """What the sanitizers or valgrind wrote; empty when all is well."""
        texts = []
        for path in sorted(glob.glob(f"{self.folder}/findings*")):
            with open(path, errors="replace") as file:
                texts.append(file.read())
        return "\n".join(t for t in texts if t.strip())

    def rss_kib(self):
        """Resident memory, VmRSS."""
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.M)[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    # Log

    def text(self):
        """All that the daemon wrote to stderr."""
        return "\n".join(self.raw)

    def find(self, event=None, queue_id=None, since=0, match=None, **values):
        """Log lines of an event, with these values (key `a_b` stands for `a-b`), in order."""
        wanted = {key.replace("_", "-"): str(value) for key, value in values.items()}
        return [
            line for line in list(self.lines)[since:]
            if event in (None, line.event) and queue_id in (None, line.queue_id)
            and all(line.values.get(k) == v for k, v in wanted.items())
            and (match is None or match(line))
        ]

    def wait_log(self, event=None, timeout=10, **wanted):
        """Waits for a line as find() finds it; returns the first."""
        deadline = time.monotonic() + timeout * SLOWNESS
        with self._changed:
            while True:
                found = self.find(event, **wanted)
                if found:
                    return found[0]
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(f"no log line {event} {wanted} in:\n{self.text()}")


def _fill(value, folder):
    if isinstance(value, dict):
        return {k: _fill(v, folder) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fill(item, folder) for item in value]
    return value.replace("{folder}", folder) if isinstance(value, str) else value


def _address(listen):
    """A milter's socket, `unix:PATH` or `inet:PORT@HOST`, as Python writes it."""
    kind, _, rest = listen.partition(":")
    if kind in ("unix", "local"):
        return rest
    port, _, host = rest.partition("@")
    return (host, int(port))


def _postfix_address(listen):
    address = _address(listen)
    return f"unix:{address}" if isinstance(address, str) else f"inet:{address[0]}:{address[1]}"
