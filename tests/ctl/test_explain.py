"""coexistctl explain: what would be done, and why. That it is what the filter does is shown by
test_explain_agrees.py."""

import json
import os

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, Ctl, without_ink
from coexist_testing.redis_link import RedisLink
from coexist_testing.wait import MODE

KEYS = "new MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"

CONFLICT = """\
bob@example.com, from the peer (192.0.2.0, by its address): deferred
  conflict: the peer hands over what by its record lives at the peer
  answer to RCPT: 451 4.4.6 conflict: <bob@example.com>: this mailbox lives on the system that has \
just sent this message here; see coexist:user:bob@example.com (coexist s.example.net)
records read
  coexist:user:bob@example.com  found   home=primary
  coexist:domain:example.com    absent  -
what else is known
  breaker: not open
  ledger: not asked
  loop: none
rules, in their order
  not-ours                no       its domain is in the configuration
  bad-record              no       no record that bears on it is bad
  state-down              no       what the state says of it is known
  breaker                 no       the breaker is not open for it
  unknown-user            no       a record or a default says where it lives
  moving                  no       its home is not moving
  split-horizon           no       its home is not both
  home-here               no       its home is not this node's system
  authority               no       a record says its home
  default                 no       a record says its home
  conflict, here          no       on_conflict is not deliver
  conflict, loop-mailbox  no       it can be answered by itself
  conflict, hold          no       it can be answered by itself
  conflict, hold          no       on_conflict is not reject
  conflict, reject        no       on_conflict is not reject
  conflict, defer         decides  the message comes from the peer; its home is the peer's system
  no-route                no       nothing is to be sent to the peer
  settling                no       it does not go on anyway
  loop                    no       it does not go on anyway
edits of the message
  none
lines for the log
  warning: EXPLAIN: decide rcpt=bob@example.com origin=peer home=primary action=defer \
reason=conflict key=coexist:user:bob@example.com
"""

NICK = """\
nick+x@example.com, from external (203.0.113.5, by its address): sent to the peer
  home-peer: its record says that it lives on the other system
records read
  coexist:user:nick+x@example.com  absent  -
  coexist:domain:example.com       found   mode=enforce
  coexist:user:nick@example.com    found   alias=bob@example.com
  coexist:user:bob@example.com     found   group=sales route=b@tenant.example
  coexist:group:sales              found   home=primary
what else is known
  breaker: not open
  ledger: not asked
  no message is given: as one without a header
  header: 0 Received fields, path S
  traces: 0 of this journey, 0 of earlier ones, 0 forged
  it has a null sender
  loop: none
rules, in their order
  not-ours           no       its domain is in the configuration
  bad-record         no       no record that bears on it is bad
  state-down         no       what the state says of it is known
  breaker            no       the breaker is not open for it
  unknown-user       no       a record or a default says where it lives
  moving             no       its home is not moving
  split-horizon      no       the message does not come from the peer
  home-here          no       its home is not this node's system
  authority          no       the message does not come from the peer
  default            no       a record says its home
  conflict           no       the message does not come from the peer
  calendar           no       its home is not both
  dual               no       its home is not both
  home-peer, divert  decides  a record says its home; its home is the peer's system
  no-route           no       how to reach it there is known
  settling           no       no old answer of the map is known to be in use
  loop               no       no loop is proven
edits of the message
  add recipient <b@tenant.example> ORCPT=rfc822;nick+2Bx@example.com
  delete recipient <nick+x@example.com>
  insert header X-Coexist-Route: node=s.example.net; route=peer; reason=home-peer
  insert header X-Coexist-Trace: v=1; i=1; ...
lines for the log
  info: EXPLAIN: decide rcpt=nick+x@example.com origin=external home=primary action=divert \
reason=home-peer to=b@tenant.example alias-of=bob@example.com key=coexist:group:sales path=S
"""


def records(redis):
    redis.user("bob@example.com", home="primary")
    redis.user("here@example.com", home="secondary")
    redis.user("both@example.com", home="both")
    redis.user("moving@example.com", home="moving")
    redis.user("bad@example.com", home="secodnary")
    redis.user("bare@bare.example", home="primary")


