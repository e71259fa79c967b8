"""Two Postfix that both serve one domain, and mail sent to them."""

import itertools
import os
import time
import types

from coexist_testing.net import make_folder, remove_folder
from coexist_testing.postfix import Postfix
from coexist_testing.wait import wait_until

# The domain whose mailboxes move, one for senders (delivered here on both sides), and the baseline.
DOMAIN = "example.com"
SENDERS = "sender.example"
DOMAINS = (DOMAIN, SENDERS)
PATIENCE_MS = 2000

EXTERNAL = types.MappingProxyType({"ADDR": "203.0.113.25", "NAME": "mx.external.example"})

_numbers = itertools.count(1)


def unique(prefix="user"):
    """A word that no other test uses."""
    return f"{prefix}{os.getpid()}x{next(_numbers)}"


def unique_address(domain=DOMAIN, prefix="user"):
    return f"{unique(prefix)}@{domain}"


def unique_message_id():
    return f"<{unique('m')}.{time.time_ns():x}@{SENDERS}>"


def user_of(address):
    """The user of DOMAIN whom an address reaches, in lower case: a route domain undone."""
    address = (address or "").lower()
    user, at, domain = address.rpartition("@")
    return f"{user}@{DOMAIN}" if at and domain.startswith(DOMAIN + ".") else address


def make_message(message_id=None, sender=f"alice@{SENDERS}", to=None, subject="a test", headers=(),
                 body="Hello.\n"):
    """Text of a message; headers: [(name, value)] that stand above the usual ones."""
    fields = [*headers, ("From", sender or "MAILER-DAEMON@sender.example"),
              ("To", to or "undisclosed-recipients:;"), ("Subject", subject)]
    if message_id:
        fields.append(("Message-ID", message_id))
    return "".join(f"{name}: {value}\n" for name, value in fields) + "\n" + body


