"""import --sync: previews, questions, limits, and what is never removed."""

import os

import pytest

from coexist_testing.ctl import NO, USAGE, YES, without_ink

HERE, THERE = {"home": "secondary"}, {"home": "primary"}
ASKED = "Write this? [y/N] "


@pytest.fixture
def write(ctl):
    def write_file(text):
        path = os.path.join(ctl.folder, "users.csv")
        with open(path, "w") as file:
            file.write(text)
        return path
    return write_file


@pytest.fixture
def path(redis, write):
    """One user is as in the file, one is not yet, one is otherwise, two are not in it."""
    redis.user("same@example.com", home="primary")
    redis.user("moved@example.com", home="primary", group="sales", note="stays")
    redis.user("gone1@example.com", home="primary")
    redis.user("gone2@example.com", alias="same@example.com")
    redis.user("other@bare.example", home="primary")
    redis.group("sales", home="primary")
    return write("address,home\nsame@example.com,primary\nmoved@example.com,secondary\n"
                 "new@example.com,both\n")


AFTER = {
    "same@example.com": THERE, "moved@example.com": {**HERE, "group": "sales", "note": "stays"},
    "new@example.com": {"home": "both"}, "other@bare.example": THERE,
}

PREVIEW = """\
would add 1: new@example.com
would change 1: moved@example.com (primary -> secondary)
would remove 2 of 4: gone1@example.com, gone2@example.com
"""
REPORT = """\
{file} (csv): 3 rows, 3 users taken: 1 new, 1 changed, 1 as they were
removed 2 of 4 users
"""


def test_in_a_pipe_it_wants_yes(ctl, redis, path):
    before = redis.users()
    ran = ctl.run("import", path, "--sync")
    assert (ran.status, ran.out, ran.err) == (
        USAGE, "", "coexistctl: --sync can remove users, and nobody can be asked here: say --yes, "
        "or --dry-run to see what it would do\n")
    assert redis.users() == before
    assert ctl.good("import", path, "--sync", "--dry-run") == (
        PREVIEW + f"{path} (csv): 3 rows, 3 users taken: 1 new, 1 changed, 1 as they were\n"
        "nothing was written: --dry-run\n")
    assert redis.users() == before
    assert ctl.good("import", path, "--sync", "--yes") == PREVIEW + REPORT.format(file=path)
    assert redis.users() == AFTER
    assert ctl.good("import", path, "--sync", "-y") == (
        "nothing would change\n"
        f"{path} (csv): 3 rows, 3 users taken: 0 new, 0 changed, 3 as they were\n")


@pytest.mark.parametrize("typed, yes", [
    (b"y\n", True), (b"YES\n", True), (b"n\n", False), (b"\n", False), (b"yesterday\n", False),
    (b"\x04", False), (b"\x03", False),
])
def test_in_a_terminal_it_asks(ctl, redis, path, typed, yes):
    before = redis.users()
    ran = ctl.terminal("import", path, "--sync", typed=typed, at=ASKED.encode())
    shown = without_ink(ran.out)
    assert PREVIEW.splitlines()[0] in shown and ASKED in shown
    assert ran.status == (YES if yes else NO)
    assert redis.users() == (AFTER if yes else before)
    assert ("nothing was written" in shown) != yes


def test_json_asks_nothing(ctl, redis, path):
    ran = ctl.terminal("import", path, "--sync", "--json")
    assert ran.status == USAGE and "say --yes" in ran.out
    told = ctl.json("import", path, "--sync", "--yes")
    assert (told["users"], told["removed"], told["written"]) == (4, 2, 4)
    assert [one["user"] for one in told["first"]["removed"]] == [
        "gone1@example.com", "gone2@example.com"]
    assert redis.users() == AFTER


LIMITS = [
    # users there are, of them not in the file, words, done
    (20, 10, [], True),
    (20, 11, [], False),
    (240, 12, [], True),
    (240, 13, [], False),
    (20, 11, ["--delete-max", "11"], True),
    (20, 11, ["--delete-max", "10"], False),
    (20, 4, ["--delete-max", "20%"], True),
    (20, 5, ["--delete-max", "20%"], False),
    (20, 1, ["--delete-max", "0"], False),
    (20, 0, ["--delete-max", "0"], True),
    (20, 20, ["--delete-max", "100%"], True),
]


@pytest.mark.parametrize("there, missing, words, done", LIMITS)
def test_limits(ctl, redis, write, there, missing, words, done):
    homes = [f"u{i}@example.com,primary\n" for i in range(there)]
    ctl.good("import", write("address,home\n" + "".join(homes)))
    before = redis.users()
    kept = write("address,home\nnew@example.com,both\n" + "".join(homes[missing:]))
    ran = ctl.run("import", kept, "--sync", "--yes", *words)
    if done:
        assert ran.status == YES, ran
        assert len(redis.users()) == there - missing + 1
    else:
        assert (ran.status, ran.out, redis.users()) == (NO, "", before)
        assert (f"coexistctl: {kept}: {missing} of {there} users are not in it, and would be "
                f"removed: more than the limit of ") in ran.err
        assert f"say --delete-max {missing}\n" in ran.err


def test_what_is_passed_over_is_not_removed(ctl, redis, write):
    """The file names them; that it does not tell where they live is no reason to remove them."""
    redis.user("all@example.com", home="primary")
    redis.user("x@bare.example", alias="y@bare.example")
    redis.user("gone@example.com", home="primary")
    path = write(
        "PrimarySmtpAddress,RecipientTypeDetails,EmailAddresses\n"
        "a@example.com,UserMailbox,SMTP:a@example.com smtp:x@bare.example\n"
        "all@example.com,MailUniversalDistributionGroup,\n")
    ctl.good("import", path, "--system", "secondary", "--sync", "--yes")
    assert redis.users() == {"a@example.com": HERE, "all@example.com": THERE,
                            "x@bare.example": {"alias": "y@bare.example"}}


def test_bad_records_are_mended_or_removed(ctl, redis, write):
    redis.user("a@example.com", home="nowhere", colour="red")
    redis.user("b@example.com", home="nowhere")
    redis.set("coexist:user:c@example.com", "a string")
    whole = "address,home,route,group,alias,calendar,note\n"
    path = write(whole + "a@example.com,both,,,,,\n")
    ran = ctl.run("import", path, "--sync", "--yes")
    assert ran.status == NO and "'colour' is not a field of a user record" in ran.err
    redis.user("a@example.com", home="nowhere")
    ctl.good("import", path, "--sync", "--yes")
    assert redis.users() == {"a@example.com": {"home": "both"}}


def test_an_export_makes_it_as_it_was(ctl, redis, path):
    text, before = ctl.good("export"), redis.users()
    redis.user("moved@example.com", home="moving", calendar="primary")
    redis.user("late@example.com", home="both")
    redis.delete("coexist:user:gone2@example.com")
    ctl.good("import", "-", "--sync", "--yes", stdin=text)
    assert redis.users() == before
