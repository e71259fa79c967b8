"""Zimbra is primary; a map answers for each account where it lives, and who does not exist."""

import pytest

from coexist_testing.wait import wait_until
from coexist_testing.world import OUTSIDE

SCENARIO = "zimbra-primary"
ALICE, BOB, CAROL, DAVE, ERIN, FRANK, NOBODY = (
    f"{name}@example.com" for name in ("alice", "bob", "carol", "dave", "erin", "frank",
                                     "nobody"))
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


def hand_in(world, rcpt):
    """Takes the primary's word that it has it, and waits for no arrival."""
    tried = []

    def taken():
        tried.append(world.send(rcpt, "primary"))
        return not tried[-1].refused

    wait_until(taken, 20, lambda: f"the primary takes it: {tried[-1].refused}", 0.2)
    return tried[-1].message_id


def used(world, message_id, rcpt):
    """The transport by which the primary's Postfix sent a message on: `smtp`, `lmtp`."""
    ids = [line.split(": ")[1] for line in world.log("primary").splitlines()
           if f"message-id={message_id}" in line]
    return [line.split("postfix/")[1].split("[")[0] for line in world.log("primary").splitlines()
            if f" to=<{rcpt}>" in line and "status=sent" in line
            and any(f" {i}: " in line for i in ids)]


def test_a_reply_across(world):
    asked = world.post([BOB], "primary", sender=ALICE, client="user")
    assert world.arrived(asked) == [("secondary", BOB)]
    replied = world.post([ALICE], "secondary", sender=BOB, client="user")
    assert world.arrived(replied) == [("primary", ALICE)]


def test_where_the_secondary_has_no_such_account_it_does_not_go_round(world):
    """By the record Dave lives at the secondary, which sends his mail to the primary."""
    world.flip(DAVE, "secondary")
    message_id = hand_in(world, DAVE)
    [(address, why)] = world.deferred("secondary").items()
    assert address == DAVE and "451 4.4.6 conflict" in why
    world.flip(DAVE, "primary")
    world.flush("secondary")
    world.wait_arrivals(message_id, timeout=60)
    assert world.arrived(message_id) == [("primary", DAVE)]
    assert world.bounces() == []


def test_mail_that_is_queued_while_the_account_moves_follows_it(world):
    world.flip(FRANK, "secondary")
    world.kill("secondary")
    try:
        message_id = hand_in(world, FRANK)
        assert list(world.deferred("primary")) == [FRANK]
        world.flip(FRANK, "moving")
        assert world.send(FRANK, "primary").codes[FRANK].startswith("45")
        flip(world, FRANK, "primary")
    finally:
        world.revive("secondary")

    def delivered():
        world.flush("primary")
        return world.arrivals(message_id)

    wait_until(delivered, 60, "the queue follows the flip", 0.5)
    assert world.arrived(message_id) == [("primary", FRANK)]


def test_the_flip_from_lmtp_to_smtp_and_back(world):
    """Half a minute long Postfix may still use what the map has said before: mail waits for that."""
    homes = {ERIN: "primary", BOB: "secondary"}
    for user, home in homes.items():
        assert world.arrived(world.post(user, "primary")) == [(home, user)]
    for user, home in homes.items():
        world.flip(user, "secondary" if home == "primary" else "primary")
    world.wait(lambda: all("settling" in world.send(user, "primary").refused.get(user, "")
                           for user in homes), "both are put off", 20)
    for user, home, transport in ((ERIN, "secondary", "smtp"), (BOB, "primary", "lmtp")):
        message_id = world.post(user, "primary")
        assert world.arrived(message_id) == [(home, user)]
        assert used(world, message_id, user) == [transport]
    assert world.bounces() == []
