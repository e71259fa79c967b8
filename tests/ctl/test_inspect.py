"""coexistctl inspect: messages and bounces as administrators have them."""

import base64
import json
import os

import pytest

from coexist_testing.ctl import NO, USAGE, YES, Ctl, without_ink
from inspect_cases import CASES

HERE = os.path.dirname(os.path.abspath(__file__))
MESSAGES = os.path.join(HERE, "messages")
DRAWINGS = os.path.join(HERE, "drawings")

# The key that the traces in messages/ are signed with.
KEY = "test2026 " + base64.b64encode(b"inspect-test-key-of-32-octets-01").decode() + "\n"
OPTIONS = {
    "node": "secondary", "name": "zimbra.example.com", "state": "memory:",
    "system": {
        "primary": {"hosts": ["mail.example.com", "*.outlook.com"], "networks": ["192.0.2.0/24"],
                    "nexthop": "smtp:[mail.example.com]:25"},
        "secondary": {"hosts": ["zimbra.example.com"], "networks": ["198.51.100.0/24"],
                      "nexthop": "lmtp:[127.0.0.1]:7025"},
    },
    "gateway": {"hosts": ["*.filter.example.net"]},
    "domain": {"example.com": {"home": "primary", "route": "%u@%d.primary.invalid"}},
}
HOP = ["from_helo", "from_rdns", "from_ip", "by", "with", "id", "for", "time", "system", "parsed"]
FIRST = ["hops", "path", "crossings", "traces", "verdict"]
NO_MESSAGE = ["empty.eml", "not-a-message.bin"]


def message(name):
    return os.path.join(MESSAGES, name)


@pytest.fixture
def tool():
    made = Ctl(OPTIONS)
    keys = f"{made.folder}/keys"
    with open(keys, "w") as file:
        file.write(KEY)
    os.chmod(keys, 0o600)
    yield made
    made.close()


def loops(verdict):
    return NO if verdict in ("pingpong", "hops") else YES


def test_every_message_has_a_case():
    assert sorted(case.file for case in CASES) + NO_MESSAGE == sorted(
        name for name in os.listdir(MESSAGES) if name not in NO_MESSAGE) + NO_MESSAGE
    assert len(CASES) >= 45


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
@pytest.mark.parametrize("configured", [False, True], ids=["guessed", "configured"])
def test_message(tool, case, configured):
    way, crossings, verdict = case.configured if configured else case.guessed
    told = tool.json("inspect", message(case.file), config=configured, status=loops(verdict))
    assert list(told)[:len(FIRST)] == FIRST
    assert all(list(hop) == HOP for hop in told["hops"])
    assert len(told["hops"]) == case.hops
    assert (told["path"], told["crossings"], told["verdict"]) == (way, crossings, verdict)
    assert told["hops_total"] == case.hops and len(told["delays"]) == case.hops
    drawn = tool.run("inspect", message(case.file), config=configured)
    assert drawn.status == loops(verdict) and not drawn.err
    assert f"\nverdict   {verdict}: {told['summary']}\n" in drawn.out.replace("\\\\", "\\")


@pytest.mark.parametrize("name", sorted(os.listdir(DRAWINGS)))
def test_drawing(tool, name):
    stem, how = name.rsplit(".", 1)
    with open(os.path.join(DRAWINGS, name)) as file:
        want = file.read()
    configured = how == "configured"
    file = message(f"{stem}.eml")
    piped = tool.run("inspect", file, config=configured)
    assert piped.out == want
    shown = tool.terminal("inspect", file, config=configured)
    assert without_ink(shown.out) == want and shown.status == piped.status
    assert "\x1b[" in shown.out


