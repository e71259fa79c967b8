#!/usr/bin/python3
"""The mailboxes of one system: mailstore.py HOST:PORT FILE RULES SUBMIT-HOST:PORT [WATCH-HOST:PORT]

An LMTP server that takes every message, as Zimbra's mailbox server or Dovecot does behind an MTA.
Each delivery is a line of JSON in FILE: rcpt, sender, folder, and data, whose octets are letters of
Latin-1.
RULES, read again for each message, says what owners of mailboxes have set up; the answers and the
forwarded mail are handed to the MTA before the message counts as delivered:

    bob@example.com forward carol@example.com       # sent on, and not kept
    dan@example.com reply                           # an auto-responder as RFC 3834 wants it
    erin@example.com reply-once                     # one that heeds nothing, but answers each once
    fay@example.com junk-unless X-Checked 42        # a spam filter, see is_junk()

At WATCH a tester outside the container asks, by one line for each connection, for less than a program
that Docker starts costs: `glance`, `queued`, `mailboxes OFFSET`, `rules JSON`, `run JSON`.

It needs nothing but Python, so that it can run in a container.
"""

import json
import os
import re
import smtplib
import socketserver
import subprocess
import sys
import threading
import time
from email.parser import BytesParser


LOGS = ("/var/log/maillog", "/var/log/exim4/mainlog")
UNDER_WAY = [f"/var/spool/postfix/{queue}" for queue in ("maildrop", "incoming", "active")]
QUEUES = [*UNDER_WAY, *(f"/var/spool/postfix/{queue}" for queue in ("deferred", "hold")),
          "/var/spool/exim4/input", "/var/spool/smtpd/queue"]


class Mailboxes:
    def __init__(self, path, rules, submit):
        self.path, self.rules_path, self.submit = path, rules, submit
        self.lock = threading.Lock()
        self.answered = set()
        self.numbers = 0

    def rule(self, rcpt):
        try:
            with open(self.rules_path) as file:
                lines = [line.split() for line in file if line.strip()]
        except FileNotFoundError:
            lines = []
        return next((words[1:] for words in lines if words[0] == rcpt.lower()), ["keep"])

    def take(self, sender, rcpt, data):
        verb, *words = self.rule(rcpt)
        if verb == "forward":
            self.send(sender, words[0], f"Delivered-To: {rcpt}\r\n".encode() + data)
            return
        if verb == "reply" and self.may_reply(sender, data):
            self.reply("", rcpt, sender, "Auto-Submitted: auto-replied\r\n")
        if verb == "reply-once" and self.is_first(rcpt, sender):
            self.reply(rcpt, rcpt, sender, "")
        folder = "junk" if verb == "junk-unless" and self.is_junk(data, *words) else "inbox"
        line = json.dumps({
            "rcpt": rcpt, "sender": sender, "folder": folder, "data": data.decode("latin-1"), "when": time.time(),
        })
        with self.lock, open(self.path, "a") as file:
            file.write(line + "\n")

    @staticmethod
    def may_reply(sender, data):
        """RFC 3834: never to a null sender, nor to what is automatic itself."""
        header = BytesParser().parsebytes(data, headersonly=True)
        return bool(sender) and header.get("Auto-Submitted", "no") == "no"

    @staticmethod
    def is_junk(data, name, value):
        """What its subject gives away, unless a header says that others have looked at it."""
        header = BytesParser().parsebytes(data, headersonly=True)
        return "cheap" in header["Subject"] and header[name] != value

    def is_first(self, rcpt, sender):
        with self.lock:
            before = (rcpt, sender) in self.answered
            self.answered.add((rcpt, sender))
        return bool(sender) and not before

    def reply(self, sender, author, to, field):
        with self.lock:
            self.numbers += 1
            number = self.numbers
        self.send(sender, to, (
            f"From: {author}\r\nTo: {to}\r\nSubject: I am away\r\n{field}"
            f"Message-ID: <away{number}.{time.time_ns():x}@store.example.com>\r\n\r\nLater.\r\n"
        ).encode())

    def send(self, sender, rcpt, data):
        with smtplib.SMTP(*self.submit, local_hostname="localhost", timeout=60) as client:
            client.sendmail(sender, [rcpt], data)


