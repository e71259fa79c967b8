"""What all folders have to have right, to be copied: read, not run."""

import os
import re

import pytest

from coexist_testing.scenario import Scenario, names

SCENARIOS = {name: Scenario(name) for name in names()}
FILTERS = [(name, side) for name, one in SCENARIOS.items() for side in one.sides if one.has_filter(side)]
# Lists of mailboxes in the folder of a side.
LISTS = ("mailboxes", "accounts", "addresses")


def options(name, side):
    """The options of a filter that stand at the beginning of a line, {name: value}."""
    text = SCENARIOS[name].read(f"{side}/coexist-milter.conf")
    return {key: value.strip('"') for key, value in re.findall(r"^(\w+) *= *(\S+)$", text, re.M)}


def main_cf(name, side):
    text = SCENARIOS[name].read(f"{side}/main.cf")
    return dict(re.findall(r"^(\w+) *= *(.*)$", text, re.M))


def records(name):
    """{key without its prefix: {field: value}} of state.redis."""
    found = {}
    for verb, key, *words in SCENARIOS[name].commands():
        assert verb == "HSET"
        found.setdefault(key.partition(":")[2], {}).update(zip(words[::2], words[1::2]))
    return found


def home(name, side, mailbox):
    """As the filter finds it; None: nobody knows."""
    state, domain = records(name), mailbox.partition("@")[2]
    text = SCENARIOS[name].read(f"{side}/coexist-milter.conf")
    default = re.search(rf'domain "{re.escape(domain)}" {{ *(?:home *= *(\w+))?', text)
    assert default, f"{domain} is not shared"
    user = state.get(f"user:{mailbox}", {})
    group = state.get(f"group:{user.get('group')}", {})
    of_domain = state.get(f"domain:{domain}", {})
    return user.get("home") or group.get("home") or of_domain.get("home") or default[1]


def listed(name, side, mailbox):
    """Whether it is in the lists of a side; None: there are none."""
    found = None
    folder = f"{SCENARIOS[name].folder}/{side}"
    for one in set(LISTS) & set(os.listdir(folder)):
        found = found or False
        for line in SCENARIOS[name].read(f"{side}/{one}").splitlines():
            pattern = (line.split() or [""])[0]
            expression = re.fullmatch(r"/(.*)/", pattern)
            found = found or bool(expression and re.search(expression[1], mailbox)) or pattern == mailbox
    return found


@pytest.mark.parametrize("name, side", FILTERS)
def test_looping_mail_goes_to_a_mailbox_of_the_filters_own_system(name, side):
    told = options(name, side)
    mailbox = told["loop_mailbox"]
    assert home(name, side, mailbox) == told["node"]
    # A gateway has no mailboxes, but its system has.
    assert listed(name, side, mailbox) is not False
    assert listed(name, told["node"], mailbox) is not False
    user = records(name).get(f"user:{mailbox}", {})
    assert "group" not in user, "and is no part of the move"


@pytest.mark.parametrize("name", names())
def test_hosts_has_all_that_are_asked_by_name(name):
    scenario = SCENARIOS[name]
    known = {host for host, _ in scenario.hosts.values()} | {"127.0.0.1"}
    asked = set()
    for folder, _, files in os.walk(scenario.folder):
        for file in files:
            with open(f"{folder}/{file}") as opened:
                text = opened.read()
            asked |= set(re.findall(r"(?:smtp|lmtp|connector|to\w+):\[([\w.-]+)\]", text))
            asked |= set(re.findall(r"^relayhost = \[([\w.-]+)\]", text, re.M))
            asked |= set(re.findall(r"rediss?://(?:[^@/\s]*@)?([\w.-]+):\d+/", text))
    assert asked <= known


@pytest.mark.parametrize("name, side", FILTERS)
def test_redis_of_another_host_is_asked_with_a_password(name, side):
    state = options(name, side)["state"]
    assert state.startswith("redis://127.0.0.1:") or re.match(r"rediss?://\w+:\w+@", state)


@pytest.mark.parametrize("name", names())
def test_extensions_are_what_the_filter_takes_for_them(name):
    """On each side that has mailboxes or the filter; a relay that does neither has no say."""
    scenario = SCENARIOS[name]
    delimiter = {options(name, side).get("recipient_delimiter", "+")
                 for side in scenario.sides if scenario.has_filter(side)}
    told = {side: main_cf(name, side) for side in scenario.sides}
    found = {one.get("recipient_delimiter", "") for side, one in told.items()
             if scenario.has_filter(side) or "virtual_mailbox_domains" in one}
    assert found == delimiter


def test_auto_responders_is_configured_as_zimbra_secondary():
    one, other = SCENARIOS["auto-responders"], SCENARIOS["zimbra-secondary"]
    for side in ("primary", "secondary"):
        for file in ("main.cf", "master.cf"):
            assert one.read(f"{side}/{file}") == other.read(f"{side}/{file}")
    name = "secondary/coexist-milter.conf"
    assert one.read(name) == other.read(name)
