"""coexistctl events: what the nodes have decided, printed and followed."""

import json
import signal
import subprocess

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, Ctl, without_ink
from coexist_testing.event_stream import BEGIN, KEY, add, change, decision
from coexist_testing.redis_link import RedisLink
from coexist_testing.sentinel import Watched
from coexist_testing.wait import SLOWNESS, wait_until

SOME = (
    decision("bob@example.com"),
    decision("alice@example.com", 5, home="primary", action="divert", reason="home-peer",
             to="alice@example.com.primary.invalid"),
    decision("carol@example.com", 10, at="rcpt", msgid=None, path=None, origin="peer",
             home="primary", action="defer", reason="conflict", reply="451 4.4.6",
             node="t.example.net"),
    change("flip", 15, rcpt="carol@example.com", home="secondary", was="primary"),
    change("flip", 20, group="sales", home="secondary", was=""),
)

LINES = [
    "2026-01-31 12:00:00.000 s.example.net here home-here bob@example.com at=end queue=4TA "
    "msgid=<m@sender.example> origin=external home=secondary path=S<external",
    "2026-01-31 12:00:00.005 s.example.net divert home-peer alice@example.com at=end queue=4TA "
    "msgid=<m@sender.example> origin=external home=primary path=S<external "
    "to=alice@example.com.primary.invalid",
    "2026-01-31 12:00:00.010 t.example.net defer conflict carol@example.com at=rcpt queue=4TA "
    "origin=peer home=primary reply=\"451 4.4.6\"",
    "2026-01-31 12:00:00.015 s.example.net flip carol@example.com by=root home=secondary "
    "was=primary",
    "2026-01-31 12:00:00.020 s.example.net flip sales by=root home=secondary was=\"\"",
]


def test_a_line_for_each(ctl, redis):
    add(redis, *SOME)
    assert ctl.good("events").splitlines() == LINES


def test_in_a_terminal(ctl, redis):
    add(redis, *SOME)
    shown = ctl.terminal("events")
    assert shown.status == YES and "\x1b[33mdefer\x1b[0m conflict" in shown.out
    assert without_ink(shown.out).splitlines() == LINES


def test_json(ctl, redis):
    ids = add(redis, *SOME)
    told = ctl.json("events")
    assert [e["id"] for e in told] == ids
    assert told[2] == {
        "id": ids[2], "time": "2026-01-31T12:00:00.010Z", "event": "decide", "at": "rcpt",
        "node": "t.example.net", "queue": "4TA", "rcpt": "carol@example.com", "origin": "peer",
        "home": "primary", "action": "defer", "reason": "conflict", "reply": "451 4.4.6",
    }


@pytest.mark.parametrize("words, lines", [
    (("--rcpt", "bob@example.com"), [0]),
    (("--rcpt", "*@EXAMPLE.com"), [0, 1, 2, 3]),
    (("--rcpt", "?a*"), [2, 3]),
    (("--reason", "home-peer"), [1]),
    (("--action", "defer"), [2]),
    (("--node", "t.example.net"), [2]),
    (("--node", "s.example.net", "--action", "here"), [0]),
    (("--limit", "2"), [3, 4]),
    (("--limit", "1", "--reason", "home-here"), [0]),
    (("--since", "2026-01-31"), [0, 1, 2, 3, 4]),
    (("--since", "2026-01-31T12:00"), [0, 1, 2, 3, 4]),
    (("--since", "2026-01-31 12:00:00Z"), [0, 1, 2, 3, 4]),
    (("--since", "2026-01-31T12:00:01"), []),
    (("--since", "1s"), []),
    (("--since", "1000000w"), [0, 1, 2, 3, 4]),
    (("--action", "reject"), []),
])
def test_options(ctl, redis, words, lines):
    add(redis, *SOME)
    told = ctl.run("events", *words)
    wanted = "".join(LINES[i] + "\n" for i in lines)
    assert told == (YES if lines else NO, wanted, "")


@pytest.mark.parametrize("words, fault", [
    (("--since", "yesterday"), "--since is so long ago (90s, 30m, 2h, 3d, 1w) or a moment"),
    (("--since", "2026-01-31x"), "--since is"),
    (("--since", "h"), "--since is"),
    (("--since", "-2h"), "--since is"),
    (("--limit", "0"), "--limit is a number from 1 to 100000, not '0'"),
    (("--limit", "all"), "--limit is"),
    (("--reason", "whim"), "there is no reason 'whim'"),
    (("--action", "drop"), "there is no action 'drop'"),
    (("more",), "Too many arguments"),
])
def test_wrong_use(ctl, words, fault):
    told = ctl.run("events", *words)
    assert told.status == USAGE and fault in told.err and not told.out


def test_none(ctl):
    assert ctl.run("events") == (NO, "", "")
    assert ctl.json("events", status=NO) == []


