"""One message through a filter: what was answered, and what the message is afterwards."""

import time

from coexist_testing.milter_protocol import HDR_LEADSPC, Reply, octets, text_of


class Transaction:
    """What became of one message.

    rcpts     [(address, Reply)] in order; reply(address) finds one
    mail, data, eoh, body, final    Reply, None where it did not come to that; headers: [Reply]
    edits     in order
    envelope  the recipients after the edits, as Postfix applies them: {address: arguments}
    fields    the header after the edits: [(name, value)]
    """

    def __init__(self, connection):
        self.connection = connection
        self.mail = self.data = self.eoh = self.body = self.final = None
        self.rcpts, self.headers, self.edits, self.sent = [], [], [], []
        self.envelope = {}
        self.fields = []

    def run(self, mail, mail_args, rcpts, headers, body, stop_after):
        link = self.connection
        self.sent = default_headers() if headers is None else list(headers)
        self.fields = [(n, v) for n, v in self.sent]
        self.mail = link.mail(mail, *mail_args)
        if not self.mail.goes_on or stop_after == "mail":
            return
        for rcpt in rcpts:
            address, *arguments = [rcpt] if isinstance(rcpt, (str, bytes)) else rcpt
            reply = link.rcpt(address, *arguments)
            self.rcpts.append((address, reply))
            if reply.goes_on:
                self.envelope[address] = " ".join(arguments)
        if not self.envelope or stop_after == "rcpt":
            return
        if self.mail.verdict == "accept" or any(r.verdict == "accept" for _, r in self.rcpts):
            self.final = Reply("accept")
            return
        self._content(link, body, stop_after)

    def _content(self, link, body, stop_after):
        self.data = link.data()
        if self._ends(self.data) or stop_after == "data":
            return
        for name, value in self.sent:
            self.headers.append(link.header(name, value))
            if self._ends(self.headers[-1]):
                return
        if stop_after == "header":
            return
        self.eoh = link.eoh()
        if self._ends(self.eoh) or stop_after == "eoh":
            return
        self.body = link.body(body)
        if self._ends(self.body) or stop_after == "body":
            return
        self.final = link.eom()
        self.edits = link.edits
        self._apply()

    def _ends(self, reply):
        if reply.verdict in ("continue", "skip", "none"):
            return False
        self.final = reply
        return True

    def _apply(self):
        blank = "" if self.connection.steps & HDR_LEADSPC else " "
        for edit in self.edits:
            if edit.kind == "addrcpt":
                self.envelope.setdefault(edit.address, edit.arguments)
            elif edit.kind == "delrcpt":
                self.envelope.pop(edit.address, None)
            elif edit.kind == "addheader":
                self.fields.append((edit.name, blank + edit.value))
            elif edit.kind == "insheader":
                # Index 0 is above the MTA's own Received, which the filter was not shown.
                self.fields.insert(max(0, edit.index - 1), (edit.name, blank + edit.value))
            elif edit.kind == "chgheader":
                self._change(edit, blank)

    def _change(self, edit, blank):
        same = [i for i, (n, _) in enumerate(self.fields)
                if text_of(octets(n)).lower() == edit.name.lower()]
        if max(edit.index, 1) > len(same):
            return
        place = same[max(edit.index, 1) - 1]
        if edit.value:
            self.fields[place] = (edit.name, blank + edit.value)
        else:
            del self.fields[place]

    def reply(self, address):
        """The answer to a recipient."""
        return dict(self.rcpts)[address]

    def kinds(self):
        return [edit.kind for edit in self.edits]

    def find(self, kind, name=None, address=None):
        """Edits of a kind, of a header field or an address."""
        return [
            e for e in self.edits
            if e.kind == kind and name in (None, e.name) and address in (None, e.address)
        ]

    def values(self, name):
        """The values of a header field after the edits, without the leading blank."""
        return [
            text_of(octets(v)).removeprefix(" ") for n, v in self.fields
            if text_of(octets(n)).lower() == name.lower()
        ]

    @property
    def quarantined(self):
        return bool(self.find("quarantine"))


_counter = 0


def queue_id():
    """A queue id as Postfix makes them, new each time."""
    global _counter
    _counter += 1
    return f"4T{_counter:09X}"


def message_id():
    return f"<{time.time_ns():x}.{queue_id()}@sender.example>"


def default_headers(identity=None):
    return [
        ("From", " Alice <sender@sender.example>"), ("To", " undisclosed-recipients:;"),
        ("Subject", " a test"), ("Date", " Fri, 01 Aug 2025 10:00:00 +0000"),
        ("Message-ID", " " + (identity or message_id())),
    ]
