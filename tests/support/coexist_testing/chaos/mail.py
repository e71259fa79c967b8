"""Messages, and clients that send them as mail servers do: what is put off they try again."""

import heapq
import itertools
import smtplib
import threading
import time

from coexist_testing.chaos.population import HOT_MAIL
from coexist_testing.pair import EXTERNAL, SENDERS, make_message, unique, unique_message_id

RETRY_SECONDS = (0.3, 0.9)
SESSION_MESSAGES = 8  # sent over one connection at most
_AWAY = (smtplib.SMTPServerDisconnected, OSError)


class Unit:
    """One recipient of one message: what is accounted for.

    began      when (time.time()) the transfer began that may have been the first accepted one
    transfers  how often it was accepted: certain, and possible ones beyond (the reply was lost)
    """

    def __init__(self, mail, person):
        self.mail, self.person = mail, person
        self.refusals = []
        self.rejected = None
        self.began = None
        self.certain = self.possible = 0

    def __repr__(self):
        return f"<{self.mail.message_id} at the {self.mail.entry} to {self.person}>"

    @property
    def accepted(self):
        return self.certain > 0


class Mail:
    """entry: `primary` or `secondary`, where a client hands it over; way: `external`, `local`,
    `sendmail`; careless: the client leaves before it has read the last reply, and sends again."""

    def __init__(self, number, entry, way, persons, null_sender, careless, late=False):
        self.late = late
        self.number, self.entry, self.way, self.careless = number, entry, way, careless
        self.message_id = unique_message_id()
        self.sender = "" if null_sender else f"{unique('sender')}@{SENDERS}"
        self.units = [Unit(self, person) for person in persons]
        self.body = f"This is message {number}, {self.message_id}.\n" * 3

    def text(self):
        return make_message(self.message_id, self.sender, body=self.body)

    def waiting(self):
        return [u for u in self.units if not u.accepted and not u.rejected]


