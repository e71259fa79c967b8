"""The same accounts are on both servers; the state says which of the two mailboxes is read."""

import pytest

SCENARIO = "stale-directory"
ALICE, CAROL = "alice@example.com", "carol@example.com"
SIDES = ["primary", "secondary"]


@pytest.mark.parametrize("at", SIDES)
@pytest.mark.parametrize("client", ["outside", "user"])
def test_mail_goes_to_the_new_mailbox_and_none_into_the_old(world, at, client):
    tried = world.send([CAROL, ALICE], at, client=client)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", CAROL)]


@pytest.mark.parametrize("at", SIDES)
def test_a_move_and_the_move_back(world, at):
    for home in ("secondary", "primary", "secondary"):
        world.flip(ALICE, home)
        tried = world.send(ALICE, at)
        assert world.arrived(tried.message_id) == [(home, ALICE)]
    assert world.bounces() == []


@pytest.mark.parametrize("at", SIDES)
def test_while_the_mailbox_moves_mail_waits_at_the_sender(world, at):
    world.flip(ALICE, "moving")
    tried = world.send([ALICE, CAROL], at)
    assert tried.codes == {ALICE: "451 4.2.1"}
    world.flip(ALICE, "secondary")
    world.post(ALICE, at, message_id=tried.message_id)
    world.wait_arrivals(tried.message_id, 2)
    assert world.arrived(tried.message_id) == [("secondary", ALICE), ("secondary", CAROL)]


def test_a_move_while_mail_is_on_its_way(world):
    """The secondary has sent it on for the old home; the primary does not take it into that."""
    world.kill("primary")
    try:
        tried = world.send(ALICE, "secondary")
        assert tried.refused == {}
        [address] = world.deferred("secondary")
        assert address == "alice@example.com.primary.invalid"
        world.flip(ALICE, "secondary")
    finally:
        world.revive("primary")
    world.flush("secondary")
    world.wait_log("filter:primary", "decide", rcpt=ALICE, reason="conflict")
    assert world.arrivals(tried.message_id) == []

    world.flip(ALICE, "primary")
    world.flush("secondary")
    world.wait_arrivals(tried.message_id)
    assert world.arrived(tried.message_id) == [("primary", ALICE)]
