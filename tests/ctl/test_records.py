"""user, group and domain: what they show, and that no bad record can be written by them."""

import os
import pwd

import pytest

from coexist_testing.ctl import NO, USAGE, YES, without_ink

ME = pwd.getpwuid(os.geteuid()).pw_name
A, B, C = "a@example.com", "b@example.com", "c@example.com"


def records(redis):
    """All that stands in Redis but for the events: {key: fields, or the type}."""
    found = {}
    for key in redis.cli("KEYS", "*").split():
        if key.endswith(":events"):
            continue
        kind = redis.cli("TYPE", key)
        found[key] = redis.hgetall(key) if kind == "hash" else kind
    return found


# words, what is there before (key: fields), what is there afterwards (None: as before), what is
# printed, what is told on standard error
SET = [
    ("user set a@example.com home=secondary", {}, {"user:" + A: {"home": "secondary"}},
     "a@example.com: secondary (a new record)\n", ""),
    ("user set <A@Example.COM> home=secondary note=x", {},
     {"user:" + A: {"home": "secondary", "note": "x"}}, "a@example.com: secondary (a new record)\n",
     ""),
    ("user set a@example.com home=primary", {"user:" + A: {"home": "secondary", "note": "n"}},
     {"user:" + A: {"home": "primary", "note": "n"}}, "a@example.com: secondary -> primary\n", ""),
    ("user set a@example.com home=primary", {"user:" + A: {"home": "primary"}}, None,
     "a@example.com: is so already\n", ""),
    ("user set a@example.com home=secodnary", {}, None, "",
     "user a@example.com: home is 'secodnary', not one of primary, secondary, both, moving"),
    ("user set a@example.com home=", {}, None, "", "home is empty"),
    ("user set a@example.com route=nowhere", {}, None, "", "route is 'nowhere', not an address"),
    ("user set a@example.com route=a@example.com", {}, None, "",
     "route 'a@example.com' gives no other, valid address for this mailbox"),
    ("user set a@example.com route=%u@tenant.example", {},
     {"user:" + A: {"route": "%u@tenant.example"}}, "a@example.com: new\n", ""),
    ("user set a@example.com note=" + 4096 * "n", {}, {"user:" + A: {"note": 4096 * "n"}},
     "a@example.com: new\n", ""),
    ("user set a@example.com note=" + 4097 * "n", {}, None, "",
     "user a@example.com: note has 4097 octets, more than 4096"),
    ("group set sales note=" + 4097 * "n", {}, None, "", "note has 4097 octets, more than 4096"),
    ("user set a@example.com home=both", {"user:" + A: {"note": 32000 * "n"}},
     {"user:" + A: {"home": "both", "note": 32000 * "n"}}, "a@example.com: both\n", ""),
    ("user set foo@@example.com home=both", {}, None, "",
     "'foo@@example.com' is not an address: '@' stands before the last @ without quotes; write "
     "user@example.com\n"),
    ("user set SMTP:a@example.com home=both", {}, None, "",
     "'SMTP:a@example.com' is not an address: leave 'SMTP:' off\n"),
    ("user unset foo@@example.com", {"user:foo@@example.com": {"home": "both"}}, {},
     "foo@@example.com: removed\n", ""),
    ("user unset smtp:a@example.com home", {"user:smtp:a@example.com": {"home": "both"}}, {},
     "smtp:a@example.com: removed\n", ""),
    ('user set "a@b"@example.com home=both', {}, {"user:a@b@example.com": {"home": "both"}},
     "a@b@example.com: both (a new record)\n", ""),
    ("user set a@example.com calendar=both", {}, None, "", "calendar is 'both'"),
    ("user set a@elsewhere.example home=primary", {}, None, "",
     "user a@elsewhere.example: is in none of the domains of "),
    ("user set a@example.com group=sales", {}, None, "",
     "group 'sales' has no record: coexistctl group set sales home=..."),
    ("user set a@example.com group=sales", {"group:sales": {"home": "both"}},
     {"group:sales": {"home": "both"}, "user:" + A: {"group": "sales"}}, "a@example.com: new\n", ""),
    ("user set a@example.com group=sales", {"group:sales": "string"}, None, "",
     "group 'sales' has a bad record: coexistctl group show sales"),
    ("user set a@example.com group=sales", {"group:sales": {"hoem": "both"}}, None, "",
     "group 'sales' has a bad record: coexistctl group show sales"),
    ("user set a@example.com alias=b@example.com", {"user:" + B: "string"}, None, "",
     "alias 'b@example.com' has a bad record: coexistctl user show b@example.com"),
    ("user set a@example.com alias=b@example.com", {"user:" + B: {"home": "nowhere"}}, None, "",
     "alias 'b@example.com' has a bad record: coexistctl user show b@example.com"),
    ("user set a@example.com alias=b@example.com", {}, {"user:" + A: {"alias": B}},
     "a@example.com: new\n", ""),
    ("user set a@example.com alias=a@example.com", {}, None, "", "alias is the address itself"),
    ("user set a@example.com alias=b@bare.example", {}, None, "",
     "alias is 'b@bare.example', in another domain: set home and route instead"),
    ("user set a@example.com alias=b@example.com", {"user:" + B: {"alias": C}}, None, "",
     "alias 'b@example.com' is itself an alias"),
    ("user set b@example.com alias=c@example.com", {"user:" + A: {"alias": B}}, None, "",
     "'a@example.com' is an alias of it already: an alias leads to no alias"),
    ("user set a@example.com alias=b@example.com", {"user:" + A: {"home": "both"}}, None, "",
     "alias stands beside home"),
    ("user set a@example.com home=both", {"user:" + A: {"hoem": "both"}}, None, "",
     "'hoem' is not a field of a user record"),
    ("user set a@bare.example home=primary", {}, {"user:a@bare.example": {"home": "primary"}},
     "a@bare.example: primary (a new record)\n",
     "note: 1 of them, as a@bare.example, have no route to the other system"),
    ("user set a@bare.example home=both", {}, None, "",
     "user a@bare.example: home is both, and nothing says by which address the other system has its "
     "copy: set route=ADDRESS too, or `route` in the domain's block of "),
    ("user set a@bare.example home=both route=a@t.example", {},
     {"user:a@bare.example": {"home": "both", "route": "a@t.example"}},
     "a@bare.example: both (a new record)\n", ""),
    ("user unset a@bare.example route", {"user:a@bare.example": {"home": "both", "route": "a@t.ex"}},
     None, "", "user a@bare.example: home is both, and nothing says"),
    ("user unset a@bare.example", {"user:a@bare.example": {"home": "both"}}, {},
     "a@bare.example: removed\n", ""),
    ("user set a@bare.example home=primary", {"user:a@bare.example": {"home": "both"}},
     {"user:a@bare.example": {"home": "primary"}}, "a@bare.example: both -> primary\n",
     "note: 1 of them, as a@bare.example, have no route to the other system"),
    ("user set a@bare.example group=gb", {"group:gb": {"home": "both"}},
     {"group:gb": {"home": "both"}, "user:a@bare.example": {"group": "gb"}},
     "a@bare.example: new\n",
     "note: 1 of them, as a@bare.example, have no route to the other system"),
    ("user set a@bare.example group=gb", {"group:gb": {"home": "secondary"}},
     {"group:gb": {"home": "secondary"}, "user:a@bare.example": {"group": "gb"}},
     "a@bare.example: new\n", ""),
    ("user set a@bare.example group=gb route=a@t.example", {"group:gb": {"home": "both"}},
     {"group:gb": {"home": "both"}, "user:a@bare.example": {"group": "gb", "route": "a@t.example"}},
     "a@bare.example: new\n", ""),
    ("domain set bare.example home=both", {}, {"domain:bare.example": {"home": "both"}},
     "bare.example: both (a new record)\n",
     "note: bare.example has no route to the other system: from here the mail of its users without "
     "one would be deferred, reason no-route\n"),
    ("group set gb home=both", {"user:a@bare.example": {"group": "gb"}},
     {"group:gb": {"home": "both"}, "user:a@bare.example": {"group": "gb"}},
     "gb: both (a new record)\n",
     "note: 1 users of group gb, as a@bare.example, have no route to the other system, and the "
     "domain has none: from here their mail would be deferred, reason no-route\n"),
    ("group set gb home=both", {"user:a@bare.example": {"group": "gb", "home": "secondary"},
                                "user:b@bare.example": {"group": "gb", "route": "b@t.example"},
                                "user:c@bare.example": {"group": "other"},
                                "user:" + A: {"group": "gb"}},
     {"group:gb": {"home": "both"}, "user:a@bare.example": {"group": "gb", "home": "secondary"},
      "user:b@bare.example": {"group": "gb", "route": "b@t.example"},
      "user:c@bare.example": {"group": "other"}, "user:" + A: {"group": "gb"}},
     "gb: both (a new record)\n", ""),
    ("user unset a@example.com", {"user:" + A: {"home": "both", "note": "x"}}, {},
     "a@example.com: removed\n", ""),
    ("user unset a@example.com", {}, None, "a@example.com: is so already\n", ""),
    ("user unset a@example.com home", {"user:" + A: {"home": "both", "note": "x"}},
     {"user:" + A: {"note": "x"}}, "a@example.com: changed\n", ""),
    ("user unset a@example.com home", {"user:" + A: {"home": "both"}}, {},
     "a@example.com: removed\n", ""),
    ("user unset a@example.com", {"user:" + A: "string"}, {}, "a@example.com: removed\n", ""),
    ("user set a@example.com home=both", {"user:" + A: "string"}, None, "",
     "user a@example.com: it is no hash: remove it with redis-cli DEL"),
    ("user unset a@elsewhere.example", {"user:a@elsewhere.example": {"home": "both"}}, {},
     "a@elsewhere.example: removed\n", ""),
    ("group set sales home=moving note=wave", {}, {"group:sales": {"home": "moving", "note": "wave"}},
     "sales: moving (a new record)\n", ""),
    ("group set sales home=here", {}, None, "", "group sales: home is 'here'"),
    ("group unset sales", {"group:sales": {"home": "both"}, "user:" + A: {"group": "sales"},
                           "user:" + B: {"group": "sales"}}, None, "", "2 users are in it, as "),
    ("group unset sales", {"group:sales": {"home": "both"}, "user:" + A: {"home": "both"}},
     {"user:" + A: {"home": "both"}}, "sales: removed\n", ""),
    ("group unset sales home", {"group:sales": {"home": "both", "note": "x"},
                                "user:" + A: {"group": "sales"}},
     {"group:sales": {"note": "x"}, "user:" + A: {"group": "sales"}}, "sales: changed\n", ""),
    ("group unset sales home", {"group:sales": {"home": "both"}, "user:" + A: {"group": "sales"}},
     None, "", "1 users are in it, as a@example.com"),
    ("domain set Example.COM. mode=observe", {}, {"domain:example.com": {"mode": "observe"}},
     "example.com: new\n", ""),
    ("domain set example.com mode=on", {}, None, "", "mode is 'on', not one of enforce, observe"),
    ("domain set example.net home=both", {}, None, "", "example.net: is none of the domains of "),
    ("domain unset example.com", {"domain:example.com": {"mode": "observe"}}, {},
     "example.com: removed\n", ""),
    ("user set a@example.com home=both --dry-run", {}, None,
     "a@example.com: both (a new record)\n"
     "nothing was changed; would be: 1 new, 0 changed, 0 removed, 0 the same\n", ""),
]