def without_trace(text):
    """The trace of the output differs each time."""
    lines = []
    for line in text.splitlines(keepends=True):
        if line.startswith("  insert header X-Coexist-Trace: "):
            line = "  insert header X-Coexist-Trace: v=1; i=1; ...\n"
        elif lines and "X-Coexist-Trace" in lines[-1] and line.startswith("    "):
            continue
        lines.append(line)
    return "".join(lines)


def test_a_reply_at_rcpt(ctl, redis):
    records(redis)
    told = ctl.run("explain", "bob@example.com", "--from", "peer")
    assert told == (NO, CONFLICT, "")
    shown = ctl.terminal("explain", "bob@example.com", "--from", "peer")
    assert "\x1b[31mdeferred\x1b[0m" in shown.out and without_ink(shown.out) == CONFLICT


def test_edits_of_a_message(ctl, redis):
    redis.user("nick@example.com", alias="bob@example.com")
    redis.user("bob@example.com", group="sales", route="b@tenant.example")
    redis.group("sales", home="primary")
    redis.domain("example.com", mode="enforce")
    words = ("explain", "nick+x@example.com", "--client", "203.0.113.5", "--sender", "<>")
    assert without_trace(ctl.good(*words)) == NICK
    shown = ctl.terminal(*words)
    assert shown.status == YES and without_trace(without_ink(shown.out)) == NICK


# Where the message comes from, and what becomes of it

@pytest.mark.parametrize("words, status, origin, action, reason, reply", [
    (("bob@example.com",), YES, "external", "divert", "home-peer", None),
    (("bob@example.com", "--from", "external"), YES, "external", "divert", "home-peer", None),
    (("bob@example.com", "--from", "local"), YES, "local", "divert", "home-peer", None),
    (("bob@example.com", "--client", "198.51.100.9"), YES, "local", "divert", "home-peer", None),
    (("bob@example.com", "--client", "192.0.2.9"), NO, "peer", "defer", "conflict", 451),
    (("bob@example.com", "--client", "192.0.2.9", "--from", "peer"), NO, "peer", "defer",
     "conflict", 451),
    (("bob@example.com", "--client", "192.0.2.9", "--from", "local"), YES, "local", "divert",
     "home-peer", None),
    (("bob@example.com", "--client", "2001:db8::1"), YES, "external", "divert", "home-peer", None),
    (("here@example.com", "--from", "peer"), YES, "peer", "here", "home-here", None),
    (("both@example.com",), YES, "external", "both", "dual", None),
    (("both@example.com", "--from", "peer"), YES, "peer", "here", "split-horizon", None),
    (("moving@example.com",), NO, "external", "defer", "moving", 451),
    (("bad@example.com",), NO, "external", "defer", "bad-record", 451),
    (("bare@bare.example",), NO, "external", "defer", "no-route", 451),
    (("none@example.com",), YES, "external", "divert", "default", None),
    (("none@example.com", "--from", "peer"), YES, "peer", "here", "authority", None),
    (("<Bob@EXAMPLE.com>",), YES, "external", "divert", "home-peer", None),
    (("x@elsewhere.example",), NO, "external", "leave", "not-ours", None),
])
def test_decisions(ctl, redis, words, status, origin, action, reason, reply):
    records(redis)
    told = ctl.json("explain", *words, status=status)
    decision = told["decision"]
    assert (told["origin"], decision["action"], decision["reason"]) == (origin, action, reason)
    assert (told["reply"] and told["reply"]["code"]) == reply
    [decides] = [rule for rule in told["rules"] if rule["decides"]]
    assert decides["applies"] and decides["action"] == action and decides["why"]


