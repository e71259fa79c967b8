"""import: files as other platforms write them, bad rows, rows twice, interrupts."""

import os
import signal
import threading
import time

import pytest

from coexist_testing.ctl import NO, UNAVAILABLE, USAGE, YES, Ctl, without_ink
from coexist_testing.redis_server import RedisServer
from coexist_testing.wait import scaled, wait_until

IMPORTS = os.path.join(os.path.dirname(__file__), "imports")
ROWS = scaled(100000, slow=20000)
ROWS_INTERRUPTED = scaled(40000, slow=10000)

# All that there is of users, in a text that is the same for the same records.
DIGEST = """
local keys, all = redis.call('KEYS', 'coexist:user:*'), {}
table.sort(keys)
for _, key in ipairs(keys) do
    local words, pairs = redis.call('HGETALL', key), {}
    for i = 1, #words, 2 do pairs[#pairs + 1] = words[i] .. '=' .. words[i + 1] end
    table.sort(pairs)
    all[#all + 1] = key .. ' ' .. table.concat(pairs, ' ')
end
return #keys .. ' ' .. redis.sha1hex(table.concat(all, '\\n'))
"""


def digest(redis):
    return redis.cli("EVAL", DIGEST, 0)


def count(redis):
    return len([key for key in redis.cli("KEYS", "coexist:user:*").splitlines() if key])


def sample(name):
    return os.path.join(IMPORTS, name)


@pytest.fixture
def write(ctl):
    """Writes a file; its path."""
    def write_file(text, name="users.csv"):
        path = f"{ctl.folder}/{name}"
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path
    return write_file


ANNA, BERT, ROOM = "anna@example.com", "bert@example.com", "room1@example.com"
ALIAS = "anna.schmidt@example.com"
HERE, THERE = {"home": "secondary"}, {"home": "primary"}
CONTOSO = "contoso.mail.onmicrosoft.com"

SAMPLES = [
    ("zimbra.ldif", [], "ldif", {
        ANNA: HERE, ALIAS: {"alias": ANNA}, BERT: THERE, ROOM: HERE,
        "bert.with.quite.a.long.name.so.that.the.line.has.to.be.folded@example.com":
            {"alias": BERT},
    }, {"other-domain": 1, "not-mailbox": 1, "no-address": 2, "unknown-system": 1}),
    ("zmprov.txt", [], "zmprov", {ANNA: HERE, ALIAS: {"alias": ANNA}, BERT: THERE}, {}),
    ("zmprov-gaa.txt", ["--home", "secondary"], "list", {
        ANNA: HERE, BERT: HERE, "galsync.x1y2z3@example.com": HERE}, {}),
    ("exchange-recipients.csv", ["--system", "primary"], "exchange", {
        ANNA: {"home": "secondary", "route": "anna@s.example.net"}, ALIAS: {"alias": ANNA},
        BERT: THERE, ROOM: THERE, "carla@example.com": HERE,
    }, {"other-domain": 2, "not-mailbox": 3}),
    ("exchange-remote-mailboxes.csv", ["--system", "secondary"], "exchange", {
        ANNA: {"home": "primary", "route": f"anna@{CONTOSO}"},
        BERT: {"home": "primary", "route": f"bert@{CONTOSO}"},
    }, {"unreadable-aliases": 2}),
    ("active-directory.ldif", ["--system", "secondary"], "ldif", {
        ANNA: HERE, ALIAS: {"alias": ANNA},
        BERT: {"home": "primary", "route": f"bert@{CONTOSO}"},
    }, {"not-mailbox": 1}),
    ("google-users.csv", ["--system", "primary"], "google", {ANNA: THERE, BERT: THERE},
     {"other-domain": 1}),
    ("gam-users.csv", ["--system", "secondary", "--group", "sales"], "google", {
        ANNA: {"home": "secondary", "group": "sales"}, ALIAS: {"alias": ANNA},
        BERT: {"home": "secondary", "group": "sales"},
    }, {"other-domain": 1}),
    ("list.txt", [], "list", {
        ANNA: HERE, BERT: THERE, "o'neil van der berg@example.com": HERE}, {}),
    ("our-own.csv", [], "csv", {
        ANNA: {"home": "both", "route": "anna@t.example", "group": "sales",
               "calendar": "secondary", "note": 'says "hello, world"'},
        BERT: {"group": "sales"}, ALIAS: {"alias": ANNA, "note": "her old name"},
    }, {}),
    ("columns-of-their-own.csv",
     ["--map", "E-Mail=address", "--map", "Standort=home", "--map", "Welle=group"], "csv",
     {ANNA: {"home": "secondary", "group": "sales"}, BERT: THERE}, {}),
]


