"""flip: users, groups and files; nothing by halves."""

import pytest

from coexist_testing.ctl import NO, USAGE, YES, without_ink

A, B, C = "a@example.com", "b@example.com", "c@example.com"


def homes(redis):
    return {
        key.split(":", 2)[2]: redis.hgetall(key).get("home")
        for key in redis.cli("KEYS", "coexist:user:*").split()
    }


FLIPS = [
    ("flip a@example.com secondary", {A: "secondary", B: "primary"}, YES,
     "a@example.com: primary -> secondary\n"),
    ("flip A@Example.com <b@example.com> moving", {A: "moving", B: "moving"}, YES,
     "a@example.com: primary -> moving\nb@example.com: primary -> moving\n"
     "0 new, 2 changed, 0 removed, 0 the same\n"),
    ("flip a@example.com a@example.com both", {A: "both", B: "primary"}, YES,
     "a@example.com: primary -> both\n"),
    ("flip a@example.com c@example.com primary", {A: "primary", B: "primary", C: "primary"}, YES,
     "a@example.com: is so already\nc@example.com: primary (a new record)\n"
     "1 new, 0 changed, 0 removed, 1 the same\n"),
    ("flip -n a@example.com c@example.com both", {A: "primary", B: "primary"}, YES,
     "a@example.com: primary -> both\nc@example.com: both (a new record)\n"
     "nothing was changed; would be: 1 new, 1 changed, 0 removed, 0 the same\n"),
    ("flip a@example.com x@elsewhere.example both", {A: "primary", B: "primary"}, NO, ""),
    ("flip smtp:a@example.com both", {A: "primary", B: "primary"}, USAGE, ""),
    ("flip a@example.com nonsense both", {A: "primary", B: "primary"}, USAGE, ""),
]


@pytest.mark.parametrize("words, after, status, out", FLIPS, ids=lambda v: str(v)[:50])
def test_flip_by_name(ctl, redis, words, after, status, out):
    redis.user(A, home="primary", note="stays")
    redis.user(B, home="primary")
    ran = ctl.run(*words.split())
    assert (ran.status, ran.out) == (status, out), ran
    assert bool(ran.err) == (status != YES)
    assert homes(redis) == after
    assert redis.hgetall("coexist:user:" + A)["note"] == "stays"


def test_flip_an_alias(ctl, redis):
    redis.user(A, alias=B)
    ran = ctl.run("flip", A, "secondary")
    assert ran.status == NO
    assert "user a@example.com: alias stands beside home" in ran.err
    assert redis.hgetall("coexist:user:" + A) == {"alias": B}


@pytest.mark.parametrize("terminal", [False, True])
def test_flip_a_group(ctl, redis, terminal):
    redis.group("sales", home="primary")
    redis.user(A, group="sales")
    redis.user(B, group="sales", home="primary")
    redis.user(C, group="others")
    run = ctl.terminal if terminal else ctl.run
    ran = run("flip", "--group", "sales", "secondary")
    told = without_ink(ran.out + ran.err)
    assert ran.status == YES
    assert "sales: primary -> secondary\nusers in the group: 2\n" in told
    assert ("coexistctl: note: 1 of them, as b@example.com, have a home of their own, which counts "
            "before the group's\n") in told
    assert redis.hgetall("coexist:group:sales") == {"home": "secondary"}
    assert homes(redis) == {A: None, B: "primary", C: None}


NO_GROUP = "there is no such group: coexistctl group set slaes home=both makes one"


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_flip_of_a_group_that_is_not_there(ctl, redis, more):
    ran = ctl.run("flip", "-g", "slaes", "both", *more)
    assert (ran.status, ran.out) == (NO, "")
    assert ran.err == f"coexistctl: group slaes: {NO_GROUP}\ncoexistctl: nothing was changed\n"
    assert ctl.json("flip", "-g", "slaes", "both", *more, status=NO) == {
        "changes": [{"kind": "group", "name": "slaes", "effect": "bad", "was": None, "home": "both",
                     "fault": NO_GROUP, "line": None}],
        "counts": {"same": 0, "new": 0, "changed": 0, "removed": 0, "bad": 1},
        "dry_run": bool(more), "members": {"users": 0, "own_home": 0, "first": None}}
    assert redis.hgetall("coexist:group:slaes") == {}


def test_flip_of_a_group_without_a_record_or_without_users(ctl, redis):
    redis.user(A, group="lost")
    redis.group("empty", note="wave 9")
    assert ctl.good("flip", "-g", "lost", "both") == (
        "lost: both (a new record)\nusers in the group: 1\n")
    assert ctl.good("flip", "-g", "empty", "both") == "empty: both\nusers in the group: 0\n"


def test_flip_of_a_group_that_mail_could_not_reach(ctl, redis):
    redis.group("sales", home="secondary")
    redis.user("a@bare.example", group="sales")
    redis.user(B, group="sales")
    for to in "primary", "both":
        ran = ctl.run("flip", "-g", "sales", to)
        assert ran.status == YES
        assert ran.err == (
            "coexistctl: note: 1 users of group sales, as a@bare.example, have no route to the "
            "other system, and the domain has none: from here their mail would be deferred, reason "
            "no-route\n")
    assert ctl.good("flip", "-g", "sales", "secondary").startswith("sales: both -> secondary\n")