def test_json(ctl, redis):
    redis.user("bob@example.com", group="sales")
    redis.set("coexist:group:sales", "no hash")
    told = ctl.json("explain", "bob@example.com", "--from", "local", status=NO)
    rules = told.pop("rules")
    assert [rule["rule"] for rule in rules] == ["not-ours", "bad-record", "no-route", "settling",
                                               "loop"]
    assert rules[1] == {"rule": "bad-record", "action": "defer", "applies": True, "decides": True,
                        "why": ["a record that bears on it is not valid"]}
    assert told == {
        "rcpt": "bob@example.com", "sender": "sender@sender.invalid", "origin": "local",
        "client": None, "told_by": "login",
        "decision": {
            "action": "defer", "reason": "bad-record", "route": "here", "observed": False,
            "home": "primary", "address": "bob@example.com", "alias_of": None, "target": None,
            "record": "coexist:group:sales", "why": "not a hash",
        },
        "reply": {
            "at": "rcpt", "code": 451, "status": "4.3.5",
            "text": "bad-record: <bob@example.com>: the record that says where this mailbox lives "
                    "is not valid; see coexist:group:sales (coexist s.example.net)",
        },
        "edits": [],
        "records": [
            {"key": "coexist:user:bob@example.com", "answer": "found", "fields": {
                "home": None, "mode": None, "group": "sales", "alias": None, "route": None,
                "calendar": None}},
            {"key": "coexist:domain:example.com", "answer": "absent", "why": None},
            {"key": "coexist:group:sales", "answer": "bad", "why": "not a hash"},
        ],
        "breaker": None, "ledger": None, "header": None,
        "loop": {"verdict": "none", "passes": told["loop"]["passes"], "evidence": "none"},
        "log": ["warning: EXPLAIN: decide rcpt=bob@example.com origin=local home=primary "
                "action=defer reason=bad-record key=coexist:group:sales why=\"not a hash\""],
    }


# A peer that no network tells


def hidden(options, identify):
    systems = {**options["system"],
               "primary": {"hosts": ["p.example.net"], "identify": identify}}
    return {**options, "system": systems}


@pytest.mark.parametrize("identify, told_by, at", [
    ("X-Proof: a-long-secret", "header", "end"), ("cert: peer.example.net", "certificate", "rcpt"),
])
def test_a_peer_by_identify_only(redis, options, identify, told_by, at):
    records(redis)
    tool = Ctl(hidden(options, identify))
    try:
        for more in ((), ("--client", "203.0.113.7")):
            told = tool.json("explain", "bob@example.com", "--from", "peer", *more, status=NO)
            assert (told["origin"], told["told_by"]) == ("peer", told_by)
            assert told["decision"]["reason"] == "conflict" and told["reply"]["at"] == at
        assert tool.json("explain", "bob@example.com")["origin"] == "external"
    finally:
        tool.close()


def test_the_header_that_tells_the_peer_is_removed(redis, options):
    records(redis)
    tool = Ctl(hidden(options, "X-Proof: a-long-secret"))
    try:
        told = tool.json("explain", "here@example.com", "--from", "peer")
        assert told["edits"][0] == {"edit": "delete-header", "name": "X-Proof", "index": 1}
        message = "X-Proof: a-long-secret\nSubject: x\n\n"
        told = tool.json("explain", "bob@example.com", "--message", "-", stdin=message, status=NO)
        assert (told["origin"], told["decision"]["reason"]) == ("peer", "conflict")
    finally:
        tool.close()


def test_nothing_tells_the_peer(redis, options):
    tool = Ctl(hidden(options, None))
    try:
        told = tool.run("explain", "bob@example.com", "--from", "peer")
        assert told.status == USAGE
        assert "system primary has neither `networks` nor `identify`" in told.err
    finally:
        tool.close()


def test_a_narrower_network_of_our_own(redis, options):
    """The first address of the peer's network is ours."""
    systems = {"primary": {**options["system"]["primary"],
                           "networks": ["192.0.2.0/24", "2001:db8::/32"]},
               "secondary": {**options["system"]["secondary"], "networks": ["192.0.2.0/28"]}}
    tool = Ctl({**options, "system": systems})
    try:
        told = tool.json("explain", "bob@example.com", "--from", "peer")
        assert (told["origin"], told["client"]) == ("peer", "2001:db8::")
    finally:
        tool.close()


# The message

def message(*fields, end="\n"):
    return end.join([*fields, "", "Hello.", ""])


def received(by, serial="1"):
    return f"Received: from x.example by {by} with ESMTP id {serial}; Fri, 30 Jan 2026 10:00:00 +0000"


