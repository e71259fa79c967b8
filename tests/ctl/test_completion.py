"""Completion in real shells: what they offer is what coexistctl says of itself."""

import os
import pty
import re
import select
import signal
import time

import pytest

from coexist_testing import ctl_help
from coexist_testing.ctl import PROGRAM
from coexist_testing.daemon import ROOT
from coexist_testing.installed import Installed
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.wait import SLOWNESS, wait_until

# Each tells what was offered in a file, a line each, and END behind it.
BASH = r"""
PS1='READY> '
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
source {completion}
tell() {{
    _coexistctl "$@"
    {{ printf '%s\n' "${{COMPREPLY[@]}}"; echo END; }} >{told}.new
    mv {told}.new {told}
}}
complete -F tell coexistctl
"""

ZSH = r"""
PS1='READY> '
bindkey -e
setopt no_beep no_auto_menu
LISTMAX=1000
fpath=({folder} $fpath)
autoload -Uz compinit
compinit -u -d {home}/dump
compadd() {{
    local -a matching
    if [[ "${{@[1,(i)(-|--)]}}" == *-[OAD]* ]]; then
        builtin compadd "$@"
        return
    fi
    builtin compadd -O matching "$@"
    print -rl -- $matching >>{told}.new
    builtin compadd "$@"
}}
tell() {{
    : >{told}.new
    zle complete-word
    echo END >>{told}.new
    mv {told}.new {told}
}}
zle -N tell
bindkey '^I' tell
"""

# The tool as it is, and what it was called with. What it says of itself is kept: it would be asked
# for hundreds of times, and a sanitizer makes that slow.
TOOL = r"""#!/bin/sh
for last do :; done
if [ "$last" != --help ]; then
    printf '%s\n' "$@" END >{called}
    exec {program} "$@"
fi
kept="{home}/help.$1"
[ -e "$kept" ] || {program} "$@" >"$kept" || exit
cat "$kept"
"""


class Shell:
    """A shell in a terminal, in a folder of its own, with the installed completion."""

    def __init__(self, command, startup, completion):
        self.home = make_folder("shell")
        self.told = f"{self.home}/told"
        self.called = f"{self.home}/called"
        names = {"home": self.home, "told": self.told, "called": self.called,
                 "completion": completion, "folder": os.path.dirname(completion)}
        for file, text in ((".zshrc", startup), ("bashrc", startup)):
            self.write(file, text.format(**names))
        os.mkdir(f"{self.home}/bin")
        self.write("bin/coexistctl", TOOL.format(program=PROGRAM, **names))
        os.chmod(f"{self.home}/bin/coexistctl", 0o755)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(self.home)
                kept = {k: v for k, v in os.environ.items() if "OPTIONS" in k or k == "LANG"}
                path = f"{self.home}/bin:{os.environ['PATH']}"
                os.execvpe(command[0], [w.format(**names) for w in command], {
                    **kept, "HOME": self.home, "ZDOTDIR": self.home, "TERM": "dumb", "PATH": path,
                })
            finally:
                os._exit(127)  # a second copy of the tests must never go on
        self.shown = ""
        self.wait_for("READY> ")

    def write(self, file, text):
        with open(f"{self.home}/{file}", "w") as opened:
            opened.write(text)

    def wait_for(self, text):
        wait_until(lambda: self.read() or text in self.shown, 30, lambda: f"{text}: {self.shown!r}")

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 65536).decode("utf-8", "replace")

    def take(self, file):
        """The lines of a file that ends in END, which is removed."""
        def whole():
            self.read()
            return os.path.exists(file) and open(file).read().endswith("END\n")

        wait_until(whole, 20, lambda: f"{file} of {self.shown!r}")
        with open(file) as opened:
            lines = opened.read().splitlines()[:-1]
        os.unlink(file)
        return [line for line in lines if line]

    def offered(self, line):
        """What is offered at the end of the line."""
        os.write(self.master, line.encode() + b"\t")
        lines = self.take(self.told)
        os.write(self.master, b"\x15")
        return lines

    def made_of(self, line, more=""):
        """The arguments that the tool gets of the line, completed at its end, and more."""
        os.write(self.master, line.encode() + b"\t")
        self.take(self.told)
        os.write(self.master, more.encode() + b"\n")
        return self.take(self.called)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10 * SLOWNESS
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.close(self.master)
        remove_folder(self.home)


@pytest.fixture(scope="module")
def installed():
    tree = Installed()
    yield tree
    tree.close()


SHELLS = {
    "bash": (["bash", "--noprofile", "--rcfile", "{home}/bashrc", "-i"], BASH,
             "share/bash-completion/completions/coexistctl"),
    "zsh": (["zsh", "-d", "-i"], ZSH, "share/zsh/vendor-completions/_coexistctl"),
}


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, installed):
    command, startup, file = SHELLS[request.param]
    one = Shell(command, startup, installed.path(file))
    yield one
    one.close()


def names(offered):
    return sorted(set(word.rstrip("=") for word in offered))


def test_commands(shell):
    assert sorted(shell.offered("coexistctl ")) == sorted(ctl_help.commands())
    assert sorted(shell.offered("coexistctl -c x ")) == sorted(ctl_help.commands())
    assert shell.offered("coexistctl do") == ["domain", "doctor"]


def test_options_before_the_command(shell):
    assert names(shell.offered("coexistctl --")) == sorted(ctl_help.options())


@pytest.mark.parametrize("command", ctl_help.commands() if os.path.exists(PROGRAM) else [])
def test_options_of_a_command(shell, command):
    options = ctl_help.options(command)
    offered = shell.offered(f"coexistctl {command} --")
    assert names(offered) == sorted(options)
    for name, value in options.items():
        assert (f"{name}=" in offered) == bool(value and not value.startswith("[")), name


