"""The MTA's side of the milter protocol, version 6, as <libmilter/mfdef.h> defines it.

MilterConnection  one connection, event by event, with every NO* and NR_* flag honoured as Postfix
                  honours them: a step that the filter does not want is not sent (its macros are),
                  and no answer is awaited where the filter said that it gives none.
transaction()     a whole message in one call; says what each recipient was answered, which edits
                  came in which order, and what the message is after them.
Script            a message encoded once and sent many times, for load.
"""

import re
import select
import socket
import struct
import time

from coexist_testing.wait import SLOWNESS

# Commands (SMFIC_*)
ABORT, BODY, CONNECT, MACRO, EOM, HELO, QUIT_NC, HEADER, MAIL, EOH, OPTNEG, QUIT, RCPT, DATA, \
    UNKNOWN = b"A", b"B", b"C", b"D", b"E", b"H", b"K", b"L", b"M", b"N", b"O", b"Q", b"R", b"T", b"U"

# What the MTA offers to let the filter do (SMFIF_*)
ADDHDRS, CHGBODY, ADDRCPT, DELRCPT, CHGHDRS, QUARANTINE, CHGFROM, ADDRCPT_PAR, SETSYMLIST = (
    1 << bit for bit in range(9)
)
ALL_ACTIONS = 0x1FF

# Steps that the filter may leave out or not answer (SMFIP_*)
NOCONNECT, NOHELO, NOMAIL, NORCPT, NOBODY, NOHDRS, NOEOH, NR_HDR, NOUNKNOWN, NODATA, SKIP, \
    RCPT_REJ, NR_CONN, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA, NR_UNKN, NR_EOH, NR_BODY, HDR_LEADSPC = (
        1 << bit for bit in range(21)
    )
ALL_STEPS = 0x1FFFFF

# Per command: the flag that leaves it out, and the one that leaves out its answer.
_FLAGS = {
    CONNECT: (NOCONNECT, NR_CONN), HELO: (NOHELO, NR_HELO), MAIL: (NOMAIL, NR_MAIL),
    RCPT: (NORCPT, NR_RCPT), DATA: (NODATA, NR_DATA), HEADER: (NOHDRS, NR_HDR),
    EOH: (NOEOH, NR_EOH), BODY: (NOBODY, NR_BODY), EOM: (0, 0), UNKNOWN: (NOUNKNOWN, NR_UNKN),
}

# Stages of macro lists (SMFIM_*) and Postfix's default lists.
_STAGES = {CONNECT: 0, HELO: 1, MAIL: 2, RCPT: 3, DATA: 4, EOM: 5, EOH: 6}
_DEFAULT_MACROS = {
    CONNECT: "j {daemon_name} {daemon_addr} v _",
    HELO: "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    MAIL: "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    RCPT: "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", DATA: "i", EOH: "i", EOM: "i", UNKNOWN: "",
}
_EDITS = {
    b"+": "addrcpt", b"2": "addrcpt", b"-": "delrcpt", b"h": "addheader", b"i": "insheader",
    b"m": "chgheader", b"e": "chgfrom", b"b": "replbody", b"q": "quarantine",
}
_VERDICTS = {
    b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard",
    b"y": "reply", b"s": "skip", b"4": "shutdown", b"f": "connfail",
}
BODY_CHUNK = 65535


class ProtocolError(AssertionError):
    """The filter said what an MTA would not accept of it."""


class FilterClosed(ProtocolError):
    """The filter closed the connection where an answer was due."""


