"""The maps over their socket, with clients that Postfix never is."""

import contextlib
import os
import resource
import select
import signal
import socket
import stat

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.milter_client import transaction
from coexist_testing.net import free_port
from coexist_testing.redis_server import RedisServer
from coexist_testing.socketmap_client import SocketmapClient, ask, netstring
from coexist_testing.wait import MODE, scaled, wait_until
from scene import HERE, OPTIONS, THERE, still_works

HOP = "smtp:[mail.primary.example]:25"
REQUEST_MAX = 2048
NOT_OURS = netstring("transport somebody@elsewhere.example")
NOTHING = ("NOTFOUND", "")
# What may be resident besides: the sanitizers keep what was freed for a while.
SLACK_KIB = 4096 if MODE == "plain" else 131072


def options(**changes):
    systems = {name: dict(block) for name, block in OPTIONS["system"].items()}
    systems["primary"]["nexthop"] = HOP
    return {**OPTIONS, "system": systems, "maps": "unix:{folder}/maps.sock", **changes}


@pytest.fixture(scope="module")
def _served(records):
    server = Daemon(options(state=records.unix_url))
    try:
        yield server.start()
    except BaseException:
        server.close(check=False)
        raise
    server.close()


@pytest.fixture
def served(records, _served):
    """The module's filter with its maps, over `records`, empty at first; well after each test."""
    records.flush()
    yield _served
    learn(_served, f"x@{THERE}")
    assert ask(_served.maps, "transport", f"x@{THERE}") == ("OK", HOP)
    still_works(_served.socket)
    _served.check_log()


@pytest.fixture
def run_served():
    started = []

    def run(**changes):
        server = Daemon(options(**changes))
        started.append(server)
        return server.start()

    yield run
    for server in started:
        server.close()


def learn(daemon, *users):
    """Waits until the users are remembered: a first look-up may take longer than a map waits."""
    for user in users:
        wait_until(lambda: ask(daemon.maps, "transport", user)[0] != "TEMP", 10, f"{user} is known")


@contextlib.contextmanager
def many(address, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(SocketmapClient(address)) for _ in range(count)]


# The protocol

def test_requests_come_in_any_pieces_and_replies_in_order(served):
    learn(served, f"a@{HERE}", f"b@{THERE}")
    whole = netstring(f"transport a@{HERE}") + netstring(f"transport b@{THERE}") + NOT_OURS
    with SocketmapClient(served.maps) as client:
        for octet in whole:
            client.send(bytes([octet]))
        client.send(whole)
        for _ in range(2):
            assert [client.answer() for _ in range(3)] == [NOTHING, ("OK", HOP), NOTHING]


def test_thousands_of_requests_at_once_are_answered_in_order(served):
    learn(served, f"b@{THERE}")
    count = scaled(5000)
    pair = netstring(f"transport b@{THERE}") + NOT_OURS
    with SocketmapClient(served.maps) as client:
        client.socket.setblocking(True)
        sent = memoryview(pair * count)
        answered = 0
        while answered < 2 * count:
            if sent and select.select([], [client.socket], [], 0)[1]:
                sent = sent[client.socket.send(sent[:4096]):]
            elif answered < 2 * count:
                assert client.answer() == (NOTHING if answered % 2 else ("OK", HOP))
                answered += 1
        assert not sent


@pytest.mark.parametrize("key", [
    b"\xff\xfe@there.example", "jörg@there.example".encode(), b'"a b"@there.example',
    b"a b@there.example", b"a%b!c@there.example",
])
def test_keys_of_any_octets(served, key):
    wait_until(lambda: ask(served.maps, "transport", key) == ("OK", HOP), 10, "it is known")


def test_the_longest_request(served):
    head = b"transport "
    key = b"x" * (REQUEST_MAX - len(head) - len("@elsewhere.example")) + b"@elsewhere.example"
    with SocketmapClient(served.maps) as client:
        assert client.ask("transport", key) == NOTHING
        assert client.ask("transport", b"") == NOTHING
        client.send(netstring(head + b"x" + key))
        assert client.is_closed()


