"""A deployment where all is right, to be broken by one change at a time."""

import grp
import os
import re
import time

from coexist_testing.ctl import Ctl
from coexist_testing.daemon import Daemon
from coexist_testing.dns_server import DnsServer
from coexist_testing.fake_redis import FakeRedis
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.pair import DOMAIN, DOMAINS
from coexist_testing.postfix import Postfix
from coexist_testing.redis_link import RedisError, RedisLink
from coexist_testing.redis_server import RedisServer

OTHER = "other.example"  # a second domain of the configuration: reached by a target address

RECORDS = (
    ("HSET", f"coexist:user:here@{DOMAIN}", "home", "secondary"),
    ("HSET", f"coexist:user:there@{DOMAIN}", "group", "sales", "note", "moves late"),
    ("HSET", f"coexist:user:name@{DOMAIN}", "alias", f"here@{DOMAIN}"),
    ("HSET", f"coexist:user:target@{OTHER}", "home", "primary"),
    ("HSET", "coexist:group:sales", "home", "primary"),
    ("HSET", f"coexist:domain:{DOMAIN}", "home", "primary"),
)


class Deployment:
    """Two Postfix, the second with the lines that `coexistctl postfix-config` prints, the filter at
    its socket below the queue directory, Redis that keeps what it has, a name server.

    Nothing of Postfix runs until start(): postconf and postmap need its files alone.
    """

    def __init__(self):
        self.folder = make_folder("deployment")
        self.primary = Postfix("mail.primary.example", DOMAINS)
        self.secondary = Postfix("mail.secondary.example", DOMAINS, main={
            "smtpd_milters": "", "non_smtpd_milters": "", "default_transport": "error:nowhere to go",
        })
        self.redis = RedisServer("--appendonly", "yes")
        self.dns = DnsServer()
        self.ctl = Ctl()
        self.daemon = None

    def start(self):
        """All but Postfix."""
        self.redis.start()
        self.folder_of_socket = f"{self.secondary.folder}/queue/coexist"
        os.mkdir(self.folder_of_socket)
        os.chown(self.folder_of_socket, -1, grp.getgrnam("postfix").gr_gid)
        os.chmod(self.folder_of_socket, 0o2750)
        self.options = self.right_options()
        self.daemon = Daemon(self.options).start()
        self.ctl.write_config(self.options)
        self.take_lines()
        self.main = dict(self.secondary._main)
        self.files = {
            name: self.read(name)
            for name in (self.keys, f"{self.secondary.config}/master.cf", self.undo)
        }
        self.reset()
        return self

    def right_options(self):
        self.keys = f"{self.folder}/keys"
        return {
            "node": "secondary", "name": self.secondary.name,
            "listen": f"unix:{self.folder_of_socket}/milter.sock", "socket_mode": "0660",
            "state": self.redis.unix_url, "keys": self.keys, "max_hops": 30,
            "snapshot": f"{self.folder}/snapshot", "myorigin": DOMAIN,
            "system": {
                "primary": {
                    "hosts": [self.primary.name], "networks": [self.primary.address],
                    "nexthop": "smtp:[{}]:{}".format(*self.primary.smtp),
                },
                "secondary": {
                    "hosts": [self.secondary.name], "networks": [self.secondary.address],
                },
            },
            "gateway": {"hosts": ["*.filter.example"]},
            "domain": {
                DOMAIN: {"home": "primary", "route": "%u@%d.primary.invalid"},
                OTHER: {"home": "secondary", "route": "%u@contoso.onmicrosoft.com"},
            },
        }

    def take_lines(self):
        """Does to the secondary what an administrator does with what postfix-config prints."""
        lines = self.ctl.json("postfix-config", "--postfix-config-dir", self.secondary.config)
        self.secondary._main.update(lines["main"])
        self.secondary._main["virtual_mailbox_domains"] += f" {OTHER}"
        self.secondary._save_main()
        with open(f"{self.secondary.config}/master.cf", "a") as file:
            file.write(lines["master"])
        for name, text in lines["files"].items():
            self.undo = name
            self.write(name, text)
        self.lines = lines

    def reset(self):
        """Everything is right again."""
        self.secondary._main = dict(self.main)
        self.secondary._save_main()
        self.secondary.users = None
        for name, octets in self.files.items():
            self.write(name, octets)
        os.chmod(self.keys, 0o600)
        os.chown(self.keys, 0, 0)
        os.chmod(self.folder_of_socket, 0o2750)
        self.ctl.write_config(self.options)
        self.arguments = ["--postfix-config-dir", self.secondary.config, "--resolver",
                          self.dns.address]
        with RedisLink(self.redis.socket) as link:
            link.pipeline([
                ("FLUSHALL",), ("CONFIG", "SET", "appendonly", "yes"),
                ("CONFIG", "SET", "maxmemory", "0"),
                ("CONFIG", "SET", "maxmemory-policy", "noeviction"), *RECORDS,
            ])
        self.event(self.secondary.name)
        self.dns.mood = "well"
        self.dns.mx = {DOMAIN: [(10, self.primary.name)],
                       OTHER: [(10, self.secondary.name), (20, "in.filter.example")]}

    def event(self, node, late_ms=0, times=3):
        """Decisions that a node has told, late or by a clock that is behind."""
        with RedisLink(self.redis.socket) as link:
            for _ in range(times):
                now = int(time.time() * 1000) - late_ms
                link.command("XADD", "coexist:events", "*", "event", "decide", "node", node, "t",
                             now)

    def doctor(self, *more):
        """What `coexistctl doctor --json` prints, and its status."""
        ran = self.ctl.run("doctor", "--json", *self.arguments, *more)
        assert not ran.err, ran
        return ran

    def close(self):
        try:
            if self.daemon:
                self.daemon.close()
        finally:
            for part in (self.primary, self.secondary, self.redis, self.dns, self.ctl):
                part.close()
            remove_folder(self.folder)

    # Ways to break it

    @staticmethod
    def read(name):
        with open(name, "rb") as file:
            return file.read()

    @staticmethod
    def write(name, text):
        with open(name, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def config(self, **changes):
        """Options of the configuration: None takes one out."""
        self.ctl.write_config({**self.options, **changes})

    def domain(self, name=DOMAIN, **changes):
        domains = self.options["domain"]
        self.config(domain={**domains, name: {**domains[name], **changes}})

    def postfix(self, **parameters):
        """main.cf."""
        self.secondary._main.update({k: v for k, v in parameters.items() if v is not None})
        self.secondary._save_main()

    def master(self, pattern, to):
        """master.cf: the lines that match."""
        name = f"{self.secondary.config}/master.cf"
        text, n = re.subn(pattern, to, self.read(name).decode(), flags=re.M)
        assert n > 0, pattern
        self.write(name, text)

    def table(self, name, text):
        path = f"{self.secondary.config}/{name}"
        self.write(path, text)
        return f"regexp:{path}"


class OddRedis(FakeRedis):
    """Another server's answers, but to the commands for which it has its own.

    answers   {"TIME": ["0", "0"], ...}: by the first word, or the first two
    """

    def __init__(self, server, **answers):
        super().__init__()
        self.server, self.answers = server, answers

    def _answer(self, mood, words):
        for name in ("_".join(words[:2]).upper(), words[0]):
            if name in self.answers:
                return _encoded(self.answers[name])
        with RedisLink(self.server.socket) as link:
            try:
                return _encoded(link.command(*words))
            except RedisError as error:
                return _encoded(error)


def _encoded(reply):
    if isinstance(reply, RedisError):
        return b"-%s\r\n" % str(reply).encode()
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, (list, tuple)):
        return b"*%d\r\n" % len(reply) + b"".join(_encoded(item) for item in reply)
    octets = reply.encode("utf-8", "surrogateescape")
    return b"$%d\r\n%s\r\n" % (len(octets), octets)