def fill(redis, before):
    for key, fields in before.items():
        if isinstance(fields, dict):
            redis.hset(f"coexist:{key}", **fields)
        else:
            redis.set(f"coexist:{key}", "x")


@pytest.mark.parametrize("words, before, after, out, err", SET, ids=lambda v: str(v)[:50])
def test_set_and_unset(ctl, redis, words, before, after, out, err):
    fill(redis, before)
    was = records(redis)
    ran = ctl.run(*words.split())
    assert ran.out == out
    assert err in ran.err and bool(err) == bool(ran.err)
    refused = bool(err) and not err.startswith("note:")
    unreadable = "is not an address: " in err
    assert ran.status == (USAGE if unreadable else NO if refused else YES)
    if refused and not unreadable:
        assert ran.err.endswith("coexistctl: nothing was changed\n")
    wanted = was if after is None else {
        f"coexist:{key}": fields if isinstance(fields, dict) else "string"
        for key, fields in after.items()
    }
    assert records(redis) == wanted


SHOW = [
    ({}, NO, "a@example.com\n  no record\n  lives on the primary system, by the "
     "configuration's default\n"),
    ({"user:" + A: {"home": "secondary"}}, YES,
     "a@example.com\n  home      secondary\n  lives on the secondary system, by "
     "coexist:user:a@example.com\n"),
    ({"user:" + A: {"group": "sales"}, "group:sales": {"home": "moving"}}, YES,
     "a@example.com\n  group     sales\n  is being moved, by coexist:group:sales\n"),
    ({"user:" + A: {"group": "sales"}}, YES,
     "a@example.com\n  group     sales\n  cannot be said to live anywhere: "
     "coexist:user:a@example.com: group 'sales' has no record: set its home, or remove the field\n"),
    ({"user:" + A: {"alias": B}, "user:" + B: {"home": "both"}}, YES,
     "a@example.com\n  alias     b@example.com\n  is b@example.com, and lives on both systems, by "
     "coexist:user:b@example.com\n"),
    ({"domain:example.com": {"home": "secondary"}}, NO,
     "a@example.com\n  no record\n  lives on the secondary system, by coexist:domain:example.com\n"),
    ({"user:" + A: {"home": "\x1b[2J"}}, NO,
     "a@example.com\n  home      \\x1B[2J\n  BAD: home has a control character in it\n"
     "  cannot be said to live anywhere: coexist:user:a@example.com: home has a control character "
     "in it\n"),
    ({"user:" + A: "string"}, NO,
     "a@example.com\n  BAD: it is no hash: remove it with redis-cli DEL\n"
     "  cannot be said to live anywhere: coexist:user:a@example.com: it is no hash: remove it with "
     "redis-cli DEL\n"),
]