def test_without_redis(ctl, redis):
    redis.kill()
    try:
        told = ctl.run("events")
        assert told.status == UNAVAILABLE and redis.socket in told.err
        assert ctl.run("events", "--follow").status == UNAVAILABLE
    finally:
        redis.start()


def test_a_key_of_another_type(ctl, redis):
    redis.set(KEY, "x")
    told = ctl.run("events")
    assert told.status == UNAVAILABLE and "WRONGTYPE" in told.err


def test_more_than_a_page(ctl, redis):
    add(redis, *[decision(f"u{i}@example.com", i) for i in range(1501)])
    told = ctl.json("events", "--limit", 1500)
    assert [e["rcpt"] for e in told] == [f"u{i}@example.com" for i in range(1, 1501)]


def test_in_the_order_in_which_it_happened(ctl, redis):
    """A node that could not reach Redis tells later."""
    late = decision("late@example.com", 1)
    with RedisLink(redis.socket) as link:
        for event, ms in ((decision("a@example.com", 0), 0), (decision("b@example.com", 2), 2),
                          (late, 9000)):
            link.command("XADD", KEY, f"{BEGIN + ms}-1", *sum(map(list, event.items()), []))
    assert [e["rcpt"][0] for e in ctl.json("events")] == ["a", "l", "b"]


# What somebody else has written to the stream

HOSTILE = [
    ({"x": "y"}, "- x=y"),
    ({"event": "decide"}, "-"),
    ({"event": "decide", "rcpt": "a\x1b[2J\r\nb@example.com", "action": "here\x07"},
     r"- here\x07 a\x1B[2J\x0D\x0Ab@example.com"),
    ({"event": "decide", "rcpt": 'a" action="b', "node": "n n"},
     r'"n n" "a\" action=\"b"'),
    ({"event": "decide", "rcpt": "\u202ea@example.com"}, r"- \xE2\x80\xAEa@example.com"),
    ({"event": "decide", "rcpt": b"\xff\xfe".decode("utf-8", "surrogateescape")},
     r"- \xFF\xFE"),
    ({"event": "decide", "rcpt": "x" * 5000}, "- " + "x" * 1024),
    ({"event": "decide", "na me": "1", "": "2", "n\u00e4me": "3", "n" * 65: "4", "n" * 64: "5"},
     "- " + "n" * 64 + "=5"),
    ({"event": "flip", "t": "99999999999999999999", "node": "n"}, "n flip"),
    ({"event": "decide", "t": "-5", "action": "", "node": ""}, '"" ""'),
]


@pytest.mark.parametrize("fields, line", HOSTILE)
def test_hostile_entries(ctl, redis, fields, line):
    with RedisLink(redis.socket) as link:
        link.command("XADD", KEY, f"{BEGIN}-1", *[w for pair in fields.items() for w in pair])
    assert ctl.good("events") == f"2026-01-31 12:00:00.000 {line}\n"
    shown = ctl.terminal("events").out
    assert without_ink(shown) == f"2026-01-31 12:00:00.000 {line}\n"
    [told] = ctl.json("events")
    assert told["id"] == f"{BEGIN}-1" and told["time"] == "2026-01-31T12:00:00.000Z"


def test_many_fields_and_twice_the_same(ctl, redis):
    with RedisLink(redis.socket) as link:
        link.command("XADD", KEY, f"{BEGIN}-1", "event", "decide", "rcpt", "a@example.com",
                     "rcpt", "b@example.com", *[w for i in range(500) for w in (f"f{i}", i)])
    [told] = ctl.json("events")
    assert told["rcpt"] == "a@example.com" and told["f60"] == "60" and "f61" not in told


@pytest.mark.parametrize("limit", [10, 3])
def test_entries_too_large_for_a_reply(ctl, redis, limit):
    """Each alone is over what a connection bears; those around them are told all the same."""
    big = "x" * 2000000
    with RedisLink(redis.socket) as link:
        for i in range(6):
            huge = {"event": big} if i in (1, 2, 4) else {}
            event = {**decision(f"u{i}@example.com"), **huge}
            link.command("XADD", KEY, f"{BEGIN}-{i + 1}", *sum(map(list, event.items()), []))
    told = ctl.run("events", "--limit", limit, "--json")
    assert [e["rcpt"] for e in json.loads(told.out)] == [
        "u0@example.com", "u3@example.com", "u5@example.com"]
    assert told.status == YES
    assert told.err == f"coexistctl: 3 entries of {KEY} are too large and were passed over\n"
    process = ctl.start("events", "--follow", "--since", "2026-01-31", "--limit", "3", "--json")
    out, err = process.communicate(timeout=60 * SLOWNESS)
    assert [json.loads(line)["rcpt"][:2] for line in out.splitlines()] == ["u0", "u3", "u5"]
    assert process.returncode == YES and "3 entries" in err


def test_the_last_name_of_all(ctl, redis):
    with RedisLink(redis.socket) as link:
        link.command("XADD", KEY, f"{2**64 - 1}-{2**64 - 1}", "event", "flip")
    [told] = ctl.json("events")
    assert told["time"] is None and told["event"] == "flip"
    assert ctl.good("events") == "? - flip\n"