HOPS = [
    ("exchange-online-from-gmail.eml", 0, {
        "from_helo": "AM9PR01MB7001.eurprd01.prod.outlook.com", "from_rdns": None,
        "from_ip": "fe80::1:2:3:4", "by": "AM9PR01MB7001.eurprd01.prod.outlook.com", "with": "mapi",
        "id": "15.20.9094.012", "for": None, "time": "2026-11-21T10:15:35Z",
        "system": "Exchange Online", "parsed": True}),
    ("exim-relay.eml", 0, {
        "from_helo": "mx.sender.example", "from_rdns": "mx.sender.example",
        "from_ip": "203.0.113.25", "by": "mail.uni.example", "with": "esmtps",
        "id": "1tE2Nk-0007cP-2v", "for": "bob@uni.example", "time": "2026-11-21T10:15:35Z",
        "system": "uni.example", "parsed": True}),
    ("qmail-relay.eml", 0, {
        "from_helo": None, "from_rdns": None, "from_ip": None, "by": None, "with": None, "id": None,
        "for": None, "time": "2026-11-21T10:15:35Z", "system": None, "parsed": True}),
    ("broken-received.eml", 1, dict.fromkeys(HOP) | {"parsed": False}),
    ("zimbra-amavis-delivery.eml", 2, {
        "from_helo": "zimbra.example.com", "from_rdns": None, "from_ip": "127.0.0.1",
        "by": "localhost", "with": "ESMTP", "id": "5kq2xXr1", "for": None,
        "time": "2026-11-21T10:15:33Z", "system": "example.com (Zimbra)", "parsed": True}),
]


@pytest.mark.parametrize("file, index, want", HOPS, ids=[row[0] for row in HOPS])
def test_hop(tool, file, index, want):
    assert tool.json("inspect", message(file), config=False)["hops"][index] == want


def trace(verified, number, **more):
    return {
        "pass": number, "id": "0a1b2c3d4e5", "node": "zimbra.example.com", "system": "secondary",
        "origin": "external", "time": "2026-11-21T10:15:31Z", "verified": verified, "to_peer": 1,
        "kept": 0, "would_go": 0, "key": "test2026", **more,
    }


MALFORMED = dict.fromkeys(trace("malformed", None)) | {
    "verified": "malformed", "to_peer": 0, "kept": 0, "would_go": 0}
LATER = {"origin": "peer", "time": "2026-11-21T10:15:41Z"}
TRACES = [
    ("trace-valid-once.eml", True, [trace("valid", 1, to_peer=0, kept=1)]),
    ("trace-valid-once.eml", False, [trace("unverified", 1, to_peer=0, kept=1)]),
    ("trace-loop-by-tokens.eml", True, [trace("valid", 2, **LATER), trace("valid", 1)]),
    ("trace-forged.eml", True,
     [trace("forged", 2, **LATER), trace("unknown-key", 1, key="theirs"), MALFORMED]),
    ("trace-forged.eml", False,
     [trace("unverified", 2, **LATER), trace("unverified", 1, key="theirs"), MALFORMED]),
    ("plain-one-hop.eml", True, []),
]


@pytest.mark.parametrize("file, configured, want", TRACES)
def test_traces(tool, file, configured, want):
    ran = tool.run("inspect", "--json", message(file), config=configured)
    assert json.loads(ran.out)["traces"] == want


def test_traces_without_the_key_file(tool):
    os.unlink(f"{tool.folder}/keys")
    told = tool.json("inspect", message("trace-valid-once.eml"))
    assert [one["verified"] for one in told["traces"]] == ["unverified"]
    assert "/keys: No such file or directory: traces are not verified" in tool.good(
        "inspect", message("trace-valid-once.eml"))


def recipient(**more):
    return {"original_recipient": None, "final_recipient": None, "action": None, "status": None,
            "remote_mta": None, "diagnostic_code": None, **more}


BOB = recipient(
    original_recipient="bob@example.com", final_recipient="bob@example.com", action="failed",
    status="5.4.6", remote_mta="zimbra.example.com",
    diagnostic_code="smtp; 550 5.4.6 <bob@example.com>: mail loop: it was sent"
                    "    to mail.example.com before (coexist)")
