"""What comes back without being a loop is delivered: no false alarm.

Each is tried with a peer that is told by its network and, where traces alone judge, with one that
is not.
"""

import re
import smtplib
import types

import pytest

from coexist_testing.pair import (
    SENDERS, make_message, send, unique, unique_address, unique_message_id,
)
from coexist_testing.journey import Watch, arrived, attempt, kick_pickup, wait_deferred
from coexist_testing.net import free_port
from coexist_testing.wait import wait_until

STRIP_TRACES = "regexp:{{/^X-Coexist-/ IGNORE}}"
LIST_ID = "regexp:{{/^From:/ PREPEND List-Id: The staff <staff.example.com>}}"


@pytest.fixture(params=["told", "untold"])
def peer(request, redis, configure):
    """The primary, told by its network or not."""
    if request.param == "untold":
        configure(primary={"networks": None})
    return request.param


@pytest.fixture
def people(pair, redis):
    """Where users live, the primary knows: people.here and people.there make one."""
    def here():
        user = unique_address()
        redis.user(user, home="secondary")
        return user

    def there():
        user = unique_address()
        redis.user(user, home="primary")
        pair.primary.route(user, "here")
        return user

    return types.SimpleNamespace(here=here, there=there)


@pytest.fixture
def lists(pair):
    """{address: members} of lists and forwards that the primary expands."""
    members = {}
    pair.primary.tables.tables["lists"] = lambda key: ", ".join(members.get(key, ())) or None
    pair.primary.set_main(virtual_alias_maps=f"{pair.primary.tables.spec}:lists")
    yield members
    pair.primary.set_main(virtual_alias_maps="")
    del pair.primary.tables.tables["lists"]


@pytest.fixture
def primary_checks(pair):
    def check(value):
        pair.primary.set_main(header_checks=value)

    yield check
    pair.primary.set_main(header_checks="")


def taken(sink, message_id, count=1):
    """What the sink was given: the message as it is on the wire."""
    wait_until(lambda: len(sink.find(message_id)) >= count, 10, "the message at the sink")
    return sink.find(message_id)


def no_loop(filter, *users):
    """No decision about them but to deliver, and none by a loop."""
    for user in users:
        for line in filter.find("decide", rcpt=user):
            assert line.values["action"] in ("here", "divert", "both"), line.text
            assert line.values.get("loop", "none") in ("none", "suspect"), line.text


# Forwards and lists of the peer


def test_the_peer_forwards_to_another_user_here(pair, filter, peer, people, lists):
    boss, deputy = people.there(), people.here()
    lists[boss] = [deputy]
    message_id = send(pair.secondary, boss)
    assert arrived(pair, message_id) == ([], [deputy])
    [delivery] = pair.secondary.deliveries(message_id)
    assert len(delivery.headers.get_all("X-Coexist-Trace")) == 2
    no_loop(filter, boss, deputy)


@pytest.mark.parametrize("strip, width", [(None, 1), (None, 2), (STRIP_TRACES, 1)],
                         ids=["traced", "no for", "stripped"])
def test_a_chain_of_forwards_between_both_systems(
    pair, filter, peer, people, lists, sink, primary_checks, strip, width
):
    """Three visits here, each for another user. The traces tell, or without them the path does:
    a Received field names its recipient where it has but one."""
    primary_checks(strip or "")
    steps = [people.there, people.here, people.there, people.here]
    a, b, c, d = ([person() for _ in range(width)] for person in steps)
    for sources, targets in ((a, b), (c, d)):
        for source, target in zip(sources, targets):
            lists[source] = [target]
    for user in b:
        pair.secondary.route(user, sink.smtp)
    message_id = send(pair.secondary, a)
    [message] = taken(sink, message_id)
    send(pair.secondary, c, message=message.data, client="local")
    assert arrived(pair, message_id) == ([], sorted(d))
    last = filter.find("decide", rcpt=d[0])[-1]
    assert last.values["path"] == "S<P<S<P<S"
    no_loop(filter, *a, *b, *c, *d)


