"""coexistctl postfix-config: its lines, and that mail goes by them."""

import os
import re

import pytest

from coexist_testing.ctl import NO, USAGE, YES, without_ink
from coexist_testing.journey import attempt
from coexist_testing.pair import (
    DOMAIN, SENDERS, make_message, send, unique_address, unique_message_id,
)
from coexist_testing.wait import wait_until
from deployment import Deployment, OTHER
from mapped_primary import MappedPrimary

SYSTEMS = {
    "primary": {"hosts": ["mail.example.com", "*.example.com"], "networks": ["192.0.2.0/24"],
                "nexthop": "smtp:[mail.example.com]:25"},
    "secondary": {"hosts": ["zimbra.example.com"], "networks": ["198.51.100.7"]},
}
OPTIONS = {
    "node": "secondary", "name": "zimbra.example.com", "state": "memory:",
    "listen": "unix:/var/spool/postfix/coexist/milter.sock", "system": SYSTEMS,
    "domain": {DOMAIN: {"home": "primary", "route": "%u@%d.primary.invalid"}},
}
WITHOUT_POSTFIX = {"PATH": "/nonexistent"}
BARE = "recipients without a domain are left alone"


@pytest.fixture
def options():
    return OPTIONS


def lines(ctl, **changes):
    ctl.write_config({**OPTIONS, **changes})
    return ctl.json("postfix-config", environment=WITHOUT_POSTFIX)


def test_the_lines_of_the_readme(ctl):
    ran = ctl.run("postfix-config", environment=WITHOUT_POSTFIX)
    assert (ran.status, ran.err) == (YES, "")
    assert ran.out == r"""# recipients without a domain are left alone: refuse them by reject_non_fqdn_recipient among smtpd_recipient_restrictions, or set `myorigin`
# main.cf
smtpd_milters = unix:coexist/milter.sock
non_smtpd_milters = unix:coexist/milter.sock
internal_mail_filter_classes = bounce
milter_default_action = tempfail
milter_protocol = 6
recipient_delimiter = +
transport_maps = inline:{ { .primary.invalid = toprimary:[mail.example.com]:25 } }

# master.cf
toprimary unix - - n - - smtp
    -o smtp_generic_maps=regexp:/etc/postfix/coexist-undo

# /etc/postfix/coexist-undo
/^(.*)@(.*)\.primary\.invalid$/  ${1}@${2}
"""


def test_in_a_terminal(ctl):
    ran = ctl.terminal("postfix-config", environment=WITHOUT_POSTFIX)
    assert ran.status == YES and "\x1b[" in ran.out
    piped = ctl.run("postfix-config", environment=WITHOUT_POSTFIX).out
    assert without_ink(ran.out) == piped


def test_json_says_the_same(ctl):
    told = lines(ctl, myorigin=DOMAIN)
    assert told == {
        "main": {
            "smtpd_milters": "unix:coexist/milter.sock",
            "non_smtpd_milters": "unix:coexist/milter.sock",
            "internal_mail_filter_classes": "bounce", "milter_default_action": "tempfail",
            "milter_protocol": "6", "recipient_delimiter": "+", "myorigin": DOMAIN,
            "transport_maps":
                "inline:{ { .primary.invalid = toprimary:[mail.example.com]:25 } }",
        },
        "master": "toprimary unix - - n - - smtp\n"
                  "    -o smtp_generic_maps=regexp:/etc/postfix/coexist-undo\n",
        "files": {"/etc/postfix/coexist-undo":
                  "/^(.*)@(.*)\\.primary\\.invalid$/  ${1}@${2}\n"},
        "notes": [],
    }


@pytest.mark.parametrize("listen, named, noted", [
    ("unix:/var/spool/postfix/coexist/milter.sock", "unix:coexist/milter.sock", False),
    ("local:/var/spool/postfix//x//m.sock", "unix:x/m.sock", False),
    ("unix:/run/coexist/milter.sock", "unix:/run/coexist/milter.sock", True),
    ("unix:/var/spool/postfixes/m.sock", "unix:/var/spool/postfixes/m.sock", True),
    ("inet:8890@127.0.0.1", "inet:127.0.0.1:8890", False),
    ("inet6:8890@::1", "inet:[::1]:8890", False),
])
def test_the_socket_as_postfix_names_it(ctl, listen, named, noted):
    told = lines(ctl, listen=listen)
    assert told["main"]["smtpd_milters"] == told["main"]["non_smtpd_milters"] == named
    assert any("is outside of /var/spool/postfix" in note for note in told["notes"]) == noted


def undo(pattern, to):
    return rf"/^{pattern}$/  {to}" + "\n"


