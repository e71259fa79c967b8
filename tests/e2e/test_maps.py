"""Postfix asks the filter's maps: the next hop by state, the address as it came."""

import contextlib
import subprocess

import pytest

from coexist_testing.daemon import Daemon
from coexist_testing.journey import Watch, arrived, attempt, reasons_stamped, wait_deferred
from coexist_testing.pair import DOMAIN, SENDERS, send, unique_address
from coexist_testing.socketmap_client import ask
from coexist_testing.wait import wait_until


def maps_of(pair):
    return f"socketmap:unix:{pair.folder}/maps.sock"


def options(pair, redis, **changes):
    """The domain has no route: the next hop is Postfix's question."""
    whole = pair.filter_options(redis, maps=f"unix:{pair.folder}/maps.sock", **changes)
    whole["domain"][DOMAIN] = {"home": "primary"}
    return whole


def as_primary(pair, redis, **domain):
    """The same Postfix as one of the primary system, and the other as one of the secondary."""
    whole = options(pair, redis, node="primary")
    systems = whole["system"]
    systems["primary"], systems["secondary"] = systems["secondary"], systems["primary"]
    whole["domain"][DOMAIN] = domain
    return whole


@contextlib.contextmanager
def main_cf(postfix, **parameters):
    """Parameters of main.cf for a while."""
    before = {name: postfix._main.get(name, "") for name in parameters}
    postfix.set_main(**parameters)
    try:
        yield
    finally:
        postfix.set_main(**before)


@pytest.fixture(scope="module")
def _mapped(_pair, _redis):
    own = f"{_pair.secondary.tables.spec}:transport"
    with Daemon(options(_pair, _redis)) as daemon:
        with main_cf(_pair.secondary, transport_maps=f"{maps_of(_pair)}:transport {own}"):
            yield daemon


def learn(daemon, *users):
    """A busy machine may take longer to read a record than a map waits: it is remembered then."""
    def is_known(user):
        kind, value = ask(daemon.maps, "recipients", user)
        return kind != "TEMP" or not value.startswith("state-")

    for user in users:
        wait_until(lambda: is_known(user), 10, f"{user} is remembered")


@pytest.fixture
def mapped(pair, redis, _mapped):
    """The secondary asks the filter's `transport`, and then its own table."""
    learn(_mapped, unique_address())
    yield _mapped
    _mapped.check_log()


@pytest.fixture
def configured(mapped):
    """configured(options): the filter with other options for one test."""
    before = mapped.options

    def reload(changed):
        mapped.write_config(changed)
        assert mapped.reload().event == "reload"

    yield reload
    reload(before)


@pytest.fixture
def turn(pair):
    """The queue manager remembers its last question for up to 30 s: another one makes it forget."""
    def ask_another():
        send(pair.secondary, [unique_address(SENDERS, "other")], plain=True)
        pair.wait_quiet()

    return ask_another


def say(redis, user, state):
    if state == "both":
        redis.user(user, home="both", route=f"{user}.primary.invalid")
    elif state == "both, no route":
        redis.user(user, home="both")
    elif state == "domain record":
        redis.domain(DOMAIN, home="secondary")
    elif state != "nothing":
        redis.user(user, home={"typo": "secodnary"}.get(state, state))


# (at the primary, at the secondary, reason)
DELIVERED = {
    "secondary": (0, 1, "home-here"), "primary": (1, 0, "home-peer"), "both": (1, 1, "dual"),
    "nothing": (1, 0, "default"), "domain record": (0, 1, "default"),
}
REFUSED = {"moving": "450 4.2.1", "typo": "450 4.3.5", "both, no route": "451 4.3.5"}
FROM_PEER = {
    "secondary": "home-here", "both": "split-horizon", "both, no route": "split-horizon",
    "domain record": "authority",
}
REFUSED_FROM_PEER = {
    "primary": "451 4.4.6", "nothing": "451 4.4.6", "moving": "450 4.2.1", "typo": "450 4.3.5",
}


