"""What became of every recipient of every message: each one is in one line of the table."""

import collections
import itertools

from coexist_testing.chaos.evidence import SIDES
from coexist_testing.chaos.faults import SLACK

# Delivered (at the primary, at the secondary), still queued, bounced.
Outcome = collections.namedtuple("Outcome", "primary secondary queued bounced")
P, S = Outcome(1, 0, 0, 0), Outcome(0, 1, 0, 0)
QUEUED, BOUNCED = Outcome(0, 0, 1, 0), Outcome(0, 0, 0, 1)
NOTHING = Outcome(0, 0, 0, 0)

# Postfix asks a table again no later than this after the table has changed.
TABLE_LINGERS = 31
DUAL = "both"
SENT_BACK = "sent back to where it had just come from"
DECIDED_WRONG = "decided by what the store did not say then"


def add(*outcomes):
    return Outcome(*map(sum, zip(*outcomes)))


class Known:
    """What the filter and the primary may have gone by, for one unit in its time.

    homes: what the store may have said (None: no record); tables: what the primary's table.
    """

    def __init__(self, unit, until, outages, stale):
        person, since = unit.person, unit.began
        self.exists, self.fate = person.exists, person.fate
        self.homes = person.home.seen(since, until, outages.lasts) | {
            home for when, home in stale[person.address] if since <= when <= until + SLACK
        }
        self.tables = person.table.seen(
            since, until, lambda end, since: end + TABLE_LINGERS >= since
        )

    def outcomes(self, entry):
        """Every right end of one transfer, as the table of decisions has it."""
        if entry == "primary":
            return self._at_primary()
        ends = set()
        if "secondary" in self.homes:
            ends.add(S)
        if self.homes & {"primary", None}:
            ends |= self._at_primary()
        if DUAL in self.homes:
            ends |= {add(S, end) for end in self._at_primary()}
        if self.fate == "moving":
            ends.add(QUEUED)  # a submission waits before it is decided
        return ends

    def _at_primary(self):
        """It delivers whom its table has, and hands the others to the secondary, where they stay
        whatever the store says but `primary` or `moving`: then they wait at the primary."""
        if not self.exists:
            return {BOUNCED}
        ends = set()
        if "primary" in self.tables:
            ends.add(P)
        if "secondary" in self.tables and self.homes & {"secondary", DUAL, None}:
            ends.add(S)
        if self.fate != "well":
            ends.add(QUEUED)
        return ends


class Decisions:
    """The decisions in the filter's log, each held against what the store said at its time; one
    that was `stale`, at the time that it says.

    stale: {address: [(when, home)]} of those
    """

    def __init__(self, lines, population, outages):
        self.outages = outages
        self.count = 0
        self.reasons = collections.Counter()
        self.stale = collections.defaultdict(list)
        self.wrong = []
        for line in lines:
            person = population.by_address.get(line.values["rcpt"])
            if person:
                self._read(line, person)

    def _read(self, line, person):
        reason = line.values["reason"]
        self.count += 1
        self.reasons[reason] += 1
        if reason in ("state-down", "bad-record"):
            return
        home = None if reason in ("default", "authority") else line.values["home"]
        since = line.when
        if "stale" in line.values:
            self.stale[person.address].append((line.when, home))
            since -= int(line.values["stale"]) + 1  # it tells whole seconds
        known = person.home.seen(since, line.when, self.outages.lasts)
        if home not in known:
            self.wrong.append((line.text, known, *self._around(line.when, person)))

    def _around(self, when, person):
        """What was going on, in seconds from then."""
        homes = [(value, round(begin - when, 3), round(end - when, 3))
                 for value, begin, end in person.home.spans if end > when - 10 and begin < when + 2]
        outages = [(name, round(begin - when, 3), round(over - when, 3))
                   for begin, over, name in self.outages.spans if abs(begin - when) < 10]
        return homes, outages


