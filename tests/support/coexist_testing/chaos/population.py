"""Users whose mailboxes move, one or a whole group at a time, as the store and the primary know."""

import heapq
import itertools
import threading
import time

from coexist_testing.chaos.store import Records
from coexist_testing.chaos.timeline import Timeline
from coexist_testing.pair import DOMAIN, unique
from coexist_testing.redis_link import RedisError

# Homes and how often a user is flipped to each; None: no record, the domain's default.
HOMES = ("primary",) * 4 + ("secondary",) * 4 + ("both", "moving", None)
GROUP_HOMES = ("primary", "secondary", "secondary", "both")
# What the primary's own table makes of each; it knows no user on the move.
PRIMARY_HAS = {"primary": "primary", "both": "primary", None: "primary", "secondary": "secondary"}
NOTHING = (OSError, RedisError)
GROUP_SHARE = 10  # of so many users one is in a group
GROUP_SIZE = 5
STEADY_SHARE = 3  # of so many users one is never flipped
HOT = 60  # users that get a good part of all flips, and of the mail: there the primary is behind
HOT_FLIPS, HOT_MAIL = 0.3, 0.1
STUCK = 3  # users that are left moving at the end, and as many in conflict


class Person:
    """One user. home: what the store says; table: what the primary says, `primary` or
    `secondary`. fate: what the user ends as, `well`, `moving` or `conflict` (store and primary
    do not agree). exists: the primary knows the mailbox."""

    def __init__(self, address, home, group=None, steady=False, exists=True):
        self.address, self.group, self.steady, self.exists = address, group, steady, exists
        self.home = Timeline(home)
        self.table = Timeline(PRIMARY_HAS.get(home, "primary"))
        self.fate = "well"

    def __repr__(self):
        return self.address


