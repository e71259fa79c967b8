"""The two systems as the protocol tests have them, and one look whether the filter is well."""

from coexist_testing.milter_client import transaction

# Without any record: mailboxes of one domain are here, those of the other at the peer.
HERE, THERE = "here.example", "there.example"
ROUTE = "there.example.primary.invalid"
PEER = ("198.51.100.10", "mail.primary.example")
OWN = ("192.0.2.10", "mail.secondary.example")

OPTIONS = {
    "node": "secondary",
    "name": "mail.secondary.example",
    "system": {
        "primary": {"hosts": ["mail.primary.example"], "networks": ["198.51.100.0/24"]},
        "secondary": {"hosts": ["mail.secondary.example"], "networks": ["192.0.2.0/24"]},
    },
    "domain": {
        HERE: {"home": "secondary", "route": "%u@%d.primary.invalid"},
        THERE: {"home": "primary", "route": "%u@%d.primary.invalid"},
    },
}


def still_works(address):
    """The daemon goes on as if nothing had been."""
    done = transaction(address, rcpts=[f"<a@{HERE}>", f"<b@{THERE}>"])
    assert done.final.verdict == "continue"
    assert sorted(done.envelope) == [f"<a@{HERE}>", f"<b@{ROUTE}>"]
    assert len(done.values("X-Coexist-Trace")) == 1
    assert len(done.values("X-Coexist-Route")) == 1
