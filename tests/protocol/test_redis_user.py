"""The rights that the README asks for are enough, with nothing refused anywhere."""

import os
import re

import pytest

from coexist_testing.milter_client import transaction
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import wait_until
from scene import HERE, OPTIONS, PEER, THERE

README = os.path.join(os.path.dirname(__file__), "../../README.md")


@pytest.fixture(scope="module")
def server():
    with RedisServer() as redis:
        yield redis


def rights_of_the_readme():
    """The words of its ACL SETUSER."""
    with open(README) as file:
        found = re.search(r"^    (ACL SETUSER coexist(?:.*\n)(?:        .*\n)*)", file.read(), re.M)
    return found[1].replace(">SECRET", ">secret").split()


def run_as(run_daemon, server, rights, **changes):
    server.flush()
    server.cli("ACL", "DELUSER", "coexist")
    server.cli(*rights)
    state = f"redis://coexist:secret@127.0.0.1:{server.port}/0"
    return run_daemon(state=state, breaker_limit=1, **changes)


def untold_peer():
    systems = OPTIONS["system"]
    return {**systems, "primary": {**systems["primary"], "networks": None}}


def test_the_rights_of_the_readme_are_enough(run_daemon, server):
    daemon = run_as(run_daemon, server, rights_of_the_readme())
    wait_until(lambda: "flags=P" in server.cli("CLIENT", "LIST"), 10, "changes are heard")
    done = transaction(daemon.socket, rcpts=[f"<a@{HERE}>", f"<b@{THERE}>"],
                       headers=[("Message-ID", " <one@sender.example>")])
    assert done.final.verdict == "continue"
    wait_until(lambda: server.cli("XLEN", "coexist:events") == "2", 10, "both are told")
    wait_until(lambda: server.cli("KEYS", "coexist:ledger:*"), 10, "one is in the ledger")

    # A flip is heard.
    server.user(f"a@{HERE}", home="moving")
    wait_until(lambda: transaction(daemon.socket, rcpts=[f"<a@{HERE}>"], stop_after="rcpt")
               .rcpts[0][1].code == 451, 10, "the flip rules")

    # A conflict opens the breaker, for everybody.
    server.user(f"b@{THERE}", home="primary")
    assert transaction(daemon.socket, client=PEER, rcpts=[f"<b@{THERE}>"]).rcpts[0][1].code == 451
    wait_until(lambda: server.cli("ZCARD", "coexist:breaker") == "1", 10, "the breaker opens")
    wait_until(lambda: "breaker" in (transaction(daemon.socket, rcpts=[f"<b@{THERE}>"]).rcpts[0][1]
                                     .text or ""), 10, "mail from elsewhere waits too")
    assert not [l.text for l in daemon.lines if l.event not in ("decide", "start", "stop")]


def test_the_ledger_can_be_read_with_them(run_daemon, server):
    daemon = run_as(run_daemon, server, rights_of_the_readme(), system=untold_peer())
    for hop in ("1", "2"):
        done = transaction(daemon.socket, rcpts=[f"<b@{THERE}>"], headers=[
            ("Received", f" from x by mail.primary.example id {hop}; Mon, 2 Nov 2026 10:00:0{hop} +0000"),
            ("Message-ID", " <two@sender.example>")])
        assert done.final.verdict == "continue"
        wait_until(lambda: len(server.cli("GET", server.cli("KEYS", "coexist:ledger:*"))
                               .split(",")) == int(hop) + 1, 10, "it is in the ledger")
    done = transaction(daemon.socket, rcpts=[f"<b@{THERE}>"],
                       headers=[("Message-ID", " <two@sender.example>")])
    assert (done.final.code, done.final.status) == (550, "5.4.6")
    assert "evidence=ledger" in done.final.text
    assert not daemon.find("ledger-unavailable")


@pytest.mark.parametrize("right, told", [
    ("+hgetall", "why"), ("+client|tracking", "state-lost"), ("&__redis__:invalidate", "state-lost"),
    ("+xadd", "journal-refused"),
])
def test_a_right_that_is_missing_is_named(run_daemon, server, right, told):
    rights = [word for word in rights_of_the_readme() if word != right]
    daemon = run_as(run_daemon, server, rights)
    transaction(daemon.socket, rcpts=[f"<a@{HERE}>"])
    word = right.strip("&+").split("|")[0]
    wait_until(lambda: [l for l in daemon.lines if "NOPERM" in l.text and (
        told in l.text) and (word in l.text)], 10, lambda: daemon.text())
