"""Loops end soon, nothing is lost in them, and whoever should know is told."""

import pytest

from coexist_testing.pair import (
    DOMAIN, SENDERS, make_message, send, unique, unique_address, unique_message_id,
)
from coexist_testing.journey import Watch, arrived, attempt, queued_copies, wait_deferred
from coexist_testing.wait import wait_until

STRIP_TRACES = "regexp:{{/^X-Coexist-/ IGNORE}}"
STRIP_ALL = "regexp:{{/^X-Coexist-/ IGNORE} {/^Received:/ IGNORE}}"
STRIP_RECEIVED = "regexp:{{/^Received:/ IGNORE}}"
UNTOLD = {"primary": {"networks": None}}  # a peer that cannot be told by network
SIDES = ["secondary", "primary"]
LOOP_MAILBOX = f"loops@{SENDERS}"
AUTOMATIC = [("Auto-Submitted", "auto-replied")]


def start(pair, side, rcpts, **how):
    return send(pair.primary if side == "primary" else pair.secondary, rcpts, **how)


def mend(pair, user):
    """The primary learns that the mailbox is its own."""
    pair.primary.route(user, "here")
    pair.primary.reload()
    pair.primary.flush()


def only_bounce(watch, sender):
    """All that was delivered anywhere is one bounce to the sender."""
    [bounce] = watch.deliveries()
    assert bounce.rcpt == sender
    assert bounce in watch.bounces()
    return " ".join(bounce.body.decode().split())


# The end of a loop


@pytest.mark.parametrize("side", SIDES)
def test_by_conflict_no_copy_is_queued_at_the_secondary(pair, looping, filter, sender, side):
    watch = Watch(pair)
    message_id = start(pair, side, looping, sender=sender)
    pair.wait_quiet()
    once = (1, 1) if side == "secondary" else (1, 0)
    assert pair.copies(message_id) == once
    for _ in range(3):
        tries = len(filter.find("decide", rcpt=looping, reason="conflict"))
        pair.primary.flush()
        wait_until(
            lambda: len(filter.find("decide", rcpt=looping, reason="conflict")) > tries, 10,
            lambda: "another try of the primary:\n" + pair.primary.log()[-4000:],
        )
    pair.wait_quiet()
    assert pair.copies(message_id) == once
    assert queued_copies(pair, message_id) == sum(once)
    [waiting] = wait_deferred(pair.primary)
    assert "451 4.4.6 conflict: " in waiting["recipients"][0]["delay_reason"]
    assert watch.deliveries() == []

    mend(pair, looping)
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery once the primary is mended")
    assert arrived(pair, message_id) == ([looping], [])
    assert len(watch.deliveries()) == 1


@pytest.mark.parametrize(
    "strip", [None, STRIP_TRACES, STRIP_RECEIVED, STRIP_ALL],
    ids=["nothing", "traces", "received", "all"],
)
def test_by_conflict_whatever_the_peer_strips(
    pair, looping, primary_checks, sender, strip
):
    primary_checks(strip or "")
    message_id = start(pair, "secondary", looping, sender=sender)
    pair.wait_quiet()
    assert pair.copies(message_id) == (1, 1)
    assert len(wait_deferred(pair.primary)) == 1


@pytest.mark.parametrize("strip", [None, STRIP_RECEIVED], ids=["received", "stripped"])
@pytest.mark.parametrize("side, copies", [("secondary", 2), ("primary", 3)])
def test_by_trace_at_the_second_visit(
    pair, looping, filter, configure, primary_checks, sender, side, copies, strip
):
    configure(**UNTOLD)
    primary_checks(strip or "")
    watch = Watch(pair)
    message_id = start(pair, side, looping, sender=sender)
    assert queued_copies(pair, message_id) == copies
    told = only_bounce(watch, sender)
    assert "550 5.4.6 loop: " in told and "evidence=trace" in told
    assert f"rfc822; {looping}" in told
    if not strip:
        assert "path=S<P<S" in told
    assert [line.values["action"] for line in filter.find("decide", rcpt=looping)] == [
        "divert", "reject",
    ]


