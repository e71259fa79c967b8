"""The filter's own answers to a recipient, asked as an MTA asks, with no MTA between."""

import re

from coexist_testing.milter_client import transaction
from coexist_testing.wait import wait_until

CONFLICT = (451, "4.4.6", "conflict")
MOVING = (451, "4.2.1", "moving")
STATE_DOWN = (451, "4.4.3", "state-down")


def parts(code, text):
    """(451, "4.2.1", "moving") of a reply as it came by SMTP."""
    text = text.decode() if isinstance(text, bytes) else text
    found = re.match(r"(\d\.\d\.\d) ([a-z-]+):", text)
    assert found, text
    return (code, *found.groups())


def asked(socket, rcpt):
    """None when the filter takes the recipient."""
    reply = transaction(socket, rcpts=[f"<{rcpt}>"], stop_after="rcpt").reply(f"<{rcpt}>")
    return None if reply.goes_on else parts(reply.code, f"{reply.status} {reply.text}")


def wait_answer(socket, rcpt, answer, timeout=10):
    heard = [None]

    def says():
        heard[0] = asked(socket, rcpt)
        return heard[0] == answer

    wait_until(says, timeout, lambda: f"{answer} for {rcpt}, not {heard[0]}", interval=0.002)


def wait_remembered(socket, redis, rcpt):
    """Until the answer comes from memory: the filter hears of changes, and has heard of those that
    were made so far."""
    def remembered():
        asked(socket, rcpt)
        before = redis.calls("hgetall")
        asked(socket, rcpt)
        return redis.calls("hgetall") == before

    wait_until(remembered, 10, "an answer from memory")
