"""status: the migration at a glance."""

import time

from coexist_testing.ctl import YES, without_ink
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import wait_until


def decide(redis, node, reason="home-here", ago_s=0, **more):
    """One entry as a node would have told it so long ago."""
    fields = {"event": "decide", "node": node, "rcpt": "a@example.com", "reason": reason, **more}
    ms = int((time.time() - ago_s) * 1000)
    redis.cli("XADD", "coexist:events", f"{ms}-*",
              *[word for pair in fields.items() for word in pair])


def fill(redis):
    redis.group("sales", home="secondary", note="wave 1")
    redis.group("board", home="both")
    redis.group("later", note="wave 9")
    redis.domain("example.com", home="primary")
    for user in ("s1", "s2", "s3"):
        redis.user(f"{user}@example.com", group="sales")
    redis.user("s4@example.com", group="sales", home="primary")
    redis.user("b1@example.com", group="board")
    redis.user("l1@example.com", group="later")
    redis.user("m1@example.com", home="moving")
    redis.user("x@bare.example", note="no home")
    redis.user("alias@example.com", alias="s1@example.com")
    redis.user("bad@example.com", home="nowhere")
    redis.user("lost@example.com", group="gone")


SHOWN = """\
s.example.net, a node of the secondary system; 2 domains

Users  9 with a record, 1 aliases
  primary   [##########                    ] 3 (33.3 %)
  secondary [##########                    ] 3 (33.3 %)
  both      [###                           ] 1 (11.1 %)
  moving    [###                           ] 1 (11.1 %)
  undecided [###                           ] 1 (11.1 %)
  1 bad records: coexistctl user list --bad (group, domain)

Group  home       users  primary  secondary  both  moving  note
board  both       1      0        0          1     0       -
gone   NO RECORD  1      1        0          0     0       -
later  no home    1      1        0          0     0       wave 9
sales  secondary  4      1        3          0     0       wave 1

Last hour  5 decisions, 1 conflicts, 2 loops: coexistctl loops
"""


def test_at_a_glance(ctl, redis):
    fill(redis)
    decide(redis, "old.example.net", ago_s=7200)
    for _ in range(2):
        decide(redis, "s.example.net", ago_s=60)
    decide(redis, "s.example.net", reason="conflict")
    decide(redis, "t.example.net", reason="loop", loop="pingpong")
    decide(redis, "t.example.net", reason="hops", loop="hops")
    redis.cli("XADD", "coexist:events", "*", "event", "flip", "rcpt", "a@example.com")
    piped = ctl.good("status")
    assert piped.startswith(SHOWN)
    rest = piped[len(SHOWN):].splitlines()
    assert rest[0].startswith("  node s.example.net: 3 decisions, the last ")
    assert rest[1].startswith("  node t.example.net: 2 decisions, the last ")
    assert rest[2] == ""
    assert rest[3].startswith(f"Redis  {redis.socket}, master, answers in ")
    shown = ctl.terminal("status")
    assert shown.status == YES and "\x1b[" in shown.out
    assert without_ink(shown.out).startswith(SHOWN)


def test_as_json(ctl, redis):
    fill(redis)
    decide(redis, "s.example.net", reason="conflict")
    told = ctl.json("status")
    assert told["users"] == 9 and told["aliases"] == 1 and told["bad_records"] == 1
    assert told["homes"] == {"primary": 3, "secondary": 3, "both": 1, "moving": 1, "undecided": 1}
    assert told["groups"][3] == {
        "name": "sales", "home": "secondary", "record": True, "good": True, "users": 4,
        "homes": {"primary": 1, "secondary": 3, "both": 0, "moving": 0, "undecided": 0},
        "note": "wave 1"}
    assert told["last_hour"] == {"events": True, "decisions": 1, "conflicts": 1, "loops": 0,
                                 "fault": None}
    assert [node["name"] for node in told["nodes"]] == ["s.example.net"]
    assert told["redis"]["role"] == "master" and told["redis"]["master_lost"] is False


def test_nothing_yet(ctl, redis):
    told = ctl.good("status")
    assert "Users  0 with a record, 0 aliases\n  primary   [" in told
    assert "no node has decided anything" in told


def test_without_events(ctl, redis, options):
    ctl.write_config({**options, "events_max": 0})
    assert "Last hour  no events are kept: events_max is 0\n" in ctl.good("status")


WRONG_TYPE = "Redis refuses: WRONGTYPE Operation against a key holding the wrong kind of value"


def test_events_that_cannot_be_read(ctl, redis):
    redis.user("a@example.com", home="both")
    redis.set("coexist:events", "x")
    told = ctl.good("status")
    assert f"Last hour  the events cannot be read: {WRONG_TYPE}\n\nRedis  " in told
    assert "  both      [##############################] 1 (100.0 %)\n" in told
    assert ctl.json("status")["last_hour"] == {
        "events": True, "decisions": 0, "conflicts": 0, "loops": 0, "fault": WRONG_TYPE}


def test_a_replica_and_its_lag(ctl, redis, options):
    with RedisServer("--replicaof", "127.0.0.1", str(redis.port)) as replica:
        wait_until(lambda: "state=online" in redis.cli("INFO", "replication"), 20,
                   "the replica is in step")
        assert ctl.json("status")["redis"]["replicas"] == 1
        assert ", 1 replicas, " in ctl.good("status")
        ctl.write_config({**options, "state": replica.unix_url})
        assert ctl.json("status")["redis"]["role"] == "slave"
