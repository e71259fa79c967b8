"""Users are flipped, both ways, while mail for them is under way: each message is delivered once, at
the new home, or waits. A filter at each end, and each Postfix asks its own for the next hop."""

import pytest

from coexist_testing.ends import Ends
from coexist_testing.journey import Watch, arrived, attempt, wait_deferred
from coexist_testing.pair import SENDERS, send, unique_address
from coexist_testing.socketmap_client import ask
from coexist_testing.wait import wait_until

ENDS = ("primary", "secondary")
# Postfix's memory and a retry, and then some.
SETTLED = 90
# A queue that tried each second, and not after minutes, would have the breaker opened.
RETRY = {"queue_run_delay": "4s", "minimal_backoff_time": "4s", "maximal_backoff_time": "4s"}


def opposite(end):
    return "secondary" if end == "primary" else "primary"


@pytest.fixture(scope="module")
def _ends():
    with Ends(maps=True) as ends:
        for postfix in ends.pair.both:
            postfix.set_main(**RETRY)
        yield ends


@pytest.fixture
def pair(ends):
    return ends.pair


def flip(ends, user, home):
    """Both maps know it; a busy machine may take longer than they wait."""
    ends.redis.user(user, home=home)
    for end in ENDS:
        wait_until(lambda: ask(ends.socket(end), "recipients", user) == ("OK", home), 20,
                   lambda: f"the {end} knows that {user} is at the {home}")


def turn(pair, postfix):
    """The queue manager remembers one answer: another question makes it forget that one."""
    send(postfix, [unique_address(SENDERS, "other")], plain=True)
    pair.wait_quiet()


def at_home(user, home):
    return [user] * (home == "primary"), [user] * (home == "secondary")


def post(pair, entry, user, **how):
    """As a mail server does: what is put off is sent again until it is taken. The attempts, the
    last of which was taken."""
    tried = []

    def taken():
        again = {"message_id": tried[0].message_id} if tried else {}
        tried.append(attempt(getattr(pair, entry), user, **again, **how))
        assert all(code.startswith("4") for code in tried[-1].codes.values()), tried[-1].refused
        return not tried[-1].refused and not tried[-1].code

    wait_until(taken, SETTLED, lambda: f"{user} is taken by the {entry}: {tried[-1].refused}", 0.5)
    return tried


def test_mail_right_after_a_flip_is_put_off_until_no_old_answer_is_in_use(ends, pair):
    """In by either end, and from either home to the other; the next message after the flip is
    from the same sender, which is what the queue manager remembers."""
    watch = Watch(pair)
    users = [(unique_address(), entry, home) for entry in ENDS for home in ENDS]
    for user, entry, home in users:
        flip(ends, user, home)
        before = post(pair, entry, user)[-1].message_id
        assert arrived(pair, before) == at_home(user, home)
    for user, entry, home in users:
        flip(ends, user, opposite(home))
    first = {user: attempt(getattr(pair, entry), user) for user, entry, _ in users}
    assert {tried.codes.get(user) for user, tried in first.items()} == {"451 4.2.1"}
    for user, entry, home in users:
        assert "settling" in first[user].refused[user]
        message_id = post(pair, entry, user)[-1].message_id
        assert arrived(pair, message_id) == at_home(user, opposite(home))
        assert arrived(pair, first[user].message_id) == ([], [])
    assert watch.bounces() == []


@pytest.mark.parametrize("home", ENDS)
def test_mail_that_waits_for_the_other_end_follows_the_flip(ends, pair, home):
    """The queue manager still sends it the old way: there it is a conflict, and put off, until the
    queue that it waits in asks again."""
    watch = Watch(pair)
    user, end = unique_address(), opposite(home)
    flip(ends, user, end)
    at, other = getattr(pair, home), getattr(pair, end)
    other.stop()
    message_id = post(pair, home, user)[-1].message_id
    wait_deferred(at)
    flip(ends, user, home)
    other.start()
    at.flush()
    wait_until(lambda: ends.at[end].find("decide", rcpt=user, reason="conflict")
               or sum(pair.delivered(message_id)), SETTLED, "it is tried")
    turn(pair, at)
    wait_until(lambda: sum(pair.delivered(message_id)), SETTLED, "it is delivered")
    assert arrived(pair, message_id) == at_home(user, home)
    assert watch.bounces() == []


@pytest.mark.parametrize("home", ENDS)
def test_mail_that_waits_for_its_mailbox_goes_to_the_new_one_after_moving(ends, pair, home):
    """What waits for the old mailbox itself. The queue manager has to know of the move before the
    mailbox is copied: after half a minute, or another question."""
    watch = Watch(pair)
    user, end = unique_address(), opposite(home)
    flip(ends, user, home)
    at = getattr(pair, home)
    at.route(user, "smtp:[127.0.0.1]:1")  # its mailbox is closed
    message_id = post(pair, home, user)[-1].message_id
    wait_deferred(at)
    flip(ends, user, "moving")
    turn(pair, at)
    wait_until(lambda: any("dsn=4.2.1" in line for line in at.log_of(message_id)), SETTLED,
               "the queue manager asks again")
    at.route(user, "here")
    assert attempt(at, user).codes == {user: "451 4.2.1"}
    flip(ends, user, end)
    turn(pair, at)
    wait_until(lambda: sum(pair.delivered(message_id)), SETTLED, "it is delivered")
    assert arrived(pair, message_id) == at_home(user, end)
    assert watch.bounces() == []


def test_a_flip_to_and_fro_bounces_nothing(ends, pair):
    """The loop that a map remembered makes of one message: it has been here for this user before,
    and comes again."""
    watch = Watch(pair)
    user = unique_address()
    # The secondary keeps nobody whom the state does not know to be there.
    pair.secondary.route(user, pair.primary)
    flip(ends, user, "secondary")
    message_id = post(pair, "primary", user)[-1].message_id
    wait_until(lambda: pair.secondary.queue_ids(message_id), 20, "it is at the secondary")
    flip(ends, user, "primary")
    wait_until(lambda: sum(pair.delivered(message_id)), SETTLED,
               lambda: f"it is delivered: {[p.queue() for p in pair.both]}")
    assert arrived(pair, message_id) == at_home(user, "primary")
    assert watch.bounces() == []