BOUNCES = [
    ("dsn-postfix-loop.eml", "report", "mail.example.com", "message", 2, [BOB]),
    ("dsn-headers-only.eml", "report", "mail.example.com", "header", 2, [BOB]),
    ("dsn-base64.eml", "report", "mail.example.com", "message", 2, [BOB]),
    ("dsn-truncated.eml", "report", "mail.example.com", "message", 2, [BOB]),
    ("dsn-global.eml", "report", "mail.example.com", "header", 2, [
        recipient(final_recipient="jörg@example.com", action="failed", status="5.1.1",
                  diagnostic_code="smtp; 550 5.1.1 unknown")]),
    ("dsn-two-recipients.eml", "report", "zimbra.example.com", "message", 2, [
        BOB,
        recipient(final_recipient="carol@example.com", action="delayed", status="4.4.1",
                  remote_mta="mail.example.com", diagnostic_code="smtp; 451 4.4.1 timed out")]),
    ("ndr-exchange-online.eml", "report", "AM9PR01MB7001.eurprd01.prod.outlook.com", "message", 1, [
        recipient(final_recipient="bob@contoso.example", action="failed", status="5.4.14",
                  diagnostic_code="smtp;554 5.4.14 Hop count exceeded - possible mail loop"
                                  " ATTR34 [AMS0EPF000001B1.eurprd01.prod.outlook.com]")]),
    ("ndr-exchange-text.eml", "words", None, "message", 1, []),
    ("bounce-qmail.eml", "words", None, "message", 1, [
        recipient(final_recipient="bob@isp.example",
                  diagnostic_code="This message is looping: it already has my Delivered-To line."
                                  " (#5.4.6)")]),
    ("bounce-exim.eml", "words", None, "message", 1, [
        recipient(final_recipient="bob@uni.example"),
        recipient(final_recipient="carol@uni.example")]),
    ("journal-exchange.eml", "journal", None, "message", 1, []),
]


@pytest.mark.parametrize("row", BOUNCES, ids=lambda row: row[0])
def test_bounce(tool, row):
    file, kind, reporter, original, hops, recipients = row
    ran = tool.run("inspect", "--json", message(file), config=False)
    bounce = json.loads(ran.out)["bounce"]
    assert (bounce["kind"], bounce["reporting_mta"], bounce["original"]) == (
        kind, reporter, original)
    assert len(bounce["hops"]) == hops and bounce["bounce"] is None
    assert bounce["recipients"] == recipients and bounce["recipients_total"] == len(recipients)


def test_a_bounce_without_the_message(tool):
    told = tool.json("inspect", message("dsn-without-original.eml"), config=False)
    assert told["kind"] == "report" and told["original"] is None and told["bounce"] is None
    assert told["recipients"] == [BOB]
    assert "the message that it is about is not in it\n" in tool.good(
        "inspect", message("dsn-without-original.eml"), config=False)


def test_bounces_within_each_other(tool):
    told = tool.json("inspect", message("dsn-double-bounce.eml"), config=False, status=NO)
    assert [told["message_id"], told["bounce"]["message_id"],
            told["bounce"]["bounce"]["message_id"], told["bounce"]["bounce"]["bounce"]] == [
                "<m4@sender.example>", "<b1@mail.example.com>", "<b8@mx.sender.example>", None]


DEPTHS = [
    ("dsn-postfix-loop.eml", "--outer", YES, "<b1@mail.example.com>"),
    ("dsn-postfix-loop.eml", "--inner", NO, "<m4@sender.example>"),
    ("forward-as-attachment.eml", "--outer", YES, "<f1@sender.example>"),
    ("forward-as-attachment.eml", "--inner", NO, "<m4@sender.example>"),
]


@pytest.mark.parametrize("file, option, status, message_id", DEPTHS)
def test_which_message_is_meant(tool, file, option, status, message_id):
    told = tool.json("inspect", option, message(file), config=False, status=status)
    assert told["message_id"] == message_id


NOTES = [
    ("mbox-two-messages.mbox", False, "only the first message of the mailbox was read"),
    ("quoted-in-text.txt", False, "the file is no message, but quotes this one"),
    ("dsn-nested-ten-times.eml", False, "there is a further message in it, deeper than 8"),
    ("forward-as-attachment.eml", False,
     "another message is attached to this one: --inner inspects that\n"),
    ("gmail-from-postfix.eml", True, "it has not been at the systems of "),
]


@pytest.mark.parametrize("file, configured, note", NOTES)
def test_notes(tool, file, configured, note):
    assert f"note      {note}" in tool.good("inspect", message(file), config=configured)


def test_no_note_of_an_attached_message_that_is_inspected(tool):
    for words in (("--inner", "forward-as-attachment.eml"), ("--outer", "dsn-postfix-loop.eml")):
        ran = tool.run("inspect", words[0], message(words[1]), config=False)
        assert "is attached" not in ran.out and not ran.err