def test_the_peer_forwards_by_way_of_a_host_outside(pair, filter, peer, people, sink):
    """The same message, sent to the peer for one user, comes again for another one there."""
    boss, deputy = people.there(), people.there()
    pair.primary.route(boss, sink.smtp)
    message_id = send(pair.secondary, boss)
    [message] = taken(sink, message_id)
    send(pair.secondary, deputy, message=message.data)
    assert arrived(pair, message_id) == ([deputy], [])
    no_loop(filter, boss, deputy)


@pytest.mark.parametrize("marked", [False, True])
def test_a_list_of_the_peer_expands_to_a_user_here(
    pair, filter, peer, people, lists, primary_checks, marked
):
    primary_checks(LIST_ID if marked else "")
    staff, user, other, third = people.there(), people.here(), people.here(), people.there()
    lists[staff] = [user, other, third]
    message_id = send(pair.secondary, staff)
    assert arrived(pair, message_id) == ([third], sorted([user, other]))
    no_loop(filter, staff, user, other, third)


@pytest.mark.parametrize("marked", [False, True])
def test_a_list_expands_to_a_user_who_was_addressed_too(
    pair, filter, peer, people, lists, primary_checks, marked
):
    """The user gets it twice, as anybody does who is addressed with his list."""
    primary_checks(LIST_ID if marked else "")
    staff, user, third = people.there(), people.here(), people.there()
    lists[staff] = [user, third]
    message_id = send(pair.secondary, [staff, user])
    assert arrived(pair, message_id) == ([third], [user, user])
    no_loop(filter, staff, user, third)
    passes = sorted(
        re.search(r"i=(\d+);", d.headers["X-Coexist-Trace"])[1]
        for d in pair.secondary.deliveries(message_id, user)
    )
    assert passes == ["1", "1" if marked else "2"]  # a list's message begins a new journey


def test_a_list_server_outside_sends_to_one_who_was_addressed_too(
    pair, filter, peer, people, sink
):
    """It keeps the Message-ID and all fields, adds a List-Id, and sends by the secondary."""
    staff, user = people.there(), people.there()
    pair.primary.route(staff, sink.smtp)
    message_id = send(pair.secondary, [staff, user])
    [message] = taken(sink, message_id)
    listed = b"List-Id: <staff.example.com>\n" + message.data
    send(pair.secondary, user, message=listed)
    assert arrived(pair, message_id) == ([user, user], [])
    no_loop(filter, staff, user)


def test_a_list_s_message_that_then_loops_is_found(
    pair, redis, filter, configure, lists, primary_checks
):
    """A new journey is no charter."""
    configure(primary={"networks": None})
    primary_checks(LIST_ID)
    pair.hand_over()
    staff, user, sender = (unique_address(), unique_address(), unique_address(SENDERS, "sender"))
    for address in (staff, user):
        redis.user(address, home="primary")
    lists[staff] = [user]
    watch = Watch(pair)
    message_id = send(pair.secondary, staff, sender=sender)
    assert arrived(pair, message_id) == ([], [])
    [bounce] = watch.deliveries()
    assert bounce.rcpt == sender
    decided = [line.values["action"] for line in filter.find("decide", rcpt=user)]
    assert decided[-1] == "reject" and len(decided) <= 3


# Ways that are long, or come by the same host again


def test_thirty_hops_outside(pair, redis, filter, peer, people):
    user = people.there()
    hops = [
        ("Received", f"from h{i}.example.net (h{i}.example.net [198.51.100.{i}])\n"
                     f"\tby h{i + 1}.example.net (Postfix) with ESMTPS id q{i}\n"
                     f"\tfor <{user}>; Mon, 1 Jan 2024 00:00:{i:02} +0000")
        for i in reversed(range(30))
    ]
    message_id = send(pair.secondary, user, headers=hops)
    assert arrived(pair, message_id) == ([user], [])
    [line] = filter.find("decide", rcpt=user)
    assert (line.values["action"], line.values["path"]) == ("divert", "S<external")
    assert "loop" not in line.values


