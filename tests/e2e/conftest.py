"""Fixtures that several end-to-end modules share."""

import pytest

from coexist_testing.pair import DOMAIN, SENDERS, unique_address


@pytest.fixture
def configure(pair, redis, filter):
    """configure(on_loop="hold", primary={...}, domain={...}): reloads the module's filter with
    options that are changed for one test; primary and secondary change options of the system
    blocks, domain those of DOMAIN."""
    changed = []

    def change(primary=None, secondary=None, domain=None, **options):
        changed.append(True)
        whole = pair.filter_options(redis, **options)
        whole["system"]["primary"].update(primary or {})
        whole["system"]["secondary"].update(secondary or {})
        whole["domain"][DOMAIN].update(domain or {})
        _reload(filter, whole)

    yield change
    if changed:
        _reload(filter, pair.filter_options(redis))


def _reload(filter, options):
    filter.write_config(options)
    line = filter.reload()
    assert line.event == "reload", line.text


@pytest.fixture
def looping(pair, redis, filter):
    """A user whose mailbox is at the primary, which thinks that it is at the secondary. All the
    rest of the domain each side hands to the other."""
    pair.hand_over()
    user = unique_address()
    redis.user(user, home="primary")
    return user


@pytest.fixture
def primary_checks(pair):
    """primary_checks(header_checks): what the primary does to the header of what it queues."""
    def check(value):
        pair.primary.set_main(header_checks=value)

    yield check
    pair.primary.set_main(header_checks="")


@pytest.fixture
def sender():
    return unique_address(SENDERS, "sender")


@pytest.fixture
def ends(_ends):
    """The module's Ends, as they are at first and nothing queued."""
    _ends.reset()
    yield _ends
    for daemon in _ends.at.values():
        daemon.check_log()
    _ends.pair.wait_quiet()
    for postfix in _ends.pair.both:
        postfix.empty()