class Reply:
    """An answer. verdict: continue, accept, reject, tempfail, discard, reply, skip, shutdown,
    connfail, or `none` where the protocol foresees no answer. code, status and text are those of
    the SMTP reply that the client would be given; text has its lines joined by newlines.
    """

    def __init__(self, verdict, raw=b""):
        self.verdict = verdict
        self.raw = raw
        self.code, self.status, self.text = None, None, ""
        if verdict == "reply":
            self._parse(raw.rstrip(b"\0").decode("utf-8", "surrogateescape"))
        elif verdict == "reject":
            self.code, self.status, self.text = 550, "5.7.1", "Command rejected"
        elif verdict == "tempfail":
            self.code, self.status, self.text = 451, "4.7.1", "Service unavailable"

    def _parse(self, text):
        if len(self.raw) == 0 or self.raw[-1:] != b"\0" or b"\0" in self.raw[:-1]:
            raise ProtocolError(f"malformed reply {self.raw!r}")
        lines = []
        for line in text.split("\r\n"):
            found = re.fullmatch(r"([45]\d\d)([ -])(?:([245]\.\d{1,3}\.\d{1,3}) )?([^\r\n]*)", line)
            if not found or len(line) > 980:
                raise ProtocolError(f"malformed reply line {line!r}")
            code, _, status, told = found.groups()
            if status and status[0] != code[0]:
                raise ProtocolError(f"an MTA drops a filter for {line!r}")
            if re.search(r"%(?!%)", told.replace("%%", "")):
                raise ProtocolError(f"an MTA loses the lone % of {line!r}")
            lines.append((int(code), status, told.replace("%%", "%")))
        self.code, self.status = lines[0][:2]
        self.text = "\n".join(line[2] for line in lines)

    @property
    def goes_on(self):
        return self.verdict in ("continue", "accept", "skip", "none")

    def __repr__(self):
        if self.code:
            return f"<{self.verdict} {self.code} {self.status} {self.text!r}>"
        return f"<{self.verdict}>"


class Edit:
    """A change asked for at end of message. kind: addrcpt, delrcpt, addheader, insheader,
    chgheader, chgfrom, replbody, quarantine. address and arguments of envelope edits; index, name
    and value of header edits; value is quarantine's reason. par: it came as ADDRCPT_PAR.
    """

    def __init__(self, kind, **values):
        self.kind = kind
        self.address = self.arguments = self.index = self.name = self.value = None
        self.par = False
        self.__dict__.update(values)

    def __repr__(self):
        told = {k: v for k, v in self.__dict__.items() if v not in (None, False) and k != "kind"}
        return f"<{self.kind} {told}>"


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def strings(*texts):
    """Texts as the protocol writes them: each ended by a NUL."""
    return b"".join(octets(t) + b"\0" for t in texts)


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def connect_data(address, name=None):
    """The data of CONNECT: an IPv4 or IPv6 address, a path beginning with `/`, or None: unknown."""
    if address is None:
        return strings(name or "unknown") + b"U"
    family = b"L" if address.startswith("/") else b"6" if ":" in address else b"4"
    port = 0 if family == b"L" else 40000
    return strings(name or f"[{address}]") + family + struct.pack(">H", port) + strings(address)


