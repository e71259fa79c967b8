"""Look-ups of the socketmap, against a server that answers a constant.

Each server is measured on one core, and asked from another where there is one. What is compared is
the processor time that it takes for a look-up, which others on the machine distort least; the rate
by the clock is told beside it.
"""

import contextlib
import os
from statistics import median

import plan
from targets import DOMAIN, OPTIONS, Ours, Program, lookups

HOP = "smtp:[192.0.2.1]:25"
ANSWER = f"OK {HOP}"
CONNECTIONS = (1, 64)
GOAL, SHARE = 50000, 0.8


class NullMap(Program):
    def __init__(self, path):
        super().__init__("null_socketmap", path, ANSWER)
        self.maps = path

    def start(self):
        return super().start(self.maps)


def ours(state):
    """The filter as a site without routes has it: its users are at the primary."""
    systems = {name: dict(block) for name, block in OPTIONS["system"].items()}
    systems["primary"]["nexthop"] = HOP
    return Ours(state, system=systems, maps="unix:{folder}/maps.sock",
                domain={DOMAIN: {"home": "secondary"}})


def threads(target):
    return [int(task) for task in os.listdir(f"/proc/{target.process.pid}/task")]


def cpu_seconds(target):
    """Of all threads of a server, so far: nanoseconds on a processor, which come first there."""
    nanoseconds = 0
    for task in threads(target):
        with open(f"/proc/{target.process.pid}/task/{task}/schedstat") as file:
            nanoseconds += int(file.read().split()[0])
    return nanoseconds / 1e9


@contextlib.contextmanager
def pinned(targets):
    """The servers stay on the first core; gives the cores for whoever asks them."""
    cores = sorted(os.sched_getaffinity(0))
    for target in targets:
        for task in threads(target):
            os.sched_setaffinity(task, cores[:1])
    try:
        yield cores[1:] or cores
    finally:
        for target in targets:
            for task in threads(target):
                os.sched_setaffinity(task, cores)


def measure(targets, extent):
    """{(name, connections): [round]}; the servers take turns, and all users are asked for once
    before."""
    lookups(targets["ours"], ANSWER, users=plan.KNOWN, connections=1, count=plan.KNOWN)
    rounds = {(name, n): [] for n in CONNECTIONS for name in targets}
    with pinned(targets.values()) as cores:
        for _ in range(extent.rounds):
            for (name, connections), told in rounds.items():
                before = cpu_seconds(targets[name])
                done = lookups(targets[name], ANSWER, cores=cores, users=plan.KNOWN,
                               connections=connections, seconds=extent.seconds,
                               warmup=extent.warmup, count=extent.messages)
                cpu = cpu_seconds(targets[name]) - before
                done["a_core"] = done["asked"] / cpu if cpu else 0.0
                told.append(done)
    cells = [_summary(name, n, told) for (name, n), told in rounds.items()]
    for null, mine in pairs(cells):
        of = [rounds[cell["server"], cell["connections"]] for cell in (null, mine)]
        for what in ("rate", "a_core"):
            mine[f"{what}_ratio"] = median(b[what] / a[what] if a[what] else 0.0
                                           for a, b in zip(*of))
    return cells


def _summary(name, connections, rounds):
    return {
        "name": f"{name}, {connections} at once", "server": name, "connections": connections,
        "rate": median(r["rate"] for r in rounds), "asked": sum(r["asked"] for r in rounds),
        "a_core": median(r["a_core"] for r in rounds),
        "wrong": sum(r["wrong"] for r in rounds), "why": next((r["why"] for r in rounds), ""),
        "us": {p: median(r["time"][p] for r in rounds) for p in ("p50", "p99")},
    }


def pairs(cells):
    """(null, ours) at each number of connections."""
    by = {(c["server"], c["connections"]): c for c in cells}
    return [(by["null", n], by["ours", n]) for n in CONNECTIONS]


def goals(cells):
    null, ours_ = pairs(cells)[-1]
    least = min(GOAL, SHARE * null["a_core"])
    yield (f"socketmap look-ups a second of a core, {ours_['connections']} at once",
           f">= {least:.0f}", f"{ours_['a_core']:.0f}", ours_["a_core"] >= least)


def rows(cells):
    for cell in (cell for pair in pairs(cells) for cell in pair):
        ratios = [f"{cell[name]:.2f}" if name in cell else "" for name in ("rate_ratio", "a_core_ratio")]
        yield [cell["name"], f"{cell['rate']:.0f}", ratios[0], f"{cell['a_core']:.0f}", ratios[1],
               f"{cell['us']['p50']:.0f}", f"{cell['us']['p99']:.0f}"]