@pytest.mark.parametrize("client, state", [
    *[("external", state) for state in DELIVERED], ("local", "primary"), ("local", "both"),
])
def test_each_is_delivered_where_it_lives_under_its_own_address(
    pair, redis, mapped, client, state
):
    user = unique_address()
    say(redis, user, state)
    pair.primary.route(user, "here")
    learn(mapped, user)
    message_id = send(pair.secondary, [user], client=client)
    primary, secondary, reason = DELIVERED[state]
    assert arrived(pair, message_id) == ([user] * primary, [user] * secondary)
    assert reasons_stamped(pair, message_id) == {reason}


@pytest.mark.parametrize("state", REFUSED)
def test_what_cannot_be_decided_is_deferred_at_rcpt(pair, redis, mapped, state):
    user, friend = unique_address(), unique_address()
    say(redis, user, state)
    redis.user(friend, home="secondary")
    learn(mapped, user, friend)
    tried = attempt(pair.secondary, [user, friend])
    assert tried.codes == {user: REFUSED[state]}
    assert arrived(pair, tried.message_id) == ([], [friend])


@pytest.mark.parametrize("state", FROM_PEER)
def test_what_the_peer_hands_over_stays(pair, redis, mapped, state):
    user = unique_address()
    say(redis, user, state)
    learn(mapped, user)
    message_id = send(pair.primary, [user])
    assert arrived(pair, message_id) == ([], [user])
    assert reasons_stamped(pair, message_id) == {FROM_PEER[state]}


@pytest.mark.parametrize("state", REFUSED_FROM_PEER)
def test_what_the_map_would_send_back_is_deferred(pair, redis, mapped, state):
    user = unique_address()
    say(redis, user, state)
    learn(mapped, user)
    tried = attempt(pair.secondary, [user], client=pair.primary)
    assert tried.codes == {user: REFUSED_FROM_PEER[state]}
    assert arrived(pair, tried.message_id) == ([], [])


@pytest.mark.parametrize("address, key", [
    ("First.Last+box@EXAMPLE.com", "first.last@example.com"),
    ('"john doe"@example.com', "john doe@example.com"),
])
def test_any_form_of_an_address_is_looked_up_and_kept(pair, redis, mapped, address, key):
    redis.user(key, home="primary")
    pair.primary.route(DOMAIN, "here")
    learn(mapped, key, address)
    message_id = send(pair.secondary, [address])
    pair.wait_quiet()
    [delivery] = pair.primary.deliveries(message_id)
    assert delivery.original in (address, address.replace('"', ""))
    assert pair.secondary.deliveries(message_id) == []


def deferred_because(postfix, message_id, text):
    return [line for line in postfix.log_of(message_id) if "status=deferred" in line
            and text in line]


@pytest.mark.parametrize("then", ["primary", "secondary"])
def test_mail_of_before_a_move_waits_in_the_queue_until_the_flip(pair, redis, mapped, turn, then):
    user = unique_address()
    redis.user(user, home="secondary")
    pair.primary.route(user, "here")
    pair.secondary.route(user, "smtp:[127.0.0.1]:1")  # its mailbox is closed for the move
    learn(mapped, user)
    message_id = send(pair.secondary, [user])
    wait_until(lambda: deferred_because(pair.secondary, message_id, "refused"), 10, "it waits")

    redis.user(user, home="moving")
    pair.secondary.route(user, "here")
    learn(mapped, user)
    turn()
    pair.secondary.flush()
    wait_until(lambda: deferred_because(pair.secondary, message_id, "dsn=4.2.1"), 10, "it is held")
    assert arrived(pair, message_id) == ([], [])

    redis.user(user, home=then)
    learn(mapped, user)
    turn()
    pair.secondary.flush()
    wait_until(lambda: any(pair.delivered(message_id)), 10, "it goes on")
    at_primary = then == "primary"
    assert arrived(pair, message_id) == ([user] * at_primary, [user] * (not at_primary))


@pytest.fixture
def own_rewrite(pair):
    """smtpd(8) resolves addresses by a service of its own, without the map."""
    path = f"{pair.secondary.config}/master.cf"
    with open(path) as file:
        before = file.read()
    begin = f"{pair.secondary.smtp[1]}  inet n - n - - smtpd\n"
    assert begin in before

    def write(text):
        with open(path, "w") as file:
            file.write(text)
        pair.secondary.reload()

    write(before.replace(begin, begin + "    -o rewrite_service_name=rewrite-smtpd\n")
          + f"rewrite-smtpd unix - - n - - trivial-rewrite\n"
          f"    -o {{transport_maps={pair.secondary.tables.spec}:transport}}\n")
    yield
    write(before)


