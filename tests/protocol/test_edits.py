"""The edits at end of message: what they are and in which order they come."""

import re

import pytest

from coexist_testing.milter_client import MilterConnection, default_headers, transaction
from scene import HERE, OWN, PEER, ROUTE, THERE


def names(edits):
    return [edit.address for edit in edits]


def test_every_recipient_is_added_before_any_is_removed(daemon):
    done = transaction(daemon.socket, rcpts=[f"<u{i}@{THERE}>" for i in range(5)])
    envelope = [k for k in done.kinds() if k in ("addrcpt", "delrcpt")]
    assert envelope == ["addrcpt"] * 5 + ["delrcpt"] * 5
    assert names(done.find("addrcpt")) == [f"<u{i}@{ROUTE}>" for i in range(5)]
    assert names(done.find("delrcpt")) == [f"<u{i}@{THERE}>" for i in range(5)]
    assert all(edit.par for edit in done.find("addrcpt"))


@pytest.mark.parametrize("text", [
    f"<Bob.Example@{THERE}>", f"<bob@{THERE.upper()}>", f"<b+x=y@{THERE}>",
])
def test_a_recipient_is_removed_by_the_text_that_it_came_with(daemon, text):
    done = transaction(daemon.socket, rcpts=[text])
    assert names(done.find("delrcpt")) == [text]
    local = text[1:].rpartition("@")[0]
    assert [e.address.lower() for e in done.find("addrcpt")] == [f"<{local}@{ROUTE}>".lower()]
    assert done.find("addrcpt")[0].address.startswith(f"<{local}@")


def test_the_original_recipient_is_kept_for_delivery_notices(daemon):
    done = transaction(daemon.socket, rcpts=[f"<Bob+x@{THERE}>"])
    assert done.envelope == {f"<Bob+x@{ROUTE}>": f"ORCPT=rfc822;Bob+2Bx@{THERE}"}


def test_the_clients_dsn_parameters_go_along(daemon):
    given = ("NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;first+40example.org")
    done = transaction(daemon.socket, rcpts=[(f"<bob@{THERE}>", *given)])
    assert done.envelope == {f"<bob@{ROUTE}>": " ".join(given)}
    done = transaction(daemon.socket, rcpts=[(f"<bob@{THERE}>", "NOTIFY=NEVER")])
    assert done.envelope == {f"<bob@{ROUTE}>": f"NOTIFY=NEVER ORCPT=rfc822;bob@{THERE}"}


def test_a_message_whose_recipients_are_all_here_keeps_them(daemon):
    done = transaction(daemon.socket, rcpts=[f"<a@{HERE}>", f"<b@{HERE}>"])
    assert not done.find("addrcpt") and not done.find("delrcpt")
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{HERE}>"]


def test_what_is_not_ours_is_left_alone(daemon):
    done = transaction(daemon.socket, rcpts=["<a@elsewhere.example>"])
    assert done.final.verdict == "continue"
    assert not done.find("addrcpt") and not done.find("delrcpt")


def test_the_same_recipient_twice_is_sent_on_once(daemon):
    done = transaction(daemon.socket, rcpts=[f"<bob@{THERE}>", f"<BOB@{THERE}>"])
    assert [e.address.lower() for e in done.find("addrcpt")] == [f"<bob@{ROUTE}>"]
    assert sorted(names(done.find("delrcpt"))) == [f"<BOB@{THERE}>", f"<bob@{THERE}>"]


def test_two_users_with_one_route_get_one_copy(stateful, records):
    for user in ("one", "two"):
        records.user(f"{user}@{THERE}", home="primary", route="shared@peer.example")
    done = transaction(stateful.socket, rcpts=[f"<one@{THERE}>", f"<two@{THERE}>"])
    assert list(done.envelope) == ["<shared@peer.example>"]


def test_a_route_that_is_a_recipient_already_is_not_added(stateful, records):
    records.user(f"one@{THERE}", home="primary", route="shared@peer.example")
    done = transaction(stateful.socket, rcpts=[f"<one@{THERE}>", "<Shared@peer.example>"])
    assert list(done.envelope) == ["<Shared@peer.example>"]
    assert not done.find("addrcpt")


def test_both_homes_get_a_copy_and_only_from_elsewhere(stateful, records):
    records.user(f"dual@{HERE}", home="both")
    done = transaction(stateful.socket, rcpts=[f"<dual@{HERE}>"])
    assert set(done.envelope) == {f"<dual@{HERE}>", f"<dual@{HERE}.primary.invalid>"}
    done = transaction(stateful.socket, client=PEER, rcpts=[f"<dual@{HERE}>"])
    assert list(done.envelope) == [f"<dual@{HERE}>"]


def test_a_flip_rules_the_next_recipient_of_the_same_connection(stateful, records):
    user = f"<flip@{HERE}>"
    with MilterConnection(stateful.socket) as link:
        link.connect()
        link.helo()
        for home, route in (("secondary", user), ("primary", f"<flip@{HERE}.primary.invalid>"),
                            ("secondary", user)):
            records.hset(f"coexist:user:flip@{HERE}", home=home)
            done = link.message(rcpts=[user])
            assert list(done.envelope) == [route]