# Following


class Follower:
    """`events --follow`, and the lines that it has printed so far."""

    def __init__(self, ctl, *arguments):
        self.out, self.err = f"{ctl.folder}/followed", f"{ctl.folder}/told"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(ctl.command(*arguments), stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err)

    def lines(self):
        with open(self.out) as file:
            return file.read().splitlines()

    def errors(self):
        with open(self.err) as file:
            return file.read()

    def wait(self, lines):
        wait_until(lambda: len(self.lines()) >= lines, 20,
                   lambda: f"{lines} lines: {self.lines()} {self.errors()}")
        return self.lines()

    def wait_error(self, text):
        wait_until(lambda: text in self.errors(), 30, lambda: f"{text}: {self.errors()}")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert self.process.wait(20 * SLOWNESS) == YES, self.errors()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def follow(ctl):
    started = []

    def start(*arguments):
        started.append(Follower(ctl, *arguments))
        return started[-1]

    yield start
    for follower in started:
        follower.close()


def wait_blocked(redis, clients=1):
    wait_until(lambda: f"blocked_clients:{clients}" in redis.cli("INFO", "clients"), 20,
               "it waits for news")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_follow(follow, redis, number):
    add(redis, decision("before@example.com", 0))
    follower = follow("events", "--follow")
    wait_blocked(redis)
    add(redis, *[decision(f"{i}@example.com", 10 + i) for i in range(3)])
    follower.wait(3)
    wait_blocked(redis)
    add(redis, decision("3@example.com", 20))
    assert [line.split()[5] for line in follower.wait(4)] == [
        f"{i}@example.com" for i in range(4)]
    follower.end(number)
    assert not follower.errors()


def test_follow_with_filters_and_a_limit(follow, redis):
    add(redis, *SOME)
    follower = follow("events", "-f", "--since", "2026-01-31", "--rcpt", "carol*", "--limit", "3",
                      "--json")
    follower.wait(2)
    wait_blocked(redis)
    add(redis, decision("bob@example.com", 30))
    add(redis, decision("carol@example.com", 31), decision("carol@example.com", 32))
    assert follower.process.wait(20 * SLOWNESS) == YES
    told = [json.loads(line) for line in follower.lines()]
    assert [e["event"] for e in told] == ["decide", "flip", "decide"]


def test_follow_from_an_empty_stream(follow, redis):
    follower = follow("events", "--follow")
    wait_blocked(redis)
    add(redis, *SOME)
    assert follower.wait(5) == LINES
    follower.end()


def test_follow_survives_a_restart_of_redis(follow, redis):
    """The new server has lost its data: the story goes on with what it has."""
    add(redis, decision("old@example.com", 0))
    follower = follow("events", "--follow")
    wait_blocked(redis)
    redis.kill()
    follower.wait_error("trying again")
    redis.start()
    follower.wait_error("connected again")
    wait_blocked(redis)
    with RedisLink(redis.socket) as link:
        link.command("XADD", KEY, "5-1", "event", "decide", "rcpt", "new@example.com")
    assert "new@example.com" in follower.wait(1)[0]
    follower.end()
    assert follower.errors().count("\n") == 2


def test_follow_ends_while_redis_is_away(follow, redis):
    follower = follow("events", "--follow")
    wait_blocked(redis)
    redis.kill()
    try:
        follower.wait_error("trying again")
        follower.end()
    finally:
        redis.start()


def test_follow_notices_that_nobody_reads(ctl, redis):
    """Also while there is nothing to write."""
    process = ctl.start("events", "--follow")
    try:
        wait_blocked(redis)
        process.stdout.close()
        assert process.wait(20 * SLOWNESS) == YES
        assert not process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_follow_loses_the_right_to(follow, redis):
    follower = follow("events", "--follow")
    wait_blocked(redis)
    redis.set(KEY, "no stream")
    follower.wait_error("WRONGTYPE")
    redis.delete(KEY)
    follower.wait_error("connected again")
    add(redis, *SOME)
    assert follower.wait(5) == LINES
    follower.end()


@pytest.mark.parametrize("orderly", [True, False])
def test_follow_goes_over_to_the_new_master(options, orderly):
    with Watched() as redis:
        tool = Ctl({**options, "state": redis.state})
        follower = Follower(tool, "events", "--follow")
        try:
            wait_blocked(redis.master)
            add(redis.master, decision("1@example.com", 1))
            follower.wait(1)
            wait_until(lambda: redis.spare.cli("XLEN", KEY) == "1", 20, "the replica has it")
            wait_blocked(redis.master)
            redis.fail_over(orderly)
            follower.wait_error("connected again")
            add(redis.master, decision("2@example.com", 2))
            assert [line.split()[5] for line in follower.wait(2)] == [
                "1@example.com", "2@example.com"]
            follower.end()
        finally:
            follower.close()
            tool.close()
