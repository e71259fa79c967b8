"""A storm: mail that loops again and again for one recipient soon costs next to nothing."""

import pytest

from coexist_testing.answers import CONFLICT, parts, wait_answer
from coexist_testing.pair import SENDERS, send, unique_address
from coexist_testing.redis_link import RedisLink
from coexist_testing.journey import arrived
from coexist_testing.wait import scaled, wait_until

LIMIT = 5
BREAKER = (451, "4.4.6", "breaker")
SESSION = 10  # recipients refused before Postfix hangs up
# What other threads ask Redis for, whatever mail there is.
ASIDE = {"info", "ping", "role", "zrevrangebyscore", "zremrangebyscore", "client|list", "hello"}


@pytest.fixture
def storm(pair, redis, run_filter):
    """storm(count): so many messages of the primary for one user that lives there; the replies."""
    daemon = run_filter(pair.filter_options(
        redis, breaker_limit=LIMIT, breaker_window=3600, events_max=0
    ))
    user = unique_address()
    redis.user(user, home="primary")

    def run(count):
        replies = []
        while len(replies) < count:
            link = pair.secondary.connect(source=pair.primary.address)
            try:
                for _ in range(min(SESSION, count - len(replies))):
                    link.mail(f"alice@{SENDERS}")
                    replies.append(parts(*link.rcpt(user)))
                    link.rset()
            finally:
                link.close()
        return replies

    run.user, run.daemon = user, daemon
    return run


def opened(storm, redis):
    """Sends until the breaker is open."""
    wait_until(lambda: storm(1) == [BREAKER], 20, "the breaker opens")


def asked_for(redis, before):
    after = redis.calls()
    return {name for name in after if after[name] != before.get(name, 0)} - ASIDE


def test_each_costs_an_answer_and_nothing_else(pair, redis, storm):
    assert storm(LIMIT) == [CONFLICT] * LIMIT
    opened(storm, redis)
    before, queued = redis.calls(), len(pair.secondary.queue())
    count = scaled(1000, 200, 50)
    assert storm(count) == [BREAKER] * count
    assert asked_for(redis, before) == set()
    assert len(pair.secondary.queue()) == queued
    said = storm.daemon.find("decide", rcpt=storm.user, reason="breaker")
    assert {line.values["action"] for line in said} == {"defer"}


def test_mail_from_anywhere_is_put_off(pair, redis, storm):
    opened(storm, redis)
    wait_answer(storm.daemon.socket, storm.user, BREAKER)


def test_others_are_not_concerned(pair, redis, storm):
    opened(storm, redis)
    other = unique_address()
    redis.user(other, home="secondary")
    assert arrived(pair, send(pair.secondary, other)) == ([], [other])


def test_it_closes_when_the_record_is_mended(pair, redis, storm):
    opened(storm, redis)
    pid = storm.daemon.pid
    redis.user(storm.user, home="secondary")
    wait_answer(storm.daemon.socket, storm.user, None)
    message_id = send(pair.secondary, storm.user, client=pair.primary)
    assert arrived(pair, message_id) == ([], [storm.user])
    assert storm.daemon.pid == pid


def test_it_closes_by_hand(pair, redis, storm):
    opened(storm, redis)
    assert redis.cli("ZREM", "coexist:breaker", f"primary {storm.user}") == "1"
    wait_until(lambda: storm(1) == [CONFLICT], 20, "the breaker closes")


def test_it_closes_when_its_window_is_over(pair, redis, storm):
    storm.daemon.write_config(pair.filter_options(
        redis, breaker_limit=LIMIT, breaker_window=2, events_max=0
    ))
    storm.daemon.reload()
    opened(storm, redis)
    wait_until(lambda: storm(1) == [CONFLICT], 20, "the breaker closes")


def test_another_node_knows_of_it(pair, redis, run_filter, storm):
    """Another filter, which has seen nothing of the storm."""
    opened(storm, redis)
    other = run_filter({
        **pair.filter_options(redis, breaker_limit=LIMIT, breaker_window=3600, events_max=0),
        "listen": "unix:{folder}/other.sock", "name": "other.secondary.example",
    })
    wait_answer(other.socket, storm.user, BREAKER)
    with RedisLink(redis.socket) as link:
        assert link.command("ZCARD", "coexist:breaker") == 1
