"""coexistctl doctor: says that all is right where it is, and names what is wrong, and nothing else."""

import contextlib
import json
import os
import signal
import socket
import subprocess

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, without_ink
from coexist_testing.net import free_port
from coexist_testing.pair import DOMAIN
from coexist_testing.sentinel import Watched
from coexist_testing.wait import wait_until
from deployment import Deployment, OddRedis, OTHER

AREAS = ["config", "keys", "redis", "records", "postfix", "dns", "clocks"]
SOCKET = "unix:coexist/milter.sock"


@pytest.fixture(scope="module")
def _site():
    site = Deployment()
    try:
        yield site.start()
    finally:
        site.close()


@pytest.fixture
def site(_site):
    _site.reset()
    return _site


def found(ran):
    """The findings' ids, each once."""
    return sorted({f["id"] for f in json.loads(ran.out)["findings"]})


def text_of(ran):
    """What people read, without JSON's quotes."""
    return "\n".join(
        f"{f['what']} | {f['causes']} | {f['mend']}" for f in json.loads(ran.out)["findings"]
    )


# The right one

def test_a_right_deployment_is_said_to_be_right(site):
    ran = site.doctor()
    told = json.loads(ran.out)
    assert (ran.status, told["verdict"], told["findings"]) == (YES, "good", [])
    assert (told["faults"], told["warnings"], told["notes"]) == (0, 0, 0)
    assert {line["area"] for line in told["ok"]} == set(AREAS)


def test_it_says_so_in_a_pipe(site):
    out = site.ctl.good("doctor", *site.arguments)
    assert "\x1b" not in out
    lines = out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        *AREAS, "all is right: 0 faults, 0 warnings, 0 notes"]
    assert all(line.startswith("  ok  ") for line in lines if line.startswith(" "))


def test_it_says_so_in_a_terminal(site):
    ran = site.ctl.terminal("doctor", *site.arguments)
    assert ran.status == YES
    assert "\x1b[32mok" in ran.out
    plain = without_ink(ran.out)
    assert plain.rstrip().endswith("all is right: 0 faults, 0 warnings, 0 notes")


# The broken ones: what breaks it, the finding, its severity, words of it

def info(*lines):
    return "\r\n".join(("# Persistence", *lines)) + "\r\n"


def milters(value):
    return lambda site: site.postfix(smtpd_milters=value)


def main(**parameters):
    return lambda site: site.postfix(**parameters)


def key(*command):
    return lambda site: site.redis.cli(*command)


def config(**changes):
    return lambda site: site.config(**changes)


def domain(**changes):
    return lambda site: site.domain(**changes)


def mx(*hosts):
    return lambda site: site.dns.mx.update({DOMAIN: [(10, host) for host in hosts]})


def absolute(site):
    """As an administrator writes it who forgets that smtpd has its root in the queue directory."""
    path = site.options["listen"]
    site.postfix(smtpd_milters=path, non_smtpd_milters=path)
    site.master(r"^(\S+ +inet n - )n( - - smtpd)$", r"\1y\2")


def listener(options):
    """Another smtpd, that the world reaches."""
    def change(site):
        site.master(r"\Z", f"192.0.2.1:25 inet n - n - - smtpd\n    {options}\n")
    return change


def options_of_listener(options):
    """Of the listener that asks the filter."""
    def change(site):
        site.master(rf"^({site.secondary.address}:{site.secondary.smtp[1]} .* smtpd)$",
                    rf"\1 {options}")
    return change


def socket_in_folder(mode):
    return lambda site: os.chmod(site.folder_of_socket, mode)


def elsewhere(site, name="other.sock"):
    """Both the filter's configuration and Postfix name a socket that is not there."""
    site.config(listen=f"unix:{site.folder_of_socket}/{name}")
    site.postfix(smtpd_milters=f"unix:coexist/{name}", non_smtpd_milters=f"unix:coexist/{name}")


def nobody_listens(site):
    path = f"{site.folder_of_socket}/dead.sock"
    with socket.socket(socket.AF_UNIX) as dead, contextlib.suppress(OSError):
        os.unlink(path) if os.path.exists(path) else None
        dead.bind(path)
    elsewhere(site, "dead.sock")


def no_folder(site):
    where = f"{site.secondary.folder}/queue/nowhere"
    site.config(listen=f"unix:{where}/milter.sock")
    site.postfix(smtpd_milters="unix:nowhere/milter.sock",
                 non_smtpd_milters="unix:nowhere/milter.sock")


