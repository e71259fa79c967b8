"""Parts fail while mail flows, and every message that was accepted arrives once."""

import pytest

from coexist_testing.flow import Flow
from coexist_testing.wait import wait_until

SCENARIO = "zimbra-secondary"
ALICE, BOB, CAROL = (f"{name}@example.com" for name in ("alice", "bob", "carol"))
WHERE = {ALICE: "primary", BOB: "secondary", CAROL: "primary"}
LETTERS = [(ALICE, "secondary"), (BOB, "secondary"), (CAROL, "secondary"), (BOB, "primary"),
           (ALICE, "primary")]


def letter(number):
    return LETTERS[number % len(LETTERS)]


@pytest.fixture
def flow(world):
    """Mail that was flowing before anything fails: who gets it is known to the filter."""
    with Flow(world, letter) as flow:
        flow.wait_more(10)
        yield flow


def test_docker_says_how_the_filter_is(world):
    wait_until(lambda: world.filters["secondary"].health() == "healthy", 60, "its health check is good")


def test_the_redis_master_is_lost_and_the_sentinels_name_another(world, flow):
    lost = world.lose_master()
    try:
        wait_until(lambda: world.filter_lines("secondary", "state-lost"), 30, "the loss is noticed")
        flow.wait_more(10)
        wait_until(lambda: world.filter_lines("secondary", "state-back"), 60, "the new master is found")
        # The replica has the records, and what is written now rules.
        world.flip(CAROL, "secondary")
        wait_until(lambda: world.redis("HGET", f"coexist:user:{CAROL}", "home") == "secondary", 10)
        after = world.send(CAROL, "secondary")
        flow.stop()
        assert after.refused == {}
        world.wait_arrivals(after.message_id)
        assert [(a.side, a.rcpt) for a in world.arrivals(after.message_id)] == [("secondary", CAROL)]
    finally:
        world.bring_back(lost)
    places = flow.wait_places()
    assert all(
        len(places[i]) == 1 and (one.rcpt == CAROL or places[i][0][0] == WHERE[one.rcpt])
        for i, one in flow.accepted.items()
    )


def test_the_filter_is_cut_off_from_redis(world, flow):
    world.cut("filter:secondary", "redis")
    try:
        wait_until(lambda: world.filter_lines("secondary", "state-lost"), 60, "the loss is noticed")
        flow.wait_more(10)
        stranger = world.send("dora@example.com", "secondary")
        assert stranger.codes == {"dora@example.com": "451 4.4.3"}
    finally:
        world.heal("filter:secondary", "redis")
    wait_until(lambda: world.filter_lines("secondary", "state-back"), 60, "the return is noticed")
    flow.wait_more(10)
    flow.check_once(WHERE)


def test_redis_hangs(world, flow):
    world.pause("redis")
    try:
        flow.wait_more(15)
    finally:
        world.resume("redis")
    flow.wait_more(10)
    flow.check_once(WHERE)


def test_the_mtas_are_cut_off_from_each_other(world, flow):
    world.cut("primary", "secondary")
    try:
        flow.wait_more(15)
        wait_until(lambda: world.queue("secondary") and world.queue("primary"), 30, "mail waits")
    finally:
        world.heal("primary", "secondary")
    flow.wait_more(5)
    flow.check_once(WHERE)


def test_the_filter_crashes(world, flow):
    world.kill("filter:secondary")
    try:
        flow.wait_put_off()
    finally:
        world.revive("filter:secondary")
    flow.wait_more(10)
    flow.check_once(WHERE)


def test_the_filter_hangs(world, flow):
    world.pause("filter:secondary")
    try:
        wait_until(lambda: flow.begun >= len(flow.accepted) + len(flow.threads), 30, "all wait")
    finally:
        world.resume("filter:secondary")
    flow.wait_more(10)
    flow.check_once(WHERE)
