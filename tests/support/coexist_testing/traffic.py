"""Mail in a steady flow, and an account of every message of it."""

import collections
import smtplib
import threading
import time

from coexist_testing.pair import send, unique_message_id
from coexist_testing.wait import SLOWNESS, wait_until

# What a client hears when the server, or the filter behind it, is away for a while.
_AWAY = (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError)
_RETRY_SECONDS = 0.02


class Mail:
    """One message: where it was handed over and where it belongs.

    side       `primary` or `secondary`: where it must arrive, once; None: at either, once
    begun      counts the messages of the traffic, from 0
    refusals   [(code, text)] of every attempt that was put off
    accepted   when (time.monotonic()), or None
    """

    def __init__(self, begun, at, rcpt, side, client):
        self.begun, self.at, self.rcpt, self.side, self.client = begun, at, rcpt, side, client
        self.message_id = unique_message_id()
        self.refusals = []
        self.started = self.accepted = None

    def __repr__(self):
        return f"<{self.message_id} to {self.rcpt}, {len(self.refusals)} refusals>"


class Traffic:
    """Several clients that send, one message after the other, to the streams in turn.

    streams: [(postfix, recipient, side, client)], see Mail and send(). What is answered with 4xx,
    or not at all, the client keeps and tries again until it is accepted, as a mail server does.

        with Traffic(pair, streams) as traffic:
            traffic.wait_accepted(20)
            ...
        traffic.check_arrived()

    At the end of the block no new message is begun, and all are accepted.
    """

    def __init__(self, pair, streams, clients=4):
        self.pair = pair
        self.streams = list(streams)
        self.mails = []
        self.faults = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        deadline = time.monotonic() + 30 * SLOWNESS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if kind is None:
            self.check()
            waiting = [mail for mail in self.mails if mail.accepted is None]
            assert not waiting, f"never accepted: {waiting[:5]}"

    def _begin(self):
        with self._lock:
            number = len(self.mails)
            mail = Mail(number, *self.streams[number % len(self.streams)])
            self.mails.append(mail)
        return mail

    def _run(self):
        try:
            while not self._over.is_set():
                self._deliver(self._begin())
        except Exception as fault:  # pylint: disable=broad-except
            self.faults.append(fault)

    def _deliver(self, mail):
        deadline = time.monotonic() + 60 * SLOWNESS
        while mail.accepted is None and time.monotonic() < deadline:
            mail.started = time.monotonic()
            try:
                send(mail.at, mail.rcpt, message_id=mail.message_id, client=mail.client)
                mail.accepted = time.monotonic()
            except smtplib.SMTPRecipientsRefused as refused:
                self._put_off(mail, *refused.recipients[mail.rcpt])
            except smtplib.SMTPResponseException as refused:
                self._put_off(mail, refused.smtp_code, refused.smtp_error)
            except _AWAY as away:
                self._put_off(mail, 421, repr(away).encode())

    @staticmethod
    def _put_off(mail, code, text):
        assert 400 <= code < 500, f"{mail}: {code} {text}"
        mail.refusals.append((code, text.decode("utf-8", "replace")))
        time.sleep(_RETRY_SECONDS)

    def check(self):
        """Fails when a client has come upon what it did not expect."""
        if self.faults:
            raise AssertionError(f"a client failed: {self.faults[0]!r}") from self.faults[0]

    def accepted(self):
        return len([mail for mail in list(self.mails) if mail.accepted is not None])

    def refusals(self):
        """Every refusal so far: [(code, text)]."""
        return [refusal for mail in list(self.mails) for refusal in list(mail.refusals)]

    def wait(self, what, predicate, timeout=20):
        def happened():
            self.check()
            return predicate()

        return wait_until(happened, timeout, lambda: f"{what}; {len(self.mails)} begun, "
                          f"{self.accepted()} accepted, {len(self.refusals())} refusals")

    def wait_accepted(self, more, timeout=20):
        """Waits until so many more messages are accepted than are now."""
        goal = self.accepted() + more
        self.wait(f"{goal} accepted", lambda: self.accepted() >= goal, timeout)

    def wait_refusals(self, more, timeout=20):
        goal = len(self.refusals()) + more
        self.wait(f"{goal} refusals", lambda: len(self.refusals()) >= goal, timeout)

    def arrivals(self):
        """({message id: times delivered at the primary}, {...} at the secondary)"""
        return [
            collections.Counter(d.message_id for d in postfix.deliveries())
            for postfix in self.pair.both
        ]

    def check_arrived(self, timeout=40):
        """Every message arrives where it belongs, once, and nowhere else."""
        ids = {mail.message_id for mail in self.mails}

        def all_there():
            primary, secondary = self.arrivals()
            return all(primary[i] + secondary[i] > 0 for i in ids)

        wait_until(all_there, timeout, lambda: f"lost: {self._missing()}", interval=0.1)
        self.pair.wait_quiet()
        primary, secondary = self.arrivals()
        wrong = [
            (mail, primary[mail.message_id], secondary[mail.message_id]) for mail in self.mails
            if (primary[mail.message_id], secondary[mail.message_id]) not in _places(mail.side)
        ]
        assert not wrong, f"{len(wrong)} of {len(self.mails)} not where they belong: {wrong[:5]}"

    def _missing(self):
        primary, secondary = self.arrivals()
        return [
            (mail, self.pair.secondary.log_of(mail.message_id)) for mail in self.mails
            if primary[mail.message_id] + secondary[mail.message_id] == 0
        ][:3]


def _places(side):
    return {"primary": [(1, 0)], "secondary": [(0, 1)], None: [(1, 0), (0, 1)]}[side]
