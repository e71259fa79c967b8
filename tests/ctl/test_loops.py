"""coexistctl loops: what looped or conflicted, and what would mend it."""

import json

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, YES, without_ink
from coexist_testing.event_stream import add, change, decision
from coexist_testing.wait import SLOWNESS, wait_until

BOB = "coexist:user:bob@example.com"
PRIMARY = "if it is still on the primary: the routing there is wrong, which sends its mail here " \
    "instead of delivering it (a forward or target address that is too early, an internal relay " \
    "domain, an alias)"


def conflict(rcpt="bob@example.com", ms=0, **fields):
    return decision(rcpt, ms, **{
        "at": "rcpt", "msgid": None, "path": None, "origin": "peer", "home": "primary",
        "action": "defer", "reason": "conflict", "reply": "451 4.4.6",
        "key": f"coexist:user:{rcpt}", **fields})


def loop(rcpt="bob@example.com", ms=0, **fields):
    return decision(rcpt, ms, **{
        "home": "primary", "action": "reject", "reason": "loop", "reply": "550 5.4.6",
        "loop": "pingpong", "passes": 2, "evidence": "trace,received", "path": "S<P<S<external",
        "key": f"coexist:user:{rcpt}", **fields})


STREAM = (
    decision("fine@example.com", 0),
    conflict(ms=1), loop(ms=2),
    loop("carol@example.com", 4, home="secondary", reason="hops", loop="hops", evidence="hops",
         path="S"),
    conflict(ms=3000),
)

TOLD = f"""\
bob@example.com  3 times, 2026-01-31 12:00:00.001 to 2026-01-31 12:00:03.000
    deferred with "451 4.4.6", conflict: the peer hands over what by its record lives at the peer; origin peer, home primary, see {BOB}
    evidence conflict,trace,received; path S<P<S<external
    if the mailbox is on the secondary already: the record is stale
        coexistctl flip bob@example.com secondary
        redis-cli HSET {BOB} home secondary
    {PRIMARY}
carol@example.com  once, 2026-01-31 12:00:00.004
    rejected with "550 5.4.6", hops: the message has passed too many hosts; origin external, home secondary, see coexist:user:carol@example.com
    evidence hops; path S
    no record is at fault: see in the path, or with `coexistctl inspect`, which hosts pass it on
"""


def test_by_recipient(ctl, redis):
    add(redis, *STREAM)
    assert ctl.good("loops") == TOLD
    shown = ctl.terminal("loops")
    assert shown.status == YES and "\x1b[33mdeferred\x1b[0m" in shown.out
    assert without_ink(shown.out) == TOLD


def test_json(ctl, redis):
    add(redis, *STREAM)
    bob, carol = ctl.json("loops")
    assert bob == {
        "rcpt": "bob@example.com", "count": 3, "first": "2026-01-31T12:00:00.001Z",
        "last": "2026-01-31T12:00:03.000Z", "evidence": ["conflict", "trace", "received"],
        "path": "S<P<S<external", "action": "defer", "reason": "conflict", "reply": "451 4.4.6",
        "origin": "peer", "home": "primary", "key": BOB, "node": "s.example.net",
        "written_since": False,
        "mend": {
            "flip": "coexistctl flip bob@example.com secondary",
            "redis": f"redis-cli HSET {BOB} home secondary",
            "when": "if the mailbox is on the secondary already: the record is stale",
            "otherwise": PRIMARY,
        },
    }
    assert carol["mend"]["flip"] is None and carol["mend"]["redis"] is None


# What would mend it: the event, the flip, what the texts say

