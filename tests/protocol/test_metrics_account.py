"""What the metrics say after a run is what the test knows of it, number by number."""

import collections
import random
import threading

from coexist_testing.milter_client import MilterConnection, transaction
from coexist_testing.milter_message import message_id
from coexist_testing.net import free_port
from coexist_testing.prometheus import Monitor, difference
from coexist_testing.socketmap_client import SocketmapClient, ask
from coexist_testing.wait import scaled, wait_until
from scene import HERE, OPTIONS, PEER, THERE

EXTERNAL = ("203.0.113.25", "mx.external.example")
WATCHED = "watched.example"
OBSERVED = {**OPTIONS["domain"],
            WATCHED: {"home": "primary", "route": "%u@%d.primary.invalid", "mode": "observe"}}
RECORDS = {
    f"here@{HERE}": {"home": "secondary"}, f"there@{THERE}": {"home": "primary"},
    f"both@{HERE}": {"home": "both"}, f"moving@{HERE}": {"home": "moving"},
    f"bad@{HERE}": {"home": "no where"},
}
THREADS = 6
JOURNALED = ("event", "sent", "strike")

# One message: who hands it over, its recipients, each with what is decided, its header if another
# than usual, and what becomes of it.
Case = collections.namedtuple("Case", "client mail rcpts outcome headers loops forged",
                              defaults=((), (), 0))


def rcpt(name, action, reason, mode="enforce"):
    """name: local part and domain; None for the action: nothing is decided."""
    return name, action, reason, mode


HERE_OK = rcpt(f"here@{HERE}", "here", "home-here")
THERE_OK = rcpt(f"there@{THERE}", "divert", "home-peer")
ROUND = [("Received", " from s by mail.primary.example; x"),
         ("Received", " from p by mail.secondary.example; x")]
SENDER = "<sender@sender.example>"

CASES = [
    Case(EXTERNAL, SENDER, [HERE_OK], "accepted"),
    Case(EXTERNAL, SENDER, [THERE_OK], "accepted"),
    Case(EXTERNAL, SENDER, [HERE_OK, THERE_OK, rcpt(f"both@{HERE}", "both", "dual")], "accepted"),
    Case(EXTERNAL, SENDER, [rcpt(f"x@{HERE}", "here", "default"),
                            rcpt(f"y@{THERE}", "divert", "default")], "accepted"),
    Case(EXTERNAL, SENDER, [rcpt(f"moving@{HERE}", "defer", "moving"), HERE_OK], "accepted"),
    Case(EXTERNAL, SENDER, [rcpt(f"moving@{HERE}", "defer", "moving")], "unfinished"),
    Case(EXTERNAL, SENDER, [rcpt(f"bad@{HERE}", "defer", "bad-record")], "unfinished"),
    Case(EXTERNAL, SENDER, [rcpt("who@elsewhere.example", "leave", "not-ours")], "accepted"),
    Case(EXTERNAL, SENDER, [rcpt(f"z@{WATCHED}", "divert", "default", "observe")], "accepted"),
    Case(EXTERNAL, SENDER, [rcpt(f"a%b@{HERE}@", None, "unreadable")], "unfinished"),
    Case(PEER, SENDER, [rcpt(f"there@{THERE}", "defer", "conflict")], "unfinished"),
    Case(PEER, SENDER, [rcpt(f"there@{THERE}", "defer", "conflict"), HERE_OK], "accepted"),
    Case(PEER, SENDER, [rcpt(f"both@{HERE}", "here", "split-horizon")], "accepted"),
    Case(EXTERNAL, SENDER, [HERE_OK], "accepted", [("X-Coexist-Trace", " v=1; forged"),
                                                   ("X-Coexist-Route", " node=x")], forged=2),
    Case(EXTERNAL, SENDER, [rcpt(f"there@{THERE}", "reject", "hops")], "rejected",
         [("Received", f" from a by b{n}.example; x") for n in range(51)], ["hops"]),
    Case(EXTERNAL, SENDER, [rcpt(f"there@{THERE}", "reject", "loop")], "rejected",
         [("Received", " from s by mail.primary.example; x"), *ROUND, *ROUND, *ROUND],
         ["received"]),
    Case(EXTERNAL, "<>", [rcpt(f"there@{THERE}", "hold", "loop")], "held",
         [("Received", " from s by mail.primary.example; x"), *ROUND, *ROUND, *ROUND],
         ["received"]),
]


