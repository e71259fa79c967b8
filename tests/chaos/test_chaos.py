"""Loss accounting at length: `make chaos`. What it does stands in coexist_testing.chaos."""

import os

import pytest

from coexist_testing.chaos.run import Chaos, seed_of_run
from coexist_testing.chaos.store import Alone, Guarded

MESSAGES = int(os.environ.get("COEXIST_MESSAGES", 20_000))


@pytest.mark.parametrize("kind", [Guarded, Alone], ids=["sentinel", "alone"])
def test_every_message_is_accounted_for(pair, kind):
    redis = kind()
    try:
        redis.start()
        with Chaos(
            pair, redis, seed_of_run(), messages=MESSAGES, rate=100, users=3000, flips=100
        ) as chaos:
            chaos.run()
            chaos.check()
    finally:
        redis.close()
