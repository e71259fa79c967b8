"""Loops of which the peer strips every trace; and what looks like one only to the ledger."""

import smtplib

import pytest

from coexist_testing.answers import wait_remembered
from coexist_testing.later_milter import LaterMilter
from coexist_testing.net import free_port
from coexist_testing.pair import (
    EXTERNAL, SENDERS, make_message, send, unique_address, unique_message_id,
)
from coexist_testing.journey import Watch, arrived, attempt, queued_copies, wait_deferred
from coexist_testing.wait import wait_until

STRIP_ALL = "regexp:{{/^X-Coexist-/ IGNORE} {/^Received:/ IGNORE}}"
UNTOLD = {"primary": {"networks": None}}  # a peer that cannot be told by network
COPIES_MAX = 5  # of one looping message, both systems together
RELAY = ("Received", "from client.example (client.example [203.0.113.99])\n\tby mx.external.example"
         " with ESMTP id 4XyZ; Fri, 20 Nov 2026 10:00:00 +0000")


@pytest.fixture
def later(pair):
    """Another milter at the secondary, after the filter."""
    with LaterMilter() as milter:
        pair.secondary.set_milters(f"unix:{pair.filter_socket}", milter.milter)
        yield milter
        pair.secondary.set_milters(f"unix:{pair.filter_socket}")


@pytest.fixture
def there(pair, redis, filter, configure):
    """A user at a peer that cannot be told by network, and that delivers as it should."""
    configure(**UNTOLD)
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    return user


def verdicts(filter, user):
    return {line.values["reason"] for line in filter.find("decide", rcpt=user)}


def evidence(filter, user):
    return {line.values.get("evidence") for line in filter.find("decide", rcpt=user)}


# Received and traces both stripped


@pytest.mark.parametrize("side, copies", [("secondary", 4), ("primary", 5)])
def test_a_loop_without_a_trace_ends_by_the_ledger(
    pair, looping, filter, configure, primary_checks, sender, side, copies
):
    configure(**UNTOLD)
    primary_checks(STRIP_ALL)
    watch = Watch(pair)
    message_id = send(getattr(pair, side), looping, sender=sender)
    wait_until(lambda: watch.bounces(), 20, "the end of the loop")
    assert queued_copies(pair, message_id) == copies <= COPIES_MAX
    [bounce] = watch.deliveries()
    told = " ".join(bounce.body.decode().split())
    assert bounce.rcpt == sender
    assert "550 5.4.6 loop: " in told and "evidence=ledger" in told
    assert f"rfc822; {looping}" in told
    decided = filter.find("decide", rcpt=looping)
    assert [line.values["action"] for line in decided] == ["divert", "divert", "reject"]
    assert decided[-1].values["passes"] == "3"


@pytest.mark.parametrize("side, copies", [("secondary", 2), ("primary", 1)])
@pytest.mark.parametrize("on_conflict", ["defer", "reject"])
def test_a_peer_told_by_network_is_told_at_once(
    pair, looping, filter, configure, primary_checks, sender, side, copies, on_conflict
):
    configure(on_conflict=on_conflict)
    primary_checks(STRIP_ALL)
    watch = Watch(pair)
    message_id = send(getattr(pair, side), looping, sender=sender)
    pair.wait_quiet()
    if on_conflict == "defer":
        [waiting] = wait_deferred(pair.primary)
        assert "451 4.4.6 conflict: " in waiting["recipients"][0]["delay_reason"]
        assert watch.deliveries() == []
    else:
        [bounce] = watch.deliveries()
        assert b"550 5.4.6 conflict: " in b" ".join(bounce.body.split())
    assert queued_copies(pair, message_id) == copies <= COPIES_MAX
    assert verdicts(filter, looping) <= {"home-peer", "conflict"}


def test_a_bounce_that_loops_without_a_trace_is_held(
    pair, looping, filter, configure, primary_checks
):
    configure(**UNTOLD)
    primary_checks(STRIP_ALL)
    watch = Watch(pair)
    message_id = send(pair.secondary, looping, sender="")
    wait_until(lambda: pair.secondary.queued(queue="hold"), 20, "the end of the loop")
    assert queued_copies(pair, message_id) <= COPIES_MAX
    assert watch.deliveries() == []


def test_while_redis_is_away_mail_flows_and_that_is_told(
    pair, redis, filter, configure, there, primary_checks
):
    """Nothing can be looked up or kept of its visits; nothing waits for that either."""
    wait_remembered(filter.socket, redis, there)
    redis.kill()
    sent = [send(pair.secondary, there) for _ in range(3)]
    wait_until(lambda: all(sum(pair.delivered(i)) for i in sent), 20, "delivery")
    assert all(pair.delivered(i) == (1, 0) for i in sent)
    filter.wait_log("ledger-unavailable")


# No loops