HOPS = [received(by) for by in ("p.example.net", "s.example.net", "p.example.net", "s.example.net",
                                "p.example.net", "mx.example.org")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_header_of_a_message(ctl, redis, end):
    records(redis)
    text = message(
        *HOPS, "Message-ID: <m@sender.example>", "Auto-Submitted: auto-replied",
        "Content-Type: text/calendar;", "\tmethod=REQUEST",
        "X-Coexist-Trace: v=1; i=1; b=", "X-Coexist-Loop: x", end=end)
    told = ctl.json("explain", "both@example.com", "--message", "-", stdin=text, status=NO)
    assert told["header"] == {
        "message_id": "<m@sender.example>", "hops": 6, "path": "S<P<S<P<S<P<external", "traces": 0,
        "older_traces": 0, "forged": 2, "fault": "malformed", "null_sender": False,
        "auto_submitted": True, "imip": True,
    }
    assert told["loop"] == {"verdict": "pingpong", "passes": 3, "evidence": "received"}
    assert (told["decision"]["action"], told["decision"]["reason"]) == ("hold", "loop")
    assert told["decision"]["route"] == "divert"
    assert {"edit": "delete-header", "name": "X-Coexist-Trace", "index": 1} in told["edits"]
    [hold] = [edit for edit in told["edits"] if edit["edit"] == "hold"]
    assert hold["why"].startswith("coexist: loop path=S<P<S")
    assert "forged" in told["log"][-1]


def test_a_message_in_a_file(ctl, redis):
    records(redis)
    with open(f"{ctl.folder}/mbox", "w") as file:
        file.write("From sender@sender.example Fri Jan 30 10:00:00 2026\n" + message(*HOPS))
    told = ctl.run("explain", "bob@example.com", "--message", "mbox")
    assert told.status == NO
    assert "answer to the message: 550 5.4.6 loop: <bob@example.com>: this message was here before" \
        in told.out
    assert "header: 6 Received fields, path S<P<S<P<S<P<external\n" in told.out


@pytest.mark.parametrize("text", ["", "\n\n", "no header\n"])
def test_no_message(ctl, redis, text):
    told = ctl.run("explain", "bob@example.com", "--message", "-", stdin=text)
    assert told == (USAGE, "", "coexistctl: -: there is no header field in it\n")


def test_hostile_octets_in_a_message(ctl, redis):
    records(redis)
    text = b"Subject: \xff\x1b[2J\nMessage-ID: <\x1b]0;x\x07>\nX-Coexist-\x1b[2J: x\n" \
        b"X-Coexist-\xe4: y\nNo colon here\n"
    told = ctl.run("explain", "bob@example.com", "--message", "-", stdin=text)
    assert not set(told.out) & set("\x1b\x07\r")
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text)
    assert told["decision"]["action"] == "divert"


def test_hostile_addresses(ctl, redis):
    for rcpt in ("\x1b[2J@example.com", "a\nb@example.com", "x" * 5000 + "@example.com", "",
                 "\u00e4@example.com", "a@", "<", ">", "\u202e@example.com"):
        told = ctl.run("explain", rcpt)
        assert not set(told.out + told.err) & set("\x1b\x07\r\u202e"), rcpt
        if told.out:
            ctl.run("explain", rcpt, "--json", "--sender", rcpt)


# The ledger and the breaker

def test_an_open_breaker(ctl, redis):
    records(redis)
    redis.cli("ZADD", "coexist:breaker", "9999999999", "primary bob@example.com")
    told = ctl.json("explain", "bob@example.com", status=NO)
    assert told["breaker"] == {"open": True, "home": "primary", "until": "2286-11-20T17:46:39Z",
                               "why": None}
    assert told["decision"]["reason"] == "breaker"
    assert "breaker: open for home primary\n" in ctl.run("explain", "bob@example.com").out
    redis.user("bob@example.com", home="secondary")
    told = ctl.json("explain", "bob@example.com")
    assert told["breaker"]["open"] is False and told["decision"]["action"] == "here"


