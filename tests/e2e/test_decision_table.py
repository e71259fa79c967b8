"""Each row of the decision table, by mail that travels between two Postfix."""

import smtplib

import pytest

from coexist_testing.pair import (
    DOMAIN, EXTERNAL, SENDERS, make_message, send, unique, unique_address, unique_message_id,
)
from coexist_testing.journey import (
    arrived, attempt, kick_pickup, rcpt_reply, reasons_stamped, wait_deferred,
)
from coexist_testing.wait import wait_until

AUTHENTICATED = {**EXTERNAL, "LOGIN": "alice"}
FROM = {"external": "external", "authenticated": AUTHENTICATED, "own network": "local"}

IMIP = [("MIME-Version", "1.0"), ("Content-Type", "text/calendar; method=REQUEST; charset=utf-8")]


def say(redis, user, state):
    """Writes what the state says of a user."""
    if state == "typo":
        redis.user(user, home="secodnary")
    elif state == "string":
        redis.set(f"coexist:user:{user}", "secondary")
    elif state == "group without record":
        redis.user(user, group=unique("group"))
    elif state == "domain record":
        redis.domain(DOMAIN, home="secondary")
    elif state != "nothing":
        redis.user(user, home=state)


def origin_in_log(origin):
    return origin if origin in ("external", "peer") else "local"


@pytest.fixture
def friend(redis):
    """Somebody else in the same transaction, who is always served here."""
    address = unique_address(prefix="friend")
    redis.user(address, home="secondary")
    return address


# Where mail for a user goes that does not come from the peer: to the primary, to the secondary.
DELIVERED = {
    "secondary": (0, 1, "home-here"),
    "primary": (1, 0, "home-peer"),
    "both": (1, 1, "dual"),
    "nothing": (1, 0, "default"),
    "domain record": (0, 1, "default"),
}
REFUSED = {
    "moving": ("451 4.2.1", "moving"),
    "typo": ("451 4.3.5", "bad-record"),
    "string": ("451 4.3.5", "bad-record"),
    "group without record": ("451 4.3.5", "bad-record"),
}
DELIVERED_FROM_PEER = {
    "secondary": "home-here",
    "both": "split-horizon",
    "nothing": "authority",
    "domain record": "authority",
}
REFUSED_FROM_PEER = {"primary": ("451 4.4.6", "conflict"), **REFUSED}


@pytest.mark.parametrize("state", DELIVERED)
@pytest.mark.parametrize("origin", FROM)
def test_from_elsewhere_each_is_delivered_where_the_mailbox_is(
    pair, redis, filter, friend, origin, state
):
    user = unique_address()
    say(redis, user, state)
    pair.primary.route(user, "here")
    message_id = send(pair.secondary, [user, friend], client=FROM[origin])

    primary, secondary, reason = DELIVERED[state]
    assert send.refused == {}
    assert arrived(pair, message_id) == (
        [user] * primary, sorted([user] * secondary + [friend])
    )
    assert reasons_stamped(pair, message_id) == {reason, "home-here"}
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["reason"], line.values["origin"]) == (reason, origin_in_log(origin))


@pytest.mark.parametrize("state", REFUSED)
@pytest.mark.parametrize("origin", FROM)
def test_from_elsewhere_what_cannot_be_decided_is_deferred_alone(
    pair, redis, filter, friend, origin, state
):
    user = unique_address()
    say(redis, user, state)
    pair.primary.route(user, "here")
    tried = attempt(pair.secondary, [user, friend], client=FROM[origin])

    code, reason = REFUSED[state]
    assert tried.codes == {user: code}
    assert reason in tried.refused[user]
    assert arrived(pair, tried.message_id) == ([], [friend])
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["reason"], line.values["action"]) == (reason, "defer")
    assert user in line.values["key"]


