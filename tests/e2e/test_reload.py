"""A new configuration, an order to end and a crash, all of them under mail; and the daemon's way
into the background and out of root's rights."""

import base64
import contextlib
import ctypes
import glob
import itertools
import os
import pwd
import re
import signal
import smtplib
import socket
import subprocess
import threading
import time

import pytest

from coexist_testing.daemon import PROGRAM, Daemon
from coexist_testing.fake_redis import FakeRedis
from coexist_testing.pair import (
    DOMAIN, EXTERNAL, SENDERS, make_message, send, unique_address, unique_message_id,
)
from coexist_testing.milter_client import FilterClosed, MilterConnection, transaction
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.traffic import Traffic
from coexist_testing.wait import SLOWNESS, scaled, wait_until

ROUTE = "%u@%d.primary.invalid"
CLOSING = (451, "4.3.2")
KEYS = {name: base64.b64encode(name.encode() * 8).decode() for name in ("old1", "new2")}


def lives_at(pair, home, **changes):
    """Without any record: every mailbox lives there."""
    return pair.filter_options(domain={DOMAIN: {"home": home, "route": ROUTE}}, **changes)


def place_of(pair, message_id):
    wait_until(lambda: sum(pair.delivered(message_id)), 20, "the message arrives")
    pair.wait_quiet()
    return {(1, 0): "primary", (0, 1): "secondary"}[pair.delivered(message_id)]


def place_of_new_mail(pair):
    return place_of(pair, send(pair.secondary, unique_address()))


def steady(pair, count=3):
    """Streams of mail from outside that may end at either side."""
    return [(pair.secondary, unique_address(), None, "external") for _ in range(count)]


def answer(address, rcpt=None):
    """(code, status) of the filter's answer to a recipient; None when it takes it."""
    rcpt = rcpt or f"<{unique_address()}>"
    reply = transaction(address, rcpts=[rcpt], stop_after="rcpt").reply(rcpt)
    return None if reply.goes_on else (reply.code, reply.status)


def answers(address):
    try:
        return answer(address) is None
    except (OSError, FilterClosed):
        return False


def wait_closing(address):
    wait_until(lambda: answer(address) == CLOSING, 10, "new messages are put off")


@pytest.fixture(autouse=True)
def diverted_mail_arrives_at_the_primary(pair):
    pair.primary.route(DOMAIN, "here")


# A new configuration


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=lambda n: n.name)
def test_a_reload_under_traffic_rules_what_begins_after_it(pair, run_filter, number):
    daemon = run_filter(lives_at(pair, "primary"))
    pid = daemon.pid
    changes = [(0.0, 0.0, "primary")]  # asked at, told at, what holds from then on
    with Traffic(pair, steady(pair)) as traffic:
        traffic.wait_accepted(10)
        for home in ("secondary", "primary", "secondary"):
            daemon.write_config(lives_at(pair, home))
            mark, asked = len(daemon.lines), time.monotonic()
            daemon.process.send_signal(number)
            assert daemon.wait_log("reload", since=mark).level == "info"
            changes.append((asked, time.monotonic(), home))
            traffic.wait_accepted(10)
    traffic.check_arrived()
    assert traffic.refusals() == []
    assert daemon.pid == pid and daemon.process.poll() is None

    primary, _ = traffic.arrivals()
    changes.append((time.monotonic(), None, None))
    for (_, since, home), (until, _, _) in itertools.pairwise(changes):
        between = [m for m in traffic.mails if m.started > since and m.accepted < until]
        assert between
        places = {"primary" if primary[m.message_id] else "secondary" for m in between}
        assert places == {home}


def test_many_reloads_in_a_row_break_no_message(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    with Traffic(pair, steady(pair)) as traffic:
        for turn in range(scaled(40, 20, 10)):
            daemon.write_config(lives_at(pair, ("primary", "secondary")[turn % 2]))
            for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR1):
                daemon.process.send_signal(number)
            traffic.wait_accepted(2)
    traffic.check_arrived()
    assert traffic.refusals() == []
    daemon.wait_log("reload")
    assert not daemon.find("reload-failed")