def stranger_owns_keys(site):
    os.chown(site.keys, 12345, -1)


def keys_say(text):
    return lambda site: site.write(site.keys, text)


def old_keys(site):
    os.utime(site.keys, (0, 0))


def secret_for_all(site):
    site.config(system={**site.options["system"], "primary": {
        **site.options["system"]["primary"], "identify": "X-Peer: 0123456789abcdef"}})


def name_of_peer(site):
    site.config(name=site.primary.name)


def own_hosts(*hosts):
    def change(site):
        systems = site.options["system"]
        site.config(system={**systems, "secondary": {**systems["secondary"], "hosts": list(hosts)}})
        site.dns.mx[OTHER] = [(10, "in.filter.example")]
    return change


def rewritten_by(parameter):
    def change(site):
        table = site.table("rewrite", r"/@example\.com\.primary\.invalid$/ postmaster@sender.example" "\n")
        site.postfix(**{parameter: table})
    return change


def undo(text):
    return lambda site: site.write(site.undo, text)


def no_undo(site):
    site.master(r"^ +-o smtp_generic_maps=regexp:\S+coexist-undo\n", "")


def no_transport(site):
    site.postfix(transport_maps=site.secondary.tables.spec + ":transport")


def unknown_transport(site):
    site.master(r"^toprimary unix", "toelsewhere unix")


def unreadable_map(site):
    site.postfix(canonical_maps="texthash:/nonexistent/canonical")


def restricted(*rights):
    """Redis by a user of the README's rights but for some."""
    def change(site):
        site.redis.cli("ACL", "SETUSER", "coexist", "reset", "on", ">secret", "~coexist:*",
                       "&__redis__:invalidate", "-@all", *rights)
        site.config(state=f"redis://coexist:secret@127.0.0.1:{site.redis.port}/0")
        os.chmod(site.ctl.config, 0o600)
    return change


ENOUGH = ("+hgetall +client|id +client|tracking +subscribe +ping +role +xadd +append +expire "
          "+getrange +set +incr +zadd +zremrangebyscore +zrevrangebyscore").split()
SEES = "+info +config|get +scan +type +time +xrevrange".split()


def all_but(right):
    return restricted(*SEES, *[r for r in ENOUGH if r != right])


def other_keys(site):
    restricted(*SEES, *ENOUGH)(site)
    site.redis.cli("ACL", "SETUSER", "coexist", "resetkeys", "~coexist:user:*", "~coexist:group:*",
                   "~coexist:domain:*", "~coexist:events", "~coexist:breaker")


def aliases(target):
    return lambda site: site.redis.user(f"other@{DOMAIN}", alias=target)


def no_route(site):
    """One user lives at the peer, in a domain that lives here and has no route."""
    site.domain(OTHER, route=None)


def no_route_by_group(site):
    no_route(site)
    site.redis.user(f"target@{OTHER}", group="sales")


def domain_record_without_route(site):
    no_route(site)
    site.redis.domain(OTHER, home="primary")
    site.redis.user(f"target@{OTHER}", home="secondary")


