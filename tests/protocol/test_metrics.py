"""The endpoint for monitors: what it answers, and that nobody who asks disturbs the mail."""

import contextlib
import os
import socket
import threading

import pytest

from coexist_testing.milter_client import MilterConnection, transaction
from coexist_testing.net import accepts, free_port
from coexist_testing.prometheus import Monitor, difference
from coexist_testing.wait import scaled, wait_until
from scene import HERE, PEER, THERE, still_works

UNAVAILABLE = 69  # EX_UNAVAILABLE
CONNECTIONS = 32  # that are served at once


def endpoint(port, host="127.0.0.1"):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@pytest.fixture
def watched(run_daemon, records):
    """watched(host="127.0.0.1", option=value, ...): a filter with its state in `records`, which is
    empty at first, and its monitor."""
    records.flush()

    def run(host="127.0.0.1", **changes):
        port = free_port(host)
        options = {"state": records.unix_url, "metrics": endpoint(port, host), **changes}
        daemon = run_daemon(**options)
        daemon.monitor = Monitor((host, port))
        wait_until(lambda: accepts((host, port)) and daemon.monitor.ready(), 20, "it is ready")
        return daemon

    return run


def reload_with(daemon, **changes):
    daemon.write_config({**daemon.options, **changes})
    daemon.reload()


LISTEN = "0A"


def tcp_states(daemon):
    """Of each TCP socket of it, as /proc/net/tcp has them."""
    own = set()
    for fd in os.listdir(f"/proc/{daemon.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            own.add(os.readlink(f"/proc/{daemon.pid}/fd/{fd}"))
    rows = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}") as file:
            rows += [line.split() for line in file.readlines()[1:]]
    return [row[3] for row in rows if f"socket:[{row[9]}]" in own]


def connections(daemon):
    """How many clients of its monitor it has; all else that it speaks to has unix sockets."""
    return sum(state != LISTEN for state in tcp_states(daemon))


# What is answered


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_page_parses(watched, host):
    daemon = watched(host)
    page = daemon.monitor.page()
    assert all(name.startswith("coexist_") for name in page.families)
    [(_, labels)] = page.families["coexist_build_info"].samples
    assert f"coexist-milter {dict(labels)['version']}\n" in daemon.run_once("-V")[1]
    assert dict(labels)["node"] == "mail.secondary.example"
    assert dict(labels)["system"] == "secondary"
    assert page.sum("coexist_build_info") == page.sum("coexist_ready") == 1
    assert page.sum("coexist_cache_state", state="fresh") == page.sum("coexist_cache_state") == 1
    still_works(daemon.socket)
    assert daemon.monitor.page().families.keys() == page.families.keys()


@pytest.mark.parametrize("method, path, status, text", [
    ("GET", "/healthz", 200, "alive\n"),
    ("HEAD", "/healthz", 200, ""),
    ("GET", "/readyz", 200, "ready\n"),
    ("GET", "/readyz?verbose", 200, "ready\n"),
    ("HEAD", "/metrics", 200, ""),
    ("GET", "/", 404, "there are /metrics, /healthz and /readyz\n"),
    ("GET", "/metrics/", 404, "there are /metrics, /healthz and /readyz\n"),
    ("GET", "/METRICS", 404, "there are /metrics, /healthz and /readyz\n"),
    ("HEAD", "/favicon.ico", 404, ""),
    ("POST", "/metrics", 405, "GET and HEAD alone are answered\n"),
    ("PUT", "/nowhere", 405, "GET and HEAD alone are answered\n"),
    ("DELETE", "/readyz", 405, "GET and HEAD alone are answered\n"),
    ("OPTIONS", "/metrics", 405, "GET and HEAD alone are answered\n"),
    ("BREW", "/metrics", 405, "GET and HEAD alone are answered\n"),
])
def test_requests(watched, method, path, status, text):
    got, headers, said = watched().monitor.get(path, method)
    assert (got, said) == (status, text)
    assert headers["Content-Type"].startswith("text/plain")
    assert headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


def test_a_body_that_is_promised_is_not_waited_for(watched):
    daemon = watched()
    with socket.create_connection(daemon.monitor.address, 20) as link:
        link.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 405 ")


def test_it_is_off_when_absent(run_daemon):
    daemon = run_daemon()
    assert tcp_states(daemon) == []
    assert not daemon.find("metrics")


# Readiness


