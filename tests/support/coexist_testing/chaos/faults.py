"""What is broken while mail flows, and mended again.

A fault is a function of a Scene; to add one, write it and put it into FAULTS. Scene: redis (Alone
or Guarded), population, daemon, rng, outages (see Outages), pause(), aside(task).
"""

import contextlib
import time

from coexist_testing.redis_link import RedisLink
from coexist_testing.wait import SLOWNESS, wait_until

# The old value of a change may still decide for so long: from RCPT to the end of the message, on a
# busy host.
SLACK = 0.5 * SLOWNESS
RECOVERY_SECONDS = 20


class Outages:
    """When the filter could not hear of changes: what it knew before, it may go by until the end.

    has_recovered: a function, asked until it is true once all is mended. longest: how long that
    took at most.
    """

    def __init__(self, has_recovered):
        self.has_recovered = has_recovered
        self.spans = []
        self.longest = 0.0

    @contextlib.contextmanager
    def one(self, name, blind=0.0):
        """blind: so many seconds before the beginning count too."""
        span = [time.time() - blind, float("inf"), name]
        self.spans.append(span)
        yield
        mended = time.monotonic()
        wait_until(self.has_recovered, RECOVERY_SECONDS, "a flip rules again after an outage")
        self.longest = max(self.longest, time.monotonic() - mended)
        span[1] = time.time()

    def lasts(self, end, since):
        """Whether the filter may still have taken for true then what ended then."""
        late = end + SLACK
        for begin, over, _ in self.spans:
            if begin - SLACK <= end <= over:
                late = max(late, over + SLACK)
        return late >= since


def redis_killed(scene):
    """What it has acknowledged it still knows afterwards."""
    with scene.outages.one("redis_killed"):
        scene.redis.master.kill()
        scene.pause()
        scene.redis.master.start()


def redis_restarted_empty(scene):
    """Until its operator notices it has no record."""
    with scene.outages.one("redis_restarted_empty"):
        with scene.population.lock:
            scene.redis.master.kill()
            scene.redis.master.wipe()
            scene.population.may_be_unknown()
            scene.redis.master.start()
        scene.pause()
        scene.population.write_all()


def redis_flushed(scene):
    """No outage: it says so."""
    with scene.population.lock, RedisLink(scene.redis.master.socket) as link:
        scene.population.may_be_unknown()
        link.command("FLUSHALL")
    scene.pause(0.3)
    scene.population.write_all()


def redis_stopped(scene):
    """SIGSTOP: connections stay open and nothing answers."""
    with scene.outages.one("redis_stopped"):
        scene.redis.master.pause()
        scene.pause()
        scene.redis.master.resume()


def redis_slowed(scene):
    """Each sleep is longer or shorter than the filter waits for an answer."""
    with scene.outages.one("redis_slowed"):
        for _ in range(3):
            with RedisLink(scene.redis.master.socket, timeout=60) as link:
                link.command("DEBUG", "SLEEP", scene.rng.choice(("0.1", "0.2", "0.4", "0.6")))
            scene.pause(0.2)


def redis_cuts_connections(scene):
    """Those that wait for changes among them."""
    with scene.outages.one("redis_cuts_connections"):
        for kind in ("pubsub", "normal"):
            with RedisLink(scene.redis.master.socket, timeout=60) as link:
                link.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            scene.pause(0.2)


def redis_failed_over(scene, orderly=False):
    """What the old master had acknowledged the new one may not know."""
    with scene.outages.one("redis_failed_over", blind=1.0):
        with scene.population.lock:
            scene.redis.fail_over(orderly)
            scene.redis.rejoin()
            scene.population.write_all()


def redis_handed_over(scene):
    """A fail-over by an operator's word: the old master stays, as a replica."""
    redis_failed_over(scene, orderly=True)


def filter_killed(scene):
    scene.daemon.kill()
    scene.pause(0.5)
    scene.daemon.start()


def filter_reloaded(scene):
    for _ in range(3):
        scene.daemon.reload()
        scene.pause(0.1)


def both_killed(scene):
    """The filter comes back before its state does, with what its snapshot remembers."""
    with scene.outages.one("both_killed", blind=scene.snapshot_interval + 1):
        scene.redis.master.kill()
        scene.pause(0.3)
        scene.daemon.kill()
        scene.daemon.start()
        scene.pause()
        scene.redis.master.start()


def filter_reloaded_while_redis_is_away(scene):
    with scene.outages.one("filter_reloaded_while_redis_is_away"):
        scene.redis.master.pause()
        scene.daemon.reload()
        scene.pause()
        scene.redis.master.resume()


FAULTS = [
    redis_killed, redis_restarted_empty, redis_flushed, redis_stopped, redis_slowed,
    redis_cuts_connections, filter_killed, filter_reloaded, both_killed,
    filter_reloaded_while_redis_is_away,
]
BY_SENTINEL = [redis_failed_over, redis_handed_over]
