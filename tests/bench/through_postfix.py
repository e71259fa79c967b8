"""Mail through a private Postfix with no filter, with the null milter, and with ours."""

import os
import subprocess
import time

from coexist_testing.net import free_port
from coexist_testing.postfix import LIMITED, Postfix
from coexist_testing.wait import wait_until
from targets import DOMAIN

QUEUES = ("maildrop", "incoming", "active", "deferred")
MAIN = {
    "transport_maps": "", "virtual_mailbox_maps": "static:mail/",
    "virtual_transport": "discard:", "smtpd_client_connection_count_limit": "0",
}


class MailServer:
    """One Postfix that discards what it accepts; one port for each of the filters.

    filters: {name: a target, or None for no filter at all}
    """

    def __init__(self, filters):
        self.ports = {name: free_port() for name in filters}
        lines = []
        for name, target in filters.items():
            milters = _for_postfix(target.listen) if target else ""
            lines.append(
                f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n"
                f"    -o {{smtpd_milters={milters}}}"
            )
        self.postfix = Postfix(
            "mail.secondary.example", [DOMAIN], main=MAIN, services="\n".join(lines),
            non_smtp=False,
        )

    def __enter__(self):
        self.postfix.start()
        return self

    def __exit__(self, *_):
        self.postfix.close()

    def send(self, name, messages, sessions):
        """Sends by smtp-source; {accepted, through}: messages a second until the last is taken,
        and until the last is delivered. Fails when one is not taken."""
        command = [
            *LIMITED, "/usr/sbin/smtp-source", "-s", str(sessions), "-m", str(messages),
            "-l", "2048", "-f", "alice@sender.example", "-t", f"user00000001@{DOMAIN}",
            f"127.0.0.1:{self.ports[name]}",
        ]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, timeout=300)
        accepted = time.monotonic()
        if done.returncode != 0:
            raise AssertionError(
                f"smtp-source by {name}: {done.stderr.decode()}\n{self.postfix.log()[-2000:]}"
            )
        wait_until(self._is_empty, 60, "everything is delivered", interval=0.002)
        through = time.monotonic()
        os.truncate(self.postfix.log_file, 0)
        return {"accepted": messages / (accepted - began), "through": messages / (through - began)}

    def _is_empty(self):
        return not any(
            file.is_file() for queue in QUEUES
            for file in os.scandir(f"{self.postfix.folder}/queue/{queue}")
        )


def _for_postfix(listen):
    kind, _, rest = listen.partition(":")
    port, _, host = rest.partition("@")
    return listen if kind == "unix" else f"inet:{host}:{port}"
