"""A recipient keeps its identity on the way to the peer: DSN parameters and odd addresses."""

import re

import pytest

from coexist_testing.pair import (
    DOMAIN, SENDERS, make_message, send, unique, unique_address, unique_message_id,
)
from coexist_testing.journey import arrived, reasons_stamped
from coexist_testing.wait import wait_until


@pytest.fixture
def next_hop(pair, sink):
    """An SMTP server in the primary's place."""
    pair.secondary.route(".primary.invalid", "topeer:[{}]:{}".format(*sink.smtp))
    return sink


@pytest.fixture
def sender():
    return unique_address(SENDERS, "sender")


def there(redis, local=None, home="primary"):
    """A user of the primary, by its address in lower case."""
    user = f"{local or unique()}@{DOMAIN}"
    redis.user(user, home=home)
    return user


def handed_over(pair, next_hop, message_id):
    """The recipients that the next hop was given: [address with <>, parameters...] of each."""
    pair.wait_quiet()
    return [rcpt for message in next_hop.find(message_id) for rcpt in message.rcpts]


def params(rcpt):
    """{NOTIFY: set of words, ORCPT: value} of a recipient as the next hop was given it."""
    found = dict(word.split("=", 1) for word in rcpt[1:])
    assert len(found) == len(rcpt) - 1
    return {**found, **({"NOTIFY": set(found["NOTIFY"].split(","))} if "NOTIFY" in found else {})}


def report_of(bounce):
    """The fields of the message/delivery-status part: [(name, value)] of all its blocks."""
    [part] = [
        p for p in bounce.headers.walk()
        if p.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
    ]
    payload = part.get_payload()
    blocks = payload if isinstance(payload, list) else []
    return [field for block in blocks for field in block.items()]


def reports_to(pair, sender):
    pair.wait_quiet()
    return [d for p in pair.both for d in p.deliveries(rcpt=sender)]


# What the next hop is told


@pytest.mark.parametrize("notify", ["SUCCESS,DELAY,FAILURE", "NEVER", "FAILURE", "SUCCESS", "DELAY"])
@pytest.mark.parametrize("orcpt", ["rfc822;Other+2BName@elsewhere.example", None])
def test_notify_and_orcpt_go_with_a_diverted_recipient(
    pair, redis, filter, next_hop, notify, orcpt
):
    user = there(redis)
    options = [f"NOTIFY={notify}", *([f"ORCPT={orcpt}"] if orcpt else [])]
    message_id = send(
        pair.secondary, user, rcpt_options=options, mail_options=["RET=HDRS", "ENVID=QQ314159"]
    )
    [rcpt] = handed_over(pair, next_hop, message_id)
    assert rcpt[0] == f"<{user}>"
    assert params(rcpt) == {"NOTIFY": set(notify.split(",")), "ORCPT": orcpt or f"rfc822;{user}"}
    [message] = next_hop.find(message_id)
    assert {"RET=HDRS", "ENVID=QQ314159"} <= set(message.mail[1:])


def test_orcpt_is_made_of_the_address_as_it_came(pair, redis, filter, next_hop):
    local = unique("bob.smith")
    there(redis, local)
    user = f"{local.title()}+a=b@Example.COM"
    message_id = send(pair.secondary, user)
    [rcpt] = handed_over(pair, next_hop, message_id)
    assert rcpt == [f"<{user}>", f"ORCPT=rfc822;{user.replace('+', '+2B').replace('=', '+3D')}"]


def test_each_of_several_recipients_keeps_its_own(pair, redis, filter, next_hop):
    users = [there(redis) for _ in range(3)]
    notify = ["NEVER", "SUCCESS", "FAILURE"]
    message_id = unique_message_id()
    link = pair.secondary.connect({"ADDR": "203.0.113.25"})
    link.mail(f"alice@{SENDERS}")
    for user, word in zip(users, notify):
        assert link.rcpt(user, [f"NOTIFY={word}"])[0] == 250
    assert link.data(make_message(message_id))[0] == 250
    link.close()
    got = {rcpt[0]: params(rcpt) for rcpt in handed_over(pair, next_hop, message_id)}
    assert got == {
        f"<{user}>": {"NOTIFY": {word}, "ORCPT": f"rfc822;{user}"}
        for user, word in zip(users, notify)
    }


# What the sender is told


def refuse_rcpt(verb, line, sink):
    return "550 5.1.1 no such user here" if verb == "RCPT" else None


@pytest.mark.parametrize("orcpt", ["rfc822;Other+2BName@elsewhere.example", None])
def test_the_bounce_names_the_original_recipient(
    pair, redis, filter, next_hop, sender, orcpt
):
    user = there(redis)
    next_hop.replies = refuse_rcpt
    options = ["NOTIFY=FAILURE", *([f"ORCPT={orcpt}"] if orcpt else [])]
    send(pair.secondary, user, sender=sender, rcpt_options=options)
    [bounce] = reports_to(pair, sender)
    report = dict(report_of(bounce))
    original = "Other+Name@elsewhere.example" if orcpt else user
    assert report["Original-Recipient"].replace("+2B", "+") == f"rfc822;{original}"
    assert report["Action"] == "failed"
    assert report["Status"] == "5.1.1"