class MilterConnection:
    """A connection to the filter at a path or a (host, port), negotiated unless told not to.

    actions, steps, version: what this MTA offers. macros: name -> value by their names in lists,
    `i`, `{auth_authen}`; those that the filter asked for, or Postfix's own lists where it did not
    ask, go along with each command. Without `i` in it the queue id is queue_id(), and is there from
    the first accepted recipient on, as Postfix has it.
    """

    def __init__(self, address, actions=ALL_ACTIONS, steps=ALL_STEPS, version=6, macros=None,
                 negotiate=True, timeout=20):
        self.timeout = timeout * SLOWNESS
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(self.timeout)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out = bytearray()
        self._in = bytearray()
        self.macros = {
            "j": "mail.test", "{daemon_name}": "mail.test", "{daemon_addr}": "127.0.0.1",
            "v": "Postfix 3.7.11", "_": "client", **(macros or {}),
        }
        self.macro_lists = {c: names.split() for c, names in _DEFAULT_MACROS.items()}
        self.version = self.actions = self.steps = None
        self.edits = []
        if negotiate:
            self.negotiate(version, actions, steps)

    # Packets

    def raw(self, data):
        """Queues octets as they are; they leave with the next flush() or read."""
        self._out += data

    def send(self, command, data=b""):
        self.raw(packet(command, data))

    def flush(self):
        if self._out:
            data, self._out = bytes(self._out), bytearray()
            self.socket.sendall(data)

    def receive(self):
        """The next packet: (command, data)."""
        self.flush()
        while True:
            if len(self._in) >= 4:
                size = struct.unpack_from(">I", self._in)[0]
                if size < 1 or size > 1 << 20:
                    raise ProtocolError(f"a packet of {size} octets")
                if len(self._in) >= 4 + size:
                    body = bytes(self._in[4:4 + size])
                    del self._in[:4 + size]
                    return body[:1], body[1:]
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise FilterClosed("the filter closed the connection")
            self._in += data

    def is_closed(self, timeout=5):
        """Whether the filter closes the connection within timeout seconds without a word more."""
        self.flush()
        deadline = time.monotonic() + timeout * SLOWNESS
        while not self._in:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return False
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return True
            if not data:
                return True
            self._in += data
        return False

    def silent(self, seconds=0.05):
        """Whether nothing arrives unasked within some time."""
        self.flush()
        return not self._in and not select.select([self.socket], [], [], seconds * SLOWNESS)[0]

    # Negotiation

    def negotiate(self, version=6, actions=ALL_ACTIONS, steps=ALL_STEPS):
        self.send(OPTNEG, struct.pack(">III", version, actions, steps))
        command, data = self.receive()
        if command != OPTNEG or len(data) < 12:
            raise ProtocolError(f"answer to negotiation: {command!r} {data!r}")
        self.version, self.actions, self.steps = struct.unpack_from(">III", data)
        if self.actions & ~actions or self.steps & ~steps or self.version > version:
            raise ProtocolError(
                f"asked for more than offered: actions {self.actions:#x}, steps {self.steps:#x}"
            )
        self._read_lists(data[12:])

    def _read_lists(self, data):
        by_stage = {stage: command for command, stage in _STAGES.items()}
        while data:
            stage = struct.unpack_from(">I", data)[0]
            names, _, data = data[4:].partition(b"\0")
            if stage not in by_stage:
                raise ProtocolError(f"a macro list for stage {stage}")
            self.macro_lists[by_stage[stage]] = text_of(names).replace(",", " ").split()

    # Events

    def _macro(self, command):
        known = [n for n in self.macro_lists[command] if self.macros.get(n) is not None]
        words = [word for n in known for word in (n, self.macros[n])]
        self.send(MACRO, command + strings(*words))

    def event(self, command, data=b"", macros=True):
        """Sends a command as Postfix would; returns a Reply, verdict `none` where none is due."""
        left_out, unanswered = _FLAGS[command]
        if macros and command != BODY:
            self._macro(command)
        if self.steps & left_out:
            return Reply("none")
        self.send(command, data)
        if self.steps & unanswered:
            return Reply("none")
        return self.reply(command)

    def reply(self, command=None):
        """Reads up to a decision, keeping edits, which only EOM may draw, in .edits."""
        while True:
            kind, data = self.receive()
            if kind == b"p":
                continue
            if kind in _VERDICTS:
                if kind != b"y" and data:
                    raise ProtocolError(f"{_VERDICTS[kind]} with data {data!r}")
                return Reply(_VERDICTS[kind], data)
            if kind not in _EDITS:
                raise ProtocolError(f"unknown reply {kind!r} {data!r}")
            if command != EOM:
                raise ProtocolError(f"{_EDITS[kind]} in reply to {command!r}")
            self.edits.append(self._edit(kind, data))

    def _edit(self, kind, data):
        needed = {
            b"+": ADDRCPT, b"2": ADDRCPT_PAR, b"-": DELRCPT, b"h": ADDHDRS, b"i": ADDHDRS,
            b"m": CHGHDRS, b"e": CHGFROM, b"b": CHGBODY, b"q": QUARANTINE,
        }[kind]
        name = _EDITS[kind]
        if not self.actions & needed:
            raise ProtocolError(f"{name} was not negotiated")
        if kind == b"b":
            return Edit(name, value=data)
        if not data.endswith(b"\0"):
            raise ProtocolError(f"{name} without a final NUL: {data!r}")
        if kind in b"im":
            words = [text_of(w) for w in data[4:-1].split(b"\0")]
            if len(words) != 2 or not words[0]:
                raise ProtocolError(f"{name} {words}")
            return Edit(name, index=struct.unpack_from(">I", data)[0], name=words[0],
                        value=words[1])
        words = [text_of(w) for w in data[:-1].split(b"\0")]
        if kind == b"h":
            return Edit(name, name=words[0], value=words[1])
        if kind == b"q":
            return Edit(name, value=words[0])
        return Edit(name, address=words[0], arguments=(words + [""])[1], par=kind == b"2")

    def connect(self, address="203.0.113.25", name=None):
        return self.event(CONNECT, connect_data(address, name))

    def helo(self, name="client.test"):
        return self.event(HELO, strings(name))

    def mail(self, sender="<sender@sender.example>", *arguments):
        return self.event(MAIL, strings(sender, *arguments))

    def rcpt(self, recipient, *arguments):
        self.macros["{rcpt_addr}"] = text_of(octets(recipient)).strip("<>")
        reply = self.event(RCPT, strings(recipient, *arguments))
        if reply.goes_on and "i" not in self.macros:
            self.macros["i"] = queue_id()
        return reply

    def data(self):
        return self.event(DATA)

    def header(self, name, value):
        """value as it stands after the colon, one leading blank included, lines joined by LF."""
        value = octets(value)
        if not self.steps & HDR_LEADSPC and value.startswith(b" "):
            value = value[1:]
        return self.event(HEADER, octets(name) + b"\0" + value + b"\0")

    def eoh(self):
        return self.event(EOH)

    def body(self, text=b"Hello.\r\n"):
        """The body in chunks; nothing more after a `skip`."""
        text = octets(text)
        reply = Reply("none")
        for start in range(0, len(text), BODY_CHUNK):
            reply = self.event(BODY, text[start:start + BODY_CHUNK], macros=False)
            if not reply.goes_on or reply.verdict in ("skip", "accept"):
                break
        return reply

    def eom(self):
        """End of message: the final Reply; the edits are in .edits."""
        self.edits = []
        return self.event(EOM)

    def unknown(self, line):
        return self.event(UNKNOWN, strings(line))

    def abort(self):
        self.macros.pop("i", None)
        self.send(ABORT)
        self.flush()

    def quit_nc(self):
        """The client is gone, and another comes over this connection."""
        self.send(QUIT_NC)
        self.flush()

    def quit(self):
        """An orderly end."""
        try:
            self.send(QUIT)
            self.flush()
        except OSError:
            pass
        self.close()

    def close(self):
        """Closes without a word."""
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()

    # A whole message

    def message(self, mail="<sender@sender.example>", mail_args=(), rcpts=(), headers=None,
                body=b"Hello.\r\n", stop_after=None, abort=True):
        """One message on this connection, from MAIL on; see transaction()."""
        result = Transaction(self)
        result.run(mail, mail_args, rcpts, headers, body, stop_after)
        if abort:
            self.abort()
        return result