def test_ready_follows_redis(watched, records):
    daemon = watched()
    heard = daemon.monitor.page().sum("coexist_cache_invalidations_total")
    records.user(f"a@{HERE}", home="secondary")
    wait_until(lambda: daemon.monitor.page().sum("coexist_cache_invalidations_total") > heard, 20,
               "it hears of the change, after which nothing is forgotten")
    assert transaction(daemon.socket, rcpts=[f"<a@{HERE}>"]).final.verdict == "continue"
    records.kill()
    try:
        wait_until(lambda: not daemon.monitor.ready(), 20, "it is not ready")
        wait_until(lambda: daemon.monitor.page().sum("coexist_cache_state", state="down") == 1, 20,
                   "Redis is known to be away")
        status, _, why = daemon.monitor.get("/readyz")
        # The user's record, and that the domain has none.
        assert (status, why) == (503, f"the state is not known: Redis at {records.socket} does not "
                                      "answer; records remembered: 2\n")
        assert daemon.monitor.get("/healthz")[0] == 200
        page = daemon.monitor.page()
        assert page.sum("coexist_ready") == 0
        assert page.sum("coexist_cache_entries") == 2
        assert transaction(daemon.socket, rcpts=[f"<a@{HERE}>"]).final.verdict == "continue"
    finally:
        records.start()
    wait_until(daemon.monitor.ready, 20, "it is ready again")
    assert daemon.monitor.page().sum("coexist_ready") == 1


def test_ready_without_a_cache_is_an_answer_of_redis(watched, records):
    daemon = watched(cache_entries=0)
    records.kill()
    try:
        wait_until(lambda: not daemon.monitor.ready(), 20, "it is not ready")
        status, _, why = daemon.monitor.get("/readyz")
        assert status == 503 and why.startswith("the state is not known: ")
        assert why.count("\n") == 1 and why.endswith("\n")
    finally:
        records.start()
    wait_until(daemon.monitor.ready, 20, "it is ready again")


def test_records_in_memory_alone_are_known(run_daemon):
    port = free_port()
    monitor = Monitor(("127.0.0.1", port))
    daemon = run_daemon(metrics=endpoint(port))
    assert monitor.ready()
    still_works(daemon.socket)
    page = monitor.page()
    assert page.sum("coexist_messages_total", outcome="accepted") == 1
    assert page.sum("coexist_cache_state") == page.sum("coexist_journal_entries_total") == 0


def test_not_ready_while_it_ends(watched):
    daemon = watched()
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.helo()
        link.message(rcpts=[f"<a@{HERE}>"], stop_after="rcpt", abort=False)
        daemon.terminate()
        wait_until(lambda: not daemon.monitor.ready(), 20, "it is not ready")
        assert daemon.monitor.get("/readyz")[2] == "the filter is ending\n"
        assert daemon.monitor.get("/healthz")[0] == 200
        link.abort()
    daemon.wait_end()
    assert not accepts(daemon.monitor.address)


# Start and reload


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_ends_the_start(watched, host):
    daemon = watched(host)
    first = endpoint(daemon.monitor.address[1], host)
    daemon.write_config({**daemon.options, "listen": "unix:{folder}/second.sock"})
    status, _, error = daemon.run_once("-f")
    assert status == UNAVAILABLE
    assert (f"coexist-milter: metrics: {first}: another process listens there: stop it or set "
            "another `metrics`\n") in error
    assert not os.path.exists(daemon.socket), "the other socket is not left behind"
    assert daemon.monitor.ready()


def test_an_address_of_nobody_ends_the_start(watched):
    daemon = watched()
    daemon.write_config({**daemon.options, "listen": "unix:{folder}/second.sock",
                         "metrics": f"192.0.2.1:{free_port()}"})
    status, _, error = daemon.run_once("-f")
    assert status == UNAVAILABLE
    assert ": cannot listen there: " in error and "metrics: 192.0.2.1:" in error


def test_a_reload_moves_the_endpoint(watched):
    daemon = watched()
    first, second = daemon.monitor.address, ("127.0.0.1", free_port())
    still_works(daemon.socket)
    reload_with(daemon, metrics=endpoint(second[1]))
    assert not accepts(first)
    daemon.monitor = Monitor(second)
    page = daemon.monitor.page()
    assert page.sum("coexist_messages_total", outcome="accepted") == 1
    assert page.sum("coexist_reloads_total", result="good") == 1
    # The same port, of all addresses.
    reload_with(daemon, metrics=endpoint(second[1], "0.0.0.0"))
    assert daemon.monitor.page().sum("coexist_reloads_total", result="good") == 2
    reload_with(daemon, metrics=None)
    assert tcp_states(daemon) == []
    reload_with(daemon, metrics=endpoint(first[1]))
    assert Monitor(first).page().sum("coexist_reloads_total", result="good") == 4


def test_a_reload_to_a_port_that_is_taken_stays(watched):
    daemon = watched()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reload_with(daemon, metrics=endpoint(port))
    assert daemon.find("reload", match=lambda l: l.level == "warning")[0].values["text"] == (
        f"metrics: 127.0.0.1:{port}: another process listens there: stop it or set another "
        "`metrics`; the old endpoint stays")
    assert daemon.monitor.ready()
    reload_with(daemon, metrics=endpoint(port))
    assert Monitor(("127.0.0.1", port)).ready()


def test_a_reload_that_fails_is_counted(watched):
    daemon = watched()
    good = daemon.options
    daemon.write_config({**good, "max_hops": 1})
    daemon.reload("reload-failed")
    page = daemon.monitor.page()
    assert page.sum("coexist_reloads_total", result="failed") == 1
    assert page.sum("coexist_reloads_total") == 1
    daemon.write_config(good)


