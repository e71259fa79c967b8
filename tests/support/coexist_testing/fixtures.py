"""pytest fixtures for the protocol and end-to-end tests."""

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.pair import Pair
from coexist_testing.redis_server import RedisServer
from coexist_testing.smtp_sink import SmtpSink
from coexist_testing.wait import wait_until


@pytest.fixture(scope="session")
def _pair():
    pair = Pair()
    try:
        yield pair.start()
    finally:
        pair.close()


@pytest.fixture
def pair(_pair):
    """The two Postfix, with their routes as they are at first and nothing queued."""
    _pair.reset()
    yield _pair
    _pair.reset()
    wait_until(lambda: _nothing_left(_pair), 20, "what is still queued is gone")


def _nothing_left(pair):
    """Removes what is queued; what is on its way just then turns up again on the other side."""
    for postfix in pair.both:
        if postfix.has_queued():
            postfix.empty()
    return pair.quiet() and not any(postfix.has_queued() for postfix in pair.both)


@pytest.fixture
def primary(pair):
    return pair.primary


@pytest.fixture
def secondary(pair):
    return pair.secondary


@pytest.fixture(scope="module")
def _redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(_redis):
    """The module's Redis, up and empty."""
    if _redis.process is None or _redis.process.poll() is not None:
        _redis.process = None
        _redis.start()
    _redis.resume()
    _redis.flush()
    return _redis


@pytest.fixture(scope="module")
def _filter(_pair, _redis):
    daemon = Daemon(_pair.filter_options(_redis))
    try:
        yield daemon.start()
    except BaseException:
        daemon.close(check=False)
        raise
    daemon.close()


@pytest.fixture
def filter(pair, redis, _filter):
    """The module's coexist-milter at the secondary, with `redis` for its state. An error in its log
    that the test did not announce by expect_error() fails the test."""
    yield _filter
    _filter.check_log()


@pytest.fixture
def run_filter(pair):
    """Starts a filter of the test's own: run_filter(options), e.g. pair.filter_options(redis,
    on_loop="hold"). At most one listens at the pair's socket, so use no `filter` beside it."""
    started = []

    def run(options):
        daemon = Daemon(options)
        started.append(daemon)
        return daemon.start()

    yield run
    for daemon in started:
        daemon.close()


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server
