"""coexistctl probe: a message is sent, and followed by the events."""

import json
import re
import threading

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, Ctl, without_ink
from coexist_testing.net import free_port
from coexist_testing.pair import DOMAIN, SENDERS, unique_address
from coexist_testing.redis_link import RedisLink
from coexist_testing.smtp_sink import SmtpSink
from coexist_testing.wait import SLOWNESS, wait_until

TOOK = r" in \d+\.\d\d s"


def at(address):
    return "{}:{}".format(*address)


@pytest.fixture
def redis(_redis):
    """The one that the module's filter writes its events to."""
    if _redis.process is None or _redis.process.poll() is not None:
        _redis.process = None
        _redis.start()
    _redis.resume()
    _redis.flush()
    return _redis


@pytest.fixture
def options(pair, redis):
    return pair.filter_options(redis)


@pytest.fixture
def probe(pair, redis, filter, ctl):
    """probe(rcpt, *options): through the secondary, in a pipe."""
    def run(rcpt, *more, **how):
        return ctl.run("probe", rcpt, "--smtp", at(pair.secondary.smtp), *more, **how)

    return run


RECORDS = {
    # home in Redis: the status, and what is printed behind `probe VERDICT: RCPT`
    "secondary": (YES, "ok", f"here home-here{TOOK}"),
    "primary": (YES, "ok", f"divert home-peer to=ADDRESS.primary.invalid{TOOK}"),
    "both": (YES, "ok", f"both dual to=ADDRESS.primary.invalid{TOOK}"),
    None: (YES, "ok", f"divert default to=ADDRESS.primary.invalid{TOOK}"),
    "moving": (NO, "refused", r"defer moving, RCPT: 451 4\.2\.1 .*ADDRESS.*"),
    "secodnary": (NO, "refused", r"defer bad-record why=.*secodnary.*, RCPT: 451 4\.3\.5 .*"),
}


@pytest.mark.parametrize("home", RECORDS)
def test_the_decision_is_told(probe, pair, redis, home):
    status, verdict, told = RECORDS[home]
    rcpt = unique_address()
    pair.primary.route(rcpt, "here")
    redis.user(rcpt, **({"home": home} if home else {}))
    ran = probe(rcpt)
    assert (ran.status, ran.err) == (status, "")
    wanted = f"probe {verdict}: {rcpt} {told}\n".replace("ADDRESS", re.escape(rcpt))
    assert re.fullmatch(wanted, ran.out), ran


def test_what_is_delivered(probe, pair, redis):
    rcpt = unique_address()
    redis.user(rcpt, home="secondary")
    told = json.loads(probe(rcpt, "--json").out)
    wait_until(lambda: pair.delivered(told["message_id"]) == (0, 1), 10, "it is delivered here")
    [delivery] = pair.secondary.deliveries(told["message_id"])
    headers = delivery.headers
    assert delivery.rcpt == rcpt and headers["Return-Path"] == f"<postmaster@{DOMAIN}>"
    mark = headers["Coexist-Probe"]
    assert re.fullmatch("[0-9a-z]{20}", mark)
    assert headers["Message-ID"] == f"<coexist-probe.{mark}@{pair.secondary.name}>"
    assert headers["To"] == f"<{rcpt}>" and headers["From"] == f"<postmaster@{DOMAIN}>"
    assert headers["Auto-Submitted"] is None and headers["Precedence"] == "bulk"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", headers["Date"])


def test_json(probe, pair, redis, ctl):
    rcpt = unique_address()
    redis.user(rcpt, home="primary")
    pair.primary.route(rcpt, "here")
    told = ctl.json("probe", rcpt, "--smtp", at(pair.secondary.smtp), "--sender", f"a@{SENDERS}")
    decision = told.pop("decision")
    assert isinstance(told.pop("ms"), int) and told.pop("message_id") == decision["msgid"]
    assert re.fullmatch(r"250 2\.0\.0 Ok: queued as \w+", told.pop("reply"))
    assert told == {
        "verdict": "ok", "rcpt": rcpt, "sender": f"a@{SENDERS}", "mta": at(pair.secondary.smtp),
        "taken": True, "step": "message", "return": None,
    }
    assert (decision["action"], decision["reason"]) == ("divert", "home-peer")
    assert decision["node"] == pair.secondary.name and decision["after_ms"] >= 0


