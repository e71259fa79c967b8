"""What all commands have in common: options, exit codes, help, output."""

import json
import os
import re
import subprocess

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, without_ink
from coexist_testing.net import free_port

COMMANDS = (
    "status user group domain flip import export explain inspect trace loops events doctor probe "
    "postfix-config"
).split()

WRONG = [
    ((), "Usage: coexistctl"),
    (("nope",), "coexistctl: there is no command 'nope'; `coexistctl --help` lists them"),
    (("\x1b[31mred",), "there is no command '\\x1B[31mred'"),
    (("--nope", "status"), "unrecognized option '--nope'"),
    (("status", "--nope"), "coexistctl status: unrecognized option '--nope'"),
    (("status", "more"), "Too many arguments"),
    (("status", "--color=blue"), "--color is always, never or auto, not 'blue'"),
    (("user",), "Usage: coexistctl user"),
    (("user", "move"), "user: show, set, unset or list, not 'move'"),
    (("user", "show"), "show: name at least one user"),
    (("user", "show", "nobody"), "'nobody' is not an address: write user@example.com"),
    (("user", "set", "a@example.com"), "set: name a user, and FIELD=VALUE"),
    (("user", "set", "a@example.com", "home"), "set: 'home' is not FIELD=VALUE"),
    (("user", "set", "a@example.com", "hom=x"), "set: 'hom' is not a field of a user record"),
    (("group", "set", "g", "route=a@b.c"), "set: 'route' is not a field of a group record"),
    (("domain", "unset", "example.com", "note"), "unset: 'note' is not a field of a domain record"),
    (("user", "list", "a", "b"), "list: one pattern at most"),
    (("user", "list", "--home", "here"), "--home is primary, secondary, both or moving"),
    (("flip",), "Usage: coexistctl flip"),
    (("flip", "a@example.com", "elsewhere"), "the last word is where to"),
    (("flip", "secondary"), "flip: name at least one user"),
    (("flip", "-g", "sales", "a@example.com", "secondary"), "users are named, or in a group"),
    (("flip", "-g", "sales", "-f", "x", "secondary"), "a group or a file, not both"),
    (("flip", "--file", "/nonexistent", "both"), "/nonexistent: No such file or directory"),
]


