"""Input that no honest MTA sends, and much that the Internet does."""

import random
import struct
import time

import pytest

from coexist_testing import milter_protocol as p
from coexist_testing.milter_client import MilterConnection, default_headers, transaction
from coexist_testing.wait import SLOWNESS, scaled
from scene import HERE, PEER, ROUTE, THERE

RCPTS = [f"<a@{HERE}>", f"<b@{THERE}>"]
RECEIVED = (" from mail.primary.example (mail.primary.example [198.51.100.10])\n\tby"
            " mail.secondary.example (Postfix) with ESMTP id 4T1\n\tfor <a@here.example>;"
            " Fri,  1 Aug 2025 10:00:00 +0000 (UTC)")

HEADERS = {
    "none at all": [],
    "no Message-ID": [("Subject", " x")],
    "two Message-IDs": [("Message-ID", " <1@x>"), ("Message-ID", " <2@x>")],
    "empty values": [(n, "") for n in ("Message-ID", "Received", "List-Id", "X-Coexist-Trace",
                                       "Resent-Message-ID", "Auto-Submitted", "Content-Type")],
    "blank values": [(n, " \t \n\t ") for n in ("Message-ID", "Received", "X-Coexist-Trace")],
    "1,500 fields": [(f"X-Field-{i}", f" {i}") for i in range(1500)],
    "1,500 of one name": [("X-Field", " x")] * 1500,
    "60,000 octets": [("X-Long", " " + "x" * 60000)],
    "60,000 octets of Received": [("Received", " (" + "x" * 60000 + ")")],
    "60,000 octets of brackets": [("Received", " from a " + "(" * 60000)],
    "60,000 octets of tags": [("X-Coexist-Trace", " " + "a=b; " * 12000)],
    "60,000 octets of Message-ID": [("Message-ID", " <" + "x" * 60000 + "@y>")],
    "60,000 octets of folds": [("Received", " from x\n" + "\t\n" * 30000)],
    "a NUL": [("Message-ID", b" <a\0b@c>"), ("Received", b" from x\0 by y"),
              ("X-Coexist-Trace", b" v=1\0; i=1")],
    "a NUL in a name": [(b"Message\0-ID", b" <a@c>")],
    "8-bit": [("Subject", b" \xe4\xf6\xfc \xff\xfe\x80"), (b"X-\xff", b" y"),
              ("Message-ID", b" <\xff@\xfe>"), ("Received", b" from \xff by \xfe; \xfd")],
    "UTF-8": [("Subject", " Grüße 漢字 🎉"), ("Message-ID", " <ü@exämple.example>")],
    "bare CR": [("Subject", " a\rb"), ("Received", " from a\rby b\r\r;\r"),
                ("Message-ID", " <a\r@b>")],
    "controls": [("Subject", bytes(range(1, 32))), ("Message-ID", b" <" + bytes(range(1, 32)))],
    "no leading blank": [("Message-ID", "<1@x>"), ("Received", "from a by b; x")],
    "a name of blanks": [("   ", " x")],
    "percent signs": [("Message-ID", " <%s%n%x%d@%>"), ("Received", " from %n by %s; %s")],
    "quotes and backslashes": [("Message-ID", ' <"\\"@\\>'), ("Received", ' from "\\ (\\" by (;')],
    "dates out of this world": [
        ("Received", f" from a by mail.primary.example; {date}") for date in (
            "Fri, 99 Foo 99999999999 99:99:99 +9999", "0", "-1", "Thu, 1 Jan 0000 00:00:00 -0000")
    ],
    "40 Received with rubbish": [("Received", " " + "x" * i) for i in range(40)],
}


@pytest.mark.parametrize("case", HEADERS)
def test_header(daemon, case):
    done = transaction(daemon.socket, rcpts=RCPTS, headers=HEADERS[case])
    assert done.final.verdict == "continue"
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
    traces = done.values("X-Coexist-Trace")
    assert len(traces) == 1 and "\r" not in traces[0] and "\0" not in traces[0]


def test_more_own_fields_than_anybody_honest_sends_are_refused(daemon):
    forged = [("X-Coexist-Trace", " v=1; i=1")] * 3000
    done = transaction(daemon.socket, rcpts=RCPTS, headers=forged)
    assert done.final.code == 550
    assert done.edits == []


def test_many_forged_fields_are_all_removed(daemon):
    count = scaled(1500, slow=300, valgrind=100)
    forged = [("X-Coexist-Trace", f" v=1; i={i}; id=x") for i in range(count)]
    done = transaction(daemon.socket, rcpts=RCPTS, headers=[*forged, *default_headers()])
    assert len(done.find("chgheader")) == count
    assert len(done.values("X-Coexist-Trace")) == 1