@pytest.mark.parametrize("state", DELIVERED_FROM_PEER)
def test_from_the_peer_each_is_delivered_here_and_never_sent_back(
    pair, redis, filter, friend, state
):
    user = unique_address()
    say(redis, user, state)
    message_id = send(pair.primary, [user, friend])

    assert arrived(pair, message_id) == ([], sorted([user, friend]))
    assert reasons_stamped(pair, message_id) == {DELIVERED_FROM_PEER[state], "home-here"}
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["reason"], line.values["origin"]) == (DELIVERED_FROM_PEER[state], "peer")


@pytest.mark.parametrize("state", REFUSED_FROM_PEER)
def test_from_the_peer_mail_waits_there_until_the_state_is_right(
    pair, redis, filter, friend, state
):
    user = unique_address()
    say(redis, user, state)
    code, reason = REFUSED_FROM_PEER[state]
    tried = attempt(pair.secondary, [user, friend], client=pair.primary)
    assert tried.codes == {user: code}
    assert arrived(pair, tried.message_id) == ([], [friend])

    message_id = send(pair.primary, [user, friend])
    assert arrived(pair, message_id) == ([], [friend])
    [waiting] = wait_deferred(pair.primary)
    [rcpt] = waiting["recipients"]
    assert rcpt["address"] == user
    assert f"{code} {reason}: <{user}>" in " ".join(rcpt["delay_reason"].split())
    assert len(pair.secondary.queue_ids(message_id)) == 1

    redis.user(user, home="secondary")
    pair.primary.flush()
    wait_until(lambda: pair.delivered(message_id, user) == (0, 1), 10, "delivery after the flip")
    assert arrived(pair, message_id) == ([], sorted([user, friend]))
    assert pair.primary.queue() == []


@pytest.mark.parametrize("state", DELIVERED)
def test_what_sendmail_submits_is_delivered_where_the_mailbox_is(pair, redis, filter, friend, state):
    user, message_id = unique_address(), unique_message_id()
    say(redis, user, state)
    pair.primary.route(user, "here")
    pair.secondary.sendmail(make_message(message_id), f"bob@{SENDERS}", [user, friend])

    primary, secondary, reason = DELIVERED[state]
    wait_until(lambda: pair.secondary.queue_ids(message_id), 10, "pickup")
    assert arrived(pair, message_id) == (
        [user] * primary, sorted([user] * secondary + [friend])
    )
    assert reasons_stamped(pair, message_id) == {reason, "home-here"}
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["reason"], line.values["origin"]) == (reason, "local")


@pytest.mark.parametrize("state", REFUSED)
def test_what_sendmail_submits_waits_until_it_can_be_decided(pair, redis, filter, friend, state):
    user, message_id = unique_address(), unique_message_id()
    say(redis, user, state)
    pair.secondary.sendmail(make_message(message_id), f"bob@{SENDERS}", [user, friend])
    line = filter.wait_log("decide", rcpt=user)
    assert (line.values["reason"], line.values["action"]) == (REFUSED[state][1], "defer")
    assert len(pair.secondary.queued(queue="maildrop")) == 1
    assert pair.delivered(message_id) == (0, 0)

    redis.user(user, home="secondary")
    kick_pickup(pair.secondary)
    wait_until(lambda: pair.delivered(message_id, user) == (0, 1), 10, "delivery after the flip")
    assert arrived(pair, message_id) == ([], sorted([user, friend]))


# State that is away


def open_link(pair, client="external"):
    if client is pair.primary:
        return pair.secondary.connect(source=pair.primary.address)
    return pair.secondary.connect(EXTERNAL)


def wait_for_state(pair, user):
    """Redis is asked again only after a while."""
    link = open_link(pair)
    wait_until(lambda: rcpt_reply(link, user).startswith("250"), 10, "Redis is asked again")
    link.close()


