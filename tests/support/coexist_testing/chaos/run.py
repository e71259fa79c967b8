"""Mail, flips and faults at once; then the account."""

import collections
import os
import random
import time

from coexist_testing.chaos.account import DECIDED_WRONG, RIGHT, WRONG, Account, Decisions
from coexist_testing.chaos.evidence import Evidence, logs_now
from coexist_testing.chaos.faults import BY_SENTINEL, FAULTS, Outages
from coexist_testing.chaos.mail import Clients, make_mails
from coexist_testing.chaos.population import Flipper, Population
from coexist_testing.chaos.store import is_heard
from coexist_testing.daemon import Daemon
from coexist_testing.milter_client import transaction
from coexist_testing.pair import user_of
from coexist_testing.wait import MODE, SLOWNESS, wait_briefly, wait_until

RULES_SECONDS = 5 * SLOWNESS  # a flip, without an outage


def seed_of_run():
    """COEXIST_SEED, or a new one."""
    return int(os.environ.get("COEXIST_SEED") or random.SystemRandom().randrange(10**9))


class Chaos:
    """messages: how many; rate: of messages a second; users; flips: a second.

        with Chaos(pair, redis, seed, messages=600, rate=60, users=300) as chaos:
            chaos.run()
            chaos.check()
    """

    snapshot_interval = 1

    def __init__(self, pair, redis, seed, messages, rate, users, flips=100):
        self.pair, self.redis, self.seed = pair, redis, seed
        self.rng = random.Random(seed)
        self.flips = flips
        self.faults = FAULTS + (BY_SENTINEL if redis.sentinels else [])
        self.happened = collections.Counter()
        self.outages = Outages(self._has_recovered)
        self.population = Population(pair, redis, self._rng("users"), users)
        self.mails = make_mails(self._rng("mails"), self.population, messages)
        self.clients = Clients(pair, self.mails, rate, self._rng("clients"))
        self.daemon = Daemon(pair.filter_options(
            state=redis.state, snapshot="{folder}/snapshot",
            snapshot_interval=self.snapshot_interval, breaker_window=10, command_timeout=250,
        ))
        self.account = None

    def _rng(self, purpose):
        """Each thread draws from its own, so that their order means nothing."""
        return random.Random(f"{self.seed} {purpose}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.population.records.close()
        finally:
            self.daemon.close(check=kind is None)

    def pause(self, most=1.0):
        """While something is broken."""
        time.sleep(self.rng.uniform(0.3, 1.0) * most)

    def _has_recovered(self):
        """The filter hears from the master, and a flip rules. What it remembered of the probe is
        older than that."""
        home = is_heard(self.redis.master) and self.population.flip_probe()
        return home and wait_briefly(lambda: self._probe_is(home), RULES_SECONDS)

    def _probe_is(self, home):
        rcpt = f"<{self.population.probe.address}>"
        reply = transaction(self.daemon.socket, rcpts=[rcpt], stop_after="rcpt").reply(rcpt)
        return reply.status == "4.2.1" if home == "moving" else reply.goes_on

    # The run

    def run(self):
        print(f"chaos: seed {self.seed} (COEXIST_SEED={self.seed} runs it again)", flush=True)
        began = time.monotonic()
        since = logs_now(self.pair)
        self.population.settle()
        self.daemon.start()
        flipper = Flipper(self.population, self.flips).start()
        self.clients.start()
        try:
            self._break_things()
        finally:
            flipper.stop()
        self.took = {"all was sent": time.monotonic() - began}
        self.population.end()
        self.clients.send_late()
        self._drain()
        self.took["all had arrived"] = time.monotonic() - began
        self._settle_accounts(since)

    def _break_things(self):
        """Every fault once, in a random order, then again, until all mail is begun."""
        queue, began = [], time.monotonic()
        while not self.clients.all_begun() or len(self.happened) < len(self.faults):
            if not queue:
                queue = self.rng.sample(self.faults, len(self.faults))
            fault = queue.pop()
            print(f"{time.monotonic() - began:8.2f} s  {fault.__name__}", flush=True)
            fault(self)
            self.happened[fault.__name__] += 1
            self.pause()

    def _drain(self):
        """Until what is left is what has to wait."""
        def drained():
            self.clients.check()
            if any(u.person.fate == "well" for m in self.clients.held() for u in m.waiting()):
                return False
            for postfix in self.pair.both:
                postfix.flush()
            time.sleep(0.5)
            return self._only_stuck()

        wait_until(drained, 40, self._told, interval=0.5)
        self.clients.stop_trying()
        wait_until(self._only_stuck, 60, self._told, interval=0.5)
        self.ended = time.time()

    def _only_stuck(self):
        stuck = {p.address for p in self.population.stuck}
        return self.pair.quiet_but(lambda recipient: recipient in stuck)

    def _others(self):
        stuck = {p.address for p in self.population.stuck}
        return [m for p in self.pair.both for m in p.queue()
                if any(user_of(r["address"]) not in stuck for r in m["recipients"])]

    def _told(self):
        held = [(u, u.refusals[-1:]) for m in self.clients.held() for u in m.waiting()
                if u.person.fate == "well"]
        return f"held by clients: {held[:5]}; queued: {self._others()}"

    # The account

    def _settle_accounts(self, since):
        units = [unit for mail in self.mails for unit in mail.units]
        evidence = Evidence(self.pair, since)
        self.units = units
        self.decisions = Decisions(self.daemon.find("decide"), self.population, self.outages)
        self.account = Account(units, evidence, self.decisions, self.ended)
        self.account.wrong[DECIDED_WRONG] = self.decisions.wrong
        self._print()

    def _print(self):
        account, units = self.account, self.units
        refusals = collections.Counter(
            " ".join(told.split()[:3]) for unit in units for told in unit.refusals
        )
        rows = [("messages", len(self.mails)), ("recipients of them", len(units))]
        rows += [(f"  {line}", account.lines[line]) for line in RIGHT]
        rows += [(f"  {line}", len(account.wrong[line])) for line in WRONG]
        rows += [("only one home possible while in flight", account.certain),
                 ("flips", self.population.flips),
                 ("flips not made, the store was away", self.population.not_reached),
                 ("flips that may have failed", self.population.unsure),
                 ("longest time until a flip ruled after an outage, ms",
                  round(1000 * self.outages.longest)),
                 ("decisions by what was remembered, the store was away",
                  sum(map(len, self.decisions.stale.values()))),
                 ("decisions", self.decisions.count)]
        rows += [(f"  {reason}", n) for reason, n in self.decisions.reasons.most_common()]
        rows += [(f"fault: {name}", n) for name, n in sorted(self.happened.items())]
        rows += [(f"put off: {text}", n) for text, n in refusals.most_common(12)]
        rows += [(f"seconds until {what}", round(s)) for what, s in self.took.items()]
        print("\n".join(f"{name:<62}{count:>8}" for name, count in rows), flush=True)

    def check(self):
        """Every line of the account."""
        account = self.account
        wrong = [f"{line}: {one}" for line in WRONG for one in account.wrong[line][:3]]
        assert not wrong, "\n".join(wrong)
        assert sum(account.lines.values()) == len(self.units)
        assert set(self.happened) == {fault.__name__ for fault in self.faults}
        if MODE == "plain":
            self._check_that_it_says_something()

    def _check_that_it_says_something(self):
        """Not so where a slow filter leaves time for a few messages only."""
        account = self.account
        for line in (*RIGHT[:3], *RIGHT[5:7]):
            assert account.lines[line], f"nothing shown: {line}"
        # Were every home possible for every message, the account would say nothing.
        assert account.certain >= len(self.units) / 4
        for reason in ("conflict", "dual", "authority", "moving", "state-down"):
            assert self.decisions.reasons[reason], f"never decided: {reason}"
