"""What the filter remembers of its state: it answers from it, a change rules at once all the same,
and when Redis is away, at a start too, the known users' mail flows."""

import concurrent.futures
import itertools
import os
import statistics
import time

import pytest

from coexist_testing.answers import MOVING, STATE_DOWN, asked, wait_answer, wait_remembered
from coexist_testing.chaos.store import is_heard
from coexist_testing.pair import DOMAIN, send, unique, unique_address
from coexist_testing.milter_client import MilterConnection
from coexist_testing.redis_link import RedisLink
from coexist_testing.wait import SLOWNESS, scaled, wait_until

EVERY = ["user", "group", "domain"]
RULES_WITHIN = 0.1  # s, from the acknowledgement of a flip


def remembering(pair, redis, **options):
    """Every second a snapshot, so that a test need not wait for long."""
    return pair.filter_options(
        redis, snapshot="{folder}/snapshot", snapshot_interval=1, events_max=0, command_timeout=250,
        **options
    )


@pytest.fixture
def daemon(pair, redis, run_filter):
    started = run_filter(remembering(pair, redis))
    wait_heard(started, redis)
    return started


def wait_heard(daemon, redis):
    """What the filter is asked now, it remembers as long as nothing changes."""
    wait_until(lambda: is_heard(redis), 10, lambda: "changes are heard:\n" + daemon.text())
    wait_remembered(daemon.socket, redis, unique_address())


def owner(redis, kind):
    """A user, and a function that flips the record that says where the mailbox is."""
    user = unique_address()
    key = f"coexist:user:{user}"
    if kind == "group":
        group = unique("group")
        redis.user(user, group=group)
        key = f"coexist:group:{group}"
    elif kind == "domain":
        key = f"coexist:domain:{DOMAIN}"
    link = RedisLink(redis.socket)
    return user, lambda home: link.command("HSET", key, "home", home)


def known(daemon, redis, home="secondary"):
    """A user that the filter remembers."""
    user = unique_address()
    redis.user(user, home=home)
    wait_answer(daemon.socket, user, None)
    wait_remembered(daemon.socket, redis, user)
    return user


# At work


def test_known_recipients_cost_redis_nothing(pair, redis, daemon):
    users = [known(daemon, redis, home) for home in ("primary", "secondary", "both") * 3]
    absent = unique_address()
    wait_remembered(daemon.socket, redis, absent)
    before = redis.calls()
    with MilterConnection(daemon.socket) as link:
        link.connect()
        for _ in range(20):
            done = link.message(rcpts=[f"<{user}>" for user in (*users, absent)])
            assert done.final.goes_on
    after = redis.calls()
    assert after.get("hgetall", 0) == before.get("hgetall", 0)
    # The ledger is written by another thread, and read for nobody here.
    assert not {c for c in after if after[c] != before.get(c, 0)} - {
        "info", "ping", "append", "expire", "zrevrangebyscore", "zremrangebyscore", "role",
    }


@pytest.mark.parametrize("kind", EVERY)
def test_a_flip_rules_the_next_recipient(pair, redis, daemon, kind):
    user, flip = owner(redis, kind)
    waits = []
    for _ in range(scaled(20, 10, 5)):
        for home, answer in (("moving", MOVING), ("secondary", None)):
            flip(home)
            began = time.monotonic()
            wait_answer(daemon.socket, user, answer)
            waits.append(time.monotonic() - began)
    assert statistics.median(waits) <= RULES_WITHIN * SLOWNESS, waits


def test_a_user_who_was_unknown(pair, redis, daemon):
    user = unique_address()
    pair.primary.route(user, "here")
    assert asked(daemon.socket, user) is None
    redis.user(user, home="moving")
    wait_answer(daemon.socket, user, MOVING)
    redis.delete(f"coexist:user:{user}")
    wait_answer(daemon.socket, user, None)


@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB"])
def test_a_flush_empties_the_memory(pair, redis, daemon, command):
    user = unique_address()
    redis.user(user, home="moving")
    wait_answer(daemon.socket, user, MOVING)
    redis.cli(command)
    wait_answer(daemon.socket, user, None)


def test_a_record_that_expires(pair, redis, daemon):
    user = unique_address()
    redis.user(user, home="moving")
    wait_answer(daemon.socket, user, MOVING)
    redis.cli("PEXPIRE", f"coexist:user:{user}", 300)
    assert asked(daemon.socket, user) == MOVING
    wait_answer(daemon.socket, user, None)