@pytest.mark.parametrize("how", ["gone", "silent"])
@pytest.mark.parametrize("origin", ["external", "peer"])
def test_without_state_unknown_recipients_are_deferred_and_other_domains_served(
    pair, redis, filter, origin, how
):
    user, other = unique_address(), unique_address(SENDERS)
    client = pair.primary if origin == "peer" else origin
    redis.stop() if how == "gone" else redis.pause()
    try:
        tried = attempt(pair.secondary, [user, other], client=client)
        assert tried.codes == {user: "451 4.4.3"}
        assert arrived(pair, tried.message_id) == ([], [other])
        [line] = filter.find("decide", rcpt=user)
        assert (line.values["reason"], line.values["origin"]) == ("state-down", origin)
    finally:
        redis.start() if how == "gone" else redis.resume()
    redis.user(user, home="secondary")
    wait_for_state(pair, user)
    message_id = send(pair.secondary, user, client=client)
    assert arrived(pair, message_id) == ([], [user])


def test_without_state_what_sendmail_submits_waits(pair, redis, filter):
    user, message_id = unique_address(), unique_message_id()
    pair.primary.route(user, "here")
    redis.stop()
    try:
        pair.secondary.sendmail(make_message(message_id), f"bob@{SENDERS}", [user])
        line = filter.wait_log("decide", rcpt=user)
        assert (line.values["reason"], line.values["action"]) == ("state-down", "defer")
        assert pair.delivered(message_id) == (0, 0)
    finally:
        redis.start()
    redis.user(user, home="primary")
    wait_for_state(pair, user)
    kick_pickup(pair.secondary)
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery")
    assert arrived(pair, message_id) == ([user], [])


@pytest.mark.parametrize("origin", [*FROM, "peer"])
def test_a_domain_not_ours_is_left_alone(pair, redis, filter, origin):
    stranger = unique_address(SENDERS)
    redis.user(stranger, home="primary")
    client = pair.primary if origin == "peer" else FROM[origin]
    message_id = send(pair.secondary, stranger, client=client)
    assert arrived(pair, message_id) == ([], [stranger])
    [delivery] = pair.secondary.deliveries(message_id)
    assert not [name for name in delivery.headers.keys() if name.lower().startswith("x-coexist")]
    assert filter.find("decide", rcpt=stranger) == []

    user = unique_address()
    pair.primary.route(user, "here")
    redis.user(user, home="secondary" if origin == "peer" else "primary")
    message_id = send(pair.secondary, [stranger, user], client=client)
    here = [stranger, user] if origin == "peer" else [stranger]
    assert arrived(pair, message_id) == ([] if origin == "peer" else [user], sorted(here))
    for delivery in pair.secondary.deliveries(message_id):
        assert len(delivery.headers.get_all("X-Coexist-Trace")) == 1


# Policy


@pytest.mark.parametrize("by", ["configuration", "record"])
def test_observe_decides_and_changes_nothing(pair, redis, filter, configure, by):
    if by == "configuration":
        configure(domain={"mode": "observe"})
    else:
        redis.domain(DOMAIN, mode="observe")
    states = ["primary", "both", "secondary", "nothing", *REFUSED]
    users = [unique_address() for _ in states]
    for user, state in zip(users, states):
        say(redis, user, state)
    message_id = send(pair.secondary, users)
    assert send.refused == {}
    assert arrived(pair, message_id) == ([], sorted(users))

    reasons = {**{state: row[2] for state, row in DELIVERED.items()},
               **{state: row[1] for state, row in REFUSED.items()}}
    for user, state in zip(users, states):
        [line] = filter.find("decide", rcpt=user)
        assert (line.values["reason"], line.values["mode"]) == (reasons[state], "observe")
    for delivery in pair.secondary.deliveries(message_id):
        assert delivery.headers["X-Coexist-Route"].endswith("; mode=observe")

    conflicting = users[states.index("primary")]
    message_id = send(pair.primary, conflicting)
    assert arrived(pair, message_id) == ([], [conflicting])
    assert filter.find("decide", rcpt=conflicting)[-1].values["reason"] == "conflict"

    if by == "record":
        redis.domain(DOMAIN, mode="enforce")
        dual = users[states.index("both")]
        pair.primary.route(dual, "here")
        message_id = send(pair.secondary, dual)
        assert arrived(pair, message_id) == ([dual], [dual])