def test_utf_16_as_powershell_writes_it(tool):
    with open(message("pingpong-three-times.eml"), encoding="ascii") as file:
        text = file.read()
    want = tool.run("inspect", stdin=text, config=False)
    assert want.out and tool.run("inspect", stdin=text.encode("utf-16"), config=False) == want


@pytest.mark.parametrize("words", [(), ("-",)])
def test_standard_input(tool, words):
    with open(message("pingpong-three-times.eml"), "rb") as file:
        octets = file.read()
    piped = tool.run("inspect", *words, stdin=octets, config=False)
    named = tool.run("inspect", message("pingpong-three-times.eml"), config=False)
    assert piped == named and piped.status == NO


WRONG = [
    ((message("empty.eml"),), "empty.eml: no message: there is not one header field in it"),
    ((message("not-a-message.bin"),), "not-a-message.bin: no message"),
    ((), "standard input: no message"),
    (("/nonexistent/file",), "/nonexistent/file: No such file or directory"),
    ((MESSAGES,), "messages: Is a directory"),
    (("a", "b"), "one FILE at a time"),
    (("--nope",), "unrecognized option '--nope'"),
]


@pytest.mark.parametrize("words, error", WRONG)
def test_wrong_use(tool, words, error):
    ran = tool.run("inspect", *words, config=False)
    assert ran.status == USAGE and error in ran.err and not ran.out


def test_a_named_configuration_must_be_right(tool):
    missing = tool.run("-c", "/nonexistent/conf", "inspect", message("plain-one-hop.eml"),
                       config=False)
    assert missing.status == USAGE and "/nonexistent/conf: cannot be read" in missing.err
    tool.write_config("nonsense = 1\n")
    wrong = tool.run("inspect", message("plain-one-hop.eml"))
    assert wrong.status == USAGE and "nonsense" in wrong.err and not wrong.out


@pytest.mark.parametrize("more", [(), ("--json",), ("--color=always",)])
def test_nothing_in_a_message_reaches_a_terminal(tool, more):
    shown = tool.terminal("inspect", *more, message("terminal-escapes.eml"), config=False).out
    octets = without_ink(shown).encode()
    assert not [c for c in octets if (c < 32 and c != 10) or c >= 127]
    assert "reversed" in shown
    inks = ("\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m")
    for ink in inks:
        shown = shown.replace(ink, "")
    assert "\x1b" not in shown


def test_a_pipe_gets_no_control_either(tool):
    drawn = tool.good("inspect", message("terminal-escapes.eml"), config=False)
    assert not [c for c in drawn.encode() if (c < 32 and c != 10) or c >= 127]


HOP_LINE = "Received: from a.one.example by h{0}.sys{1}.example with ESMTP; "
LARGE = [
    ("10,000 hops", 10000, 10000),
    ("more than are kept", 10007, 10000),
]


@pytest.mark.parametrize("count, kept", [row[1:] for row in LARGE], ids=[row[0] for row in LARGE])
def test_long_ways(tool, count, kept):
    date = "Sat, 21 Nov 2026 10:15:30 +0000\r\n"
    text = "".join(HOP_LINE.format(n, n % 2) + date for n in range(count)) + "\r\nbody\r\n"
    told = tool.json("inspect", stdin=text, config=False, status=NO)
    assert (len(told["hops"]), told["hops_total"], told["crossings"]) == (kept, count, kept - 1)
    assert told["verdict"] == "pingpong" and told["evidence"] == "received,hops"
    drawn = tool.run("inspect", stdin=text, config=False).out
    assert (f"{count - kept} older hops are left out\n" in drawn) == (count > kept)


def test_what_is_too_long_is_cut_and_told(tool):
    with open(message("plain-one-hop.eml"), "rb") as file:
        head = file.read()
    path = f"{tool.folder}/huge.eml"
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(64 * 1024 * 1024 + 1)
    told = tool.json("inspect", path, config=False)
    assert told["cut"] is True and len(told["hops"]) == 2
    assert "note      only the first 67108864 octets were read\n" in tool.good(
        "inspect", path, config=False)