FAULT, WARNING, NOTE = "fault", "warning", "note"
CASES = [
    # config
    ("config-invalid", FAULT, lambda s: s.ctl.write_config("node = tertiary\n"), ":1: node: cannot be"),
    ("config-invalid", FAULT, lambda s: os.unlink(s.ctl.config), "No such file"),
    ("config-readable", WARNING, secret_for_all, "everybody on this host"),
    ("name-of-peer", FAULT, name_of_peer, "mail.primary.example"),
    ("domain-no-route", FAULT, domain(route=None), f"{DOMAIN}: home is primary, and there is no"),
    ("observe", NOTE, domain(mode="observe"), "mode is observe"),
    ("snapshot-folder", WARNING, config(snapshot="/nonexistent/coexist/snapshot"),
     "/nonexistent/coexist: No such file"),
    ("socket-folder", FAULT, no_folder, "queue/nowhere"),
    ("maps-down", WARNING, config(maps="unix:/nonexistent/maps.sock"), "nobody answers there"),
    ("metrics-down", WARNING, lambda s: s.config(metrics=f"127.0.0.1:{free_port()}"),
     "Connection refused"),
    ("metrics-open", NOTE, lambda s: s.config(metrics=f"0.0.0.0:{s.redis.port}"),
     "which other hosts may reach|set `metrics` to 127.0.0.1:"),
    ("user-unknown", FAULT, config(user="no-such-user-here"), "no-such-user-here"),
    ("group-unknown", FAULT, config(socket_group="no-such-group"), "no-such-group"),
    ("tls-file", FAULT, config(tls_ca="/nonexistent/ca.pem"), "/nonexistent/ca.pem"),
    # keys
    ("keys-missing", FAULT, lambda s: os.unlink(s.keys), "No such file"),
    ("keys-mode", FAULT, lambda s: os.chmod(s.keys, 0o644), "mode 0644 |chmod 0600"),
    ("keys-mode", FAULT, lambda s: os.chmod(s.keys, 0o660), "mode 0660"),
    ("keys-owner", FAULT, stranger_owns_keys, "12345|chown root"),
    ("keys-invalid", FAULT, keys_say("k1 c2hvcnQ=\n"), "keys:1: "),
    ("keys-invalid", FAULT, keys_say("# none yet\n"), "keys: "),
    ("keys-old", NOTE, old_keys, "days ago"),
    # redis
    ("state-memory", WARNING, config(state="memory:"), "names no Redis"),
    ("redis-persistence", FAULT, key("CONFIG", "SET", "appendonly", "no"),
     "keeps nothing on disk|CONFIG SET appendonly yes"),
    ("redis-eviction", FAULT, lambda s: (s.redis.cli("CONFIG", "SET", "maxmemory", "64mb"),
                                         s.redis.cli("CONFIG", "SET", "maxmemory-policy",
                                                     "allkeys-lru")),
     "maxmemory is 67108864 and maxmemory-policy allkeys-lru|noeviction"),
    ("key-unknown", WARNING, key("HSET", f"coexist:usr:foo@{DOMAIN}", "home", "primary"),
     f"coexist:usr:foo@{DOMAIN}"),
    ("key-unknown", WARNING, key("SET", "coexist:events2", "x"), "coexist:events2"),
    ("key-type", FAULT, key("SET", "coexist:breaker", "x"), "is a string and must be a zset"),
    ("key-type", FAULT, key("HSET", "coexist:ledger:x", "a", "b"),
     "coexist:ledger:x is a hash and must be a string"),
    ("key-type", FAULT, lambda s: (s.redis.delete("coexist:events"),
                                   s.redis.set("coexist:events", "x")), "must be a stream"),
    ("redis-acl", FAULT, all_but("+xadd"), "rights that the filter needs: +xadd |+xadd && "),
    ("redis-acl", FAULT, all_but("+incr"), "needs: +incr |SETUSER coexist +incr "),
    ("redis-acl", FAULT, all_but("+set"), "needs: +set |SETUSER"),
    ("redis-acl", FAULT, all_but("+client|tracking"), "needs: +client|tracking |NOPERM"),
    ("redis-acl", FAULT, lambda s: (restricted(*SEES, *ENOUGH)(s),
                                    s.redis.cli("ACL", "SETUSER", "coexist", "resetchannels")),
     "needs: +subscribe &__redis__:invalidate |NOPERM"),
    ("redis-acl", FAULT, other_keys, "needs: '~coexist:*' |NOPERM"),
    # records
    ("bad-record", FAULT, key("HSET", f"coexist:user:x@{DOMAIN}", "home", "secodnary"),
     f"coexist:user:x@{DOMAIN}: home is 'secodnary'"),
    ("bad-record", FAULT, key("SET", f"coexist:user:x@{DOMAIN}", "secondary"), "it is no hash"),
    ("bad-record", FAULT, key("HSET", f"coexist:domain:{DOMAIN}", "mode", "enfroce"), "enfroce"),
    ("bad-record", FAULT, key("HSET", "coexist:group:sales", "hoome", "primary"), "hoome"),
    ("group-missing", FAULT, key("HSET", f"coexist:user:x@{DOMAIN}", "group", "sails"),
     f"1 user is in the group sails, which has no record: x@{DOMAIN}"),
    ("group-empty", NOTE, key("HSET", "coexist:group:wave9", "home", "primary"), "wave9"),
    ("alias-chain", FAULT, aliases(f"name@{DOMAIN}"), "is an alias too"),
    ("alias-nowhere", WARNING, aliases(f"nobody@{DOMAIN}"), "has no record"),
    ("alias-domain", FAULT, aliases(f"target@{OTHER}"), "of another domain"),
    ("user-foreign", WARNING, key("HSET", "coexist:user:a@elsewhere.example", "home", "primary"),
     "a@elsewhere.example"),
    ("user-foreign", WARNING, key("HSET", f"coexist:user:a@{DOMAIN}.primary.invalid", "home",
                                  "primary"), "not a route's"),
    ("name-case", WARNING, key("HSET", f"coexist:user:Upper@{DOMAIN}", "home", "primary"),
     f"Upper@{DOMAIN}: its name is not in lower case|redis-cli DEL coexist:user:Upper@{DOMAIN}"),
    ("name-case", WARNING, key("HSET", f"coexist:domain:{DOMAIN.upper()}", "home", "nowhere"),
     f"redis-cli DEL coexist:domain:{DOMAIN.upper()}"),
    ("name-no-address", WARNING, key("HSET", "coexist:user:notanaddress", "home", "primary"),
     "coexist:user:notanaddress: its name is no address|redis-cli DEL coexist:user:notanaddress"),
    ("name-no-address", WARNING, key("HSET", f"coexist:user:@{DOMAIN}", "home", "primary"),
     f"redis-cli DEL coexist:user:@{DOMAIN}"),
    ("domain-foreign", WARNING, key("HSET", "coexist:domain:elsewhere.example", "home", "primary"),
     "elsewhere.example"),
    ("no-route", FAULT, no_route, f"1 user of {OTHER} lives on the other system"),
    ("no-route", FAULT, no_route_by_group, f"target@{OTHER}"),
    ("domain-no-route", FAULT, domain_record_without_route,
     f"coexist:domain:{OTHER}: home is primary, and there is no route"),
    # postfix: the filter
    ("smtpd-milters", FAULT, milters("inet:127.0.0.1:8893"),
     "no smtpd has|smtpd_milters = inet:127.0.0.1:8893, unix:coexist/milter.sock"),
    ("smtpd-milters", FAULT, options_of_listener("-o smtpd_milters="), "take smtpd_milters out of"),
    ("non-smtpd-milters", FAULT, main(non_smtpd_milters=""),
     "non_smtpd_milters has no|postconf -c |-e 'non_smtpd_milters = unix:coexist/milter.sock'"),
    ("listener-unfiltered", WARNING, listener("-o smtpd_milters="), "192.0.2.1:25/inet"),
    ("no-milters", FAULT, options_of_listener("-o receive_override_options=no_milters"),
     "has no_milters"),
    ("no-milters", FAULT, main(receive_override_options="no_milters"), "has no_milters"),
    ("no-address-mappings", WARNING,
     options_of_listener("-o receive_override_options=no_address_mappings"), "aliases"),
    ("milter-maps", NOTE, main(smtpd_milter_maps="inline:{192.0.2.1=DISABLE}"),
     "smtpd_milter_maps = inline:{192.0.2.1=DISABLE}|is not routed"),
    ("milter-maps", NOTE, options_of_listener("-o smtpd_milter_maps=static:DISABLE"),
     "smtpd_milter_maps = static:DISABLE"),
    ("milter-default-action", FAULT, main(milter_default_action="accept"), "not routed, and may"),
    ("milter-default-action", FAULT,
     milters("{ unix:coexist/milter.sock, default_action=quarantine }"), "is quarantine"),
    ("milter-protocol", FAULT, main(milter_protocol="2"), "milter_protocol is 2"),
    ("bounces-unfiltered", WARNING, main(internal_mail_filter_classes="notify"),
     "internal_mail_filter_classes = notify, bounce"),
    ("signer-first", WARNING, milters(f"unix:opendkim/opendkim.sock, {SOCKET}"),
     "unix:opendkim/opendkim.sock, which signs"),
    ("rejecter-last", WARNING, milters(f"{SOCKET} inet:localhost:11332"), "inet:localhost:11332"),
    ("socket-chroot", FAULT, absolute, "= unix:coexist/milter.sock'"),
    ("socket-missing", FAULT, elsewhere, "there is no socket"),
    ("filter-down", FAULT, nobody_listens, "nobody listens"),
    ("socket-mode", FAULT, socket_in_folder(0o700), "may not enter"),
    ("socket-mode", FAULT, lambda s: os.chmod(f"{s.folder_of_socket}/milter.sock", 0o600),
     "which has mode 0600"),
    # postfix: routes
    ("route-rewritten", FAULT, rewritten_by("virtual_alias_maps"), "virtual_alias_maps turns"),
    ("route-rewritten", FAULT, rewritten_by("canonical_maps"), "canonical_maps turns"),
    ("route-rewritten", FAULT, rewritten_by("recipient_canonical_maps"), "turns"),
    ("route-local", FAULT, main(mydestination="localhost, example.com.primary.invalid"),
     "mydestination has example.com.primary.invalid"),
    ("route-transport", FAULT, no_transport, ".primary.invalid = toprimary:["),
    ("transport-unknown", FAULT, unknown_transport, "by toprimary, which master.cf does not have"),
    ("undo-missing", FAULT, no_undo, "no smtp_generic_maps undoes it"),
    ("undo-missing", FAULT, undo("/^(.*)@(.*)\\.peer\\.invalid$/ ${1}@${2}\n"), "undoes it"),
    ("undo-wrong", FAULT, undo("/^(.*)@(.*)\\.invalid$/ ${1}@${2}\n"),
     "makes coexist-doctor@example.com.primary of"),
    ("map-unreadable", WARNING, unreadable_map, "canonical_maps: texthash:/nonexistent/canonical"),
    ("route-unknown", FAULT, lambda s: s.config(system={**s.options["system"], "primary": {
        "hosts": ["mail.primary.example", "*.primary.example"][1:]}}), "set `nexthop`"),
    # postfix: recipients
    ("recipients-refused", FAULT, lambda s: setattr(s.secondary, "users", {f"here@{DOMAIN}"}),
     f"virtual_mailbox_maps does not have there@{DOMAIN}"),
    ("recipients-refused", FAULT, lambda s: s.postfix(
        virtual_mailbox_domains="sender.example", mydestination=f"{DOMAIN}, {OTHER}",
        local_recipient_maps=s.table("locals", "/^here/ x\n")), "local_recipient_maps does not"),
    # postfix: what both must agree on
    ("domain-refused", FAULT, main(virtual_mailbox_domains=f"sender.example {OTHER}"),
     f"{DOMAIN} is in none of"),
    ("open-relay", FAULT, main(mynetworks="127.0.0.0/8, 0.0.0.0/0"), "0.0.0.0/0"),
    ("myhostname-unlisted", FAULT, own_hosts("somebody.example"), "mail.secondary.example"),
    ("recipient-limit", WARNING, main(smtpd_recipient_limit="20000"), "20000|10000 recipients"),
    ("hopcount-limit", NOTE, config(max_hops=50), "max_hops is 50"),
    ("hopcount-limit", WARNING, config(max_hops=60), "hopcount_limit 50"),
    ("recipient-delimiter", WARNING, main(recipient_delimiter=""), "'+', and of Postfix ''"),
    ("recipient-delimiter", WARNING, config(recipient_delimiter="-"), "'-', and of Postfix '+'"),
    ("myorigin", WARNING, main(myorigin="$myhostname"), "of Postfix mail.secondary.example"),
    ("myorigin", WARNING, config(myorigin=None), "is not set, and of Postfix example.com"),
    ("postfix-unread", WARNING, lambda s: s.arguments.__setitem__(1, "/nonexistent"),
     "No such file"),
    # dns
    ("mx-foreign", WARNING, mx("mail.primary.example", "mx.stranger.example"),
     "mx.stranger.example, which belongs to neither"),
    ("mx-missing", WARNING, mx(), f"{DOMAIN} has no MX"),
    ("mx-missing", WARNING, lambda s: s.dns.mx.pop(DOMAIN), f"{DOMAIN} has no MX"),
    ("mx-null", FAULT, mx("."), "takes no mail"),
    ("mx-crosses", NOTE, mx("mail.secondary.example"), "of the secondary system"),
    ("dns-silent", WARNING, lambda s: setattr(s.dns, "mood", "failing"), "no name server answers"),
    # clocks
    ("clock-node", WARNING, lambda s: s.event("far.example", late_ms=-90_000),
     "the clock of far.example is "),
    ("clock-node", WARNING, lambda s: s.event("far.example", late_ms=90_000), " s behind"),
    ("node-names", WARNING, lambda s: s.event("mail"), "from mail and from mail.secondary.example"),
]