class Transaction:
    """What became of one message.

    rcpts     [(address, Reply)] in order; reply(address) finds one
    mail, data, eoh, body, final    Reply, None where it did not come to that; headers: [Reply]
    edits     in order
    envelope  the recipients after the edits, as Postfix applies them: {address: arguments}
    fields    the header after the edits: [(name, value)]
    lost      accepted recipients that the edits removed while none was added
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
        for edit in self.edits:
            if edit.kind == "addrcpt":
                self.envelope.setdefault(edit.address, edit.arguments)
            elif edit.kind == "delrcpt":
                self.envelope.pop(edit.address, None)
            elif edit.kind == "addheader":
                self.fields.append((edit.name, " " + edit.value))
            elif edit.kind == "insheader":
                # Index 0 is above the MTA's own Received, which the filter was not shown.
                self.fields.insert(max(0, edit.index - 1), (edit.name, " " + edit.value))
            elif edit.kind == "chgheader":
                self._change(edit)

    def _change(self, edit):
        same = [i for i, (n, _) in enumerate(self.fields)
                if text_of(octets(n)).lower() == edit.name.lower()]
        if max(edit.index, 1) > len(same):
            return
        place = same[max(edit.index, 1) - 1]
        if edit.value:
            self.fields[place] = (edit.name, " " + edit.value)
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


def transaction(address, client=("203.0.113.25", "mx.external.example"),
                mail="<sender@sender.example>", rcpts=(), headers=None, body=b"Hello.\r\n",
                mail_args=(), helo="client.test", macros=None, actions=ALL_ACTIONS,
                steps=ALL_STEPS, stop_after=None, local=False):
    """One client, one message, on a connection of its own; returns a Transaction.

    address     the filter's socket: a path, or (host, port)
    client      (IP address, name)
    rcpts       addresses as they come, with <>; or (address, ESMTP parameter, ...)
    headers     [(name, value)], the value with its leading blank; a usual header when None
    macros      e.g. {"{auth_authen}": "joe"}
    stop_after  mail, rcpt, data, header, eoh, body: aborts there
    local       as cleanup(8) does for sendmail(1): localhost, no <>, no ESMTP parameters, a queue
                id from the start
    """
    if local:
        client, helo = ("127.0.0.1", "localhost"), "localhost"
        mail, mail_args = mail.strip("<>"), ()
        rcpts = [(r if isinstance(r, str) else r[0]).strip("<>") for r in rcpts]
        macros = {"i": queue_id(), **(macros or {})}
    with MilterConnection(address, actions=actions, steps=steps, macros=macros) as link:
        first = link.connect(*client)
        second = link.helo(helo) if first.goes_on else first
        if not first.goes_on or not second.goes_on or "accept" in (first.verdict, second.verdict):
            result = Transaction(link)
            result.final = second
            return result
        return link.message(mail, mail_args, rcpts, headers, body, stop_after)


class Script:
    """One message, encoded once: run(connection) sends it in as few writes as the negotiated flags
    allow and reads the answers without decoding them. For load; check with message() what it does.
    """

    def __init__(self, connection, mail="<sender@sender.example>", rcpts=(), headers=None,
                 body=b"Hello.\r\n"):
        self.steps = []
        real, connection.flush = connection.flush, lambda: None
        self._recorded = connection
        try:
            self._record(connection, mail, rcpts, headers or default_headers(), body)
        finally:
            connection.flush = real

    def _record(self, link, mail, rcpts, headers, body):
        def answer(_command=None):
            self.steps.append(bytes(link._out))
            link._out.clear()
            return Reply("continue")

        real, link.reply = link.reply, answer
        try:
            link.mail(mail)
            for rcpt in rcpts:
                link.rcpt(rcpt)
            link.data()
            for name, value in headers:
                link.header(name, value)
            link.eoh()
            link.body(body)
            link.event(EOM)
            link._out.clear()
        finally:
            link.reply = real

    def run(self, connection):
        """Sends the message; returns the command octet of the last answer, b"" where the filter
        ended it early. Ends it with ABORT, as Postfix does."""
        last = len(self.steps) - 1
        for number, step in enumerate(self.steps):
            connection.socket.sendall(step)
            command = connection.receive()[0]
            while command == b"p" or (number == last and command in _EDITS):
                command = connection.receive()[0]
            if command not in b"cs" and number != last:
                connection.send(ABORT)
                return command
        connection.send(ABORT)
        return command
