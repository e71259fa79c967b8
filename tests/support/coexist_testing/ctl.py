"""coexistctl under test: in a pipe, and in a terminal."""

import collections
import errno
import json
import os
import pty
import re
import select
import subprocess
import time

from coexist_testing.daemon import OUT, render_config
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.wait import SLOWNESS

PROGRAM = os.path.join(OUT, "coexistctl")

YES, NO, USAGE, UNAVAILABLE = range(4)

Ran = collections.namedtuple("Ran", "status out err")
_INK = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Ctl:
    """The tool with a configuration of its own.

    options: a dict for render_config(), the text of a file, or None for no configuration at all.
    The keys are in a file of the folder unless set.
    """

    def __init__(self, options=None):
        self.folder = make_folder("ctl")
        self.config = f"{self.folder}/coexist.conf"
        if options is not None:
            self.write_config(options)

    def write_config(self, options):
        if isinstance(options, dict):
            options = render_config({
                "listen": f"unix:{self.folder}/milter.sock", "keys": f"{self.folder}/keys",
                "snapshot": "", **options,
            })
        with open(self.config, "w") as file:
            file.write(options)

    def command(self, *arguments, config=True):
        chosen = ["-c", self.config] if config else []
        return [PROGRAM, *chosen, *[str(word) for word in arguments]]

    def run(self, *arguments, stdin="", config=True, timeout=60, environment=None):
        """In a pipe: Ran(status, out, err). A finding of a sanitizer fails the test."""
        octets = stdin if isinstance(stdin, bytes) else stdin.encode()
        done = subprocess.run(
            self.command(*arguments, config=config), input=octets, capture_output=True,
            timeout=timeout * SLOWNESS, env={**os.environ, **(environment or {})}, cwd=self.folder,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert 0 <= ran.status <= 3, ran
        return ran

    def good(self, *arguments, **more):
        """What it prints; fails unless it ends with 0 and tells no error."""
        ran = self.run(*arguments, **more)
        assert ran.status == YES and not ran.err, ran
        return ran.out

    def json(self, *arguments, status=YES, **more):
        """What `--json` prints."""
        ran = self.run(*arguments, "--json", **more)
        assert ran.status == status, ran
        return json.loads(ran.out)

    def start(self, *arguments):
        """A process that goes on, as with --follow: a Popen with text pipes. The caller ends it."""
        return subprocess.Popen(
            self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=self.folder,
        )

    def terminal(self, *arguments, config=True, typed=b"", at=b"", timeout=60, environment=None):
        """In a terminal of 100 columns: Ran(status, all that it shows, "").

        typed: what somebody types, once `at` is shown.
        """
        pid, master = pty.fork()
        if pid == 0:
            try:
                os.environ.pop("NO_COLOR", None)
                os.environ.update({"TERM": "xterm", "COLUMNS": "100", **(environment or {})})
                command = self.command(*arguments, config=config)
                os.chdir(self.folder)
                os.execv(command[0], command)
            finally:
                os._exit(127)  # a second copy of the tests must never go on
        deadline = time.monotonic() + timeout * SLOWNESS
        try:
            shown = _read(master, deadline, at) if at else b""
            if typed:
                os.write(master, typed)
            shown += _read(master, deadline)
        finally:
            os.close(master)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return Ran(status, shown.decode().replace("\r\n", "\n"), "")

    def close(self):
        remove_folder(self.folder)


def _read(master, deadline, until=None):
    """All that is shown up to the end, or until these octets have come."""
    shown = b""
    while not until or until not in shown:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([master], [], [], left)[0], f"does not end: {shown}"
        try:
            octets = os.read(master, 65536)
        except OSError as gone:
            if gone.errno != errno.EIO:
                raise
            octets = b""
        if not octets:
            break
        shown += octets
    return shown


def without_ink(text):
    return _INK.sub("", text)
