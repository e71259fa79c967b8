"""Cases of mail for one recipient, made at random, for the filter and for `coexistctl explain`.

A Site is one configuration with its daemon; a Case is what is written to Redis, what happened to
the message before, and how it comes now. Two outcomes of a case can be compared: outcome_of_filter()
is what the daemon did, outcome_of_tool() what the tool says that it would do.
"""

import re

from coexist_testing.daemon import parse_log_line
from coexist_testing.milter_client import transaction
from coexist_testing.milter_protocol import octets
from coexist_testing.wait import wait_until

PEER_HEADER = ("X-Peer-Proof", "a-long-secret")
PEER_CERT = "peer.example.net"
HOSTS = {"P": "p.example.net", "S": "s.example.net", "G": "g.example.net", "X": "mx.example.org"}

DOMAINS = {
    "example.com": {"home": "primary", "route": "%u@%d.peer.invalid"},
    "here.example": {"home": "secondary", "route": "%u@%d.peer.invalid"},
    "bare.example": {},
    "watched.example": {"route": "%u@peer.invalid", "mode": "observe"},
    "both.example": {"route": "%u@%d.peer.invalid"},
    "broken.example": {"home": "primary", "route": "%u@%d.peer.invalid"},
    "looked.example": {"home": "primary", "route": "%u@%d.peer.invalid"},
    "barrier.example": {"route": "%u@%d.peer.invalid"},
}
BARRIER = "barrier.example"
# what Redis says of some of them
DOMAIN_RECORDS = {
    "both.example": {"home": "both"}, "broken.example": {"home": "bth"},
    "looked.example": {"home": "secondary", "mode": "observe"}, BARRIER: {"home": "moving"},
}

_COMMON = {
    "state": None, "connect_timeout": 5000, "command_timeout": 5000, "breaker_limit": 3, "breaker_window": 86400, "ledger_window": 86400,
    "gateway": {"hosts": ["g.example.net"]}, "domain": DOMAINS,
}


def _systems(networks=("192.0.2.0/24",), identify=None, node="secondary"):
    peer = {"hosts": [HOSTS["P"]], "networks": list(networks), "identify": identify}
    own = {"hosts": [HOSTS["S"]], "networks": ["198.51.100.0/24", "192.0.2.128/25"]}
    if node == "primary":
        peer["hosts"], own["hosts"] = own["hosts"], peer["hosts"]
    return {"primary": peer, "secondary": own} if node == "secondary" else {
        "primary": own, "secondary": peer}


# Configurations by name, in which the policies differ, and how the peer is told.
SITES = {
    "usual": {"node": "secondary", "system": _systems()},
    "primary": {"node": "primary", "system": _systems(node="primary"), "on_conflict": "reject"},
    "hidden": {"node": "secondary", "on_loop": "hold", "loop_mailbox": "",
               "system": _systems((), ": ".join(PEER_HEADER))},
    "cert": {"node": "secondary", "on_loop": "defer", "max_crossings": 2,
             "system": _systems((), f"cert: {PEER_CERT}")},
    "reject": {"node": "secondary", "on_conflict": "reject", "on_loop": "divert",
               "loop_mailbox": "loops@example.com", "max_hops": 20,
               "system": _systems(identify=": ".join(PEER_HEADER))},
    "deliver": {"node": "secondary", "on_conflict": "deliver", "on_loop": "reject",
                "loop_mailbox": "", "recipient_delimiter": "-", "system": _systems()},
    "short": {"node": "secondary", "ledger_window": 0, "breaker_limit": 0, "myorigin": "example.com",
              "system": _systems()},
}


def site_options(name, redis):
    options = {**_COMMON, **SITES[name], "name": HOSTS["S"], "state": redis.unix_url,
               "prefix": f"{name}:"}
    if SITES[name]["node"] == "primary":
        options["name"] = HOSTS["P"]
    return options


def prepare(link, name):
    """The records of the domains."""
    for domain, fields in DOMAIN_RECORDS.items():
        link.command("HSET", f"{name}:domain:{domain}", *_words(fields))


def _words(fields):
    return [word for pair in fields.items() for word in pair]