@pytest.mark.parametrize("domains, transports, table", [
    ({DOMAIN: "%u@%d.primary.invalid", "example.net": "%u@%d.primary.invalid"},
     "{ .primary.invalid = toprimary:[mail.example.com]:25 }",
     undo(r"(.*)@(.*)\.primary\.invalid", "${1}@${2}")),
    ({DOMAIN: "%a.there.invalid"}, "{ .there.invalid = toprimary:[mail.example.com]:25 }",
     undo(r"(.*)@(.*)\.there\.invalid", "${1}@${2}")),
    ({DOMAIN: "%u@Primary.Invalid"}, "{ primary.invalid = toprimary:[mail.example.com]:25 }",
     undo(r"(.*)@Primary\.Invalid", "${1}@example.com")),
    ({DOMAIN: "%u=%d@primary.invalid"}, "{ primary.invalid = toprimary:[mail.example.com]:25 }",
     undo(r"(.*)=(.*)@primary\.invalid", "${1}@${2}")),
    ({DOMAIN: "x+%u@%d.invalid"}, "{ .invalid = toprimary:[mail.example.com]:25 }",
     undo(r"x\+(.*)@(.*)\.invalid", "${1}@${2}")),
    ({DOMAIN: "%u@contoso.onmicrosoft.com"},
     "{ contoso.onmicrosoft.com = smtp:[mail.example.com]:25 }", None),
    ({DOMAIN: "%u@%d.primary.invalid", "example.net": "%u@contoso.onmicrosoft.com"},
     "{ .primary.invalid = toprimary:[mail.example.com]:25 } "
     "{ contoso.onmicrosoft.com = smtp:[mail.example.com]:25 }",
     undo(r"(.*)@(.*)\.primary\.invalid", "${1}@${2}")),
])
def test_routes(ctl, domains, transports, table):
    told = lines(ctl, domain={name: {"home": "primary", "route": r} for name, r in domains.items()})
    assert told["main"]["transport_maps"] == "inline:{ " + transports + " }"
    assert list(told["files"].values()) == ([table] if table else [])
    assert bool(told["master"]) == bool(table)


def test_no_route_no_transport(ctl):
    told = lines(ctl, domain={DOMAIN: {"home": "secondary"}}, system={
        **SYSTEMS, "primary": {"hosts": ["*.example.com"]}})
    assert "transport_maps" not in told["main"] and (told["master"], told["files"]) == ("", {})


def test_a_target_address_without_a_next_hop_goes_by_its_mx(ctl):
    told = lines(ctl, domain={DOMAIN: {"route": "%u@contoso.onmicrosoft.com"}}, system={
        **SYSTEMS, "primary": {"hosts": ["mail.example.com"]}})
    assert "transport_maps" not in told["main"]
    assert any("contoso.onmicrosoft.com is reached by its MX" in note for note in told["notes"])


@pytest.mark.parametrize("next_hop, transport, program, note", [
    ("smtp:[mail.example.com]:25", "toprimary:[mail.example.com]:25", "smtp", None),
    ("relay:[2001:db8::1]", "toprimary:[2001:db8::1]", "smtp", None),
    ("lmtp:unix:public/lmtp", "toprimary:unix:public/lmtp", "lmtp", None),
    ("exchange:mail.example.com", "toprimary:mail.example.com", "smtp",
     "toprimary takes the place of exchange"),
    (None, "toprimary:[mail.example.com]", "smtp", "system primary has no `nexthop`"),
])
def test_next_hops(ctl, next_hop, transport, program, note):
    told = lines(ctl, system={**SYSTEMS, "primary": {**SYSTEMS["primary"], "nexthop": next_hop}})
    assert f"= {transport} }}" in told["main"]["transport_maps"]
    assert told["master"] == (f"toprimary unix - - n - - {program}\n"
                              f"    -o {program}_generic_maps=regexp:/etc/postfix/coexist-undo\n")
    other = [n for n in told["notes"] if not n.startswith(BARE)]
    assert len(other) == (1 if note else 0) and all(n.startswith(note) for n in other)


def test_the_other_way_round(ctl):
    told = lines(ctl, node="primary", name="mail.example.com", system={
        **SYSTEMS, "secondary": {**SYSTEMS["secondary"], "nexthop": "smtp:[zimbra.example.com]"}},
        domain={DOMAIN: {"route": "%u@%d.secondary.invalid"}})
    assert told["main"]["transport_maps"] == (
        "inline:{ { .secondary.invalid = tosecondary:[zimbra.example.com] } }")
    assert told["master"].startswith("tosecondary unix")