def test_on_conflict_reject(pair, redis, filter, configure, friend):
    configure(on_conflict="reject")
    user, sender = unique_address(), unique_address(SENDERS, "sender")
    redis.user(user, home="primary")
    tried = attempt(pair.secondary, [user, friend], client=pair.primary)
    assert tried.codes == {user: "550 5.4.6"}
    assert arrived(pair, tried.message_id) == ([], [friend])

    message_id = send(pair.primary, [user, friend], sender=sender)
    assert arrived(pair, message_id) == ([], [friend])
    [bounce] = [d for p in pair.both for d in p.deliveries(rcpt=sender)]
    assert b"Final-Recipient: rfc822; " + user.encode() in bounce.body
    assert b"Status: 5.4.6" in bounce.body
    assert pair.primary.queue() == []


def test_on_conflict_deliver(pair, redis, filter, configure, friend):
    configure(on_conflict="deliver")
    user = unique_address()
    redis.user(user, home="primary")
    message_id = send(pair.primary, [user, friend])
    assert arrived(pair, message_id) == ([], sorted([user, friend]))
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["action"], line.values["reason"]) == ("here", "conflict")
    for delivery in pair.secondary.deliveries(message_id):
        assert delivery.headers["X-Coexist-Loop"].startswith("verdict=conflict;")


def test_the_most_specific_network_tells_the_origin(pair, redis, filter, configure):
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    configure(primary={"networks": ["127.0.0.0/8"]})
    assert attempt(pair.secondary, user, client="local").codes == {}
    assert attempt(pair.secondary, user, client=pair.primary).codes == {user: "451 4.4.6"}
    configure(secondary={"networks": ["127.0.0.0/8"]})
    assert attempt(pair.secondary, user, client="local").codes == {}
    assert attempt(pair.secondary, user, client=pair.primary).codes == {user: "451 4.4.6"}
    configure(primary={"networks": [f"{pair.secondary.address}/32"]},
              secondary={"networks": ["127.0.0.0/8"]})
    assert attempt(pair.secondary, user, client="local").codes == {user: "451 4.4.6"}
    assert attempt(pair.secondary, user, client=pair.primary).codes == {}
    pair.wait_quiet()
    origins = [line.values["origin"] for line in filter.find("decide", rcpt=user)]
    assert origins == ["local", "peer", "local", "peer", "peer", "local"]


def test_the_peer_that_authenticates_is_local(pair, redis, filter):
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    client = {"ADDR": pair.primary.address, "NAME": pair.primary.name, "LOGIN": "peer"}
    message_id = send(pair.secondary, user, client=client)
    assert arrived(pair, message_id) == ([user], [])


# Flips


def test_a_flip_rules_the_next_rcpt_of_the_same_transaction(pair, redis, filter):
    user = unique_address()
    key = f"coexist:user:{user}"
    pair.primary.route(user, "here")
    link = open_link(pair)
    message_id = unique_message_id()
    link.mail(f"alice@{SENDERS}")
    redis.cli("HSET", key, "home", "moving")
    assert link.rcpt(user)[0] == 451
    redis.cli("HSET", key, "home", "secondary")
    assert link.rcpt(user)[0] == 250
    assert link.data(make_message(message_id))[0] == 250
    assert arrived(pair, message_id) == ([], [user])

    for value, place in (("primary", 0), ("secondary", 1), ("primary", 0)):
        redis.cli("HSET", key, "home", value)
        message_id = unique_message_id()
        link.sendmail(f"alice@{SENDERS}", [user], make_message(message_id))
        assert arrived(pair, message_id)[place] == [user]
        assert sum(pair.delivered(message_id)) == 1

    redis.domain(DOMAIN, home="secondary")
    redis.cli("HDEL", key, "home")
    message_id = unique_message_id()
    link.sendmail(f"alice@{SENDERS}", [user], make_message(message_id))
    assert arrived(pair, message_id) == ([], [user])
    link.close()


