"""What the filter writes into a message, believes of it, and takes out of it."""

import base64
import hashlib
import hmac
import itertools
import re

import pytest

from coexist_testing.pair import (
    SENDERS, make_message, send, unique, unique_address, unique_message_id,
)
from coexist_testing.journey import arrived, attempt, queued_copies

OWN = re.compile(r"^x-coexist-", re.I)


def own_fields(delivery):
    """The project's fields of a delivered message, topmost first: [(name, unfolded value)]."""
    return [
        (name, "".join(value.splitlines())) for name, value in delivery.headers.items()
        if OWN.match(name)
    ]


def tags(value):
    """{tag: value} of a tag list, as in DKIM."""
    parts = (part.strip() for part in value.split(";"))
    return {
        name.strip(): re.sub(r"\s", "", text)
        for name, _, text in (part.partition("=") for part in parts if part)
    }


def trace_of(delivery):
    return tags(delivery.headers.get_all("X-Coexist-Trace")[0])


@pytest.fixture
def people(pair, redis):
    """make(home) -> a user with that home."""
    def make(home, prefix="user"):
        user = unique_address(prefix=prefix)
        redis.user(user, home=home)
        if home != "secondary":
            pair.primary.route(user, "here")
        return user

    return make


def test_what_one_pass_writes(pair, filter, people):
    here, there, both = people("secondary"), people("primary"), people("both")
    message_id = send(pair.secondary, [here, there, both])
    assert arrived(pair, message_id) == (sorted([there, both]), sorted([here, both]))
    stamps = [own_fields(d) for p in pair.both for d in p.deliveries(message_id)]
    assert all(stamp == stamps[0] for stamp in stamps)
    assert [name for name, _ in stamps[0]] == ["X-Coexist-Trace", "X-Coexist-Route"]
    trace = tags(stamps[0][0][1])
    assert list(trace) == ["v", "i", "id", "n", "s", "o", "t", "j", "p", "h", "w", "k", "b"]
    assert (trace["v"], trace["i"], trace["s"], trace["o"], trace["w"]) == (
        "1", "1", "secondary", "external", "",
    )
    assert trace["n"] == pair.secondary.name
    assert [len(trace[name].split(",")) for name in "ph"] == [2, 2]
    assert stamps[0][1][1] == (
        f"node={pair.secondary.name}; route=mixed; reason=home-here,home-peer,dual"
    )


# Who else got it stays a secret


def guesses(address, message_id, trace):
    """Tokens that could be made of an address without the key."""
    words = [address, f"<{address}>", address.rpartition("@")[0], address.upper()]
    known = [trace["id"], message_id, message_id.strip("<>"), trace["j"], trace["t"], ""]
    for word, salt, kind, digest in itertools.product(
        words, known, ("", "r", "j"), ("sha256", "sha1", "md5", "sha512")
    ):
        for text in (salt + kind + word, f"{salt}\0{kind}\0{word}", word + kind + salt):
            yield hashlib.new(digest, text.encode()).digest()
        if salt:
            for text in (word, f"{kind}\0{word}", f"{salt}\0{kind}\0{word}"):
                yield hmac.new(salt.encode(), text.encode(), digest).digest()


def test_bcc_recipients_cannot_be_read_from_any_field(pair, filter, people):
    visible = people("secondary")
    hidden = [people(home, "hidden") for home in ("secondary", "primary", "both")]
    everybody = [visible, *hidden]
    message_id = send(pair.secondary, everybody, to=visible)
    primary, secondary = arrived(pair, message_id)
    assert len(primary + secondary) == 5
    for delivery in (d for p in pair.both for d in p.deliveries(message_id)):
        fields = "\n".join(f"{name}: {value}" for name, value in own_fields(delivery))
        for address in everybody:
            local = address.rpartition("@")[0]
            assert local not in fields
            for code in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
                assert code(local.encode()).decode().rstrip("=")[:-1] not in fields
            assert local.encode().hex() not in fields
        others = delivery.raw.decode()
        for address in hidden:
            assert address == delivery.rcpt or address not in others
    trace = trace_of(pair.secondary.deliveries(message_id)[0])
    tokens = set(f"{trace['p']},{trace['h']}".split(","))
    assert len(tokens) == 4
    for address in everybody:
        for digest in guesses(address, message_id, trace):
            code = base64.urlsafe_b64encode(digest).decode()
            assert code[:8] not in tokens