@pytest.mark.parametrize(
    "wanted, severity, change, words", CASES,
    ids=[f"{case[0]}-{number}" for number, case in enumerate(CASES)],
)
def test_one_change_is_named_and_nothing_else(site, wanted, severity, change, words):
    mode = os.stat(f"{site.folder_of_socket}/milter.sock").st_mode & 0o777
    try:
        change(site)
        ran = site.doctor()
    finally:
        os.chmod(f"{site.folder_of_socket}/milter.sock", mode)
    assert found(ran) == [wanted], text_of(ran)
    told = json.loads(ran.out)["findings"]
    assert {f["severity"] for f in told} == {severity}
    assert ran.status == (YES if severity == NOTE else NO)
    assert all(part in text_of(ran) for part in words.split("|")), text_of(ran)
    assert all(f["what"] and f["causes"] for f in told)


def test_domains_that_are_too_many_to_ask_for_are_told(site):
    many = {f"d{n:02}.example": {"home": "secondary"} for n in range(20)}
    site.config(domain={**site.options["domain"], **many})
    site.postfix(virtual_mailbox_domains=" ".join(["sender.example", *many]))
    ran = site.doctor()
    assert "domains-unasked" in found(ran) and "domain-refused" not in found(ran)
    assert "2 of the 22 domains, from example.com on" in text_of(ran)