class Account:
    """units: of all mails; ended: when what is still waiting was looked at; see Decisions."""

    def __init__(self, units, evidence, decisions, ended):
        self.evidence, self.decisions, self.ended = evidence, decisions, ended
        self.lines = collections.Counter()
        self.wrong = collections.defaultdict(list)
        self.certain = 0
        for unit in units:
            self._classify(unit)
        self._strangers(units)

    def _classify(self, unit):
        key = (unit.mail.message_id, unit.person.address)
        copies, waiting = self.evidence.copies[key], self.evidence.waiting[key]
        count = collections.Counter(copy.side for copy in copies)
        seen = Outcome(
            count["primary"], count["secondary"], len(waiting), self.evidence.bounces[key]
        )
        self._check_copies(unit, key, copies)
        if not unit.certain and (not unit.possible or seen == NOTHING):
            self._never_accepted(unit, seen)
            return
        until = max([copy.when for copy in copies], default=self.ended)
        if waiting or seen.bounced:
            until = self.ended
        known = Known(unit, until, self.decisions.outages, self.decisions.stale)
        right = _repeated(known.outcomes(unit.mail.entry), max(1, unit.certain),
                          unit.certain + unit.possible)
        if len(known.homes) == 1:
            self.certain += 1
        if sum(seen) == 0:
            self._fault("lost", unit, seen, known)
        elif seen in right:
            self._right(unit, seen, waiting)
        else:
            self._fault(_name_of_fault(seen, right), unit, seen, known)

    def _never_accepted(self, unit, seen):
        if unit.rejected:
            self._fault("rejected with 5xx by the filter", unit, seen, unit.rejected)
        elif seen != NOTHING:
            self._fault("delivered though never accepted", unit, seen, None)
        elif unit.person.fate == "well":
            self._fault("put off without end", unit, seen, unit.refusals[-1:])
        else:
            self.lines["never accepted: the client still has it, rightly put off"] += 1

    def _right(self, unit, seen, waiting):
        if unit.certain + unit.possible > 1 and seen.primary + seen.secondary > 1:
            line = "delivered once for each of two transfers by the client"
        elif seen.bounced:
            line = "bounced with a DSN"
        elif seen.queued:
            if not all(self._rightly(unit, place) for place in waiting):
                self._fault("queued for no reason of ours", unit, seen, waiting)
                return
            line = "still queued, rightly"
        elif seen == P:
            line = "delivered at the primary"
        elif seen == S:
            line = "delivered at the secondary"
        elif seen.primary and seen.secondary:
            line = "delivered at both systems, home was both"
        else:
            line = "home was both, and the primary handed its copy back"
        self.lines[line] += 1

    @staticmethod
    def _rightly(unit, place):
        reason = {"moving": "4.2.1 moving", "conflict": "4.4.6 conflict"}[unit.person.fate]
        breaker = "4.4.6 breaker"
        under_way = place.why in ("active", "incoming", "maildrop")
        return under_way or reason in place.why or breaker in place.why

    def _check_copies(self, unit, key, copies):
        """What holds for each copy, wherever it should have been."""
        transfers = unit.certain + unit.possible
        for side in SIDES:
            if self.evidence.moved[side][key] > max(1, transfers):
                self._fault("crossed twice in one direction", unit, side, copies)
        for copy in copies:
            if not copy.intact:
                self._fault("altered", unit, copy, None)
            if len(copy.places) > 3:
                self._fault("crossed twice in one direction", unit, copy, None)
            if "primary secondary primary" in " ".join(copy.places):
                self._fault(SENT_BACK, unit, copy, None)
            if copy.traces != copy.places.count("secondary"):
                self._fault("not a trace for each pass of the filter", unit, copy, None)
        for side in SIDES:
            delivered = len([copy for copy in copies if copy.side == side])
            if delivered != self.evidence.delivered_by_log[side, *key]:
                self._fault("in the log and not in the Maildir, or the reverse", unit, side, copies)

    def _strangers(self, units):
        """What came to somebody who was not addressed."""
        addressed = {(unit.mail.message_id, unit.person.address) for unit in units}
        ours = {unit.mail.message_id for unit in units}
        for key in {*self.evidence.copies, *self.evidence.waiting, *self.evidence.bounces}:
            if key[0] in ours and key not in addressed and (
                self.evidence.copies[key] or self.evidence.waiting[key]
                or self.evidence.bounces[key]
            ):
                self._fault("for somebody else", key, None, None)

    def _fault(self, name, unit, seen, known):
        self.wrong[name].append((unit, seen, known and getattr(known, "__dict__", known)))


def _repeated(ends, least, most):
    """Every sum of so many ends."""
    sums = set()
    for times in range(least, most + 1):
        sums |= {add(NOTHING, *some) for some in itertools.product(ends, repeat=times)}
    return sums


def _name_of_fault(seen, right):
    if seen.bounced > max((end.bounced for end in right), default=0):
        return "bounced without reason"
    most = max((sum(end) for end in right), default=1)
    if sum(seen) > most:
        return "delivered twice by our doing"
    if sum(seen) < min((sum(end) for end in right), default=1):
        return "one of two copies lost"
    if seen.queued:
        return "still queued without reason"
    return "delivered where no state of its time says"


RIGHT = (
    "delivered at the primary", "delivered at the secondary",
    "delivered at both systems, home was both",
    "home was both, and the primary handed its copy back",
    "delivered once for each of two transfers by the client",
    "bounced with a DSN", "still queued, rightly",
    "never accepted: the client still has it, rightly put off",
)
WRONG = (
    "lost", "one of two copies lost", "delivered twice by our doing",
    "delivered where no state of its time says", DECIDED_WRONG, SENT_BACK,
    "crossed twice in one direction", "bounced without reason", "still queued without reason",
    "queued for no reason of ours", "rejected with 5xx by the filter",
    "delivered though never accepted", "put off without end", "altered",
    "not a trace for each pass of the filter", "in the log and not in the Maildir, or the reverse",
    "for somebody else",
)