def test_a_message_queued_again_by_postsuper(pair, filter, peer, people, lists):
    boss, deputy = people.there(), people.here()
    lists[boss] = [deputy]
    pair.secondary.route(".primary.invalid", "retry:4.3.0 not yet")
    message_id = send(pair.secondary, boss)
    pair.wait_quiet()
    assert len(wait_deferred(pair.secondary)) == 1
    for again in (2, 3):
        pair.secondary.postsuper("-r", "ALL")
        kick_pickup(pair.secondary)
        wait_until(
            lambda: len(pair.secondary.queue_ids(message_id)) == again, 10, "the new queue id"
        )
        pair.wait_quiet()
    host, port = pair.primary.smtp
    pair.secondary.route(".primary.invalid", f"topeer:[{host}]:{port}")
    pair.secondary.reload()
    pair.secondary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery")
    assert arrived(pair, message_id) == ([], [deputy])
    [delivery] = pair.secondary.deliveries(message_id)
    assert sum(" from userid " in r for r in delivery.headers.get_all("Received")) == 2
    no_loop(filter, boss, deputy)


@pytest.fixture
def content_filter(pair, sink):
    """The secondary hands all that it is given to a content filter (the sink); hand_back() passes
    it on to a second smtpd, which has the milter too and hands over to no content filter."""
    secondary = pair.secondary
    port = free_port(secondary.address)
    master = f"{secondary.config}/master.cf"
    with open(master) as file:
        usual = file.read()
    with open(master, "a") as file:
        file.write(f"{secondary.address}:{port} inet n - n - - smtpd\n"
                   f"    -o {{smtpd_milters=unix:{pair.filter_socket}}}\n"
                   "    -o content_filter=\n")
    secondary.set_main(content_filter=f"smtp:[127.0.0.1]:{sink.port}")

    def hand_back(message_id, count=1, split=False):
        """Passes on what the filter has: whole, or one recipient at a time. count: messages that
        it must have got by then. Returns them."""
        messages = taken(sink, message_id, count)
        sink.clear()
        for message in messages:
            rcpts = [rcpt[0] for rcpt in message.rcpts]
            for group in ([[rcpt] for rcpt in rcpts] if split else [rcpts]):
                link = smtplib.SMTP(
                    secondary.address, port, source_address=(secondary.address, 0), timeout=60
                )
                assert link.sendmail(message.mail[0], group, message.data) == {}
                link.close()
        return messages

    yield hand_back
    with open(master, "w") as file:
        file.write(usual)
    secondary.set_main(content_filter="")


@pytest.mark.parametrize("split", [False, True])
def test_a_content_filter_hands_back_what_came_from_outside(
    pair, redis, filter, people, content_filter, split
):
    here, there, both = people.here(), people.there(), people.there()
    redis.user(both, home="both")
    message_id = send(pair.secondary, [here, there, both])
    [message] = content_filter(message_id, split=split)
    assert len(message.rcpts) == 4
    assert arrived(pair, message_id) == (sorted([there, both]), sorted([here, both]))
    no_loop(filter, here, there, both)


@pytest.mark.parametrize("split", [False, True])
def test_a_content_filter_hands_back_what_came_from_the_peer(
    pair, redis, filter, people, content_filter, split
):
    """Its connection is from this system, and still nothing goes back to the peer."""
    here, both, nowhere = people.here(), unique_address(), unique_address()
    redis.user(both, home="both")
    message_id = send(pair.primary, [here, both, nowhere])
    content_filter(message_id, split=split)
    assert arrived(pair, message_id) == ([], sorted([here, both, nowhere]))
    assert pair.copies(message_id)[0] == 1
    for delivery in pair.secondary.deliveries(message_id):
        assert len(delivery.headers.get_all("X-Coexist-Trace")) == 2
    no_loop(filter, here, both, nowhere)