@pytest.mark.parametrize("changes, main, note", [
    ({"recipient_delimiter": ""}, {"recipient_delimiter": ""}, None),
    ({"recipient_delimiter": "-"}, {"recipient_delimiter": "-"}, None),
    ({"myorigin": "example.com"}, {"myorigin": "example.com"}, None),
])
def test_other_options(ctl, changes, main, note):
    told = lines(ctl, **changes)
    assert all(told["main"][name] == value for name, value in main.items())
    assert note is None or any(n.startswith(note) for n in told["notes"])
    assert "socketmap" not in told["main"]["transport_maps"]


MAPS = "unix:/var/spool/postfix/coexist/maps.sock"
MAP = "socketmap:unix:coexist/maps.sock"
INLINE = "inline:{ { .primary.invalid = toprimary:[mail.example.com]:25 } }"
REWRITE = "rewrite-smtpd unix - - n - - trivial-rewrite\n"
SMTPD = "give each smtpd in master.cf the option -o rewrite_service_name=rewrite-smtpd"
UNMAPPED = {**SYSTEMS, "primary": {"hosts": ["mail.example.com"]}}
PRIMARY = {"node": "primary", "name": "mail.example.com", "system": {
    **SYSTEMS, "secondary": {**SYSTEMS["secondary"], "nexthop": "smtp:[zimbra.example.com]"}}}


@pytest.mark.parametrize("changes, transports, rewrite", [
    ({"domain": {DOMAIN: {"home": "primary"}}}, f"{MAP}:transport", "    -o transport_maps=\n"),
    ({}, f"{MAP}:transport, {INLINE}", f"    -o {{ transport_maps = {INLINE} }}\n"),
    ({"maps": "inet:8890@127.0.0.1", "domain": {DOMAIN: {"home": "primary"}}},
     "socketmap:inet:127.0.0.1:8890:transport", "    -o transport_maps=\n"),
    ({"maps": "inet6:8890@::1", "domain": {DOMAIN: {"home": "primary"}}},
     "socketmap:inet:[::1]:8890:transport", "    -o transport_maps=\n"),
    ({"maps": "unix:/run/maps.sock", "domain": {DOMAIN: {"home": "primary"}}},
     "socketmap:unix:/run/maps.sock:transport", "    -o transport_maps=\n"),
])
def test_the_map_of_next_hops(ctl, changes, transports, rewrite):
    told = lines(ctl, **{"maps": MAPS, **changes})
    assert told["main"]["transport_maps"] == transports
    assert told["master"].endswith(REWRITE + rewrite)
    assert [n for n in told["notes"] if n.startswith(SMTPD)] and "relay_recipient_maps" not in told["main"]


def test_without_a_next_hop_the_map_is_not_asked(ctl):
    told = lines(ctl, maps=MAPS, domain={DOMAIN: {"home": "secondary"}}, system=UNMAPPED)
    assert "transport_maps" not in told["main"] and told["master"] == ""
    assert any("system primary has no `nexthop`: the maps know no way" in n for n in told["notes"])


@pytest.mark.parametrize("changes, asked", [
    ({**PRIMARY, "domain": {DOMAIN: {}}}, True),
    ({**PRIMARY, "domain": {"example.net": {"home": "primary"}, DOMAIN: {}}}, True),
    ({**PRIMARY, "domain": {DOMAIN: {"home": "primary"}}}, False),
    ({**PRIMARY, "domain": {DOMAIN: {"mode": "observe"}}}, False),
    ({**PRIMARY, "domain": {DOMAIN: {}}, "maps": None}, False),
    ({"domain": {DOMAIN: {}}}, False),
])
def test_a_primary_asks_who_exists(ctl, changes, asked):
    told = lines(ctl, **{"maps": MAPS, **changes})
    assert told["main"].get("relay_recipient_maps") == (f"{MAP}:recipients" if asked else None)


@pytest.mark.parametrize("changes, told", [
    ({"system": {**SYSTEMS, "primary": {"hosts": ["*.example.com"]}}},
     "system primary: set `nexthop`: all its hosts are patterns"),
    ({"domain": {DOMAIN: {"route": "%u@primary.invalid"},
                 "example.net": {"route": "%u@primary.invalid"}}},
     "is that of another domain too, and could not be undone: put %d into it"),
])
def test_what_cannot_be_put_into_lines(ctl, changes, told):
    ctl.write_config({**OPTIONS, **changes})
    ran = ctl.run("postfix-config", environment=WITHOUT_POSTFIX)
    assert (ran.status, ran.out) == (NO, "") and f"{ctl.config}: " in ran.err and told in ran.err