def test_a_flip_rules_the_next_attempt_of_the_peer(pair, redis, filter):
    user = unique_address()
    link = open_link(pair, pair.primary)
    redis.user(user, home="primary")
    assert rcpt_reply(link, user).startswith("451 4.4.6 conflict: ")
    redis.cli("HSET", f"coexist:user:{user}", "home", "secondary")
    assert rcpt_reply(link, user).startswith("250 ")
    redis.cli("HSET", f"coexist:user:{user}", "home", "primary")
    assert rcpt_reply(link, user).startswith("451 4.4.6 conflict: ")
    redis.cli("HDEL", f"coexist:user:{user}", "home")
    assert rcpt_reply(link, user).startswith("250 ")
    link.close()


def test_a_group_flips_its_members_and_nobody_else(pair, redis, filter):
    group = unique("wave")
    members = [unique_address() for _ in range(3)]
    own, outsider = unique_address(), unique_address()
    for user in members:
        redis.user(user, group=group)
        pair.primary.route(user, "here")
    redis.user(own, group=group, home="secondary")
    pair.primary.route(outsider, "here")
    everybody = [*members, own, outsider]

    redis.group(group, home="primary")
    message_id = send(pair.secondary, everybody)
    assert arrived(pair, message_id) == (sorted([*members, outsider]), [own])
    redis.cli("HSET", f"coexist:group:{group}", "home", "secondary")
    message_id = send(pair.secondary, everybody)
    assert arrived(pair, message_id) == ([outsider], sorted([*members, own]))
    redis.cli("HSET", f"coexist:group:{group}", "home", "moving")
    tried = attempt(pair.secondary, everybody)
    assert tried.codes == {user: "451 4.2.1" for user in members}
    assert arrived(pair, tried.message_id) == ([outsider], [own])
    redis.cli("HSET", f"coexist:group:{group}", "home", "secondary", "note", "done")
    redis.cli("HDEL", f"coexist:group:{group}", "home")
    message_id = send(pair.secondary, everybody)
    assert arrived(pair, message_id) == (sorted([*members, outsider]), [own])


def test_a_domain_flips_all_without_a_record(pair, redis, filter):
    user, own = unique_address(), unique_address()
    redis.user(own, home="primary")
    for address in (user, own):
        pair.primary.route(address, "here")
    message_id = send(pair.secondary, [user, own])
    assert arrived(pair, message_id) == (sorted([user, own]), [])
    redis.cli("HSET", f"coexist:domain:{DOMAIN}", "home", "secondary")
    message_id = send(pair.secondary, [user, own])
    assert arrived(pair, message_id) == ([own], [user])
    redis.cli("HSET", f"coexist:domain:{DOMAIN}", "home", "secodnary")
    assert attempt(pair.secondary, user).codes == {user: "451 4.3.5"}
    redis.cli("DEL", f"coexist:domain:{DOMAIN}")
    message_id = send(pair.secondary, [user, own])
    assert arrived(pair, message_id) == (sorted([user, own]), [])


# Addresses


def test_an_alias_goes_where_its_mailbox_is_and_both_at_once_arrive_once(pair, redis, filter):
    mailbox, alias = unique_address(), unique_address(prefix="alias")
    redis.user(mailbox, home="primary")
    redis.user(alias, alias=mailbox)
    pair.primary.route(mailbox, "here")
    message_id = send(pair.secondary, alias)
    assert arrived(pair, message_id) == ([mailbox], [])
    [line] = filter.find("decide", rcpt=alias)
    assert (line.values["alias-of"], line.values["reason"]) == (mailbox, "home-peer")
    message_id = send(pair.secondary, [alias, mailbox])
    assert arrived(pair, message_id) == ([mailbox], [])

    redis.cli("HSET", f"coexist:user:{mailbox}", "home", "secondary")
    message_id = send(pair.secondary, alias)
    assert arrived(pair, message_id) == ([], [alias])
    redis.cli("HSET", f"coexist:user:{mailbox}", "home", "primary")
    assert attempt(pair.secondary, alias, client=pair.primary).codes == {alias: "451 4.4.6"}