@pytest.mark.parametrize("side, copies", [("secondary", 4), ("primary", 5)])
def test_by_received_alone_at_the_third_visit(
    pair, looping, filter, configure, primary_checks, sender, side, copies
):
    configure(**UNTOLD)
    primary_checks(STRIP_TRACES)
    watch = Watch(pair)
    message_id = start(pair, side, looping, sender=sender)
    assert queued_copies(pair, message_id) == copies
    told = only_bounce(watch, sender)
    assert "550 5.4.6 loop: " in told and "evidence=received" in told
    path = "path=S<P<S<P<S" if side == "secondary" else "path=S<P<S<P<S<P"
    assert path in told
    decided = filter.find("decide", rcpt=looping)
    assert [line.values["action"] for line in decided] == ["divert", "divert", "reject"]
    assert decided[1].values["loop"] == "suspect"


@pytest.mark.parametrize("side, copies", [("secondary", 4), ("primary", 5)])
def test_a_mailbox_kept_here_that_the_secondary_s_own_routes_send_away(
    pair, redis, filter, configure, sender, side, copies
):
    """Nothing is diverted: the filter keeps the recipient, and Postfix hands it to the primary."""
    configure(**UNTOLD)
    pair.hand_over()
    user = unique_address()
    redis.user(user, home="secondary")
    watch = Watch(pair)
    message_id = start(pair, side, user, sender=sender)
    assert queued_copies(pair, message_id) == copies
    assert "550 5.4.6 loop: " in only_bounce(watch, sender)
    assert pair.delivered(message_id) == (0, 0)


def test_an_address_in_capitals_loops_no_longer(pair, redis, filter, configure, sender):
    configure(**UNTOLD)
    pair.hand_over()
    local = unique("Bob")
    redis.user(f"{local}@{DOMAIN}".lower(), home="primary")
    watch = Watch(pair)
    message_id = send(pair.secondary, f"{local}+x@{DOMAIN.upper()}", sender=sender)
    assert queued_copies(pair, message_id) == 2
    only_bounce(watch, sender)


def test_an_alias_that_comes_back_as_its_mailbox_loops(
    pair, redis, filter, configure, looping, sender
):
    configure(**UNTOLD)
    alias = unique_address(prefix="alias")
    redis.user(alias, alias=looping)
    watch = Watch(pair)
    message_id = send(pair.secondary, alias, sender=sender)
    assert queued_copies(pair, message_id) == 2
    only_bounce(watch, sender)


@pytest.mark.parametrize("told, copies", [(True, 2), (False, 2)])
def test_a_target_address_that_comes_back_as_the_real_one(
    pair, redis, filter, configure, looping, sender, told, copies
):
    configure(domain={"route": "%u@tenant.example"}, **({} if told else UNTOLD))
    pair.secondary.route("tenant.example", pair.primary)
    pair.primary.set_main(
        virtual_alias_maps=f"regexp:{{{{/^(.*)@tenant\\.example$$/ $$1@{DOMAIN}}}}}"
    )
    try:
        message_id = send(pair.secondary, looping, sender=sender)
        assert queued_copies(pair, message_id) == copies
        first, again, *_ = filter.find("decide", rcpt=looping)
        assert first.values["to"].endswith("@tenant.example")
        assert again.values["reason"] == ("conflict" if told else "loop")
        assert pair.delivered(message_id) == (0, 0)
    finally:
        pair.primary.set_main(virtual_alias_maps="")


# Some recipients loop and others do not


@pytest.mark.parametrize("told", [True, False])
def test_one_of_three_loops_and_its_sender_is_told(
    pair, redis, filter, configure, looping, sender, told
):
    configure(on_conflict="reject", **({} if told else UNTOLD))
    here, there = unique_address(), unique_address()
    redis.user(here, home="secondary")
    redis.user(there, home="primary")
    pair.secondary.route(here, "here")
    pair.primary.route(there, "here")
    watch = Watch(pair)
    message_id = send(pair.secondary, [here, looping, there], sender=sender)
    assert arrived(pair, message_id) == ([there], [here])
    [bounce] = watch.bounces()
    assert bounce.rcpt == sender
    assert bounce.body.count(b"Final-Recipient:") == 1
    assert b"Final-Recipient: rfc822; " + looping.encode() in bounce.body
    assert len(watch.deliveries()) == 3
    assert queued_copies(pair, message_id) == 2