def test_never_is_never(pair, redis, filter, next_hop, sender):
    user, other = there(redis), there(redis)
    next_hop.replies = refuse_rcpt
    message_id = send(pair.secondary, user, sender=sender, rcpt_options=["NOTIFY=NEVER"])
    pair.wait_quiet()
    assert [line for line in pair.secondary.log_of(message_id) if "status=bounced" in line]
    send(pair.secondary, other, sender=sender, rcpt_options=["NOTIFY=FAILURE"])
    [bounce] = reports_to(pair, sender)
    assert other.encode() in bounce.body and user.encode() not in bounce.body


def test_success_is_told_where_the_next_hop_knows_no_dsn(pair, redis, filter, next_hop, sender):
    user = there(redis)
    next_hop.extensions = ("PIPELINING", "8BITMIME")
    send(pair.secondary, user, sender=sender, rcpt_options=["NOTIFY=SUCCESS"])
    [told] = reports_to(pair, sender)
    report = dict(report_of(told))
    assert (report["Original-Recipient"], report["Action"]) == (f"rfc822;{user}", "relayed")


@pytest.mark.parametrize("home, primary, secondary", [
    ("primary", 1, 0), ("both", 1, 1), ("secondary", 0, 1),
])
def test_success_is_told_once_for_each_delivery(
    pair, redis, filter, sender, home, primary, secondary
):
    """By the systems that deliver, each for the address that the sender knows."""
    user = there(redis, home=home)
    pair.primary.route(user, "here")
    message_id = send(
        pair.secondary, user, sender=sender,
        rcpt_options=["NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;{user}"],
    )
    assert arrived(pair, message_id) == ([user] * primary, [user] * secondary)
    assert None not in reasons_stamped(pair, message_id)
    told = reports_to(pair, sender)
    assert len(told) == primary + secondary
    for report in told:
        fields = dict(report_of(report))
        assert (fields["Original-Recipient"], fields["Action"]) == (f"rfc822;{user}", "delivered")


def test_dual_delivery_keeps_both(pair, redis, filter, next_hop, sender):
    user = there(redis, home="both")
    message_id = send(
        pair.secondary, user, sender=sender,
        rcpt_options=["NOTIFY=SUCCESS,DELAY,FAILURE", "ORCPT=rfc822;Known@elsewhere.example"],
    )
    assert arrived(pair, message_id) == ([], [user])
    [rcpt] = handed_over(pair, next_hop, message_id)
    assert rcpt[0] == f"<{user}>"
    assert params(rcpt) == {
        "NOTIFY": {"SUCCESS", "DELAY", "FAILURE"}, "ORCPT": "rfc822;Known@elsewhere.example",
    }
    [told] = reports_to(pair, sender)
    fields = dict(report_of(told))
    assert fields["Original-Recipient"] == "rfc822;Known@elsewhere.example"
    assert fields["Action"] == "delivered"


def test_a_bounce_made_here_goes_where_the_sender_s_mailbox_is(pair, redis, filter, next_hop):
    """Postfix shows its own bounces to the filter where internal_mail_filter_classes says so."""
    author, user = there(redis), there(redis)
    next_hop.replies = lambda verb, line, sink: (
        refuse_rcpt(verb, line, sink) if user in line else None
    )
    pair.secondary.set_main(internal_mail_filter_classes="bounce")
    try:
        send(pair.secondary, user, sender=author, client="local")
        wait_until(lambda: next_hop.messages, 10, "the bounce")
        pair.wait_quiet()
    finally:
        pair.secondary.set_main(internal_mail_filter_classes="")
    [bounce] = next_hop.messages
    assert (bounce.mail[0], [rcpt[0] for rcpt in bounce.rcpts]) == ("<>", [f"<{author}>"])
    assert b"Original-Recipient: rfc822;" + user.encode() in bounce.data
    assert pair.secondary.deliveries(rcpt=author) == []


# Odd addresses


@pytest.mark.parametrize("home", ["primary", "both"])
def test_capitals_and_an_extension(pair, redis, filter, next_hop, home):
    local = unique("bob.smith")
    there(redis, local, home)
    user = f"{local.replace('bob.smith', 'Bob.Smith')}+ext@Example.COM"
    message_id = send(pair.secondary, user)
    assert arrived(pair, message_id) == ([], [user] * (home == "both"))
    assert [rcpt[0] for rcpt in handed_over(pair, next_hop, message_id)] == [f"<{user}>"]


def test_one_mailbox_in_several_spellings_gets_one_copy_of_each_address(
    pair, redis, filter, next_hop
):
    local = unique("bob")
    there(redis, local)
    spelt = [f"{local}@{DOMAIN}", f"{local.upper()}@{DOMAIN.upper()}", f"{local.title()}@{DOMAIN}"]
    message_id = send(pair.secondary, spelt)
    assert arrived(pair, message_id) == ([], [])
    [rcpt] = handed_over(pair, next_hop, message_id)
    assert rcpt[0].lower() == f"<{local}@{DOMAIN}>"