def test_json_of_a_refusal(probe, pair, redis, ctl):
    rcpt = unique_address()
    redis.user(rcpt, home="moving")
    told = ctl.json("probe", rcpt, "--smtp", at(pair.secondary.smtp), status=NO)
    assert (told["verdict"], told["taken"], told["step"]) == ("refused", False, "RCPT")
    assert told["reply"].startswith("451 4.2.1 ") and told["ms"] >= 0
    assert told["decision"]["reply"] == "451 4.2.1" and told["decision"]["reason"] == "moving"


def test_the_story(probe, pair, redis):
    rcpt = unique_address()
    redis.user(rcpt, home="primary")
    pair.primary.route(rcpt, "here")
    ran = probe(rcpt, "-v", "--sender", "")
    first, second, third, fourth, last = ran.out.splitlines()
    seconds = r" +\d+\.\d{3} s  "
    assert re.fullmatch(
        rf"{seconds}<coexist-probe\.\w+@{pair.secondary.name}> from <> for <{rcpt}> goes to "
        + at(pair.secondary.smtp), first)
    assert re.fullmatch(rf"{seconds}taken: 250 2\.0\.0 Ok: queued as \w+", second)
    assert re.fullmatch(rf"{seconds}{pair.secondary.name} about {rcpt}: divert home-peer", third)
    assert re.fullmatch(
        rf" +origin \w+, home primary, to {rcpt}\.primary\.invalid, key coexist:user:{rcpt}, "
        r"path S.*", fourth)
    assert last.startswith(f"probe ok: {rcpt} divert home-peer") and ran.status == YES


def test_in_a_terminal_the_verdict_has_colour(probe, pair, redis, ctl):
    good, bad = unique_address(), unique_address()
    redis.user(good, home="secondary")
    redis.user(bad, home="moving")
    for rcpt, status, ink in ((good, YES, "32"), (bad, NO, "31")):
        ran = ctl.terminal("probe", rcpt, "--smtp", at(pair.secondary.smtp))
        assert ran.status == status
        assert f"probe \x1b[{ink}m" in ran.out
        assert without_ink(ran.out).startswith("probe ")
        assert "\x1b" not in probe(rcpt).out


# The mail comes back


@pytest.fixture
def sent_back(pair, redis):
    """(a mailbox at the primary that sends its mail on, where to)."""
    mailbox, back = unique_address(prefix="away"), unique_address(prefix="back")
    redis.user(mailbox, home="primary")
    redis.user(back, home="secondary")
    pair.primary.set_main(virtual_alias_maps=f"inline:{{ {{ {mailbox} = {back} }} }}")
    yield mailbox, back
    pair.primary.set_main(virtual_alias_maps="")


def test_round_trip(probe, pair, sent_back):
    mailbox, back = sent_back
    ran = probe(mailbox, "--return", back)
    assert ran.status == YES
    assert re.fullmatch(
        rf"probe ok: {mailbox} divert home-peer to={mailbox}\.primary\.invalid{TOOK}, "
        rf"back at {back} here home-here path=S<P<S{TOOK}\n", ran.out), ran


def test_round_trip_in_json(probe, pair, sent_back, ctl):
    mailbox, back = sent_back
    told = ctl.json("probe", mailbox, "--return", back, "--smtp", at(pair.secondary.smtp))
    assert told["verdict"] == "ok" and told["return"]["rcpt"] == back
    assert told["return"]["origin"] == "peer" and told["return"]["path"] == "S<P<S"
    assert told["ms"] == told["return"]["after_ms"] >= told["decision"]["after_ms"]