MENDS = [
    (conflict(), "bob@example.com secondary", "secondary already", "still on the primary"),
    (loop(), "bob@example.com secondary", "secondary already", "still on the primary"),
    (loop(evidence="ledger", reason="loop"), "bob@example.com secondary", "secondary already",
     "still on the primary"),
    (conflict(reason="breaker"), "bob@example.com secondary", "secondary already",
     "still on the primary"),
    # a node of the primary system tells, by its path
    (loop(home="secondary", path="P<S<P<external"), "bob@example.com primary", "primary already",
     "still on the secondary"),
    (loop(home="primary", path="P<S<P<external"), None, None, "the record says the primary"),
    (loop(home="secondary"), None, None, "the record says the secondary"),
    (loop(home="both"), "bob@example.com secondary", "if the move is over",
     "take the forward to the secondary off"),
    (loop(home="unset", key=None), "bob@example.com secondary", "secondary already",
     "still on the primary"),
    (conflict(key="coexist:group:sales"), "bob@example.com secondary",
     "alone of its group", "still on the primary"),
    (conflict("nick@example.com", alias_of="bob@example.com", key=BOB),
     "bob@example.com secondary", "secondary already", "still on the primary"),
    (conflict("nick@example.com", alias_of="bob@example.com", key="coexist:group:sales"),
     "bob@example.com secondary", "alone of its group", "still on the primary"),
    (conflict("bob+list@example.com", key=BOB), "bob@example.com secondary", "secondary already",
     "still on the primary"),
    (loop(reason="home-peer", action="divert", loop="suspect", reply=None), None, None,
     "only suspected"),
    (loop(reason="hops", loop="hops"), None, None, "no record is at fault"),
    # names that a shell would take for something else
    (conflict("o'neil@example.com"), "'o'\"'\"'neil@example.com' secondary", "secondary already",
     "still on"),
    (conflict("$(reboot)@example.com"), "'\"$(reboot)\"@example.com' secondary", "secondary",
     "still"),
    (conflict("a b@example.com"), "'\"a b\"@example.com' secondary", "secondary", "still"),
    (conflict("a;b&c@example.com"), "'\"a;b&c\"@example.com' secondary", "secondary", "still"),
    (conflict("a\\b@example.com"), None, "secondary", "still"),
    (conflict("a\nb@example.com"), None, "secondary", "still"),
    (conflict("\u00e4@example.com"), None, "secondary", "still"),
    (conflict("--file@example.com"), "-- --file@example.com secondary", "secondary", "still"),
    (conflict("~@example.com"), "'~@example.com' secondary", "secondary", "still"),
]


@pytest.mark.parametrize("event, flip, when, other", MENDS)
def test_what_would_mend_it(ctl, redis, event, flip, when, other):
    add(redis, event)
    [row] = ctl.json("loops")
    mend = row["mend"]
    assert mend["flip"] == (flip and f"coexistctl flip {flip}")
    assert (mend["redis"] is None) == (flip is None)
    assert (mend["when"] is None) == (when is None) and (when or "") in (mend["when"] or "")
    assert other in mend["otherwise"]


def test_the_commands_mend_it(ctl, redis):
    add(redis, conflict("$(touch x) y@example.com"))
    redis.user("$(touch x) y@example.com", home="primary")
    [row] = ctl.json("loops")
    words = row["mend"]["redis"].split("'")
    redis.cli(*words[0].split()[1:], words[1], *words[2].split())
    assert redis.hgetall("coexist:user:$(touch x) y@example.com") == {"home": "secondary"}


@pytest.mark.parametrize("after, written", [
    (change("flip", 10, rcpt="bob@example.com", home="secondary", was="primary"), True),
    (change("set", 10, group="sales", home="secondary", was="primary"), True),
    (change("set", 10, rcpt="alice@example.com", home="secondary", was="primary"), False),
    (change("set", 10, group="other", home="secondary", was="primary"), False),
    (decision("bob@example.com", 10), False),
])
def test_written_since(ctl, redis, after, written):
    add(redis, conflict(key="coexist:group:sales"), after)
    [row] = ctl.json("loops")
    assert row["written_since"] == written
    assert ("its record was written since" in ctl.good("loops")) == written


def test_written_before(ctl, redis):
    add(redis, change("flip", 0, rcpt="bob@example.com", home="primary", was=""), conflict(ms=1))
    assert ctl.json("loops")[0]["written_since"] is False