@pytest.mark.parametrize("times", [1, 4])
def test_a_retry_after_another_milter_s_refusal(pair, filter, there, later, times):
    """The filter had taken each of them. The relay that tries again says so: it is one arrival."""
    later.refusals = times
    message_id, codes = unique_message_id(), []
    for _ in range(times + 1):
        codes.append(attempt(pair.secondary, there, message_id=message_id, headers=[RELAY]).code)
    assert codes == ["451 4.7.1"] * times + [None]
    assert arrived(pair, message_id) == ([there], [])
    assert verdicts(filter, there) == {"home-peer"}


def test_a_retry_of_an_author_who_has_no_relay(pair, filter, there, later):
    later.refusals = 1
    message_id = unique_message_id()
    assert attempt(pair.secondary, there, message_id=message_id).code == "451 4.7.1"
    assert attempt(pair.secondary, there, message_id=message_id).code is None
    assert arrived(pair, message_id) == ([there], [])
    assert verdicts(filter, there) == {"home-peer"}


def test_retries_after_a_refusal_at_the_end_of_data(pair, filter, there):
    """The filter sees the message taken back: that was no visit, whoever tries, and how often."""
    pair.secondary.set_main(smtpd_end_of_data_restrictions="check_client_access static:{451 4.7.1}")
    try:
        message_id = unique_message_id()
        for _ in range(4):
            assert attempt(pair.secondary, there, message_id=message_id).code == "451 4.7.1"
    finally:
        pair.secondary.set_main(smtpd_end_of_data_restrictions="")
    assert attempt(pair.secondary, there, message_id=message_id).code is None
    assert arrived(pair, message_id) == ([there], [])
    assert verdicts(filter, there) == {"home-peer"}


@pytest.mark.parametrize("told", [True, False])
def test_the_peer_tries_again_what_it_hands_back(
    pair, redis, filter, configure, later, told
):
    """Sent to the peer, which hands it back when the mailbox has moved here: once it is taken."""
    if not told:
        configure(**UNTOLD)
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, (pair.primary.address, free_port(pair.primary.address)))
    message_id = send(pair.secondary, user)
    wait_deferred(pair.primary)
    redis.user(user, home="secondary")
    pair.primary.route(user, pair.secondary)
    later.refusals = 3
    pair.primary.reload()

    def here():
        pair.primary.flush()
        return sum(pair.delivered(message_id))

    wait_until(here, 20, "delivery", interval=0.3)
    assert later.refused == 3
    assert arrived(pair, message_id) == ([], [user])
    assert verdicts(filter, user) == {"home-peer", "home-here"}


@pytest.mark.parametrize("headers, transfers", [([], 2), ([RELAY], 4)], ids=["author", "relay"])
def test_a_transfer_again_after_a_lost_reply(pair, filter, there, headers, transfers):
    """The client was gone before it could read 250: it knows no better, and both copies arrive."""
    message_id = unique_message_id()
    text = make_message(message_id, headers=headers)
    for _ in range(transfers - 1):
        leave_before_the_reply(pair.secondary, there, text)
        pair.wait_quiet()
    send(pair.secondary, there, message=text, message_id=message_id)
    assert arrived(pair, message_id) == ([there] * transfers, [])
    assert verdicts(filter, there) == {"home-peer"}
    assert evidence(filter, there) == {None}


def leave_before_the_reply(postfix, rcpt, text):
    link = postfix.connect(EXTERNAL)
    link.mail(f"alice@{SENDERS}")
    link.rcpt(rcpt)
    assert link.docmd("DATA")[0] == 354
    before = len(postfix.log())
    link.send(text.replace("\n", "\r\n").encode() + b".\r\n")
    link.close()
    wait_until(lambda: "from=<alice@" in postfix.log()[before:], 10, "the message is queued")


def test_an_author_sends_the_same_message_id_twice(pair, filter, there):
    message_id = unique_message_id()
    for subject in ("first", "second"):
        send(pair.secondary, there, message_id=message_id, subject=subject)
        pair.wait_quiet()
    assert arrived(pair, message_id) == ([there, there], [])
    assert verdicts(filter, there) == {"home-peer"}


def test_others_get_the_same_message_later(pair, redis, filter, there):
    """One message to many users of the peer, in many transactions: each recipient by itself."""
    message_id = unique_message_id()
    users = [unique_address() for _ in range(4)]
    for user in users:
        redis.user(user, home="primary")
        pair.primary.route(user, "here")
    for user in users:
        send(pair.secondary, user, message_id=message_id)
    assert arrived(pair, message_id) == (sorted(users), [])


def test_a_message_refused_at_rcpt_was_no_visit(pair, redis, filter, there):
    redis.user(there, home="moving")
    message_id = unique_message_id()
    for _ in range(4):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(pair.secondary, there, message_id=message_id)
    redis.user(there, home="primary")
    wait_until(
        lambda: not attempt(pair.secondary, there, message_id=message_id).refused, 10, "accepted"
    )
    assert arrived(pair, message_id) == ([there], [])
