"""Zimbra is primary; a map answers for each account where it lives, and who does not exist."""

import pytest

from coexist_testing.wait import wait_until
from coexist_testing.world import OUTSIDE

SCENARIO = "zimbra-primary"
ALICE, BOB, CAROL, ERIN, NOBODY = (
    f"{name}@example.com" for name in ("alice", "bob", "carol", "erin", "nobody"))
SIDES = ["primary", "secondary"]


@pytest.mark.parametrize("at", SIDES)
def test_each_gets_mail_once_where_the_account_is(world, at):
    message_id = world.post([ALICE, BOB, CAROL], at)
    assert world.arrived(message_id) == [
        ("primary", ALICE), ("primary", CAROL), ("secondary", BOB),
    ]
    assert world.bounces() == []


def test_an_unknown_user_is_refused_at_rcpt(world):
    world.post([ALICE, BOB], "primary")
    tried = world.send([NOBODY, ALICE, BOB], "primary")
    assert tried.codes == {NOBODY: "550 5.1.1"}
    world.wait_arrivals(tried.message_id, 2)
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", BOB)]


def test_an_unknown_user_is_bounced_once_where_the_secondary_took_the_mail(world):
    tried = world.send(NOBODY, "secondary")
    world.wait_bounces()
    assert world.arrived(tried.message_id) == []
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>" and b"Status: 5.1.1" in bounce.data
    assert not any(world.queue(side) for side in world.sides)


def flip(world, user, home):
    """Flips, and has the queue manager ask anew: for 30 s it remembers the answer to its last
    question, and mail for somebody else makes it forget that."""
    world.flip(user, home)
    message_id = world.post(ALICE, "primary")
    assert world.arrived(message_id) == [("primary", ALICE)]


def used(world, message_id, rcpt):
    """The transport by which the primary's Postfix sent a message on: `smtp`, `lmtp`."""
    ids = [line.split(": ")[1] for line in world.log("primary").splitlines()
           if f"message-id={message_id}" in line]
    return [line.split("postfix/")[1].split("[")[0] for line in world.log("primary").splitlines()
            if f" to=<{rcpt}>" in line and "status=sent" in line
            and any(f" {i}: " in line for i in ids)]


def test_the_flip_from_lmtp_to_smtp_and_back(world):
    for home, transport in (("primary", "lmtp"), ("secondary", "smtp"), ("primary", "lmtp")):
        flip(world, ERIN, home)
        message_id = world.post(ERIN, "primary")
        assert world.arrived(message_id) == [(home, ERIN)]
        assert used(world, message_id, ERIN) == [transport]


def test_mail_that_is_queued_while_the_account_moves_follows_it(world):
    world.post(BOB, "primary")
    world.kill("secondary")
    try:
        tried = world.send(BOB, "primary")
        assert tried.refused == {}
        assert list(world.deferred("primary")) == [BOB]
        world.flip(BOB, "moving")
        assert world.send(BOB, "primary").codes[BOB].startswith("45")
        flip(world, BOB, "primary")
    finally:
        world.revive("secondary")

    def delivered():
        world.flush("primary")
        return world.arrivals(tried.message_id)

    wait_until(delivered, 60, "the queue follows the flip", 0.5)
    assert world.arrived(tried.message_id) == [("primary", BOB)]


def test_a_reply_across(world):
    asked = world.post([BOB], "primary", sender=ALICE, client="user")
    assert world.arrived(asked) == [("secondary", BOB)]
    replied = world.post([ALICE], "secondary", sender=BOB, client="user")
    assert world.arrived(replied) == [("primary", ALICE)]


def test_where_the_secondary_has_no_such_account_it_does_not_go_round(world):
    """By the record Carol lives at the secondary, which sends her mail to the primary."""
    world.post(CAROL, "primary")
    flip(world, CAROL, "secondary")
    tried = world.send(CAROL, "primary")
    [(address, why)] = world.deferred("secondary").items()
    assert address == CAROL and "451 4.4.6 conflict" in why
    flip(world, CAROL, "primary")
    world.flush("secondary")
    world.wait_arrivals(tried.message_id)
    assert world.arrived(tried.message_id) == [("primary", CAROL)]
    assert world.bounces() == []