def test_what_came_from_the_peer_is_handed_back_several_times(pair, redis, filter, people, content_filter):
    both, nowhere = unique_address(), unique_address()
    redis.user(both, home="both")
    message_id = send(pair.primary, [both, nowhere])
    content_filter(message_id)
    pair.wait_quiet()
    delivery = pair.secondary.deliveries(message_id)[0]
    send(pair.secondary, [both, nowhere], message=delivery.raw, client="local")
    content_filter(message_id)
    assert arrived(pair, message_id) == ([], sorted([both, nowhere] * 2))
    assert pair.copies(message_id)[0] == 1
    passes = sorted(
        len(d.headers.get_all("X-Coexist-Trace")) for d in pair.secondary.deliveries(message_id)
    )
    assert passes == [2, 2, 4, 4]
    no_loop(filter, both, nowhere)


def test_a_list_of_the_peer_expands_to_an_addressed_user_behind_a_content_filter(
    pair, filter, peer, people, lists, content_filter
):
    """Each visit here has two passes, and the user is kept in each."""
    staff, user = people.there(), people.here()
    lists[staff] = [user]
    message_id = send(pair.secondary, [staff, user])
    content_filter(message_id)
    content_filter(message_id)
    assert arrived(pair, message_id) == ([], [user, user])
    no_loop(filter, staff, user)


def test_what_a_content_filter_has_during_a_flip_follows_the_record(
    pair, redis, filter, people, content_filter
):
    user = people.here()
    message_id = send(pair.primary, user)
    wait_until(lambda: filter.find("decide", rcpt=user), 10, "the first pass")
    redis.cli("HSET", f"coexist:user:{user}", "home", "primary")
    pair.primary.route(user, "here")
    pair.primary.reload()
    content_filter(message_id)
    assert arrived(pair, message_id) == ([user], [])


# Messages about messages, and messages sent again


def looped_message(pair, redis, filter):
    """The octets of a message that went to the primary and came back as a loop to the sender."""
    pair.hand_over()
    user, sender = unique_address(), unique_address(SENDERS, "sender")
    redis.user(user, home="primary")
    watch = Watch(pair)
    send(pair.secondary, user, sender=sender)
    [bounce] = watch.deliveries()
    original = bounce.headers.get_payload()[2].get_payload()
    original = original[0] if isinstance(original, list) else original
    text = original.as_string() if hasattr(original, "as_string") else original
    assert "X-Coexist-Trace" in text
    pair.reset()
    return user, text


def test_a_journal_report_of_a_looped_message(pair, redis, filter, configure):
    """Its header tells of the report, whatever the message inside went through."""
    configure(primary={"networks": None})
    user, looped = looped_message(pair, redis, filter)
    pair.primary.route(user, "here")
    pair.primary.reload()
    parts = ("--b\nContent-Type: text/plain\n\nSender: x\n--b\nContent-Type: message/rfc822\n\n"
             + looped + "\n--b--\n")
    mime = [("MIME-Version", "1.0"), ("Content-Type", 'multipart/mixed; boundary="b"')]
    message_id = send(pair.secondary, user, sender="", headers=mime, body=parts)
    assert arrived(pair, message_id) == ([user], [])
    assert "loop" not in filter.find("decide", rcpt=user)[-1].values


@pytest.mark.parametrize("fields", [
    [("Resent-From", "bob@example.com"), ("Resent-Date", "Mon, 1 Jan 2024 00:00:00 +0000"),
     ("Resent-To", "carol@example.com"), ("Resent-Message-ID", "<resent1@example.com>")],
    [("Resent-From", "bob@example.com"), ("Resent-Date", "Mon, 1 Jan 2024 00:00:00 +0000")],
])
def test_a_message_resent_to_the_same_user(pair, filter, configure, people, fields):
    configure(primary={"networks": None})
    user = people.there()
    message_id = send(pair.secondary, user)
    assert arrived(pair, message_id) == ([user], [])
    [delivery] = pair.primary.deliveries(message_id)
    again = "".join(f"{name}: {value}\n" for name, value in fields).encode() + delivery.raw
    send(pair.secondary, user, message=again)
    assert arrived(pair, message_id) == ([user, user], [])
    no_loop(filter, user)
    refused = attempt(pair.secondary, user, message=delivery.raw)
    assert refused.code == "550 5.4.6"  # but for the Resent block it is the same one again