class Pair:
    """Two Postfix: `primary` without the filter, `secondary` with it at its filtered listener.

    The secondary waits for the filter at filter_socket (a fixture starts one there). Routes at the
    beginning of each test: the primary hands DOMAIN to the secondary's filtered listener; the
    secondary delivers DOMAIN here, and `.primary.invalid` goes to the primary by `topeer`, which
    strips that suffix. Both deliver SENDERS here. primary.route(), .users and so on change it for
    one test.

    With filters=2 the primary has one too, at primary_socket; see primary_options(). Its own route
    to the secondary is `.secondary.invalid`.
    """

    def __init__(self, filters=1):
        self.folder = make_folder("filter")
        self.filter_socket = f"{self.folder}/milter.sock"
        self.primary_socket = f"{self.folder}/primary.sock"
        self.primary = Postfix(
            "mail.primary.example", DOMAINS,
            milters=[f"unix:{self.primary_socket}"] if filters == 2 else (),
        )
        self.secondary = Postfix(
            "mail.secondary.example", DOMAINS, milters=[f"unix:{self.filter_socket}"]
        )
        self.both = (self.primary, self.secondary)

    def start(self):
        self.primary.start()
        self.secondary.start()
        self.reset()
        return self

    def reset(self):
        for postfix in self.both:
            postfix.routes.clear()
            postfix.users = None
            postfix.route(SENDERS, "here")
        self.primary.route(DOMAIN, self.secondary)
        self.secondary.route(DOMAIN, "here")
        host, port = self.primary.smtp
        self.secondary.route(".primary.invalid", f"topeer:[{host}]:{port}")
        host, port = self.secondary.smtp
        self.primary.route(".secondary.invalid", f"topeer:[{host}]:{port}")

    def hand_over(self, domain=DOMAIN, filtered=True):
        """Both believe that they route the domain, and hand it to each other: the loop."""
        self.primary.route(domain, self.secondary.smtp if filtered else self.secondary.plain)
        self.secondary.route(domain, self.primary)

    def close(self):
        for postfix in self.both:
            postfix.close()
        remove_folder(self.folder)

    def copies(self, message_id):
        """How often the message was queued: (primary, secondary)."""
        return tuple(len(p.queue_ids(message_id)) for p in self.both)

    def delivered(self, message_id, rcpt=None):
        """How often it was delivered to a mailbox: (primary, secondary)."""
        return tuple(len(p.deliveries(message_id, rcpt)) for p in self.both)

    def _under_way(self):
        return any(p.has_queued("maildrop", "incoming", "active") for p in self.both)

    def quiet(self):
        """Nothing is queued anywhere but what is held or deferred.

        A message that moves from queue to queue or from system to system while they are looked at
        is seen at the second look, or by what is logged meanwhile.
        """
        logged = [os.path.getsize(p.log_file) for p in self.both]
        if self._under_way() or self._under_way():
            return False
        return logged == [os.path.getsize(p.log_file) for p in self.both]

    def quiet_but(self, waits):
        """Nothing is under way, and waits(address) is true of every queued recipient."""
        def others():
            return any(
                not waits(user_of(r["address"])) for p in self.both for m in p.queue()
                for r in m["recipients"]
            )

        return not others() and not others()

    def wait_quiet(self, timeout=20):
        wait_until(self.quiet, timeout, self._unrest)

    def _unrest(self):
        logs = "\n".join(f"{p.name}:\n{p.log()[-4000:]}" for p in self.both)
        return f"no mail under way: {[p.queue() for p in self.both]}\n{logs}"

    def filter_options(self, redis=None, **changes):
        """A configuration for the filter at the secondary: see Daemon. It is more patient with Redis
        than by default: a busy machine may let either stand for a while."""
        return {
            "command_timeout": PATIENCE_MS,
            "node": "secondary", "name": self.secondary.name,
            "listen": f"unix:{self.filter_socket}",
            "state": redis.unix_url if redis else "memory:",
            "system": {
                "primary": {
                    "hosts": [self.primary.name], "networks": [self.primary.address],
                    "nexthop": "smtp:[{}]:{}".format(*self.primary.smtp),
                },
                "secondary": {
                    "hosts": [self.secondary.name], "networks": [self.secondary.address],
                },
            },
            "domain": {DOMAIN: {"home": "primary", "route": "%u@%d.primary.invalid"}},
            **changes,
        }

    def primary_options(self, redis=None, **changes):
        """The mirror of filter_options(): a configuration for the filter at the primary, which
        rejects whom no record knows."""
        options = self.filter_options(redis)
        return {
            **options, "node": "primary", "name": self.primary.name,
            "listen": f"unix:{self.primary_socket}",
            "domain": {DOMAIN: {"route": "%u@%d.secondary.invalid"}},
            **changes,
        }


def send(postfix, rcpts, sender=f"alice@{SENDERS}", message=None, message_id=None,
         client="external", mail_options=(), rcpt_options=(), plain=False, **fields):
    """Sends by SMTP; returns the Message-ID, made up where none is given.

    client: `external` (XCLIENT of a host on the Internet), `local` (from the Postfix's own
    address), a dict of XCLIENT attributes, or another Postfix: from its address. fields: as for
    make_message(). Raises smtplib's exceptions: SMTPRecipientsRefused when all are refused;
    send.refused holds {rcpt: (code, text)} of those refused among others accepted.
    """
    rcpts = [rcpts] if isinstance(rcpts, str) else list(rcpts)
    message_id = message_id or unique_message_id()
    message = message or make_message(message_id, sender, **fields)
    xclient, source = None, None
    if client == "external":
        xclient = EXTERNAL
    elif client == "local":
        source = postfix.address
    elif isinstance(client, Postfix):
        source = client.address
    else:
        xclient = client
    link = postfix.connect(xclient, source, plain)
    try:
        send.refused = link.sendmail(sender, rcpts, message, mail_options, rcpt_options)
    finally:
        link.close()
    return message_id
