"""Memory and time over many messages: neither grows."""

import multiprocessing
import os
import queue as queues

from coexist_testing.milter_client import MilterConnection, Script, default_headers
from coexist_testing.wait import MODE, SLOWNESS, scaled
from scene import HERE, THERE

MESSAGES = int(os.environ.get("COEXIST_MESSAGES", scaled(100_000, slow=6_000, valgrind=600)))
WARM_UP = max(MESSAGES // 10, 200)
WORKERS = 4
PER_CONNECTION = 500
# What the allocator and libmilter's threads may still add after the warm-up.
GROWTH_KIB = 1024

HOPS = [("Received", f" from h{i}.example (h{i}.example [203.0.113.{i}])\n\tby g{i}.example"
         f" (Postfix) with ESMTPS id {i}\n\tfor <a@here.example>; Fri, 1 Aug 2025 10:00:0{i} +0000 (UTC)")
        for i in range(6)]
SHAPES = [
    dict(rcpts=[f"<a@{HERE}>"], headers=default_headers()),
    dict(rcpts=[f"<a@{HERE}>", f"<b@{THERE}>", f"<C+x@{THERE}>"], headers=HOPS + default_headers()),
    dict(rcpts=[f"<b@{THERE}>"], headers=[("X-Coexist-Trace", " v=1; i=1; forged")] * 3
         + HOPS + default_headers()),
    dict(mail="<>", rcpts=[f"<a@{HERE}>"], headers=[("Subject", " " + "x" * 2000)]),
]


def work(address, count, told):
    """A process of its own: count messages over several connections."""
    done = 0
    try:
        while done < count:
            with MilterConnection(address) as link:
                link.connect()
                link.helo()
                scripts = [Script(link, **shape) for shape in SHAPES]
                for number in range(min(PER_CONNECTION, count - done)):
                    answer = scripts[number % len(scripts)].run(link)
                    if answer != b"c":
                        raise AssertionError(f"message {done}: {answer}")
                    done += 1
        told.put(done)
    except BaseException as wrong:
        told.put(repr(wrong))


def send_all(address, count):
    """count messages by WORKERS processes."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    share = [count // WORKERS] * WORKERS
    workers = [context.Process(target=work, args=(address, n, told)) for n in share]
    for worker in workers:
        worker.start()
    try:
        results = [told.get(timeout=120 * SLOWNESS) for _ in workers]
    except queues.Empty:
        results = ["no answer"]
    finally:
        for worker in workers:
            worker.join(5)
            worker.kill()
    assert results == share, results


def test_memory_stays_flat(run_daemon):
    server = run_daemon()
    send_all(server.socket, WARM_UP)
    before = server.rss_kib()
    send_all(server.socket, MESSAGES - WARM_UP)
    after = server.rss_kib()
    print(f"VmRSS {before} KiB after {WARM_UP} messages, {after} KiB after {MESSAGES}")
    if MODE in ("plain", "ubsan"):
        assert after - before <= GROWTH_KIB
    else:
        # The tools keep freed memory back for a while; they look for leaks themselves at the end.
        assert after < before * 2
    assert server.descriptors() < 40
