"""A gateway before both systems and between them, and a second way in that goes past it."""

import pytest

from coexist_testing.pair import unique_message_id
from coexist_testing.wait import wait_until
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


def test_a_loop_that_leaves_no_trace_ends_at_the_third_pass(world):
    """What comes back by the gateway has the gateway's field and no other: only the ledger knows it."""
    message_id = unique_message_id()

    def hand_over(number):
        by = ("from mx.outside.example (mx.outside.example [203.0.113.250])\n\tby mx.filter.example.net"
              f" (Postfix) with ESMTPS id 4Fx1z{number}; Fri, 20 Nov 2026 10:0{number}:00 +0000")
        return world.send(ALICE, "secondary", client="gateway", message_id=message_id,
                          headers=[("Received", by)])

    def written():
        """How much the ledger has of it, off the path of the mail."""
        keys = world.redis("KEYS", "coexist:ledger:*").split()
        return sum(int(world.redis("STRLEN", key)) for key in keys)

    for number in (1, 2):
        before = written()
        tried = hand_over(number)
        assert (tried.refused, tried.final) == ({}, None)
        wait_until(lambda: written() > before, 20, "the ledger has it")
    tried = hand_over(3)
    assert tried.code == "550 5.4.6" and "evidence=ledger" in tried.final
    assert world.arrived(message_id) == [("primary", ALICE)] * 2
    assert world.decisions("secondary", ALICE)[-1] == ("reject", "loop")


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
