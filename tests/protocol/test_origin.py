"""Who hands over a message, by what stands in its commands."""

import pytest

from coexist_testing.milter_client import transaction
from scene import PEER, THERE

SUBMISSION = ("127.0.0.1", "localhost")


@pytest.mark.parametrize("mail", ["<alice@sender.example>", "alice@sender.example"])
def test_an_smtp_client_may_leave_the_brackets_out(daemon, mail):
    mark = len(daemon.lines)
    done = transaction(daemon.socket, client=PEER, mail=mail, rcpts=[f"<gina@{THERE}>"])
    assert done.final.verdict == "continue"
    line = daemon.wait_log("decide", rcpt=f"gina@{THERE}", since=mark)
    assert line.values["origin"] == "peer"


def test_what_sendmail_submits_is_never_answered_at_rcpt(daemon):
    done = transaction(
        daemon.socket, client=SUBMISSION, mail="alice@sender.example", rcpts=["x%y", f"hank@{THERE}"]
    )
    assert done.final.verdict == "continue"
    assert daemon.wait_log("decide", rcpt=f"hank@{THERE}").values["origin"] == "local"


@pytest.mark.parametrize("rcpt", ["<(c)ida@there.example>", "<ida%there.example>",
                                  "<there.example!ida>"])
def test_an_address_with_two_meanings_is_refused(daemon, rcpt):
    done = transaction(daemon.socket, mail="<a@sender.example>", rcpts=[rcpt])
    assert (done.reply(rcpt).code, done.reply(rcpt).status) == (501, "5.1.3")
