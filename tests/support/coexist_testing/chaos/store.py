"""Redis as its operator sees it: alone, or two of them under Sentinels."""

import re

from coexist_testing.redis_link import RedisLink
from coexist_testing.redis_server import RedisServer
from coexist_testing.sentinel import Watched

# What was acknowledged is still there after a kill; it may be told to sleep.
OPTIONS = ("--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0",
           "--enable-debug-command", "local", "--repl-diskless-sync-delay", "0")
USER, GROUP = "coexist:user:", "coexist:group:"


class Alone:
    """One Redis. master is it."""

    def __init__(self):
        self.master = RedisServer(*OPTIONS)
        self.state = self.master.unix_url
        self.sentinels = None
        self.replicas = 0

    def start(self):
        self.master.start()
        return self

    def close(self):
        self.master.close()


def is_heard(server):
    """Whether somebody has this server tell what changes."""
    with RedisLink(server.socket) as link:
        flags = re.findall(r" flags=(\S+)", link.command("CLIENT", "LIST"))
    return any("B" in flag for flag in flags)


class Guarded(Watched):
    """Two of them, and Sentinels."""

    def __init__(self):
        super().__init__(*OPTIONS)
        self.replicas = 1


class Records:
    """Writes the records, over one connection that is made again when it is lost. Not for several
    threads at once."""

    def __init__(self, redis):
        self.redis = redis
        self.link = self.server = None

    def connect(self):
        """Raises OSError when there is nobody to write to."""
        try:
            if self.link is None or self.server is not self.redis.master:
                self.close()
                self.server = self.redis.master
                self.link = RedisLink(self.redis.master.socket, timeout=30)
            self.link.command("PING")
        except BaseException:
            self.close()
            raise

    def write(self, commands):
        """Raises OSError or RedisError when it is not certain that all were done."""
        try:
            return self.link.pipeline(commands)
        except BaseException:
            self.close()
            raise

    def wait_replicated(self):
        """A fail-over loses nothing of what was written until now."""
        found = self.link.command("WAIT", self.redis.replicas, 20_000)
        assert found == self.redis.replicas, f"{found} replicas follow"

    def close(self):
        if self.link:
            self.link.close()
        self.link = None

    @staticmethod
    def home_of_user(address, home):
        """The command that gives a user this home; None: no record."""
        key = USER + address
        return ("HSET", key, "home", home) if home else ("DEL", key)

    @staticmethod
    def member(address, group):
        return ("HSET", USER + address, "group", group)

    @staticmethod
    def home_of_group(group, home):
        return ("HSET", GROUP + group, "home", home)
