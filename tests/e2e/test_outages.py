"""State that is away, slow or broken: mail is deferred with the right code, none is lost, and the
filter goes on by itself."""

import concurrent.futures
import re
import smtplib
import time

import pytest

from coexist_testing.answers import STATE_DOWN, asked, parts
from coexist_testing.fake_redis import FakeRedis
from coexist_testing.pair import (
    DOMAIN, make_message, send, unique_address, unique_message_id,
)
from coexist_testing.milter_client import MilterConnection
from coexist_testing.redis_server import RedisServer
from coexist_testing.traffic import Traffic
from coexist_testing.wait import SLOWNESS, scaled, wait_until

BAD_RECORD = (451, "4.3.5", "bad-record")
COMMAND_TIMEOUT = 0.25  # s
CONNECTIONS = 16  # that the filter keeps to Redis
WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


@pytest.fixture(scope="module")
def durable():
    """A Redis that still knows its records after it was killed."""
    with RedisServer("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
def fake():
    with FakeRedis() as server:
        yield server


def refused(postfix, rcpt):
    """(code, status, reason) of the answer to the one recipient."""
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        send(postfix, rcpt)
    return parts(*caught.value.recipients[rcpt])


def asks_each_time(pair, redis=None, **options):
    """A filter that remembers nothing: what a recipient gets of which nothing is known."""
    return pair.filter_options(redis, cache_entries=0, **options)


def wait_recovered(socket, rcpt):
    wait_until(lambda: asked(socket, rcpt) is None, 10, "the filter recovers by itself")


def wait_deferred(postfix, message_id, answer):
    """The queue keeps a message because of this answer."""
    code, status, reason = answer
    said = re.compile(rf"status=deferred .*said: {code} {re.escape(status)} {reason}: ")
    wait_until(
        lambda: any(said.search(line) for line in postfix.log_of(message_id)), 10,
        lambda: f"deferred with {answer}: {postfix.log_of(message_id)}",
    )


def wait_delivered(pair, message_id, where):
    wait_until(lambda: sum(pair.delivered(message_id)), 20, "the message arrives")
    pair.wait_quiet()
    assert pair.delivered(message_id) == where


def is_running(daemon, pid):
    return daemon.process.poll() is None and daemon.pid == pid


# Redis itself


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_redis_may_come_after_the_filter(pair, redis, run_filter, over):
    redis.stop()
    state = redis.unix_url if over == "unix" else redis.url
    daemon = run_filter(pair.filter_options(redis, state=state))
    pid, rcpt = daemon.pid, unique_address()
    assert refused(pair.secondary, rcpt) == STATE_DOWN
    message_id = send(pair.primary, rcpt)
    wait_deferred(pair.primary, message_id, STATE_DOWN)
    assert pair.copies(message_id) == (1, 0)

    redis.start()
    redis.user(rcpt, home="secondary")
    wait_delivered(pair, message_id, (0, 1))
    assert is_running(daemon, pid)


def kill(server):
    server.kill()
    return server.start


def stop(server):
    server.stop()
    return server.start


def hang(server):
    server.pause()
    return server.resume


@pytest.mark.parametrize("fail", [kill, stop, hang], ids=lambda f: f.__name__)
def test_redis_fails_under_traffic(pair, durable, run_filter, fail):
    durable.resume()
    durable.flush()
    here, passed_on, there = (unique_address() for _ in range(3))
    durable.user(here, home="secondary")
    durable.user(passed_on, home="secondary")
    durable.user(there, home="primary")
    pair.primary.route(there, "here")
    daemon = run_filter(asks_each_time(pair, durable))
    pid = daemon.pid
    streams = [
        (pair.secondary, here, "secondary", "external"),
        (pair.secondary, there, "primary", "external"),
        (pair.primary, passed_on, "secondary", "external"),
    ]
    with Traffic(pair, streams) as traffic:
        traffic.wait_accepted(20)
        recover = fail(durable)
        traffic.wait_refusals(20)
        recover()
        traffic.wait_accepted(20)
    traffic.check_arrived()
    assert {parts(*refusal) for refusal in traffic.refusals()} == {STATE_DOWN}
    assert is_running(daemon, pid)


def test_a_restart_between_two_messages_is_not_noticed(pair, redis, run_filter):
    daemon = run_filter(pair.filter_options(redis))
    rcpt = unique_address()
    for _ in range(3):
        redis.user(rcpt, home="secondary")
        send(pair.secondary, rcpt)
        redis.restart()
    redis.user(rcpt, home="secondary")
    wait_delivered(pair, send(pair.secondary, rcpt), (0, 1))
    assert not daemon.find("decide", reason="state-down")


def test_redis_sleeps_longer_than_the_filter_waits(pair, run_filter):
    with RedisServer("--enable-debug-command", "yes") as server:
        daemon = run_filter(asks_each_time(pair, server, command_timeout=250))
        rcpt = unique_address()
        server.user(rcpt, home="secondary")
        assert asked(daemon.socket, rcpt) is None
        with concurrent.futures.ThreadPoolExecutor(1) as aside:
            sleeping = aside.submit(server.cli, "DEBUG", "SLEEP", str(SLOWNESS))
            wait_until(lambda: asked(daemon.socket, rcpt) == STATE_DOWN, 5, "Redis sleeps")
            sleeping.result()
        wait_recovered(daemon.socket, rcpt)


# What Redis refuses


def test_a_key_of_the_wrong_type_defers_that_recipient_alone(pair, redis, run_filter):
    daemon = run_filter(pair.filter_options(redis))
    good, bad = unique_address(), unique_address()
    redis.user(good, home="secondary")
    redis.set(f"coexist:user:{bad}", "secondary")
    message_id = send(pair.secondary, [good, bad])
    assert {r: parts(*answer) for r, answer in send.refused.items()} == {bad: BAD_RECORD}
    wait_delivered(pair, message_id, (0, 1))
    line = daemon.wait_log("decide", rcpt=bad)
    assert line.values["key"] == f"coexist:user:{bad}"
    assert line.values["why"] == "not a hash"

    kept = send(pair.primary, bad)
    wait_deferred(pair.primary, kept, BAD_RECORD)
    redis.user(bad, home="secondary")
    wait_delivered(pair, kept, (0, 1))


def test_a_password_that_the_filter_does_not_know(pair, redis, run_filter):
    daemon = run_filter(pair.filter_options(redis))
    pid, rcpt = daemon.pid, unique_address()
    redis.user(rcpt, home="secondary")
    redis.cli("CONFIG", "SET", "requirepass", "secret")
    redis.password = "secret"
    try:
        kept = send(pair.primary, rcpt)
        wait_deferred(pair.primary, kept, STATE_DOWN)
    finally:
        redis.cli("CONFIG", "SET", "requirepass", "")
        redis.password = None
    wait_delivered(pair, kept, (0, 1))
    assert is_running(daemon, pid)
    assert daemon.wait_log("decide", rcpt=rcpt).values["why"].startswith("NOAUTH ")


def test_a_wrong_password(pair, run_filter):
    with RedisServer(password="right") as server:
        state = server.url.replace("//", "//:wrong@")
        daemon = run_filter(pair.filter_options(server, state=state))
        rcpt = unique_address()
        assert refused(pair.secondary, rcpt) == STATE_DOWN
        why = daemon.wait_log("decide", rcpt=rcpt).values["why"]
        assert "WRONGPASS" in why
        assert not re.search("wrong(?!PASS)", daemon.text()), "the password in the log"


def test_a_right_that_is_taken_away_and_given_back(pair, redis, run_filter):
    daemon = run_filter(asks_each_time(pair, redis))
    rcpt = unique_address()
    redis.user(rcpt, home="secondary")
    assert asked(daemon.socket, rcpt) is None
    redis.cli("ACL", "SETUSER", "default", "-hgetall")
    try:
        kept = send(pair.primary, rcpt)
        wait_deferred(pair.primary, kept, STATE_DOWN)
    finally:
        redis.cli("ACL", "SETUSER", "default", "+@all")
    wait_delivered(pair, kept, (0, 1))
    daemon.wait_log("decide", rcpt=rcpt, reason="state-down")
    refusals = daemon.find("decide", rcpt=rcpt, reason="state-down")
    assert all(line.values["why"].startswith("NOPERM ") for line in refusals)


@pytest.mark.parametrize("error, answer", [
    (WRONG_TYPE, BAD_RECORD),
    ("OOM command not allowed when used memory > 'maxmemory'.", STATE_DOWN),
    ("LOADING Redis is loading the dataset in memory", STATE_DOWN),
    ("NOAUTH Authentication required.", STATE_DOWN),
    ("NOPERM this user has no permissions to run the 'hgetall' command", STATE_DOWN),
    ("MASTERDOWN Link with MASTER is down.", STATE_DOWN),
    ("BUSY Redis is busy running a script.", STATE_DOWN),
    ("CLUSTERDOWN The cluster is down", STATE_DOWN),
    ("MOVED 3999 127.0.0.1:6381", STATE_DOWN),
    ("ERR unknown command 'HGETALL'", STATE_DOWN),
], ids=lambda value: value.split()[0] if isinstance(value, str) else None)
def test_an_error_answer(pair, run_filter, fake, error, answer):
    daemon = run_filter(pair.filter_options(state=fake.url))
    pid, good, bad = daemon.pid, unique_address(), unique_address()
    fake.record(good, home="secondary")
    fake.errors[f"coexist:user:{bad}"] = error
    assert asked(daemon.socket, bad) == answer
    assert asked(daemon.socket, good) is None, "an answer, if not a good one, begins no pause"
    assert refused(pair.secondary, bad) == answer
    del fake.errors[f"coexist:user:{bad}"]
    assert asked(daemon.socket, bad) is None
    assert is_running(daemon, pid)


def test_no_message_is_lost_by_error_answers(pair, run_filter, fake):
    run_filter(pair.filter_options(state=fake.url))
    kept = {}
    for answer, error in ((BAD_RECORD, WRONG_TYPE), (STATE_DOWN, "OOM command not allowed"),
                          (STATE_DOWN, "LOADING Redis is loading"), (STATE_DOWN, "NOAUTH no"),
                          (STATE_DOWN, "NOPERM no")):
        rcpt = unique_address()
        fake.errors[f"coexist:user:{rcpt}"] = error
        fake.record(rcpt, home="secondary")
        kept[send(pair.primary, rcpt)] = answer
    for message_id, answer in kept.items():
        wait_deferred(pair.primary, message_id, answer)
    assert all(pair.delivered(message_id) == (0, 0) for message_id in kept)
    fake.errors.clear()
    for message_id in kept:
        wait_delivered(pair, message_id, (0, 1))


@pytest.mark.parametrize("mood", [
    "hung", "closing", "cut", "garbage", "LOADING Redis is loading the dataset in memory",
], ids=lambda mood: mood.split()[0])
def test_a_server_in_any_mood(pair, run_filter, fake, mood):
    daemon = run_filter(asks_each_time(pair, state=fake.url))
    pid, rcpt = daemon.pid, unique_address()
    fake.record(rcpt, home="secondary")
    for _ in range(2):
        wait_recovered(daemon.socket, rcpt)
        fake.mood = mood
        assert asked(daemon.socket, rcpt) == STATE_DOWN
        assert asked(daemon.socket, unique_address()) == STATE_DOWN
        fake.mood = "well"
    wait_recovered(daemon.socket, rcpt)
    fake.mood = mood
    kept = send(pair.primary, rcpt)
    wait_deferred(pair.primary, kept, STATE_DOWN)
    fake.mood = "well"
    wait_delivered(pair, kept, (0, 1))
    assert is_running(daemon, pid)


# A hang with many clients


def test_a_hang_is_paid_for_once_and_not_by_every_recipient(pair, run_filter, fake):
    clients, each = 40, scaled(25, 10, 5)
    daemon = run_filter(pair.filter_options(
        state=fake.url, command_timeout=int(COMMAND_TIMEOUT * 1000)))
    pid = daemon.pid
    links = [MilterConnection(daemon.socket) for _ in range(clients)]
    rcpts = [unique_address() for _ in links]
    fake.mood = "hung"

    def ask(number):
        link, answers, longest = links[number], [], 0.0
        link.connect()
        for _ in range(each):
            began = time.monotonic()
            result = link.message(rcpts=[f"<{rcpts[number]}>"])
            longest = max(longest, time.monotonic() - began)
            reply = result.rcpts[0][1]
            answers.append((reply.code, reply.status))
        return answers, longest

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        results = list(pool.map(ask, range(clients)))
    took = time.monotonic() - began

    assert {answer for answers, _ in results for answer in answers} == {STATE_DOWN[:2]}
    # All connections at first; then one look-up alone after each pause, and each waits in vain.
    probes = took / COMMAND_TIMEOUT + 1
    assert 1 <= fake.lookups() <= CONNECTIONS + probes
    # The thread that hears of changes and the one that writes events try too, after such pauses.
    assert fake.connections <= CONNECTIONS + probes + 2 * (6 + took)
    assert max(longest for _, longest in results) < 5 * SLOWNESS
    wait_until(lambda: len(daemon.find("decide")) == clients * each, 10, "each decision is logged")
    in_vain = daemon.find("decide", match=lambda l: "no answer in time" == l.values["why"])
    at_once = daemon.find("decide", match=lambda l: l.values["why"].startswith("not asked, after"))
    assert len(in_vain) == fake.lookups()
    assert len(at_once) >= clients * each - 2 * clients

    fake.mood = "well"
    for number, link in enumerate(links):
        fake.record(rcpts[number], home="secondary")
    wait_recovered(daemon.socket, rcpts[0])
    for number, link in enumerate(links):
        assert link.message(rcpts=[f"<{rcpts[number]}>"]).final.verdict == "continue"
        link.quit()
    assert is_running(daemon, pid)


def test_a_server_that_is_gone_is_not_knocked_at_by_every_recipient(pair, run_filter, fake):
    daemon = run_filter(pair.filter_options(state=fake.url))
    fake.mood = "closing"
    rounds = scaled(300, 100, 100)
    before, began = fake.connections, time.monotonic()
    with MilterConnection(daemon.socket) as link:
        link.connect()
        for _ in range(rounds):
            reply = link.message(rcpts=[f"<{unique_address()}>"]).rcpts[0][1]
            assert (reply.code, reply.status) == STATE_DOWN[:2]
    # Those who look up, who tell and who listen, with pauses of 50, 100, 200, ... 1000 ms each.
    made = fake.connections - before
    assert made <= 3 * (6 + (time.monotonic() - began))
    assert made < rounds / 2


# Other ways in


def test_a_submission_without_smtp_waits_in_maildrop(pair, redis, run_filter):
    redis.stop()
    run_filter(pair.filter_options(redis))
    rcpt, message_id = unique_address(), unique_message_id()
    pair.secondary.sendmail(make_message(message_id), f"alice@{DOMAIN}", [rcpt])
    wait_until(
        lambda: re.search(
            rf"milter-reject: END-OF-MESSAGE .* 4\.4\.3 state-down: <{re.escape(rcpt)}>",
            pair.secondary.log()
        ), 10, pair.secondary.log,
    )
    assert pair.secondary.queued(queue="maildrop")

    redis.start()
    redis.user(rcpt, home="secondary")

    def tried_again():
        if pair.secondary.queued(queue="maildrop"):
            pair.secondary.flush()
        return sum(pair.delivered(message_id))

    wait_until(tried_again, 20, "the message leaves maildrop", interval=0.2)
    wait_delivered(pair, message_id, (0, 1))


def test_a_domain_that_is_only_observed_is_not_deferred(pair, redis, run_filter):
    redis.stop()
    daemon = run_filter(pair.filter_options(redis, domain={DOMAIN: {"mode": "observe"}}))
    rcpt = unique_address()
    wait_delivered(pair, send(pair.secondary, rcpt), (0, 1))
    assert daemon.wait_log("decide", rcpt=rcpt, mode="observe").values["reason"] == "state-down"


def test_other_domains_do_not_depend_on_state(pair, redis, run_filter):
    redis.stop()
    run_filter(pair.filter_options(redis, domain={"other.example": {"home": "primary"}}))
    wait_delivered(pair, send(pair.secondary, unique_address()), (0, 1))
