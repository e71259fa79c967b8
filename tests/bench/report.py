"""What a run has shown: figures, ratios, goals, tables."""

import statistics

import maps
import plan

TIMES = ("mean", "p50", "p90", "p99", "p999", "max")
TIMEOUT_MS = 250  # of one command
# Redis' commands by what they are for.
MAIL_PATH = {"HGETALL", "HMGET", "HGET", "GET", "MGET", "EXISTS", "TYPE", "LRANGE", "SMEMBERS",
             "GETRANGE", "ZRANGE", "ZCARD", "SCARD", "EVAL", "EVALSHA"}
JOURNAL = {"XADD", "XTRIM", "APPEND", "EXPIRE", "PEXPIRE", "INCR", "INCRBY", "SET", "SETEX",
           "SADD", "ZADD", "RPUSH", "MULTI", "EXEC"}


def median(values):
    values = list(values)
    return statistics.median(values) if values else 0.0


def summary(cell, rounds):
    """One cell in figures: medians of all rounds, and of its ratio to the reference in each."""
    mine = rounds[cell.name]
    told = {
        "name": cell.name, "target": cell.target, "reference": cell.reference,
        "options": cell.options, "messages": sum(r["messages"] for r in mine),
        "wrong": sum(r["wrong"] for r in mine),
        "why": next((r["why"] for r in mine if r["why"]), ""),
        "rate": median(r["rate"] for r in mine),
        "us": {t: median(r["message"][t] for r in mine) for t in TIMES},
        "recipient_us": {t: median(r["recipient"][t] for r in mine) for t in TIMES},
        "agreed": mine[0]["agreed"],
    }
    slow = [r["slow"] for r in mine if r["slow"]["n"]]
    if slow:
        told["slow"] = {"messages": sum(s["n"] for s in slow),
                        "p50": median(s["p50"] for s in slow)}
    if cell.reference:
        pairs = list(zip(mine, rounds[cell.reference]))
        told["rate_ratio"] = median(_ratio(a["rate"], b["rate"]) for a, b in pairs)
        told["us_ratio"] = {
            t: median(_ratio(a["message"][t], b["message"][t]) for a, b in pairs) for t in TIMES
        }
        told["us_added"] = {
            t: median(a["message"][t] - b["message"][t] for a, b in pairs) for t in TIMES
        }
    return told


def _ratio(a, b):
    return a / b if b else 0.0


def by_name(result):
    return {cell["name"]: cell for cell in result["cells"]}


def same_negotiation(result):
    """Whether null and ours agreed on the same with the MTA, over each wire."""
    cells = by_name(result)
    least = min(result["concurrencies"])
    return all(
        cells[plan.at(f"null, {wire}", least)]["agreed"]
        == cells[plan.at(f"ours, {wire}", least)]["agreed"] for wire in ("unix", "inet")
    )


def redis_use(commands):
    """Commands for each message: on the mail path, in the journal, other."""
    told = {"mail_path": 0.0, "journal": 0.0, "other": 0.0, "reads": 0.0}
    for name, calls in commands["calls"].items():
        kind = ("mail_path" if name in MAIL_PATH else "journal" if name in JOURNAL else "other")
        told[kind] += calls / max(1, commands["messages"])
    told["reads"] = commands["reads"] / max(1, commands["messages"])
    return told


def wrong_answers(result):
    """What was not answered as it should be; an empty list when all is right."""
    found = [f"{c['name']}: {c['wrong']} wrong: {c['why']}" for c in result["cells"] if c["wrong"]]
    found += [f"{c['name']}: no message" for c in result["cells"] if not c["messages"]]
    found += [f"{m['users']} users: {m['wrong']} wrong" for m in result["memory"] if m["wrong"]]
    found += [f"commands, {c['name']}: {c['wrong']} wrong"
              for c in result["commands"] if c["wrong"]]
    found += [f"socketmap, {c['name']}: {c['wrong']} wrong: {c['why']}"
              for c in result["maps"] if c["wrong"]]
    flips = result["flips"]
    # A late one is a matter of the machine too: there is a goal for it.
    for what in ("given_up", "reverted"):
        if flips[what]:
            found.append(f"flips: {flips[what]} {what}")
    if not result["same_negotiation"]:
        found.append("the null milter and ours agreed on different things")
    return found