def test_with_a_rewrite_service_of_its_own_smtpd_follows_each_flip(pair, redis, mapped, own_rewrite):
    user = unique_address()
    pair.primary.route(user, "here")
    link = pair.secondary.connect()
    try:
        link.ehlo("client.example")
        said = []
        for home in ("moving", "primary", "moving", "secondary"):
            redis.user(user, home=home)
            wait_until(lambda: ask(mapped.maps, "recipients", user) == ("OK", home), 10, "flipped")
            link.mail(f"alice@{SENDERS}")
            said.append(link.rcpt(user)[0])
            link.rset()
    finally:
        link.close()
    assert said == [451, 250, 451, 250]


def test_without_redis_known_users_go_on_and_others_wait(pair, redis, mapped):
    known, unknown = unique_address(), unique_address()
    redis.user(known, home="primary")
    pair.primary.route(DOMAIN, "here")
    learn(mapped, known)
    first = send(pair.secondary, [known])
    assert arrived(pair, first) == ([known], [])
    redis.pause()
    try:
        tried = attempt(pair.secondary, [unknown, known])
        assert tried.codes == {unknown: "451 4.3.0"}
        assert arrived(pair, tried.message_id) == ([known], [])
    finally:
        redis.resume()
    wait_until(lambda: ask(mapped.maps, "transport", unknown)[0] == "OK", 10, "Redis is back")


def test_what_no_map_can_tell_waits_in_the_queue_and_bounces_not(
    pair, redis, mapped, configured, turn
):
    """Nothing is remembered, and Redis is held: the next hop of what is queued is not known."""
    configured(options(pair, redis, cache_entries=0))
    watch = Watch(pair)
    user = unique_address()
    redis.user(user, home="secondary")
    pair.secondary.route(user, "smtp:[127.0.0.1]:1")  # its mailbox is closed
    wait_until(lambda: not attempt(pair.secondary, [user]).refused, 20, "it is taken", 0.2)
    [waiting] = wait_deferred(pair.secondary)
    redis.pause()
    try:
        pair.secondary.route(user, "here")
        turn()
        pair.secondary.flush()
        wait_until(lambda: "address resolver failure" in str(pair.secondary.queue()), 40,
                   lambda: f"it waits for the map: {pair.secondary.queue()}")
    finally:
        redis.resume()
    assert (pair.secondary.deliveries(rcpt=user), watch.bounces()) == ([], [])
    assert [m["queue_id"] for m in pair.secondary.queue()] == [waiting["queue_id"]]
    wait_until(lambda: pair.secondary.deliveries(rcpt=user), 60, "it is delivered")
    assert (len(pair.secondary.deliveries(rcpt=user)), watch.bounces()) == (1, [])


def test_what_is_only_observed_goes_by_postfixs_own_rules(pair, redis, mapped):
    moved, moving = unique_address(), unique_address()
    redis.domain(DOMAIN, mode="observe")
    redis.user(moved, home="primary")
    redis.user(moving, home="moving")
    learn(mapped, moved, moving)
    message_id = send(pair.secondary, [moved, moving])
    assert arrived(pair, message_id) == ([], sorted([moved, moving]))


# The primary role

def test_a_primary_rejects_unknown_users_and_sends_others_on(pair, redis, mapped, configured):
    configured(as_primary(pair, redis))
    own, away, unknown = (unique_address() for _ in range(3))
    redis.user(own, home="primary")
    redis.user(away, home="secondary")
    pair.primary.route(away, "here")
    learn(mapped, own, away, unknown)
    tried = attempt(pair.secondary, [own, away, unknown])
    assert tried.codes == {unknown: "550 5.1.1"}
    assert arrived(pair, tried.message_id) == ([away], [own])