@pytest.mark.parametrize("record", [
    f"user:UPPER@{DOMAIN}", "user:notanaddress", "user:", f"user:it's $(a) \"b\"@{DOMAIN.upper()}",
    f"domain:{DOMAIN.upper()}", "usr:a b'c",
])
def test_the_command_that_removes_a_key(site, record):
    key = f"coexist:{record}"
    site.redis.cli("HSET", key, "home", "primary")
    [finding] = json.loads(site.doctor("--only", "records", "--only", "redis").out)["findings"]
    command = finding["mend"].partition(", then")[0]
    assert site.redis.cli("EXISTS", key) == "1"
    subprocess.run(command.replace("redis-cli", f"redis-cli -s {site.redis.socket}", 1), shell=True,
                   check=True, capture_output=True)
    assert found(site.doctor("--only", "records", "--only", "redis")) == []


def test_a_key_that_cannot_be_typed(site):
    for name in ("a\\", "\x1b[2J", "x" * 2000, "ä"):
        site.redis.cli("HSET", f"coexist:user:{name}", "home", "primary")
    told = json.loads(site.doctor("--only", "records").out)["findings"]
    assert {f["id"] for f in told} == {"name-no-address"} and len(told) == 4
    assert {f["mend"] for f in told} == {
        "remove the key, whose name cannot be typed safely, by a program"}


