"""What the filter asks of an MTA, and how it copes with one that offers less."""

import pytest

from coexist_testing import milter_protocol as p
from coexist_testing.milter_client import FilterClosed, MilterConnection, transaction
from coexist_testing.net import free_port
from scene import HERE, ROUTE, THERE, still_works

NEEDED = p.ADDHDRS | p.CHGHDRS | p.ADDRCPT_PAR | p.DELRCPT | p.QUARANTINE


def test_no_more_is_asked_for_than_is_used(daemon):
    with MilterConnection(daemon.socket) as link:
        assert link.actions == NEEDED | p.SETSYMLIST
        assert link.version == 6
        for unused in (p.NOHELO, p.NOBODY, p.NOUNKNOWN):
            assert link.steps & unused
        for needed in (p.NOCONNECT, p.NOMAIL, p.NORCPT, p.NOHDRS, p.NR_RCPT):
            assert not link.steps & needed


def test_only_recipients_and_the_end_wait_for_an_answer(daemon):
    done = transaction(daemon.socket, rcpts=[f"<a@{HERE}>"])
    assert done.reply(f"<a@{HERE}>").verdict == "continue"
    assert done.final.verdict == "continue"
    unanswered = [done.mail, done.data, done.eoh, done.body, *done.headers]
    assert {reply.verdict for reply in unanswered} == {"none"}


def test_nothing_comes_where_no_answer_was_promised(daemon):
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.helo()
        link.mail()
        assert link.silent()
        assert link.rcpt(f"<a@{HERE}>").verdict == "continue"
        link.header("Subject", " x")
        link.eoh()
        assert link.silent()
        assert link.eom().verdict == "continue"
        assert link.silent()


@pytest.mark.parametrize("left_out", [
    p.ALL_STEPS & ~p.SKIP, p.NR_CONN | p.NR_MAIL | p.NR_HDR, p.NR_HDR, p.NOHELO | p.NOBODY,
    p.NODATA | p.NOEOH | p.NOUNKNOWN,
], ids=hex)
def test_each_command_is_answered_where_the_mta_waits_for_it(daemon, left_out):
    done = transaction(
        daemon.socket, rcpts=[f"<a@{HERE}>", f"<b@{THERE}>"], steps=p.ALL_STEPS & ~left_out
    )
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
    assert done.final.verdict == "continue"


@pytest.mark.parametrize("missing", [
    p.ADDRCPT_PAR, p.DELRCPT, p.ADDHDRS, p.CHGHDRS, p.QUARANTINE,
], ids=hex)
def test_an_mta_that_lacks_an_action_is_refused(daemon, missing):
    daemon.expect_error(": negotiate")
    with pytest.raises(FilterClosed):
        MilterConnection(daemon.socket, actions=p.ALL_ACTIONS & ~missing)


def test_macros_come_by_default_where_the_mta_takes_no_lists(daemon):
    done = transaction(
        daemon.socket, rcpts=[f"<a@{HERE}>"], actions=p.ALL_ACTIONS & ~p.SETSYMLIST,
        macros={"i": "4TDEFAULTLISTS"},
    )
    assert done.final.verdict == "continue"
    assert daemon.wait_log("decide", queue_id="4TDEFAULTLISTS").values["rcpt"] == f"a@{HERE}"


def test_the_queue_id_is_asked_for(daemon):
    transaction(daemon.socket, rcpts=[f"<a@{HERE}>"], macros={"i": "4TASKEDFOR"})
    daemon.wait_log("decide", queue_id="4TASKEDFOR")


def test_an_authenticated_session_is_local(daemon):
    transaction(daemon.socket, rcpts=[f"<a@{HERE}>"],
                macros={"i": "4TAUTH", "{auth_authen}": "joe"})
    assert daemon.wait_log("decide", queue_id="4TAUTH").values["origin"] == "local"


@pytest.mark.parametrize("address, origin", [
    ("198.51.100.7", "peer"), ("192.0.2.200", "local"), ("203.0.113.1", "external"),
    ("2001:db8::1", "external"), (None, "external"), ("/run/some.sock", "external"),
])
def test_the_connection_tells_the_origin(daemon, address, origin):
    identity = f"4TORIGIN{origin}{address}".replace(":", "").replace("/", "").replace(".", "")
    transaction(daemon.socket, client=(address, "client.example"), rcpts=[f"<a@{HERE}>"],
                macros={"i": identity})
    assert daemon.wait_log("decide", queue_id=identity).values["origin"] == origin


def test_over_tcp_it_answers_data_and_works_the_same(run_daemon):
    server = run_daemon(listen=f"inet:{free_port()}@127.0.0.1")
    with MilterConnection(server.socket) as link:
        assert not link.steps & (p.NODATA | p.NR_DATA)
    still_works(server.socket)