class Population:
    """rng decides all. lag: the primary's table follows the store by so many seconds, from, to."""

    def __init__(self, pair, redis, rng, size, lag=(0.0, 0.8)):
        self.pair, self.rng, self.lag = pair, rng, lag
        self.records = Records(redis)
        self.lock = threading.RLock()  # one writer of records at a time
        self.flips = self.unsure = self.not_reached = 0
        self.persons, self.groups = [], {}
        self._make(size)
        self.by_address = {p.address: p for p in self.persons}
        self.known = [p for p in self.persons if p.exists and p is not self.probe]
        self.flipped = [p for p in self.known if not p.steady]
        self.loners = [p for p in self.flipped if not p.group]
        self.hot = rng.sample(self.loners, min(HOT, len(self.loners) // 2))
        self.stuck = rng.sample(self.loners, 2 * STUCK)

    def _make(self, size):
        name = unique("chaos")
        in_group = size // GROUP_SHARE
        for number in range(size):
            group = f"{name}-{number // GROUP_SIZE}" if number < in_group else None
            home = self.rng.choice(HOMES)
            if group:
                home = self.groups[group][0].home.last if group in self.groups else "primary"
            elif number % STEADY_SHARE == 0:
                home = self.rng.choice(("primary", "secondary", "both", None))
            person = Person(
                f"{name}.{number}@{DOMAIN}", home, group,
                steady=not group and number % STEADY_SHARE == 0,
            )
            self.persons.append(person)
            if group:
                self.groups.setdefault(group, []).append(person)
        self.ghosts = [
            Person(f"{name}.ghost{n}@{DOMAIN}", None, steady=True, exists=False) for n in range(5)
        ]
        self.probe = Person(f"{name}.probe@{DOMAIN}", "moving", steady=True)
        self.persons += [*self.ghosts, self.probe]

    def settle(self):
        """Before the first message: every record written, and the primary's table."""
        self.write_all()
        for person in self.persons:
            self._tell_primary(person)
        self.pair.primary.users = {p.address for p in self.persons if p.exists}

    def _tell_primary(self, person):
        here = person.table.last == "primary"
        self.pair.primary.route(person.address, "here" if here else self.pair.secondary)

    def commands(self):
        """That write every record as it is meant to be now, groups first."""
        for group, members in self.groups.items():
            yield Records.home_of_group(group, members[0].home.last)
        for person in self.persons:
            if person.group:
                yield Records.member(person.address, person.group)
            elif person.home.last:
                yield Records.home_of_user(person.address, person.home.last)

    def write_all(self):
        with self.lock:
            self.records.connect()
            self.records.write(list(self.commands()))
            self.records.wait_replicated()
            for person in self.persons:
                person.home.is_now(person.home.last)

    def may_be_unknown(self):
        """From now on the store may have no record at all; until write_all()."""
        for person in self.persons:
            last = person.home.last
            person.home.may_be(None)
            person.home.may_be(last)

    def flip(self, persons, home):
        """Gives one user, or all of a group, another home in the store. False: it is away, or was
        lost in the middle, so that nobody knows whether that has happened."""
        with self.lock:
            try:
                self.records.connect()
            except NOTHING:
                self.not_reached += 1
                return False
            for person in persons:
                person.home.may_be(home)
            command = (Records.home_of_group(persons[0].group, home) if persons[0].group
                       else Records.home_of_user(persons[0].address, home))
            try:
                self.records.write([command])
            except NOTHING:
                self.unsure += 1
                return False
            self.flips += 1
            for person in persons:
                person.home.is_now(home)
            return True

    def flip_probe(self):
        """The probe gets no mail. Its new home, `secondary` or `moving`; None: not written."""
        home = "moving" if self.probe.home.last == "secondary" else "secondary"
        return home if self.flip([self.probe], home) else None

    def flip_one(self):
        """A user or a group at random; returns when, and for whom, the primary follows."""
        person = self.rng.choice(self.hot if self.rng.random() < HOT_FLIPS else self.flipped)
        persons = self.groups[person.group] if person.group else [person]
        choice = [h for h in (GROUP_HOMES if person.group else HOMES) if h != person.home.last]
        home = self.rng.choice(choice)
        if self.flip(persons, home) and home in PRIMARY_HAS:
            return time.time() + self.rng.uniform(*self.lag), persons, PRIMARY_HAS[home]
        return None

    def follow(self, persons, side):
        """The primary's table follows."""
        for person in persons:
            person.table.may_be(side)
            self._tell_primary(person)
            person.table.is_now(side)

    def end(self):
        """The last word about every user: store and primary agree, but for those that are stuck."""
        for person in self.stuck[:STUCK]:
            person.fate = "moving"
        for person in self.stuck[STUCK:]:
            person.fate = "conflict"
        last = {"moving": "moving", "conflict": "primary"}
        with self.lock:
            for person in self.persons:
                if person.fate != "well" or person.home.last == "moving":
                    person.home.may_be(last.get(person.fate, "primary"))
            self.records.connect()
            self.records.write(
                [Records.home_of_user(p.address, p.home.last) for p in self.loners]
                + list(self.commands())
            )
            for person in self.persons:
                person.home.is_now(person.home.last)
        for person in self.persons:
            self.follow([person], "secondary" if person.fate != "well"
                        else PRIMARY_HAS[person.home.last])
        self.pair.primary.reload(sessions_end=False)


class Flipper:
    """A thread that flips `rate` times a second, until stop()."""

    def __init__(self, population, rate):
        self.population, self.rate = population, rate
        self.fault = None
        self._over = threading.Event()
        self._lagging = []  # heap of (when, number, persons, side)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._over.set()
        self._thread.join(60)
        if self.fault:
            raise AssertionError(f"the flipper failed: {self.fault!r}") from self.fault

    def _run(self):
        try:
            numbers = itertools.count()
            due = time.monotonic()
            while not self._over.is_set():
                later = self.population.flip_one()
                if later:
                    heapq.heappush(self._lagging, (later[0], next(numbers), *later[1:]))
                while self._lagging and self._lagging[0][0] <= time.time():
                    self.population.follow(*heapq.heappop(self._lagging)[2:])
                # After an outage nothing is made up for.
                due = max(due + 1 / self.rate, time.monotonic() - 0.1)
                self._over.wait(max(0.0, due - time.monotonic()))
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = fault
