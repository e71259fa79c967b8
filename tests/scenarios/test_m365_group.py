"""Microsoft 365 delivers the members of a group, and hands all others back through the connector."""

import pytest

from coexist_testing.world import OUTSIDE, told

SCENARIO = "m365-group"
ALICE, BOB, CAROL, NOBODY = (f"{name}@example.com" for name in ("alice", "bob", "carol", "nobody"))
CONNECTOR = ("X-Example-Connector", "8c0f9be2f4d94c0a")
CHECKED = ("X-Example-Checked", "61c5f0d2b7")
SIDES = ["primary", "secondary"]


@pytest.mark.parametrize("at", SIDES)
@pytest.mark.parametrize("client", ["outside", "user"])
def test_members_there_and_all_others_back_through_the_connector(world, at, client):
    tried = world.send([ALICE, BOB, CAROL], at, client=client)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [
        ("primary", ALICE), ("primary", CAROL), ("secondary", BOB),
    ]
    assert world.bounces() == []


def test_the_address_is_as_ever_on_the_wire(world):
    tried = world.send("Bob@Example.com", "primary")
    assert world.arrived(tried.message_id) == [("secondary", "Bob@Example.com")]
    assert "secondary.invalid" not in world.arrivals(tried.message_id)[0].raw.decode()


def test_what_the_house_has_checked_is_not_junk_there(world):
    world.rules("secondary", f"{BOB} junk-unless {' '.join(CHECKED)}")
    checked = world.send(BOB, "primary", subject="cheap paper")
    straight = world.send(BOB, "secondary", subject="cheap paper")
    forged = world.send(BOB, "primary", subject="cheap paper", headers=[(CHECKED[0], "guess")])
    world.wait_quiet()
    folders = [[a.folder for a in world.arrivals(t.message_id)] for t in (checked, straight, forged)]
    assert folders == [["inbox"], ["junk"], ["inbox"]]
    [arrival] = world.arrivals(forged.message_id)
    assert arrival.headers.get_all(CHECKED[0]) == [CHECKED[1]]


def test_the_peer_is_told_by_its_header_which_is_taken_off(world):
    tried = world.send(ALICE, "secondary", sender=OUTSIDE)
    assert world.arrived(tried.message_id) == [("primary", ALICE)]
    [arrival] = world.arrivals(tried.message_id)
    assert arrival.headers[CONNECTOR[0]] is None
    assert "o=peer" in arrival.headers["X-Coexist-Trace"]


def test_another_tenant_at_the_same_addresses_is_a_stranger(world):
    tried = world.send([ALICE, BOB], "primary", client="secondary")
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", BOB)]
    for arrival in world.arrivals(tried.message_id):
        assert "o=external" in arrival.headers["X-Coexist-Trace"]


def test_a_member_that_comes_back_is_no_ping_pong(world):
    """Carol is in the group by our state, but has no mailbox there yet."""
    world.redis("HSET", f"coexist:user:{CAROL}", "group", "migrated")
    tried = world.send(CAROL, "primary")
    assert world.arrived(tried.message_id) == []
    waits = {a: why for side in SIDES for m in world.queue(side) for a, why in
             [(r["address"], r.get("delay_reason", "")) for r in m["recipients"]]}
    bounces = world.bounces()
    assert len(waits) + len(bounces) == 1
    assert "4.4.6" in str(waits) or "5.4.6" in told(bounces[0])
    assert len(world.decisions("primary", CAROL)) <= 4


@pytest.mark.parametrize("at", SIDES)
def test_the_group_grows_by_one(world, at):
    world.redis("HSET", f"coexist:user:{BOB}", "home", "primary")
    tried = world.send(BOB, "primary")
    assert world.arrived(tried.message_id) == [("primary", BOB)]


def test_an_unknown_user_is_refused_or_bounced_once(world):
    assert world.send(NOBODY, "primary").codes == {NOBODY: "550 5.1.1"}
    tried = world.send(NOBODY, "secondary")
    assert world.arrived(tried.message_id) == []
    [bounce] = world.bounces()
    assert b"Status: 5.1.1" in bounce.data
