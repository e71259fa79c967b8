"""The stream of events: what was decided, for whoever reads along."""

import time

from coexist_testing.answers import MOVING, asked, wait_remembered
from coexist_testing.pair import send, unique_address
from coexist_testing.redis_link import RedisLink
from coexist_testing.wait import wait_until


def events(redis, **wanted):
    """Entries of the stream as dicts, those with these values."""
    with RedisLink(redis.socket) as link:
        entries = link.command("XRANGE", "coexist:events", "-", "+")
    told = [dict(zip(words[::2], words[1::2])) for _, words in entries]
    return [e for e in told if all(e.get(k) == v for k, v in wanted.items())]


def test_each_decision_is_told(pair, redis, filter):
    here, there, moving = (unique_address() for _ in range(3))
    redis.user(here, home="secondary")
    redis.user(there, home="primary")
    redis.user(moving, home="moving")
    pair.primary.route(there, "here")
    began = time.time_ns() // 1000000
    message_id = send(pair.secondary, [here, there, moving])
    wait_until(lambda: len(events(redis)) == 3, 10, lambda: f"three events: {events(redis)}")
    for rcpt, home, action, reason in (
        (here, "secondary", "here", "home-here"), (there, "primary", "divert", "home-peer"),
        (moving, "moving", "defer", "moving"),
    ):
        [event] = events(redis, rcpt=rcpt)
        assert event["origin"] == "external" and event["home"] == home
        assert (event["action"], event["reason"]) == (action, reason)
        assert event["node"] == pair.secondary.name
        assert began <= int(event["t"]) <= time.time_ns() // 1000000
    assert events(redis, rcpt=here)[0]["msgid"] == message_id
    assert events(redis, rcpt=moving)[0]["reply"] == "451 4.2.1"


def test_what_happens_while_redis_is_away_is_told_later(pair, redis, filter):
    rcpt = unique_address()
    redis.user(rcpt, home="moving")
    wait_remembered(filter.socket, redis, rcpt)
    redis.kill()
    assert asked(filter.socket, rcpt) == MOVING
    redis.start()
    wait_until(
        lambda: [e for e in events(redis, rcpt=rcpt, reason="moving") if "stale" in e], 20,
        lambda: f"the event of the outage: {events(redis)}",
    )


def test_the_stream_is_trimmed(pair, redis, filter, configure):
    configure(events_max=100)
    rcpt = unique_address()
    redis.user(rcpt, home="moving")
    with RedisLink(redis.socket) as link:
        for _ in range(500):
            assert asked(filter.socket, rcpt) == MOVING
        # Redis cuts off whole nodes of the stream, 100 entries each.
        wait_until(lambda: int(
            link.command("INFO", "commandstats").split("cmdstat_xadd:calls=")[1].split(",")[0]
        ) >= 500, 10, "all are written")
        assert link.command("XLEN", "coexist:events") <= 300
