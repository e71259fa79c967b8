"""Redis as its operator sees it: alone, or two of them under Sentinels."""

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

    def start(self):
        self.master.start()
        return self

    def close(self):
        self.master.close()


class Guarded(Watched):
    """Two of them, and Sentinels."""

    def __init__(self):
        super().__init__(*OPTIONS)


class Records:
    """Writes the records, over one connection that is made again when it is lost. Not for several
    threads at once."""

    def __init__(self, redis):
        self.redis = redis
        self.link = None

    def connect(self):
        """Raises OSError when there is nobody to write to."""
        try:
            if self.link is None:
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
