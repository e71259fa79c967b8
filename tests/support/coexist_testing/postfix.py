"""A private Postfix in a temporary folder, run as root beside any other."""

import collections
import contextlib
import glob
import json
import os
import pwd
import re
import grp
import signal
import smtplib
import subprocess
import threading
import time
from email import policy
from email.parser import BytesParser

from coexist_testing.net import accepts, free_port, loopback_address, make_folder, remove_folder
from coexist_testing.tables import TableServer
from coexist_testing.wait import wait_until

DAEMONS = "/usr/lib/postfix/sbin"
# Postfix programs close every descriptor there could be when they start: with a limit in the
# millions that takes seconds.
LIMITED = ("/bin/sh", "-c", 'ulimit -n 4096; exec "$@"', "sh")
OWNED_BY_POSTFIX = (
    "active bounce corrupt defer deferred flush hold incoming private saved trace".split()
)

MAIN_CF = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = {name}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = {address}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.0/8
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}
virtual_mailbox_maps = {tables}:mailbox
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = {maps}{tables}:transport
relay_domains =
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_recipient_limit = 2000
smtpd_tls_security_level = none
smtp_tls_security_level = none
in_flow_delay = 0
queue_run_delay = {retry}
minimal_backoff_time = {retry}
maximal_backoff_time = {retry}
transport_retry_time = 1s
default_process_limit = 50
milter_default_action = tempfail
milter_connect_timeout = 10s
milter_command_timeout = {milter_timeout}
milter_content_timeout = {milter_timeout}
notify_classes =
smtputf8_enable = yes
"""

# In the order in which a message goes through them, so that none is missed on its way; it may go back.
QUEUES = ("maildrop", "hold", "incoming", "active", "deferred", "incoming", "active")

MASTER_CF = """\
{address}:{smtp}  inet n - n - - smtpd
{milters}
{address}:{plain} inet n - n - - smtpd
    -o smtpd_milters= -o receive_override_options=no_milters
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 1 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
topeer     unix - - n - - smtp
    -o smtp_generic_maps=regexp:{folder}/etc/undo
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
virtual    unix - n n - - virtual
    -o virtual_mailbox_maps=static:mail/