@pytest.mark.parametrize("octets", [
    b"GET / HTTP/1.1\r\n\r\n", b"\n", b"\0", b"\xff" * 100, b":,", b"-1:,", b"00:,", b"01:a,",
    b"1;a,", b"3:abcd", b"2049:", b"999999999999999999999:", b"1" * 100000, b"EHLO example.com\r\n",
])
def test_what_is_no_request_ends_the_connection_alone(served, octets):
    with SocketmapClient(served.maps) as other, SocketmapClient(served.maps) as client:
        client.send(NOT_OURS)
        assert client.answer() == NOTHING
        try:
            client.send(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.is_closed()
        assert other.ask("transport", "somebody@elsewhere.example") == NOTHING


def test_what_came_before_is_answered(served):
    with SocketmapClient(served.maps) as client:
        client.send(NOT_OURS + NOT_OURS + b"nonsense")
        assert [client.answer() for _ in range(3)] == [NOTHING, NOTHING, None]


def test_a_client_that_only_listens_any_more_is_answered(served):
    with SocketmapClient(served.maps) as client:
        client.send(NOT_OURS * 3)
        client.socket.shutdown(socket.SHUT_WR)
        assert [client.answer() for _ in range(4)] == [NOTHING] * 3 + [None]


# Clients that are silent, slow, many, or do not read

def fill(client):
    """Sends requests, and reads nothing, until nothing more is taken: how many octets."""
    client.socket.setblocking(False)
    sent = 0
    while select.select([], [client.socket], [], 0.2)[1]:
        try:
            sent += client.socket.send(NOT_OURS * 100)
        except BlockingIOError:
            pass
    client.socket.setblocking(True)
    return sent


def test_a_client_that_does_not_read_stalls_only_itself(served):
    with many(served.maps, 10) as deaf, SocketmapClient(served.maps) as other:
        fill(deaf[0])
        before = served.rss_kib()
        sent = [fill(client) for client in deaf[1:]]
        assert other.ask("transport", "somebody@elsewhere.example") == NOTHING
        assert served.rss_kib() - before < 100 * len(deaf) + SLACK_KIB
        # What was taken is answered once it is read.
        for _ in range(sent[0] // len(NOT_OURS)):
            assert deaf[1].answer() == NOTHING


def test_a_flood_of_requests_leaves_room_for_others(served):
    with many(served.maps, 4) as flooders, SocketmapClient(served.maps) as other:
        for client in flooders:
            client.socket.setblocking(False)
        sent = dict.fromkeys(flooders, 0)
        for _ in range(50):
            for client in flooders:
                begun = sent[client] % len(NOT_OURS)  # what was not taken whole goes on
                with contextlib.suppress(BlockingIOError):
                    sent[client] += client.socket.send((NOT_OURS * 1000)[begun:])
                with contextlib.suppress(BlockingIOError):
                    client.socket.recv(1 << 20)
            assert other.ask("transport", "somebody@elsewhere.example") == NOTHING
        assert min(sent.values()) > 1000 * len(NOT_OURS)


@contextlib.contextmanager
def stopped(daemon):
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        status = f"/proc/{daemon.pid}/status"
        wait_until(lambda: "State:\tT" in open(status).read(), 10, "it has stopped")
        yield
    finally:
        os.kill(daemon.pid, signal.SIGCONT)


def drained(client):
    """So many octets wait to be read."""
    count = 0
    client.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while octets := client.socket.recv(1 << 20):
            count += len(octets)
    return count


def test_who_asks_much_at_once_waits_while_others_ask(served):
    """Who asked last is answered when each has some of its answers, and nobody has all."""
    crowd_n, ahead = 60, 40
    everything = ahead * len(netstring(" ".join(NOTHING)))

    def is_fair():
        with many(served.maps, crowd_n) as crowd, SocketmapClient(served.maps) as other:
            for client in [*crowd, other]:
                client.ask("transport", "somebody@elsewhere.example")
            with stopped(served):
                for client in crowd:
                    client.send(NOT_OURS * ahead)
                other.send(NOT_OURS)
            assert other.answer() == NOTHING
            with stopped(served):
                return all(0 < drained(client) < everything for client in crowd)

    # It may go on for a while before it is stopped again.
    wait_until(is_fair, 60, "the last is answered while others have more to ask")


def test_a_slow_client_is_served_when_its_request_is_whole(served):
    with many(served.maps, 20) as slow, SocketmapClient(served.maps) as other:
        for octet in NOT_OURS:
            for client in slow:
                client.send(bytes([octet]))
            assert other.ask("transport", "somebody@elsewhere.example") == NOTHING
        assert [client.answer() for client in slow] == [NOTHING] * 20


@contextlib.contextmanager
def descriptors(soft):
    """Whoever is started meanwhile may have so many."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_the_connection_that_asked_the_longest_ago_makes_way(run_served):
    with descriptors(200):
        daemon = run_served()  # at most 100 connections to its maps
    with many(daemon.maps, 100) as clients:
        for client in clients:
            assert client.ask("transport", "a@elsewhere.example") == NOTHING
        assert clients[0].ask("transport", "a@elsewhere.example") == NOTHING
        with many(daemon.maps, 30) as more:
            for client in more:
                assert client.ask("transport", "a@elsewhere.example") == NOTHING
            assert all(client.is_closed() for client in clients[1:31])
            for client in [clients[0], *clients[31:], *more]:
                assert client.ask("transport", "a@elsewhere.example") == NOTHING
        still_works(daemon.socket)


def test_thousands_of_connections(served):
    count = scaled(3000, slow=600, valgrind=200)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard == resource.RLIM_INFINITY or hard > count + 500
    before = served.descriptors()
    resting = served.rss_kib()
    with descriptors(min(hard, 20000) if hard != resource.RLIM_INFINITY else 20000):
        with many(served.maps, count) as clients:
            for client in clients:
                assert client.ask("transport", "a@elsewhere.example") == NOTHING
            for client in clients:
                client.send(NOT_OURS)
            assert all(client.answer() == NOTHING for client in clients)
            assert served.rss_kib() - resting < 16 * count + SLACK_KIB
    # The store has more connections at one time than at another.
    wait_until(lambda: served.descriptors() < before + 50, 10, "their descriptors are closed")


# Redis away

@pytest.fixture
def hung(records, served):
    """hung(*users): Redis answers no more; the users are remembered."""
    def stop(*users):
        # Once a change is heard, that all was forgotten before this test is too.
        witness = f"witness@{THERE}"
        learn(served, witness)
        records.user(witness, home="secondary")
        wait_until(lambda: ask(served.maps, "transport", witness) == NOTHING, 10, "it is heard")
        learn(served, *users)
        records.pause()

    yield stop
    records.resume()
    learn(served, f"x@{THERE}")


def test_with_redis_hung_known_users_are_answered_and_others_are_told_to_come_again(served, hung):
    known = f"known@{THERE}"
    hung(known)
    with SocketmapClient(served.maps) as one, SocketmapClient(served.maps) as two:
        for n in range(20):
            one.send(netstring(f"transport unknown{n}@{THERE}"))
            assert two.ask("transport", known) == ("OK", HOP)
            kind, why = one.answer()
            assert kind == "TEMP" and why.startswith("state-")
    # Redis itself is held all the while, and its connections with it.
    served.wait_log("state-lost")
    assert ask(served.maps, "transport", known) == ("OK", HOP)


def test_with_redis_hung_more_than_can_be_asked_are_all_answered(served, hung):
    known = f"known@{THERE}"
    hung(known)
    count = scaled(1000, slow=600, valgrind=600)
    with many(served.maps, count) as clients:
        for n, client in enumerate(clients):
            client.send(netstring(f"recipients many{n}@{THERE}"))
        assert {client.answer()[0] for client in clients} == {"TEMP"}
        assert ask(served.maps, "transport", known) == ("OK", HOP)


def test_with_redis_hung_a_client_may_leave_before_it_is_answered(served, hung):
    hung()
    for n in range(100):
        with SocketmapClient(served.maps) as client:
            client.send(netstring(f"transport gone{n}@{THERE}"))
    assert ask(served.maps, "transport", "a@elsewhere.example") == NOTHING


def test_without_a_cache_a_hung_redis_is_not_waited_for(records, run_served):
    records.flush()
    daemon = run_served(state=records.unix_url, cache_entries=0)
    user = f"a@{THERE}"
    learn(daemon, user)
    records.pause()
    try:
        with SocketmapClient(daemon.maps) as client:
            assert [client.ask("transport", user)[0] for _ in range(5)] == ["TEMP"] * 5
            assert client.ask("transport", "a@elsewhere.example") == NOTHING
    finally:
        records.resume()
    learn(daemon, user)


def test_with_redis_dead_known_users_are_answered(run_served):
    with RedisServer() as redis:
        daemon = run_served(state=redis.unix_url)
        learn(daemon, f"known@{THERE}")
        redis.kill()
        daemon.wait_log("state-lost")
        assert ask(daemon.maps, "transport", f"known@{THERE}") == ("OK", HOP)
        assert ask(daemon.maps, "transport", f"other@{THERE}")[0] == "TEMP"


def test_a_flip_rules_the_next_question(records, served):
    user = f"flip@{THERE}"
    with SocketmapClient(served.maps) as client:
        for home, answer in (("secondary", NOTHING), ("primary", ("OK", HOP))) * 20:
            records.user(user, home=home)
            wait_until(lambda: client.ask("transport", user) == answer, 10, f"{home} is seen")


# The daemon's life

def test_a_reload_rules_the_next_question_of_the_same_connection(run_served):
    daemon = run_served()
    with SocketmapClient(daemon.maps) as client:
        assert client.ask("transport", f"a@{THERE}") == ("OK", HOP)
        changed = options()
        changed["system"]["primary"]["nexthop"] = "smtp:[other.example]"
        daemon.write_config(changed)
        assert daemon.reload().event == "reload"
        assert client.ask("transport", f"a@{THERE}") == ("OK", "smtp:[other.example]")


def test_a_reload_forgets_no_answer_that_postfix_may_remember(records, run_served):
    daemon = run_served(state=records.unix_url)
    user = f"flipped@{THERE}"
    records.user(user, home="primary")
    learn(daemon, user)
    records.user(user, home="secondary")
    wait_until(lambda: ask(daemon.maps, "recipients", user) == ("OK", "secondary"), 10, "it is heard")
    assert daemon.reload().event == "reload"
    [(_, reply)] = transaction(daemon.socket, rcpts=[f"<{user}>"]).rcpts
    assert reply.status == "4.2.1" and "settling" in reply.text


def test_reloads_under_load(records, run_served):
    daemon = run_served(state=records.unix_url)
    user = f"a@{THERE}"
    learn(daemon, user)
    changed = [options(state=records.unix_url, max_hops=50 + n % 2, cache_entries=1000 + n % 2)
               for n in range(scaled(20, slow=6, valgrind=3))]
    with many(daemon.maps, 8) as clients:
        for whole in changed:
            daemon.write_config(whole)
            daemon.reload(wait=None)
            for client in clients * 20:
                client.send(netstring(f"transport {user}"))
            for client in clients * 20:
                assert client.answer()[0] in ("OK", "TEMP")
    learn(daemon, user)


def test_the_maps_change_their_place_with_a_restart_only(run_served):
    daemon = run_served()
    before = daemon.maps
    daemon.write_config(options(maps="unix:{folder}/other.sock"))
    line = daemon.reload()
    assert "`maps`" in line.values["text"]
    assert ask(before, "transport", "a@elsewhere.example") == NOTHING
    daemon.maps = before


MAPPED = "mapped.example"  # its mailboxes at the primary have no route


@pytest.mark.parametrize("first, then, refusal", [
    ("unix:{folder}/maps.sock", None, None), (None, "unix:{folder}/maps.sock", "4.3.5"),
])
def test_until_a_restart_the_maps_that_are_served_count(run_served, first, then, refusal):
    """Without a map, nothing takes such a mailbox there: its mail is not let through."""
    domain = {**OPTIONS["domain"], MAPPED: {"home": "primary"}}
    daemon = run_served(maps=first, domain=domain)
    for maps in (first, then):
        if maps != first:
            daemon.write_config(options(maps=maps, domain=domain))
            begun = len(daemon.lines)
            assert "change with a restart only" in daemon.reload().values["text"]
            daemon.wait_log(since=begun, match=lambda l: l.event == "reload" and "restart" not in l.text)
        done = transaction(daemon.socket, rcpts=[f"<a@{MAPPED}>"])
        assert done.rcpts[0][1].status == refusal if refusal else done.final.goes_on


def test_the_end_closes_the_connections_and_removes_the_socket():
    daemon = Daemon(options()).start()
    try:
        with many(daemon.maps, 10) as clients:
            assert clients[0].ask("transport", "a@elsewhere.example") == NOTHING
            daemon.stop()
            assert all(client.is_closed() for client in clients)
            assert not os.path.exists(daemon.maps)
    finally:
        daemon.close()


def test_the_end_does_not_wait_for_a_hung_redis():
    with RedisServer() as redis:
        daemon = Daemon(options(state=redis.unix_url)).start()
        try:
            learn(daemon, f"a@{THERE}")
            redis.pause()
            with SocketmapClient(daemon.maps) as client:
                client.send(netstring(f"transport b@{THERE}"))
                daemon.stop()
        finally:
            redis.resume()
            daemon.close()


def test_over_tcp(run_served):
    port = free_port()
    daemon = run_served(maps=f"inet:{port}@127.0.0.1")
    assert ask(("127.0.0.1", port), "transport", f"a@{THERE}") == ("OK", HOP)
    assert daemon.maps == ("127.0.0.1", port)


def test_mode_of_the_socket_and_a_stale_one(run_served):
    daemon = run_served(socket_mode="0620")
    assert stat.S_IMODE(os.stat(daemon.maps).st_mode) == 0o620
    daemon.kill()
    assert os.path.exists(daemon.maps)
    daemon.start()
    assert ask(daemon.maps, "transport", f"a@{THERE}") == ("OK", HOP)


def test_a_socket_that_cannot_be_had_is_told_and_nothing_is_left(run_served):
    daemon = run_served()
    second = Daemon(options(maps=f"unix:{daemon.maps}"))
    try:
        status, _, error = second.run_once("-f")
        assert status == os.EX_UNAVAILABLE
        assert f"{daemon.maps}: another process listens there: stop it or set another `maps`" \
            in error
        assert not os.path.exists(second.socket)
    finally:
        second.close()
    assert ask(daemon.maps, "transport", f"a@{THERE}") == ("OK", HOP)


def test_a_stopped_client_in_the_middle_of_a_reply(served):
    """Killed while it waits, and while it is sent to."""
    for reset in (False, True):
        client = SocketmapClient(served.maps)
        client.send(NOT_OURS * 50)
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    assert ask(served.maps, "transport", "a@elsewhere.example") == NOTHING
