"""A gateway before both systems and between them, and a second way in that goes past it."""

import pytest

from coexist_testing.world import OUTSIDE, told

SCENARIO = "gateway-and-backup-mx"
ALICE, BOB, CAROL, NOBODY = (f"{name}@example.com" for name in ("alice", "bob", "carol", "nobody"))
ENTRANCES = ["gateway", "backup", "primary", "secondary"]


@pytest.mark.parametrize("at", ENTRANCES)
def test_each_gets_mail_once_by_whatever_way_it_comes(world, at):
    tried = world.send([ALICE, BOB], at)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", BOB)]
    assert world.bounces() == []


@pytest.mark.parametrize("at, path", [
    ("gateway", "S"), ("backup", "S<P"), ("primary", "S<P"),
])
def test_the_path_is_told_without_the_gateways(world, at, path):
    world.send(BOB, at)
    world.wait_quiet()
    [line] = world.filter_lines("secondary", "decide", rcpt=BOB)[-1:]
    assert line.values["path"] == path, line.text


@pytest.mark.parametrize("at", ["gateway", "backup"])
def test_a_loop_through_the_gateway_ends_at_the_second_pass(world, at):
    """The old server thinks that Bob has moved; the state says that he has not."""
    world.flip(BOB, "primary")
    tried = world.send([BOB, ALICE], at)
    assert world.arrived(tried.message_id) == [("primary", ALICE)]
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>"
    assert "550 5.4.6" in told(bounce) and "P<" in told(bounce)
    assert len(world.decisions("secondary", BOB)) == 2
    assert not any(world.queue(side) for side in world.sides)


@pytest.mark.parametrize("at", ["gateway", "backup"])
def test_an_unknown_user_is_bounced_once(world, at):
    tried = world.send(NOBODY, at)
    assert world.arrived(tried.message_id) == []
    [bounce] = world.bounces()
    assert b"Status: 5.1.1" in bounce.data
    assert not any(world.queue(side) for side in world.sides)


def test_mail_across_between_colleagues(world):
    there = world.user_sends(ALICE, [BOB, CAROL], "primary")
    assert world.arrived(there.message_id) == [("primary", CAROL), ("secondary", BOB)]
    back = world.user_sends(BOB, [ALICE], "secondary")
    assert world.arrived(back.message_id) == [("primary", ALICE)]