@pytest.mark.parametrize("before, status, out", SHOW, ids=lambda v: str(v)[:50])
def test_show(ctl, redis, before, status, out):
    fill(redis, before)
    ran = ctl.run("user", "show", A)
    assert (ran.status, ran.out, ran.err) == (status, out, "")
    shown = ctl.terminal("user", "show", A)
    assert (shown.status, without_ink(shown.out)) == (status, out)


def test_show_as_json(ctl, redis):
    fill(redis, {"user:" + A: {"group": "sales", "note": "\xfc"}, "group:sales": {"home": "both"}})
    assert ctl.json("user", "show", A, B, status=NO) == [
        {"name": A, "fields": {"group": "sales", "note": "\xfc"}, "good": True, "fault": None,
         "home": "both", "by": "coexist:group:sales",
         "says": "lives on both systems, by coexist:group:sales"},
        {"name": B, "fields": None, "good": None, "fault": None, "home": "primary", "by": None,
         "says": "lives on the primary system, by the configuration's default"},
    ]
    assert ctl.json("group", "show", "sales") == [
        {"name": "sales", "fields": {"home": "both"}, "good": True, "fault": None}]


def test_names_that_nobody_looks_up(ctl, redis):
    """They are shown as bad, and there is no other way to see them."""
    case = "BAD: its name is not in lower case, so that nobody looks it up"
    fill(redis, {"user:" + A: {"home": "both"}, "user:A@Example.com": {"home": "both"},
                 "user:nobody": {"home": "both"}, "domain:Example.com": {"home": "both"}})
    assert sorted(ctl.good("user", "list", "--bad").splitlines()) == [
        f"A@Example.com home=both  {case}",
        "nobody home=both  BAD: its name is no address, so that nobody looks it up",
    ]
    assert ctl.good("domain", "list") == f"Example.com home=both  {case}\n"
    assert ctl.good("user", "list", "--home", "both") == f"{A} home=both\n"
    told = ctl.json("status")
    assert (told["users"], told["homes"]["both"], told["bad_records"]) == (1, 1, 3)