class Case:
    """One recipient's mail.

    rcpt       as it stands in RCPT, without its angle brackets
    records    [(command, key, word, ...)], written before anything else
    passes     [(caller, commands)]: earlier passes through the filter, each after these commands
    strikes    conflicts before, so that the breaker opens
    caller     who hands it over: external, peer, local (an authenticated session), own (this
               system's network)
    """

    def __init__(self, rng, site, number):
        self.rng, self.site, self.number = rng, site, number
        self.prefix = f"{site}:"
        self.records, self.passes, self.strikes, self.stripped = [], [], 0, False
        self.domain = self._domain()
        self.user = f"u{number}@{self.domain}"
        self.rcpt = self._written()
        self.kind = self._records()
        self.caller = rng.choice(("external", "external", "peer", "peer", "local", "own"))
        self.sender = "<>" if rng.random() < 0.15 else "<sender@sender.example>"
        self.fields = self._header()
        self._past()

    def __repr__(self):
        return (f"<case {self.number} at {self.site}: {self.rcpt!r} from {self.caller}, record "
                f"{self.kind}, {self.records}, sender {self.sender}, passes {self.passes}, "
                f"strikes {self.strikes}, header {self.fields}>")

    # What is written to Redis

    def _domain(self):
        if self.site == "primary" and self.rng.random() < 0.2:
            return "bare.example"
        return self.rng.choice(["example.com"] * 8 + [
            d for d in DOMAINS if d not in ("example.com", BARRIER)])

    def _key(self, kind, name):
        return f"{self.prefix}{kind}:{name}"

    def _hash(self, kind, name, **fields):
        self.records.append(("HSET", self._key(kind, name), *_words(fields)))

    def _home(self):
        return self.rng.choice(("primary", "primary", "secondary", "secondary", "both", "moving"))

    def _records(self):
        kind = self.rng.choice(
            ("home",) * 14 + ("none", "calendar", "group", "alias") * 4 + ("route",) * 3 + (
                "bad-home", "bad-field", "string", "empty", "no-group", "bad-group", "open-group",
                "bad-route", "alias-of-alias", "alias-elsewhere", "own-alias", "note",
                "alias-and-home", "alias-to-none", "alias-of-bad",
            ))
        getattr(self, "_record_" + kind.replace("-", "_"))()
        return kind

    def _record_none(self):
        pass

    def _record_home(self):
        self._hash("user", self.user, home=self._home())

    def _record_note(self):
        self._hash("user", self.user, note="nothing but a note")

    def _record_route(self):
        self._hash("user", self.user, home=self._home(),
                   route=self.rng.choice((f"r{self.number}@tenant.example", "%u@tenant.example")))

    def _record_bad_route(self):
        self._hash("user", self.user, home=self._home(), route=self.user)

    def _record_calendar(self):
        self._hash("user", self.user, home="both",
                   calendar=self.rng.choice(("primary", "secondary")))

    def _record_group(self):
        group = f"g{self.number}"
        self._hash("user", self.user, group=group)
        self._hash("group", group, home=self._home())

    def _record_open_group(self):
        self._hash("user", self.user, group=f"g{self.number}")
        self._hash("group", f"g{self.number}", note="no home yet")

    def _record_no_group(self):
        self._hash("user", self.user, group=f"g{self.number}")

    def _record_bad_group(self):
        self._hash("user", self.user, group=f"g{self.number}")
        self._hash("group", f"g{self.number}", home="nowhere")

    def _record_alias(self):
        target = f"a{self.number}@{self.domain}"
        self._hash("user", self.user, alias=target)
        self._hash("user", target, home=self._home())

    def _record_alias_to_none(self):
        self._hash("user", self.user, alias=f"a{self.number}@{self.domain}")

    def _record_alias_of_bad(self):
        self._hash("user", self.user, alias=f"a{self.number}@{self.domain}")
        self._hash("user", f"a{self.number}@{self.domain}", home="somewhere")

    def _record_alias_of_alias(self):
        self._hash("user", self.user, alias=f"a{self.number}@{self.domain}")
        self._hash("user", f"a{self.number}@{self.domain}", alias=f"b{self.number}@{self.domain}")

    def _record_alias_elsewhere(self):
        self._hash("user", self.user, alias=f"a{self.number}@other.example")

    def _record_own_alias(self):
        self._hash("user", self.user, alias=self.user)

    def _record_alias_and_home(self):
        self._hash("user", self.user, alias=f"a{self.number}@{self.domain}", home="primary")

    def _record_bad_home(self):
        self._hash("user", self.user, home=self.rng.choice(("secodnary", "Primary", "a\x1bb")))

    def _record_bad_field(self):
        self._hash("user", self.user, hoem="primary")

    def _record_empty(self):
        self._hash("user", self.user, home="")

    def _record_string(self):
        self.records.append(("SET", self._key("user", self.user), "primary"))

    # What comes

    def _written(self):
        """The address of the user in one of its forms; rarely, another one."""
        local, domain = self.user.split("@")
        return self.rng.choice(
            [self.user] * 36 + [
                self.user.upper(), f"{local}+list@{domain}", f"{local}-list@{domain}",
                f"{local}+a+b@{domain}", f'"{local}"@{domain}', f"{self.user}.",
                f"@relay.example:{self.user}", f"{local}@elsewhere.example", local,
                f"{local}%{domain}@s.example.net", f"{local}%{domain}", f'"{local} x"@{domain}',
                f"{local}@{domain} (x)", f"{local}@@{domain}",
            ])

    def _received(self, system):
        serial = self.rng.randrange(10 ** 9)
        return ("Received", f" from {HOSTS['X']} (unknown [203.0.113.9])\n\tby {HOSTS[system]} "
                            f"(Postfix) with ESMTP id {serial:09X}"
                            + self.rng.choice(("", f"\n\tfor <{self.user}>", "\n\tfor <o@o.example>"))
                            + "; Fri, 30 Jan 2026 10:00:00 +0000")

    def _path(self):
        """Hops as they would stand there, newest first."""
        length = self.rng.choice((0, 0, 0, 1, 1, 2, 2, 3, 3, 5, 8, 8, 25, 60))
        letters = "PSGX" if self.rng.random() < 0.7 else "PS"
        return [self._received(self.rng.choice(letters)) for _ in range(length)]

    def _header(self):
        rng = self.rng
        fields = self._path()
        if rng.random() < 0.9:
            fields.append(("Message-ID", f" <{self.number}.{rng.randrange(10 ** 9)}@sender.example>"))
        if rng.random() < 0.15:
            fields.append(("Auto-Submitted", rng.choice((" auto-replied", " no", " auto-generated"))))
        if rng.random() < (0.6 if self.kind == "calendar" else 0.2):
            fields.append(("Content-Type", rng.choice((
                ' text/calendar; method=REQUEST; charset="utf-8"', " text/plain",
                " text/calendar;\n\tmethod=CANCEL"))))
        if rng.random() < 0.1:
            fields.insert(0, ("X-Coexist-Trace", " v=1; i=1; id=abcdefghijk; n=s.example.net; "
                              "s=secondary; o=peer; t=1769000000; j=AAAAAAAA; p=; h=; w=; k=none; "
                              "b=AAAA"))
        if rng.random() < 0.1:
            fields.append(("x-coexist-loop", " verdict=pingpong"))
        if rng.random() < 0.1:
            fields.append(("List-Id", " The list <list.example.org>"))
        if rng.random() < 0.1:
            fields[:0] = [("Resent-From", " a@example.org"),
                          ("Resent-Message-ID", f" <r{self.number}@example.org>")]
        if rng.random() < 0.1:
            fields.append((PEER_HEADER[0], rng.choice((" wrong", f" {PEER_HEADER[1]}"))))
        fields += [("From", " Alice <sender@sender.example>"), ("Subject", " a test")]
        rng.random() < 0.2 and fields.append(("X-Long", " " + "\n\t".join("word" for _ in range(50))))
        return fields

    def travel(self, fields):
        """The way of a message that has passed the filter, back to it: further hops on top, and
        sometimes without what a peer strips."""
        letters = self.rng.choice(("S", "PS", "XS", "PS", "P", "PS"))
        if self.stripped or self.rng.random() < 0.4:
            fields = [(n, v) for n, v in fields if not n.lower().startswith("x-coexist")]
        if self.rng.random() < 0.2:
            fields = [(n, v) for n, v in fields if n != "Received"]
        self.fields = [self._received(letter) for letter in letters] + fields

    def _past(self):
        """Earlier passes of the same message, or of others that looped."""
        if self.site in ("hidden", "cert") and self.kind == "home" and self.rng.random() < 0.4:
            self._go_round()
        elif self.rng.random() < 0.4:
            for _ in range(self.rng.choice((1, 1, 2, 3))):
                flip = []
                if self.kind in ("home", "route") and self.rng.random() < 0.3:
                    flip = [("HSET", self._key("user", self.user), "home", self._home())]
                caller = self.rng.choice(("external", "peer", "local", "own"))
                self.passes.append((caller, flip))
        elif self.kind in ("home", "group", "alias") and self.rng.random() < 0.3:
            self.strikes = 3


    def _go_round(self):
        """By a peer that strips what it got, and that only the header tells: the ledger knows."""
        self.stripped = True
        self.rcpt = self.user
        self.records = [("HSET", self._key("user", self.user), "home", "primary")]
        self.passes = [("external", [])] * self.rng.choice((1, 2, 2))
        self.caller = self.rng.choice(("peer", "external"))