REFUSED = {
    "moving": (dict(home="moving"), None, 451, "4.2.1"),
    "conflict": (dict(home="primary"), PEER, 451, "4.4.6"),
    "bad record": (dict(home="secodnary"), None, 451, "4.3.5"),
    "no such group": (dict(group="nobody"), None, 451, "4.3.5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_at_rcpt_is_refused_for_that_recipient(stateful, records, case):
    fields, client, code, status = REFUSED[case]
    records.user(f"x@{HERE}", **fields)
    done = transaction(
        stateful.socket, rcpts=[f"<a@{HERE}>", f"<x@{HERE}>", f"<b@{HERE}>"],
        client=client or ("203.0.113.25", "mx.external.example"),
    )
    refused = done.reply(f"<x@{HERE}>")
    assert (refused.code, refused.status) == (code, status)
    assert done.final.verdict == "continue"
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{HERE}>"]


def test_a_submission_without_smtp_is_refused_at_its_end_alone(stateful, records):
    records.user(f"x@{HERE}", home="moving")
    done = transaction(stateful.socket, rcpts=[f"x@{HERE}"], local=True)
    assert done.reply(f"x@{HERE}").verdict == "continue"
    assert (done.final.code, done.final.status) == (451, "4.2.1")
    assert done.edits == []


def test_a_submission_without_smtp_is_diverted_as_any_other(daemon):
    done = transaction(daemon.socket, rcpts=[f"bob@{THERE}"], local=True)
    assert names(done.find("delrcpt")) == [f"bob@{THERE}"]
    assert [a.strip("<>") for a in names(done.find("addrcpt"))] == [f"bob@{ROUTE}"]


def test_mode_observe_says_and_does_nothing(run_daemon):
    domain = {THERE: {"home": "primary", "mode": "observe", "route": "%u@%d.primary.invalid"}}
    server = run_daemon(domain=domain)
    done = transaction(server.socket, rcpts=[f"<bob@{THERE}>"])
    assert list(done.envelope) == [f"<bob@{THERE}>"]
    assert server.wait_log("decide").values["action"] == "divert"


# Header fields


def forged(count):
    return [("X-Coexist-Trace", f" v=1; i={i}; forged") for i in range(1, count + 1)]


@pytest.mark.parametrize("client", [PEER, OWN, ("203.0.113.9", "mx.example")])
def test_forged_fields_go_and_the_own_stay(daemon, client):
    headers = [
        *forged(3), *default_headers(), ("x-coexist-route", " node=evil; route=here"),
        ("X-COEXIST-Loop", " verdict=none"), ("X-Coexist-Unheard-Of", " x"),
        ("X-Coexistence", " not ours"),
    ]
    done = transaction(daemon.socket, client=client, rcpts=[f"<a@{HERE}>"], headers=headers)
    assert done.final.verdict == "continue"
    traces = done.values("X-Coexist-Trace")
    assert len(traces) == 1 and "forged" not in traces[0]
    assert len(done.values("X-Coexist-Route")) == 1
    assert "evil" not in done.values("X-Coexist-Route")[0]
    assert done.values("X-Coexist-Loop") == []
    assert done.values("X-Coexist-Unheard-Of") == []
    assert done.values("X-Coexistence") == ["not ours"]


def test_fields_are_removed_from_the_last_on_before_any_is_put_in(daemon):
    done = transaction(daemon.socket, rcpts=[f"<a@{HERE}>"],
                       headers=[*forged(4), *default_headers()])
    removed = done.find("chgheader", name="X-Coexist-Trace")
    assert [e.index for e in removed] == [4, 3, 2, 1]
    assert all(e.value == "" for e in removed)
    header_edits = [k for k in done.kinds() if k in ("chgheader", "insheader")]
    assert header_edits == sorted(header_edits)
    assert all(e.index == 0 for e in done.find("insheader"))


def test_the_trace_of_an_earlier_pass_is_kept_and_counted_on(daemon):
    first = transaction(daemon.socket, rcpts=[f"<a@{HERE}>"])
    again = transaction(daemon.socket, rcpts=[f"<b@{HERE}>"], headers=first.fields)
    traces = again.values("X-Coexist-Trace")
    assert traces[1:] == first.values("X-Coexist-Trace")
    assert [re.search(r"\bi=(\d+)", t)[1] for t in traces] == ["2", "1"]
    ids = {re.search(r"\bid=(\w+)", t)[1] for t in traces}
    assert len(ids) == 1


def test_a_message_sent_to_the_peer_before_is_a_loop(daemon):
    first = transaction(daemon.socket, rcpts=[f"<bob@{THERE}>"])
    again = transaction(daemon.socket, rcpts=[f"<bob@{THERE}>"], headers=first.fields)
    assert (again.final.code, again.final.status) == (550, "5.4.6")
    assert again.edits == []


def test_another_recipient_of_that_message_is_no_loop(daemon):
    first = transaction(daemon.socket, rcpts=[f"<bob@{THERE}>"])
    again = transaction(daemon.socket, rcpts=[f"<carol@{THERE}>"], headers=first.fields)
    assert again.final.verdict == "continue"
    assert list(again.envelope) == [f"<carol@{ROUTE}>"]


def test_a_looping_notice_is_held_and_never_bounced(daemon):
    first = transaction(daemon.socket, mail="<>", rcpts=[f"<bob@{THERE}>"])
    again = transaction(daemon.socket, mail="<>", rcpts=[f"<bob@{THERE}>"], headers=first.fields)
    assert again.final.verdict == "continue"
    assert again.quarantined