def test_hops_beyond_the_limit_are_a_loop(daemon):
    hops = [("Received", f" from a{i}.example by b{i}.example; x") for i in range(60)]
    done = transaction(daemon.socket, rcpts=RCPTS, headers=[*hops, *default_headers()])
    assert (done.final.code, done.final.status) == (550, "5.4.6")


def test_a_long_way_between_the_systems_is_a_loop(daemon):
    back = RECEIVED.replace("mail.primary", "x").replace("mail.secondary", "mail.primary").replace(
        "x.example", "mail.secondary.example")
    hops = [("Received", hop) for hop in (RECEIVED, back) * 5]
    done = transaction(
        daemon.socket, client=PEER, rcpts=[f"<a@{HERE}>"], headers=[*hops, *default_headers()]
    )
    assert (done.final.code, done.final.status) == (550, "5.4.6")


def test_a_thousand_recipients(daemon):
    here = [f"<u{i}@{HERE}>" for i in range(500)]
    there = [f"<u{i}@{THERE}>" for i in range(500)]
    began = time.monotonic()
    done = transaction(daemon.socket, rcpts=[a for pair in zip(here, there) for a in pair])
    assert time.monotonic() - began < 10 * SLOWNESS
    assert sorted(done.envelope) == sorted(here + [f"<u{i}@{ROUTE}>" for i in range(500)])
    kinds = [k for k in done.kinds() if k in ("addrcpt", "delrcpt")]
    assert kinds == ["addrcpt"] * 500 + ["delrcpt"] * 500
    assert len(done.values("X-Coexist-Trace")) == 1


def test_the_same_recipient_a_thousand_times(daemon):
    done = transaction(daemon.socket, rcpts=[f"<b@{THERE}>"] * 1000)
    assert list(done.envelope) == [f"<b@{ROUTE}>"]
    assert len(done.find("addrcpt")) == 1


ADDRESSES = {
    "empty": "", "empty path": "<>", "no domain": "<postmaster>", "only at": "<@>",
    "no local part": f"<@{THERE}>", "two ats": f"<a@b@{THERE}>", "source route": f"<@x:b@{THERE}>",
    "open": f"<b@{THERE}", "closed": f"b@{THERE}>", "blank": f"<b c@{THERE}>",
    "literal": "<b@[192.0.2.1]>", "final dot": f"<b@{THERE}.>", "quoted": f'<"b c"@{THERE}>',
    "quoted at": f'<"b@c"@{THERE}>', "quoted open": f'<"b@{THERE}>', "backslash": f"<b\\@{THERE}>",
    "8-bit": b"<\xff\xfe@there.example>", "UTF-8": f"<bücher@{THERE}>", "controls":
    f"<b\r\n\t\x01@{THERE}>", "line end": f"<b@{THERE}\r\nRCPT TO:<x@y>>", "percent":
    f"<%s%n%d@{THERE}>", "long": f"<{'b' * 900}@{THERE}>", "too long": f"<{'b' * 5000}@{THERE}>",
    "60,000 octets": f"<{'b' * 60000}@{THERE}>", "long domain": f"<b@{'x.' * 5000}example>",
    "dots": f"<...@{THERE}>", "equals": f"<a=b;c@{THERE}>", "plus": f"<+@{THERE}>",
}


@pytest.mark.parametrize("case", ADDRESSES)
@pytest.mark.parametrize("local", [False, True], ids=["smtp", "sendmail"])
def test_no_recipient_is_lost_for_its_form(daemon, case, local):
    address = ADDRESSES[case]
    with MilterConnection(daemon.socket, macros={"i": "4THOSTILE"} if local else None) as link:
        link.connect("127.0.0.1" if local else "203.0.113.1", "localhost")
        link.helo()
        rcpt = address.strip(b"<>" if isinstance(address, bytes) else "<>") if local else address
        done = link.message(mail="" if local else "<>", rcpts=[rcpt])
    answer = done.rcpts[0][1]
    assert answer.goes_on or answer.code in range(400, 600)
    if answer.goes_on:
        assert done.final.goes_on or done.final.code in range(400, 600)
        assert done.envelope, "the message has lost its recipient"
    if local:
        assert answer.goes_on, "a recipient of sendmail(1) must not be refused"


SENDERS = ["<>", "", "<@>", "<a@b@c>", b"<\xff@\xfe>", "<" + "x" * 60000 + "@y>", "<%n@%s>",
           "<a\r\nb@c>"]


@pytest.mark.parametrize("sender", SENDERS, ids=range(len(SENDERS)))
def test_senders(daemon, sender):
    done = transaction(daemon.socket, mail=sender, rcpts=RCPTS)
    assert done.final.verdict == "continue"
    assert len(done.envelope) == 2