@pytest.mark.parametrize("name, words, kind, want, skipped", SAMPLES, ids=lambda v: str(v)[:30])
def test_samples(ctl, redis, name, words, kind, want, skipped):
    redis.group("sales", home="primary")
    told = ctl.json("import", sample(name), *words)
    assert redis.users() == want
    assert told["format"] == kind
    assert {one["reason"]: one["count"] for one in told["skipped"]} == skipped
    assert (told["taken"], told["new"], told["written"]) == (len(want), len(want), len(want))
    before = digest(redis)
    again = ctl.json("import", sample(name), *words)
    assert (again["same"], again["written"]) == (len(want), 0)
    assert digest(redis) == before


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_codes(ctl, redis, write, code, end):
    with open(sample("exchange-recipients.csv"), encoding="utf-8") as file:
        text = file.read().replace("\n", end)
    octets = text.encode(code)
    ctl.good("import", write(b"\xfe\xff" + octets if code == "utf-16-be" else octets),
             "--system", "primary")
    assert redis.users() == next(case[3] for case in SAMPLES if case[2] == "exchange")


TEXT_REPORT = """\
{file} (csv): 6 rows, 4 users taken: 2 new, 1 changed, 1 as they were
1 address came up again, and said the same
skipped 1: in no configured domain
    line 6: x\\xE2\\x80\\xAE@elsewhere.example
1 user cannot be reached on the other system: there is no route in the record or the domain
"""


@pytest.mark.parametrize("terminal", [False, True])
def test_report(ctl, redis, write, terminal):
    redis.user("b@example.com", home="primary", note="stays")
    redis.user("c@example.com", home="both")
    path = write("address,home\na@bare.example,primary\nb@example.com,secondary\n"
                 "c@example.com,both\nb@EXAMPLE.com,secondary\nx\u202e@elsewhere.example,both\n"
                 "d@example.com,moving\n")
    ran = ctl.terminal("import", path) if terminal else ctl.run("import", path)
    assert ran.status == YES
    shown = without_ink(ran.out)
    assert (shown if not terminal else shown.split("\r")[-1]) == TEXT_REPORT.format(file=path)
    assert ("\x1b[" in ran.out) == terminal
    assert redis.users() == {
        "a@bare.example": THERE, "b@example.com": {**HERE, "note": "stays"},
        "c@example.com": {"home": "both"}, "d@example.com": {"home": "moving"}}
    event = redis.cli("XREVRANGE", "coexist:events", "+", "-", "COUNT", 1).splitlines()
    fields = dict(zip(event[1::2], event[2::2]))
    assert (fields["event"], fields["count"]) == ("import", "3")


def test_json_is_whole(ctl, redis, write):
    redis.user("b@example.com", home="primary")
    path = write("address,home\na@example.com,primary\nb@example.com,secondary\nx@y.example,both\n")
    assert ctl.json("import", path, "--dry-run") == {
        "file": path, "format": "csv", "dry_run": True, "stopped": False, "rows": 3, "taken": 2,
        "new": 1, "changed": 1, "same": 0, "removed": 0, "users": 0, "repeated": 0, "written": 0,
        "unreachable": 0, "bad": 0, "faults": [],
        "first": {"new": [{"user": "a@example.com", "was": None, "home": "primary"}],
                  "changed": [{"user": "b@example.com", "was": "primary", "home": "secondary"}],
                  "removed": []},
        "skipped": [{"reason": "other-domain", "count": 1,
                     "first": [{"line": 4, "what": "x@y.example"}]}],
    }
    assert redis.users() == {"b@example.com": THERE}


def test_dry_run_tells_what_would_change(ctl, redis, write):
    redis.user("b@example.com", home="primary")
    path = write("address,home\n" + "".join(f"a{i}@example.com,both\n" for i in range(12))
                 + "b@example.com,secondary\n")
    names = ", ".join(f"a{i}@example.com" for i in range(10))
    assert ctl.good("import", path, "-n") == (
        f"would add 12: {names} and 2 more\n"
        "would change 1: b@example.com (primary -> secondary)\n"
        f"{path} (csv): 13 rows, 13 users taken: 12 new, 1 changed, 0 as they were\n"
        "nothing was written: --dry-run\n")
    assert redis.users() == {"b@example.com": THERE}