def test_relay_recipients_are_those_that_the_state_knows(pair, redis, mapped, configured):
    configured(as_primary(pair, redis))
    own, alias, moving, unknown = (unique_address() for _ in range(4))
    redis.user(own, home="primary")
    redis.user(alias, alias=own)
    redis.user(moving, home="moving")
    learn(mapped, own, alias, moving, unknown)
    relay = {"relay_domains": DOMAIN, "virtual_mailbox_domains": SENDERS,
             "relay_recipient_maps": f"{maps_of(pair)}:recipients",
             "transport_maps": f"{pair.secondary.tables.spec}:transport"}
    with main_cf(pair.secondary, **relay):
        tried = attempt(pair.secondary, [own, alias, moving, unknown])
        assert tried.codes == {unknown: "550 5.1.1", moving: "451 4.2.1"}
        assert "relay recipient table" in tried.refused[unknown]
        assert arrived(pair, tried.message_id) == ([], sorted([own, alias]))
        redis.pause()
        try:
            assert attempt(pair.secondary, [unique_address()]).codes.popitem()[1] == "451 4.3.0"
        finally:
            redis.resume()


# virtual_alias_maps, where no filter is: at the plain listener

@pytest.mark.parametrize("state, primary, secondary", [
    ("primary", 1, 0), ("secondary", 0, 1), ("both", 1, 1),
])
def test_aliases_send_each_where_it_lives(
    pair, redis, mapped, configured, state, primary, secondary
):
    changed = options(pair, redis)
    changed["domain"][DOMAIN]["route"] = "%u@%d.primary.invalid"
    configured(changed)
    user, other_name = unique_address(), unique_address()
    redis.user(user, home=state)
    redis.user(other_name, alias=user)
    pair.primary.route(user, "here")
    learn(mapped, user, other_name)
    own = {"virtual_alias_maps": f"{maps_of(pair)}:alias",
           "transport_maps": f"{pair.secondary.tables.spec}:transport"}
    with main_cf(pair.secondary, **own):
        for rcpt in (user, other_name):
            message_id = send(pair.secondary, [rcpt], plain=True)
            assert arrived(pair, message_id) == ([user] * primary, [user] * secondary)


def test_aliases_put_off_who_moves(pair, redis, mapped, configured):
    changed = options(pair, redis)
    changed["domain"][DOMAIN]["route"] = "%u@%d.primary.invalid"
    configured(changed)
    user, other_name = unique_address(), unique_address()
    redis.user(user, home="moving")
    redis.user(other_name, alias=user)
    learn(mapped, user, other_name)
    with main_cf(pair.secondary, virtual_alias_maps=f"{maps_of(pair)}:alias"):
        for rcpt in (user, other_name):
            assert attempt(pair.secondary, [rcpt], plain=True).codes == {rcpt: "451 4.3.0"}


# postmap(1)

def postmap(pair, table, key, stdin=None):
    done = subprocess.run(
        ["/usr/sbin/postmap", "-c", pair.secondary.config, "-q", key, f"{maps_of(pair)}:{table}"],
        input=stdin, capture_output=True, timeout=60,
    )
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()


def test_postmap_asks_each_table(pair, redis, mapped):
    redis.user("there@example.com", home="primary")
    redis.user("name@example.com", alias="there@example.com")
    redis.user("typo@example.com", home="secodnary")
    learn(mapped, "there@example.com", "there+x@example.com", "name@example.com")
    nexthop = "smtp:[{}]:{}".format(*pair.primary.smtp)
    assert postmap(pair, "transport", "There+x@Example.COM") == (0, f"{nexthop}\n", "")
    assert postmap(pair, "transport", f"somebody@{SENDERS}") == (1, "", "")
    assert postmap(pair, "recipients", "there@example.com") == (0, "primary\n", "")
    assert postmap(pair, "alias", "name@example.com") == (0, "there@example.com\n", "")
    status, out, error = postmap(pair, "recipients", "typo@example.com")
    assert (status, out) == (1, "") and "temporary error: bad-record" in error
    status, out, error = postmap(pair, "aliases", "there@example.com")
    assert (status, out) == (1, "") and "permanent error: there is no such table" in error


def test_postmap_asks_many_keys_over_one_connection(pair, redis, mapped):
    users = [unique_address() for _ in range(20)]
    for user in users[::2]:
        redis.user(user, home="secondary")
    learn(mapped, *users)
    status, out, error = postmap(pair, "recipients", "-", "\n".join(users).encode())
    told = dict(line.split("\t") for line in out.splitlines())
    assert (status, error) == (0, "")
    assert told == {user: ("default" if i % 2 else "secondary") for i, user in enumerate(users)}
