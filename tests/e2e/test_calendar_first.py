"""Invitations that come before the filter knows of any mailbox that lives on both systems."""

import pytest

from coexist_testing.invitations import GMAIL, OUTLOOK, make_invitation
from coexist_testing.journey import arrived, attempt
from coexist_testing.pair import send, unique_address
from coexist_testing.wait import wait_until


@pytest.fixture
def room(pair, redis):
    """Its mailbox lives on both systems, its calendar here."""
    address = unique_address(prefix="room")
    redis.user(address, home="both", calendar="secondary")
    pair.primary.route(address, "here")
    return address


def test_the_first_one_waits_for_its_next_try(pair, redis, run_filter, room):
    """Until such a mailbox is seen, Postfix is not asked for bodies."""
    daemon = run_filter(pair.filter_options(redis))
    message_id, text = make_invitation(OUTLOOK)
    tried = attempt(pair.secondary, room, message=text, message_id=message_id)
    assert tried.codes == {} and tried.code == "451 4.3.0"
    assert "invitation" in tried.final
    assert arrived(pair, message_id) == ([], [])
    assert [line.level for line in daemon.find("body-unread")] == ["warning"]

    send(pair.secondary, room, message=text, message_id=message_id)
    assert arrived(pair, message_id) == ([], [room])


def test_a_server_that_is_put_off_brings_it_again(pair, redis, run_filter, room):
    """The sender's mail server keeps it meanwhile."""
    daemon = run_filter(pair.filter_options(redis, system={
        "primary": {"hosts": ["elsewhere.example"]}, "secondary": {"hosts": [pair.secondary.name]},
    }))
    pair.primary.route(room, pair.secondary)
    message_id, text = make_invitation(GMAIL)
    send(pair.primary, room, message=text, message_id=message_id)
    daemon.wait_log("body-unread")
    wait_until(lambda: sum(pair.delivered(message_id)), 30, "its next try")
    assert arrived(pair, message_id) == ([], [room])
    assert len(daemon.find("body-unread")) == 1


def test_what_a_snapshot_holds_is_known_from_the_start(pair, redis, run_filter, room):
    options = pair.filter_options(
        redis, snapshot=f"{pair.folder}/snapshot", keys=f"{pair.folder}/keys"
    )
    daemon = run_filter(options)
    send(pair.secondary, room)
    pair.wait_quiet()
    daemon.stop()
    daemon = run_filter(options)
    message_id, text = make_invitation(OUTLOOK)
    send(pair.secondary, room, message=text, message_id=message_id)
    assert arrived(pair, message_id) == ([], [room])
    assert daemon.find("body-unread") == []