@pytest.mark.parametrize("score", ["1", "-inf", "1e-5", "-5"])
def test_a_breaker_that_is_over(ctl, redis, score):
    records(redis)
    redis.cli("ZADD", "coexist:breaker", score, "primary bob@example.com")
    assert ctl.json("explain", "bob@example.com")["breaker"]["open"] is False


def test_the_ledger(redis, options):
    """What comes from outside may come from a peer that strips what tells it."""
    records(redis)
    text = message("Message-ID: <m@sender.example>")
    words = ("explain", "bob@example.com", "--message", "-")
    tool = Ctl(hidden(options, "X-Proof: a-long-secret"))
    try:
        told = tool.json(*words, stdin=text)
        assert told["ledger"]["visits"] == 0 and told["ledger"]["why"] is None
        key = f"coexist:ledger:{told['ledger']['digest']}"
        redis.set(key, "abcdefghijk,lmnopqrstuv,")
        told = tool.json(*words, stdin=text, status=NO)
        assert told["ledger"]["visits"] == 2
        assert told["loop"] == {"verdict": "pingpong", "passes": 3, "evidence": "ledger"}
        assert "  ledger: sent to the peer 2 times before\n" in tool.run(*words, stdin=text).out
        redis.set(key, "no, ledger")
        told = tool.run(*words, stdin=text)
        assert told.status == UNAVAILABLE and "is no ledger" in told.err
        assert "ledger: cannot be asked: the value of ledger:" in told.out
    finally:
        tool.close()


# Nothing is written, and only what is needed is read

READS = {"hgetall", "zscore", "getrange", "select", "ping", "info", "config", "command", "auth",
         "config|resetstat", "command|docs"}


def test_nothing_is_written(ctl, redis):
    records(redis)
    text = message(*HOPS, "Message-ID: <m@sender.example>")
    before = {key: redis.cli("DUMP", key) for key in sorted(redis.cli("KEYS", "*").splitlines())}
    redis.cli("CONFIG", "RESETSTAT")
    for words in ((), ("--from", "peer"), ("--message", "-"), ("--from", "peer", "--message", "-")):
        for rcpt in ("bob@example.com", "both@example.com", "bad@example.com", "x@example.com"):
            ctl.run("explain", rcpt, *words, stdin=text)
    assert set(redis.calls()) <= READS, redis.calls()
    after = {key: redis.cli("DUMP", key) for key in sorted(redis.cli("KEYS", "*").splitlines())}
    assert after == before


def test_records_from_the_replica(redis, options):
    """Where the filter reads them; another Redis that is named on the command line stands for
    both."""
    with RedisLink(redis.socket) as link:
        link.command("SELECT", 1)
        link.command("HSET", "coexist:user:bob@example.com", "home", "moving")
    redis.user("bob@example.com", home="secondary")
    tool = Ctl({**options, "replica": redis.unix_url.replace("db=0", "db=1")})
    try:
        told = tool.json("explain", "bob@example.com", status=NO)
        assert told["decision"]["reason"] == "moving"
        told = tool.json("explain", "bob@example.com", "--state", redis.unix_url)
        assert told["decision"]["reason"] == "home-here"
    finally:
        tool.close()


def test_without_redis(ctl, redis):
    redis.kill()
    try:
        told = ctl.run("explain", "bob@example.com")
        assert told.status == UNAVAILABLE and told.err.startswith("coexistctl: connect: ")
        assert "state-down: the state could not be asked" in told.out
        assert "coexist:user:bob@example.com  unavailable  connect: " in told.out
        told = ctl.json("explain", "bob@example.com", status=UNAVAILABLE)
        assert told["records"][0]["answer"] == "unavailable"
    finally:
        redis.start()


def test_an_observed_domain(redis, options):
    records(redis)
    redis.domain("example.com", mode="observe")
    tool = Ctl(options)
    try:
        told = tool.json("explain", "moving@example.com")
        assert told["decision"]["observed"] and told["decision"]["action"] == "defer"
        assert not told["reply"] and [e["edit"] for e in told["edits"]] == ["insert-header"] * 2
        assert "deferred (only observed: nothing of it is done)\n" in tool.good(
            "explain", "moving@example.com")
    finally:
        tool.close()


