"""What `coexistctl explain` tells is what the filter does: the same cases through both.

COEXIST_SEED makes other cases, COEXIST_CASES another number of them.
"""

import collections
import json
import os
import random

import pytest

from coexist_testing.agreement import (
    BARRIER, SITES, Case, Site, bodes_well, outcome_of_filter, outcome_of_tool, site_options,
)
from coexist_testing.ctl import Ctl
from coexist_testing.daemon import Daemon
from coexist_testing.redis_link import RedisLink
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import scaled, wait_until

SEED = int(os.environ.get("COEXIST_SEED", "20260131"))
CASES = int(os.environ.get("COEXIST_CASES", "0")) or scaled(1000)


# What must come up among them, or they prove little.
WANTED = (
    "reason home-here", "reason home-peer", "reason default", "reason conflict", "reason loop",
    "reason hops", "reason breaker", "reason calendar", "reason dual", "reason split-horizon",
    "reason authority", "reason no-route", "reason bad-record", "reason moving",
    "reason unknown-user", "action here", "action divert", "action both", "action hold",
    "action loop-mailbox", "action reject", "evidence trace", "evidence received",
    "evidence ledger", "loop suspect", "reply rcpt 451", "reply rcpt 501", "reply rcpt 550",
    "reply end 550", "reply end 451",
)


@pytest.fixture(scope="module")
def sites():
    """One of each configuration, all with one Redis."""
    made = {}
    with RedisServer() as redis, RedisLink(redis.socket) as link:
        daemons, tools = [], []
        try:
            for name in SITES:
                options = site_options(name, redis)
                daemons.append(Daemon(options).start())
                tools.append(Ctl({**options, "keys": f"{daemons[-1].folder}/keys"}))
                made[name] = Site(name, daemons[-1], tools[-1], link)
            yield made
        except BaseException:
            for daemon in daemons:
                daemon.kill()
            raise
        finally:
            for tool in tools:
                tool.close()
            for daemon in daemons:
                daemon.close()


def decide_line(site, mark):
    """What was logged of a decision since then; None where the message was left alone."""
    site.barrier()
    found = [line for line in site.daemon.lines[mark:]
             if line.event == "decide" and not line.values["rcpt"].endswith(BARRIER)]
    assert len(found) <= 1, found
    return found[0] if found else None


def pass_before(site, case, caller):
    """One earlier pass."""
    result = site.send(case, caller, case.fields)
    site.barrier(written=True)
    if result.final and result.final.goes_on:
        case.travel(result.fields)


def strike(site, case):
    """Conflicts, until the filter itself says that the breaker is open, or for its number where
    none come of them."""
    for _ in range(case.strikes):
        result = site.send(case, "peer", [("Message-ID", " <strike@sender.example>")])
        reply = result.rcpts[0][1] if not result.rcpts[0][1].goes_on else result.final
        if not reply or "conflict:" not in reply.text:
            return False

    def is_open():
        reply = site.send(case, "peer", []).rcpts[0][1]
        return not reply.goes_on and reply.text.startswith("breaker:")

    if SITES[site.name].get("breaker_limit") != 0:
        wait_until(is_open, 10, lambda: f"an open breaker for {case}")
    return True


def follow_changes(site, case):
    """Until the filter has heard that the record is another one than in the last pass."""
    key = f"{case.prefix}user:{case.user}"
    if any(commands for _, commands in case.passes):
        home = site.link.command("HGET", key, "home")

        def has_heard():
            mark = len(site.daemon.lines)
            site.send(case, "own", [], rcpt=case.user)
            line = decide_line(site, mark)
            return line is None or line.values.get("home") == home or "why" in line.values

        wait_until(has_heard, 10, lambda: f"home {home} of {case}")


def compare(site, case):
    """Both, and once more where the filter for a moment does not trust what it remembers."""
    while True:
        told, does = ask_both(site, case)
        if "stale" not in (does["decide"] or {}):
            break
        site.barrier(written=True)
    tool = outcome_of_tool(told)
    differences = {k: (tool[k], does[k]) for k in does if tool[k] != does[k]}
    assert not differences, (case, differences)
    assert told["status"] == bodes_well(does), (case, told, does)
    explained, line = told["decision"], does["decide"]
    if line:
        assert (explained["action"], explained["reason"]) == (line["action"], line["reason"]), case
    else:
        assert explained is None or explained["action"] == "leave" or does["reply"], case
    for rule in told["rules"]:
        assert not rule["decides"] or rule["action"] == explained["action"], case
    return does


def ask_both(site, case):
    """The tool first: what it does changes nothing."""
    ran = site.explain(case)
    assert ran.out, (case, ran)
    mark = len(site.daemon.lines)
    result = site.send(case, case.caller, case.fields)
    return ({**json.loads(ran.out), "status": ran.status},
            outcome_of_filter(result, decide_line(site, mark)))


def what(case, does):
    """What a case stands for in the count of all."""
    decide = does["decide"] or {}
    yield "reason " + decide.get("reason", "none")
    yield "action " + decide.get("action", "none")
    yield "loop " + decide.get("loop", "none")
    yield "record " + case.kind
    yield "site " + case.site
    if does["reply"]:
        yield f"reply {does['reply'][0]} {does['reply'][1]}"
    for evidence in decide.get("evidence", "none").split(","):
        yield "evidence " + evidence


def test_the_filter_does_what_is_explained(sites):
    print(f"seed {SEED}, {CASES} cases")
    rng = random.Random(SEED)
    count = collections.Counter()
    for number in range(CASES):
        site = sites[rng.choice(list(SITES))]
        case = Case(rng, site.name, number)
        for command in case.records:
            site.link.command(*command)
        for caller, commands in case.passes:
            for command in commands:
                site.link.command(*command)
            pass_before(site, case, caller)
        follow_changes(site, case)
        if case.strikes and strike(site, case):
            count["breaker opened"] += 1
        count.update(what(case, compare(site, case)))
    print("\n".join(f"{times:5} {name}" for name, times in sorted(count.items())))
    if CASES >= 1000:
        rare = [name for name in WANTED if count[name] < 3]
        assert not rare, f"too few of them to say much: {rare}"