@pytest.mark.parametrize("words, told", WRONG, ids=lambda value: str(value)[:40])
def test_wrong_use(ctl, words, told):
    ran = ctl.run(*words)
    assert ran.status == USAGE, ran
    assert told in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [
    ("group", "list"), ("group", "list", "--json"), ("user", "show", "x"),
    ("group", "set", "sales", "home=primary"),
], ids=" ".join)
def test_what_is_printed_does_not_go_to_redis(ctl, redis, words, closed):
    """A socket takes the lowest number that is free: that of a standard output which is closed."""
    redis.user("a@example.com", home="primary")
    redis.group("DEL coexist:user:a@example.com", home="primary")
    status = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *ctl.command(*words)], capture_output=True,
        timeout=60, check=False).returncode
    assert redis.hgetall("coexist:user:a@example.com") == {"home": "primary"}
    wrong_use = words == ("user", "show", "x")
    assert status == (USAGE if wrong_use else NO if ">&-" in closed.split() else 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(ctl, command):
    text = ctl.good(command, "--help")
    assert text.startswith(f"Usage: coexistctl {command} ")
    for option in ("-c, --config=FILE", "--json", "--color[=WHEN]", "--state=URL"):
        assert option in text, option


def test_help_lists_the_commands(ctl):
    listed = re.findall(r"^  ([a-z-]+)  +\S", ctl.good("--help").split("Commands:")[1], re.M)
    assert listed == COMMANDS


def test_version(ctl):
    assert re.fullmatch(r"coexistctl \d+\.\d+\.\d+\n", ctl.good("--version"))


def test_options_before_and_behind_the_command(ctl, redis):
    redis.user("a@example.com", home="secondary")
    before = ctl.good("--json", "user", "show", "a@example.com")
    assert before == ctl.good("user", "show", "a@example.com", "--json")
    assert json.loads(before)[0]["fields"] == {"home": "secondary"}


def test_configuration_at_fault(ctl):
    ctl.write_config('node = secundary\n')
    ran = ctl.run("status")
    assert ran.status == USAGE
    assert ran.err.startswith(f"coexistctl: {ctl.config}:1: node: ")


ONCE = ["flip a@example.com primary", "flip -g sales primary", "user set a@example.com home=both",
        "user unset a@example.com", "user show a@example.com", "group show sales", "user list",
        "status", "import -", "export", "explain a@example.com"]


@pytest.mark.parametrize("words", ONCE)
def test_configuration_at_fault_is_told_once(ctl, words):
    ctl.write_config("node = secundary\n")
    ran = ctl.run(*words.split(), stdin="a@example.com both\n")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (USAGE, "", 1), ran


def test_no_configuration(ctl):
    os.unlink(ctl.config)
    ran = ctl.run("status")
    assert ran.status == USAGE
    assert f"{ctl.config}: cannot be read: No such file or directory" in ran.err


STATEFUL = [
    ("status",), ("user", "show", "a@example.com"), ("user", "list"), ("group", "list"),
    ("user", "set", "a@example.com", "home=both"), ("flip", "a@example.com", "both"),
]


@pytest.mark.parametrize("words", STATEFUL, ids=" ".join)
def test_redis_away(ctl, options, words):
    port = free_port()
    ctl.write_config({**options, "state": f"redis://127.0.0.1:{port}/0"})
    ran = ctl.run(*words)
    assert ran.status == UNAVAILABLE, ran
    assert ran.err == f"coexistctl: 127.0.0.1:{port}: connect: Connection refused\n"
    assert ran.out == ""


@pytest.mark.parametrize("words", STATEFUL, ids=" ".join)
def test_redis_refuses(ctl, redis, options, words):
    redis.cli("ACL", "SETUSER", "nobody", "on", ">secret", "~*", "+select")
    ctl.write_config({**options, "state": redis.unix_url + "&user=nobody&password=secret"})
    ran = ctl.run(*words)
    assert ran.status == UNAVAILABLE, ran
    assert "NOPERM" in ran.err or "refuses" in ran.err
    assert "secret" not in ran.err


def test_state_in_memory(ctl, options):
    ctl.write_config({**options, "state": "memory:"})
    ran = ctl.run("user", "list")
    assert ran.status == USAGE
    assert ran.err == f"coexistctl: {ctl.config}: it names no Redis that could be asked\n"


def test_another_state(ctl, redis, options):
    """By an option or the environment: the filter's own user may not do all."""
    redis.user("a@example.com", home="both")
    ctl.write_config({**options, "state": "redis://127.0.0.1:1/0"})
    told = "a@example.com home=both\n"
    assert ctl.good("--state", redis.unix_url, "user", "list") == told
    assert ctl.good("user", "list", environment={"COEXIST_STATE": redis.unix_url}) == told
    ran = ctl.run("user", "list", "--state", "http://x/")
    assert ran.status == USAGE
    assert ran.err == "coexistctl: --state: it names no Redis that could be asked\n"


def test_colour_on_a_terminal_alone(ctl, redis):
    redis.user("a@example.com", home="secondary")
    piped = ctl.run("user", "show", "a@example.com")
    assert "\x1b" not in piped.out
    shown = ctl.terminal("user", "show", "a@example.com")
    assert "\x1b[1m" in shown.out
    assert without_ink(shown.out) == piped.out
    assert "\x1b[1m" in ctl.good("--color=always", "user", "show", "a@example.com")
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = ctl.terminal("user", "show", "a@example.com", environment=environment)
        assert plain.out == piped.out, environment
    assert "\x1b" not in ctl.terminal("--color=never", "user", "show", "a@example.com").out


ANSWERS = [
    ("user", "list"), ("user", "list", "--json"), ("user", "show", "u1@example.com"), ("export",),
    ("export", "--json"), ("status",), ("doctor", "--only", "records"),
    ("doctor", "--only", "records", "--json"), ("--help",), ("user", "--help"), ("--version",),
]


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_a_full_disk_is_no_empty_answer(ctl, redis, words):
    redis.user("u1@example.com", home="secondary")
    with open("/dev/full", "w") as full:
        done = subprocess.run(ctl.command(*words), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == NO
    assert done.stderr == "coexistctl: the answer could not be written\n"


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_a_reader_who_has_seen_enough_is_told_nothing(ctl, redis, words):
    redis.cli("EVAL", "for i = 1, 3000 do redis.call('HSET', 'coexist:user:u' .. i .. "
              "'@example.com', 'home', 'both') end", "0")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(ctl.command(*words), stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (NO, "")