def test_the_cases_are_many():
    assert len({case[0] for case in CASES}) >= 25


# Redis in other states than a server of the tests can be brought to

ODD = [
    ("redis-version", FAULT, {"HELLO": ["server", "redis", "version", "6.2.14", "mode",
                                        "standalone"]}, "6.2.14"),
    ("redis-cluster", FAULT, {"HELLO": ["server", "redis", "version", "7.2.0", "mode",
                                        "cluster"]}, "a node of a cluster"),
    ("redis-replica", FAULT, {"ROLE": ["slave", "h", 6379, "connected", 1]}, "is a replica"),
    ("redis-replica-lost", FAULT, {"ROLE": ["slave", "h", 6379, "connect", -1]},
     "has lost its master"),
    ("redis-save-fails", FAULT, {"INFO_PERSISTENCE": info("aof_enabled:1",
                                                           "aof_last_write_status:err")}, "failed"),
    ("clock-host", WARNING, {"TIME": ["1700000000", "5"]}, "the clock of this host is "),
]


@pytest.mark.parametrize("wanted, severity, answers, words", ODD, ids=[case[0] for case in ODD])
def test_what_only_another_server_says(site, wanted, severity, answers, words):
    with OddRedis(site.redis, **answers) as odd:
        site.config(state=odd.url)
        ran = site.doctor("--skip", "postfix")
    assert found(ran) == [wanted], text_of(ran)
    assert json.loads(ran.out)["findings"][0]["severity"] == severity
    assert words in text_of(ran)


def test_a_filter_that_hangs(site):
    site.daemon.process.send_signal(signal.SIGSTOP)
    try:
        ran = site.doctor("--only", "postfix")
    finally:
        site.daemon.process.send_signal(signal.SIGCONT)
    assert (ran.status, found(ran)) == (NO, ["filter-silent"])
    assert "does not answer" in text_of(ran)


def test_another_program_at_the_socket_of_the_filter(site):
    """Redis, say."""
    site.config(listen=f"inet:{site.redis.port}@127.0.0.1")
    site.postfix(smtpd_milters=f"inet:localhost:{site.redis.port}",
                 non_smtpd_milters=f"inet:127.0.0.1:{site.redis.port}")
    ran = site.doctor("--only", "postfix")
    assert (ran.status, found(ran)) == (NO, ["filter-silent"])


