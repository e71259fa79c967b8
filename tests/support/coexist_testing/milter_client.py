"""The MTA's side of the milter protocol.

MilterConnection  one connection, event by event, with every NO* and NR_* flag honoured as Postfix
                  honours them: a step that the filter does not want is not sent (its macros are),
                  and no answer is awaited where the filter said that it gives none.
transaction()     a whole message in one call: a Transaction says what each recipient was answered,
                  which edits came in which order, and what the message is after them.
Script            a message encoded once and sent many times, for load.
"""

import select
import socket
import struct
import time

from coexist_testing.milter_message import Transaction, default_headers, message_id, queue_id
from coexist_testing.milter_protocol import (
    ABORT, ADDHDRS, ADDRCPT, ADDRCPT_PAR, ALL_ACTIONS, ALL_STEPS, BODY, BODY_CHUNK, CHGBODY,
    CHGFROM, CHGHDRS, CONNECT, DATA, DEFAULT_MACROS, DELRCPT, EDITS, EOH, EOM, FLAGS, HDR_LEADSPC,
    HEADER, HELO, MACRO, MAIL, OPTNEG, QUARANTINE, QUIT, QUIT_NC, RCPT, STAGES, UNKNOWN, VERDICTS,
    Edit, FilterClosed, ProtocolError, Reply, connect_data, octets, packet, strings, text_of,
)
from coexist_testing.net import family_of
from coexist_testing.wait import SLOWNESS

__all__ = [
    "MilterConnection", "Transaction", "Script", "transaction", "default_headers", "message_id",
    "queue_id", "Edit", "Reply", "ProtocolError", "FilterClosed",
]


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
        family = family_of(address)
        self.socket = socket.socket(family)
        self.socket.settimeout(self.timeout)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out = bytearray()
        self._in = bytearray()
        self.macros = {
            "j": "mail.test", "{daemon_name}": "mail.test", "{daemon_addr}": "127.0.0.1",
            "v": "Postfix 3.7.11", "_": "client", **(macros or {}),
        }
        self.macro_lists = {c: names.split() for c, names in DEFAULT_MACROS.items()}
        self.version = self.actions = self.steps = None
        self.edits = []
        self._queue_id = None
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
        by_stage = {stage: command for command, stage in STAGES.items()}
        while data:
            stage = struct.unpack_from(">I", data)[0]
            names, _, data = data[4:].partition(b"\0")
            if stage not in by_stage:
                raise ProtocolError(f"a macro list for stage {stage}")
            self.macro_lists[by_stage[stage]] = text_of(names).replace(",", " ").split()

    # Events

    def _macro(self, command):
        listed = self.macro_lists[{HEADER: EOH, BODY: EOM}.get(command, command)]
        known = [n for n in listed if self.macros.get(n) is not None]
        words = [word for n in known for word in (n, self.macros[n])]
        self.send(MACRO, command + strings(*words))

    def event(self, command, data=b""):
        """Sends a command as Postfix would; returns a Reply, verdict `none` where none is due."""
        left_out, unanswered = FLAGS[command]
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
            if kind in VERDICTS:
                if kind != b"y" and data:
                    raise ProtocolError(f"{VERDICTS[kind]} with data {data!r}")
                return Reply(VERDICTS[kind], data)
            if kind not in EDITS:
                raise ProtocolError(f"unknown reply {kind!r} {data!r}")
            if command != EOM:
                raise ProtocolError(f"{EDITS[kind]} in reply to {command!r}")
            self.edits.append(self._edit(kind, data))

    def _edit(self, kind, data):
        needed = {
            b"+": ADDRCPT, b"2": ADDRCPT_PAR, b"-": DELRCPT, b"h": ADDHDRS, b"i": ADDHDRS,
            b"m": CHGHDRS, b"e": CHGFROM, b"b": CHGBODY, b"q": QUARANTINE,
        }[kind]
        name = EDITS[kind]
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
            self.macros["i"] = self._queue_id = queue_id()
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
            reply = self.event(BODY, text[start:start + BODY_CHUNK])
            if not reply.goes_on or reply.verdict in ("skip", "accept"):
                break
        return reply

    def eom(self):
        """End of message: the final Reply; the edits are in .edits."""
        self.edits = []
        return self.event(EOM)

    def unknown(self, line):
        return self.event(UNKNOWN, strings(line))

    def forget_queue_id(self):
        if self._queue_id and self.macros.get("i") == self._queue_id:
            del self.macros["i"]
        self._queue_id = None

    def abort(self):
        self.forget_queue_id()
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
        self._record(connection, mail, rcpts, headers or default_headers(), body)

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
        finally:
            link.reply = real
            link.forget_queue_id()

    def run(self, connection):
        """Sends the message, and ABORT after it as Postfix does; returns the octet of the last
        answer, b"c" where all went through."""
        last = len(self.steps) - 1
        for number, step in enumerate(self.steps):
            connection.raw(step)
            command = connection.receive()[0]
            while command == b"p" or (number == last and command in EDITS):
                command = connection.receive()[0]
            if command not in b"cs" and number != last:
                connection.send(ABORT)
                return command
        connection.send(ABORT)
        return command
