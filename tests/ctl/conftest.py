"""coexistctl against a real Redis."""

import pytest

from coexist_testing.ctl import Ctl
from coexist_testing.redis_link import RedisLink
from coexist_testing.redis_server import RedisServer

OPTIONS = {
    "node": "secondary", "name": "s.example.net",
    "system": {
        "primary": {"hosts": ["p.example.net"], "networks": ["192.0.2.0/24"],
                    "nexthop": "smtp:[p.example.net]:25"},
        "secondary": {"hosts": ["s.example.net"], "networks": ["198.51.100.0/24"],
                      "nexthop": "lmtp:[127.0.0.1]:7025"},
    },
    "domain": {"example.com": {"home": "primary", "route": "%u@%d.primary.invalid"},
               "bare.example": {}},
}


@pytest.fixture(scope="module")
def _records():
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(_records):
    """The module's Redis, empty."""
    _records.flush()
    return _records


@pytest.fixture
def options(redis):
    """A configuration of the tool, to be changed."""
    return {**OPTIONS, "state": redis.unix_url}


@pytest.fixture
def ctl(options):
    """The tool, with the module's Redis for its state."""
    tool = Ctl(options)
    yield tool
    tool.close()


@pytest.fixture
def events(redis):
    """events(): all entries of the stream, oldest first, as dicts of texts."""
    def read():
        with RedisLink(redis.socket) as link:
            entries = link.command("XRANGE", "coexist:events", "-", "+")
        return [
            {words[i]: words[i + 1] for i in range(0, len(words), 2)}
            for _, words in entries
        ]

    return read