def test_tokens_of_two_messages_cannot_be_linked(pair, filter, people):
    user, friend = people("primary"), people("secondary")
    seen = set()
    for _ in range(3):
        message_id = send(pair.secondary, [user, friend])
        assert arrived(pair, message_id) == ([user], [friend])
        trace = trace_of(pair.primary.deliveries(message_id)[0])
        assert seen.isdisjoint({trace["p"], trace["h"], trace["j"], trace["id"]})
        seen |= {trace["p"], trace["h"], trace["j"], trace["id"]}
    assert len(seen) == 12


# Forgeries

FORGERIES = {
    "one": [("X-Coexist-Trace", "v=1; i=1; id=aaaaaaaaaaa; b=AAAA")],
    "one of each": [
        ("X-Coexist-Trace", "x"), ("X-Coexist-Route", "node=evil; route=here"),
        ("X-Coexist-Loop", "verdict=pingpong; passes=9"), ("X-Coexist-Peer", "guess"),
        ("X-Coexist-Unheard-Of", "y"),
    ],
    "several": [("X-Coexist-Route", f"number {i}") for i in range(40)],
    "interleaved": [
        field for i in range(12) for field in (
            ("X-Coexist-Trace", f"t{i}"), ("X-Other", f"o{i}"), ("X-Coexist-Route", f"r{i}"),
            ("Subject", f"s{i}"), ("X-Coexist-Loop", f"l{i}"),
        )
    ],
    "folded": [
        ("X-Coexist-Trace", "v=1;\n i=1;\n\tid=aaaaaaaaaaa;\n  b=AAAA"),
        ("X-Coexist-Route", "\n node=evil;\n\t\n route=here"),
    ],
    "odd case": [
        ("x-coexist-trace", "a"), ("X-COEXIST-ROUTE", "b"), ("x-CoExIsT-lOoP", "c"),
        ("X-coexist-Route", "d"), ("X-Coexist-route", "e"),
    ],
    "blank before the colon": [
        ("X-Coexist-Route ", "a"), ("X-Coexist-Route", "b"), ("X-COEXIST-Route\t", "c"),
        ("X-Coexist-Trace \t", "d"), ("X-Coexist-Trace", "e"),
    ],
    "empty": [("X-Coexist-Trace", ""), ("X-Coexist-Route", " "), ("X-Coexist-", "")],
    "octets": [("X-Coexist-Trace", "\u00ff\u0101\u2028"), ("X-Coexist-Route", "%s%n{}")],
}