def test_a_user_s_own_route_overrides_the_domain_s(pair, redis, filter):
    user = unique_address()
    other = f"{unique('target')}@tenant.example"
    pair.secondary.route("tenant.example", pair.primary)
    pair.primary.route("tenant.example", "here")
    redis.user(user, home="primary", route=other)
    message_id = send(pair.secondary, user)
    assert arrived(pair, message_id) == ([other], [])
    redis.user(user, home="both", route=other)
    message_id = send(pair.secondary, user)
    assert arrived(pair, message_id) == ([other], [user])
    message_id = send(pair.secondary, [user, other])
    assert arrived(pair, message_id) == ([other], [user])
    redis.user(user, home="primary", route=user)
    assert attempt(pair.secondary, user).codes == {user: "451 4.3.5"}


def test_deployment_1_target_addresses(pair, redis, filter, configure, friend):
    configure(domain={"route": "%u@tenant.example"})
    pair.secondary.route("tenant.example", pair.primary)
    pair.primary.route("tenant.example", "here")
    local = unique("bob")
    user = f"{local}+ext@{DOMAIN}"
    redis.user(f"{local}@{DOMAIN}", home="primary")
    message_id = send(pair.secondary, [user, friend])
    assert arrived(pair, message_id) == ([f"{local}+ext@tenant.example"], [friend])
    redis.user(f"{local}@{DOMAIN}", home="both")
    message_id = send(pair.secondary, [user, friend])
    assert arrived(pair, message_id) == ([f"{local}+ext@tenant.example"], sorted([user, friend]))
    redis.user(user, home="secondary")
    message_id = send(pair.secondary, [user, friend])
    assert arrived(pair, message_id) == ([], sorted([user, friend]))


def test_deployment_2_a_route_domain_is_undone_on_the_wire(pair, redis, filter, sink, friend):
    local = unique("Bob")
    user = f"{local}+ext@{DOMAIN}"
    redis.user(f"{local}@{DOMAIN}".lower(), home="primary")
    pair.secondary.route(".primary.invalid", "topeer:[{}]:{}".format(*sink.smtp))
    message_id = send(pair.secondary, [user, friend])
    assert arrived(pair, message_id) == ([], [friend])
    [message] = sink.find(message_id)
    assert [rcpt[0] for rcpt in message.rcpts] == [f"<{user}>"]
    assert b".invalid" not in message.data


def test_without_a_route_mail_for_the_peer_is_deferred(pair, redis, filter, configure):
    configure(domain={"route": None})
    for home in ("primary", "both"):
        user = unique_address()
        redis.user(user, home=home)
        tried = attempt(pair.secondary, user)
        assert tried.codes == {user: "451 4.3.5"}
        assert "no-route" in tried.refused[user]


# Invitations


@pytest.mark.parametrize("calendar, primary, secondary", [
    (None, 1, 0), ("primary", 1, 0), ("secondary", 0, 1),
])
def test_an_invitation_books_on_one_system_only(
    pair, redis, filter, calendar, primary, secondary
):
    room = unique_address(prefix="room")
    redis.user(room, home="both", **({"calendar": calendar} if calendar else {}))
    pair.primary.route(room, "here")
    message_id = send(pair.secondary, room, headers=IMIP, body="BEGIN:VCALENDAR\n")
    assert arrived(pair, message_id) == ([room] * primary, [room] * secondary)
    [line] = filter.find("decide", rcpt=room)
    assert line.values["reason"] == "calendar"
    message_id = send(pair.secondary, room)
    assert arrived(pair, message_id) == ([room], [room])


def test_one_connection_refused_once_goes_on(pair, redis, filter, friend):
    """A reply at RCPT leaves the filter's session usable for what comes next."""
    user = unique_address()
    redis.user(user, home="moving")
    link = open_link(pair)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        link.sendmail(f"alice@{SENDERS}", [user], make_message())
    message_id = unique_message_id()
    assert link.sendmail(f"alice@{SENDERS}", [friend], make_message(message_id)) == {}
    link.close()
    assert arrived(pair, message_id) == ([], [friend])