def make_mails(rng, population, count):
    """Messages of every kind, in a random order; the last ones are late, see Clients, and for those
    who are stuck in the end."""
    late = 4 * len(population.stuck)
    mails = [_make_mail(rng, population, number) for number in range(count - late)]
    for number in range(count - late, count):
        person = population.stuck[number % len(population.stuck)]
        others = rng.sample(population.loners, rng.choice((0, 0, 2)))
        mails.append(Mail(
            number, ("primary", "secondary")[number // len(population.stuck) % 2], "external",
            [person, *(p for p in others if p is not person)], False, False, late=True,
        ))
    return mails


def _make_mail(rng, population, number):
    way = rng.choices(("external", "local", "sendmail"), (90, 8, 2))[0]
    entry = "secondary" if way != "external" else rng.choice(("secondary", "primary"))
    pool = population.hot if rng.random() < HOT_MAIL else population.known
    persons = rng.sample(pool, rng.choices((1, 2, 3, 6), (80, 10, 7, 3))[0])
    ghostly = entry == "secondary" and way != "sendmail" and rng.random() < 0.02
    if ghostly:
        persons[0] = rng.choice(population.ghosts)
    return Mail(
        number, entry, way, persons, null_sender=not ghostly and rng.random() < 0.05,
        careless=way != "sendmail" and rng.random() < 0.01,
    )


class _Link:
    """One session of a client with one Postfix."""

    def __init__(self, postfix, way):
        self.smtp = postfix.connect(
            EXTERNAL if way == "external" else None, postfix.address if way == "local" else None
        )
        self.sent = 0

    def close(self):
        self.smtp.close()


class Clients:
    """Several clients that hand over the mails, `rate` a second; what is put off waits its turn.
    Late mails wait for send_late(). What is put off when stop_trying() is called stays with the
    client for good.
    """

    def __init__(self, pair, mails, rate, rng, count=8):
        self.pair, self.rng = pair, rng
        self.fault = None
        now = time.monotonic()
        self._late = [mail for mail in mails if mail.late]
        self._due = [(now + m.number / rate, m.number, m) for m in mails if not m.late]
        self._new = len(self._due)
        self._ticket = itertools.count(len(mails))
        self._changed = threading.Condition()
        self._over = False
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def check(self):
        if self.fault:
            raise AssertionError(f"a client failed: {self.fault!r}") from self.fault

    def all_begun(self):
        self.check()
        return not self._new

    def send_late(self):
        for mail in self._late:
            self._again(mail)

    def stop_trying(self):
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(150)
            assert not thread.is_alive(), "a client hangs"
        self.check()

    def held(self):
        """Mails that are waiting for another attempt now."""
        with self._changed:
            return [mail for _, _, mail in self._due]

    def _next(self, links):
        """The next mail that is due. Who waits for it when all are begun keeps no session: master(8)
        may count those from before a reload as processes that are free, and start no others."""
        with self._changed:
            while not self._over:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, number, mail = heapq.heappop(self._due)
                    self._new -= number == mail.number
                    return mail
                if not self._new:
                    _close(links)
                self._changed.wait(wait)
        return None

    def _again(self, mail):
        with self._changed:
            due = time.monotonic() + self.rng.uniform(*RETRY_SECONDS)
            heapq.heappush(self._due, (due, next(self._ticket), mail))
            self._changed.notify()

    def _run(self):
        links = {}
        try:
            while True:
                mail = self._next(links)
                if mail is None:
                    break
                self._attempt(mail, links)
                if mail.waiting():
                    self._again(mail)
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = fault
        finally:
            _close(links)

    def _attempt(self, mail, links):
        if mail.way == "sendmail":
            _submit(self.pair.secondary, mail)
            return
        key = (mail.entry, mail.way)
        link = links.pop(key, None)
        try:
            link = link or _Link(getattr(self.pair, mail.entry), mail.way)
            good = _transact(link.smtp, mail)
        except smtplib.SMTPResponseException as refused:
            good = False
            _refuse(mail.waiting(), refused.smtp_code, refused.smtp_error)
        except _AWAY as away:
            good = False
            _refuse(mail.waiting(), 421, repr(away).encode())
        if link is None:
            return
        link.sent += 1
        # After a refusal Postfix may go on without the filter's word until the session ends.
        if good and link.sent < SESSION_MESSAGES:
            links[key] = link
        else:
            link.close()


def _close(links):
    for link in links.values():
        link.close()
    links.clear()


def _submit(postfix, mail):
    began = time.time()
    postfix.sendmail(mail.text(), mail.sender, [u.person.address for u in mail.units])
    for unit in mail.units:
        unit.began, unit.certain = began, 1


def _refuse(units, code, text):
    told = f"{code} {text.decode('utf-8', 'replace')}"
    for unit in units:
        unit.refusals.append(told)
        if code >= 500:
            unit.rejected = told


def _transact(smtp, mail):
    """One transaction for all that wait. False: the session is better ended."""
    began = time.time()
    code, text = smtp.mail(mail.sender)
    if code != 250:
        _refuse(mail.waiting(), code, text)
        return False
    taken = []
    for unit in mail.waiting():
        code, text = smtp.rcpt(unit.person.address)
        if code == 250:
            taken.append(unit)
        else:
            _refuse([unit], code, text)
    if not taken:
        smtp.rset()
        return False
    code, text = smtp.docmd("DATA")
    if code != 354:
        _refuse(taken, code, text)
        return False
    return _hand_over(smtp, mail, taken, began)


def _hand_over(smtp, mail, taken, began):
    octets = mail.text().replace("\n", "\r\n").encode() + b".\r\n"
    for unit in taken:
        unit.began = unit.began or began
        unit.possible += 1
    smtp.send(octets)
    if mail.careless:
        mail.careless = False
        _refuse(taken, 421, b"left before the reply")
        return False
    code, text = smtp.getreply()
    for unit in taken:
        unit.possible -= 1
        if code == 250:
            unit.certain += 1
        elif not unit.possible:
            unit.began = None
    if code != 250:
        _refuse(taken, code, text)
    return code == 250
