"""Look-ups of the socketmap, against a server that answers a constant."""

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


def cpu_seconds(target):
    """Of all threads of a server, so far."""
    with open(f"/proc/{target.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(targets, extent):
    """{(name, connections): [round]}; the servers take turns, and all users are asked for once
    before."""
    lookups(targets["ours"], ANSWER, users=plan.KNOWN, connections=1, count=plan.KNOWN)
    rounds = {(name, n): [] for n in CONNECTIONS for name in targets}
    for _ in range(extent.rounds):
        for (name, connections), told in rounds.items():
            before = cpu_seconds(targets[name])
            done = lookups(targets[name], ANSWER, users=plan.KNOWN, connections=connections,
                           seconds=extent.seconds, warmup=extent.warmup, count=extent.messages)
            done["cpu"] = cpu_seconds(targets[name]) - before
            told.append(done)
    return [_summary(name, n, told) for (name, n), told in rounds.items()]


def _summary(name, connections, rounds):
    asked, cpu = sum(r["asked"] for r in rounds), sum(r["cpu"] for r in rounds)
    return {
        "name": f"{name}, {connections} at once", "server": name, "connections": connections,
        "rate": median(r["rate"] for r in rounds), "asked": asked,
        "a_core": asked / cpu if cpu else 0.0,
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
    for null, ours_ in pairs(cells):
        for cell in (null, ours_):
            compared = cell is ours_ and null["a_core"]
            yield [cell["name"], f"{cell['rate']:.0f}",
                   f"{cell['rate'] / null['rate']:.2f}" if compared and null["rate"] else "",
                   f"{cell['a_core']:.0f}", f"{cell['a_core'] / null['a_core']:.2f}" if compared
                   else "", f"{cell['us']['p50']:.0f}", f"{cell['us']['p99']:.0f}"]
