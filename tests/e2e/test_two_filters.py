"""A filter at each end: two Postfix, two filters, one Redis, the same keys."""

import pytest

from coexist_testing.ends import Ends
from coexist_testing.invitations import OUTLOOK, make_invitation
from coexist_testing.journey import Watch, arrived, attempt, kick_pickup, wait_deferred
from coexist_testing.pair import DOMAIN, send, unique_address
from coexist_testing.wait import wait_until

OTHER_KEYS = "k1 ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=\n"


@pytest.fixture(scope="module")
def _ends():
    with Ends() as ends:
        yield ends


@pytest.fixture
def pair(ends):
    return ends.pair


def make_user(ends, home):
    user = unique_address()
    ends.redis.user(user, home=home)
    return user


@pytest.mark.parametrize("home", ["primary", "secondary"])
@pytest.mark.parametrize("entry", ["primary", "secondary"])
def test_mail_that_comes_in_at_either_end_arrives_where_the_mailbox_is(ends, pair, entry, home):
    user = make_user(ends, home)
    message_id = send(getattr(pair, entry), user)
    at = getattr(pair, home)
    assert arrived(pair, message_id) == (
        [user] * (home == "primary"), [user] * (home == "secondary")
    )
    traces = ends.traces(message_id, at)
    assert [t["i"] for t in traces] == (["1"] if entry == home else ["2", "1"])
    if entry == home:
        assert ends.decided(entry, user) == ("external", "here", "home-here")
    else:
        assert ends.decided(entry, user) == ("external", "divert", "home-peer")
        assert ends.decided(home, user) == ("peer", "here", "home-here")


@pytest.mark.parametrize("entry, end", [("primary", "secondary"), ("secondary", "primary")])
def test_a_trace_crosses_two_filters_and_both_verify_it(ends, pair, entry, end):
    user = make_user(ends, end)
    marks = {name: len(daemon.lines) for name, daemon in ends.at.items()}
    message_id = send(getattr(pair, entry), user)
    assert arrived(pair, message_id)[end == "secondary"] == [user]
    newest, first = ends.traces(message_id, getattr(pair, end))
    assert (first["i"], first["n"], first["s"], first["o"]) == (
        "1", getattr(pair, entry).name, entry, "external"
    )
    assert (newest["i"], newest["n"], newest["s"], newest["o"]) == (
        "2", getattr(pair, end).name, end, "peer"
    )
    # One journey, and the same recipient: sent on by one, kept by the other.
    assert newest["id"] == first["id"] and newest["j"] == first["j"]
    assert (first["p"], first["h"]) == (newest["h"], newest["p"]) != ("", "")
    assert newest["p"] == ""
    for name, daemon in ends.at.items():
        assert daemon.find("forged", since=marks[name]) == []


@pytest.mark.parametrize("entry, end", [("primary", "secondary"), ("secondary", "primary")])
def test_with_other_keys_a_trace_is_forged_and_removed(ends, pair, entry, end):
    ends.change(end, keys=OTHER_KEYS)
    user = make_user(ends, end)
    mark = len(ends.at[end].lines)
    message_id = send(getattr(pair, entry), user)
    assert arrived(pair, message_id)[end == "secondary"] == [user]
    [trace] = ends.traces(message_id, getattr(pair, end))
    assert (trace["i"], trace["n"]) == ("1", getattr(pair, end).name)
    [line] = ends.at[end].find("forged", since=mark)
    assert (line.values["origin"], line.values["trace"]) == ("peer", "forged")


# Unknown users


@pytest.mark.parametrize("client", ["external", "local"])
def test_the_primary_rejects_whom_nobody_knows(ends, pair, client):
    nobody, somebody = unique_address(), make_user(ends, "primary")
    tried = attempt(pair.primary, [nobody, somebody], client=client)
    assert tried.codes == {nobody: "550 5.1.1"}
    assert arrived(pair, tried.message_id) == ([somebody], [])
    assert ends.decided("primary", nobody)[1:] == ("reject", "unknown-user")


