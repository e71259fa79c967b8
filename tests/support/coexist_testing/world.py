"""A scenario of docker/scenarios, running: what tests and people do to it, and what they see.

WorldOfProcesses and WorldOfContainers say how the parts run; COEXIST_WORLD chooses one.
"""

import collections
import json
import os
import re
import shlex
import smtplib
import subprocess
import time
from email.parser import BytesParser

from coexist_testing.daemon import parse_log_line
from coexist_testing.journey import Attempt
from coexist_testing.pair import make_message, unique_message_id
from coexist_testing.scenario import Scenario
from coexist_testing.wait import wait_until

OUTSIDE = "somebody@outside.example"
STRANGER = {"ADDR": "203.0.113.250", "NAME": "mx.outside.example"}

# rcpt: whose mailbox; side: of which system; headers: an email message; raw: octets with CRLF
Arrival = collections.namedtuple("Arrival", "side rcpt sender folder message_id headers raw when")


class World:
    """sides: those of the scenario, each a Postfix with its mailboxes; `outside` is everybody else,
    an SmtpSink. A part is a side, `filter:SIDE` or `redis`.

    What a kind of world has to do is at the end. All waits are bounded.
    """

    def __init__(self, name):
        self.scenario = Scenario(name)
        self.sides = self.scenario.sides
        self.outside = None
        self.began = 0.0  # when reset() was done
        self._told = {}
        self._arrivals = {side: [] for side in self.sides}
        self._read = {side: 0 for side in self.sides}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close(check=False)
            raise
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    def reset(self):
        """The state as state.redis has it; nothing queued, nobody's rules, no mail seen outside."""
        self.redis_all([["FLUSHALL"], *self.scenario.commands()])
        for side in self.sides:
            self.rules(side)
        wait_until(self._emptied, 20, "what is still queued is gone")
        self.outside.clear()
        self.began = time.time()
        self._told = {side: len(self.filter_log(side)) for side in self.sides
                      if self.scenario.has_filter(side)}

    def _emptied(self):
        for side in self.sides:
            if self.has_queued(side):
                self.empty(side)
        return self.quiet() and not any(map(self.has_queued, self.sides))

    # Sending

    def connect(self, side, client="outside"):
        """An smtplib.SMTP at a side. client: `outside`, a stranger on the Internet; another side;
        `user`, the web mail of this one; or a dict of XCLIENT's attributes."""
        link = smtplib.SMTP(*self.smtp(side), local_hostname="client.example", timeout=120)
        link.ehlo()
        if not link.has_extn("xclient"):
            assert client == "outside", "only a Postfix takes a client for another one"
            return link
        told = self._client(side, client)
        code, text = link.docmd("XCLIENT", " ".join(f"{k}={v}" for k, v in told.items()))
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        link.ehlo()
        return link

    def _client(self, side, client):
        if client == "outside":
            return STRANGER
        if client == "user":
            return {"ADDR": self.own_address(side)}
        if isinstance(client, str):
            return {"ADDR": self.address(client), "NAME": self.scenario.hosts[client][0]}
        return client

    def send(self, rcpts, at, sender=OUTSIDE, client="outside", message_id=None, message=None,
             **fields):
        """One SMTP transaction, told as an Attempt; fields: as for make_message()."""
        rcpts = [rcpts] if isinstance(rcpts, str) else list(rcpts)
        message_id = message_id or unique_message_id()
        message = message or make_message(message_id, sender, to=", ".join(rcpts), **fields)
        link = self.connect(at, client)
        try:
            return Attempt(message_id, _texts(link.sendmail(sender, rcpts, message)), None)
        except smtplib.SMTPRecipientsRefused as refused:
            return Attempt(message_id, _texts(refused.recipients), None)
        except smtplib.SMTPResponseException as refused:
            return Attempt(message_id, {}, _text(refused.smtp_code, refused.smtp_error))
        finally:
            link.close()

    def post(self, rcpts, at, timeout=60, **how):
        """send() as a mail server does it: those that are put off are tried again until they are
        taken. Returns when so many have arrived; what was refused for good fails.

        A map answers within 50 ms or says that it cannot, and on a busy machine it may.
        """
        left = [rcpts] if isinstance(rcpts, str) else list(rcpts)
        count, how["message_id"] = len(left), how.get("message_id") or unique_message_id()

        def taken():
            tried = self.send(left, at, **how)
            codes = [*tried.codes.values(), *([tried.code] if tried.code else [])]
            assert all(code.startswith("4") for code in codes), codes
            left[:] = left if tried.code else list(tried.refused)
            return not left

        wait_until(taken, timeout, lambda: f"{left} are taken by the {at}", 0.2)
        self.wait_arrivals(how["message_id"], count, timeout)
        return how["message_id"]

    def user_sends(self, sender, rcpts, at, **how):
        """A user of a system writes."""
        tried = self.send(rcpts, at, sender=sender, client="user", **how)
        assert tried.refused == {} and tried.final is None, tried.refused or tried.final
        return tried

    # What happened

    def arrivals(self, message_id=None, rcpt=None):
        """What is in the mailboxes of all sides, a list of Arrival."""
        for side in self.sides:
            self._take_in(side)
        return [
            a for side in self.sides for a in self._arrivals[side]
            if message_id in (None, a.message_id) and rcpt in (None, a.rcpt)
        ]

    def _take_in(self, side):
        whole, line_end, _ = self.read_mailboxes(side, self._read[side]).rpartition(b"\n")
        self._read[side] += len(whole + line_end)
        for line in whole.splitlines():
            one = json.loads(line)
            raw = one["data"].encode("latin-1")
            headers = BytesParser().parsebytes(raw, headersonly=True)
            self._arrivals[side].append(Arrival(
                side, one["rcpt"], one["sender"], one["folder"], headers["Message-ID"], headers, raw,
                one["when"],
            ))

    def arrived(self, message_id):
        """Where it has come to, when nothing is under way: [(side, rcpt)], once for each time."""
        self.wait_quiet()
        return sorted((a.side, a.rcpt) for a in self.arrivals(message_id))

    def bounces(self):
        """Messages to the outside with a null sender, when nothing is under way."""
        self.wait_quiet()
        return self._bounced()

    def _bounced(self):
        return [m for m in list(self.outside.messages) if m.mail[0] == "<>"]

    def queue(self, side):
        """`postqueue -j`, as a list."""
        return [json.loads(line) for line in self.run(side, "postqueue", "-j").splitlines()]

    def deferred(self, side, count=1):
        """The deferred recipients of a side, once so many are waiting: {address: reason}."""
        found = {}

        def waiting():
            found.clear()
            found.update({
                r["address"]: r.get("delay_reason", "") for m in self.queue(side)
                if m["queue_name"] == "deferred" for r in m["recipients"]
            })
            return len(found) == count

        wait_until(waiting, 20, lambda: f"{count} deferred at the {side}, not {found}")
        return dict(found)

    def flush(self, side):
        self.run(side, "postqueue", "-f")

    def empty(self, side):
        """Removes every queued message."""
        self.run(side, "postsuper", "-d", "ALL")

    def quiet(self):
        """Nothing is under way anywhere: what is queued is deferred or held."""
        before = [self.glance(side) for side in self.sides]
        if any(active for _, active in before):
            return False
        return before == [self.glance(side) for side in self.sides]

    def wait_quiet(self, timeout=40):
        wait_until(self.quiet, timeout, lambda: "no mail under way: "
                   f"{[self.queue(side) for side in self.sides]}", interval=0.05)

    def wait_arrivals(self, message_id, count=1, timeout=30):
        """Waits until so many copies have arrived; more may come."""
        wait_until(
            lambda: len(self.arrivals(message_id)) >= count, timeout,
            lambda: f"{count} of {message_id}; the queues: "
            f"{[self.queue(side) for side in self.sides]}", interval=0.05,
        )

    @staticmethod
    def wait(happens, what, timeout=120):
        return wait_until(happens, timeout, what, 0.2)

    def wait_bounces(self, count=1):
        self.wait(lambda: len(self._bounced()) >= count, f"{count} bounces")

    def wait_outside(self, message_id):
        self.wait(lambda: self.outside.find(message_id), f"{message_id} leaves")

    # The filter and its state

    def flip(self, user, home):
        self.redis("HSET", f"coexist:user:{user}", "home", home)

    def flip_group(self, group, home):
        self.redis("HSET", f"coexist:group:{group}", "home", home)

    def redis_all(self, commands):
        """Many commands by one redis-cli."""
        text = "".join(shlex.join(command) + "\n" for command in commands)
        done = subprocess.run(self.redis_cli(), input=text.encode(), capture_output=True, timeout=60)
        assert done.returncode == 0 and b"ERR" not in done.stdout, done.stdout.decode()

    def filter_lines(self, side, event=None, **values):
        """The filter's log lines since reset(), parsed: those of an event, with these values."""
        text = self.filter_log(side)[self._told.get(side, 0):]
        lines = filter(None, map(parse_log_line, text.splitlines()))
        return [
            line for line in lines if event in (None, line.event)
            and all(line.values.get(k) == v for k, v in values.items())
        ]

    def decisions(self, side, rcpt):
        """[(action, reason)] of a recipient since reset(), in order."""
        return [(l.values["action"], l.values["reason"])
                for l in self.filter_lines(side, "decide", rcpt=rcpt)]

    def wait_log(self, part, event, **values):
        """Waits for a line of a filter, `filter:SIDE`, as filter_lines() finds it."""
        side = part.partition(":")[2]
        return wait_until(lambda: self.filter_lines(side, event, **values), 20,
                          lambda: f"{event} {values} in:\n" + self.filter_log(side)[-3000:], 0.05)

    # What a kind of world does

    def start(self):
        raise NotImplementedError

    def check(self):
        """Fails on an error line in a filter's log that nobody announced."""
        raise NotImplementedError

    def close(self, check=True):
        raise NotImplementedError

    def smtp(self, side):
        """(host, port) where a client reaches it."""
        raise NotImplementedError

    def address(self, side):
        """The address from which it comes to the others."""
        raise NotImplementedError

    def own_address(self, side):
        """The address from which its own web mail comes, one of its own networks."""
        raise NotImplementedError

    def run(self, side, *command):
        """What a program prints that knows its Postfix by MAIL_CONFIG."""
        raise NotImplementedError

    def glance(self, side):
        """(size of the log, whether mail is under way), as nearly at once as can be."""
        raise NotImplementedError

    def has_queued(self, side):
        """Whether there is anything in any queue."""
        return bool(self.queue(side))

    def log(self, side):
        raise NotImplementedError

    def filter_log(self, side):
        raise NotImplementedError

    def read_mailboxes(self, side, since):
        """The octets of mailstore's file from an offset on."""
        raise NotImplementedError

    def rules(self, side, *lines):
        """What owners of mailboxes have set up, see mailstore; replaces what was there."""
        raise NotImplementedError

    def redis(self, *words):
        """What redis-cli prints."""
        raise NotImplementedError

    def redis_cli(self):
        """The command that reads others from its input."""
        raise NotImplementedError

    def kill(self, part):
        raise NotImplementedError

    def revive(self, part):
        """Starts what was killed."""
        raise NotImplementedError

    def pause(self, part):
        raise NotImplementedError

    def resume(self, part):
        raise NotImplementedError


def world_of(name):
    """A world of the kind that COEXIST_WORLD says: `processes`, or `containers`."""
    kind = os.environ.get("COEXIST_WORLD", "processes")
    if kind == "containers":
        from coexist_testing.world_containers import WorldOfContainers
        return WorldOfContainers(name)
    from coexist_testing.world_processes import WorldOfProcesses
    return WorldOfProcesses(name)


def _texts(refused):
    return {rcpt: _text(*reply) for rcpt, reply in refused.items()}


def _text(code, text):
    return f"{code} {' '.join(text.decode('utf-8', 'replace').split())}"


def told(message):
    """The text of a message in one line."""
    return re.sub(r"\s+", " ", message.data.decode("utf-8", "replace"))
