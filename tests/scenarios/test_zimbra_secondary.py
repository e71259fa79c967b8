"""Zimbra is secondary and takes every address; the old server is primary and knows who exists."""

import pytest

from coexist_testing.wait import wait_until
from coexist_testing.world import OUTSIDE, told

SCENARIO = "zimbra-secondary"
ALICE, BOB, CAROL, NOBODY = (f"{name}@example.com" for name in ("alice", "bob", "carol", "nobody"))


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_each_gets_mail_once_where_the_mailbox_is(world, at):
    tried = world.send([ALICE, BOB], at)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", BOB)]
    assert world.bounces() == []


def test_an_unknown_user_is_bounced_once_by_the_primary(world):
    tried = world.send([NOBODY, BOB], "secondary")
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("secondary", BOB)]
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>"
    text = told(bounce)
    assert f"<{NOBODY}>" in text and "Status: 5.1.1" in text
    assert "Remote-MTA: dns;" in text and "550 5.1.1" in text
    assert not any(world.queue(side) for side in world.sides)


def test_an_unknown_user_is_refused_at_the_primary(world):
    tried = world.send([NOBODY, ALICE], "primary")
    assert tried.codes == {NOBODY: "550 5.1.1"}
    assert world.arrived(tried.message_id) == [("primary", ALICE)]


def test_colleagues_write_to_each_other(world):
    there = world.user_sends(BOB, [ALICE], "secondary")
    back = world.user_sends(ALICE, [BOB], "primary")
    assert world.arrived(there.message_id) == [("primary", ALICE)]
    assert world.arrived(back.message_id) == [("secondary", BOB)]


def test_mail_to_the_world_leaves_by_the_primary(world):
    sent = world.user_sends(BOB, [OUTSIDE], "secondary")
    world.wait_quiet()
    [seen] = world.outside.find(sent.message_id)
    received = [line for line in seen.data.decode().splitlines() if line.startswith("Received:")]
    assert "zimbra.example.com" in received[0]
    assert "by mail.example.com" in told(seen)
    assert seen.rcpts[0][0] == f"<{OUTSIDE}>"


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_an_address_with_an_extension_is_the_mailbox_without(world, at):
    extended = [who.replace("@", "+news@") for who in (ALICE, BOB)]
    tried = world.send(extended, at)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("primary", extended[0]), ("secondary", extended[1])]
    assert world.bounces() == []


def test_a_flip_rules_the_next_message(world):
    before = world.send(CAROL, "secondary")
    assert world.arrived(before.message_id) == [("primary", CAROL)]
    world.flip(CAROL, "secondary")
    after = world.send(CAROL, "secondary")
    assert world.arrived(after.message_id) == [("secondary", CAROL)]


def test_where_both_send_it_to_each_other_it_waits_and_arrives_once(world):
    """The primary was told that Bob has moved; the state says that he has moved back."""
    world.flip(BOB, "primary")
    tried = world.send(BOB, "secondary")
    world.wait_quiet()
    [(address, why)] = world.deferred("primary").items()
    assert address == BOB and "451 4.4.6 conflict" in why
    assert world.arrivals(tried.message_id) == []

    world.flip(BOB, "secondary")
    world.flush("primary")
    world.wait_arrivals(tried.message_id)
    assert world.arrived(tried.message_id) == [("secondary", BOB)]
    assert world.bounces() == []


def test_while_the_filter_is_away_mail_waits_at_the_sender(world):
    world.kill("filter:secondary")
    try:
        tried = world.send(BOB, "secondary")
        assert tried.code == "451 4.7.1"
    finally:
        world.revive("filter:secondary")
    again = world.send(BOB, "secondary", message_id=tried.message_id)
    assert again.refused == {}
    assert world.arrived(tried.message_id) == [("secondary", BOB)]
    wait_until(lambda: world.decisions("secondary", BOB), 10, "the filter decides again")