@pytest.mark.parametrize("words, rcpts", [
    ((), ["bob", "carol"]),
    (("--limit", 1), ["bob"]),
    (("--reason", "hops"), ["carol"]),
    (("--rcpt", "car*"), ["carol"]),
    (("--action", "hold"), []),
    (("--since", "2026-01-31T12:00:02"), ["bob"]),
    (("--since", "1h"), []),
])
def test_options(ctl, redis, words, rcpts):
    add(redis, *STREAM)
    told = ctl.run("loops", "--json", *words)
    assert [row["rcpt"].split("@")[0] for row in json.loads(told.out)] == rcpts
    assert told.status == (YES if rcpts else NO)
    assert told.err == ("" if "--limit" not in words else
                        "coexistctl: only 1 of 2 recipients; --limit for more\n")


def test_none(ctl, redis):
    add(redis, decision("bob@example.com"))
    assert ctl.run("loops") == (NO, "", "")


def test_a_suspicion_does_not_hide_what_was_acted_on(ctl, redis):
    add(redis, conflict(ms=1),
        loop(ms=2, reason="home-peer", action="divert", loop="suspect", evidence="received"))
    [row] = ctl.json("loops")
    assert (row["count"], row["reason"]) == (2, "conflict") and row["mend"]["flip"]
    assert row["evidence"] == ["conflict", "received"]


def test_many_recipients(ctl, redis):
    """No more are kept than LOOPED_MAX."""
    add(redis, *[conflict(f"u{i}@example.com", i) for i in range(10050)])
    told = ctl.run("loops", "--limit", 2, "--json")
    assert [row["rcpt"] for row in json.loads(told.out)] == [
        "u10049@example.com", "u10048@example.com"]
    assert told.err == ("coexistctl: only 2 of 10000 recipients; --limit for more\n"
                        "coexistctl: 50 older events are of further recipients\n")


def test_hostile_entries(ctl, redis):
    add(redis, {"event": "decide", "reason": "conflict", "t": 1769860800000},
        {"event": "decide", "reason": "loop\x1b", "rcpt": "a@example.com", "loop": ""},
        {"event": "decide", "reason": "conflict", "rcpt": "b\x1b[2J@example.com", "home": "\x07",
         "evidence": ",,\x07,trace,", "path": "\x9b", "key": "x" * 5000})
    shown = ctl.terminal("loops")
    assert shown.status == YES
    assert not set(without_ink(shown.out)) & set("\x07\x1b\x9b\r")
    assert "b\\x1B[2J@example.com" in shown.out and "path \\xC2\\x9B" in shown.out
    rows = {row["rcpt"]: row for row in ctl.json("loops")}
    assert rows["b\x1b[2J@example.com"]["evidence"] == ["conflict", "trace"]
    assert rows["b\x1b[2J@example.com"]["mend"]["flip"] is None


def test_follow(ctl, redis):
    add(redis, *STREAM)
    process = ctl.start("loops", "--follow", "--limit", 2, "--json")
    try:
        wait_until(lambda: "blocked_clients:1" in redis.cli("INFO", "clients"), 20, "it waits")
        add(redis, decision("bob@example.com", 5000), conflict(ms=5001), loop(ms=5002))
        out, err = process.communicate(timeout=20 * SLOWNESS)
    finally:
        process.kill()
        process.wait()
    told = [json.loads(line) for line in out.splitlines()]
    assert [e["reason"] for e in told] == ["conflict", "loop"] and not err
    assert told[0]["mend"]["flip"] == "coexistctl flip bob@example.com secondary"
    assert process.returncode == YES


def test_followed_for_a_person(ctl, redis):
    add(redis, *STREAM)
    told = ctl.good("loops", "--follow", "--since", "2026-01-31", "--limit", 1)
    assert told.splitlines()[:3] == [
        "2026-01-31 12:00:00.001 s.example.net defer conflict bob@example.com at=rcpt queue=4TA "
        f'origin=peer home=primary reply="451 4.4.6" key={BOB}',
        "    if the mailbox is on the secondary already: the record is stale",
        "        coexistctl flip bob@example.com secondary",
    ]


def test_without_redis(ctl, redis):
    redis.kill()
    try:
        assert ctl.run("loops").status == UNAVAILABLE
    finally:
        redis.start()