class Site:
    """One configuration: the daemon and the tool, both at the same Redis."""

    def __init__(self, name, daemon, tool, link):
        self.name, self.daemon, self.tool, self.link = name, daemon, tool, link
        self.barriers = 0
        prepare(link, name)

    def _caller(self, caller):
        """(client, macros, header fields) for the filter, words for the tool."""
        peers = SITES[self.name]["system"]["primary" if self.name != "primary" else "secondary"]
        outside, own = "203.0.113.25", "198.51.100.7"
        if caller == "external":
            return outside, {}, [], ["--client", outside]
        if caller == "local":
            return outside, {"{auth_authen}": "joe"}, [], ["--client", outside, "--from", "local"]
        if caller == "own":
            return own, {}, [], ["--client", own]
        if peers["networks"]:
            return "192.0.2.5", {}, [], ["--from", "peer", "--client", "192.0.2.5"]
        if peers["identify"].startswith("cert:"):
            return outside, {"{cert_subject}": PEER_CERT}, [], ["--client", outside, "--from", "peer"]
        return outside, {}, [(PEER_HEADER[0], f" {PEER_HEADER[1]}")], ["--from", "peer"]

    def send(self, case, caller, fields, rcpt=None):
        client, macros, added, _ = self._caller(caller)
        return transaction(
            self.daemon.socket, client=(client, "client.test"), mail=case.sender,
            rcpts=[f"<{rcpt or case.rcpt}>"], headers=added + fields, macros=macros)

    def barrier(self, written=False):
        """Until the filter has logged all that it did so far; written: and told in Redis. It does
        both in its order, and this as the last: a recipient that is always deferred."""
        self.barriers += 1
        rcpt = f"b{self.barriers}@{BARRIER}"
        mark = len(self.daemon.lines)
        transaction(self.daemon.socket, rcpts=[f"<{rcpt}>"], stop_after="rcpt")
        self.daemon.wait_log("decide", since=mark, rcpt=rcpt)
        key = f"{self.name}:events"
        if written:
            wait_until(lambda: any(
                rcpt in fields for _, fields in self.link.command(
                    "XREVRANGE", key, "+", "-", "COUNT", 1)), 10, "the event of a barrier")

    def explain(self, case):
        words = self._caller(case.caller)[3]
        text = b"".join(octets(f"{name}:{value}\n") for name, value in case.fields) + b"\nHello.\n"
        return self.tool.run("explain", f"<{case.rcpt}>", *words, "--sender", case.sender,
                             "--message", "-", "--json", stdin=text)