def test_the_keys_of_the_filter_verify_its_traces(ctl, redis):
    """A trace that one explanation would insert is found by the next."""
    records(redis)
    with open(f"{ctl.folder}/keys", "w") as file:
        file.write(KEYS)
    os.chmod(f"{ctl.folder}/keys", 0o600)
    text = message("Message-ID: <m@sender.example>")
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text)
    [trace] = [e["value"] for e in told["edits"] if e.get("name") == "X-Coexist-Trace"]
    text = message(HOPS[0], f"X-Coexist-Trace: {trace}", "Message-ID: <m@sender.example>")
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text, status=NO)
    assert (told["header"]["traces"], told["header"]["forged"]) == (1, 0)
    assert told["loop"]["verdict"] == "pingpong" and "trace" in told["loop"]["evidence"]
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text.replace("i=1", "i=2"))
    assert (told["header"]["traces"], told["header"]["fault"]) == (0, "forged")


@pytest.mark.parametrize("words, fault", [
    ((), "Usage:"),
    (("a@example.com", "b@example.com"), "one recipient at a time"),
    (("a@example.com", "--from", "mars"), "--from is external, peer or local, not 'mars'"),
    (("a@example.com", "--client", "mail.example.com"), "--client 'mail.example.com' is not an IP"),
    (("a@example.com", "--client", "9" * 200), "is not an IP address"),
    (("a@example.com", "--client", "192.0.2.1", "--from", "external"),
     "192.0.2.1 is not external: by the `networks`"),
    (("a@example.com", "--client", "203.0.113.1", "--from", "peer"),
     "203.0.113.1 is not the peer's, by the `networks` and `identify`"),
    (("",), "'' is not an address: write user@example.com"),
    (("foo",), "'foo' is not an address: write user@example.com"),
    (("a b@example.com",), "'a b@example.com' is not an address"),
    (("a@example.com, b@example.com",), "is not an address"),
    (("a@",), "'a@' is not an address"),
    (("a@example.com", "--sender", "x y@z"), "--sender: 'x y@z' is not an address"),
    (("a@example.com", "--sender", "@"), "--sender: '@' is not an address"),
    (("a@example.com", "--message", "/nowhere"), "/nowhere: No such file or directory"),
    (("a@example.com", "--message", "."), ".: Is a directory"),
])
def test_wrong_use(ctl, words, fault):
    told = ctl.run("explain", *words)
    assert told.status == USAGE and fault in told.err and not told.out


@pytest.mark.parametrize("words, address", [
    (("foo", "--sender", ""), "foo@example.com"),
    (('"a b"@example.com', "--sender", "<>"), "a b@example.com"),
    (("bob@example.com", "--sender", "postmaster"), "bob@example.com"),
])
def test_what_is_an_address(ctl, redis, options, words, address):
    ctl.write_config({**options, "myorigin": "example.com"})
    assert ctl.json("explain", *words)["decision"]["address"] == address


def test_in_angle_brackets_anything_is_taken(ctl, redis):
    assert ctl.run("explain", "<foo>").status == NO
    assert ctl.run("explain", "<a b@example.com (x)>").status == NO


def test_state_that_nobody_can_ask(options):
    tool = Ctl({**options, "state": "memory:"})
    try:
        told = tool.run("explain", "bob@example.com")
        assert told.status == USAGE and "state: it names no Redis" in told.err
    finally:
        tool.close()


def test_a_large_message(ctl, redis):
    """Only its header is put to the engine; fields beyond all measure are cut as an MTA cuts."""
    records(redis)
    megabytes = 60 if MODE == "plain" else 6
    text = b"X-Long: " + b"x" * 2000000 + b"\nSubject: x\n\n" + b"y" * (megabytes << 20)
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text)
    assert told["decision"]["action"] == "divert"
    text = b"".join(b"X-Coexist-Trace: v=1\n" for _ in range(3000)) + b"\n"
    told = ctl.json("explain", "bob@example.com", "--message", "-", stdin=text, status=NO)
    assert (told["reply"]["code"], told["reply"]["at"]) == (550, "end")
    assert json.dumps(told)