# Goals: (what, goal as text, seen as text, reached)

def goals(result):
    found = [*_speed(result), *_postfix(result), *_latency(result), *_redis(result),
             *_flips(result), *_curves(result), *_memory(result), *_slow(result), *_wire(result),
             *_dead(result), *maps.goals(result["maps"])]
    return [{"what": w, "goal": g, "seen": s, "reached": bool(r)} for w, g, s, r in found]


def _speed(result):
    cells = by_name(result)
    for c in result["concurrencies"]:
        ratio = cells[plan.at("ours, unix", c)]["rate_ratio"]
        yield f"messages/s to null, {c} at once", ">= 0.90", f"{ratio:.2f}", ratio >= 0.90


def _postfix(result):
    if result["postfix"]:
        ratio = postfix_ratio(result["postfix"], "ours", "null")
        yield "messages/s through Postfix to null", ">= 0.97", f"{ratio:.2f}", ratio >= 0.97


def postfix_ratio(postfix, name, reference, what="through"):
    return median(_ratio(a[what], b[what]) for a, b in zip(postfix[name], postfix[reference]))


def _latency(result):
    cells = by_name(result)
    for name in (plan.at("ours, unix", result["usual"]), plan.paced("ours")):
        added = cells[name]["us_added"]["p99"] / 1000
        yield f"p99 above null's, {name}", "<= 0.2 ms", f"{added:.2f} ms", added <= 0.2


def _redis(result):
    for commands in result["commands"]:
        use = redis_use(commands)
        yield (f"Redis commands a message on the mail path, {commands['name']}", "0",
               f"{use['mail_path']:.4f}", use["mail_path"] < 0.001)
        yield (f"writes to Redis a message, {commands['name']}", "in batches",
               f"{use['journal']:.2f} commands in {use['reads']:.3f} reads", use["reads"] < 0.5)


def _flips(result):
    f, t = result["flips"], result["flips"]["time"]
    yield "flip to first answer, p99", "<= 10 ms", f"{t['p99'] / 1000:.2f} ms", t["p99"] <= 10000
    yield (f"flip to first answer, max of {f['flips']}", "<= 100 ms", f"{t['max'] / 1000:.2f} ms",
           t["max"] <= 100000)
    wrong = f["late"] + f["reverted"] + f["given_up"]
    yield "old answers 100 ms after a flip", "0", str(wrong), wrong == 0


def _curves(result):
    cells = by_name(result)
    few, many = min(result["users"]), max(result["users"])
    ratio = _ratio(cells[f"ours, {many} users"]["rate"], cells[f"ours, {few} users"]["rate"])
    yield f"messages/s with {many} users to {few}", ">= 0.90", f"{ratio:.2f}", ratio >= 0.9
    base = cells[plan.at("ours, unix", result["usual"])]["rate"]
    for what, sizes in (("recipients", (1, 10, 100)), ("headers", (15, 60, 500))):
        rates = [base] + [cells[f"ours, {n} {what}"]["rate"] for n in sizes[1:]]
        first, second = _steps([1e6 / r if r else 0 for r in rates], sizes)
        yield (f"cost of one of the {what}", "linear (<= 1.25)",
               f"{first:.1f} then {second:.1f} us", second <= 1.25 * first)


def _steps(times, sizes):
    """What one more costs, from the first size to the second, and from there to the third."""
    return [(times[i + 1] - times[i]) / (sizes[i + 1] - sizes[i]) for i in (0, 1)]


def _memory(result):
    for m in result["memory"]:
        if m["users"] == 1000000:
            mb = m["after_kib"] * 1024 / 1e6
            yield "memory with 1000000 cached users", "<= 150 MB", f"{mb:.0f} MB", mb <= 150


def _slow(result):
    cell = next(c for c in result["cells"] if "slow_every" in c["options"])
    ratio = cell["us_ratio"]["p99"]
    yield "p99 of the others beside slow look-ups", "<= 1.5", f"{ratio:.2f}", ratio <= 1.5


