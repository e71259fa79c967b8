"""The filter over TCP: the same answers, and none of them late."""

import statistics
import time

import pytest

from coexist_testing import milter_protocol as p
from coexist_testing.milter_client import FilterClosed, MilterConnection, Script, transaction
from coexist_testing.net import free_port
from coexist_testing.wait import scaled
from scene import HERE, PEER, ROUTE, THERE, still_works

# Nagle's algorithm waits for an acknowledgement that the other end delays so long.
STALL = 0.040  # s
RCPTS = [f"<a@{HERE}>", f"<b@{THERE}>"]


def over(run_daemon, kind):
    listen = {"unix": "unix:{folder}/milter.sock", "inet": f"inet:{free_port()}@127.0.0.1",
              "inet6": f"inet6:{free_port('::1')}@::1"}[kind]
    server = run_daemon(listen=listen)
    # A connection made before the socket has its options would not have them.
    server.wait_log("start")
    return server


@pytest.mark.parametrize("kind", ["inet", "inet6"])
def test_it_answers_as_over_a_unix_socket(run_daemon, kind):
    there, here = over(run_daemon, kind), over(run_daemon, "unix")
    for options in ({}, {"client": PEER}, {"local": True}, {"mail": "<>"}):
        done = transaction(there.socket, rcpts=RCPTS, **options)
        same = transaction(here.socket, rcpts=RCPTS, **options)
        assert done.final.verdict == same.final.verdict
        assert [(r, repr(a)) for r, a in done.rcpts] == [(r, repr(a)) for r, a in same.rcpts]
        assert done.envelope == same.envelope
        assert done.kinds() == same.kinds()
        assert done.values("X-Coexist-Route") == same.values("X-Coexist-Route")
    still_works(there.socket)


def test_data_is_left_out_over_a_unix_socket_alone(run_daemon):
    asked = {}
    for kind in ("unix", "inet", "inet6"):
        with MilterConnection(over(run_daemon, kind).socket) as link:
            asked[kind] = link.steps
            assert link.message(rcpts=RCPTS).final.verdict == "continue"
    assert asked["unix"] & p.NODATA
    assert asked["inet"] == asked["inet6"] == asked["unix"] & ~p.NODATA
    assert not asked["inet"] & p.NR_DATA


def test_data_is_answered_over_tcp(run_daemon):
    done = transaction(over(run_daemon, "inet").socket, rcpts=RCPTS)
    assert done.data.verdict == "continue"


@pytest.mark.parametrize("kind", ["unix", "inet"])
def test_an_mta_that_leaves_nothing_out_is_answered_at_each_step(run_daemon, kind):
    # libmilter takes no steps at all for those of the first protocol.
    done = transaction(over(run_daemon, kind).socket, rcpts=RCPTS, steps=p.SKIP)
    replies = [done.mail, *(r for _, r in done.rcpts), done.data, *done.headers, done.eoh,
               done.body, done.final]
    assert {reply.verdict for reply in replies} == {"continue"}
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]


@pytest.mark.parametrize("kind", ["unix", "inet"])
@pytest.mark.parametrize("offered", [
    p.ADDHDRS, p.ALL_ACTIONS & ~p.ADDRCPT_PAR, p.ADDHDRS | p.CHGBODY | p.ADDRCPT | p.DELRCPT
    | p.CHGHDRS,  # protocol 2
], ids=hex)
def test_an_mta_that_offers_too_little_is_refused_and_the_log_says_why(run_daemon, kind, offered):
    server = over(run_daemon, kind)
    server.expect_error(" negotiate ")
    with pytest.raises(FilterClosed):
        MilterConnection(server.socket, actions=offered)
    line = server.wait_log("negotiate")
    assert line.level == "error"
    assert line.values["text"] == (
        f"the MTA offers actions 0x{offered:x} and 0xb9 are needed: raise its milter_protocol"
    )
    assert 0xb9 == p.ADDHDRS | p.CHGHDRS | p.ADDRCPT_PAR | p.DELRCPT | p.QUARANTINE
    still_works(server.socket)


def seconds_each(address, count):
    """Of messages one after the other on one connection, each with edits at its end."""
    with MilterConnection(address) as link:
        link.connect()
        link.helo()
        script = Script(link, rcpts=RCPTS)
        took = []
        for _ in range(count):
            began = time.monotonic()
            assert script.run(link) == b"c"
            took.append(time.monotonic() - began)
    return took


@pytest.mark.parametrize("kind", ["inet", "inet6"])
def test_no_message_waits_for_a_delayed_acknowledgement(run_daemon, kind):
    count = scaled(300, 100, 40)
    unix = statistics.median(seconds_each(over(run_daemon, "unix").socket, count))
    tcp = statistics.median(seconds_each(over(run_daemon, kind).socket, count))
    # With Nagle's algorithm at work each message takes the stall longer.
    assert tcp < unix * 3 + STALL / 4, f"unix {unix * 1e3:.2f} ms, tcp {tcp * 1e3:.2f} ms"


def test_it_ends_and_gives_its_port_back(run_daemon):
    server = over(run_daemon, "inet")
    still_works(server.socket)
    server.stop()
    server.start()
    still_works(server.socket)


def test_it_ends_where_it_listens_on_every_address(run_daemon):
    port = free_port()
    server = run_daemon(listen=f"inet:{port}@0.0.0.0")
    still_works(("127.0.0.1", port))
    server.stop()