class Account:
    """What has to be counted; the page's samples by name and labels."""

    def __init__(self):
        self.expected = collections.Counter()
        self.lock = threading.Lock()

    def add(self, name, n=1, **labels):
        with self.lock:
            self.expected[f"coexist_{name}", tuple(sorted(labels.items()))] += n

    def look_up(self, address, found=None, domain="absent"):
        """A user's record and the domain's are asked for."""
        known = RECORDS.get(address)
        result = "absent" if not known else "bad" if known["home"] == "no where" else "found"
        self.add("store_lookups_total", result=found or result)
        self.add("store_lookups_total", result=domain)

    def recipient(self, who, at_end):
        name, action, reason, mode = who
        if action is None:
            self.add("recipients_undecided_total", cause=reason)
            return
        if action != "leave":
            self.look_up(name)
        if (action == "defer") != at_end:
            self.decided(action, reason, mode)

    def decided(self, action, reason, mode="enforce"):
        self.add("recipients_total", action=action, reason=reason, mode=mode)
        if reason == "conflict":
            self.add("conflicts_total")
            self.add("journal_entries_total", kind="strike")
        if action != "leave":
            self.add("journal_entries_total", kind="event")

    def message(self, case):
        taken = [r for r in case.rcpts if r[1] not in (None, "defer")]
        for who in case.rcpts:
            self.recipient(who, at_end=who in taken)
        self.add("messages_total", outcome=case.outcome)
        self.add("rcpt_duration_seconds_count", len(case.rcpts))
        self.add("eom_duration_seconds_count", bool(taken))
        for kind in case.loops:
            self.add("loops_total", evidence=kind)
        self.add("forged_fields_removed_total", case.forged)
        sent = sum(r[1] in ("divert", "both") and r[3] == "enforce" for r in taken)
        held = sum(r[1] == "hold" for r in taken)  # its release goes to the peer
        self.add("journal_entries_total", sent + held, kind="sent")

    def check(self, changes):
        """All that the page tells, but for durations, and how it was served and written."""
        told = {
            key: n for key, n in changes.items()
            if not key[0].endswith(("_sum", "_bucket")) and not key[0].startswith(
                ("coexist_cache_", "coexist_journal_written", "coexist_journal_batches"))
        }
        wanted = {key: n for key, n in self.expected.items() if n}
        assert told == wanted, "\n".join(
            f"{key}: told {told.get(key, 0)}, expected {wanted.get(key, 0)}"
            for key in sorted(told.keys() | wanted.keys()) if told.get(key) != wanted.get(key)
        )


def send(link, case):
    headers = [*case.headers, ("Message-ID", " " + message_id())]
    done = link.message(mail=case.mail, rcpts=[f"<{r[0]}>" for r in case.rcpts], headers=headers)
    taken = [r for r in case.rcpts if r[1] not in (None, "defer")]
    assert [reply.goes_on for _, reply in done.rcpts] == [r in taken for r in case.rcpts]
    verdict = done.final and done.final.verdict
    assert (verdict == "continue") == (case.outcome in ("accepted", "held"))
    assert done.quarantined == (case.outcome == "held")


def send_all(socket, cases):
    links = {}
    for case in cases:
        if case.client not in links:
            links[case.client] = MilterConnection(socket)
            links[case.client].connect(*case.client)
            links[case.client].helo()
        send(links[case.client], case)
    for link in links.values():
        link.quit()


