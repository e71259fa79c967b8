"""export: CSV, LDIF and JSON of the records, and what import makes of them again."""

import csv
import io
import json

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE

HEAD = "address,home,route,group,alias,calendar,note\r\n"

USERS = {
    "a@example.com": {"home": "both", "route": "a@t.example", "group": "sales, north",
                      "calendar": "primary", "note": '=1+1 "quoted" '},
    "b@example.com": {"alias": "a@example.com", "note": "größer"},
    "c@bare.example": {"home": "secondary"},
    "d@example.com": {"group": "sales, north"},
}

CSV = HEAD + (
    'a@example.com,both,a@t.example,"sales, north",,primary,"=1+1 ""quoted"" "\r\n'
    "b@example.com,,,,a@example.com,,größer\r\n"
    "c@bare.example,secondary,,,,,\r\n"
    'd@example.com,,,"sales, north",,,\r\n'
)

LDIF = """\
version: 1

dn: mail=a@example.com
objectClass: coexistUser
mail: a@example.com
coexistHome: both
coexistRoute: a@t.example
coexistGroup: sales, north
coexistCalendar: primary
coexistNote:: PTErMSAicXVvdGVkIiA=

dn: mail=b@example.com
objectClass: coexistUser
mail: b@example.com
coexistAlias: a@example.com
coexistNote:: Z3LDtsOfZXI=

dn: mail=c@bare.example
objectClass: coexistUser
mail: c@bare.example
coexistHome: secondary

dn: mail=d@example.com
objectClass: coexistUser
mail: d@example.com
coexistGroup: sales, north
"""


@pytest.fixture
def filled(redis):
    redis.group("sales, north", home="primary")
    for address, fields in USERS.items():
        redis.user(address, **fields)
    return redis


def test_formats(ctl, filled):
    assert ctl.run("export").out == CSV
    assert ctl.good("export", "--format", "csv") == CSV
    assert ctl.good("export", "--format", "ldif") == LDIF
    fields = ("home", "route", "group", "alias", "calendar", "note")
    want = [{"address": a, **{f: USERS[a].get(f) for f in fields}} for a in sorted(USERS)]
    assert json.loads(ctl.good("export", "--format", "json")) == want
    assert ctl.json("export") == want
    rows = list(csv.DictReader(io.StringIO(CSV)))
    assert [{k: v or None for k, v in row.items()} for row in rows] == want


@pytest.mark.parametrize("form", ["csv", "ldif"])
def test_round_trip(ctl, filled, form):
    text = ctl.good("export", "--format", form)
    told = ctl.json("import", "-", "--sync", "--yes", stdin=text)
    assert (told["same"], told["written"], told["removed"]) == (4, 0, 0)
    for address in USERS:
        filled.delete(f"coexist:user:{address}")
    told = ctl.json("import", "-", "--sync", "--yes", stdin=text)
    assert (told["new"], told["written"]) == (4, 4)
    for address, fields in USERS.items():
        assert filled.hgetall(f"coexist:user:{address}") == fields


@pytest.mark.parametrize("words, addresses", [
    (["--home", "both"], ["a@example.com"]),
    (["--home", "primary"], []),
    (["--group", "sales, north"], ["a@example.com", "d@example.com"]),
    (["-g", "Sales, North"], []),
    (["--domain", "BARE.example"], ["c@bare.example"]),
    (["--domain", "ple"], []),
    (["--domain", "example.com", "--group", "sales, north", "--home", "both"], ["a@example.com"]),
])
def test_chosen_ones(ctl, filled, words, addresses):
    assert [one["address"] for one in ctl.json("export", *words)] == addresses


@pytest.mark.parametrize("form", ["csv", "ldif"])
def test_round_trip_of_odd_names(ctl, redis, form):
    users = {"e f@example.com": {"home": "both"}, 'g"@h\\;i@example.com': {"home": "primary"}}
    for name, fields in users.items():
        redis.user(name, **fields)
    text = ctl.good("export", "--format", form)
    redis.flush()
    ctl.good("import", "-", stdin=text)
    assert redis.users() == users


def test_nothing(ctl, redis):
    assert ctl.good("export") == HEAD
    assert ctl.good("export", "--format", "ldif") == "version: 1\n"
    assert ctl.json("export") == []


def test_bad_records_are_told_and_left_out(ctl, filled):
    filled.user("x@example.com", home="nowhere")
    filled.set("coexist:user:y@example.com", "a string")
    ran = ctl.run("export")
    assert (ran.status, ran.out) == (NO, CSV)
    assert "coexistctl: left out: user x@example.com: home is 'nowhere'" in ran.err
    assert "coexistctl: left out: user y@example.com: " in ran.err
    ran = ctl.run("export", "--domain", "bare.example")
    assert (ran.status, ran.err) == (0, "")
    for i in range(30):
        filled.user(f"x{i}@example.com", home="nowhere")
    assert "coexistctl: left out: 12 more\n" in ctl.run("export").err


def test_names_that_nobody_looks_up_are_left_out(ctl, filled):
    """No import would take them."""
    filled.user("A@EXAMPLE.com", home="primary")
    filled.user("nobody", home="primary")
    ran = ctl.run("export")
    assert (ran.status, ran.out) == (NO, CSV)
    assert sorted(ran.err.splitlines()) == [
        "coexistctl: left out: user A@EXAMPLE.com: its name is not in lower case, so that nobody "
        "looks it up",
        "coexistctl: left out: user nobody: its name is no address, so that nobody looks it up",
    ]
    told = ctl.json("import", "-", stdin=ran.out)
    assert (told["same"], told["written"]) == (4, 0)


def test_a_terminal_is_not_driven(ctl, redis):
    redis.user("a@example.com", home="primary", note="x\u202e\u009b31m\\y")
    ran = ctl.terminal("export")
    assert ran.out.endswith(
        "\na@example.com,primary,,,,,x\\xE2\\x80\\xAE\\xC2\\x9B31m\\\\y\n")
    assert ctl.good("export").endswith(",,,,,x\u202e\u009b31m\\y\r\n")


@pytest.mark.parametrize("words, error", [
    (["--format", "xml"], "--format is csv, ldif or json, not 'xml'"),
    (["--home", "here"], "--home is primary, secondary, both or moving, not 'here'"),
    (["--domain", ""], "--domain is the name of a domain"),
    (["file"], "Too many arguments"),
])
def test_wrong_use(ctl, words, error):
    ran = ctl.run("export", *words)
    assert (ran.status, ran.out) == (USAGE, "")
    assert error in ran.err


def test_without_redis(ctl, options):
    ctl.write_config({**options, "state": "unix:///nowhere/redis.sock?db=0"})
    ran = ctl.run("export")
    assert (ran.status, ran.out) == (UNAVAILABLE, "")
    assert "/nowhere/redis.sock" in ran.err
