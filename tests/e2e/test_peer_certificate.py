"""A peer that its TLS client certificate identifies, among others that come from its addresses."""

import os
import ssl
import subprocess

import pytest

from coexist_testing.journey import arrived, attempt, rcpt_reply
from coexist_testing.net import make_folder, remove_folder
from coexist_testing.pair import SENDERS, make_message, send, unique_address, unique_message_id
from coexist_testing.wait import wait_until

NAME = "connector.peer.example"


class Authority:
    """Signs certificates; .file is its own."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file, self.key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", self.key,
                 "-out", self.file)

    def sign(self, common_name, file, days=30):
        """(certificate, key): files named after `file`."""
        base = f"{self.folder}/{file}"
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", f"/CN={common_name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
        _openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.file, "-CAkey", self.key,
                 "-CAcreateserial", "-days", str(days), "-out", f"{base}.pem")
        return f"{base}.pem", f"{base}.key"


def _openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def certificates(_pair):
    """{name: (certificate, key)}, with the secondary's Postfix asking for them, which trusts but
    one of the two authorities."""
    folder = make_folder("certificates")
    try:
        ours, theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        made = {
            "peer": ours.sign(NAME, "peer"),
            "shouted": ours.sign(NAME.upper(), "shouted"),
            "another": ours.sign("another.peer.example", "another"),
            "longer": ours.sign(NAME + ".evil.example", "longer"),
            "stranger": theirs.sign(NAME, "stranger"),
            "own authority": (theirs.file, theirs.key),
        }
        server = ours.sign(_pair.secondary.name, "server")
        os.chmod(folder, 0o755)
        _pair.secondary.set_main(
            smtpd_tls_security_level="may", smtpd_tls_ask_ccert="yes",
            smtpd_tls_cert_file=server[0], smtpd_tls_key_file=server[1],
            smtpd_tls_CAfile=ours.file, smtpd_tls_loglevel="1",
        )
        yield made
    finally:
        _pair.secondary.set_main(
            smtpd_tls_security_level="none", smtpd_tls_ask_ccert="no", smtpd_tls_cert_file="",
            smtpd_tls_key_file="", smtpd_tls_CAfile="", smtpd_tls_loglevel="0",
        )
        remove_folder(folder)


@pytest.fixture
def certified(configure, certificates):
    """The peer's networks are anybody's: its certificate tells it."""
    configure(primary={"networks": None, "identify": f"cert: {NAME}"})
    return certificates


def connect(pair, certificate=None, tls=True):
    """A session from the peer's own address."""
    link = pair.secondary.connect(source=pair.primary.address)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        link.starttls(context=context)
        link.ehlo()
    return link


def origin_of(filter, pair, redis, link):
    """Whose the filter takes it for, of mail for somebody who lives here."""
    user, message_id = unique_address(), unique_message_id()
    redis.user(user, home="secondary")
    assert link.sendmail(f"alice@{SENDERS}", [user], make_message(message_id)) == {}
    link.close()
    assert arrived(pair, message_id) == ([], [user])
    return filter.find("decide", rcpt=user)[-1].values["origin"]


@pytest.mark.parametrize("name", ["peer", "shouted"])
def test_its_certificate_tells_the_peer(pair, redis, filter, certified, name):
    assert origin_of(filter, pair, redis, connect(pair, certified[name])) == "peer"


@pytest.mark.parametrize("name", ["another", "longer", "stranger", "own authority", None])
def test_others_from_the_same_address_are_external(pair, redis, filter, certified, name):
    link = connect(pair, name and certified[name])
    assert origin_of(filter, pair, redis, link) == "external"


def test_without_tls_it_is_external(pair, redis, filter, certified):
    assert origin_of(filter, pair, redis, connect(pair, tls=False)) == "external"


def test_postfix_says_of_a_stranger_that_it_is_not_trusted(pair, redis, filter, certified):
    """So that the test above fails for no other reason than the authority."""
    for name, word in (("peer", "Trusted"), ("stranger", "Untrusted")):
        mark = len(pair.secondary.log())
        connect(pair, certified[name]).close()
        wait_until(
            lambda: f": {word} TLS connection established" in pair.secondary.log()[mark:], 10,
            lambda: f"{name} is {word}: " + pair.secondary.log()[mark:],
        )


def test_a_conflict_is_told_at_rcpt(pair, redis, filter, certified):
    """The certificate is known before any header."""
    user = unique_address()
    redis.user(user, home="primary")
    pair.primary.route(user, "here")
    link = connect(pair, certified["peer"])
    assert rcpt_reply(link, user).startswith("451 4.4.6")
    link.close()
    link = connect(pair, certified["stranger"])
    assert rcpt_reply(link, user).startswith("250")
    link.close()


@pytest.fixture
def client_certificate(pair):
    """client_certificate(files): what the primary's Postfix shows of itself from now on."""
    def show(files):
        pair.primary.set_main(smtp_tls_security_level="encrypt", smtp_tls_cert_file=files[0],
                              smtp_tls_key_file=files[1])

    yield show
    pair.primary.set_main(smtp_tls_security_level="none", smtp_tls_cert_file="",
                          smtp_tls_key_file="")


def test_a_postfix_that_shows_it_is_the_peer(pair, redis, filter, certified, client_certificate):
    client_certificate(certified["peer"])
    user = unique_address()
    redis.user(user, home="both")
    message_id = send(pair.primary, user)
    assert arrived(pair, message_id) == ([], [user])
    values = filter.find("decide", rcpt=user)[-1].values
    assert (values["origin"], values["reason"]) == ("peer", "split-horizon")

    client_certificate(certified["stranger"])
    here = unique_address()
    redis.user(here, home="secondary")
    message_id = send(pair.primary, here)
    assert arrived(pair, message_id) == ([], [here])
    assert filter.find("decide", rcpt=here)[-1].values["origin"] == "external"


# A peer that a header identifies: the same addresses, with and without it


def test_another_customer_of_the_same_cloud_is_external(pair, redis, filter, configure):
    configure(primary={"networks": None, "identify": "X-Connector-Token: 7d1f0c9be2f4d94c"})
    user = unique_address()
    redis.user(user, home="both")
    pair.primary.route(user, "here")
    message_id = send(pair.secondary, user, client=pair.primary,
                      headers=[("X-Connector-Token", "7d1f0c9be2f4d94c")])
    assert arrived(pair, message_id) == ([], [user])
    assert filter.find("decide", rcpt=user)[-1].values["origin"] == "peer"
    [delivery] = pair.secondary.deliveries(message_id)
    assert b"7d1f0c9be2f4d94c" not in delivery.raw

    for headers in ([], [("X-Connector-Token", "theirs")]):
        message_id = send(pair.secondary, user, client=pair.primary, headers=headers)
        assert arrived(pair, message_id) == ([user], [user])
        assert filter.find("decide", rcpt=user)[-1].values["origin"] == "external"

    redis.user(user, home="primary")
    message_id = send(pair.secondary, user, client=pair.primary)
    assert arrived(pair, message_id) == ([user], [])
    tried = attempt(pair.secondary, user, client=pair.primary,
                    headers=[("X-Connector-Token", "7d1f0c9be2f4d94c")])
    assert tried.code == "451 4.4.6"
