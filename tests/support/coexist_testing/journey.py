"""What became of a message that travelled between the two systems of a Pair."""

import smtplib

from coexist_testing.pair import SENDERS, make_message, send, unique_message_id
from coexist_testing.wait import wait_until


def arrived(pair, message_id):
    """Who got the message, once for each delivery: ([at the primary], [at the secondary]).

    Waits first until nothing is under way, so that a duplicate is seen.
    """
    pair.wait_quiet()
    return tuple(sorted(d.rcpt for d in p.deliveries(message_id)) for p in pair.both)


def reasons_stamped(pair, message_id):
    """The reasons that the filter wrote into the delivered copies: a set of X-Coexist-Route's words,
    with None for a copy that it wrote nothing into."""
    reasons = set()
    for delivery in (d for p in pair.both for d in p.deliveries(message_id)):
        route = delivery.headers["X-Coexist-Route"]
        words = route.partition("reason=")[2].partition(";")[0].split(",") if route else [None]
        reasons.update(words)
    return reasons


def queued_copies(pair, message_id):
    """How often a copy came into an active queue, both sides together: what a loop costs."""
    pair.wait_quiet()
    return sum(len(set(_active_ids(p, message_id))) for p in pair.both)


def _active_ids(postfix, message_id):
    return [
        line.split("]: ", 1)[1].split(":")[0]
        for line in postfix.log_of(message_id) if "(queue active)" in line
    ]


def wait_deferred(postfix, count=1):
    """The deferred messages, when there are that many: one of them may be tried just now."""
    found = []

    def deferred():
        found[:] = postfix.queued(queue="deferred")
        return len(found) == count

    wait_until(deferred, 10, lambda: f"{count} deferred, not {postfix.queue()}")
    return found


def kick_pickup(postfix):
    """What waits in the maildrop is looked at now and not within a minute."""
    postfix.sendmail(make_message(unique_message_id()), "", [f"postmaster@{SENDERS}"])


class Watch:
    """All mail delivered anywhere from now on, also what no test asked for, such as bounces."""

    def __init__(self, pair):
        self.pair = pair
        self.before = {d.file for p in pair.both for d in p.deliveries()}

    def deliveries(self):
        self.pair.wait_quiet()
        return [
            d for p in self.pair.both for d in p.deliveries() if d.file not in self.before
        ]

    def bounces(self):
        return [
            d for d in self.deliveries() if d.headers.get_content_type() == "multipart/report"
        ]


class Attempt:
    """One SMTP transaction: refused is {rcpt: reply} of RCPT, final the reply to the message."""

    def __init__(self, message_id, refused, final):
        self.message_id = message_id
        self.refused = refused
        self.final = final

    @property
    def codes(self):
        """{rcpt: "451 4.2.1"} of those refused."""
        return {rcpt: code_of(reply) for rcpt, reply in self.refused.items()}

    @property
    def code(self):
        """`550 5.4.6` of the message itself; None where it was taken."""
        return self.final and code_of(self.final)


def attempt(postfix, rcpts, **how):
    """send(), with what was refused told instead of raised."""
    message_id = how.pop("message_id", None) or unique_message_id()
    try:
        send(postfix, rcpts, message_id=message_id, **how)
        return Attempt(message_id, _texts(send.refused), None)
    except smtplib.SMTPRecipientsRefused as refusal:
        return Attempt(message_id, _texts(refusal.recipients), None)
    except smtplib.SMTPDataError as refusal:
        return Attempt(message_id, {}, _text(refusal.smtp_code, refusal.smtp_error))


def _texts(refused):
    return {rcpt: _text(*reply) for rcpt, reply in refused.items()}


def _text(code, text):
    return f"{code} {text.decode('utf-8', 'replace')}"


def code_of(reply):
    """`451 4.2.1` of `451 4.2.1 <...>: moving: ...`."""
    return " ".join(reply.split()[:2])


def rcpt_reply(link, rcpt, *options):
    """The reply to RCPT in a transaction of its own, which is then given up."""
    link.mail("")
    reply = _text(*link.rcpt(rcpt, options))
    link.rset()
    return reply
