"""coexistctl trace: the story of a message, or of a recipient."""

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, without_ink
from coexist_testing.event_stream import BEGIN, KEY, add, change, decision
from coexist_testing.redis_link import RedisLink

RECORD = "coexist:user:bob@example.com"

STORY = (
    decision("other@example.com", 0, msgid="<o@sender.example>"),
    decision("bob@example.com", 1, home="primary", action="divert", reason="home-peer",
             to="bob@example.com.primary.invalid", key=RECORD),
    decision("alice@example.com", 2, key="coexist:group:sales"),
    change("import", 3, count=12),
    decision("bob@example.com", 1500, at="rcpt", msgid=None, path=None, queue="", origin="peer",
             home="primary", action="defer", reason="conflict", reply="451 4.4.6", key=RECORD),
    decision("bob@example.com", 1600, origin="peer", home="primary", action="reject",
             reason="loop", reply="550 5.4.6", key=RECORD, loop="pingpong", passes=2,
             evidence="trace,received", path="S<P<S<external", queue="4TB"),
    change("flip", 2000, rcpt="bob@example.com", home="secondary", was="primary"),
    change("flip", 2100, group="sales", home="primary", was=""),
    change("flip", 2200, group="other", home="primary", was=""),
    change("set", 2300, domain="example.com", change="mode=observe"),
    change("set", 2400, rcpt="bob@example.com", change="note=moved route="),
    decision("nick@example.com", 3000, msgid="<n@sender.example>", alias_of="bob@example.com",
             stale=35, why="", key="coexist:domain:example.com"),
    decision("last@example.com", 4000, msgid="<l@sender.example>"),
)

BOB = """\
2026-01-31 12:00:00.001  s.example.net  4TA
    bob@example.com, from external, home primary: sent to the peer as bob@example.com.primary.invalid
    home-peer: its record says that it lives on the other system; see coexist:user:bob@example.com
    path S<external
2026-01-31 12:00:00.003  s.example.net  by root
    import, records written: 12
2026-01-31 12:00:01.500  s.example.net  at RCPT
    bob@example.com, from peer, home primary: deferred with "451 4.4.6"
    conflict: the peer hands over what by its record lives at the peer; see coexist:user:bob@example.com
2026-01-31 12:00:01.600  s.example.net  4TB
    bob@example.com, from peer, home primary: rejected with "550 5.4.6"
    loop: the message was here before for it and has come back; see coexist:user:bob@example.com
    path S<P<S<external; loop pingpong, passes 2, by trace,received
2026-01-31 12:00:02.000  s.example.net  by root
    flip bob@example.com: home primary -> secondary
2026-01-31 12:00:02.300  s.example.net  by root
    set domain example.com: mode=observe
2026-01-31 12:00:02.400  s.example.net  by root
    set bob@example.com: "note=moved route="
2026-01-31 12:00:03.000  s.example.net  4TA
    nick@example.com, from external, home secondary: delivered here
    home-here: its record says that it lives here; see coexist:domain:example.com: ""
    an alias of bob@example.com
    path S<external
    by what was remembered while Redis was away, seconds: 35
"""

MESSAGE = """\
2026-01-31 12:00:00.001  s.example.net  4TA
    bob@example.com, from external, home primary: sent to the peer as bob@example.com.primary.invalid
    home-peer: its record says that it lives on the other system; see coexist:user:bob@example.com
    path S<external
2026-01-31 12:00:00.002  s.example.net  4TA
    alice@example.com, from external, home secondary: delivered here
    home-here: its record says that it lives here; see coexist:group:sales
    path S<external
2026-01-31 12:00:00.003  s.example.net  by root
    import, records written: 12
2026-01-31 12:00:01.600  s.example.net  4TB
    bob@example.com, from peer, home primary: rejected with "550 5.4.6"
    loop: the message was here before for it and has come back; see coexist:user:bob@example.com
    path S<P<S<external; loop pingpong, passes 2, by trace,received
2026-01-31 12:00:02.000  s.example.net  by root
    flip bob@example.com: home primary -> secondary
2026-01-31 12:00:02.100  s.example.net  by root
    flip group sales: home none -> primary
2026-01-31 12:00:02.400  s.example.net  by root
    set bob@example.com: "note=moved route="
"""