def test_round_trip_that_is_refused_on_the_way_back(probe, pair, redis, sent_back):
    mailbox, back = sent_back
    redis.user(back, home="primary")
    ran = probe(mailbox, "--return", back, "--timeout", "6")
    # A conflict is refused at RCPT, before anything says which message it was.
    assert ran.status == NO
    assert re.fullmatch(
        rf"probe lost: {mailbox} divert home-peer .*, not back at {back} in 6 s\n", ran.out), ran


def test_not_sent_back(probe, pair, redis):
    rcpt, back = unique_address(), unique_address()
    redis.user(rcpt, home="primary")
    pair.primary.route(rcpt, "here")
    ran = probe(rcpt, "--return", back, "--timeout", "4.5")
    assert ran.status == NO and ran.out.startswith(f"probe lost: {rcpt} divert home-peer")
    assert ran.out.endswith(f", not back at {back} in 4.5 s\n")


# How long it takes


def test_limits(probe, redis):
    rcpt = unique_address()
    redis.user(rcpt, home="secondary")
    for options, status, verdict, limit in (
        (["--warn", "0.001"], YES, "warning", ", over 0.001 s"),
        (["--warn", "0.001", "--critical", "0.002"], NO, "critical", ", over 0.002 s"),
        (["--warn", "29", "--critical", "30"], YES, "ok", ""),
    ):
        ran = probe(rcpt, *options)
        assert ran.status == status, ran
        assert re.fullmatch(rf"probe {verdict}: {rcpt} here home-here{TOOK}{limit}\n", ran.out), ran


# By sendmail(1)


@pytest.fixture
def program(pair, tmp_path):
    """program(text): an executable script; the text of its folder's file it may be told."""
    made = []

    def make(text):
        path = tmp_path / f"mailer{len(made)}"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        made.append(path)
        return str(path)

    return make


def test_by_sendmail(pair, redis, filter, ctl, program):
    rcpt = unique_address()
    redis.user(rcpt, home="secondary")
    mailer = program(f'exec /usr/sbin/sendmail -C {pair.secondary.config} "$@"\n')
    told = ctl.json("probe", rcpt, f"--sendmail={mailer}")
    assert (told["verdict"], told["mta"], told["step"]) == ("ok", mailer, "mailer0")
    assert told["decision"]["origin"] == "local" and told["decision"]["action"] == "here"
    wait_until(lambda: pair.delivered(told["message_id"]) == (0, 1), 10, "it is delivered here")
    [delivery] = pair.secondary.deliveries(told["message_id"])
    assert b"\r" not in delivery.raw


@pytest.mark.parametrize("script, told", [
    ("cat >/dev/null; echo no such queue; exit 75", "no such queue"),
    ("cat >/dev/null; exit 75", "status 75"),
    ("exit 0", None),
    ("cat >/dev/null; kill -9 $$", "ended by signal 9"),
    (r"cat >/dev/null; printf '\033[31mred\n'; exit 1", r"\x1B[31mred"),
])
def test_a_program_that_fails(redis, filter, ctl, program, script, told):
    mailer = program(script + "\n")
    ran = ctl.run("probe", unique_address(), f"--sendmail={mailer}", "--timeout", "4")
    assert ran.status == NO and not ran.err
    if told:
        assert re.fullmatch(rf"probe failed: \S+, mailer0: {re.escape(told)}\n", ran.out), ran
    else:
        # It may have ended before or after the message was in its pipe.
        assert re.match(r"probe (failed|lost): ", ran.out), ran


def test_a_program_that_does_not_end(redis, filter, ctl, program):
    mailer = program("cat >/dev/null; exec sleep 1000\n")
    ran = ctl.run("probe", unique_address(), f"--sendmail={mailer}", "--timeout", "1")
    assert ran.status == NO and not ran.err
    assert re.fullmatch(r"probe failed: \S+, mailer0: does not end in time\n", ran.out), ran


