"""Packets that come in pieces, late, in part, or not at all.

libmilter may give two connections to one idle thread when both have something for it at the same
time. The second then waits for a thread that is free, and threads with half a packet are not. So
each part is seen to be read before anything else is sent.
"""

import concurrent.futures
import glob
import os
import socket

import pytest

from coexist_testing import milter_protocol as p
from coexist_testing.milter_client import MilterConnection
from coexist_testing.net import free_port
from coexist_testing.wait import scaled, wait_until
from scene import HERE, ROUTE, THERE, still_works

RCPTS = [f"<a@{HERE}>", f"<b@{THERE}>"]
ENVELOPE = [f"<a@{HERE}>", f"<b@{ROUTE}>"]
PACKET = p.packet(p.RCPT, p.strings(f"<b@{THERE}>"))
# Within the length, behind it, behind the command, within what follows.
CUTS = (1, 3, 4, 5, 6, len(PACKET) - 1)


class Octets(MilterConnection):
    """Each octet leaves by itself."""

    def flush(self):
        data, self._out = bytes(self._out), bytearray()
        for i in range(len(data)):
            self.socket.sendall(data[i:i + 1])


@pytest.fixture(params=["unix", "inet"])
def server(request, run_daemon):
    listen = {"unix": "unix:{folder}/milter.sock", "inet": f"inet:{free_port()}@127.0.0.1"}
    return run_daemon(listen=listen[request.param])


def begun(server, kind=MilterConnection):
    """A connection with a message that has one recipient so far."""
    link = kind(server.socket)
    link.connect()
    link.helo()
    link.mail()
    assert link.rcpt(RCPTS[0]).goes_on
    return link


def readers(server):
    """Threads that wait in read(): those with half a packet."""
    read = {"x86_64": "0", "aarch64": "63"}[os.uname().machine]
    found = 0
    for path in glob.glob(f"/proc/{server.pid}/task/*/syscall"):
        try:
            with open(path) as file:
                found += file.read().split()[0] == read
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def send_part(server, link, cut, others=0):
    """others: how many connections have sent a part already."""
    link.raw(PACKET[:cut])
    link.flush()
    wait_until(lambda: readers(server) > others, 10, "the part is read")


def send_rest(link, cut):
    """What send_part() kept back, and the rest of the message, which must be as any other."""
    link.raw(PACKET[cut:])
    assert link.reply(p.RCPT).goes_on
    link.header("Subject", " x")
    assert link.eom().verdict == "continue"
    assert [edit.address for edit in link.edits if edit.kind == "addrcpt"] == [f"<b@{ROUTE}>"]
    assert [edit.name for edit in link.edits if edit.kind == "insheader"] == [
        "X-Coexist-Route", "X-Coexist-Trace"]


def test_every_octet_by_itself(server):
    with Octets(server.socket) as link:
        link.connect()
        link.helo()
        for _ in range(scaled(5, 2, 1)):
            assert sorted(link.message(rcpts=RCPTS).envelope) == ENVELOPE


@pytest.mark.parametrize("cut", CUTS)
def test_a_packet_in_two_parts_with_time_between(server, cut):
    with begun(server) as link:
        send_part(server, link, cut)
        assert link.silent(0.1)
        still_works(server.socket)
        send_rest(link, cut)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("ending", ["close", "half-close", "reset"])
def test_a_part_and_then_the_end(server, cut, ending):
    still_works(server.socket)
    before = server.descriptors()
    link = begun(server)
    send_part(server, link, cut)
    if ending == "half-close":
        link.socket.shutdown(socket.SHUT_WR)
        assert link.is_closed()
    elif ending == "reset":
        link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    link.close()
    wait_until(lambda: server.descriptors() <= before, 10, "the connection is closed")
    still_works(server.socket)


def test_a_packet_and_the_end_at_once(server):
    before = server.descriptors()
    for _ in range(scaled(20)):
        link = begun(server)
        link.raw(PACKET)
        link.flush()
        link.close()
    wait_until(lambda: server.descriptors() <= before, 10, "the connections are closed")
    still_works(server.socket)


@pytest.mark.parametrize("octets", [b"\0\0\0\0", b"\0\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f" * 8],
                         ids=["no command", "no length", "4 GB", "2 GB"])
def test_a_length_that_cannot_be(server, octets):
    link = begun(server)
    link.raw(octets)
    link.is_closed(0.1)
    still_works(server.socket)
    link.close()
    still_works(server.socket)


def test_parts_from_many_leave_the_others_alone(server):
    count = scaled(60, 20, 8)
    cuts = [CUTS[i % len(CUTS)] for i in range(count)]
    links = [begun(server) for _ in cuts]
    for others, (link, cut) in enumerate(zip(links, cuts)):
        send_part(server, link, cut, others)

    def talk(_):
        with MilterConnection(server.socket) as link:
            link.connect()
            link.helo()
            return [sorted(link.message(rcpts=RCPTS).envelope) for _ in range(scaled(20, 5, 2))]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for envelopes in pool.map(talk, range(8)):
            assert all(envelope == ENVELOPE for envelope in envelopes)
    for link, cut in zip(links, cuts):
        assert link.silent(0)
        send_rest(link, cut)
        link.quit()


def test_idle_connections_hold_no_threads(server):
    links = [begun(server) for _ in range(40)]
    wait_until(lambda: server.threads() < 20, 10, "threads end that have nothing to do")
    for link in links:
        send_rest(link, 0)
        link.quit()


def test_an_urgent_octet_harms_nobody(run_daemon):
    server = run_daemon(listen=f"inet:{free_port()}@127.0.0.1")
    before = server.descriptors()
    link = begun(server)
    link.socket.send(b"!", socket.MSG_OOB)
    link.is_closed(0.1)
    still_works(server.socket)
    link.close()
    wait_until(lambda: server.descriptors() <= before, 10, "the connection is closed")


def test_an_order_to_end_waits_for_the_message_whose_packet_is_half_sent(server):
    idle = [MilterConnection(server.socket) for _ in range(4)]
    for others, (link, cut) in enumerate(zip(idle, CUTS)):
        send_part(server, link, cut, others)
    link = begun(server)
    send_part(server, link, 6, len(idle))
    server.terminate()
    assert link.silent(0.1)
    assert server.process.poll() is None
    send_rest(link, 6)
    server.wait_end()
    for other in (link, *idle):
        other.close()


def test_a_second_order_to_end_does_not_wait(server):
    link = begun(server)
    send_part(server, link, 6)
    server.terminate()
    assert link.silent(0.1)
    server.terminate()
    server.wait_end()
    assert any("dropped" in line.text for line in server.lines if line.event == "stop")
    link.close()
