"""Transactions cut short, several in a connection, several connections at once."""

import concurrent.futures

import pytest

from coexist_testing.milter_client import MilterConnection, transaction
from coexist_testing.wait import scaled, wait_until
from scene import HERE, ROUTE, THERE

STAGES = ("mail", "rcpt", "data", "header", "eoh", "body")
RCPTS = [f"<a@{HERE}>", f"<b@{THERE}>"]


def opened(daemon, **options):
    link = MilterConnection(daemon.socket, **options)
    link.connect()
    link.helo()
    return link


@pytest.mark.parametrize("stage", STAGES)
def test_an_abort_leaves_nothing_behind(daemon, stage):
    with opened(daemon) as link:
        cut = link.message(rcpts=[f"<gone@{THERE}>"], stop_after=stage)
        assert cut.final is None
        done = link.message(rcpts=RCPTS)
        assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
        assert len(done.find("addrcpt")) == 1
    assert not daemon.find("decide", rcpt=f"gone@{THERE}")


def test_aborts_may_come_at_any_time_and_twice(daemon):
    with MilterConnection(daemon.socket) as link:
        link.abort()
        link.connect()
        link.abort()
        link.helo()
        link.abort()
        link.abort()
        link.message(rcpts=RCPTS, stop_after="rcpt")
        link.abort()
        assert sorted(link.message(rcpts=RCPTS).envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
        link.abort()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("polite", [True, False], ids=["quit", "gone"])
def test_a_client_may_leave_at_any_time(daemon, stage, polite):
    link = opened(daemon)
    link.message(rcpts=RCPTS, stop_after=stage, abort=False)
    link.flush()
    if polite:
        link.quit()
    else:
        link.close()


def test_a_client_may_leave_before_it_reads_the_edits(daemon):
    daemon.expect_error(": edit-failed")
    for _ in range(scaled(20)):
        link = opened(daemon)
        link.mail()
        for rcpt in RCPTS:
            link.rcpt(rcpt)
        link.header("Subject", " x")
        link.send(b"E")
        link.flush()
        link.close()


def test_two_messages_in_one_connection_know_nothing_of_each_other(daemon):
    with opened(daemon) as link:
        first = link.message(rcpts=[f"<a@{HERE}>"], headers=[("X-Coexist-Trace", " forged"),
                                                             ("Message-ID", " <1@x>")])
        second = link.message(rcpts=[f"<b@{THERE}>"], headers=[("Message-ID", " <2@x>")])
    assert list(first.envelope) == [f"<a@{HERE}>"]
    assert list(second.envelope) == [f"<b@{ROUTE}>"]
    assert len(first.find("chgheader")) == 1
    assert second.find("chgheader") == []


def test_a_recipient_that_was_refused_is_no_part_of_the_message(daemon):
    with opened(daemon) as link:
        link.mail()
        assert link.rcpt(f"<a@{HERE}>").goes_on
        assert not link.rcpt(f"<b@{THERE}>", "NOTIFY=" + "x" * 5000).goes_on
        assert link.eom().verdict == "continue"
        assert not any(edit.kind in ("addrcpt", "delrcpt") for edit in link.edits)


def test_another_client_over_the_same_connection(daemon):
    with opened(daemon) as link:
        link.message(rcpts=[f"<a@{HERE}>"])
        link.quit_nc()
        link.connect("203.0.113.99", "other.example")
        link.helo()
        assert sorted(link.message(rcpts=RCPTS).envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]


def test_many_clients_at_once(daemon):
    def talk(number):
        mine = f"<c{number}@{THERE}>"
        with opened(daemon) as link:
            for turn in range(scaled(50)):
                done = link.message(rcpts=[mine, f"<h{turn}@{HERE}>"])
                assert sorted(done.envelope) == [
                    f"<c{number}@{ROUTE}>", f"<h{turn}@{HERE}>"
                ]
        return number

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(talk, range(20))) == list(range(20))


def test_connections_leave_no_descriptor_or_thread(daemon):
    transaction(daemon.socket, rcpts=RCPTS)
    links = [opened(daemon) for _ in range(20)]
    for link in links:
        link.close()
    wait_until(lambda: daemon.descriptors() < 20, 10, "descriptors are closed")
    before = daemon.descriptors()
    for _ in range(scaled(100)):
        transaction(daemon.socket, rcpts=RCPTS, stop_after="rcpt")
    wait_until(lambda: daemon.descriptors() <= before, 10, "descriptors are closed")
    assert daemon.threads() < 40