def test_a_dead_redis_is_the_one_finding(site):
    site.config(state="redis://127.0.0.1:1/0")
    ran = site.doctor()
    assert (ran.status, found(ran)) == (UNAVAILABLE, ["redis-unreachable"])


def test_a_dead_redis_is_not_the_worst_when_there_is_more(site):
    site.config(state="redis://127.0.0.1:1/0")
    os.chmod(site.keys, 0o644)
    ran = site.doctor()
    assert (ran.status, found(ran)) == (NO, ["keys-mode", "redis-unreachable"])


def test_a_hung_redis_ends_in_time(site):
    with OddRedis(site.redis) as odd:
        odd.mood = "hung"
        site.config(state=odd.url)
        ran = site.doctor("--only", "redis", "--only", "records")
    assert (ran.status, found(ran)) == (UNAVAILABLE, ["redis-unreachable"])


def test_a_silent_name_server_ends_in_time(site):
    site.dns.mood = "silent"
    ran = site.doctor("--only", "dns")
    assert (ran.status, found(ran)) == (NO, ["dns-silent"])
    assert DOMAIN in text_of(ran)


def test_a_replica_that_is_away_or_lost(site):
    site.config(replica=f"redis://127.0.0.1:{free_port()}/0")
    assert found(site.doctor("--only", "redis")) == ["replica-unreachable"]
    with OddRedis(site.redis, ROLE=["slave", "h", 6379, "connect", -1]) as odd:
        site.config(replica=odd.url)
        assert found(site.doctor("--only", "redis")) == ["replica-lost"]
    site.config(replica=site.redis.unix_url)
    assert found(site.doctor("--only", "redis")) == []


def test_sentinels(site):
    with Watched("--appendonly", "yes", sentinels=2) as watched:
        site.config(state=watched.state)
        ran = site.doctor("--only", "redis")
        assert (ran.status, found(ran)) == (YES, [])
        assert "name one master" in ran.out
        # One of them is told of another master, as after a split.
        other = watched.sentinels[1]
        assert other.ask("SENTINEL", "REMOVE", "coexist") == "OK"
        assert other.ask("SENTINEL", "MONITOR", "coexist", "127.0.0.1", site.redis.port, 1) == "OK"
        ran = site.doctor("--only", "redis")
        assert (ran.status, found(ran)) == (NO, ["sentinels-disagree"])
        other.close()
        ran = site.doctor("--only", "redis")
        assert (ran.status, found(ran)) == (NO, ["sentinel-silent"])


def test_rights_that_are_enough(site):
    """With what the README asks for nothing is at fault; what such a user may not see is a note."""
    restricted(*SEES, *ENOUGH)(site)
    assert found(site.doctor()) == []
    restricted(*ENOUGH)(site)
    ran = site.doctor()
    assert ran.status == YES
    assert found(ran) == ["clock-unseen", "keys-unseen", "records-unseen", "redis-unseen"]
    assert "the user may do what the filter needs" in ran.out


def test_an_administrator_sees_what_the_filter_may_not(site):
    """--state is for looking; the rights that count are those of the filter's own user."""
    restricted(*[r for r in ENOUGH if r != "+zadd"])(site)
    ran = site.doctor("--state", site.redis.unix_url)
    assert (ran.status, found(ran)) == (NO, ["redis-acl"])
    assert "needs: +zadd |" in text_of(ran)
    site.redis.cli("ACL", "SETUSER", "coexist", ">other", "<secret")
    ran = site.doctor("--state", site.redis.unix_url)
    assert (ran.status, found(ran)) == (NO, ["redis-login"])
    assert "WRONGPASS" in text_of(ran) and "secret" not in ran.out


def test_nothing_lasts_in_redis(site):
    restricted(*SEES, *ENOUGH)(site)
    before = set(site.redis.cli("KEYS", "*").split())
    site.doctor("--only", "redis")
    wait_until(lambda: set(site.redis.cli("KEYS", "*").split()) == before, 5, "the trial's key goes")


# Output

def test_a_finding_for_people(site):
    os.chmod(site.keys, 0o644)
    ran = site.ctl.run("doctor", *site.arguments)
    assert ran.status == NO and not ran.err
    assert f"""\
keys
  fault    keys-mode: {site.keys} has mode 0644
           causes the filter does not start; who has read the keys can forge traces
           mend   chmod 0600 {site.keys}
""" in ran.out
    assert ran.out.endswith("\nnot right: 1 fault, 0 warnings, 0 notes\n")
    shown = site.ctl.terminal("doctor", *site.arguments)
    assert shown.status == NO and "\x1b[31mfault" in shown.out


