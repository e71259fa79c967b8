"""The filter alone, with a client that speaks the milter protocol to it."""

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.redis_server import RedisServer
from scene import OPTIONS, still_works


@pytest.fixture(scope="module")
def _daemon():
    server = Daemon(OPTIONS)
    try:
        yield server.start()
    except BaseException:
        server.close(check=False)
        raise
    server.close()


@pytest.fixture
def daemon(_daemon):
    """The module's filter, without records; checked to work after each test."""
    yield _daemon
    still_works(_daemon.socket)
    _daemon.check_log()


@pytest.fixture
def run_daemon():
    """run_daemon(option=value, ...): a filter of the test's own with OPTIONS changed so."""
    started = []

    def run(**changes):
        server = Daemon({**OPTIONS, **changes})
        started.append(server)
        return server.start()

    yield run
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def records():
    """A Redis for records."""
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def _stateful(records):
    server = Daemon({**OPTIONS, "state": records.unix_url})
    try:
        yield server.start()
    except BaseException:
        server.close(check=False)
        raise
    server.close()


@pytest.fixture
def stateful(records, _stateful):
    """The module's filter with its state in `records`, which is empty at first."""
    records.flush()
    yield _stateful
    _stateful.check_log()