@pytest.mark.parametrize("quoted, plain", [
    ('"john {}"', "john {}"), ('"semi;colon{}"', "semi;colon{}"), ('"comma,{}"', "comma,{}"),
    ('"back\\\\slash{}"', "back\\slash{}"), ('"quote\\"{}"', 'quote"{}'), ('"plain{}"', "plain{}"),
    ('"a b+ext {}"', "a b"),
])
@pytest.mark.parametrize("home", ["primary", "secondary"])
def test_a_quoted_local_part(pair, redis, filter, next_hop, quoted, plain, home):
    """The record bears the name without quotes; the mail keeps them where they are needed."""
    word = unique("q")
    redis.domain(DOMAIN, home="primary" if home == "secondary" else "secondary")
    redis.user(f"{plain.format(word)}@{DOMAIN}", home=home)
    user, message_id = f"{quoted.format(word)}@{DOMAIN}", unique_message_id()
    told = talk(pair, [f"MAIL FROM:<alice@{SENDERS}>", f"RCPT TO:<{user}>"], message_id)
    assert [reply[:3] for reply in told] == ["250", "250", "354", "250"]
    pair.wait_quiet()
    if home == "primary":
        [rcpt] = handed_over(pair, next_hop, message_id)
        assert rcpt[0] in (f"<{user}>", f"<{plain.format(word)}@{DOMAIN}>")
        assert pair.delivered(message_id) == (0, 0)
    else:
        assert next_hop.messages == []
        assert pair.delivered(message_id) == (0, 1)
        assert reasons_stamped(pair, message_id) == {"home-here"}
    [line] = [l for l in filter.find("decide") if word in l.values["rcpt"]]
    assert line.values["reason"] == ("home-peer" if home == "primary" else "home-here")


@pytest.mark.parametrize("local, given", [
    ("j\u00fcrgen.{}", None),
    ("j\u00fcrgen.{}", "utf-8;j\\x{FC}rgen@example.com"),
    ("j\u00fcrgen.{}", "utf-8;j\u00fcrgen@example.com"),
    ("j\u00fcrgen.{}", "rfc822;juergen+2Bx@example.com"),
    ("j\u00fcrgen.{}+ext=x", None),
    ("j\u00fcrgen.{}", "utf-8;j\\x{FC}rgen\\x{2B}\\x{5C}x@example.com"),
    ("\u7528\u6237\U0001f600.{}", None),
])
def test_an_international_local_part(pair, redis, filter, next_hop, local, given):
    user = f"{local.format(unique())}@{DOMAIN}"
    redis.user(user, home="primary")
    message_id = unique_message_id()
    told = talk(pair, [
        f"MAIL FROM:<alice@{SENDERS}> SMTPUTF8",
        f"RCPT TO:<{user}>" + (f" NOTIFY=FAILURE ORCPT={given}" if given else ""),
    ], message_id)
    assert [reply[:3] for reply in told] == ["250", "250", "354", "250"]
    [rcpt] = handed_over(pair, next_hop, message_id)
    assert rcpt[0] == f"<{user}>"
    assert decode_orcpt(params(rcpt)["ORCPT"]) == (decode_orcpt(given) if given else user)
    assert pair.delivered(message_id) == (0, 0)
    [message] = next_hop.find(message_id)
    assert "SMTPUTF8" in message.mail
    assert "Bad ORCPT" not in pair.secondary.log()


def test_an_international_recipient_among_others(pair, redis, filter, next_hop):
    plain = there(redis)
    user = f"\u7528\u6237.{unique()}@{DOMAIN}"
    redis.user(user, home="both")
    message_id = unique_message_id()
    told = talk(pair, [
        f"MAIL FROM:<alice@{SENDERS}> SMTPUTF8", f"RCPT TO:<{user}>", f"RCPT TO:<{plain}>",
    ], message_id)
    assert [reply[:3] for reply in told] == ["250", "250", "250", "354", "250"]
    got = sorted(rcpt[0] for rcpt in handed_over(pair, next_hop, message_id))
    assert got == sorted([f"<{user}>", f"<{plain}>"])
    assert pair.delivered(message_id) == (0, 1)


def talk(pair, commands, message_id):
    """Plain SMTP from outside, octets as they are written here: the replies, DATA's included."""
    link = pair.secondary.connect({"ADDR": "203.0.113.25"})
    replies = []
    for command in commands:
        link.send(command.encode() + b"\r\n")
        replies.append(reply_text(link))
    link.send(b"DATA\r\n")
    replies.append(reply_text(link))
    link.send(make_message(message_id).replace("\n", "\r\n").encode() + b".\r\n")
    replies.append(reply_text(link))
    link.close()
    return replies


def reply_text(link):
    code, text = link.getreply()
    return f"{code} {text.decode('utf-8', 'replace')}"


def decode_orcpt(value):
    """The address of an ORCPT value (RFC 3461 section 4.2, RFC 6533 section 3)."""
    kind, _, address = value.partition(";")
    if kind == "utf-8":
        return re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), address)
    assert kind == "rfc822"
    octets = re.sub(
        rb"\+([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), address.encode()
    )
    return octets.decode()