LISTS = [
    ("user list", ["a@example.com home=both", "b@example.com group=sales note=\"in quotes\"",
                   "c@example.com hoem=x  BAD: 'hoem' is not a field of a user record (home, route, "
                   "group, alias, calendar, note)", "d@bare.example home=primary"]),
    ("user list --home both", ["a@example.com home=both"]),
    ("user list --group sales", ["b@example.com group=sales note=\"in quotes\""]),
    ("user list *@bare.example", ["d@bare.example home=primary"]),
    ("user list --bad", ["c@example.com hoem=x  BAD: 'hoem' is not a field of a user record (home, "
                         "route, group, alias, calendar, note)"]),
    ("user list x*", []),
    ("group list", ["sales home=moving"]),
    ("domain list", []),
]


@pytest.mark.parametrize("words, lines", LISTS, ids=lambda v: str(v)[:50])
def test_list(ctl, redis, words, lines):
    fill(redis, {
        "user:" + A: {"home": "both"}, "user:" + B: {"group": "sales", "note": "in quotes"},
        "user:" + C: {"hoem": "x"}, "user:d@bare.example": {"home": "primary"},
        "group:sales": {"home": "moving"}, "ledger:x": "string",
    })
    ran = ctl.run(*words.split())
    assert ran.status == (YES if lines else NO)
    assert sorted(ran.out.splitlines()) == lines
    assert len(ctl.json(*words.split(), status=ran.status)) == len(lines)


