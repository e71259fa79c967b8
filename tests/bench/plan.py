"""Which variants are measured, and how long."""

import collections

from targets import PEER

CONCURRENCIES = (1, 4, 16, 64)
SHAPES = (("10 recipients", {"recipients": 10}), ("100 recipients", {"recipients": 100}),
          ("60 headers", {"headers": 60}), ("500 headers", {"headers": 500}))
PACE = 5000  # messages a second, which leaves every filter time to breathe
KNOWN = 1000  # users in each Redis but those of the curve

# name: as in the table; target: one of Bench.targets; reference: the name of the cell that it is
# compared with, of the same shape; options: of load
Cell = collections.namedtuple("Cell", "name target reference options")

Extent = collections.namedtuple(
    "Extent", "rounds seconds warmup messages concurrencies users flips postfix_messages slow_every"
)
EXTENTS = {
    "full": Extent(11, 0.8, 0.2, None, CONCURRENCIES, (10000, 100000, 1000000), 10000, 2000, 1000),
    "quick": Extent(5, 0.35, 0.1, None, CONCURRENCIES, (10000, 100000), 1000, 600, 1000),
    # Counts messages in place of time: whether all of it works.
    "smoke": Extent(1, 600, 0, 24, (1, 4), (100, 1000), 128, 10, 4),
}


def at(name, concurrency):
    return f"{name}, {concurrency} at once"


def paced(name):
    return f"{name}, {PACE} a second"


def usual(extent):
    """The concurrency of what is measured at one alone."""
    return 16 if 16 in extent.concurrencies else max(extent.concurrencies)


def cells(extent):
    """All that load measures, in an order that keeps what is compared close together."""
    found = []
    for concurrency in extent.concurrencies:
        options = {"connections": concurrency}
        for wire in ("unix", "inet"):
            reference = at(f"null, {wire}", concurrency)
            found.append(Cell(reference, f"null {wire}", None, options))
            found.append(Cell(at(f"ours, {wire}", concurrency), f"ours {wire}", reference, options))
    options = {"connections": usual(extent), "rate": PACE}
    found.append(Cell(paced("null"), "null unix", None, options))
    found.append(Cell(paced("ours"), "ours unix", paced("null"), options))
    return found + _shapes(usual(extent)) + _kinds(usual(extent), extent)


def _shapes(concurrency):
    found = []
    for shape, options in SHAPES:
        options = {"connections": concurrency, **options}
        found.append(Cell(f"null, {shape}", "null unix", None, options))
        found.append(Cell(f"ours, {shape}", "ours unix", f"null, {shape}", options))
    return found


def _kinds(concurrency, extent):
    plain = {"connections": concurrency}
    null, ours = at("null, unix", concurrency), at("ours, unix", concurrency)
    peer = {"client": PEER[0], "host": PEER[1]}
    return [
        Cell("ours, diverted to the peer", "ours unix", null,
             {**plain, "kind": "away", "diverted": True}),
        Cell("ours, from the peer", "ours unix", null, {**plain, **peer}),
        Cell("ours, 1 % unknown", "ours unix", null, {**plain, "unknown": 0.01}),
        Cell("ours, all unknown", "ours unix", null, {**plain, "unknown": 1}),
        Cell("ours, through a proxy", "proxied", null, plain),
        Cell(f"ours, 1 of {extent.slow_every} slow", "proxied", "ours, through a proxy",
             {**plain, "slow_every": extent.slow_every}),
        Cell("ours, Redis dead", "dead", ours, plain),
        Cell("ours, Redis hung", "hung", ours, plain),
        *[Cell(f"ours, {users} users", f"{users} users", null, {**plain, "users": users})
          for users in extent.users],
    ]