@pytest.mark.parametrize("arguments, told", [
    (["--postfix-config-dir", "/nonexistent"], "/nonexistent/main.cf: No such file"),
    (["more"], "Too many arguments"),
    (["--postfix-config-dir"], "requires an argument"),
])
def test_wrong_use(ctl, arguments, told):
    ran = ctl.run("postfix-config", *arguments)
    assert (ran.status, ran.out) == (USAGE, "") and told in ran.err


# With a Postfix

@pytest.fixture(scope="module")
def site():
    """Its Postfix run, smtpd and cleanup with their root in the queue directory."""
    deployment = Deployment()
    try:
        deployment.start()
        deployment.master(rf"^({deployment.secondary.address}:\S+ +inet n - )n( - - smtpd)$",
                          r"\1y\2")
        deployment.master(r"^(cleanup +unix n - )n", r"\1y")
        for postfix in (deployment.primary, deployment.secondary):
            postfix.route(SENDERS, "here")
            postfix.route(DOMAIN, "here")
            postfix.start()
        yield deployment
    finally:
        deployment.close()


@pytest.mark.parametrize("there, told", [
    ("", "unix:coexist/milter.sock"),
    ("inet:localhost:8893", "inet:localhost:8893, unix:coexist/milter.sock"),
    ("inet:localhost:8893, inet:localhost:8891",
     "inet:localhost:8893, unix:coexist/milter.sock, inet:localhost:8891"),
    ("{ unix:opendkim/o.sock, connect_timeout=5s }",
     "unix:coexist/milter.sock, { unix:opendkim/o.sock, connect_timeout=5s }"),
    ("unix:coexist/milter.sock inet:localhost:8891",
     "unix:coexist/milter.sock, inet:localhost:8891"),
    ("unix:QUEUE/coexist/milter.sock", "unix:coexist/milter.sock"),
    ("{ unix:coexist/milter.sock, default_action=tempfail }",
     "{ unix:coexist/milter.sock, default_action=tempfail }"),
])
def test_other_filters_stay(site, there, told):
    queue = f"{site.secondary.folder}/queue"
    before = dict(site.secondary._main)
    try:
        site.postfix(smtpd_milters=there.replace("QUEUE", queue))
        lines = site.ctl.json("postfix-config", "--postfix-config-dir", site.secondary.config)
    finally:
        site.postfix(**before)
    assert lines["main"]["smtpd_milters"] == told


def test_it_knows_its_own_lines_again(site):
    lines = site.ctl.json("postfix-config", "--postfix-config-dir", site.secondary.config)
    assert lines["main"] == site.lines["main"]
    assert re.match(r"inline:\{ .* \}, socketmap:", lines["main"]["transport_maps"])


def test_a_folder_from_where_one_stands(site):
    """The files that the lines name are found by Postfix, which stands elsewhere."""
    there = os.path.relpath(site.secondary.config, site.ctl.folder)
    lines = site.ctl.json("postfix-config", "--postfix-config-dir", there)
    assert lines == site.ctl.json("postfix-config", "--postfix-config-dir", site.secondary.config)
    ran = site.ctl.run("postfix-config", "--postfix-config-dir", "nowhere")
    assert ran.status == USAGE and "nowhere/main.cf: No such file" in ran.err


def test_mail_goes_by_the_lines(site):
    """Through the filter, and by the route domain to the peer, who sees the real address."""
    here, there = f"here@{DOMAIN}", unique_address()
    user, _, domain = there.partition("@")
    message_id = send(site.secondary, [here, f"{user}+ext@{domain}"])
    wait_until(lambda: site.primary.deliveries(message_id), 20, site.secondary.log)
    wait_until(lambda: site.secondary.deliveries(message_id), 20, site.secondary.log)
    arrived, = site.primary.deliveries(message_id)
    kept, = site.secondary.deliveries(message_id)
    assert (arrived.rcpt, kept.rcpt) == (f"{user}+ext@{domain}", here)
    assert "X-Coexist-Trace" in arrived.headers
    assert ".primary.invalid" not in arrived.headers.as_string()


def test_mail_for_a_target_address_goes_by_the_next_hop(site):
    site.redis.user(f"target@{OTHER}", home="primary")
    site.primary.route("contoso.onmicrosoft.com", "here")
    site.primary.set_main(virtual_mailbox_domains=f"{DOMAIN} {SENDERS} contoso.onmicrosoft.com")
    message_id = send(site.secondary, f"target@{OTHER}")
    wait_until(lambda: site.primary.deliveries(message_id), 20, site.secondary.log)
    arrived, = site.primary.deliveries(message_id)
    assert arrived.rcpt == "target@contoso.onmicrosoft.com"