def test_one_of_three_loops_into_the_loop_mailbox(
    pair, redis, filter, configure, looping, sender
):
    """The peer hands two back in one transaction; one of them has been moved here meanwhile."""
    configure(loop_mailbox=LOOP_MAILBOX, **UNTOLD)
    moved, there = unique_address(), unique_address()
    for user in (moved, there):
        redis.user(user, home="primary")
    pair.secondary.route(moved, "here")
    pair.primary.route(there, "here")
    pair.primary.route(moved, "retry:4.3.0 not yet")
    pair.primary.route(looping, "retry:4.3.0 not yet")
    watch = Watch(pair)
    message_id = send(pair.secondary, [moved, looping, there], sender=sender)
    assert arrived(pair, message_id) == ([there], [])

    redis.cli("HSET", f"coexist:user:{moved}", "home", "secondary")
    for user in (moved, looping):
        pair.primary.route(user, pair.secondary)
    pair.primary.reload()
    pair.primary.flush()
    wait_until(lambda: sum(pair.delivered(message_id, moved)), 10, "the second visit")
    assert arrived(pair, message_id) == ([there], sorted([moved, LOOP_MAILBOX]))
    assert len(watch.deliveries()) == 3
    assert watch.bounces() == []
    [diverted] = pair.secondary.deliveries(message_id, LOOP_MAILBOX)
    assert filter.find("decide", rcpt=looping)[-1].values["to"] == LOOP_MAILBOX
    assert diverted.headers["X-Coexist-Loop"].startswith("verdict=pingpong; passes=2;")


# What is done with what loops


def held(pair):
    return pair.secondary.queued(queue="hold")


@pytest.mark.parametrize("on_loop", ["reject", "defer", "hold"])
@pytest.mark.parametrize("kind", ["null sender", "automatic"])
def test_a_loop_of_what_must_not_bounce_is_held(
    pair, filter, configure, looping, sender, kind, on_loop
):
    configure(on_loop=on_loop, **UNTOLD)
    sender = "" if kind == "null sender" else sender
    watch = Watch(pair)
    message_id = send(
        pair.secondary, looping, sender=sender, headers=AUTOMATIC if kind == "automatic" else ()
    )
    pair.wait_quiet()
    [message] = held(pair)
    assert [r["address"] for r in message["recipients"]] == [f"{looping}.primary.invalid"]
    assert pair.primary.queue() == []
    assert watch.deliveries() == []
    line = filter.find("decide", rcpt=looping)[-1]
    assert (line.values["action"], line.values["reason"]) == ("hold", "loop")

    mend(pair, looping)
    pair.secondary.postsuper("-H", "ALL")
    pair.secondary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery of what was held")
    assert arrived(pair, message_id) == ([looping], [])
    assert len(watch.deliveries()) == 1
    assert held(pair) == []


def test_on_loop_hold(pair, filter, configure, looping, sender):
    configure(on_loop="hold", **UNTOLD)
    watch = Watch(pair)
    message_id = send(pair.secondary, looping, sender=sender)
    pair.wait_quiet()
    assert len(held(pair)) == 1
    assert watch.deliveries() == []
    mend(pair, looping)
    pair.secondary.postsuper("-H", "ALL")
    pair.secondary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery of what was held")
    assert arrived(pair, message_id) == ([looping], [])
    [delivery] = watch.deliveries()
    assert delivery.headers["X-Coexist-Loop"].startswith("verdict=pingpong; passes=2;")


def test_on_loop_defer(pair, redis, filter, configure, looping, sender):
    configure(on_loop="defer", **UNTOLD)
    watch = Watch(pair)
    message_id = send(pair.secondary, looping, sender=sender)
    pair.wait_quiet()
    [waiting] = wait_deferred(pair.primary)
    assert "451 4.4.6 loop: " in waiting["recipients"][0]["delay_reason"]
    assert queued_copies(pair, message_id) == 2
    assert watch.deliveries() == []

    pair.secondary.route(looping, "here")
    redis.cli("HSET", f"coexist:user:{looping}", "home", "secondary")
    pair.primary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery after the flip")
    assert arrived(pair, message_id) == ([], [looping])
    assert len(watch.deliveries()) == 1


