"""What coexistctl says of itself at --help."""

import functools
import os
import re
import subprocess

from coexist_testing.ctl import PROGRAM


@functools.cache
def help_of(*command):
    """The text, with no line broken."""
    done = subprocess.run(
        [PROGRAM, *command, "--help"], capture_output=True, text=True, timeout=60,
        env={**os.environ, "ARGP_HELP_FMT": "rmargin=4000"}, stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0 and not done.stderr, done
    return done.stdout


def commands():
    """The names of all commands."""
    listed = help_of().split("\nCommands:\n", 1)[1].split("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines()]
    assert len(names) > 10
    return names


def options(*command):
    """{`--home`: `HOME`}; `` for those without a value, `[WHEN]` where it may be left out."""
    found = re.findall(r"^ +(?:-\S, +)?(--[a-z-]+)(\[?=\S+)?", help_of(*command), re.M)
    named = {name: value.replace("=", "") for name, value in found}
    assert {"--config", "--json", "--help"} <= set(named)
    return named


def forms(command):
    """What its usage lines say behind the options: ["show ADDRESS...", ...]"""
    return re.findall(
        rf"^(?:Usage:|  or: ) coexistctl {command} \[OPTION\.\.\.\] ?(.*)$", help_of(command), re.M
    )


def subcommands(command):
    """`show`, `set` and the like."""
    return [form.split()[0] for form in forms(command) if form[:1].islower()]