def test_flip_of_a_group_as_json(ctl, redis):
    redis.group("sales", home="primary")
    redis.user(A, group="sales")
    redis.user(B, group="sales", home="primary")
    told = ctl.json("flip", "--group", "sales", "secondary")
    assert told["counts"]["changed"] == 1
    assert told["members"] == {"users": 2, "own_home": 1, "first": B}


FILES = [
    ("a@example.com\n# a comment\n\n  b@example.com \r\na@example.com\n", YES, {A: "both", B: "both"},
     ""),
    ("a@example.com\nb@\n", USAGE, {}, "FILE:2: 'b@' is not an address: write user@example.com\n"),
    ("a@example.com\nsmtp:b@example.com\n", USAGE, {},
     "FILE:2: 'smtp:b@example.com' is not an address: leave 'smtp:' off\n"),
    ("a@example.com\nb@elsewhere.example\nb@example.com", NO, {},
     "FILE:2: b@elsewhere.example: is in none of the domains of "),
    ("", USAGE, {}, "FILE: names nobody\n"),
    ("# nobody\n", USAGE, {}, "FILE: names nobody\n"),
    ("\0\0\n", USAGE, {}, "FILE:1: "),
    ("\ufeffa@example.com\r\nb@example.com\r", YES, {A: "both", B: "both"}, ""),
]


@pytest.mark.parametrize("text, status, after, told", FILES, ids=lambda v: str(v)[:30])
def test_flip_by_a_file(ctl, redis, text, status, after, told):
    with open(f"{ctl.folder}/users", "w") as file:
        file.write(text)
    for name, ran in (
        ("users", ctl.run("flip", "--file", "users", "both")),
        ("standard input", ctl.run("flip", "both", "-f", "-", stdin=text)),
    ):
        assert ran.status == status, ran
        assert told.replace("FILE", name) in ran.err and bool(ran.err) == bool(told)
        assert not told or status == YES or ran.err.endswith("nothing was changed\n") or (
            "nobody" in ran.err)
        assert homes(redis) == after


def test_all_bad_lines_of_a_file_are_named(ctl, redis):
    ran = ctl.run("flip", "-f", "-", "both", stdin="x\n" * 3 + "a@example.com\n" + "y\n" * 50)
    assert ran.status == USAGE
    assert [line.split(":")[2] for line in ran.err.splitlines()[:3]] == ["1", "2", "3"]
    assert len(ran.err.splitlines()) == 21
    assert homes(redis) == {}


def test_bad_lines_as_json(ctl, redis):
    bad = {"line": 2, "fault": "'b@' is not an address: write user@example.com"}
    for more in [], ["--dry-run"]:
        assert ctl.json("flip", "-f", "-", "both", *more, stdin=f"{A}\nb@\n", status=USAGE) == {
            "changes": [], "counts": {"same": 0, "new": 0, "changed": 0, "removed": 0, "bad": 1},
            "dry_run": bool(more), "faults": [bad]}
    told = ctl.json("flip", "-f", "-", "both", stdin=A)
    assert (told["counts"]["new"], told["faults"]) == (1, [])


def test_flip_a_thousand(ctl, redis, events):
    users = [f"u{i}@example.com" for i in range(1000)]
    ran = ctl.run("flip", "-f", "-", "secondary", stdin="\n".join(users))
    assert (ran.status, ran.out) == (YES, "1000 new, 0 changed, 0 removed, 0 the same\n")
    assert homes(redis) == {user: "secondary" for user in users}
    told = [(e["event"], e["rcpt"], e["home"]) for e in events()]
    assert told == [("flip", user, "secondary") for user in users]
    again = ctl.run("flip", "-f", "-", "secondary", stdin="\n".join(users))
    assert (again.status, again.out) == (YES, "0 new, 0 changed, 0 removed, 1000 the same\n")
    assert len(events()) == 1000


def test_a_bar_of_progress_on_a_terminal_alone(ctl, redis):
    with open(f"{ctl.folder}/users", "w") as file:
        file.writelines(f"u{i}@example.com\n" for i in range(500))
    shown = ctl.terminal("flip", "-f", "users", "secondary")
    assert "\rflip [" in without_ink(shown.out) and " of 500" in shown.out
    assert shown.out.endswith("500 new, 0 changed, 0 removed, 0 the same\n")
    assert ctl.run("flip", "-f", "users", "primary").err == ""


def test_flip_as_json(ctl, redis):
    redis.user(A, home="primary")
    told = ctl.json("flip", A, B, "moving")
    assert told["counts"] == {"same": 0, "new": 1, "changed": 1, "removed": 0, "bad": 0}
    assert told["dry_run"] is False
    assert told["changes"][0] == {"kind": "user", "name": A, "effect": "changed", "was": "primary",
                                  "home": "moving", "fault": None, "line": None}
    bad = ctl.json("flip", A, "x@elsewhere.example", "both", status=NO)
    assert (bad["counts"]["bad"], bad["dry_run"]) == (1, False)
    assert ctl.json("flip", "-n", "x@elsewhere.example", "both", status=NO)["dry_run"] is True
    assert ctl.json("user", "set", A, "home=x", status=NO)["dry_run"] is False
    assert "is in none of the domains" in bad["changes"][1]["fault"]


def test_the_filter_follows(ctl, redis, options):
    """What flip has written is what the filter reads: see explain for the whole of it."""
    ctl.good("flip", A, "secondary")
    assert "lives on the secondary system, by coexist:user:a@example.com" in ctl.good(
        "user", "show", A)