def test_unknown_at_the_secondary_bounces_once_by_the_primary(ends, pair):
    watch = Watch(pair)
    nobody, sender = unique_address(), unique_address("sender.example", "sender")
    message_id = send(pair.secondary, nobody, sender=sender)
    wait_until(lambda: pair.secondary.deliveries(rcpt=sender), 20, "the bounce")
    assert arrived(pair, message_id) == ([], [])
    assert ends.decided("secondary", nobody) == ("external", "divert", "default")
    assert ends.decided("primary", nobody) == ("peer", "reject", "unknown-user")
    [bounce] = watch.deliveries()
    assert bounce.rcpt == sender
    assert f"Final-Recipient: rfc822; {nobody}".encode() in bounce.body
    assert b"Status: 5.1.1" in bounce.body
    assert len(pair.primary.queue_ids(message_id)) == 0
    assert pair.secondary.queue() == []


def test_what_sendmail_submits_for_nobody_bounces_at_the_primary(ends, pair):
    watch = Watch(pair)
    nobody, sender = unique_address(), unique_address("sender.example", "sender")
    pair.primary.sendmail("Subject: x\n\nHello.\n", sender, [nobody])
    wait_until(lambda: pair.primary.deliveries(rcpt=sender), 20, "the bounce")
    [bounce] = watch.deliveries()
    assert b"Status: 5.1.1" in bounce.body
    assert pair.secondary.queue() == []


def test_a_default_home_makes_everybody_known(ends, pair):
    ends.redis.domain(DOMAIN, home="secondary")
    user = unique_address()
    message_id = send(pair.primary, user)
    assert arrived(pair, message_id) == ([], [user])
    assert ends.decided("primary", user) == ("external", "divert", "default")
    assert ends.decided("secondary", user) == ("peer", "here", "authority")


# What the other side does wrong


@pytest.mark.parametrize("home, end", [("primary", "secondary"), ("secondary", "primary")])
def test_a_conflict_waits_at_the_side_that_made_it(ends, pair, home, end):
    """Where the mailbox lives, Postfix hands its mail to the other side all the same."""
    user = make_user(ends, home)
    at, other = getattr(pair, home), getattr(pair, end)
    at.route(user, other)
    message_id = send(at, user)
    [waiting] = wait_deferred(at)
    assert "451 4.4.6 conflict" in " ".join(waiting["recipients"][0]["delay_reason"].split())
    assert arrived(pair, message_id) == ([], [])
    assert ends.decided(home, user) == ("external", "here", "home-here")
    assert ends.decided(end, user) == ("peer", "defer", "conflict")

    ends.redis.user(user, home=end)
    at.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 20, "delivery once the record says so too")
    assert arrived(pair, message_id) == ([user] * (end == "primary"), [user] * (end == "secondary"))


@pytest.mark.parametrize("home, end", [("primary", "secondary"), ("secondary", "primary")])
def test_a_loop_is_told_by_the_trace_of_the_other_end(ends, pair, home, end):
    """The filter where the mailbox lives has kept it; Postfix there hands it over all the same; and
    the filter at the other end cannot tell the peer by its network."""
    ends.change(end, peer={"networks": None})
    user, sender = make_user(ends, home), unique_address("sender.example", "sender")
    watch = Watch(pair)
    at, other = getattr(pair, home), getattr(pair, end)
    at.route(user, other)
    message_id = send(at, user, sender=sender)
    wait_until(lambda: at.deliveries(rcpt=sender), 20, "the bounce")
    assert arrived(pair, message_id) == ([], [])
    [line] = ends.at[end].find("decide", rcpt=user)
    assert (line.values["reason"], line.values["action"]) == ("loop", "reject")
    assert (line.values["evidence"], line.values["passes"]) == ("trace", "2")
    [bounce] = watch.deliveries()
    assert b"5.4.6" in bounce.body
    assert (at.activations(message_id), other.activations(message_id)) == (1, 0)


