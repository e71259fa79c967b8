"""Mail that breeds mail: it ends by itself, and nothing bounces for ever."""

import pytest

from coexist_testing.world import OUTSIDE, told

SCENARIO = "auto-responders"
ALICE, BOB, CAROL, DAN, ERIN = (
    f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "erin"))
HOME = {ALICE: "primary", CAROL: "primary", DAN: "primary", BOB: "secondary", ERIN: "secondary"}


def replies(world, rcpt):
    world.wait_quiet()
    return [a for a in world.arrivals(rcpt=rcpt) if a.headers["Subject"] == "I am away"
            and a.when > world.began]


@pytest.mark.parametrize("author, other", [(DAN, ERIN), (ERIN, DAN)])
def test_two_that_are_away_answer_each_other_once(world, author, other):
    world.rules("primary", f"{DAN} reply")
    world.rules("secondary", f"{ERIN} reply")
    sent = world.user_sends(author, [other], HOME[author])
    assert world.arrived(sent.message_id) == [(HOME[other], other)]
    [answer] = replies(world, author)
    assert answer.side == HOME[author] and answer.headers["Auto-Submitted"] == "auto-replied"
    assert replies(world, other) == []
    assert world.bounces() == []


def test_two_that_heed_nothing_answer_each_other_once_each(world):
    world.rules("primary", f"{DAN} reply-once")
    world.rules("secondary", f"{ERIN} reply-once")
    sent = world.user_sends(DAN, [ERIN], "primary")
    assert world.arrived(sent.message_id) == [("secondary", ERIN)]
    assert [len(replies(world, who)) for who in (DAN, ERIN)] == [1, 1]
    assert world.bounces() == []


def test_a_forward_across_arrives(world):
    world.rules("primary", f"{ALICE} forward {BOB}")
    world.rules("secondary", f"{BOB} forward {CAROL}")
    for at in ("primary", "secondary"):
        sent = world.send(ALICE, at)
        assert world.arrived(sent.message_id) == [("primary", CAROL)]
    assert world.bounces() == []


@pytest.mark.parametrize("first", [ALICE, BOB, CAROL])
@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_a_cycle_of_three_ends_with_one_bounce(world, first, at):
    world.rules("primary", f"{ALICE} forward {BOB}", f"{CAROL} forward {ALICE}")
    world.rules("secondary", f"{BOB} forward {CAROL}")
    sent = world.send(first, at)
    assert sent.refused == {}
    assert world.arrived(sent.message_id) == []
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>"
    assert "550 5.4.6" in told(bounce)
    assert not any(world.queue(side) for side in world.sides)


def test_a_bounce_in_a_cycle_is_held_and_breeds_nothing(world):
    world.rules("primary", f"{ALICE} forward {BOB}", f"{CAROL} forward {ALICE}")
    world.rules("secondary", f"{BOB} forward {CAROL}")
    sent = world.send(ALICE, "secondary", sender="", subject="Undelivered Mail",
                      headers=[("Auto-Submitted", "auto-replied")])
    assert sent.refused == {}
    assert world.arrived(sent.message_id) == []
    assert world.bounces() == []
    queued = [(side, m["queue_name"]) for side in world.sides for m in world.queue(side)]
    assert queued == [("secondary", "hold")]
