"""Every message is accounted for, whatever fails meanwhile. `make chaos`: the same, for longer."""

import pytest

from coexist_testing.chaos.run import Chaos, seed_of_run
from coexist_testing.chaos.store import Guarded
from coexist_testing.wait import scaled


@pytest.fixture
def redis_of_chaos():
    redis = Guarded()
    try:
        yield redis.start()
    finally:
        redis.close()


def test_every_message_is_accounted_for(pair, redis_of_chaos):
    with Chaos(
        pair, redis_of_chaos, seed_of_run(), messages=scaled(800, 200, 60),
        rate=scaled(50, 12, 4), users=3000, flips=scaled(100, 20, 10),
    ) as chaos:
        chaos.run()
        chaos.check()
