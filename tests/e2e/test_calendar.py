"""Invitations, as programs of the field write them, to mailboxes that live on both systems."""

import pytest

from coexist_testing.invitations import (
    ALONE, APPLE, BARE, GMAIL, ICS_FILE, OUTLOOK, QUOTED, make_invitation,
)
from coexist_testing.journey import arrived, reasons_stamped
from coexist_testing.pair import SENDERS, send, unique_address
from coexist_testing.wait import wait_until


@pytest.fixture
def seen(pair, redis, filter):
    """The filter knows of a mailbox that lives on both systems, and asks for bodies."""
    user = unique_address()
    redis.user(user, home="both")
    pair.primary.route(user, "here")
    assert arrived(pair, send(pair.secondary, user)) == ([user], [user])


def make_both(pair, redis):
    """Somebody, and a room whose calendar is here; both live on both systems."""
    user, room = unique_address(), unique_address(prefix="room")
    redis.user(user, home="both")
    redis.user(room, home="both", calendar="secondary")
    pair.primary.route(user, "here")
    pair.primary.route(room, "here")
    return user, room


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL"])
@pytest.mark.parametrize("template", [OUTLOOK, GMAIL, APPLE, BARE, ALONE],
                         ids=["outlook", "gmail", "apple", "bare", "alone"])
def test_an_invitation_arrives_once_where_the_calendar_is(
    pair, redis, filter, seen, template, method
):
    user, room = make_both(pair, redis)
    message_id, text = make_invitation(template, method)
    send(pair.secondary, [user, room], message=text, message_id=message_id)
    assert send.refused == {}
    assert arrived(pair, message_id) == ([user], [room])
    assert reasons_stamped(pair, message_id) == {"calendar"}
    for postfix in pair.both:
        [delivery] = postfix.deliveries(message_id)
        assert delivery.body.rstrip() == text.partition("\n\n")[2].encode().rstrip()


@pytest.mark.parametrize("template, method", [
    (BARE, None), (ALONE, None), (ICS_FILE, "REQUEST"), (QUOTED, "REQUEST"),
], ids=["no method", "no method, alone", "a file", "quoted"])
def test_other_mail_with_a_calendar_arrives_at_both(pair, redis, filter, seen, template, method):
    user, room = make_both(pair, redis)
    message_id, text = make_invitation(template, method)
    send(pair.secondary, [user, room], message=text, message_id=message_id)
    assert arrived(pair, message_id) == (sorted([user, room]), sorted([user, room]))
    assert reasons_stamped(pair, message_id) == {"dual"}


@pytest.mark.parametrize("template", [OUTLOOK, GMAIL], ids=["outlook", "gmail"])
def test_an_invitation_behind_much_else_is_found(pair, redis, filter, seen, template):
    """Many chunks of the body come before it, and more after it."""
    user, room = make_both(pair, redis)
    message_id, text = make_invitation(template)
    filling = "x" * 70 + "\n"
    at = text.index("Please come." if template == OUTLOOK else "You have been")
    text = text[:at] + filling * 9000 + text[at:] + filling * 9000
    send(pair.secondary, [user, room], message=text, message_id=message_id)
    assert arrived(pair, message_id) == ([user], [room])


def test_only_who_lives_on_both_is_served_otherwise(pair, redis, filter, seen):
    user, room = make_both(pair, redis)
    here, there = unique_address(), unique_address()
    redis.user(here, home="secondary")
    redis.user(there, home="primary")
    pair.primary.route(there, "here")
    message_id, text = make_invitation(OUTLOOK)
    send(pair.secondary, [user, room, here, there], message=text, message_id=message_id)
    assert arrived(pair, message_id) == (sorted([user, there]), sorted([room, here]))


def test_from_the_peer_it_stays_here(pair, redis, filter, seen):
    user, room = make_both(pair, redis)
    pair.primary.route(user, pair.secondary)
    pair.primary.route(room, pair.secondary)
    message_id, text = make_invitation(OUTLOOK)
    send(pair.primary, [user, room], message=text, message_id=message_id)
    assert arrived(pair, message_id) == ([], sorted([user, room]))
    assert reasons_stamped(pair, message_id) == {"split-horizon"}


def test_what_sendmail_submits_is_read_too(pair, redis, filter, seen):
    user, room = make_both(pair, redis)
    message_id, text = make_invitation(GMAIL)
    pair.secondary.sendmail(text, f"bob@{SENDERS}", [user, room])
    wait_until(lambda: sum(pair.delivered(message_id)) == 2, 20, "both copies")
    assert arrived(pair, message_id) == ([user], [room])


def test_a_domain_with_its_calendar_off_is_judged_by_the_header(
    pair, redis, filter, configure, seen
):
    configure(domain={"calendar": "off"})
    user, room = make_both(pair, redis)
    message_id, text = make_invitation(OUTLOOK)
    send(pair.secondary, [user, room], message=text, message_id=message_id)
    assert arrived(pair, message_id) == (sorted([user, room]), sorted([user, room]))