def send_at_once(socket, cases):
    faults = []

    def run(mine):
        try:
            send_all(socket, mine)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(cases[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def start(run_daemon, records, **changes):
    records.flush()
    for address, fields in RECORDS.items():
        records.user(address, **fields)
    port = free_port()
    daemon = run_daemon(state=records.unix_url, metrics=f"127.0.0.1:{port}",
                        **{"breaker_limit": 100000, "domain": OBSERVED, **changes})
    monitor = Monitor(("127.0.0.1", port))
    wait_until(monitor.ready, 20, "the state is known")
    return daemon, monitor


def settled(monitor):
    """The page, once what the filter still does after its answers is done."""
    def quiet():
        page = monitor.page()
        given = page.sum("coexist_journal_entries_total")
        ended = page.sum("coexist_journal_written_total")
        return given == ended and page.sum("coexist_journal_waiting") == 0 and page

    return wait_until(quiet, 20, lambda: "all is written: " + monitor.page().text)


def test_each_case_by_itself(run_daemon, records):
    daemon, monitor = start(run_daemon, records)
    before = monitor.page()
    for case in CASES:
        account = Account()
        account.message(case)
        send_all(daemon.socket, [case])
        page = wait_for_messages(monitor, before, 1)
        account.check(difference(before, page))
        before = page


def wait_for_messages(monitor, before, count):
    """The page, once so many messages more are over: an ABORT has no answer."""
    wait_until(lambda: monitor.page().sum("coexist_messages_total") == (
        before.sum("coexist_messages_total") + count), 20, f"{count} messages are over")
    return settled(monitor)


def test_a_run_of_many(run_daemon, records):
    daemon, monitor = start(run_daemon, records)
    cases = random.Random(20261).choices(CASES, k=scaled(2000, 300, 60))
    account, before = Account(), monitor.page()
    for case in cases:
        account.message(case)
    send_at_once(daemon.socket, cases)
    page = wait_for_messages(monitor, before, len(cases))
    changes = difference(before, page)
    account.check(changes)
    # Each record came from memory or from Redis, and nothing was stale or lost.
    served = page.sum("coexist_cache_hits_total") + page.sum("coexist_cache_fills_total")
    assert served == page.sum("coexist_store_lookups_total")
    assert page.sum("coexist_cache_stale_answers_total") == 0
    assert page.sum("coexist_journal_dropped_total") == page.sum("coexist_journal_refused_total") == 0
    assert int(records.cli("XLEN", "coexist:events")) == (
        page.sum("coexist_journal_entries_total", kind="event"))


def test_loops_by_trace(run_daemon, records):
    daemon, monitor = start(run_daemon, records)
    account, before = Account(), monitor.page()
    rounds = scaled(20, 5, 2)
    for _ in range(rounds):
        first = transaction(daemon.socket, rcpts=[f"<{THERE_OK[0]}>"])
        trace = [("X-Coexist-Trace", " " + v) for v in first.values("X-Coexist-Trace")]
        again = transaction(daemon.socket, rcpts=[f"<{THERE_OK[0]}>"], headers=trace + [
            field for field in first.fields if not field[0].startswith("X-Coexist")])
        assert again.final.status == "5.4.6"
        account.message(Case(EXTERNAL, SENDER, [THERE_OK], "accepted"))
        account.message(Case(EXTERNAL, SENDER, [rcpt(THERE_OK[0], "reject", "loop")], "rejected",
                             loops=["trace"]))
    account.check(difference(before, wait_for_messages(monitor, before, 2 * rounds)))


def untold_peer():
    systems = OPTIONS["system"]
    return {**systems, "primary": {**systems["primary"], "networks": None}}


def test_loops_by_the_ledger(run_daemon, records):
    daemon, monitor = start(run_daemon, records, system=untold_peer())
    account, before = Account(), monitor.page()
    for turn in range(3):
        done = transaction(daemon.socket, rcpts=[f"<{THERE_OK[0]}>"], headers=[
            ("Received", f" from x by mail.primary.example id {turn}; x"),
            ("Message-ID", " <one@sender.example>")])
        assert (done.final.verdict == "continue") == (turn < 2)
        settled(monitor)
        account.add("ledger_lookups_total", result="found")
        account.message(Case(EXTERNAL, SENDER, [THERE_OK], "accepted") if turn < 2 else Case(
            EXTERNAL, SENDER, [rcpt(THERE_OK[0], "reject", "loop")], "rejected",
            loops=["ledger"]))
    account.check(difference(before, wait_for_messages(monitor, before, 3)))


def test_a_breaker_that_opens(run_daemon, records):
    daemon, monitor = start(run_daemon, records, breaker_limit=3)
    account, before = Account(), monitor.page()
    conflict = Case(PEER, SENDER, [rcpt(f"there@{THERE}", "defer", "conflict")], "unfinished")
    for _ in range(3):
        send_all(daemon.socket, [conflict])
        account.message(conflict)
    wait_until(lambda: monitor.page().sum("coexist_breakers_open") == 1, 20, "the breaker opens")
    waits = Case(EXTERNAL, SENDER, [rcpt(f"there@{THERE}", "defer", "breaker")], "unfinished")
    send_all(daemon.socket, [waits])
    account.message(waits)
    account.check(difference(before, wait_for_messages(monitor, before, 4)))


def test_while_redis_is_away(run_daemon, records):
    daemon, monitor = start(run_daemon, records)
    send_all(daemon.socket, [CASES[0], CASES[1]])
    before = settled(monitor)
    records.kill()
    try:
        wait_until(lambda: monitor.page().sum("coexist_cache_state", state="down"), 20, "it is down")
        account = Account()
        remembered = Case(EXTERNAL, SENDER, [HERE_OK, THERE_OK], "accepted")
        send_all(daemon.socket, [remembered])
        account.message(remembered)
        assert transaction(daemon.socket, rcpts=[f"<new@{HERE}>"]).rcpts[0][1].code == 451
        account.look_up(f"new@{HERE}", found="unavailable")
        account.decided("defer", "state-down")
        account.add("messages_total", outcome="unfinished")
        account.add("rcpt_duration_seconds_count")
        wait_until(lambda: monitor.page().sum("coexist_messages_total") == (
            before.sum("coexist_messages_total") + 2), 20, "both are over")
        page = monitor.page()
        account.check(difference(before, page))
        # Two users and thrice their domain's none.
        assert page.sum("coexist_cache_stale_answers_total") == 5
        assert page.sum("coexist_ready") == 0
    finally:
        records.start()
    page = settled(monitor)
    assert page.sum("coexist_journal_dropped_total") == 0
    wait_until(monitor.ready, 20, "it is ready")


def test_messages_that_do_not_come_to_their_end(run_daemon, records):
    daemon, monitor = start(run_daemon, records)
    account, before = Account(), monitor.page()
    for stage in ("mail", "rcpt", "header"):
        transaction(daemon.socket, rcpts=[f"<here@{HERE}>"], stop_after=stage)
        account.add("messages_total", outcome="unfinished")
        if stage != "mail":
            account.look_up(f"here@{HERE}")
            account.add("rcpt_duration_seconds_count")
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.helo()
        link.mail()  # cut off
    account.add("messages_total", outcome="unfinished")
    account.check(difference(before, wait_for_messages(monitor, before, 4)))


# The maps

QUESTIONS = [
    ("transport", f"here@{HERE}", "notfound"), ("transport", f"there@{THERE}", "ok"),
    ("transport", f"moving@{HERE}", "ok"), ("transport", "a@elsewhere.example", "notfound"),
    ("recipients", f"there@{THERE}", "ok"), ("recipients", f"bad@{HERE}", "temp"),
    ("recipients", "a@elsewhere.example", "notfound"), ("alias", f"there@{THERE}", "ok"),
    ("alias", f"here@{HERE}", "notfound"), ("alias", f"bad@{HERE}", "temp"),
    ("transports", f"there@{THERE}", "perm"), ("transport", "", "notfound"),
]
MAPS = ("transport", "recipients", "alias")


def start_maps(run_daemon, records, **changes):
    systems = {name: dict(block) for name, block in OPTIONS["system"].items()}
    systems["primary"]["nexthop"] = "smtp:[mail.primary.example]"
    return start(run_daemon, records, system=systems, maps="unix:{folder}/maps.sock", **changes)


def test_each_answer_of_a_map(run_daemon, records):
    daemon, monitor = start_maps(run_daemon, records)
    for _, key, _ in QUESTIONS:  # a first look-up may take longer than a map waits
        wait_until(lambda: "state-" not in ask(daemon.maps, "recipients", key)[1], 20, f"{key} is known")
    questions = random.Random(7).choices(QUESTIONS, k=scaled(3000, 500, 100))
    account, before = Account(), settled(monitor)
    with SocketmapClient(daemon.maps) as client:
        for table, key, result in questions:
            assert client.ask(table, key)[0].lower() == result, (table, key)
            account.add("map_answers_total", map=table if table in MAPS else "other", result=result)
    account.check(difference(before, settled(monitor)))


def test_an_answer_that_comes_too_late_is_remembered(run_daemon, records):
    """Redis is held for longer than a map waits, and not for longer than the filter does."""
    daemon, monitor = start_maps(run_daemon, records, command_timeout=60000)
    before = settled(monitor)
    records.pause()
    try:
        kind, why = ask(daemon.maps, "transport", f"there@{THERE}")
        assert kind == "TEMP" and why.startswith("state-late: ")
    finally:
        records.resume()
    wait_until(lambda: monitor.page().sum("coexist_cache_entries") == 2, 20, "both records are known")
    known = settled(monitor)
    assert ask(daemon.maps, "transport", f"there@{THERE}")[0] == "OK"
    account = Account()
    account.look_up(f"there@{THERE}")
    account.add("map_answers_total", map="transport", result="late")
    account.add("map_answers_total", map="transport", result="ok")
    after = settled(monitor)
    account.check(difference(before, after))
    assert after.sum("coexist_cache_fills_total") == known.sum("coexist_cache_fills_total")