@pytest.mark.parametrize("of, story", [
    ("bob@example.com", BOB),
    ("<Bob@Example.com>", BOB),
    ("<m@sender.example>", MESSAGE),
    ("m@sender.example", MESSAGE),
])
def test_stories(ctl, redis, of, story):
    add(redis, *STORY)
    assert ctl.good("trace", of) == story
    shown = ctl.terminal("trace", of)
    assert shown.status == YES and "\x1b[1mbob@example.com\x1b[0m" in shown.out
    assert without_ink(shown.out) == story


@pytest.mark.parametrize("of, times", [
    ("bob@example.com.primary.invalid", ["00.001", "00.003", "02.000", "02.400"]),
    ("nick@example.com", ["03.000"]),
    ("M@sender.example", []),
    ("sender.example", []),
    ("<>", []),
    ("", []),
])
def test_found_by_what(ctl, redis, of, times):
    add(redis, *STORY)
    told = ctl.json("trace", of, status=YES if times else NO)
    assert [e["time"][17:23] for e in told] == times


def test_not_found(ctl, redis):
    add(redis, *STORY)
    told = ctl.run("trace", "<gone@sender.example>")
    assert told == (NO, "", "coexistctl: no event tells of '<gone@sender.example>'\n")
    told = ctl.run("trace", "bob@example.com", "--since", "2026-02-01")
    assert told == (NO, "", "coexistctl: no event tells of 'bob@example.com' since then\n")


def test_since_and_limit(ctl, redis):
    add(redis, *STORY)
    told = ctl.json("trace", "bob@example.com", "--since", "2026-01-31T12:00:02")
    assert [e["event"] for e in told] == ["flip", "set", "set", "decide"]
    told = ctl.run("trace", "bob@example.com", "--limit", 2)
    assert told.err == "coexistctl: only the newest 2; --limit for more\n"
    heads = [line[17:23] for line in told.out.splitlines() if not line.startswith(" ")]
    assert heads == ["02.400", "03.000"]


def test_a_long_message_id(ctl, redis):
    """An event has its first 256 octets."""
    identity = f"<{'x' * 300}@sender.example>"
    add(redis, decision("bob@example.com", 0, msgid=identity[:256]),
        decision("bob@example.com", 1, msgid="<" + "x" * 200 + ">"))
    assert len(ctl.json("trace", identity)) == 1
    assert len(ctl.json("trace", identity[1:-1])) == 1


def test_the_order_is_that_of_the_nodes_clocks(ctl, redis):
    with RedisLink(redis.socket) as link:
        for number, event in enumerate((decision("a@example.com", 5), decision("b@example.com", 3),
                                        decision("c@example.com", 5))):
            link.command("XADD", KEY, f"{BEGIN}-{number + 1}", *sum(map(list, event.items()), []))
    assert [e["rcpt"][0] for e in ctl.json("trace", "m@sender.example")] == ["b", "a", "c"]


def test_hostile_entries(ctl, redis):
    add(redis, {"event": "decide", "t": BEGIN, "rcpt": "bob@example.com", "node": "\x1b[2J\n",
                "action": "\x1b]0;x\x07", "reason": "because\r", "home": "x" * 5000},
        {"event": "flip\x1b", "t": BEGIN + 1, "rcpt": "bob@example.com", "home": "\x9b", "was": ""},
        {"event": "decide", "t": BEGIN + 2, "rcpt": "bob@example.com"})
    lines = [
        r"2026-01-31 12:00:00.000  \x1B[2J\x0A",
        rf"    bob@example.com, home {'x' * 1024}: \x1B]0;x\x07",
        r"    because\x0D",
        r"2026-01-31 12:00:00.001",
        r"    flip\x1B bob@example.com: home none -> \xC2\x9B",
        r"2026-01-31 12:00:00.002",
        r"    bob@example.com: ?",
    ]
    assert ctl.good("trace", "bob@example.com").splitlines() == lines
    assert without_ink(ctl.terminal("trace", "bob@example.com").out).splitlines() == lines


@pytest.mark.parametrize("words, fault", [
    ((), "Usage:"),
    (("a", "b"), "one Message-ID or recipient at a time"),
    (("a", "--since", "never"), "--since is"),
])
def test_wrong_use(ctl, words, fault):
    told = ctl.run("trace", *words)
    assert told.status == USAGE and fault in told.err


def test_without_redis(ctl, redis):
    redis.kill()
    try:
        assert ctl.run("trace", "bob@example.com").status == UNAVAILABLE
    finally:
        redis.start()