def test_redis_comes_back_with_other_records(pair, redis, daemon):
    changed, gone, new = known(daemon, redis), unique_address(), unique_address()
    redis.user(gone, home="moving")
    wait_answer(daemon.socket, gone, MOVING)
    asked(daemon.socket, new)
    redis.restart()
    redis.user(changed, home="moving")
    redis.user(new, home="moving")
    for user, answer in ((changed, MOVING), (gone, None), (new, MOVING)):
        wait_answer(daemon.socket, user, answer)


# Redis away


def test_known_users_mail_flows_while_redis_is_away(pair, redis, daemon):
    here, there, unknown = known(daemon, redis), known(daemon, redis, "primary"), unique_address()
    pair.primary.route(there, "here")
    redis.kill()
    kept = send(pair.secondary, here)
    passed_on = send(pair.secondary, there)
    assert asked(daemon.socket, unknown) == STATE_DOWN
    wait_until(lambda: sum(pair.delivered(kept)) and sum(pair.delivered(passed_on)), 20, "delivery")
    assert (pair.delivered(kept), pair.delivered(passed_on)) == ((0, 1), (1, 0))
    for user in (here, there):
        daemon.wait_log("decide", rcpt=user, match=lambda l: "stale" in l.values)
    delivery = pair.secondary.deliveries(kept)[0]
    assert "reason=home-here" in delivery.headers["X-Coexist-Route"]

    redis.start()
    redis.user(here, home="moving")
    wait_answer(daemon.socket, here, MOVING)
    wait_answer(daemon.socket, unknown, None)
    wait_heard(daemon, redis)
    mark = len(daemon.lines)
    assert asked(daemon.socket, here) == MOVING
    assert "stale" not in daemon.wait_log("decide", since=mark, rcpt=here).values


def test_redis_hangs_and_known_users_do_not_wait(pair, redis, daemon):
    user, unknown = known(daemon, redis), unique_address()
    redis.pause()
    try:
        wait_until(
            lambda: asked(daemon.socket, unknown) == STATE_DOWN, 10, "Redis is known to be away"
        )
        began = time.monotonic()
        with MilterConnection(daemon.socket) as link:
            link.connect()
            for _ in range(100):
                assert link.message(rcpts=[f"<{user}>"]).final.goes_on
        # Were each to wait, it would be 25 s, and more under a sanitizer.
        assert time.monotonic() - began < 100 * 0.25
    finally:
        redis.resume()
    wait_answer(daemon.socket, unknown, None)


def test_nothing_is_remembered_longer_than_told(pair, redis, run_filter):
    daemon = run_filter(remembering(pair, redis, stale_max=1))
    wait_heard(daemon, redis)
    user = known(daemon, redis)
    redis.kill()
    wait_answer(daemon.socket, user, STATE_DOWN)
    redis.start()
    wait_answer(daemon.socket, user, None)


def test_a_reload_while_redis_is_away_forgets_nothing(pair, redis, daemon):
    user = known(daemon, redis)
    redis.kill()
    options = remembering(pair, redis)
    options["on_loop"] = "hold"
    for changes in ({}, {"stale_max": 7200}, {"cache_entries": 5000}):
        daemon.write_config({**options, **changes})
        assert daemon.reload().event == "reload"
        assert asked(daemon.socket, user) is None, changes
        assert asked(daemon.socket, unique_address()) == STATE_DOWN


# With many connections

CONNECTIONS = 64


def travels(link, user):
    """One message: where the filter sends it."""
    done = link.message(rcpts=[f"<{user}>"])
    assert done.final.goes_on
    [address] = done.envelope
    assert address in (f"<{user}>", f"<{user}.primary.invalid>"), done.edits
    return "secondary" if address == f"<{user}>" else "primary"