def test_the_file_may_be_a_link_that_is_turned_elsewhere(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    daemon.stop()
    one, other = daemon.config + ".1", daemon.config + ".2"
    os.rename(daemon.config, one)
    os.symlink(one, daemon.config)
    daemon.start()
    assert place_of_new_mail(pair) == "primary"
    with open(one) as file, open(other, "w") as changed:
        changed.write(file.read().replace('home = "primary"', 'home = "secondary"'))
    os.symlink(other, daemon.config + ".new")
    os.rename(daemon.config + ".new", daemon.config)
    assert daemon.reload().event == "reload"
    assert place_of_new_mail(pair) == "secondary"


def test_a_message_keeps_the_configuration_that_it_began_with(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    rcpt = unique_address()
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.mail()
        assert link.rcpt(f"<{rcpt}>").goes_on
        daemon.write_config(lives_at(pair, "secondary"))
        daemon.reload()
        link.data()
        link.header("Subject", " x")
        link.eoh()
        assert link.eom().verdict == "continue"
        added = [edit.address for edit in link.edits if edit.kind == "addrcpt"]
        assert added == [f"<{rcpt}.primary.invalid>"]
        link.abort()
        after = link.message(rcpts=[f"<{rcpt}>"])
        assert list(after.envelope) == [f"<{rcpt}>"]


@pytest.mark.parametrize("text, told", [
    ("node = tertiary\n", ":1: node: cannot be 'tertiary'; accepted: primary, secondary"),
    ("\nfoo = 1\n", ":2: foo: unknown option; the nearest is 'node'"),
    ("", ": system primary: no hosts; accepted: system primary { hosts = { \"NAME\" } }"),
    (None, ": cannot be read: No such file or directory"),
], ids=["value", "option", "empty", "missing"])
def test_a_bad_file_keeps_the_old_configuration(pair, run_filter, text, told):
    daemon = run_filter(lives_at(pair, "secondary"))
    os.unlink(daemon.config)
    if text is not None:
        with open(daemon.config, "w") as file:
            file.write(text)
    line = daemon.reload()
    assert (line.event, line.level) == ("reload-failed", "warning")
    assert line.values["text"] == f"{daemon.config}{told}; the old configuration stays"
    assert place_of_new_mail(pair) == "secondary"

    daemon.write_config(lives_at(pair, "primary"))
    assert daemon.reload().event == "reload"
    assert place_of_new_mail(pair) == "primary"


def test_a_bad_key_file_keeps_the_old_configuration(pair, run_filter):
    daemon = run_filter(lives_at(pair, "secondary"))
    keys = daemon.options["keys"]
    daemon.write_config(lives_at(pair, "primary"))
    os.rename(keys, keys + ".away")
    line = daemon.reload()
    assert line.event == "reload-failed"
    assert line.values["text"] == (
        f"{keys}: No such file or directory; the old configuration stays"
    )
    assert not os.path.exists(keys), "traces under way need the old keys: none are made up"
    with open(keys, "w") as file:
        file.write("k1\n")
    os.chmod(keys, 0o600)
    assert daemon.reload().values["text"].startswith(f"{keys}:1: ")
    assert answer(daemon.socket) is None
    assert place_of_new_mail(pair) == "secondary"
    os.rename(keys + ".away", keys)
    assert daemon.reload().event == "reload"
    assert place_of_new_mail(pair) == "primary"


@pytest.mark.parametrize("option, value", [
    ("listen", "unix:{folder}/other.sock"), ("socket_mode", "0600"), ("socket_group", "postfix"),
    ("user", "nobody"),
])
def test_what_needs_a_restart_is_said(pair, run_filter, option, value):
    daemon = run_filter(lives_at(pair, "secondary"))
    before = os.stat(daemon.socket)
    daemon.write_config(lives_at(pair, "primary", **{option: value}))
    line = daemon.reload()
    assert line.level == "warning"
    assert line.values["text"].endswith("change with a restart only")
    assert f"`{option}`" in line.values["text"]
    daemon.wait_log("reload", match=lambda l: l.level == "info")
    after = os.stat(pair.filter_socket)
    assert (after.st_ino, after.st_mode, after.st_gid) == (
        before.st_ino, before.st_mode, before.st_gid)
    assert place_of_new_mail(pair) == "primary"


def test_keys_are_rotated(pair, run_filter):
    options = lives_at(pair, "primary")
    daemon = Daemon(options)
    keys = daemon.options["keys"]

    def write_keys(*names):
        with open(keys + ".new", "w") as file:
            file.writelines(f"{name} {KEYS[name]}\n" for name in names)
        os.chmod(keys + ".new", 0o600)
        os.rename(keys + ".new", keys)

    def passed(headers=None):
        """A message on its way through; another recipient each time, so that none is a loop."""
        done = transaction(daemon.socket, rcpts=[f"<{unique_address()}>"], headers=headers)
        assert done.final.verdict == "continue"
        fields = [(name, value) for name, value in done.fields if name != "X-Coexist-Route"]
        return fields, [re.search(r"\bk=(\w+)", v)[1] for v in done.values("X-Coexist-Trace")]

    write_keys("old1")
    with daemon:
        first, names = passed()
        assert names == ["old1"]
        write_keys("new2", "old1")
        assert daemon.reload().event == "reload"
        assert passed()[1] == ["new2"]
        assert passed(first)[1] == ["new2", "old1"], "what the old key signed still counts"
        assert not daemon.find("forged")
        write_keys("new2")
        assert daemon.reload().event == "reload"
        assert passed(first)[1] == ["new2"]
        assert daemon.wait_log("forged").values["removed"] == "1"


def test_a_reload_takes_another_store(pair, run_filter):
    with FakeRedis() as one, FakeRedis() as other:
        rcpt = unique_address()
        one.record(rcpt, home="primary")
        other.record(rcpt, home="secondary")
        daemon = run_filter(pair.filter_options(state=one.url))
        assert place_of(pair, send(pair.secondary, rcpt)) == "primary"
        daemon.write_config(pair.filter_options(state=other.url))
        daemon.reload()
        asked = one.lookups()
        assert place_of(pair, send(pair.secondary, rcpt)) == "secondary"
        assert one.lookups() == asked
        wait_until(lambda: not one.open_connections(), 10, "the old store is let go")


def test_reloads_leave_no_descriptor_thread_or_memory(pair, redis, run_filter):
    daemon = run_filter(pair.filter_options(redis))

    def round_trip():
        daemon.reload()
        assert answer(daemon.socket) is None

    for _ in range(5):
        round_trip()
    descriptors, threads, memory = daemon.descriptors(), daemon.threads(), daemon.rss_kib()
    for _ in range(scaled(200, 60, 10)):
        round_trip()
    wait_until(lambda: daemon.descriptors() <= descriptors + 1, 10, "descriptors are closed")
    assert daemon.threads() <= threads + 1
    # A configuration takes some KiB; the sanitizers keep what is freed.
    assert daemon.rss_kib() < memory + (2000 if SLOWNESS == 1 else 40000)


# An order to end


def test_what_has_begun_is_completed_and_nothing_else_begins(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    path, rcpt, message_id = daemon.socket, unique_address(), unique_message_id()
    link = pair.secondary.connect(EXTERNAL)
    assert link.mail(f"alice@{SENDERS}")[0] == 250
    assert link.rcpt(rcpt)[0] == 250
    daemon.terminate()
    wait_closing(path)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(pair.secondary, rcpt)
    code, text = refused.value.recipients[rcpt]
    assert (code, text.decode()[:6]) == (451, "4.3.2 ")
    assert daemon.process.poll() is None, "it waits for the message under way"
    assert link.data(make_message(message_id))[0] == 250
    link.close()
    daemon.wait_end(status=0)
    assert daemon.find("stop")[-1].values["text"] == "ended"
    assert not os.path.exists(path)
    assert place_of(pair, message_id) == "primary"
    assert pair.primary.deliveries(message_id)[0].headers["X-Coexist-Trace"]


def test_an_end_right_after_a_reload(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    for _ in range(scaled(10, 5, 3)):
        if not daemon.process:
            daemon.start()
        daemon.wait_log("start", since=len(daemon.lines) - 1)
        with MilterConnection(daemon.socket) as link:
            link.connect()
            link.mail()
            assert link.rcpt(f"<{unique_address()}>").goes_on
            daemon.process.send_signal(signal.SIGUSR1)
            daemon.terminate()
            wait_closing(daemon.socket)
            link.eoh()
            assert link.eom().verdict == "continue"
            daemon.wait_end(status=0)


def test_an_end_right_after_the_start(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    daemon.stop()
    for _ in range(scaled(30, 10, 3)):
        daemon.start(wait=False)
        wait_until(lambda: os.path.exists(daemon.socket), 10, "the socket is there", 0.0005)
        daemon.terminate()
        daemon.wait_end(status=0)
        assert not os.path.exists(daemon.socket)


def test_a_second_order_does_not_wait_for_a_client_that_does_not_go_on(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    with MilterConnection(daemon.socket) as link:
        link.connect()
        link.mail()
        assert link.rcpt(f"<{unique_address()}>").goes_on
        daemon.terminate()
        wait_closing(daemon.socket)
        daemon.terminate()
        daemon.wait_end(status=0)
        with pytest.raises((FilterClosed, OSError)):
            link.eoh()
            link.eom()
    assert daemon.find("stop")[0].level == "warning"


def test_restarts_under_traffic_lose_nothing(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    with Traffic(pair, steady(pair)) as traffic:
        for home in ("secondary", "primary", "secondary"):
            traffic.wait_accepted(10)
            daemon.stop()
            daemon.write_config(lives_at(pair, home))
            traffic.wait_refusals(3)
            daemon.start()
        traffic.wait_accepted(10)
    traffic.check_arrived()
    assert {code for code, _ in traffic.refusals()} <= {451, 421}


# A crash


def test_crashes_under_traffic_lose_nothing(pair, run_filter):
    daemon = run_filter(lives_at(pair, "primary"))
    streams = [
        (pair.secondary, unique_address(), "primary", "external"),
        (pair.secondary, [unique_address()][0], "primary", "local"),
    ]
    with Traffic(pair, streams, clients=6) as traffic:
        for _ in range(4):
            traffic.wait_accepted(10)
            daemon.kill()
            traffic.wait_refusals(3)
            daemon.start()
        traffic.wait_accepted(10)
    traffic.check_arrived()
    assert {code for code, _ in traffic.refusals()} <= {451, 421}
    assert any(mail.refusals for mail in traffic.mails if mail.accepted)


def test_mail_between_the_systems_waits_for_the_filter(pair, run_filter):
    daemon = run_filter(lives_at(pair, "secondary"))
    pair.primary.route(DOMAIN, pair.secondary)
    daemon.kill()
    relayed = [send(pair.primary, unique_address()) for _ in range(3)]
    submitted, rcpt = unique_message_id(), unique_address()
    pair.secondary.sendmail(make_message(submitted), f"alice@{SENDERS}", [rcpt])
    for message_id in relayed:
        wait_until(
            lambda: any("status=deferred" in line for line in pair.primary.log_of(message_id)), 20,
            lambda: f"deferred: {pair.primary.log_of(message_id)}",
        )
    wait_until(lambda: pair.secondary.queued(queue="maildrop"), 20, "the submission waits")
    assert all(pair.delivered(i) == (0, 0) for i in (*relayed, submitted))

    daemon.start()

    def arrived():
        if pair.secondary.queued(queue="maildrop"):
            pair.secondary.flush()
        return all(sum(pair.delivered(i)) for i in (*relayed, submitted))

    wait_until(arrived, 30, "all arrive", interval=0.2)
    pair.wait_quiet()
    assert all(pair.delivered(i) == (0, 1) for i in (*relayed, submitted))


# In the background

PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def orphans_come_to_us():
    """Processes whose parents end become our children, whose ends can be waited for."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


class Background:
    """A Daemon without -f: the process that is left when the one that was started has ended."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.pid = None

    def start(self):
        with orphans_come_to_us():
            self.daemon.start(wait=False)
            status = self.daemon.process.wait(20 * SLOWNESS)
            self.pid = next((p for p in _children() if self.daemon.config in _command(p)), None)
        assert status == 0, self.daemon.text() + self.daemon.findings()
        assert self.pid
        wait_until(lambda: answers(self.daemon.socket), 10, "the daemon answers")
        return self

    def end(self):
        """SIGTERM; the exit status."""
        pid, self.pid = self.pid, None
        os.kill(pid, signal.SIGTERM)
        ended = wait_until(lambda: os.waitpid(pid, os.WNOHANG)[1:] if _gone(pid) else None, 20)
        return ended and os.waitstatus_to_exitcode(ended[0])


def _children():
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path) as file:
            if file.read().rpartition(")")[2].split()[1] == str(os.getpid()):
                yield int(path.split("/")[2])


def _command(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
        return file.read().split("\0")
    return []


def _gone(pid):
    """Ended, and not yet waited for."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def in_background(pair):
    """in_background(options, program=, arguments=): a Background, started."""
    made = []

    def start(options, **how):
        made.append(Background(Daemon(options, **{"arguments": (), **how})))
        return made[-1].start()

    yield start
    for background in made:
        if background.pid:
            os.kill(background.pid, signal.SIGKILL)
            os.waitpid(background.pid, 0)
        findings = background.daemon.findings()
        background.daemon.close(check=False)
        assert not findings


class SysLog:
    """A /dev/log of one's own: program() starts the daemon where it sees this one alone.

    Where no private mounts are allowed, as in some containers, /dev/log itself, if there is none.
    """

    WRAPPER = """\
#!/bin/sh
exec unshare -m /bin/sh -ec '
for node in null zero full random urandom tty; do
    : > "$0/$node"
    mount --bind "/dev/$node" "$0/$node"
done
mount --rbind "$0" /dev
exec "$@"' "{dev}" "{program}" "$@"
"""

    def __init__(self):
        self.folder = make_folder("syslog")
        self.dev = f"{self.folder}/dev"
        os.mkdir(self.dev)
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{self.dev}/log")
        os.chmod(f"{self.dev}/log", 0o666)
        self.link = None
        threading.Thread(target=self._read, daemon=True).start()

    def program(self):
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            os.symlink(f"{self.dev}/log", "/dev/log")
            self.link = "/dev/log"
            return PROGRAM
        path = f"{self.folder}/start"
        with open(path, "w") as file:
            file.write(self.WRAPPER.format(dev=self.dev, program=PROGRAM))
        os.chmod(path, 0o755)
        return path

    def _read(self):
        with contextlib.suppress(OSError):
            while True:
                self.lines.append(self.socket.recv(8192).decode().rstrip("\n\0"))

    def wait(self, pattern):
        return wait_until(
            lambda: next((line for line in list(self.lines) if re.search(pattern, line)), None), 10,
            lambda: f"{pattern} in {self.lines}",
        )

    def close(self):
        self.socket.close()
        if self.link:
            os.unlink(self.link)
        remove_folder(self.folder)


@pytest.fixture
def syslog():
    server = SysLog()
    yield server
    server.close()


def test_it_goes_into_the_background_and_serves(pair, in_background):
    background = in_background(lives_at(pair, "primary"))
    pid, path = background.pid, background.daemon.socket
    assert background.daemon.text() == ""
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    for number in range(3):
        assert os.readlink(f"/proc/{pid}/fd/{number}") == "/dev/null"
    assert place_of_new_mail(pair) == "primary"
    assert background.end() == 0
    assert not os.path.exists(path)


def test_in_the_background_it_reads_a_file_named_from_its_first_folder(pair, in_background):
    background = in_background(
        lives_at(pair, "primary"), arguments=("-c", "coexist.conf")
    )
    assert place_of_new_mail(pair) == "primary"
    background.daemon.write_config(lives_at(pair, "secondary"))
    os.kill(background.pid, signal.SIGHUP)
    here = f"<{unique_address()}>"
    wait_until(
        lambda: list(transaction(background.daemon.socket, rcpts=[here]).envelope) == [here], 10,
        "the new configuration holds",
    )
    assert place_of_new_mail(pair) == "secondary"
    assert background.end() == 0


def test_in_the_background_it_logs_to_syslog(pair, in_background, syslog):
    background = in_background(lives_at(pair, "primary"), program=syslog.program())
    rcpt = unique_address()
    assert place_of(pair, send(pair.secondary, rcpt)) == "primary"
    # Facility mail (2), severity info (6) and warning (4).
    head = rf"^<{2 * 8 + 6}>\w{{3}} [ \d]\d \d\d:\d\d:\d\d coexist-milter\[{background.pid}\]: "
    syslog.wait(head + "start ")
    syslog.wait(head + rf"\w+: decide rcpt={re.escape(rcpt)} .* reason=default")
    with open(background.daemon.config, "w") as file:
        file.write("bad\n")
    os.kill(background.pid, signal.SIGUSR1)
    syslog.wait(rf"^<{2 * 8 + 4}>.*: reload-failed ")
    assert background.end() == 0
    syslog.wait(head + "stop text=ended")


def test_what_is_wrong_is_told_before_it_goes_into_the_background(pair, run_filter):
    run_filter(lives_at(pair, "primary"))
    second = Daemon(lives_at(pair, "primary"), arguments=())
    status, _, error = second.run_once()
    assert status == 69
    assert "another process listens there" in error.splitlines()[-1]
    second.close(check=False)


# Out of root's rights

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def unprivileged(pair, monkeypatch):
    """unprivileged(home): a Daemon started as root with more groups, that runs as nobody."""
    # A process that has given up root may not be looked into by LeakSanitizer.
    given = os.environ.get("ASAN_OPTIONS", "")
    monkeypatch.setenv("ASAN_OPTIONS", f"{given}:detect_leaks=0")
    made = []

    def start(home, **changes):
        daemon = Daemon(lives_at(pair, home, user="nobody", **changes))
        made.append(daemon)
        os.chown(daemon.folder, NOBODY.pw_uid, NOBODY.pw_gid)
        groups = os.getgroups()
        os.setgroups([0, 1, 2, *groups])
        try:
            return daemon.start()
        finally:
            os.setgroups(groups)

    yield start
    for daemon in made:
        daemon.close()


def rights(pid):
    """[{field: words} of each thread], from /proc; libmilter's come and go."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        try:
            with open(path) as file:
                lines = file.read().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        found.append({name: fields[name].split() for name in ("Uid", "Gid", "Groups", "CapEff",
                                                              "CapPrm")})
    return found


@pytest.fixture
def open_folder(pair):
    """The folder of the socket, where anybody may remove it."""
    os.chmod(pair.folder, 0o777)
    yield
    os.chmod(pair.folder, 0o755)


def test_started_as_root_it_becomes_the_user(pair, unprivileged, open_folder):
    daemon = unprivileged("primary")
    links = [MilterConnection(daemon.socket) for _ in range(4)]
    for link in links:
        link.connect()
        assert link.message(rcpts=[f"<{unique_address()}>"]).final.verdict == "continue"
    threads = rights(daemon.pid)
    assert len(threads) >= 4
    groups = sorted(map(str, os.getgrouplist("nobody", NOBODY.pw_gid)))
    for thread in threads:
        assert set(thread["Uid"]) == {str(NOBODY.pw_uid)}
        assert set(thread["Gid"]) == {str(NOBODY.pw_gid)}
        assert sorted(thread["Groups"]) == groups
        assert set(thread["CapEff"] + thread["CapPrm"]) == {"0" * 16}
    for link in links:
        link.quit()

    keys = os.stat(daemon.options["keys"])
    assert (keys.st_uid, keys.st_gid, keys.st_mode & 0o777) == (
        NOBODY.pw_uid, NOBODY.pw_gid, 0o600)
    assert place_of_new_mail(pair) == "primary"
    daemon.write_config(lives_at(pair, "secondary", user="nobody"))
    assert daemon.reload().event == "reload"
    assert place_of_new_mail(pair) == "secondary"
    path = daemon.socket
    daemon.stop()
    assert not os.path.exists(path)


def test_a_socket_that_the_user_cannot_remove_is_replaced_at_the_next_start(pair, unprivileged):
    daemon = unprivileged("primary")
    path = daemon.socket
    daemon.stop()
    assert os.path.exists(path), "its folder belongs to root"
    daemon.start()
    assert place_of_new_mail(pair) == "primary"
    daemon.stop()
    os.unlink(path)


def test_keys_that_the_user_cannot_read_keep_the_old_configuration(pair, unprivileged):
    daemon = unprivileged("primary")
    os.chown(daemon.options["keys"], 0, 0)
    daemon.write_config(lives_at(pair, "secondary", user="nobody"))
    line = daemon.reload()
    assert line.event == "reload-failed"
    assert line.values["text"] == (
        f"{daemon.options['keys']}: Permission denied; the old configuration stays"
    )
    assert place_of_new_mail(pair) == "primary"
    path = daemon.socket
    daemon.stop()
    os.unlink(path)
