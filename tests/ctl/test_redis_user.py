"""The rights in Redis that the README asks for are enough for the tool, and none is asked in vain."""

import json
import os
import re

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, YES

README = os.path.join(os.path.dirname(__file__), "../../README.md")
A = "a@example.com"

# Each with the status that it has when nothing is refused.
COMMANDS = [
    (YES, "user set a@example.com home=secondary"), (YES, "group set sales home=primary"),
    (YES, "user set b@example.com group=sales"), (YES, "user unset b@example.com"),
    (YES, "domain set example.com mode=observe"), (YES, "flip a@example.com primary"),
    (YES, "flip --group sales secondary"), (YES, "user show a@example.com"), (YES, "user list"),
    (YES, "status"), (YES, "export"), (YES, "events"), (NO, "loops"), (YES, "trace a@example.com"),
    (YES, "explain a@example.com"), (YES, "import --format list --home both -"),
]


def rights_of_the_readme():
    with open(README) as file:
        found = re.search(r"^    (ACL SETUSER coexistctl(?:.*\n)(?:        .*\n)*)", file.read(), re.M)
    return found[1].replace(">SECRET", ">secret").split()


@pytest.fixture
def as_user(redis, ctl):
    """as_user(rights): the tool's run(), as a user with these; the configuration has the filter's."""
    def change(rights):
        redis.cli("ACL", "DELUSER", "coexistctl")
        redis.cli(*rights)
        state = {"COEXIST_STATE": redis.unix_url + "&user=coexistctl&password=secret"}
        return lambda *words: ctl.run(*words, stdin=f"{A}\n", environment=state)

    yield change
    redis.cli("ACL", "DELUSER", "coexistctl")


def test_the_rights_of_the_readme_are_enough(redis, as_user):
    run = as_user(rights_of_the_readme())
    for status, words in COMMANDS:
        ran = run(*words.split())
        assert ran.status == status and "NOPERM" not in ran.err, (words, ran)
    ran = run("doctor", "--json", "--only", "redis", "--only", "records", "--only", "clocks")
    assert ran.status == NO and not ran.err
    # No more than this Redis of a test deserves: nothing that could not be asked.
    assert {f["id"] for f in json.loads(ran.out)["findings"]} == {
        "redis-persistence", "group-empty"}


@pytest.mark.parametrize("right", ["+hset", "+scan", "+multi", "+xadd"])
def test_a_right_that_is_missing_is_told(redis, as_user, right):
    run = as_user([word for word in rights_of_the_readme() if word != right])
    wrong = [
        ran for ran in (run(*words.split()) for _, words in COMMANDS[:10])
        if ran.status == UNAVAILABLE
    ]
    assert wrong, right
    assert all("Redis refuses this user (NOPERM): name another one by --state or COEXIST_STATE"
               in ran.err for ran in wrong), wrong