def test_many_connections_while_users_move_and_the_subscriber_is_cut(pair, redis, daemon):
    """Each message goes one of the two ways, and in the end the way that Redis says."""
    users = [unique_address() for _ in range(20)]
    homes = dict.fromkeys(users, "secondary")
    for user in users:
        redis.user(user, home="secondary")
    each = scaled(30, 8, 3)

    def drive(number):
        with MilterConnection(daemon.socket) as link:
            link.connect()
            return [travels(link, users[(number + turn) % len(users)]) for turn in range(each)]

    with RedisLink(redis.socket) as flips, \
            concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        driven = [pool.submit(drive, number) for number in range(CONNECTIONS)]
        for turn in itertools.count():
            user = users[turn % len(users)]
            homes[user] = "primary" if homes[user] == "secondary" else "secondary"
            flips.command("HSET", f"coexist:user:{user}", "home", homes[user])
            if turn % 200 == 100:
                flips.command("CLIENT", "KILL", "TYPE", "pubsub")
            if turn >= 400 and all(job.done() for job in driven):
                break
        ways = [way for job in driven for way in job.result()]
    assert len(ways) == CONNECTIONS * each
    wait_heard(daemon, redis)
    with MilterConnection(daemon.socket) as link:
        link.connect()
        for user in users:
            wait_until(lambda: travels(link, user) == homes[user], 10, f"{user} is where he moved")


# At a start


def restart(daemon, crash=False):
    daemon.kill() if crash else daemon.stop()
    daemon.start()


def snapshot_of(daemon):
    return f"{daemon.folder}/snapshot"


def wait_written(daemon, since):
    """The snapshot holds what was known then."""
    def written():
        return os.path.exists(snapshot_of(daemon)) and os.stat(snapshot_of(daemon)).st_mtime > since

    wait_until(written, 20, "the snapshot is written")


@pytest.mark.parametrize("crash", [False, True], ids=["stop", "crash"])
def test_a_start_without_redis_knows_who_was_known(pair, redis, daemon, crash):
    here, there = known(daemon, redis), known(daemon, redis, "primary")
    absent = unique_address()
    wait_remembered(daemon.socket, redis, absent)
    pair.primary.route(there, "here")
    if crash:
        wait_written(daemon, time.time())
        redis.user(unique_address(), home="primary")
    redis.kill()
    restart(daemon, crash)
    ids = {user: send(pair.secondary, user) for user in (here, there)}
    wait_until(lambda: all(sum(pair.delivered(i)) for i in ids.values()), 20, "delivery")
    assert (pair.delivered(ids[here]), pair.delivered(ids[there])) == ((0, 1), (1, 0))
    for user in (here, there):
        daemon.wait_log("decide", rcpt=user, match=lambda l: "stale" in l.values)
    assert asked(daemon.socket, absent) is None, "that there is no record is known too"
    assert asked(daemon.socket, unique_address()) == STATE_DOWN

    redis.start()
    redis.user(here, home="moving")
    wait_answer(daemon.socket, here, MOVING)


def cut(octets):
    return octets[:len(octets) // 2]


def flip_a_bit(octets):
    middle = len(octets) // 2
    return octets[:middle] + bytes([octets[middle] ^ 1]) + octets[middle + 1:]


def of_another_version(octets):
    name, newline, rest = octets.partition(b"\n")
    assert newline, octets[:40]
    return name[:-1] + b"9" + newline + rest


@pytest.mark.parametrize("damage", [
    cut, flip_a_bit, of_another_version, lambda octets: b"", lambda octets: os.urandom(5000),
], ids=["cut", "flipped", "version", "empty", "garbage"])
def test_a_damaged_snapshot_is_told_once_and_ignored(pair, redis, daemon, damage):
    user = known(daemon, redis)
    daemon.stop()
    with open(snapshot_of(daemon), "rb") as file:
        octets = file.read()
    with open(snapshot_of(daemon), "wb") as file:
        file.write(damage(octets))
    redis.kill()
    mark = len(daemon.lines)
    daemon.start()
    told = daemon.wait_log("snapshot-ignored", since=mark)
    assert told.level == "warning" and snapshot_of(daemon) in told.text
    assert asked(daemon.socket, user) == STATE_DOWN

    redis.start()
    redis.user(user, home="moving")
    wait_answer(daemon.socket, user, MOVING)
    restart(daemon)
    assert len(daemon.find("snapshot-ignored", since=mark)) == 1, "a good one took its place"


def test_a_snapshot_of_another_redis_is_ignored(pair, redis, daemon):
    user = known(daemon, redis)
    daemon.stop()
    redis.kill()
    daemon.write_config(remembering(pair, redis, prefix="other:"))
    daemon.start()
    daemon.wait_log("snapshot-ignored")
    assert asked(daemon.socket, user) == STATE_DOWN