def test_a_reply_goes_the_other_way(pair, filter, peer, people):
    asker, answerer = people.here(), people.there()
    question = send(pair.secondary, answerer, sender=asker, client="local")
    assert arrived(pair, question) == ([answerer], [])
    answer = send(
        pair.primary, asker, sender=answerer,
        headers=[("In-Reply-To", question), ("References", question)],
    )
    assert arrived(pair, answer) == ([], [asker])
    thanks = send(
        pair.secondary, answerer, sender=asker, client="local",
        headers=[("In-Reply-To", answer), ("References", f"{question} {answer}")],
    )
    assert arrived(pair, thanks) == ([answerer], [])
    no_loop(filter, asker, answerer)


@pytest.mark.parametrize("strip", [None, STRIP_TRACES], ids=["traced", "stripped"])
def test_a_flip_between_two_visits(pair, redis, filter, peer, people, primary_checks, strip):
    """Sent to the primary, moved here meanwhile, and handed over by the primary that knows it."""
    primary_checks(strip or "")
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "retry:4.3.0 not yet")
    message_id = send(pair.secondary, user)
    assert arrived(pair, message_id) == ([], [])
    redis.cli("HSET", f"coexist:user:{user}", "home", "secondary")
    pair.primary.route(user, pair.secondary)
    pair.primary.reload()
    pair.primary.flush()
    wait_until(lambda: sum(pair.delivered(message_id)), 10, "delivery")
    assert arrived(pair, message_id) == ([], [user])
    assert pair.copies(message_id) == (1, 2)
    no_loop(filter, user)


def test_a_flip_after_the_message_was_kept(pair, redis, filter, people, sink, peer):
    """Kept here, moved to the primary meanwhile: what waits here is sent after the user."""
    user = people.here()
    pair.secondary.route(user, sink.smtp)
    message_id = send(pair.secondary, user)
    [message] = taken(sink, message_id)
    redis.cli("HSET", f"coexist:user:{user}", "home", "primary")
    pair.primary.route(user, "here")
    send(pair.secondary, user, message=message.data, client="local")
    assert arrived(pair, message_id) == ([user], [])
    no_loop(filter, user)


def test_one_message_id_sent_several_times_by_its_author(pair, filter, peer, people):
    """Where the peer cannot be told, a third time is as a loop through it would be."""
    here, there = people.here(), people.there()
    message_id = unique_message_id()
    times = 2 if peer == "untold" else 4
    for _ in range(times):
        send(pair.secondary, [here, there], message_id=message_id)
    assert arrived(pair, message_id) == ([there] * times, [here] * times)
    no_loop(filter, here, there)


def test_a_retry_after_a_refusal_is_no_visit(pair, redis, filter, people, peer):
    user, friend = people.there(), people.here()
    redis.user(user, home="moving")
    message_id = unique_message_id()
    for _ in range(4):
        assert attempt(pair.secondary, user, message_id=message_id).codes == {user: "451 4.2.1"}
    redis.user(user, home="primary")
    send(pair.secondary, [user, friend], message_id=message_id)
    assert arrived(pair, message_id) == ([user], [friend])
    no_loop(filter, friend)


def test_a_message_without_a_message_id(pair, filter, peer, people, lists):
    """Postfix adds one after the filter has seen the header: the journey is the same."""
    boss, deputy = people.there(), people.here()
    lists[boss] = [deputy]
    subject = unique("subject")
    send(pair.secondary, [boss, deputy], message=make_message(subject=subject))
    pair.wait_quiet()
    got = [
        d for d in pair.secondary.deliveries(rcpt=deputy) if d.headers["Subject"] == subject
    ]
    passes = sorted(re.search(r"i=(\d+);", d.headers["X-Coexist-Trace"])[1] for d in got)
    assert passes == ["1", "2"]
    no_loop(filter, boss, deputy)