REFUSED = [
    ("bad row", "address,home\na@example.com,primary\nb@example.com,secodnary\nc,primary\n", [],
     USAGE,
     ["{file}:3: column home: home is 'secodnary', not one of primary, secondary, both, moving",
      "{file}:4: column address: 'c' is not an address: write user@example.com",
      "{file}: 2 faults; nothing was written"]),
    ("twice", "address,home\na@example.com,primary\nb@example.com,both\nA@example.com,secondary\n",
     [], USAGE,
     ["{file}:4: column address: a@example.com stands in line 2 too: there home primary, here home "
      "secondary", "{file}: 1 fault; nothing was written"]),
    ("no such group", "a@example.com\nb@example.com\n", ["--home", "both", "--group", "nobody's"],
     NO,
     ["{file}:1: a@example.com: group 'nobody's' has no record: coexistctl group set nobody's home=...",
      "{file}:2: b@example.com: group 'nobody's' has no record: coexistctl group set nobody's home=...",
      "{file}: 2 faults; nothing was written"]),
    ("escapes", "a\x1b[31m@example.com primary\n", [], USAGE,
     ["{file}:1: 'a?[31m@example.com' is not an address: write user@example.com",
      "{file}: 1 fault; nothing was written"]),
    ("a column of proxyAddresses", "SMTP:a@example.com\nsmtp:b@example.com\nc@@example.com\n"
     "\"d e\"@example.com\n", ["--home", "primary"], USAGE,
     ["{file}:1: 'SMTP:a@example.com' is not an address: leave 'SMTP:' off",
      "{file}:2: 'smtp:b@example.com' is not an address: leave 'smtp:' off",
      "{file}:3: 'c@@example.com' is not an address: '@' stands before the last @ without quotes; "
      "write user@example.com", "{file}: 3 faults; nothing was written"]),
    ("a long note", "address,home,note\na@example.com,primary," + 4097 * "n", [], NO,
     ["{file}:2: a@example.com: note has 4097 octets, more than 4096",
      "{file}: 1 fault; nothing was written"]),
    ("no text", b"a\x00b", [], USAGE,
     ["{file}:1: a NUL octet: this is no text, or UTF-16 without its byte order mark"]),
    ("broken UTF-16", "a@example.com".encode("utf-16")[:-1], [], USAGE,
     ["{file}:1: broken UTF-16: half a character"]),
    ("empty", "", [], USAGE,
     ["{file}: there is nothing in it", "{file}: 1 fault; nothing was written"]),
    ("no quote", 'address,home\n"a@example.com,primary\n' + "x" * 3000000, [], USAGE,
     ["{file}:2: the quote that opens a field here is not closed",
      "{file}: 1 fault; nothing was written"]),
    ("a gigantic line", "address,home\n" + "x" * 30000000, [], USAGE,
     ["{file}:2: the row is too long: more than 1048576 octets",
      "{file}: 1 fault; nothing was written"]),
    ("a million columns", "address" + ",c" * 1000000 + "\n", [], USAGE,
     ["{file}:1: too many columns: more than 1024", "{file}: 1 fault; nothing was written"]),
]


@pytest.mark.parametrize("text, words, status, errors", [c[1:] for c in REFUSED],
                         ids=[c[0] for c in REFUSED])
def test_refused_files_change_nothing(ctl, redis, write, text, words, status, errors):
    redis.user("b@example.com", home="moving")
    before, path = digest(redis), write(text)
    ran = ctl.run("import", path, *words)
    want = [f"coexistctl: {line.format(file=path)}" for line in errors]
    assert (ran.status, ran.out, ran.err.splitlines()) == (status, "", want)
    assert digest(redis) == before


def test_many_bad_rows_are_counted(ctl, redis, write):
    path = write("address,home\n" + "".join(f"a{i}@example.com,x\n" for i in range(30)))
    ran = ctl.run("import", path)
    lines = ran.err.splitlines()
    assert (ran.status, len(lines)) == (USAGE, 22)
    assert lines[20:] == [f"coexistctl: {path}: and 10 more",
                          f"coexistctl: {path}: 30 faults; nothing was written"]
    told = ctl.json("import", path, status=USAGE)
    assert (told["bad"], len(told["faults"]), told["faults"][0]["line"]) == (30, 20, 2)


WRONG = [
    ([], "which file?"),
    (["a", "b"], "one file at a time"),
    (["a", "--format", "xml"], "--format is csv, ldif, zmprov or list"),
    (["a", "--home", "here"], "--home is primary, secondary, both or moving"),
    (["a", "--system", "both"], "--system is primary or secondary"),
    (["a", "--map", "x"], "is not COLUMN=FIELD"),
    (["a", "--map", "x=mail"], "names no field"),
    (["a", "--group", ""], "--group is the name of a group"),
    (["a", "--sync", "--delete-max", "many"], "--delete-max is a number"),
    (["a", "--delete-max", "5"], "--delete-max goes with --sync"),
    (["/nowhere/at/all"], "/nowhere/at/all: No such file or directory"),
    (["/tmp"], "/tmp: Is a directory"),
]


@pytest.mark.parametrize("words, error", WRONG, ids=lambda v: str(v)[:40])
def test_wrong_use(ctl, words, error):
    ran = ctl.run("import", *words)
    assert (ran.status, ran.out) == (USAGE, "")
    assert error in ran.err