def test_no_total_goes_back_where_the_state_is_replaced(watched, records):
    daemon = watched()
    records.user(f"b@{THERE}", home="primary")
    monitor, last = daemon.monitor, daemon.monitor.page()
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.helo()
        # A message that keeps the first state in use.
        link.message(rcpts=[f"<b@{THERE}>"], stop_after="rcpt", abort=False)
        for prefix in ("coexist:", "other:", "memory:", "coexist:"):
            state = "memory:" if prefix == "memory:" else records.unix_url
            reload_with(daemon, prefix="coexist:" if prefix == "memory:" else prefix, state=state)
            wait_until(monitor.ready, 20, "the state is known")
            still_works(daemon.socket)
            transaction(daemon.socket, client=PEER, rcpts=[f"<b@{THERE}>"])
            page = monitor.page()
            difference(last, page)
            last = page
    lookups = last.sum("coexist_store_lookups_total")
    served = last.sum("coexist_cache_hits_total") + last.sum("coexist_cache_fills_total")
    # Those of the memory alone went through no cache: three recipients' user and domain.
    assert served == lookups - 6
    events = last.sum("coexist_journal_entries_total", kind="event")
    wait_until(lambda: monitor.page().sum("coexist_journal_written_total") == (
        last.sum("coexist_journal_entries_total")), 20, "all is written")
    difference(last, monitor.page())
    assert events == int(records.cli("XLEN", "coexist:events")) + int(
        records.cli("XLEN", "other:events"))


# Hostile clients


def garbage():
    yield b"\r\n" * 1000
    yield b"GET\r\n\r\n"
    yield b"GET /metrics\r\n\r\n"
    yield b"GET /metrics HTTP/9.9\r\n\r\n"
    yield b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100000 + b"\r\n\r\n"
    yield b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n"
    yield b"GET /%00%ff%zz/../metrics\0 HTTP/1.1\r\nHost: x\r\n\r\n"
    yield bytes(range(256)) * 100
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    yield b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n"
    yield b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"


def test_garbage(watched):
    daemon = watched()
    for octets in garbage():
        with socket.create_connection(daemon.monitor.address, 20) as link:
            with contextlib.suppress(OSError):
                link.sendall(octets)
                link.shutdown(socket.SHUT_WR)
                link.recv(65536)
        assert daemon.monitor.get("/healthz")[2] == "alive\n"
    still_works(daemon.socket)
    daemon.monitor.page()
    wait_until(lambda: connections(daemon) == 0, 20, "connections are closed")


def test_a_client_may_leave_at_any_time(watched):
    daemon = watched()
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    for n in range(len(request) + 1):
        with socket.create_connection(daemon.monitor.address, 20) as link:
            link.sendall(request[:n])
    assert daemon.monitor.get("/healthz")[0] == 200
    wait_until(lambda: connections(daemon) == 0, 20, "connections are closed")


def test_many_slow_clients_keep_no_mail_waiting(watched):
    daemon = watched()
    with contextlib.ExitStack() as stack:
        for _ in range(scaled(80, 80, 50)):
            link = stack.enter_context(socket.socket())
            link.setblocking(False)
            # Beyond the backlog the system makes the client wait.
            with contextlib.suppress(BlockingIOError):
                link.connect(daemon.monitor.address)
            with contextlib.suppress(OSError):
                link.send(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        wait_until(lambda: connections(daemon) == CONNECTIONS, 20, "as many as may be are let in")
        for _ in range(scaled(100, 20, 3)):
            still_works(daemon.socket)
            # The library accepts one more at times, and closes it at once.
            wait_until(lambda: connections(daemon) <= CONNECTIONS, 5, "no more are held")
    wait_until(lambda: connections(daemon) == 0, 30, "they are gone")
    assert daemon.monitor.ready()


def test_a_silent_client_is_dropped(watched):
    daemon = watched()
    with socket.create_connection(daemon.monitor.address, 10) as link:
        link.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        wait_until(lambda: connections(daemon) == 1, 20, "it is let in")
        wait_until(lambda: connections(daemon) == 0, 30, "it is dropped")
    assert daemon.monitor.ready()


def test_scrapes_and_mail_at_once(watched):
    daemon = watched()
    over, faults = threading.Event(), []

    def scrape():
        last = daemon.monitor.page()
        while not over.is_set():
            try:
                page = daemon.monitor.page()
                difference(last, page)
                last = page
            except Exception as fault:
                faults.append(fault)
                return

    threads = [threading.Thread(target=scrape) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(scaled(200, 30, 5)):
            still_works(daemon.socket)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not faults
    page = daemon.monitor.page()
    messages = page.sum("coexist_messages_total", outcome="accepted")
    assert page.count("coexist_eom_duration_seconds") == messages == scaled(200, 30, 5)
    assert page.count("coexist_rcpt_duration_seconds") == 2 * messages