@pytest.mark.parametrize("client", ["external", "local", "peer"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_fields_are_gone_and_one_own_set_is_there(
    pair, redis, filter, people, forgery, client
):
    here, there = people("secondary"), people("both")
    fields = FORGERIES[forgery]
    message_id = unique_message_id()
    message = make_message(message_id, headers=fields).encode()
    send(
        pair.secondary, [here, there], message=message,
        client=pair.primary if client == "peer" else client,
    )
    primary = [] if client == "peer" else [there]
    assert arrived(pair, message_id) == (primary, sorted([here, there]))
    for delivery in (d for p in pair.both for d in p.deliveries(message_id)):
        stamp = own_fields(delivery)
        assert [name for name, _ in stamp] == ["X-Coexist-Trace", "X-Coexist-Route"]
        assert stamp[1][1].startswith(f"node={pair.secondary.name}; ")
        assert tags(stamp[0][1])["i"] == "1"
        kept = [(n, v) for n, v in fields if not OWN.match(n)]
        for name in {n for n, _ in kept}:
            values = [v for n, v in kept if n == name]
            assert delivery.headers.get_all(name)[:len(values)] == values
    queue_id = filter.find("decide", rcpt=here)[0].queue_id
    [line] = filter.find("forged", queue_id=queue_id)
    assert line.values["removed"] == str(sum(1 for n, _ in fields if OWN.match(n)))


def test_forged_fields_are_gone_from_mail_for_other_domains_too(pair, filter):
    stranger = unique_address(SENDERS)
    message_id = send(pair.secondary, stranger, headers=FORGERIES["interleaved"])
    assert arrived(pair, message_id) == ([], [stranger])
    [delivery] = pair.secondary.deliveries(message_id)
    assert own_fields(delivery) == []


def test_forged_fields_do_not_stay_in_what_sendmail_submits(pair, filter, people):
    here = people("secondary")
    message_id = unique_message_id()
    pair.secondary.sendmail(
        make_message(message_id, headers=FORGERIES["interleaved"]), f"bob@{SENDERS}", [here]
    )
    filter.wait_log("decide", rcpt=here)
    assert arrived(pair, message_id) == ([], [here])
    [delivery] = pair.secondary.deliveries(message_id)
    assert [name for name, _ in own_fields(delivery)] == ["X-Coexist-Trace", "X-Coexist-Route"]


def test_a_storm_of_forged_fields_is_refused(pair, filter, people):
    here = people("secondary")
    tried = attempt(pair.secondary, here, headers=[("X-Coexist-Trace", "x")] * 2001)
    assert tried.code == "550 5.6.0"
    assert arrived(pair, tried.message_id) == ([], [])


def test_a_second_pass_adds_to_the_first_one_s_trace(pair, redis, filter, people):
    """The route of the first pass is gone, its trace is kept below the new one."""
    boss, deputy = people("primary"), people("secondary")
    pair.primary.tables.tables["forward"] = lambda key: deputy if key == boss else None
    pair.primary.set_main(virtual_alias_maps=f"{pair.primary.tables.spec}:forward")
    try:
        message_id = send(pair.secondary, boss)
        assert arrived(pair, message_id) == ([], [deputy])
    finally:
        pair.primary.set_main(virtual_alias_maps="")
    [delivery] = pair.secondary.deliveries(message_id)
    stamp = own_fields(delivery)
    assert [name for name, _ in stamp] == [
        "X-Coexist-Trace", "X-Coexist-Route", "X-Coexist-Trace",
    ]
    new, old = tags(stamp[0][1]), tags(stamp[2][1])
    assert (new["i"], old["i"], new["id"]) == ("2", "1", old["id"])
    assert (new["o"], old["o"]) == ("peer", "external")
    assert stamp[1][1] == f"node={pair.secondary.name}; route=here; reason=home-here"


# Keys


@pytest.fixture
def keys(filter):
    """keys(line, ...): replaces the key file and reloads. keys.first: the line made at first."""
    path = filter.options["keys"]
    with open(path) as file:
        first = file.read()

    def write(*lines):
        with open(path, "w") as file:
            file.write("".join(line.rstrip("\n") + "\n" for line in lines))
        line = filter.reload()
        assert line.event == "reload", line.text

    write.first = first.splitlines()[-1]
    yield write
    write(first)


def new_key(name):
    return f"{name} {base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()}"


@pytest.fixture
def travelled(pair, redis, filter, configure, people):
    """A peer that is not told by network, so that only a trace tells; one message that went to it.
    travelled(): (the user, the message as the primary got it)."""
    configure(primary={"networks": None})

    def travel():
        user = people("primary")
        message_id = send(pair.secondary, user)
        assert arrived(pair, message_id) == ([user], [])
        [delivery] = pair.primary.deliveries(message_id)
        return user, delivery

    return travel


def comes_back(pair, user, raw):
    """The same message again for the same user, as from outside."""
    return attempt(pair.secondary, user, message=raw)


def test_a_trace_signed_with_an_old_key_is_believed(pair, filter, travelled, keys):
    user, delivery = travelled()
    first_name = keys.first.split()[0]
    assert trace_of(delivery)["k"] == first_name
    keys(new_key("k2"), keys.first)
    assert comes_back(pair, user, delivery.raw).code == "550 5.4.6"

    newer_user, newer = travelled()
    assert trace_of(newer)["k"] == "k2"
    assert comes_back(pair, newer_user, newer.raw).code == "550 5.4.6"
    keys(new_key("k3"), new_key("k2"), keys.first)
    for who, what in ((user, delivery), (newer_user, newer)):
        assert comes_back(pair, who, what.raw).code == "550 5.4.6"


def test_a_trace_signed_with_an_unknown_key_is_nobody_s(pair, filter, travelled, keys):
    user, delivery = travelled()
    keys(new_key("k2"))
    assert comes_back(pair, user, delivery.raw).code is None
    assert arrived(pair, delivery.message_id) == ([user, user], [])
    again = pair.primary.deliveries(delivery.message_id)[-1]
    [trace] = again.headers.get_all("X-Coexist-Trace")
    assert (tags(trace)["k"], tags(trace)["i"]) == ("k2", "1")
    keys(keys.first)
    assert comes_back(pair, user, delivery.raw).code == "550 5.4.6"


def test_a_key_of_the_same_name_and_another_secret_verifies_nothing(
    pair, filter, travelled, keys
):
    user, delivery = travelled()
    name = keys.first.split()[0]
    keys(f"{name} {new_key('other').split()[1]}")
    assert comes_back(pair, user, delivery.raw).code is None
    assert arrived(pair, delivery.message_id) == ([user, user], [])


def test_a_loop_across_a_change_of_keys(pair, redis, filter, configure, keys):
    """The first pass is signed by the old key; the second finds it, by a key that no longer signs."""
    configure(primary={"networks": None})
    pair.hand_over()
    user, sender = unique_address(), unique_address(SENDERS, "sender")
    redis.user(user, home="primary")
    pair.primary.route(user, "retry:4.3.0 not yet")
    message_id = send(pair.secondary, user, sender=sender)
    pair.wait_quiet()
    keys(new_key("k2"), keys.first)
    pair.primary.route(user, pair.secondary)
    pair.primary.reload()
    pair.primary.flush()
    filter.wait_log("decide", rcpt=user, action="reject")
    assert queued_copies(pair, message_id) == 2
    assert "trace" in filter.find("decide", rcpt=user)[-1].values["evidence"]


def positions(text, count):
    """Where to flip a bit: spread over all that is neither a blank nor a line end."""
    candidates = [i for i, octet in enumerate(text) if octet > 32]
    step = max(1, len(candidates) // count)
    return candidates[::step]


def test_a_trace_with_one_bit_flipped_is_nobody_s(pair, filter, travelled):
    user, delivery = travelled()
    raw = delivery.raw
    begin = raw.index(b"X-Coexist-Trace:") + len(b"X-Coexist-Trace:")
    end = re.compile(rb"\n(?![ \t])").search(raw, begin).start()
    tried = positions(raw[begin:end], 40)
    assert len(tried) >= 40
    for number, at in enumerate(tried):
        octets = bytearray(raw)
        octets[begin + at] ^= 1 << number % 3
        reply = comes_back(pair, user, bytes(octets))
        assert reply.code is None, (at, octets[begin:end])
    assert comes_back(pair, user, raw).code == "550 5.4.6"
    assert arrived(pair, delivery.message_id) == ([user] * (1 + len(tried)), [])
    for again in pair.primary.deliveries(delivery.message_id):
        [trace] = again.headers.get_all("X-Coexist-Trace")
        assert tags(trace)["i"] == "1"


def test_a_trace_folded_otherwise_is_still_believed(pair, filter, travelled):
    """Relays fold as they like: that is no change."""
    user, delivery = travelled()
    begin = delivery.raw.index(b"X-Coexist-Trace:")
    end = re.compile(rb"\n(?![ \t])").search(delivery.raw, begin).start()
    field = delivery.raw[begin:end]
    for other in (re.sub(rb"\n[ \t]+", b" ", field), re.sub(rb"; *", b";\n  ", field)):
        assert other != field
        raw = delivery.raw[:begin] + other + delivery.raw[end:]
        assert comes_back(pair, user, raw).code == "550 5.4.6"


def test_a_trace_of_another_message_says_nothing_about_this_one(pair, filter, travelled):
    user, delivery = travelled()
    field = re.search(rb"^X-Coexist-Trace:.*\n(?:[ \t].*\n)*", delivery.raw, re.M)[0]
    message_id = unique_message_id()
    raw = field + make_message(message_id, subject=unique()).encode()
    assert comes_back(pair, user, raw).code is None
    assert arrived(pair, message_id) == ([user], [])


def test_a_trace_names_its_recipients_only(pair, filter, travelled, people):
    user, delivery = travelled()
    other = people("primary")
    assert comes_back(pair, other, delivery.raw).code is None
    assert arrived(pair, delivery.message_id) == (sorted([user, other]), [])
