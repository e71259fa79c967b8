"""The old server is no Postfix: who gets mail, who bounces what, and loops that end."""

import pytest

from coexist_testing.world import OUTSIDE, told
from coexist_testing.world_containers import WorldOfContainers

ALICE, BOB, CAROL, NOBODY = (f"{name}@example.com" for name in ("alice", "bob", "carol", "nobody"))


@pytest.fixture(scope="module", params=["exim", "opensmtpd"])
def _world(request):
    with WorldOfContainers("zimbra-secondary", {"primary": request.param}) as world:
        yield world


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_each_gets_mail_once_where_the_mailbox_is(world, at):
    tried = world.send([ALICE, BOB], at)
    assert tried.refused == {}
    world.wait_arrivals(tried.message_id, 2)
    assert world.arrived(tried.message_id) == [("primary", ALICE), ("secondary", BOB)]
    assert world.bounces() == []


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_an_address_with_an_extension_is_the_mailbox_without(world, at):
    extended = [who.replace("@", "+news@") for who in (ALICE, BOB)]
    tried = world.send(extended, at)
    assert tried.refused == {}
    world.wait_arrivals(tried.message_id, 2)
    assert world.arrived(tried.message_id) == [("primary", extended[0]), ("secondary", extended[1])]


def test_an_unknown_user_is_bounced_once_by_the_primary(world):
    tried = world.send([NOBODY, BOB], "secondary")
    assert tried.refused == {}
    world.wait_bounces()
    assert world.arrived(tried.message_id) == [("secondary", BOB)]
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>"
    text = told(bounce)
    assert f"<{NOBODY}>" in text and "Remote-MTA: dns;" in text and "550" in text
    assert not world.queue("secondary")


def test_an_unknown_user_is_refused_at_the_primary(world):
    tried = world.send([NOBODY, ALICE], "primary")
    assert [code[:3] for code in tried.codes.values()] == ["550"]
    world.wait_arrivals(tried.message_id)
    assert world.arrived(tried.message_id) == [("primary", ALICE)]


def test_mail_to_the_world_leaves_by_the_primary(world):
    sent = world.user_sends(BOB, [OUTSIDE], "secondary")
    world.wait_outside(sent.message_id)
    [seen] = world.outside.find(sent.message_id)
    assert "by mail.example.com" in told(seen) and "zimbra.example.com" in told(seen)


def test_a_flip_rules_the_next_message(world):
    for home in ("primary", "secondary", "primary"):
        world.flip(CAROL, home)
        tried = world.send(CAROL, "secondary")
        world.wait_arrivals(tried.message_id)
        assert world.arrived(tried.message_id) == [(home, CAROL)]


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_a_conflict_waits_at_the_primary_until_the_state_is_right(world, at):
    """The primary was told that Bob has moved; the state says that he has moved back."""
    world.flip(BOB, "primary")
    tried = world.send(BOB, at)
    world.wait_log("filter:secondary", "decide", rcpt=BOB, reason="conflict")
    assert world.arrivals(tried.message_id) == []
    [waiting] = world.queue("primary")
    assert BOB in waiting["recipients"][0]["address"]

    world.flip(BOB, "secondary")

    def arrives():
        world.flush("primary")
        return world.arrivals(tried.message_id)

    world.wait(arrives, "the mail that waited arrives")
    assert world.arrived(tried.message_id) == [("secondary", BOB)]
    assert world.bounces() == []


def test_a_loop_by_forwarding_ends_with_one_bounce(world):
    """Exim takes the message whenever it comes, and at the third pass the filter refuses it. OpenSMTPD
    looks for the mailbox in the Delivered-To of its own, and ends the loop before that."""
    world.rules("primary", f"{ALICE} forward {BOB}")
    world.rules("secondary", f"{BOB} forward {ALICE}")
    sent = world.send(ALICE, "secondary")
    assert sent.refused == {}
    world.wait_bounces()
    assert world.arrived(sent.message_id) == []
    [bounce] = world.bounces()
    assert {"exim": "5.4.6", "opensmtpd": "Loop detected"}[world.kinds["primary"]] in told(bounce)