def test_bounces_go_by_the_filter(site):
    """internal_mail_filter_classes: the sender of a bounced message lives at the peer."""
    sender, gone = unique_address(), unique_address()
    site.primary.users = {sender}
    try:
        message_id = send(site.secondary, gone, sender=sender)
        wait_until(lambda: site.primary.deliveries(rcpt=sender), 20, site.secondary.log)
    finally:
        site.primary.users = None
    bounce, = site.primary.deliveries(rcpt=sender)
    assert message_id in bounce.raw.decode() and "X-Coexist-Route" in bounce.headers


def test_local_mail_goes_by_the_filter(site):
    there, message_id = unique_address(), unique_message_id()
    site.secondary.sendmail(make_message(message_id), f"root@{SENDERS}", [there])
    wait_until(lambda: site.primary.deliveries(message_id), 20, site.secondary.log)
    arrived, = site.primary.deliveries(message_id)
    assert arrived.rcpt == there and "X-Coexist-Trace" in arrived.headers


def test_the_doctor_finds_it_right(site):
    ran = site.doctor()
    assert (ran.status, "\"verdict\": \"good\"" in ran.out) == (YES, True), ran.out


# With the maps

@pytest.fixture(scope="module")
def mapped():
    """A primary whose Postfix has the printed lines, all of them, and a filter that serves maps."""
    pair = MappedPrimary()
    try:
        yield pair.start()
    finally:
        pair.close()


def test_the_printed_maps_answer(mapped):
    mapped.user("here", "primary")
    mapped.user("there", "secondary")
    assert mapped.ask("transport_maps", f"there@{DOMAIN}") == f"{mapped.hop}\n"
    assert mapped.ask("transport_maps", f"here@{DOMAIN}") == ""
    assert mapped.ask("relay_recipient_maps", f"here@{DOMAIN}") == "primary\n"
    assert mapped.ask("relay_recipient_maps", f"nobody@{DOMAIN}") == ""


def test_mail_goes_by_the_printed_maps(mapped):
    here, there = unique_address(), unique_address()
    mapped.user(here.partition("@")[0], "primary")
    mapped.user(there.partition("@")[0], "secondary")
    tried = []

    def taken():
        tried.append(attempt(mapped.own, [here, there, f"nobody@{DOMAIN}"]))
        return set(tried[-1].codes) == {f"nobody@{DOMAIN}"}

    wait_until(taken, 20, lambda: f"both are known: {tried[-1].refused}", 0.2)
    assert tried[-1].codes[f"nobody@{DOMAIN}"] == "550 5.1.1"
    wait_until(lambda: mapped.own.deliveries(tried[-1].message_id, here), 20, mapped.own.log)
    wait_until(lambda: mapped.other.deliveries(tried[-1].message_id, there), 20, mapped.own.log)


def test_the_printed_maps_are_known_again(mapped):
    again = mapped.ctl.json("postfix-config", "--postfix-config-dir", mapped.own.config)
    assert again["main"] == mapped.lines["main"] and again["master"] == ""
    assert not [n for n in again["notes"] if n.startswith(SMTPD)]


@pytest.mark.parametrize("parameters, name, told", [
    ({"relay_domains": "", "mydestination": DOMAIN}, "local_recipient_maps", None),
    ({"relay_domains": "", "virtual_mailbox_domains": f"{SENDERS} {DOMAIN}",
      "virtual_transport": "lmtp:[127.0.0.1]:7025"}, "virtual_mailbox_maps", None),
    ({"relay_domains": "", "virtual_mailbox_domains": f"{SENDERS} {DOMAIN}"}, None,
     "into what says who exists in example.com"),
    ({"relay_domains": ""}, None, "into what says who exists in example.com"),
])
def test_the_table_of_recipients_by_the_class_of_the_domain(mapped, parameters, name, told):
    before = dict(mapped.own._main)
    mapped.own._main.update(parameters)
    mapped.own._save_main()
    try:
        lines = mapped.ctl.json("postfix-config", "--postfix-config-dir", mapped.own.config)
    finally:
        mapped.own._main = before
        mapped.own._save_main()
    names = ("relay_recipient_maps", "local_recipient_maps", "virtual_mailbox_maps")
    assert [n for n in names if n in lines["main"]] == ([name] if name else [])
    if name:
        assert lines["main"][name].startswith("socketmap:unix:coexist/maps.sock:recipients")
    assert bool([n for n in lines["notes"] if told and told in n]) == bool(told)
