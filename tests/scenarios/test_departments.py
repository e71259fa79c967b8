"""Finance stays, Sales has moved, executives live on both, and rooms are booked from both sides."""

import pytest

from coexist_testing.invitations import GMAIL, OUTLOOK, make_invitation
from coexist_testing.world import OUTSIDE

SCENARIO = "departments"
FIONA, FRANK, SALLY, SIMON, ERIK, BOARDROOM, GARAGE, NOBODY = (
    f"{name}@example.com" for name in
    ("fiona", "frank", "sally", "simon", "erik", "boardroom", "garage", "nobody")
)
SIDES = ["primary", "secondary"]
INVITATION = [("MIME-Version", "1.0"),
              ("Content-Type", "text/calendar; method=REQUEST; charset=utf-8")]
CALENDAR = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n"
# Who lives on both sides, and where the calendar is.
BOOKED = [(BOARDROOM, "secondary"), (GARAGE, "primary"), (ERIK, "secondary")]


@pytest.mark.parametrize("at", SIDES)
def test_departments_and_executives_from_outside(world, at):
    tried = world.send([FIONA, SALLY, ERIK], at)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [
        ("primary", ERIK), ("primary", FIONA), ("secondary", ERIK), ("secondary", SALLY),
    ]
    assert world.bounces() == []


@pytest.mark.parametrize("author, at, other", [(FIONA, "primary", SALLY), (SALLY, "secondary", FIONA)])
def test_a_question_across_and_its_reply(world, author, at, other):
    there = "secondary" if at == "primary" else "primary"
    asked = world.user_sends(author, [other, ERIK], at)
    assert world.arrived(asked.message_id) == sorted(
        [(there, other), ("primary", ERIK), ("secondary", ERIK)])
    replied = world.user_sends(other, [author, ERIK], there,
                               headers=[("In-Reply-To", asked.message_id)])
    assert world.arrived(replied.message_id) == sorted(
        [(at, author), ("primary", ERIK), ("secondary", ERIK)])
    assert world.bounces() == []


@pytest.mark.parametrize("who, where", BOOKED)
@pytest.mark.parametrize("at", SIDES)
@pytest.mark.parametrize("client", ["outside", "user"])
def test_an_invitation_is_booked_once(world, who, where, at, client):
    tried = world.send([who], at, client=client, headers=INVITATION, body=CALENDAR)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [(where, who)]


@pytest.mark.parametrize("who, where", BOOKED)
@pytest.mark.parametrize("at", SIDES)
@pytest.mark.parametrize("shape", [OUTLOOK, GMAIL], ids=["outlook", "gmail"])
def test_an_invitation_inside_a_multipart_is_booked_once(world, who, where, at, shape):
    """The calendar is a part beside the text, in base64 from Outlook. The filter reads bodies once it
    has met a mailbox on both sides, and has the first such message come again."""
    message_id, message = make_invitation(shape)
    world.post([who], at, message_id=message_id, message=message)
    assert world.arrived(message_id) == [(where, who)]
    [arrival] = world.arrivals(message_id)
    assert b"text/calendar" in arrival.raw


@pytest.mark.parametrize("at", SIDES)
def test_an_invitation_to_people_on_both_sides(world, at):
    tried = world.send([FIONA, SALLY, BOARDROOM], at, client="user", headers=INVITATION,
                       body=CALENDAR)
    assert tried.refused == {}
    assert world.arrived(tried.message_id) == [
        ("primary", FIONA), ("secondary", BOARDROOM), ("secondary", SALLY),
    ]


@pytest.mark.parametrize("at", SIDES)
def test_other_mail_for_a_room_goes_to_both(world, at):
    tried = world.send([GARAGE], at)
    assert world.arrived(tried.message_id) == [("primary", GARAGE), ("secondary", GARAGE)]


def test_finance_moves_with_one_command(world):
    before = world.send([FIONA, FRANK], "secondary")
    assert world.arrived(before.message_id) == [("primary", FIONA), ("primary", FRANK)]
    world.flip_group("finance", "secondary")
    for at in SIDES:
        after = world.send([FIONA, FRANK, SIMON], at)
        assert world.arrived(after.message_id) == [
            ("secondary", FIONA), ("secondary", FRANK), ("secondary", SIMON),
        ]


def test_an_unknown_user_is_refused_by_the_primary_and_bounced_once(world):
    assert world.send([NOBODY], "primary").codes == {NOBODY: "550 5.1.1"}
    tried = world.send([NOBODY], "secondary")
    assert world.arrived(tried.message_id) == []
    [bounce] = world.bounces()
    assert bounce.rcpts[0][0] == f"<{OUTSIDE}>" and b"Status: 5.1.1" in bounce.data
