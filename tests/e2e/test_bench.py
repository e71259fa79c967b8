"""The benchmark: whether it measures all that it says, and sees wrong answers. No figures."""

import json
import os
import subprocess

import pytest

from coexist_testing.daemon import OUT, ROOT
from coexist_testing.net import accepts
from coexist_testing.wait import SLOWNESS, wait_until

RUN = f"{ROOT}/tests/bench/run"
MESSAGES = 24
LOOKUP_US = 50000  # that the proxy adds to a slow one

VARIANTS = {
    "null, unix, 1 at once", "ours, unix, 1 at once", "null, inet, 1 at once",
    "ours, inet, 1 at once", "null, unix, 4 at once", "ours, unix, 4 at once",
    "null, inet, 4 at once", "ours, inet, 4 at once", "null, 5000 a second", "ours, 5000 a second",
    "null, 10 recipients", "ours, 10 recipients",
    "null, 100 recipients", "ours, 100 recipients", "null, 60 headers", "ours, 60 headers",
    "null, 500 headers", "ours, 500 headers", "ours, diverted to the peer", "ours, from the peer",
    "ours, 1 % unknown", "ours, all unknown", "ours, through a proxy", "ours, 1 of 4 slow",
    "ours, Redis dead", "ours, Redis hung", "ours, 100 users", "ours, 1000 users",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    command = [RUN, "--smoke", "--out", OUT, "--json", f"{folder}/json",
               "--markdown", f"{folder}/markdown"]
    text = run_to_its_end(command, 120 * SLOWNESS)
    with open(f"{folder}/json") as file:
        told = json.load(file)
    with open(f"{folder}/markdown") as file:
        return {**told, "text": text, "markdown": file.read()}


def run_to_its_end(command, timeout):
    """Its output; a run that takes too long is let end what it has started."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        text, _ = process.communicate(timeout=timeout)
    except BaseException:
        process.terminate()
        process.communicate(timeout=60 * SLOWNESS)
        raise
    assert process.returncode == 0, text
    return text


def test_every_variant_is_measured_and_answers_right(result):
    assert {cell["name"] for cell in result["cells"]} == VARIANTS
    for cell in result["cells"]:
        slow = cell.get("slow", {"messages": 0})["messages"]
        told = sum(r["message"]["n"] + r["slow"]["n"] for r in result["rounds"][cell["name"]])
        assert (cell["wrong"], cell["messages"], told) == (0, MESSAGES, MESSAGES), cell["name"]
        assert (slow > 0) == ("slow" in cell["name"])
    assert result["wrong"] == []


def test_the_null_milter_negotiates_as_ours_does(result):
    assert result["same_negotiation"]


def test_slow_look_ups_are_slow_and_known_users_need_none(result):
    cells = {cell["name"]: cell for cell in result["cells"]}
    assert cells["ours, 1 of 4 slow"]["slow"]["p50"] >= LOOKUP_US
    for commands in result["commands"]:
        assert commands["messages"] == MESSAGES
        assert "HGETALL" not in commands["calls"]


def test_each_flip_is_timed(result):
    flips = result["flips"]
    assert flips["time"]["n"] == flips["flips"] == 128
    assert (flips["reverted"], flips["given_up"]) == (0, 0)
    assert flips["load"]


def test_the_maps_and_the_null_server_are_asked_alike(result):
    asked = {cell["name"]: cell["asked"] for cell in result["maps"]}
    assert asked == dict.fromkeys(
        ["null, 1 at once", "ours, 1 at once", "null, 64 at once", "ours, 64 at once"], MESSAGES)
    assert [cell["wrong"] for cell in result["maps"]] == [0] * 4


def test_mail_goes_through_postfix_with_each_filter(result):
    assert sorted(result["postfix"]) == ["no filter", "null", "ours"]
    for rounds in result["postfix"].values():
        assert all(r["accepted"] > 0 and r["through"] > 0 for r in rounds) and rounds


def test_figures_and_goals_are_told(result):
    assert [m["users"] for m in result["memory"]] == [100, 1000]
    for table in (result["text"], result["markdown"]):
        assert all(name in table for name in VARIANTS)
        assert all(goal["what"] in table for goal in result["goals"])
    assert len(result["goals"]) >= 18


def test_a_next_hop_that_is_not_the_expected_one_is_counted(tmp_path):
    path = f"{tmp_path}/maps.sock"
    server = subprocess.Popen([f"{OUT}/bench/null_socketmap", path, "OK here"])
    try:
        wait_until(lambda: accepts(path), 10, "the null server listens")
        told = [subprocess.run([f"{OUT}/bench/lookups", path, answer, "--count", "10"],
                               capture_output=True, text=True, timeout=30 * SLOWNESS)
                for answer in ("OK here", "OK there")]
    finally:
        server.kill()
        server.wait()
    assert [done.returncode for done in told] == [0, os.EX_SOFTWARE]
    assert [json.loads(done.stdout)["wrong"] for done in told] == [0, 10]


@pytest.fixture
def null(tmp_path):
    path = f"{tmp_path}/null.sock"
    server = subprocess.Popen([f"{OUT}/bench/null_milter", "--listen", f"unix:{path}"])
    try:
        wait_until(lambda: accepts(path), 10, "the null milter listens")
        yield f"unix:{path}"
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("options, why", [
    (["--header", "X-Coexist-Trace"], "header"),
    (["--header", "X-Null", "--diverted"], "envelope"),
])
def test_an_answer_that_is_not_the_expected_one_is_counted(null, options, why):
    command = [f"{OUT}/bench/load", null, "--messages", "10", "--seconds", "600", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30 * SLOWNESS)
    told = json.loads(done.stdout)
    assert (done.returncode, told["wrong"], told["messages"]) == (os.EX_SOFTWARE, 10, 10)
    assert why in told["why"]


def test_times_are_sorted_into_shares(null):
    command = [f"{OUT}/bench/load", null, "--messages", "500", "--seconds", "600",
               "--header", "X-Null", "--connections", "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30 * SLOWNESS)
    times = json.loads(done.stdout)["message"]
    assert times["n"] == 500
    assert 0 < times["p50"] <= times["p90"] <= times["p99"] <= times["p999"] <= times["max"]
    assert times["mean"] <= times["max"]