def _wire(result):
    rounds = result["rounds"]
    for c in result["concurrencies"]:
        # With so many at once all the time, the latency is the reciprocal of the rate.
        pairs = zip(rounds[plan.at("ours, unix", c)], rounds[plan.at("ours, inet", c)])
        ratio = median(_ratio(unix["rate"], inet["rate"]) for unix, inet in pairs)
        yield f"latency of inet to unix, {c} at once", "<= 1.3", f"{ratio:.2f}", ratio <= 1.3


def _dead(result):
    cells = by_name(result)
    for mood in ("dead", "hung"):
        ratio = cells[f"ours, Redis {mood}"]["rate_ratio"]
        yield f"messages/s, Redis {mood}, to alive", ">= 0.90", f"{ratio:.2f}", ratio >= 0.9
    worst = cells["ours, Redis hung"]["us"]["p999"] / 1000
    yield ("p99.9 of a message, Redis hung", f"< {TIMEOUT_MS} ms", f"{worst:.1f} ms",
           worst < TIMEOUT_MS)


# Tables

def tables(result):
    """[(title, [columns], [[text]])]"""
    machine = result["machine"]
    head = f"{result['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['kernel']}"
    return [
        (head, ["variant", "messages/s", "to null", "p50 us", "p99 us", "p99.9 us", "p99 to null"],
         [_row(cell) for cell in result["cells"]]),
        ("Redis, for each message",
         ["known users", "look-ups", "journal commands", "other", "reads of the server"],
         [_redis_row(c) for c in result["commands"]]),
        ("Memory", ["users", "resident before", "after", "octets a user", "first look-ups/s"],
         [_memory_row(m) for m in result["memory"]]),
        ("Socketmap", ["server", "look-ups/s", "to null", "a second of a core", "to null",
                       "p50 us", "p99 us"], list(maps.rows(result["maps"]))),
        ("Through Postfix", ["filter", "messages/s", "to null", "accepted/s", "to null"],
         _postfix_rows(result["postfix"])),
        ("Goals", ["figure", "goal", "seen", "reached"],
         [[g["what"], g["goal"], g["seen"], "yes" if g["reached"] else "NO"]
          for g in result["goals"]]),
    ]


def _row(cell):
    us = cell["us"]
    compared = cell["reference"] and cell["reference"].startswith("null")
    return [
        cell["name"], f"{cell['rate']:.0f}", f"{cell['rate_ratio']:.2f}" if compared else "",
        f"{us['p50']:.0f}", f"{us['p99']:.0f}", f"{us['p999']:.0f}",
        f"{cell['us_ratio']['p99']:.2f}" if compared else "",
    ]


def _redis_row(commands):
    use = redis_use(commands)
    return [commands["name"], f"{use['mail_path']:.4f}", f"{use['journal']:.3f}",
            f"{use['other']:.4f}", f"{use['reads']:.4f}"]


def _memory_row(m):
    return [str(m["users"]), f"{m['before_kib'] / 1024:.1f} MiB",
            f"{m['after_kib'] / 1024:.1f} MiB",
            f"{(m['after_kib'] - m['before_kib']) * 1024 / m['users']:.0f}",
            f"{m['lookups_per_second']:.0f}"]


def _postfix_rows(postfix):
    return [
        [name, f"{median(r['through'] for r in rounds):.0f}",
         f"{postfix_ratio(postfix, name, 'null'):.2f}",
         f"{median(r['accepted'] for r in rounds):.0f}",
         f"{postfix_ratio(postfix, name, 'null', 'accepted'):.2f}"]
        for name, rounds in postfix.items()
    ]


def as_text(table):
    title, columns, rows = table
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    lines = [title, ""]
    for row in [columns, *rows]:
        lines.append("  ".join(
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths))
        ).rstrip())
    return "\n".join(lines) + "\n"


def as_markdown(table):
    title, columns, rows = table
    lines = [f"{title}:", "", "| " + " | ".join(columns) + " |",
             "|" + "|".join("---" if i == 0 else "---:" for i in range(len(columns))) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