lmtp       unix - - n - - lmtp
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
{services}
"""

UNDO = r"/^(.*)@(.*)\.(primary|secondary)\.invalid$/  ${1}@${2}" + "\n"

Delivery = collections.namedtuple("Delivery", "rcpt original message_id headers body raw file")


class Postfix:
    """One Postfix instance.

    name       myhostname, as it stands in Received
    domains    domains that it takes mail for (virtual mailbox domains)
    milters    for the filtered SMTP port and, where non_smtp, for sendmail(1); a Postfix address
               such as unix:/path or inet:host:port
    maps       transport maps asked before the test's own, e.g. `socketmap:unix:/path:transport`
    main       more main.cf parameters, a dict that overrides; a new value takes set_main()
    services   more lines for master.cf

    address    its own loopback address, for its listeners and as the client that it is elsewhere
    smtp       (address, port) of the filtered listener
    plain      (address, port) of the listener that no milter sees, for re-injection

    Where mail goes is a live table, see route(). Mail for a domain of its own without a route is
    delivered here, to one Maildir; see deliveries(). `topeer` is an SMTP transport that strips
    `.primary.invalid` and `.secondary.invalid` from addresses on the wire (a route domain).
    """

    def __init__(self, name, domains, milters=(), non_smtp=True, maps=(), main=None, services="",
                 retry="1s", milter_timeout="60s"):
        if os.geteuid() != 0:
            raise RuntimeError("a private Postfix needs root: run the end-to-end tests as root")
        self.name = name
        self.domains = list(domains)
        self.folder = make_folder("postfix")
        self.address = loopback_address()
        self.smtp = (self.address, free_port(self.address))
        self.plain = (self.address, free_port(self.address))
        self.config = f"{self.folder}/etc"
        self.log_file = f"{self.folder}/maillog"
        self.routes = {}
        self.users = None
        self.process = None
        self._maildir = {}
        self.tables = TableServer(
            self.address, {"transport": self._transport, "mailbox": self._mailbox}
        )
        self._closed = threading.Event()
        self._waker = None
        self._make_folders()
        self._write(milters, non_smtp, maps, main or {}, services, retry, milter_timeout)

    # Set-up

    def _make_folders(self):
        postfix = pwd.getpwnam("postfix").pw_uid
        postdrop = grp.getgrnam("postdrop").gr_gid
        for folder in ("etc", "queue", "queue/pid", "mail"):
            os.mkdir(f"{self.folder}/{folder}", 0o755)
        os.mkdir(f"{self.folder}/data", 0o700)
        os.chown(f"{self.folder}/data", postfix, -1)
        for folder in OWNED_BY_POSTFIX:
            os.mkdir(f"{self.folder}/queue/{folder}", 0o700)
            os.chown(f"{self.folder}/queue/{folder}", postfix, -1)
        for folder, mode in (("public", 0o2710), ("maildrop", 0o1730)):
            path = f"{self.folder}/queue/{folder}"
            os.mkdir(path)
            os.chown(path, postfix, postdrop)
            os.chmod(path, mode)
        nobody = pwd.getpwnam("nobody")
        os.chown(f"{self.folder}/mail", nobody.pw_uid, nobody.pw_gid)

    def _write(self, milters, non_smtp, maps, main, services, retry, milter_timeout):
        nobody = pwd.getpwnam("nobody")
        text = MAIN_CF.format(
            folder=self.folder, daemons=DAEMONS, name=self.name, address=self.address,
            domains=" ".join(self.domains), tables=self.tables.spec, uid=nobody.pw_uid,
            gid=nobody.pw_gid, maps="".join(f"{m} " for m in maps), retry=retry,
            milter_timeout=milter_timeout,
        )
        listed = " ".join(milters)
        self._main = dict(re.findall(r"^(\w+) =[ ]?(.*)$", text, re.M))
        self._main["non_smtpd_milters"] = listed if non_smtp else ""
        self._main["coexist_testing_milters"] = listed
        self._main.update(main)
        self._save_main()
        option = "    -o {smtpd_milters=$coexist_testing_milters}" if listed else ""
        with open(f"{self.config}/master.cf", "w") as file:
            file.write(MASTER_CF.format(
                address=self.address, smtp=self.smtp[1], plain=self.plain[1], milters=option,
                services=services, folder=self.folder,
            ))
        with open(f"{self.config}/undo", "w") as file:
            file.write(UNDO)

    def _save_main(self):
        """In one step: a process that starts just now reads the old file or the new one."""
        path = f"{self.config}/main.cf"
        with open(f"{path}.new", "w") as file:
            file.writelines(f"{name} = {value}\n" for name, value in self._main.items())
        # Postfix waits a second or two for a file that was changed just now.
        os.utime(f"{path}.new", (os.stat(f"{path}.new").st_mtime - 60,) * 2)
        os.rename(f"{path}.new", path)

    def set_milters(self, *milters):
        """Those of the filtered listener, in another order or with others, from now on."""
        self.set_main(coexist_testing_milters=" ".join(milters))

    def set_main(self, **parameters):
        """Changes main.cf parameters and reloads where Postfix runs."""
        self._main.update(parameters)
        self._save_main()
        if self.process:
            self.reload()

    # Life

    def start(self):
        open(self.log_file, "a").close()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAIL_")}
        environment["MAIL_CONFIG"] = self.config
        self.process = subprocess.Popen(
            [*LIMITED, f"{DAEMONS}/master", "-c", self.config, "-d"], cwd=f"{self.folder}/queue",
            env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/master.err", "wb"),
        )
        if not self._waker:
            self._waker = threading.Thread(target=self._wake_skipped, daemon=True)
            self._waker.start()
        try:
            wait_until(self._is_up, 15, lambda: "Postfix listens; its log:\n" + self.log())
        except BaseException:
            self.stop()
            raise
        return self

    def _wake_skipped(self):
        """Until the end: what qmgr(8) tried too early, and saw that it was still being delivered, it
        leaves alone for a minute, which no test waits for."""
        while not self._closed.wait(0.5):
            for entry in os.scandir(f"{self.folder}/queue/incoming"):
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime > time.time():
                        os.utime(entry)

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"Postfix ended with {self.process.returncode}:\n" + self.log()
                + open(f"{self.folder}/master.err").read()
            )
        return "daemon started" in self.log() and accepts(self.plain)

    def reload(self, sessions_end=True):
        """Re-reads the configuration and forgets every cached route; waits until what goes by the
        old rules has ended, unless clients stay that keep their sessions."""
        before = self.log().count("reload -- version")
        old = self._processes_by_old_rules()
        asked = [0.0]

        def has_reloaded():
            # A signal that comes just before master(8) waits for events is seen with the next one.
            if time.monotonic() - asked[0] > 1:
                asked[0] = time.monotonic()
                os.kill(self.process.pid, signal.SIGHUP)
            return self.log().count("reload -- version") > before

        wait_until(has_reloaded, 10, "Postfix reloads")
        if not sessions_end:
            return
        # Until they end they may take one more message, by the old rules.
        wait_until(
            lambda: not old & self._processes_by_old_rules(), 10,
            lambda: "what knew the old rules ends: "
            f"{[(p, _program(p)) for p in old & self._processes_by_old_rules()]}\n"
            + self.log()[-3000:],
        )

    def _processes_by_old_rules(self):
        names = ("qmgr", "smtpd", "cleanup", "trivial-rewrite")
        return {pid for pid in _session_members(self.process.pid) if _program(pid) in names}

    def stop(self):
        """Ends every process and keeps the folder, so that start() goes on with the same queue."""
        if not self.process:
            return
        session = self.process.pid
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in _session_members(session):
                _kill(pid, number)
            try:
                wait_until(lambda: not _session_members(session), 5, "every process ends")
                return
            except AssertionError:
                if number == signal.SIGKILL:
                    raise

    def close(self):
        """Ends every process and removes the folder."""
        try:
            self.stop()
        finally:
            self._closed.set()
            if self._waker:
                self._waker.join()
            self.tables.close()
            remove_folder(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # Where mail goes

    def route(self, key, to=None):
        """Sets the route of an address, a domain, or a `.domain` with all its subdomains.

        to: `here`, another Postfix (its filtered listener), a (host, port), or a transport as
        Postfix writes it, `lmtp:[127.0.0.1]:7025`; None removes the route. An address wins over a
        domain; an extension (`user+ext@domain`) is looked up whole, then without.
        """
        if to is None:
            self.routes.pop(key.lower(), None)
        elif isinstance(to, str):
            self.routes[key.lower()] = "virtual:" if to == "here" else to
        else:
            host, port = to.smtp if isinstance(to, Postfix) else to
            self.routes[key.lower()] = f"smtp:[{host}]:{port}"

    def _transport(self, key):
        key = key.lower()
        user, at, domain = key.rpartition("@")
        if not at:
            return None
        for candidate in (key, user.partition("+")[0] + "@" + domain, domain):
            if candidate in self.routes:
                return self.routes[candidate]
        while "." in domain:
            domain = domain.partition(".")[2]
            if f".{domain}" in self.routes:
                return self.routes[f".{domain}"]
        return None

    def _mailbox(self, key):
        """Every user exists unless users is a set of addresses; then others are 550 at RCPT."""
        if "@" not in key:
            return None
        user, _, domain = key.lower().rpartition("@")
        known = self.users is None or f"{user.partition('+')[0]}@{domain}" in self.users
        return "mail/" if known else None

    # What happened

    def log(self):
        with open(self.log_file, errors="replace") as file:
            return file.read()

    def queue_ids(self, message_id):
        """The queue ids of every copy that was queued here, by Message-ID, oldest first."""
        wanted = re.escape(message_id)
        return re.findall(rf"postfix/cleanup\[\d+\]: (\w+): message-id={wanted}\n", self.log())

    def log_of(self, message_id):
        """All log lines of every copy of a message, in order."""
        ids = self.queue_ids(message_id)
        return [line for line in self.log().splitlines() if any(f" {i}: " in line for i in ids)]

    def activations(self, message_id):
        """How many copies came into the active queue."""
        return len([l for l in self.log_of(message_id) if "(queue active)" in l])

    def warnings(self):
        """Log lines that begin a warning, an error or worse."""
        return re.findall(r"^.*\]: (?:\w+: )?(?:warning|error|fatal|panic): .*$", self.log(), re.M)

    def deliveries(self, message_id=None, rcpt=None):
        """What virtual(8) has put into the Maildir: a list of Delivery, in order of arrival.

        rcpt is the final recipient (Delivered-To), original the one before rewriting, headers an
        email message, raw the octets.
        """
        for path in glob.glob(f"{self.folder}/mail/new/*"):
            if path not in self._maildir:
                self._maildir[path] = _read_delivery(path)
        found = [d for d in self._maildir.values() if d]
        return [
            d for d in sorted(found, key=lambda d: os.stat(d.file).st_mtime_ns)
            if message_id in (None, d.message_id) and rcpt in (None, d.rcpt)
        ]

    def queue(self):
        """`postqueue -j`: a list of dicts, one for each message in any queue."""
        done = self._run("/usr/sbin/postqueue", "-c", self.config, "-j")
        return [json.loads(line) for line in done.splitlines()]

    def has_queued(self, *queues):
        """Whether a message is in one of these queues, or on its way into it: their folders are read,
        which is much quicker than queue(). Without names: in any."""
        return any(
            name for queue in queues or QUEUES
            for _, _, names in os.walk(f"{self.folder}/queue/{queue}") for name in names
        )

    def queued(self, sender=None, queue=None):
        """Messages that wait now: those of a sender, in one queue (`deferred`, `hold`, ...)."""
        return [
            m for m in self.queue()
            if sender in (None, m["sender"]) and queue in (None, m["queue_name"])
        ]

    def flush(self):
        """Tries every deferred message again now."""
        self._run("/usr/sbin/postqueue", "-c", self.config, "-f")

    def postsuper(self, *arguments):
        """postsuper(1): `-d ALL`, `-H ALL`, `-r ALL`, ..."""
        return self._run("/usr/sbin/postsuper", "-c", self.config, *arguments)

    def empty(self):
        """Removes every queued message."""
        self.postsuper("-d", "ALL")

    # Sending

    def sendmail(self, message, sender, rcpts, *arguments):
        """Submits by sendmail(1): not SMTP, seen by non_smtpd_milters."""
        return self._run(
            "/usr/sbin/sendmail", "-C", self.config, "-oi", "-f", sender, *arguments, "--", *rcpts,
            stdin=message if isinstance(message, bytes) else message.encode(),
        )

    def connect(self, xclient=None, source=None, plain=False, helo="client.test"):
        """An smtplib.SMTP that has said EHLO, at the filtered listener unless plain.

        xclient: attributes of another client that Postfix is to believe in: dict(ADDR=, NAME=,
        LOGIN=, HELO=). LOGIN makes the session an authenticated one. source: the loopback address
        to connect from, such as another Postfix's.
        """
        host, port = self.plain if plain else self.smtp
        client = smtplib.SMTP(
            host, port, local_hostname=helo, timeout=120,
            source_address=(source, 0) if source else None,
        )
        client.ehlo()
        if xclient:
            told = " ".join(f"{name}={value}" for name, value in xclient.items())
            code, text = client.docmd("XCLIENT", told)
            if code != 220:
                raise smtplib.SMTPResponseException(code, text)
            client.ehlo()
        return client

    @staticmethod
    def _run(*command, stdin=None):
        done = subprocess.run([*LIMITED, *command], input=stdin, capture_output=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode()}"
            )
        return done.stdout.decode()


def _read_delivery(path):
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        return None
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    return Delivery(
        message["Delivered-To"], message["X-Original-To"], message["Message-ID"], message,
        raw.partition(b"\n\n")[2], raw, path,
    )


def _session_members(session):
    members = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            members.append(int(path.split("/")[2]))
    return members


def _program(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return None


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