def test_no_such_program(redis, filter, ctl):
    rcpt = unique_address()
    ran = ctl.run("probe", rcpt, "--sendmail=/nowhere/mailer")
    assert ran == (NO, f"probe failed: {rcpt}, mailer: /nowhere/mailer: "
                       "No such file or directory\n", "")


# What goes wrong


def test_no_mta(redis, filter, ctl):
    rcpt = unique_address()
    ran = ctl.run("probe", rcpt, "--smtp", f"127.0.0.1:{free_port()}")
    assert ran == (NO, f"probe failed: {rcpt}, connect: Connection refused\n", "")


def test_an_mta_without_the_filter(pair, redis, filter, ctl):
    rcpt = unique_address()
    ran = ctl.run("probe", rcpt, "--smtp", at(pair.secondary.plain), "--timeout", "3.5")
    assert ran.status == NO
    assert re.fullmatch(
        rf"probe lost: {rcpt}, taken by {at(pair.secondary.plain)} \(250 2\.0\.0 Ok: queued as "
        r"\w+\), no decision of the filter in 3\.5 s\n", ran.out), ran


def test_the_mta_refuses_by_itself(probe, pair):
    pair.secondary.users = set()
    rcpt = unique_address()
    ran = probe(rcpt)
    assert ran.status == NO
    assert re.fullmatch(
        rf"probe refused: {rcpt}, RCPT: 550 5\.1\.1 .*User unknown in virtual mailbox table "
        r"\(no decision of the filter was seen\)\n", ran.out), ran


def test_redis_away(probe, redis):
    redis.kill()
    ran = probe(unique_address())
    assert (ran.status, ran.out) == (UNAVAILABLE, "")
    assert ran.err.startswith("coexistctl: ") and ran.err.count("\n") == 1
    redis.start()


def test_redis_lost_after_it_was_sent(redis, filter, ctl):
    def replies(verb, line, sink):
        if verb == ".":
            redis.kill()

    with SmtpSink(replies=replies) as sink:
        ran = ctl.run("probe", unique_address(), "--smtp", at(sink.smtp))
    assert (ran.status, ran.out) == (UNAVAILABLE, "") and len(sink.messages) == 1
    assert re.fullmatch(r"coexistctl: .*: .* \(the probe was sent\)\n", ran.err), ran
    redis.start()


def test_what_redis_may_refuse(redis, filter, ctl, options):
    redis.cli("ACL", "SETUSER", "half", "on", ">pw", "~*", "&*", "+@all", "-xread")
    try:
        ctl.write_config({**options, "state": f"{redis.unix_url}&user=half&password=pw"})
        with SmtpSink() as sink:
            ran = ctl.run("probe", unique_address(), "--smtp", at(sink.smtp))
    finally:
        redis.cli("ACL", "DELUSER", "half")
    assert (ran.status, ran.out) == (UNAVAILABLE, "")
    assert "NOPERM" in ran.err and "the probe was sent" in ran.err


CONFIGURATIONS = [
    ({"events_max": 0}, "events are switched off (events_max = 0)"),
    ({"state": "memory:"}, "it names no Redis that could be asked"),
]


@pytest.mark.parametrize("change, told", CONFIGURATIONS)
def test_configurations_that_allow_no_probe(ctl, options, change, told):
    ctl.write_config({**options, **change})
    with SmtpSink() as sink:
        ran = ctl.run("probe", unique_address(), "--smtp", at(sink.smtp))
    assert (ran.status, ran.out) == (USAGE, "") and told in ran.err
    assert not sink.sessions