# What came of it

_SIGNED = ("t", "b")
_FRESH = ("id", "t", "j", "b")


def _trace(value):
    """A trace as what must be the same in two that were made of the same message."""
    tags = dict(re.sub(r"\s", "", tag).split("=", 1) for tag in value.split(";"))
    fresh = tags["i"] == "1"
    for name in _FRESH if fresh else _SIGNED:
        tags.pop(name)
    for name in ("p", "h", "w") if fresh else ():
        tags[name] = len([token for token in tags[name].split(",") if token])
    return tags


def _inserted(name, value):
    return ["insert", name, _trace(value) if name == "X-Coexist-Trace" else value]


def _edit_of_filter(edit):
    if edit.kind == "addrcpt":
        return ["add", edit.address, edit.arguments]
    if edit.kind == "delrcpt":
        return ["delete", edit.address]
    if edit.kind == "chgheader":
        assert not edit.value, edit
        return ["remove", edit.name, edit.index]
    if edit.kind == "insheader":
        assert edit.index == 0, edit
        return _inserted(edit.name, edit.value)
    assert edit.kind == "quarantine", edit
    return ["hold", edit.value]


def _edit_of_tool(edit):
    kind = edit["edit"]
    if kind == "add-recipient":
        return ["add", edit["address"], edit["parameters"]]
    if kind == "delete-recipient":
        return ["delete", edit["address"]]
    if kind == "delete-header":
        return ["remove", edit["name"], edit["index"]]
    if kind == "insert-header":
        return _inserted(edit["name"], edit["value"])
    return ["hold", edit["why"]]


def outcome_of_filter(result, line):
    """line: what the filter logged of its decision, or None."""
    [(_, at_rcpt)] = result.rcpts
    last = at_rcpt if not at_rcpt.goes_on else result.final
    reply = None if last.goes_on else [
        "rcpt" if last is at_rcpt else "end", last.code, last.status, last.text]
    edits = [_edit_of_filter(edit) for edit in result.edits]
    return {"reply": reply, "edits": edits, "decide": line.values if line else None,
            "level": line.level if line else None}


def outcome_of_tool(told):
    reply = told["reply"] and [told["reply"][k] for k in ("at", "code", "status", "text")]
    lines = [parse_log_line(f"coexistctl[1]: {text}") for text in told["log"]]
    decide = [line for line in lines if line.event == "decide"]
    return {"reply": reply, "edits": [_edit_of_tool(edit) for edit in told["edits"]],
            "decide": decide[0].values if decide else None,
            "level": decide[0].level if decide else None}


def bodes_well(outcome):
    """The exit status that the tool owes: 0 where the message goes on to the recipient."""
    decide = outcome["decide"]
    if outcome["reply"] or not decide:
        return 1
    if decide.get("mode") == "observe":
        return 0
    return 0 if decide["action"] in ("here", "divert", "both") else 1
