"""A primary system's Postfix that asks the filter's maps, by the lines that postfix-config prints."""

import grp
import os
import subprocess

from coexist_testing.ctl import Ctl
from coexist_testing.daemon import Daemon
from coexist_testing.pair import DOMAIN, SENDERS
from coexist_testing.postfix import Postfix
from coexist_testing.redis_server import RedisServer

SMTPD_OPTION = "    -o rewrite_service_name=rewrite-smtpd\n"


class MappedPrimary:
    """own: its Postfix, which relays DOMAIN; other: the secondary's, which takes what comes."""

    def __init__(self):
        self.own = Postfix("mail.primary.example", [SENDERS], main={
            "relay_domains": DOMAIN, "smtpd_milters": "", "non_smtpd_milters": "",
            "transport_maps": "",
        })
        self.other = Postfix("mail.secondary.example", [DOMAIN, SENDERS])
        self.redis = RedisServer()
        self.ctl = Ctl()
        self.daemon = None

    def start(self):
        self.redis.start()
        folder = f"{self.own.folder}/queue/coexist"
        os.mkdir(folder)
        os.chown(folder, -1, grp.getgrnam("postfix").gr_gid)
        os.chmod(folder, 0o2750)
        self.hop = "smtp:[{}]:{}".format(*self.other.smtp)
        options = {
            "node": "primary", "name": self.own.name, "listen": f"unix:{folder}/milter.sock",
            "maps": f"unix:{folder}/maps.sock", "socket_mode": "0660",
            "state": self.redis.unix_url, "myorigin": SENDERS,
            "system": {
                "primary": {"hosts": [self.own.name], "networks": [self.own.address]},
                "secondary": {"hosts": [self.other.name], "networks": [self.other.address],
                              "nexthop": self.hop},
            },
            "domain": {DOMAIN: {}},
        }
        self.daemon = Daemon(options).start()
        self.ctl.write_config(options)
        self._take_lines()
        for postfix in (self.own, self.other):
            postfix.route(DOMAIN, "here")
            postfix.start()
        return self

    def _take_lines(self):
        """As an administrator does, the note about smtpd included. What the primary keeps goes by
        its own table, which it has already."""
        self.own._main["transport_maps"] = f"{self.own.tables.spec}:transport"
        self.own._save_main()
        self.lines = self.ctl.json("postfix-config", "--postfix-config-dir", self.own.config)
        self.own._main.update(self.lines["main"])
        self.own._save_main()
        with open(f"{self.own.config}/master.cf") as file:
            text = file.read()
        text = text.replace("- - smtpd\n", "- - smtpd\n" + SMTPD_OPTION)
        with open(f"{self.own.config}/master.cf", "w") as file:
            file.write(text + self.lines["master"])

    def user(self, name, home):
        self.redis.user(f"{name}@{DOMAIN}", home=home)

    def ask(self, parameter, key):
        """What `postmap -q` answers through the first table of the printed parameter. A busy machine
        may take longer to read a record than a map waits."""
        table = self.lines["main"][parameter].split(",")[0]
        for _ in range(50):
            done = subprocess.run(["/usr/sbin/postmap", "-c", self.own.config, "-q", key, table],
                                  capture_output=True, text=True, timeout=60,
                                  cwd=f"{self.own.folder}/queue")
            if "state-late" not in done.stderr:
                break
        assert not done.stderr, done.stderr
        return done.stdout

    def close(self):
        try:
            if self.daemon:
                self.daemon.close()
        finally:
            for part in (self.own, self.other, self.redis, self.ctl):
                part.close()
