"""When the filter asks the MTA for bodies, and how much of them."""

import pytest

from coexist_testing import milter_protocol as p
from coexist_testing.milter_client import MilterConnection, transaction
from scene import HERE, PEER, THERE

BOUNDARY = "=_4711"
HEADERS = [("From", " alice@sender.example"), ("Message-ID", " <m@sender.example>"),
           ("Content-Type", f' multipart/mixed;\n\tboundary="{BOUNDARY}"')]
PART = (f"--{BOUNDARY}\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
        f"BEGIN:VCALENDAR\r\n\r\n--{BOUNDARY}--\r\n")
FILLING = "x" * 70 + "\r\n"
CHUNKS = 5  # of a long body


@pytest.fixture
def both(records, stateful):
    """A mailbox of the secondary and the primary, which the filter has seen."""
    user = f"both@{HERE}"
    records.user(user, home="both", calendar="secondary", route="both@peer.invalid")
    transaction(stateful.socket, rcpts=[f"<{user}>"])
    return f"<{user}>"


class Counting(MilterConnection):
    """Counts the chunks of bodies that it sends."""

    def event(self, command, data=b""):
        if command == p.BODY and not self.steps & p.NOBODY:
            self.chunks = getattr(self, "chunks", 0) + 1
        return super().event(command, data)


def say(socket, rcpt, body, headers=None, client=("203.0.113.25", "mx.external.example"), **how):
    """(Transaction, number of body chunks sent)"""
    with Counting(socket, **how) as link:
        link.connect(*client)
        link.helo()
        done = link.message(rcpts=[rcpt], headers=HEADERS if headers is None else headers,
                            body=body)
        return done, getattr(link, "chunks", 0)


def reason(done):
    [route] = done.values("X-Coexist-Route")
    return route.partition("reason=")[2]


def long_body(at):
    """Of CHUNKS chunks; the calendar stands in the chunk `at`, from 0."""
    lines = [FILLING] * (CHUNKS * p.BODY_CHUNK // len(FILLING))
    lines.insert(at * p.BODY_CHUNK // len(FILLING) + 10, PART)
    return "".join(lines)


def test_bodies_are_asked_for_once_a_mailbox_is_on_both(run_daemon, records):
    records.flush()
    daemon = run_daemon(state=records.unix_url)
    records.user(f"both@{HERE}", home="both", calendar="secondary", route="both@peer.invalid")
    with MilterConnection(daemon.socket) as early:
        assert early.steps & p.NOBODY and not early.steps & p.SKIP
        transaction(daemon.socket, rcpts=[f"<other@{HERE}>"])
        with MilterConnection(daemon.socket) as link:
            assert link.steps & p.NOBODY
        transaction(daemon.socket, rcpts=[f"<both@{HERE}>"])
        with MilterConnection(daemon.socket) as link:
            assert not link.steps & (p.NOBODY | p.NR_BODY) and link.steps & p.SKIP

        # The connection from before has none, and what needs one waits.
        early.connect()
        early.helo()
        done = early.message(rcpts=[f"<both@{HERE}>"], headers=HEADERS, body=PART)
        assert (done.final.verdict, done.final.code, done.edits) == ("reply", 451, [])
        done = early.message(rcpts=[f"<both@{HERE}>"], body=PART)
        assert done.final.verdict == "continue"
    daemon.reload()
    with MilterConnection(daemon.socket) as link:
        assert not link.steps & p.NOBODY


@pytest.mark.parametrize("at", range(CHUNKS))
def test_no_more_of_a_body_comes_than_tells(stateful, both, at):
    done, chunks = say(stateful.socket, both, long_body(at))
    assert (reason(done), chunks, done.body.verdict) == ("calendar", at + 1, "skip")


def test_all_of_it_comes_where_it_is_no_invitation(stateful, both):
    body = f"--{BOUNDARY}\r\n\r\n" + FILLING * (2 * p.BODY_CHUNK // len(FILLING))
    done, chunks = say(stateful.socket, both, body)
    assert (reason(done), chunks, done.body.verdict) == ("dual", 2, "continue")


@pytest.mark.parametrize("rcpt, headers, client, why", [
    (f"<a@{HERE}>", HEADERS, None, "default"),
    (f"<a@{THERE}>", HEADERS, None, "default"),
    ("both", [("Subject", " x")], None, "dual"),
    ("both", [("Content-Type", " text/calendar; method=REQUEST")], None, "calendar"),
    ("both", HEADERS, PEER, "split-horizon"),
])
def test_one_chunk_comes_where_the_body_does_not_matter(
    stateful, both, rcpt, headers, client, why
):
    done, chunks = say(stateful.socket, both if rcpt == "both" else rcpt, long_body(0), headers,
                       client or ("203.0.113.25", "mx.external.example"))
    assert (reason(done), chunks, done.body.verdict) == (why, 1, "skip")


def test_an_mta_that_cannot_skip_sends_all_of_it(stateful, both):
    done, chunks = say(stateful.socket, both, long_body(1), steps=p.ALL_STEPS & ~p.SKIP)
    assert (reason(done), chunks, done.body.verdict) == ("calendar", CHUNKS + 1, "continue")
    assert done.final.verdict == "continue"


def test_an_mta_without_a_body_ends_at_once(stateful, both):
    done, chunks = say(stateful.socket, both, "")
    assert (reason(done), chunks) == ("dual", 0)