USAGES = [
    ([], "whose mail is to be probed?"),
    (["a@example.com", "b@example.com"], "one recipient, and not 'b@example.com' too"),
    (["nobody"], "'nobody' is no address of a mailbox"),
    (["a@example.com\r\nRCPT TO:<b@example.com>"], "is no address of a mailbox"),
    (["a@example.org"], "a@example.org: {config} has no `domain` for it"),
    (["a@example.com", "--return", "a@example.org"], "a@example.org: {config} has no `domain`"),
    (["a@example.com", "--return", "A@EXAMPLE.com"], "--return is another address than"),
    (["a@example.com", "--sender", "a@b\nc"], "--sender: 'a@b\\x0Ac' is no address"),
    (["a@example.com", "--smtp", "host:"], "--smtp is HOST, HOST:PORT"),
    (["a@example.com", "--smtp", "ho st"], "--smtp is HOST, HOST:PORT"),
    (["a@example.com", "--timeout", "0"], "--timeout is a number of seconds"),
    (["a@example.com", "--timeout", "1e3"], "--timeout is a number of seconds"),
    (["a@example.com", "--timeout", "90000"], "--timeout is a number of seconds"),
    (["a@example.com", "--warn", "40"], "--warn and --critical are no longer than --timeout"),
    (["a@example.com", "--warn", "4", "--critical", "3"], "--warn is no longer than --critical"),
]


@pytest.mark.parametrize("arguments, told", USAGES)
def test_wrong_use(ctl, arguments, told):
    ran = ctl.run("probe", *arguments)
    assert (ran.status, ran.out) == (USAGE, ""), ran
    assert told.replace("{config}", ctl.config) in ran.err


def test_a_configuration_that_is_not_there(tmp_path):
    tool = Ctl()
    try:
        ran = tool.run("probe", "a@example.com")
    finally:
        tool.close()
    assert (ran.status, ran.out) == (USAGE, "") and "coexist.conf" in ran.err


# MTAs of all kinds, and events by anybody: what a script says


def told_by(redis, ctl, replies, *more):
    """The Ran of a probe at an MTA that answers by the script, with its recipient."""
    rcpt = unique_address()
    with SmtpSink(replies=replies) as sink:
        ran = ctl.run("probe", rcpt, "--smtp", at(sink.smtp), *more)
    return rcpt, ran


MTAS = [
    ("CONNECT", "554 5.3.2 not today", "refused", "connect: 554 5.3.2 not today"),
    ("CONNECT", "drop", "failed", "connect: .+"),
    ("MAIL", "451 4.7.1 later", "refused", "MAIL: 451 4.7.1 later"),
    ("RCPT", "550-5.1.1 nobody\n550 5.1.1 here", "refused", "RCPT: 550-5.1.1 nobody 5.1.1 here"),
    ("RCPT", "550 5.1.1 \x1b[2J", "refused", r"RCPT: 550 5.1.1 \x1B[2J"),
    ("DATA", "451 4.3.0 full", "refused", "DATA: 451 4.3.0 full"),
    (".", "554 5.7.1 spam", "refused", "message: 554 5.7.1 spam"),
    (".", "drop", "failed", "message: .+"),
    ("RCPT", "550 " + "x" * 1000, "refused", "RCPT: 550 " + "x" * 1000),
]


@pytest.mark.parametrize("verb, reply, verdict, told", MTAS, ids=range(len(MTAS)))
def test_what_an_mta_may_say(redis, ctl, verb, reply, verdict, told):
    rcpt, ran = told_by(redis, ctl, lambda v, line, sink: reply if v == verb else None,
                        "--timeout", str(3 * SLOWNESS))
    assert ran.status == NO and not ran.err
    tail = " (no decision of the filter was seen)" if verdict == "refused" else ""
    begin = f"probe {verdict}: {rcpt}, "
    if told.endswith(".+"):
        assert ran.out.startswith(begin + told[:-2]) and len(ran.out) > len(begin + told), ran
    else:
        assert ran.out == begin + told + tail + "\n"


def test_an_mta_that_says_nothing(redis, ctl):
    over = threading.Event()

    def silent(verb, line, sink):
        over.wait(60)
        return "drop"

    try:
        rcpt, ran = told_by(redis, ctl, silent, "--timeout", "0.5")
    finally:
        over.set()
    assert ran.status == NO and re.match(rf"probe failed: {rcpt}, connect: .*time", ran.out), ran