@pytest.mark.parametrize("kind", ["usual", "null sender", "automatic"])
def test_on_loop_divert(pair, filter, configure, looping, sender, kind):
    configure(on_loop="divert", loop_mailbox=LOOP_MAILBOX, **UNTOLD)
    watch = Watch(pair)
    message_id = send(
        pair.secondary, looping, sender="" if kind == "null sender" else sender,
        headers=AUTOMATIC if kind == "automatic" else (),
    )
    assert arrived(pair, message_id) == ([], [LOOP_MAILBOX])
    [delivery] = watch.deliveries()
    assert filter.find("decide", rcpt=looping)[-1].values["to"] == LOOP_MAILBOX
    assert "evidence=trace" in delivery.headers["X-Coexist-Loop"]
    assert delivery.headers["X-Coexist-Route"].startswith(
        f"node={pair.secondary.name}; route=loop-mailbox; reason=loop"
    )


def test_a_loop_to_the_loop_mailbox_itself_is_held(pair, redis, filter, configure, looping):
    configure(on_loop="divert", loop_mailbox=looping, **UNTOLD)
    watch = Watch(pair)
    send(pair.secondary, looping)
    pair.wait_quiet()
    assert len(held(pair)) == 1
    assert watch.deliveries() == []


def received_fields(count):
    return [
        ("Received", f"from h{i}.example.net by h{i + 1}.example.net with ESMTP id q{i}; "
                     "Mon, 1 Jan 2024 00:00:00 +0000")
        for i in reversed(range(count))
    ]


def test_too_many_hops(pair, redis, filter, configure, sender):
    configure(max_hops=30)
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    accepted = attempt(pair.secondary, user, headers=received_fields(30))
    assert accepted.code is None
    assert arrived(pair, accepted.message_id) == ([user], [])
    refused = attempt(pair.secondary, user, headers=received_fields(31))
    assert refused.code == "550 5.4.6"
    assert "hops: " in refused.final
    assert arrived(pair, refused.message_id) == ([], [])

    bounced = send(pair.secondary, user, sender="", headers=received_fields(31))
    assert arrived(pair, bounced) == ([], [])
    [message] = held(pair)
    assert [r["address"] for r in message["recipients"]] == [f"{user}.primary.invalid"]


def test_a_null_sender_s_conflict_waits_at_the_peer(pair, redis, filter, looping):
    watch = Watch(pair)
    message_id = send(pair.primary, looping, sender="")
    pair.wait_quiet()
    assert pair.copies(message_id) == (1, 0)
    assert len(wait_deferred(pair.primary)) == 1
    assert watch.deliveries() == []
    mend(pair, looping)
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery once the primary is mended")
    assert arrived(pair, message_id) == ([looping], [])


def test_a_null_sender_s_conflict_is_never_rejected(pair, redis, filter, configure, looping):
    configure(on_conflict="reject")
    pair.secondary.route(looping, "here")
    watch = Watch(pair)
    message_id = send(pair.primary, looping, sender="")
    pair.wait_quiet()
    [message] = held(pair)
    assert [r["address"] for r in message["recipients"]] == [looping]
    assert pair.primary.queue() == []
    assert watch.deliveries() == []
    pair.secondary.postsuper("-H", "ALL")
    pair.secondary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery of what was held")
    assert arrived(pair, message_id) == ([], [looping])
    [delivery] = watch.deliveries()
    assert delivery.headers["X-Coexist-Loop"].startswith("verdict=conflict;")


def test_a_dual_copy_that_the_peer_hands_back_goes_no_further(pair, redis, filter, looping):
    redis.user(looping, home="both")
    pair.secondary.route(looping, "here")
    watch = Watch(pair)
    message_id = send(pair.secondary, looping)
    pair.wait_quiet()
    assert pair.copies(message_id) == (1, 2)
    assert arrived(pair, message_id) == ([], [looping, looping])
    assert len(watch.deliveries()) == 2


# A peer that a header identifies

SECRET = "7d1f0c9be2f4d94c0a"


@pytest.fixture(params=["X-Coexist-Peer", "X-Connector-Token"])
def identified(request, configure, primary_checks):
    """The name of the header that the primary adds to all that it queues."""
    configure(primary={"networks": None, "identify": f"{request.param}: {SECRET}"})
    primary_checks(f"regexp:{{{{/^From:/ PREPEND {request.param}: {SECRET}}}}}")
    return request.param