PARAMETERS = [
    ["NOTIFY=NEVER"] * 50, ["ORCPT=" + "x" * 3000], ["ORCPT="], ["NOTIFY="], ["="], [""], ["\xff"],
    ["ORCPT=rfc822;a+ZZ"], ["X" * 60000],
]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=range(len(PARAMETERS)))
def test_parameters(daemon, parameters):
    done = transaction(daemon.socket, rcpts=[(f"<b@{THERE}>", *parameters)])
    answer = done.rcpts[0][1]
    if answer.goes_on:
        assert done.final.verdict == "continue"
        assert list(done.envelope) == [f"<b@{ROUTE}>"]
    else:
        assert answer.code in range(400, 600)


def test_macros_of_any_kind(daemon):
    for value in ("", "x" * 30000, "\xff", "a\r\nb", "%n%s", "a b=c"):
        done = transaction(daemon.socket, rcpts=RCPTS, macros={
            "i": value, "{auth_authen}": value, "{cert_subject}": value, "j": value,
        })
        assert done.final.verdict == "continue"
    for text in daemon.raw:
        assert text.startswith("coexist-milter[")


# Below the protocol


def broken(daemon, *packets, negotiate=True):
    """Sends octets, leaves, and never mind what comes back."""
    daemon.expect_error(": edit-failed")
    link = MilterConnection(daemon.socket, negotiate=negotiate)
    for data in packets:
        link.raw(data)
    try:
        link.flush()
        link.silent(0.02)
    except OSError:
        pass
    link.close()


def test_commands_in_any_order(daemon):
    data = {
        p.CONNECT: p.connect_data("203.0.113.1"), p.HELO: b"x\0", p.MAIL: b"<a@b>\0",
        p.RCPT: f"<b@{THERE}>\0".encode(), p.HEADER: b"Subject\0x\0", p.BODY: b"x\r\n",
    }
    commands = [p.CONNECT, p.HELO, p.MAIL, p.RCPT, p.DATA, p.HEADER, p.EOH, p.BODY, p.EOM, p.ABORT,
                p.QUIT_NC, p.UNKNOWN, p.MACRO]
    chance = random.Random(7)
    for _ in range(scaled(300, slow=60, valgrind=20)):
        picked = chance.choices(commands, k=chance.randrange(1, 12))
        broken(daemon, *[p.packet(c, data.get(c, b"")) for c in picked])


OUT_OF_ORDER = {
    "RCPT before MAIL": [p.RCPT], "header before MAIL": [p.HEADER], "header before RCPT":
    [p.MAIL, p.HEADER], "EOM before MAIL": [p.EOM], "EOM before RCPT": [p.MAIL, p.EOM],
    "MAIL twice": [p.MAIL, p.MAIL], "RCPT after header": [p.MAIL, p.RCPT, p.HEADER, p.RCPT],
    "EOM twice": [p.MAIL, p.RCPT, p.EOM, p.EOM], "CONNECT twice": [p.CONNECT, p.CONNECT],
}


@pytest.mark.parametrize("case", OUT_OF_ORDER)
def test_out_of_order(daemon, case):
    data = {p.CONNECT: p.connect_data("203.0.113.1"), p.MAIL: b"<a@b>\0",
            p.RCPT: f"<b@{THERE}>\0".encode(), p.HEADER: b"Subject\0x\0"}
    commands = OUT_OF_ORDER[case]
    if commands[0] != p.CONNECT:
        commands = [p.CONNECT, *commands]
    broken(daemon, *[p.packet(c, data.get(c, b"")) for c in commands])


def test_no_data_where_some_is_due(daemon):
    for command in b"ABCDEHKLMNORTU":
        for data in (b"", b"\0", b"x", b"\0x\0", b"\0\0\0\0", b"\xff" * 20):
            broken(daemon, p.packet(bytes([command]), data))


def test_octets_that_are_no_protocol(daemon):
    chance = random.Random(11)
    for _ in range(scaled(100, valgrind=20)):
        broken(daemon, chance.randbytes(chance.randrange(1, 400)), negotiate=False)
    for text in (b"EHLO client.test\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\0" * 100, b"\xff" * 100):
        broken(daemon, text, negotiate=False)


def test_lengths_that_lie(daemon):
    for size in (0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 70000, 1 << 20, 1 << 24):
        broken(daemon, struct.pack(">I", size) + b"M" + b"<a@b>\0")


def test_negotiation_that_is_none(daemon):
    daemon.expect_error(": negotiate")
    for data in (b"", b"\0", struct.pack(">III", 0, 0, 0), struct.pack(">III", 6, 0, 0),
                 struct.pack(">III", 1, 0x1FF, 0), b"\xff" * 12,
                 struct.pack(">III", 6, 0x1FF, 0x1FFFFF) + b"x" * 1000):
        broken(daemon, p.packet(p.OPTNEG, data), negotiate=False)


def test_a_slow_client_hinders_nobody(daemon):
    slow = MilterConnection(daemon.socket)
    slow.raw(p.packet(p.MAIL, b"<a@b>\0")[:5])
    slow.flush()
    assert transaction(daemon.socket, rcpts=RCPTS).final.verdict == "continue"
    slow.close()
