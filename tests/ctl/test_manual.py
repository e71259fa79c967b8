"""The manual pages: their form, and that they tell of all that there is."""

import re
import shlex
import subprocess

import pytest

from coexist_testing import ctl_help
from coexist_testing.ctl import USAGE, Ctl
from coexist_testing.daemon import PROGRAM as DAEMON
from coexist_testing.daemon import ROOT
from coexist_testing.installed import Installed

PAGES = {
    "coexist-milter.8": "milter", "coexist-milter.conf.5": "milter", "coexistctl.8": "ctl",
}
COMMON = ("--config", "--state", "--json", "--color", "--help", "--usage", "--version")


def source(page):
    with open(f"{ROOT}/{PAGES[page]}/{page}") as file:
        return file.read()


def sections(text, macro):
    """{title: what follows} of .Sh or .Ss."""
    parts = re.split(rf"^\.{macro} (.*)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def long_options(text):
    """Those that have an entry of their own."""
    items = re.findall(r"^\.It (.*)$", text, re.M)
    return {f"--{name}" for item in items for name in re.findall(r"Fl Fl ([a-z-]+)", item)}


def literals(text):
    """The lines of each block that is set as it stands."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S)
    return [block.replace(r"\e", "\\").splitlines() for block in blocks]


@pytest.mark.parametrize("page", PAGES)
def test_form(page):
    done = subprocess.run(
        ["mandoc", "-Tlint", "-Wstyle", f"{ROOT}/{PAGES[page]}/{page}"], capture_output=True,
        text=True, timeout=60,
    )
    # Whether the pages that it names are on this host says nothing of it.
    faults = [l for l in done.stdout.splitlines() if "referenced manual not found" not in l]
    assert not faults
    shown = subprocess.run(
        ["mandoc", "-Tutf8", f"{ROOT}/{PAGES[page]}/{page}"], capture_output=True, text=True,
        timeout=60,
    ).stdout
    assert shown.count("\n") > 50 and "NAME" in re.sub(r".\x08", "", shown)


# The configuration


def sample():
    with open(f"{ROOT}/milter/coexist-milter.conf.sample") as file:
        return file.read()


def sample_options():
    """Names of options, set or out-commented; not those in the text."""
    names = re.findall(r"^ *#?([a-z_]+) *=", sample(), re.M)
    blocks = re.findall(r"^ *#?([a-z_]+)(?: [^=\s]+)? \{", sample(), re.M)
    assert len(set(names)) > 30 and set(blocks) == {"system", "gateway", "domain"}
    return {*names, *blocks}


def page_options():
    """{name: what its entry says, in one line}; of entries that follow each other, the last one's."""
    text = source("coexist-milter.conf.5").split(".Sh OPTIONS\n")[1].split("\n.Sh ")[0]
    entries, waiting = {}, []
    for part in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, _, told = part.partition("\n")
        waiting.append(re.match(r"Ic ([a-z_]+) ", head)[1])
        if told.strip():
            told = re.sub(r"^\.(?:Cm|Ic|Ar|Ql|Pa) ", "", told.split("\n.El")[0], flags=re.M)
            entries.update({name: " ".join(told.split()) for name in waiting})
            waiting = []
    return entries


def test_every_option_of_the_sample_is_in_the_page():
    assert sorted(page_options()) == sorted(sample_options())


def sample_defaults():
    """{name: value} of what stands below `# Default:`."""
    found = {}
    for lines in re.findall(r"^# Default:\n((?:[a-z_]+ = .*\n)+)", sample(), re.M):
        for line in lines.splitlines():
            name, _, value = line.partition(" = ")
            found[name] = value.strip('"')
    assert len(found) > 20
    return found


def test_the_defaults_are_those_of_the_sample():
    told = page_options()
    wrong = {
        name: told[name] for name, value in sample_defaults().items()
        if f"Default: {value}." not in told[name]
    }
    assert not wrong


def test_numbers_are_those_of_the_filter():
    with open(f"{ROOT}/lib/sys/config_numbers.c") as file:
        numbers = re.findall(r'NUMBER\("(\w+)", \w+, (\d+), (\d+), (\d+),', file.read())
    told = page_options()
    assert len(numbers) > 10
    for name, preset, least, most in numbers:
        assert told[name].endswith(f"Default: {preset}."), told[name]
        limit = f"up to {most}" if least == "0" else f"{least} to {most}"
        assert limit in told[name], told[name]


@pytest.mark.parametrize(
    "example", literals(source("coexist-milter.conf.5").split(".Sh EXAMPLES")[1]))
def test_examples_of_the_configuration_are_good(tmp_path, example):
    file = tmp_path / "conf"
    file.write_text("\n".join([*example, f'keys = "{tmp_path}/keys"']) + "\n")
    done = subprocess.run([DAEMON, "-t", "-c", file], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done


# The daemon


def test_options_of_the_daemon():
    told = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, timeout=60).stdout
    wanted = set(re.findall(r"^ +(?:-\S, +)?(--[a-z-]+)", told, re.M))
    assert "--foreground" in wanted and long_options(source("coexist-milter.8")) == wanted


# The tool


def command_sections():
    """{command: its part of the page}"""
    text = sections(source("coexistctl.8"), "Sh")["COMMANDS"]
    return {
        name: part for title, part in sections(text, "Ss").items() for name in title.split(", ")
    }


def test_every_command_is_in_the_page():
    assert sorted(command_sections()) == sorted(ctl_help.commands())


def test_options_of_all_commands():
    options = sections(source("coexistctl.8"), "Sh")["OPTIONS"]
    assert long_options(options) == set(COMMON) == set(ctl_help.options())


def test_options_of_each_command():
    """None is missing; none is told of that no command of the section has."""
    missing, odd = {}, {}
    for title, part in sections(sections(source("coexistctl.8"), "Sh")["COMMANDS"], "Ss").items():
        told, had = long_options(part), set()
        for command in title.split(", "):
            own = set(ctl_help.options(command)) - set(COMMON)
            had |= own
            missing[command] = own - told
        odd[title] = told - had
    assert not any(missing.values()) and not any(odd.values()), (missing, odd)


def test_short_options_are_told():
    for command, part in command_sections().items():
        pairs = re.findall(r"^ +-(\w), +--([a-z-]+)", ctl_help.help_of(command), re.M)
        for short, name in pairs:
            where = source("coexistctl.8") if f"--{name}" in COMMON else part
            entry = rf"^\.It Fl {re.escape(short)} .*Fl Fl {name}\b"
            assert re.search(entry, where, re.M), (command, short, name)


def test_subcommands_are_told():
    part = command_sections()["user"]
    told = re.findall(r"^\.Cm user ([a-z]+)", part, re.M)
    for command in ("user", "group", "domain"):
        assert ctl_help.subcommands(command) == told


def test_reasons_are_told():
    with open(f"{ROOT}/lib/core/decision.c") as file:
        listed = re.search(r"reason_names\[\] = \{(.*?)\};", file.read(), re.S)[1]
    items = re.findall(
        r"^\.It Cm (.*)$", sections(source("coexistctl.8"), "Sh")["REASONS"], re.M)
    told = [name for item in items for name in item.split(" , ")]
    assert sorted(told) == sorted(re.findall(r'"([a-z-]+)"', listed))


EXAMPLES = [
    line for block in literals(sections(source("coexistctl.8"), "Sh")["EXAMPLES"])
    for line in block
]


@pytest.fixture
def example_files(ctl):
    files = {
        "users.ldif": "dn: uid=bob,dc=example,dc=com\nobjectClass: zimbraAccount\n"
                      "zimbraMailDeliveryAddress: bob@example.com\n"
                      "zimbraMailTransport: lmtp:[127.0.0.1]:7025\n",
        "bounce.eml": "From: a@example.com\nTo: b@example.com\n\nHello.\n",
    }
    for name, text in files.items():
        with open(f"{ctl.folder}/{name}", "w") as file:
            file.write(text)
    return ctl.folder


def test_there_are_examples():
    assert len(EXAMPLES) > 10 and all(line.startswith("coexistctl ") for line in EXAMPLES)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_understood(ctl, redis, example_files, line):
    """What they answer depends on the host; that they are no wrong use does not."""
    redis.group("sales", home="primary")
    words = shlex.split(re.split(r" \|\| | > ", line)[0])[1:]
    if words[0] == "probe":
        words += ["--smtp", "127.0.0.1:1"]
    ran = ctl.run(*words, timeout=60)
    assert ran.status != USAGE, (line, ran)


# Installed


def test_what_is_installed_and_what_stays():
    tree = Installed(prefix="/usr/local")
    try:
        files = tree.files()
        for page in PAGES:
            assert f"/usr/local/share/man/man{page[-1]}/{page}" in files
            assert tree.read(f"share/man/man{page[-1]}/{page}") == source(page)
        assert "/usr/local/share/bash-completion/completions/coexistctl" in files
        assert "/usr/local/share/zsh/site-functions/_coexistctl" in files
        assert tree.read("share/zsh/site-functions/_coexistctl").startswith("#compdef coexistctl\n")
        tree.make("uninstall")
        assert tree.files() == ["/etc/coexist/coexist-milter.conf"]
    finally:
        tree.close()


def test_the_page_names_the_tool_without_a_configuration():
    """Help needs none."""
    tool = Ctl()
    try:
        assert "Usage:" in tool.good("--help", config=False)
    finally:
        tool.close()