class Dialogue(socketserver.StreamRequestHandler):
    timeout = 120

    def handle(self):
        self.say("220 store LMTP")
        sender, rcpts = None, []
        while line := self.rfile.readline().decode("latin-1"):
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, rcpts = path_of(line), []
            elif verb == "RCPT":
                rcpts.append(path_of(line))
            elif verb == "DATA":
                self.data(sender, rcpts)
                continue
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            self.say("250-store\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8" if verb == "LHLO"
                     else "250 2.0.0 Ok")

    def data(self, sender, rcpts):
        self.say("354 Go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError("cut off within a message")
            lines.append(line[1:] if line.startswith(b".") else line)
        for rcpt in rcpts:
            try:
                self.server.mailboxes.take(sender, rcpt, b"".join(lines))
                self.say("250 2.0.0 Kept")
            except smtplib.SMTPRecipientsRefused as refused:
                # What the MTA says of the address that it was to be sent on to.
                [(code, text)] = refused.recipients.values()
                self.say(f"{code} {' '.join(text.decode('latin-1').split())}")
            except smtplib.SMTPResponseException as refused:
                text = refused.smtp_error.decode("latin-1")
                self.say(f"{refused.smtp_code} {' '.join(text.split())}")
            except OSError as fault:
                self.say(f"451 4.3.0 {fault}")

    def say(self, text):
        self.wfile.write(text.encode("latin-1", "replace") + b"\r\n")


class Watch(socketserver.StreamRequestHandler):
    """What a tester asks; the answer ends with the connection."""

    timeout = 120

    def handle(self):
        verb, _, word = self.rfile.readline().decode().strip().partition(" ")
        mailboxes = self.server.mailboxes
        if verb == "glance":
            self.wfile.write(json.dumps(glance()).encode())
        elif verb == "queued":
            self.wfile.write(json.dumps(has_files(QUEUES)).encode())
        elif verb == "mailboxes":
            with open(mailboxes.path, "rb") as file:
                file.seek(int(word))
                self.wfile.write(file.read())
        elif verb == "rules":
            with open(f"{mailboxes.rules_path}.new", "w") as file:
                file.writelines(f"{line}\n" for line in json.loads(word))
            os.rename(f"{mailboxes.rules_path}.new", mailboxes.rules_path)
            self.wfile.write(b"ok")
        elif verb == "run":
            done = subprocess.run(json.loads(word), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            said = done.stdout + done.stderr if done.returncode else done.stdout
            self.wfile.write(b"%d\n" % done.returncode + said)


def glance():
    """[size of the MTA's log, whether mail is under way] where Debian has them."""
    under_way = has_files(UNDER_WAY) or len(processes("exim4")) > 1
    sizes = [os.path.getsize(path) for path in LOGS if os.path.exists(path)]
    return [sum(sizes), under_way]


def has_files(folders):
    return any(files for folder in folders for _, _, files in os.walk(folder))


def processes(name):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                found += [pid] if file.read().strip() == name else []
        except OSError:
            continue
    return found


def path_of(line):
    return re.search(r"<(.*?)>", line)[1]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 100


def host_port(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    listen, path, rules, submit, *watch = sys.argv[1:]
    open(path, "a").close()
    mailboxes = Mailboxes(path, rules, host_port(submit))
    for address, handler in [(listen, Dialogue), *((one, Watch) for one in watch)]:
        server = Server(host_port(address), handler)
        server.mailboxes = mailboxes
        threading.Thread(target=server.serve_forever, args=(0.2,)).start()


if __name__ == "__main__":
    main()
