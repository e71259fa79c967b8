"""The stream of events as a test writes it, in place of nodes."""

from coexist_testing.redis_link import RedisLink

KEY = "coexist:events"
BEGIN = 1769860800000  # 2026-01-31 12:00:00 UTC


def decision(rcpt, ms=0, **fields):
    """A decision's fields, ms after BEGIN. `alias_of` stands for `alias-of`; None leaves one out."""
    given = {
        "event": "decide", "at": "end", "t": BEGIN + ms, "node": "s.example.net", "queue": "4TA",
        "msgid": "<m@sender.example>", "rcpt": rcpt, "origin": "external", "home": "secondary",
        "action": "here", "reason": "home-here", "path": "S<external", **fields,
    }
    return {k.replace("_", "-"): v for k, v in given.items() if v is not None}


def change(event, ms=0, **fields):
    """What the tool tells of a record that it has written."""
    return {"event": event, "t": BEGIN + ms, "node": "s.example.net", "by": "root", **fields}


def add(redis, *events):
    """Adds each to the stream, by the milliseconds of its `t` where it has one; returns the ids."""
    with RedisLink(redis.socket) as link:
        return [
            link.command("XADD", KEY, f"{event['t']}-*" if "t" in event else "*",
                         *[word for pair in event.items() for word in pair])
            for event in events
        ]
