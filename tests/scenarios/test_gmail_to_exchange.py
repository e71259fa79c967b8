"""Gmail by the smart host, Exchange Online by target addresses, a Postfix between them."""

import pytest

from coexist_testing.world import OUTSIDE, told

SCENARIO = "gmail-to-exchange"
USER, USER2, USER3, NOBODY = (
    f"{name}@example.com" for name in ("user", "user2", "user3", "nobody"))
TARGET, TARGET3 = "user@example.onmicrosoft.com", "user3@example.onmicrosoft.com"
ENTRANCES = ["gateway", "primary", "secondary"]


@pytest.mark.parametrize("at", ENTRANCES)
@pytest.mark.parametrize("client", ["outside", "user"])
def test_who_has_moved_by_the_target_and_who_has_not_by_the_smart_host(world, at, client):
    tried = world.send([USER, USER2], at, client=client)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [("primary", USER2), ("secondary", TARGET)]
    assert world.bounces() == []


def test_a_flip_and_the_way_back(world):
    for home, place in (("secondary", ("secondary", TARGET3)), ("primary", ("primary", USER3))):
        world.flip(USER3, home)
        tried = world.send(USER3, "gateway")
        assert world.arrived(tried.message_id) == [place]


def test_a_reply_across(world):
    asked = world.user_sends(USER2, [USER], "primary")
    assert world.arrived(asked.message_id) == [("secondary", TARGET)]
    replied = world.user_sends(USER, [USER2], "secondary")
    assert world.arrived(replied.message_id) == [("primary", USER2)]


def test_an_unknown_user_is_bounced_once_by_the_primary(world):
    tried = world.send(NOBODY, "gateway")
    assert world.arrived(tried.message_id) == []
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>"
    assert "Status: 5.1.1" in told(bounce)


def test_one_that_exchange_does_not_have_is_no_ping_pong(world):
    """By our state User3 is at Exchange, which has no mailbox for the real address."""
    world.redis("HSET", f"coexist:user:{USER3}", "home", "secondary", "route", USER3)
    tried = world.send(USER3, "gateway")
    assert world.arrived(tried.message_id) == []
    assert len(world.decisions("gateway", USER3)) <= 4