def test_many_of_one_kind_are_counted(site):
    for number in range(14):
        site.redis.cli("HSET", f"coexist:user:bad{number}@{DOMAIN}", "home", "nowhere")
    ran = site.ctl.run("doctor", "--only", "records", *site.arguments)
    assert ran.out.count("bad-record: coexist:user:bad") == 10
    assert "and 4 more of bad-record\n" in ran.out
    assert ran.out.endswith("not right: 14 faults, 0 warnings, 0 notes\n")
    assert json.loads(site.doctor("--only", "records").out)["faults"] == 14


def test_what_strangers_wrote_drives_no_terminal(site):
    site.redis.cli("HSET", b"coexist:user:\x1b[2J\n@" + DOMAIN.encode(), "home", "\x1b[31m")
    site.redis.cli("HSET", b"coexist:\x1b]0;x\x07", "a", "b")
    site.event("\x1b[5mnode", late_ms=-90_000)
    ran = site.ctl.run("doctor", *site.arguments)
    assert ran.status == NO and "\x1b" not in ran.out and "\x07" not in ran.out
    assert r"\x1B[2J\x0A" in ran.out and r"\x1B]0;x\x07" in ran.out and r"\x1B[5mnode" in ran.out


@pytest.mark.parametrize("area", AREAS)
def test_one_area_alone(site, area):
    os.chmod(site.keys, 0o644)
    only = site.ctl.run("doctor", "--only", area, *site.arguments)
    assert [l for l in only.out.splitlines() if not l.startswith(" ")][:-1] == [area]
    assert only.status == (NO if area == "keys" else YES)
    skipped = site.ctl.run("doctor", "--skip", area, *site.arguments)
    assert [l for l in skipped.out.splitlines() if not l.startswith(" ")][:-1] == [
        a for a in AREAS if a != area]


@pytest.mark.parametrize("arguments, told", [
    (["--only", "weather"], "there is no area 'weather'"),
    (["--skip", "postfx"], "there is no area 'postfx'"),
    (["--resolver", "ns.example:53"], "--resolver: 'ns.example:53' is no ADDRESS:PORT"),
    (["--resolver", "127.0.0.1:x"], "--resolver: '127.0.0.1:x' is no ADDRESS:PORT"),
    (["postfix"], "Too many arguments"),
    (["--what"], "unrecognized option"),
])
def test_wrong_use(site, arguments, told):
    ran = site.ctl.run("doctor", *arguments)
    assert ran.status == USAGE and told in ran.err and not ran.out


@pytest.mark.parametrize("parameters, table", [
    ({"relay_domains": f"{DOMAIN} {OTHER}", "relay_recipient_maps": ""}, None),
    ({"mydestination": f"{DOMAIN} {OTHER}", "local_recipient_maps": "regexp:TABLE"},
     "/^(there|target)$/ x\n"),
    ({"relay_domains": f"{DOMAIN} {OTHER}", "relay_recipient_maps": "regexp:TABLE"},
     r"/^@(example\.com|other\.example)$/ x" "\n"),
    ({"virtual_alias_domains": f"{DOMAIN} {OTHER}", "virtual_alias_maps": "regexp:TABLE"},
     r"/^(there|target)@(example\.com|other\.example)$/ x@sender.example" "\n"),
])
def test_users_of_the_peer_that_postfix_knows(site, parameters, table):
    path = site.table("known", table or "").partition(":")[2]
    site.postfix(virtual_mailbox_domains="sender.example", **{
        name: value.replace("TABLE", path) for name, value in parameters.items()})
    assert found(site.doctor("--only", "postfix", "--only", "records")) == []


def test_a_host_without_postfix(site):
    ran = site.ctl.run("doctor", "--json", "--only", "postfix", environment={"PATH": "/nonexistent"})
    assert (ran.status, found(ran)) == (NO, ["postfix-unread"])
    assert "postconf: No such file or directory" in text_of(ran)


def test_a_postconf_that_hangs_or_babbles(site):
    folder = f"{site.folder}/bin"
    os.makedirs(folder, exist_ok=True)
    program = f"{folder}/postconf"
    site.write(program, "#!/bin/sh\nexec cat /dev/zero\n")
    os.chmod(program, 0o755)
    ran = site.ctl.run("doctor", "--json", "--only", "postfix",
                       environment={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert found(ran) == ["postfix-unread"] and "it tells too much" in text_of(ran)