def event(**fields):
    usual = {"event": "decide", "at": "end", "node": "n.example", "rcpt": "RCPT",
             "msgid": "MSGID", "action": "here", "reason": "home-here"}
    return {**usual, **fields}


def follow_events(redis, ctl, events, *more):
    """The Ran of a probe at an MTA that takes it, with events that are written when it has; in
    their values, MSGID and RCPT stand for those of the probe."""
    rcpt = unique_address()

    def write(message):
        with RedisLink(redis.socket) as link:
            for fields in events:
                words = []
                for name, value in fields.items():
                    value = value.replace("MSGID", message.message_id).replace("RCPT", rcpt)
                    words += [name, value]
                link.command("XADD", "coexist:events", "*", *words)

    with SmtpSink() as sink:
        def wait_and_write():
            write(wait_until(lambda: sink.messages, 10, "the probe comes")[0])

        writer = threading.Thread(target=wait_and_write, daemon=True)
        writer.start()
        ran = ctl.run("probe", rcpt, "--smtp", at(sink.smtp), *more)
        writer.join(10)
    return rcpt, ran


EVENTS = {
    "another message, recipient or kind first": (
        [event(msgid="<other@example>", action="defer"), event(rcpt="x@example.com", action="hold"),
         event(event="flip", action="reject"), event()],
        YES, "probe ok: RCPT here home-here"),
    "a refusal of another message": (
        [event(at="rcpt", msgid="", reply="451 4.2.1", action="defer"), event()],
        YES, "probe ok: RCPT here home-here"),
    "held": ([event(action="hold", reason="loop")], NO, "probe stopped: RCPT hold loop"),
    "put aside": (
        [event(action="loop-mailbox", reason="conflict", to="post@example.com")],
        NO, "probe stopped: RCPT loop-mailbox conflict to=post@example.com"),
    "put off after all": ([event(action="defer", reason="state-down", why="down")],
                          NO, "probe refused: RCPT defer state-down why=down"),
    "only observed": ([event(action="reject", reason="loop", mode="observe")],
                      YES, "probe ok: RCPT reject loop mode=observe"),
    "no words": ([{"event": "decide", "rcpt": "RCPT", "msgid": "MSGID"}],
                 NO, "probe stopped: RCPT - -"),
    "octets that drive a terminal": (
        [event(to="\x1b]0;x\x07", why="a\nprobe ok: b")],
        YES, r"probe ok: RCPT here home-here to=\x1B]0;x\x07 why=a\x0Aprobe ok: b"),
    "the first counts": ([event(), event(action="reject", reason="loop")],
                         YES, "probe ok: RCPT here home-here"),
}


@pytest.mark.parametrize("case", EVENTS)
def test_what_events_may_say(redis, ctl, case):
    events, status, told = EVENTS[case]
    rcpt, ran = follow_events(redis, ctl, events)
    assert ran.status == status and not ran.err, ran
    assert re.sub(TOOK + r"\n$", "", ran.out) == told.replace("RCPT", rcpt), ran


def test_events_of_before_do_not_count(redis, ctl):
    with RedisLink(redis.socket) as link:
        for number in range(300):
            link.command("XADD", "coexist:events", "*", "event", "decide", "n", number)
    rcpt, ran = follow_events(redis, ctl, [event()])
    assert ran.status == YES and ran.out.startswith(f"probe ok: {rcpt} here home-here in ")


def test_more_events_than_are_read_at_once(redis, ctl):
    others = [event(msgid=f"<{number}@example>") for number in range(250)]
    rcpt, ran = follow_events(redis, ctl, [*others, event(action="divert", reason="default")])
    assert ran.status == YES and ran.out.startswith(f"probe ok: {rcpt} divert default in "), ran


def test_the_environment_names_no_proxy(probe, redis):
    rcpt = unique_address()
    redis.user(rcpt, home="secondary")
    nowhere = f"http://127.0.0.1:{free_port()}"
    ran = probe(rcpt, environment={"ALL_PROXY": nowhere, "all_proxy": nowhere})
    assert ran.status == YES, ran
