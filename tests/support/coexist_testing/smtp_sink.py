"""An SMTP server that records every session and answers by script."""

import collections
import re
import socketserver
import threading

Message = collections.namedtuple("Message", "mail rcpts data peer message_id session")


class Session:
    """What one client said: dialogue is a list of (line, reply), lines as octets without CRLF."""

    def __init__(self, peer):
        self.peer = peer
        self.dialogue = []
        self.messages = []

    @property
    def commands(self):
        return [line.decode("utf-8", "surrogateescape") for line, _ in self.dialogue]


class SmtpSink:
    """Listens at (address, port) = .smtp until close().

    replies: a function (verb, line, sink) -> reply text such as "450 4.2.0 later", or None for the
    usual one; verbs: CONNECT EHLO HELO MAIL RCPT DATA . (end of message) QUIT RSET NOOP. A reply of
    "drop" closes the connection without a word. It can be replaced while the server runs.

    messages: accepted ones, each with mail and rcpts as the client wrote them: lists of
    [address with <>, ESMTP parameters...], data with CRLF made LF and dots unstuffed.
    sessions: every Session, also those without a message.
    """

    EXTENSIONS = ("PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN",
                  "ENHANCEDSTATUSCODES")

    def __init__(self, address="127.0.0.1", port=0, name="sink.test", extensions=EXTENSIONS,
                 replies=None):
        self.name = name
        self.extensions = extensions
        self.replies = replies or (lambda verb, line, sink: None)
        self.sessions = []
        self.messages = []
        self.lock = threading.Lock()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 120

            def handle(self):
                try:
                    _Dialogue(sink, self).run()
                except (OSError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 100

        self.server = Server((address, port), Handler)
        self.smtp = self.server.server_address
        self.port = self.smtp[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def find(self, message_id):
        with self.lock:
            return [m for m in self.messages if m.message_id == message_id]

    def clear(self):
        with self.lock:
            self.messages.clear()
            self.sessions.clear()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Dropped(OSError):
    pass


class _Dialogue:
    def __init__(self, sink, handler):
        self.sink = sink
        self.handler = handler
        self.session = Session(handler.client_address)
        self.mail, self.rcpts = None, []
        with sink.lock:
            sink.sessions.append(self.session)

    def run(self):
        self.reply("CONNECT", b"", f"220 {self.sink.name} ESMTP")
        while True:
            line = self.handler.rfile.readline()
            if not line:
                return
            line = line.rstrip(b"\r\n")
            verb = line.split(b" ")[0].upper().decode("ascii", "replace")
            getattr(self, f"do_{verb.lower()}", self.do_other)(verb, line)
            if verb == "QUIT":
                return

    def reply(self, verb, line, usual):
        """Sends the scripted or the usual reply; returns whether it is a good one."""
        return self.send(line, self.choose(verb, line, usual))

    def choose(self, verb, line, usual):
        text = self.sink.replies(verb, line.decode("utf-8", "surrogateescape"), self.sink) or usual
        if text == "drop":
            raise _Dropped()
        return text

    def send(self, line, text):
        self.session.dialogue.append((line, text))
        self.handler.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")
        return text[0] in "23"

    def do_ehlo(self, verb, line):
        told = [self.sink.name, *self.sink.extensions]
        marks = ["-"] * (len(told) - 1) + [" "]
        self.reply(verb, line, "\n".join(f"250{m}{t}" for m, t in zip(marks, told)))

    def do_helo(self, verb, line):
        self.reply(verb, line, f"250 {self.sink.name}")

    def do_mail(self, verb, line):
        if self.reply(verb, line, "250 2.1.0 Ok"):
            self.mail, self.rcpts = _path(line), []

    def do_rcpt(self, verb, line):
        if self.reply(verb, line, "250 2.1.5 Ok"):
            self.rcpts.append(_path(line))

    def do_rset(self, verb, line):
        self.mail, self.rcpts = None, []
        self.reply(verb, line, "250 2.0.0 Ok")

    def do_data(self, verb, line):
        usual = "354 Go on" if self.rcpts else "554 5.5.1 No valid recipients"
        if not self.reply(verb, line, usual):
            return
        lines = []
        while True:
            text = self.handler.rfile.readline()
            if not text:
                raise _Dropped()
            if text == b".\r\n":
                break
            lines.append(text[1:] if text.startswith(b".") else text)
        text = self.choose(".", b".", "250 2.0.0 Ok: taken")
        # Before the client knows, so that who has seen it leave finds it here.
        if text[0] in "23":
            self.keep(b"".join(lines).replace(b"\r\n", b"\n"))
        self.send(b".", text)
        self.mail, self.rcpts = None, []

    def keep(self, data):
        found = re.search(rb"^message-id:\s*(<[^>]*>)", data, re.I | re.M)
        message = Message(
            self.mail, self.rcpts, data, self.session.peer, found and found[1].decode(),
            self.session,
        )
        with self.sink.lock:
            self.session.messages.append(message)
            self.sink.messages.append(message)

    def do_quit(self, verb, line):
        self.reply(verb, line, "221 2.0.0 Bye")

    def do_noop(self, verb, line):
        self.reply(verb, line, "250 2.0.0 Ok")

    def do_other(self, verb, line):
        self.reply(verb, line, "502 5.5.2 Not known")


def _path(line):
    """[address with <>, parameter, ...] of a MAIL or RCPT line."""
    text = line.decode("utf-8", "surrogateescape").partition(":")[2].strip()
    found = re.match(r'(<(?:"(?:\\.|[^"])*"|[^">])*>)\s*(.*)', text)
    return [found[1], *found[2].split()] if found else text.split()
