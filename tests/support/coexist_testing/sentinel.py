"""Two Redis and the Sentinels that watch them."""

import signal
import subprocess

from coexist_testing.net import free_port, make_folder, remove_folder
from coexist_testing.redis_link import RedisError, RedisLink
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import wait_until

NAME = "coexist"
_CONFIG = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {master} {quorum}
sentinel down-after-milliseconds {name} {patience}
sentinel failover-timeout {name} 3000
sentinel parallel-syncs {name} 1
"""
PATIENT, HASTY = 3_600_000, 300  # ms without an answer until a master counts as down


class Sentinel:
    """One redis-server in the role of a Sentinel."""

    def __init__(self, master_port, quorum):
        self.folder = make_folder("sentinel")
        self.port = free_port()
        self.config = f"{self.folder}/sentinel.conf"
        with open(self.config, "w") as file:
            file.write(_CONFIG.format(
                port=self.port, folder=self.folder, name=NAME, master=master_port, quorum=quorum,
                patience=PATIENT,
            ))
        self.process = None

    def start(self):
        with open(f"{self.folder}/sentinel.log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", self.config, "--sentinel"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log,
            )
        return self

    def log(self):
        with open(f"{self.folder}/sentinel.log", errors="replace") as file:
            return file.read()

    def ask(self, *words):
        """The reply; None where there is none."""
        try:
            with RedisLink(("127.0.0.1", self.port), timeout=5) as link:
                return link.command(*words)
        except (OSError, RedisError):
            return None

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)
        self.process = None
        remove_folder(self.folder)


class Watched:
    """Two RedisServers, a master and its replica, and Sentinels. They begin patient: a master that
    does not answer stays the master, until fail_over().

    state    redis+sentinel://...
    master   the RedisServer that is the master now, spare the other
    """

    def __init__(self, *arguments, sentinels=1):
        self.servers = [RedisServer(*arguments), RedisServer(*arguments)]
        self.master, self.spare = self.servers
        self.sentinels = [
            Sentinel(self.master.port, sentinels // 2 + 1) for _ in range(sentinels)
        ]

    @property
    def state(self):
        hosts = ",".join(f"127.0.0.1:{s.port}" for s in self.sentinels)
        return f"redis+sentinel://{hosts}/{NAME}/0"

    def start(self):
        self.master.start()
        self.spare.start()
        self.spare.cli("REPLICAOF", "127.0.0.1", self.master.port)
        for sentinel in self.sentinels:
            sentinel.start()
        self.wait_whole()
        return self

    def close(self):
        for part in (*self.sentinels, *self.servers):
            part.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def named(self):
        """The ports that the Sentinels name as the master's."""
        replies = [s.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME) for s in self.sentinels]
        return {int(reply[1]) if reply else None for reply in replies}

    def wait_whole(self):
        """Until the replica follows the master and each Sentinel names that one."""
        wait_until(self._whole, 30, lambda: self.master.log() + self.sentinels[0].log(), 0.02)

    def _whole(self):
        try:
            with RedisLink(self.spare.socket) as link:
                role = link.command("ROLE")
        except (OSError, RedisError):
            return False
        follows = role[0] == "slave" and role[2] == self.master.port and role[3] == "connected"
        return follows and self.named() == {self.master.port}

    def be(self, patience):
        for sentinel in self.sentinels:
            sentinel.ask("SENTINEL", "SET", NAME, "down-after-milliseconds", patience)

    def fail_over(self, orderly=False):
        """The spare becomes the master: because the master is killed, or by an operator's word.
        Returns when the Sentinels name it; rejoin() then brings the old master back."""
        # One that has been without its master for longer than ten times HASTY is never chosen.
        self.wait_whole()
        wanted = self.spare.port
        if not orderly:
            self.be(HASTY)
            self.master.kill()
        asked = not orderly

        def done():
            nonlocal asked
            if not asked:
                asked = self.sentinels[0].ask("SENTINEL", "FAILOVER", NAME) == "OK"
            return self.named() == {wanted} and self._is_master(self.spare)

        # A Sentinel that a busy machine has stopped for two seconds does nothing for 30 more (tilt), and
        # may then need a second attempt.
        wait_until(done, 120, lambda: self.sentinels[0].log()[-4000:], 0.05)
        self.master, self.spare = self.spare, self.master
        self.be(PATIENT)

    @staticmethod
    def _is_master(server):
        try:
            with RedisLink(server.socket) as link:
                return link.command("ROLE")[0] == "master"
        except (OSError, RedisError):
            return False

    def rejoin(self, by_sentinel=False):
        """The old master comes back, and follows the new one: told so at once, or by the Sentinels
        after a good while, until which it takes itself for the master."""
        if self.spare.process is None:
            follow = () if by_sentinel else ("--replicaof", f"127.0.0.1 {self.master.port}")
            self.spare.start(*follow)
        elif not by_sentinel:
            self.spare.cli("REPLICAOF", "127.0.0.1", self.master.port)
        self.wait_whole()