@pytest.mark.parametrize("home, end", [("primary", "secondary"), ("secondary", "primary")])
def test_mail_that_waits_for_the_other_end_at_a_flip_can_be_fetched_back(ends, pair, home, end):
    """Its address in the queue is that of the other end, which does not send it back; an alias for it
    alone undoes that in the queue, and others go on to the other end."""
    watch = Watch(pair)
    user, remains = make_user(ends, end), make_user(ends, end)
    at, other = getattr(pair, home), getattr(pair, end)
    other.stop()
    message_id = send(at, user)
    wait_deferred(at)
    ends.redis.user(user, home=home)
    other.start()
    wait_until(lambda: ends.at[end].find("decide", rcpt=user, reason="conflict"), 20, "it is put off")
    assert (arrived(pair, message_id), watch.bounces()) == (([], []), [])

    [waiting] = wait_deferred(at)
    at.set_main(virtual_alias_maps=f"inline:{{ {{ {user}.{end}.invalid = {user} }} }}")
    try:
        at.postsuper("-r", waiting["queue_id"])
        kick_pickup(at)
        wait_until(lambda: sum(pair.delivered(message_id)), 20,
                   lambda: "it is delivered:\n" + at.log()[-3000:])
        still = send(at, remains)
        wait_until(lambda: sum(pair.delivered(still)), 20, "others go to the other end")
        assert arrived(pair, still) == (
            [remains] * (end == "primary"), [remains] * (end == "secondary"))
    finally:
        at.set_main(virtual_alias_maps="")
    assert arrived(pair, message_id) == ([user] * (home == "primary"), [user] * (home == "secondary"))
    assert watch.bounces() == []


# Both, and what is shared


@pytest.mark.parametrize("entry", ["primary", "secondary"])
def test_who_lives_on_both_has_one_copy_on_each(ends, pair, entry):
    user = make_user(ends, "both")
    message_id = send(getattr(pair, entry), user)
    assert arrived(pair, message_id) == ([user], [user])
    end = "secondary" if entry == "primary" else "primary"
    assert ends.decided(entry, user) == ("external", "both", "dual")
    assert ends.decided(end, user) == ("peer", "here", "split-horizon")


@pytest.mark.parametrize("calendar", [None, "primary", "secondary"])
@pytest.mark.parametrize("entry", ["primary", "secondary"])
def test_an_invitation_goes_to_the_one_calendar(ends, pair, entry, calendar):
    room = unique_address(prefix="room")
    ends.redis.user(room, home="both", **({"calendar": calendar} if calendar else {}))
    send(getattr(pair, entry), room)  # from now on bodies are asked for
    message_id, text = make_invitation(OUTLOOK)
    send(getattr(pair, entry), room, message=text, message_id=message_id)
    here = calendar == "secondary"
    assert arrived(pair, message_id) == ([room] * (not here), [room] * here)


def test_a_flip_rules_both_ends(ends, pair):
    user = make_user(ends, "primary")
    for home in ("primary", "secondary", "primary"):
        ends.redis.user(user, home=home)
        for entry in pair.both:
            message_id = send(entry, user)
            assert arrived(pair, message_id) == (
                [user] * (home == "primary"), [user] * (home == "secondary")
            )


def test_a_breaker_that_one_end_opens_holds_at_the_other(ends, pair):
    for end in ends.at:
        ends.change(end, breaker_limit=1)
    user = make_user(ends, "secondary")
    tried = attempt(pair.primary, user, client=pair.secondary)
    assert tried.codes == {user: "451 4.4.6"}

    def is_open():
        link = pair.secondary.connect({"ADDR": "203.0.113.25", "NAME": "mx.external.example"})
        try:
            link.mail("")
            return link.rcpt(user)[0] == 451
        finally:
            link.close()

    wait_until(is_open, 20, "the other end defers it too")
    assert ends.decided("secondary", user) == ("external", "defer", "breaker")


def test_both_ends_write_to_one_stream(ends, pair):
    user = make_user(ends, "secondary")
    send(pair.primary, user)
    wait_until(lambda: int(ends.redis.cli("XLEN", "coexist:events")) == 2, 20, "two decisions")
    told = ends.redis.cli("XRANGE", "coexist:events", "-", "+").split("\n")
    nodes = [told[i + 1] for i, word in enumerate(told) if word == "node"]
    assert sorted(nodes) == sorted(postfix.name for postfix in pair.both)
    assert user in told
