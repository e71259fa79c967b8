"""Users are flipped, both ways, while mail for them waits; the peer is reached by a route domain, and
has no filter."""

import pytest

from coexist_testing.journey import Watch, arrived, attempt, wait_deferred
from coexist_testing.pair import send, unique_address
from coexist_testing.wait import wait_until


def flip(redis, user, home):
    redis.user(user, home=home)


@pytest.mark.parametrize("handed_back", [True, False])
def test_mail_that_waits_for_the_peer_is_kept_by_it_or_handed_back(pair, redis, filter, handed_back):
    """Its address in the queue is the peer's; what the peer knows of the move decides."""
    watch = Watch(pair)
    user = unique_address()
    if not handed_back:
        pair.primary.route(user, "here")
    flip(redis, user, "primary")
    pair.primary.stop()
    message_id = send(pair.secondary, user)
    wait_deferred(pair.secondary)
    flip(redis, user, "secondary")
    pair.primary.start()
    wait_until(lambda: sum(pair.delivered(message_id)), 30, "it is delivered")
    assert arrived(pair, message_id) == (([], [user]) if handed_back else ([user], []))
    assert watch.bounces() == []


def test_mail_that_waits_for_its_mailbox_here_stays_here(pair, redis, filter):
    """Nothing asks again; what comes while it is moving is put off."""
    watch = Watch(pair)
    user = unique_address()
    flip(redis, user, "secondary")
    pair.primary.route(user, "here")
    pair.secondary.route(user, "smtp:[127.0.0.1]:1")  # its mailbox is closed
    before = send(pair.secondary, user)
    wait_deferred(pair.secondary)
    flip(redis, user, "moving")
    assert attempt(pair.secondary, user).codes == {user: "451 4.2.1"}
    flip(redis, user, "primary")
    after = send(pair.secondary, user)
    pair.secondary.route(user, "here")
    for message_id in (before, after):
        wait_until(lambda: sum(pair.delivered(message_id)), 30, "it is delivered")
    assert (arrived(pair, before), arrived(pair, after)) == (([], [user]), ([user], []))
    assert watch.bounces() == []