def test_an_identified_peer_is_told_at_the_end_of_the_header(pair, redis, filter, identified):
    since = len(filter.lines)
    users = {home: unique_address() for home in ("secondary", "both", "nothing")}
    for home in ("secondary", "both"):
        redis.user(users[home], home=home)
    everybody = sorted(users.values())
    message_id = send(pair.primary, everybody)
    assert arrived(pair, message_id) == ([], everybody)
    for home, reason in (
        ("secondary", "home-here"), ("both", "split-horizon"), ("nothing", "authority"),
    ):
        [line] = filter.find("decide", rcpt=users[home])
        assert (line.values["origin"], line.values["reason"]) == ("peer", reason)
    for delivery in pair.secondary.deliveries(message_id):
        assert delivery.headers[identified] is None
        assert SECRET.encode() not in delivery.raw
    assert filter.find("forged", since=since) == []


def test_an_identified_peer_s_conflict_is_answered_at_the_end(
    pair, redis, filter, identified, looping
):
    tried = attempt(pair.secondary, looping, headers=[(identified, SECRET)])
    assert tried.codes == {} and tried.code == "451 4.4.6"
    assert "conflict: " in tried.final
    message_id = send(pair.primary, looping)
    assert arrived(pair, message_id) == ([], [])
    [waiting] = wait_deferred(pair.primary)
    assert "451 4.4.6 conflict: " in waiting["recipients"][0]["delay_reason"]
    assert queued_copies(pair, message_id) == 1

    pair.secondary.route(looping, "here")
    redis.cli("HSET", f"coexist:user:{looping}", "home", "secondary")
    pair.primary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery after the flip")
    assert arrived(pair, message_id) == ([], [looping])
    [delivery] = pair.secondary.deliveries(message_id)
    assert SECRET.encode() not in delivery.raw


def test_an_identified_peer_s_conflict_among_others_goes_to_the_loop_mailbox(
    pair, redis, filter, configure, primary_checks, looping
):
    configure(
        loop_mailbox=LOOP_MAILBOX,
        primary={"networks": None, "identify": f"X-Coexist-Peer: {SECRET}"},
    )
    primary_checks(f"regexp:{{{{/^From:/ PREPEND X-Coexist-Peer: {SECRET}}}}}")
    friend = unique_address()
    redis.user(friend, home="secondary")
    pair.secondary.route(friend, "here")
    watch = Watch(pair)
    message_id = send(pair.primary, [friend, looping])
    assert arrived(pair, message_id) == ([], sorted([friend, LOOP_MAILBOX]))
    assert len(watch.deliveries()) == 2
    assert pair.primary.queue() == []
    [diverted] = pair.secondary.deliveries(message_id, LOOP_MAILBOX)
    assert diverted.headers["X-Coexist-Loop"].startswith("verdict=conflict;")


@pytest.mark.parametrize("value", ["7d1f0c9be2f4d94c0b", "7D1F0C9BE2F4D94C0A", SECRET + "0", ""])
def test_a_wrong_secret_identifies_nobody(pair, redis, filter, configure, value):
    configure(primary={"networks": None, "identify": f"X-Coexist-Peer: {SECRET}"})
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    message_id = send(pair.secondary, user, headers=[("X-Coexist-Peer", value)])
    assert arrived(pair, message_id) == ([user], [])
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["origin"], line.values["reason"]) == ("external", "home-peer")


def test_of_several_fields_of_that_name_only_the_secret_goes(pair, redis, filter, configure):
    configure(primary={"networks": None, "identify": f"X-Connector-Token: {SECRET}"})
    user = unique_address()
    redis.user(user, home="secondary")
    values = ["one", SECRET, "two", f"\n {SECRET}", SECRET + "0"]
    message_id = send(
        pair.secondary, user, headers=[("X-Connector-Token", value) for value in values]
    )
    assert arrived(pair, message_id) == ([], [user])
    [delivery] = pair.secondary.deliveries(message_id)
    assert delivery.headers.get_all("X-Connector-Token") == ["one", "two", SECRET + "0"]
    [line] = filter.find("decide", rcpt=user)
    assert line.values["origin"] == "peer"


def test_what_sendmail_submits_and_loops_is_not_lost(pair, redis, filter, configure, looping):
    """Mail submitted here, handed back by the peer: the sender here is told."""
    configure(**UNTOLD)
    sender, message_id = unique_address(SENDERS, "sender"), unique_message_id()
    watch = Watch(pair)
    pair.secondary.sendmail(make_message(message_id), sender, [looping])
    wait_until(lambda: pair.secondary.queue_ids(message_id), 10, "pickup")
    assert queued_copies(pair, message_id) == 2
    only_bounce(watch, sender)