def test_list_pages_through_many(ctl, redis):
    """By SCAN, each record once, and no command that keeps Redis busy for long."""
    count = 5000
    redis.cli("EVAL", "for i = 1, ARGV[1] do redis.call('HSET', 'coexist:user:u' .. i .. "
              "'@example.com', 'home', 'both') end", "0", count)
    before = redis.calls()
    names = [line.split()[0] for line in ctl.good("user", "list").splitlines()]
    after = redis.calls()
    assert sorted(names) == sorted(f"u{i}@example.com" for i in range(1, count + 1))
    used = {name for name in after if after[name] > before.get(name, 0)}
    assert used <= {"scan", "hgetall", "info", "command|docs", "command"}, used
    assert after["scan"] > 5


def test_a_prefix_is_no_pattern(ctl, redis, options):
    ctl.write_config({**options, "prefix": "a*[b]?\\"})
    ctl.good("user", "set", A, "home=both")
    redis.hset("axbz\\user:" + B, home="both")
    redis.hset("a*bz\\user:" + B, home="both")
    assert ctl.good("user", "list") == f"{A} home=both\n"


def test_many_write_one_record(ctl, redis):
    """What one has read and another writes before it writes itself is read again."""
    fields = {"home": "both", "note": "x", "calendar": "primary", "route": "r@p.invalid"}
    writers = [ctl.start("user", "set", A, f"{name}={value}") for name, value in fields.items()]
    for writer in writers:
        out, err = writer.communicate(timeout=60)
        assert (writer.returncode, err) == (YES, ""), out
    assert redis.hgetall("coexist:user:" + A) == fields


def test_what_is_told_in_the_events(ctl, redis, events):
    ctl.good("user", "set", A, "home=both", "note=x y")
    ctl.good("user", "set", A, "home=both")
    ctl.good("group", "set", "sales", "home=primary")
    ctl.good("user", "unset", A, "home")
    ctl.good("user", "unset", A)
    events = events()
    for event in events:
        assert event.pop("t").isdigit()
        assert event.pop("by") == ME
    assert events == [
        {"event": "set", "node": "s.example.net", "rcpt": A, "home": "both", "was": "",
         "change": "home=both note=x y"},
        {"event": "set", "node": "s.example.net", "group": "sales", "home": "primary", "was": "",
         "change": "home=primary"},
        {"event": "unset", "node": "s.example.net", "rcpt": A, "home": "", "was": "both",
         "change": "home="},
        {"event": "unset", "node": "s.example.net", "rcpt": A, "home": "", "was": "",
         "change": "removed"},
    ]


def test_a_copy_needs_a_route_with_maps_too(ctl, redis, options):
    ctl.write_config({**options, "maps": f"unix:{ctl.folder}/maps.sock"})
    assert ctl.good("flip", "a@bare.example", "primary") == (
        "a@bare.example: primary (a new record)\n")
    ran = ctl.run("flip", "a@bare.example", "both")
    assert ran.status == NO
    assert "user a@bare.example: home is both, and nothing says by which address" in ran.err
    assert redis.hgetall("coexist:user:a@bare.example") == {"home": "primary"}


def test_no_events_where_none_are_kept(ctl, redis, options):
    ctl.write_config({**options, "events_max": 0})
    ctl.good("user", "set", A, "home=both")
    assert records(redis) == {"coexist:user:" + A: {"home": "both"}}
    assert redis.cli("EXISTS", "coexist:events") == "0"


@pytest.mark.parametrize("words, note", [
    ("user set a@example.com home=both", 1),
    ("flip a@example.com b@example.com both", 2),
    ("import - --home both", 1),
])
def test_events_that_cannot_be_told(ctl, redis, words, note):
    """Redis has written the record, and refuses the event that stands in the same transaction."""
    redis.set("coexist:events", "x")
    ran = ctl.run(*words.split(), stdin=A)
    assert ran.status == YES
    assert ran.err == (
        f"coexistctl: note: {note} records were written, but the events do not tell of all: Redis "
        "refuses: WRONGTYPE Operation against a key holding the wrong kind of value. If "
        "coexist:events is no stream, remove it: redis-cli DEL coexist:events\n")
    assert redis.hgetall("coexist:user:" + A) == {"home": "both"}