def test_options_wherever_the_command_stands(shell):
    for line in ("--json user x --", "-c x user --", "--config=x --state y user --bad --"):
        assert names(shell.offered(f"coexistctl {line}")) == sorted(ctl_help.options("user")), line


def test_subcommands(shell):
    for command in ("user", "group", "domain"):
        wanted = ctl_help.subcommands(command)
        assert len(wanted) >= 4 and sorted(shell.offered(f"coexistctl {command} ")) == sorted(wanted)
    assert shell.offered("coexistctl user uns") == ["unset"]


HOMES = ["both", "moving", "primary", "secondary"]
SYSTEMS = ["primary", "secondary"]

VALUES = [
    # the line, and what stands last in what is offered
    ("user --home=", HOMES),
    ("user --home=p", ["primary"]),
    ("user --home ", HOMES),
    ("user --home s", ["secondary"]),
    ("user list --home=", HOMES),
    ("--color=", ["always", "auto", "never"]),
    ("status --color=n", ["never"]),
    ("user set a@example.com ", ["alias=", "calendar=", "group=", "home=", "note=", "route="]),
    ("user set a@example.com home=", HOMES),
    ("user set a@example.com note=x calendar=", SYSTEMS),
    ("user unset a@example.com ", ["alias", "calendar", "group", "home", "note", "route"]),
    ("group set sales ", ["home=", "note="]),
    ("domain set example.com mode=", ["enforce", "observe"]),
    ("flip a@example.com ", HOMES),
    ("flip a@example.com b@example.com m", ["moving"]),
    ("flip --group sales ", HOMES),
    ("flip -g sales p", ["primary"]),
    ("flip --group=sales --dry-run ", HOMES),
    ("explain --from=", ["external", "local", "peer"]),
    ("explain --from p", ["peer"]),
    ("loops --reason=home-", ["home-here", "home-peer"]),
    ("events --reason split", ["split-horizon"]),
    ("events --action=de", ["defer"]),
    ("events --since=", []),
    ("doctor --only=", ["clocks", "config", "dns", "keys", "postfix", "records", "redis"]),
    ("doctor --skip d", ["dns"]),
    ("import --format=", ["csv", "ldif", "list", "zmprov"]),
    ("import --system s", ["secondary"]),
    ("export --format=", ["csv", "json", "ldif"]),
    # Nothing is known of these.
    ("flip ", []),
    ("user show ", []),
    ("user set ", []),
    ("user --group=", []),
    ("status ", []),
    ("nothing ", []),
    ("nothing --", None),
]


@pytest.mark.parametrize("line, wanted", VALUES)
def test_values(shell, line, wanted):
    offered = shell.offered(f"coexistctl {line}")
    if wanted is None:
        assert "--json" not in offered
    else:
        assert sorted(re.sub(r"^.*=(?=.)", "", word) for word in offered) == wanted


MADE = [
    ("fli", "--version", ["flip", "--version"]),
    ("user --ho", "both --version", ["user", "--home=both", "--version"]),
    ("user --home=sec", "--version", ["user", "--home=secondary", "--version"]),
    ("--col", " --version", ["--color", "--version"]),
    ("user set a@example.com ho", "moving --version",
     ["user", "set", "a@example.com", "home=moving", "--version"]),
    ("user set a@example.com calendar=pri", "--version",
     ["user", "set", "a@example.com", "calendar=primary", "--version"]),
    ("-c one", "--version", ["-c", "one of these.conf", "--version"]),
    ("--config one", "--version", ["--config", "one of these.conf", "--version"]),
    ("--config=one", "--version", ["--config=one of these.conf", "--version"]),
    ("flip --file=one", "--version", ["flip", "--file=one of these.conf", "--version"]),
    ("flip -f fold", "in", ["flip", "-f", "folder/in"]),
    ("inspect one", "--version", ["inspect", "one of these.conf", "--version"]),
    ("import one", "--version", ["import", "one of these.conf", "--version"]),
    ("explain --message=one", "--version",
     ["explain", "--message=one of these.conf", "--version"]),
    ("doctor --postfix-config-dir fold", "x --version",
     ["doctor", "--postfix-config-dir", "folder/x", "--version"]),
]


@pytest.mark.parametrize("line, more, wanted", MADE)
def test_what_is_made_of_it(shell, line, more, wanted):
    os.makedirs(f"{shell.home}/folder", exist_ok=True)
    shell.write("one of these.conf", "")
    assert shell.made_of(f"coexistctl {line}", more) == wanted


def test_no_tool_no_offer(shell):
    """Nor a word on the terminal."""
    before = len(shell.shown)
    os.rename(f"{shell.home}/bin/coexistctl", f"{shell.home}/bin/away")
    try:
        assert shell.offered("/nowhere/coexistctl ") == []
    finally:
        os.rename(f"{shell.home}/bin/away", f"{shell.home}/bin/coexistctl")
    assert "No such file" not in shell.shown[before:]


def listed(file, before, behind):
    with open(f"{ROOT}/{file}") as source:
        return re.findall(r"[a-z-]+", re.search(before + "(.*?)" + behind, source.read(), re.S)[1])


@pytest.mark.parametrize("kind", ("reason", "action"))
def test_lists_are_those_of_the_filter(kind):
    wanted = listed("lib/core/decision.c", rf"{kind}_names\[\] = \{{", r"\};")
    offered = listed("ctl/completion.sh", rf'list\["{kind.upper()}"\] = ', r"\n +(?:list|for)")
    assert len(wanted) > 5 and sorted(offered) == sorted(wanted)