def test_standard_input_and_pipes(ctl, redis, write):
    assert ctl.good("import", "-", stdin="a@example.com both\n") == (
        "standard input (list): 1 row, 1 user taken: 1 new, 0 changed, 0 as they were\n")
    path = f"{ctl.folder}/pipe"
    os.mkfifo(path)

    def feed():
        with open(path, "w") as file:
            file.write("address,home\nb@example.com,both\n")

    feeder = threading.Thread(target=feed)
    feeder.start()
    ctl.good("import", path)
    feeder.join()
    assert set(redis.users()) == {"a@example.com", "b@example.com"}


def test_a_mailbox_becomes_an_alias_and_back(ctl, redis, write):
    redis.user(ALIAS, home="primary", route="x@t.example", note="stays")
    ctl.good("import", sample("zmprov.txt"))
    assert redis.users()[ALIAS] == {"alias": ANNA, "note": "stays"}
    ctl.good("import", write(f"{ALIAS} both\n", "list"))
    assert redis.users()[ALIAS] == {"home": "both", "note": "stays"}


def test_a_long_note_that_is_there_already(ctl, redis, write):
    note = 32000 * "n"
    redis.user("a@example.com", home="primary", note=note)
    ctl.good("import", write(f"address,home,note\na@example.com,secondary,{note}\n"))
    assert redis.users() == {"a@example.com": {"home": "secondary", "note": note}}


# Many rows.

def table(rows):
    homes = ("primary", "secondary", "both", "moving")
    return "address,home,note\n" + "".join(
        f"user{i}@example.com,{homes[i % 4]},row {i}\n" for i in range(rows))


def test_many_rows(ctl, redis, write, record_property):
    path = write(table(ROWS))
    began = time.monotonic()
    told = ctl.json("import", path)
    seconds = round(time.monotonic() - began, 2)
    record_property("seconds", seconds)
    print(f"{ROWS} rows in {seconds} s")
    assert (told["new"], told["written"], count(redis)) == (ROWS, ROWS, ROWS)
    assert redis.hgetall(f"coexist:user:user{ROWS - 1}@example.com") == {
        "home": "moving", "note": f"row {ROWS - 1}"}
    assert ctl.json("import", path)["same"] == ROWS
    shown = ctl.terminal("import", path)
    assert "checking" in shown.out and f"of {ROWS}" in shown.out


@pytest.fixture
def wanted(ctl, redis, write):
    """A file that changes, adds and removes, and what all of Redis is to be after it."""
    redis.user("gone@example.com", home="primary")
    redis.user("user7@example.com", home="primary", calendar="primary")
    path = write(table(ROWS_INTERRUPTED))
    words = ["import", path, "--sync", "--yes"]
    ctl.good(*words)
    want = digest(redis)
    redis.flush()
    redis.user("gone@example.com", home="primary")
    redis.user("user7@example.com", home="primary", calendar="primary")
    return words, want


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_and_run_again(ctl, redis, wanted, number):
    words, want = wanted
    process = ctl.start(*words)
    wait_until(lambda: int(redis.cli("DBSIZE")) > 10, 60, "the first records are written")
    process.send_signal(number)
    out, err = process.communicate()
    written = count(redis)
    assert 10 < written < ROWS_INTERRUPTED, "it was at it"
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        # The one that is removed last of all was there before.
        assert process.returncode == NO
        assert out.splitlines()[-1] == "would remove 1 of 2: gone@example.com"
        assert err == (f"coexistctl: interrupted: {written - 1} of {ROWS_INTERRUPTED + 1} records "
                       "were written; run it again to go on\n")
    assert digest(redis) != want
    ctl.good(*words)
    assert digest(redis) == want


def test_interrupted_before_it_writes(ctl, redis, write):
    path, asked = write(table(ROWS)), redis.calls("hgetall")
    process = ctl.start("import", path, "-n")
    wait_until(lambda: redis.calls("hgetall") > asked, 60, "it checks")
    redis.pause()
    process.send_signal(signal.SIGINT)
    redis.resume()
    assert process.communicate() == ("", "coexistctl: interrupted; nothing was written\n")
    assert (process.returncode, count(redis)) == (NO, 0)


def test_without_redis(options, write):
    with RedisServer() as server:
        tool = Ctl({**options, "state": server.unix_url})
        try:
            process = tool.start("import", write(table(ROWS_INTERRUPTED)))
            wait_until(lambda: int(server.cli("DBSIZE")) > 10, 60, "the first records are written")
            server.kill()
            out, err = process.communicate()
            assert (process.returncode, out) == (UNAVAILABLE, "")
            assert f"of {ROWS_INTERRUPTED} records were written; run it again to go on" in err
            ran = tool.run("import", write("a@example.com both\n", "list"))
            assert (ran.status, ran.out) == (UNAVAILABLE, "")
        finally:
            tool.close()
