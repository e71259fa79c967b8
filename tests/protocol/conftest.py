"""The filter alone, with a client that speaks the milter protocol to it."""

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.milter_client import transaction
from coexist_testing.redis_server import RedisServer

# Without any record: mailboxes of one domain are here, those of the other at the peer.
HERE, THERE = "here.example", "there.example"
ROUTE = "there.example.primary.invalid"
PEER = ("198.51.100.10", "mail.primary.example")
OWN = ("192.0.2.10", "mail.secondary.example")

OPTIONS = {
    "node": "secondary",
    "name": "mail.secondary.example",
    "system": {
        "primary": {"hosts": ["mail.primary.example"], "networks": ["198.51.100.0/24"]},
        "secondary": {"hosts": ["mail.secondary.example"], "networks": ["192.0.2.0/24"]},
    },
    "domain": {
        HERE: {"home": "secondary", "route": "%u@%d.primary.invalid"},
        THERE: {"home": "primary", "route": "%u@%d.primary.invalid"},
    },
}


def still_works(address):
    """The daemon goes on as if nothing had been."""
    done = transaction(address, rcpts=[f"<a@{HERE}>", f"<b@{THERE}>"])
    assert done.final.verdict == "continue"
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
    assert len(done.values("X-Coexist-Trace")) == 1
    assert len(done.values("X-Coexist-Route")) == 1


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
