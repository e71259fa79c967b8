"""500 users move in waves while mail comes in: each message arrives once, at the right place."""

import time

import pytest

from coexist_testing.flow import Flow

SCENARIO = "cutover-weekend"
USERS, WAVES = 500, 5
# Seconds after `moving` from which on mailboxes may be copied: the folder's page says so. Postfix uses an
# answer of the map for 30.
COPY_AFTER = 35


def wave_of(user):
    return (user - 1) % WAVES + 1


def address(user):
    return f"user{user}@example.com"


class Waves:
    """Moves waves, and knows when."""

    def __init__(self, world, flow):
        self.world, self.flow = world, flow
        self.homes = {wave: [("primary", 0.0)] for wave in range(1, WAVES + 1)}

    def move(self, wave, home, copy=False):
        """copy: as the page says, with time for the mailboxes to be copied."""
        self.world.flip_group(f"wave{wave}", "moving")
        moving = time.monotonic()
        self.flow.wait_put_off()
        if copy:
            time.sleep(max(0.0, moving + COPY_AFTER - time.monotonic()))
        self.homes[wave].append((None, moving))
        self.homes[wave].append((home, time.monotonic()))
        self.world.flip_group(f"wave{wave}", home)

    def right(self, user, since):
        """Where a message may be that was accepted then: mail that waits in a queue follows."""
        homes = self.homes[wave_of(user)]
        now = max(i for i, (_, when) in enumerate(homes) if when <= since)
        return {home for home, _ in homes[now:] if home}

    def in_time(self, user, side, when):
        """Whether a mailbox there was the user's just then, or had not been copied yet."""
        homes = [*self.homes[wave_of(user)], (None, float("inf"))]
        return any(home == side and since <= when <= until + COPY_AFTER
                   for (home, since), (_, until) in zip(homes, homes[1:]))


@pytest.fixture
def users(world):
    world.redis_all(
        ["HSET", f"coexist:user:{address(user)}", "group", f"wave{wave_of(user)}"]
        for user in range(1, USERS + 1)
    )


def letter(number):
    """A stride that meets all users, those of all waves in turn, and both ends."""
    return address(number * 7 % USERS + 1), ("primary", "secondary")[number % 2]


def test_five_waves_and_one_taken_back_under_traffic(world, users):
    with Flow(world, letter) as flow:
        waves = Waves(world, flow)
        flow.wait_more(25)
        for wave in range(1, WAVES + 1):
            waves.move(wave, "secondary", copy=wave == 1)
            flow.wait_more(25)
        waves.move(2, "primary")
        flow.wait_more(40)
    assert flow.put_off > 0
    places = flow.wait_places()
    wrong = {
        message_id: (one, places[message_id]) for message_id, one in flow.accepted.items()
        if not _is_right(one, places[message_id], waves)
    }
    assert not wrong, f"{len(wrong)} of {len(flow.accepted)}: {list(wrong.items())[:5]}"
    late = [a[:2] for a in world.arrivals() if a.message_id in flow.accepted
            and not waves.in_time(_user(a.rcpt), a.side, a.when + time.monotonic() - time.time())]
    assert not late, f"into a mailbox that had been copied, or was not yet in use: {late[:5]}"
    assert world.bounces() == []


def _is_right(one, places, waves):
    return places in [[(home, one.rcpt)] for home in waves.right(_user(one.rcpt), one.began)]


def _user(rcpt):
    return int(rcpt.partition("@")[0][4:])


@pytest.mark.parametrize("at", ["primary", "secondary"])
@pytest.mark.parametrize("wave, home", [(1, "secondary"), (2, "primary")])
def test_after_the_weekend_each_wave_is_where_it_should_be(world, at, wave, home):
    world.flip_group("wave1", "secondary")
    message_id = world.post(address(wave), at)
    assert world.arrived(message_id) == [(home, address(wave))]


@pytest.mark.parametrize("at", ["primary", "secondary"])
def test_an_unknown_user_is_refused_or_bounced_once_by_the_primary(world, at):
    tried = world.send("nobody@example.com", at)
    if at == "primary":
        assert tried.codes == {"nobody@example.com": "550 5.1.1"}
    else:
        world.wait_bounces()
    assert world.arrived(tried.message_id) == []
    assert len(world.bounces()) == (at == "secondary")
    assert not any(world.queue(side) for side in world.sides)
