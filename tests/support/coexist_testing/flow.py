"""Mail in a steady flow through a World, and an account of every message of it."""

import collections
import threading
import time

from coexist_testing.wait import SLOWNESS, wait_until

Accepted = collections.namedtuple("Accepted", "rcpt at began")


class Flow:
    """Clients that send one message after the other, as letter(number) says: (recipient, side). What is
    put off with 4xx they try again until it is accepted, as a mail server does.

        with Flow(world, letter) as flow:
            flow.wait_more(20)
            ...
        flow.check_once({rcpt: side, ...})

    accepted   {message id: Accepted}, where began is time.monotonic() of the last attempt's start
    put_off    counts the attempts that were deferred
    """

    def __init__(self, world, letter, clients=3):
        self.world, self.letter = world, letter
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.begun = 0
        self.accepted = {}
        self.put_off = 0
        self.faults = []
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        self.over.set()

    def stop(self):
        """What was put off and not accepted by now was never taken: nobody has to deliver it."""
        self.over.set()
        deadline = time.monotonic() + 150 * SLOWNESS
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        assert not self.faults, self.faults[0]
        assert not any(thread.is_alive() for thread in self.threads)

    def _run(self):
        try:
            while not self.over.is_set():
                with self.lock:
                    number = self.begun
                    self.begun += 1
                self._deliver(*self.letter(number))
        except Exception as fault:  # pylint: disable=broad-except
            self.faults.append(fault)

    def _deliver(self, rcpt, at):
        message_id = None
        while not self.over.is_set():
            began = time.monotonic()
            tried = self.world.send(rcpt, at, message_id=message_id)
            message_id = tried.message_id
            codes = [*tried.codes.values(), *([tried.code] if tried.code else [])]
            if not codes:
                with self.lock:
                    self.accepted[message_id] = Accepted(rcpt, at, began)
                return
            assert all(code.startswith("4") for code in codes), codes
            with self.lock:
                self.put_off += 1
            self.over.wait(0.2)

    def wait_more(self, messages):
        """Waits until so many more are accepted than are now."""
        goal = len(self.accepted) + messages
        self._wait(lambda: len(self.accepted) >= goal, f"{goal} accepted")

    def wait_put_off(self):
        goal = self.put_off + 1
        self._wait(lambda: self.put_off >= goal, "one that is put off")

    def _wait(self, reached, what):
        wait_until(lambda: self.faults or reached(), 90,
                   lambda: f"{what}; {len(self.accepted)} accepted, {self.put_off} put off")
        assert not self.faults, self.faults[0]

    def wait_places(self):
        """Ends the flow, and tells where all have come to, {message id: [(side, rcpt)]}, when no queue
        holds anything any more."""
        self.stop()

        def all_there():
            for side in self.world.sides:
                self.world.flush(side)
            return set(self.accepted) <= {a.message_id for a in self.world.arrivals()}

        wait_until(all_there, 120, self._missing, 0.5)
        self.world.wait_quiet()
        assert not any(self.world.has_queued(side) for side in self.world.sides)
        places = {}
        for arrival in self.world.arrivals():
            places.setdefault(arrival.message_id, []).append((arrival.side, arrival.rcpt))
        return places

    def _missing(self):
        there = {a.message_id for a in self.world.arrivals()}
        lost = [(i, self.accepted[i]) for i in self.accepted if i not in there]
        queues = [(side, m["queue_name"], m["recipients"]) for side in self.world.sides
                  for m in self.world.queue(side)]
        return f"{len(lost)} of {len(self.accepted)} not there: {lost[:5]}; queued: {queues[:5]}"

    def check_once(self, sides):
        """The account: each accepted message has arrived once, where {rcpt: side} says."""
        places = self.wait_places()
        wrong = [
            (one, places[message_id]) for message_id, one in self.accepted.items()
            if places[message_id] != [(sides[one.rcpt], one.rcpt)]
        ]
        assert not wrong, f"{len(wrong)} of {len(self.accepted)}: {wrong[:5]}"
