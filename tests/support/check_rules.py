#!/usr/bin/python3
"""Rules of the source tree that no compiler knows: check_rules.py FILE...

- A layer includes itself and the layers below it, and no other.
- Three files know the Redis client library, one of them OpenSSL's TLS; one file knows HTTP, one
  changes messages.
- No function that keeps its result in static memory.
"""

import re
import sys

# layer: what it may include besides itself
BELOW = {
    "base": set(), "core": {"base"}, "state": {"base"}, "sys": {"base"},
    "engine": {"base", "core", "state", "sys"},
    "milter": {"base", "core", "state", "sys", "engine"},
    "ctl": {"base", "core", "state", "sys", "engine"},
}
# library header: the layers that may include it
LIBRARIES = {
    r"openssl/": {"core", "state"}, r"hiredis": {"state"}, r"confuse\.h": {"sys"},
    r"libmilter/": {"milter"}, r"microhttpd\.h": {"milter"}, r"syslog\.h": {"sys"},
    r"(?:jansson|libpsl)\.h|curl/": {"ctl"}, r"argp\.h": {"ctl", "milter"},
}
# what only these under lib/ and milter/ use: one file where none is named
ALONE = {
    "the Redis client library": (
        r"#\s*include\s*[<\"]hiredis",
        {"lib/state/redis_connection.c", "lib/state/redis_reply.c", "lib/state/redis_tls.c"}),
    "the HTTP library": (r"#\s*include\s*<microhttpd", {"milter/metrics_server.c"}),
    "OpenSSL's TLS": (r"#\s*include\s*<openssl/ssl", {"lib/state/redis_tls.c"}),
    "calls that change a message": (
        r"\bsmfi_(?:addrcpt(?:_par)?|delrcpt|insheader|addheader|chgheader"
        r"|chgfrom|replacebody|quarantine)\s*\(", None),
}
UNSAFE = (
    "asctime crypt ctime ctermid ecvt encrypt fcvt gcvt getdate getgrent getgrgid getgrnam gethostby"
    "addr gethostbyname getnetbyname getopt getpwent getpwnam getpwuid getservbyname gmtime inet_ntoa"
    " localtime lrand48 mrand48 drand48 ptsname putenv rand random setenv srand strsignal strtok"
    " tmpnam ttyname unsetenv"
).split()
# called alone, before any thread is made
ONCE = {"getopt": {"milter"}}


def layer_of(path):
    found = re.search(r"(?:^|/)(?:lib/(\w+)|(?<!unit/)(milter|ctl))/[^/]+\.[ch]$", path)
    return found and (found[1] or found[2])


def code_lines(text):
    """The text without comments, its lines kept."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text).split("\n")


def include_faults(layer, line):
    own = re.match(r'#\s*include\s+"(\w+)/', line)
    if own and own[1] in BELOW and own[1] != layer and own[1] not in BELOW[layer]:
        yield f"{layer} includes {own[1]}"
    if re.match(r'#\s*include\s+"tests/', line):
        yield f"{layer} includes a test"
    library = re.match(r"#\s*include\s+[<\"]([^>\"]+)", line)
    for pattern, layers in LIBRARIES.items():
        if library and re.match(pattern, library[1]) and layer not in layers:
            yield f"{layer} includes {library[1]}"


def unsafe_faults(layer, line):
    if line.startswith("#"):
        return
    for name in re.findall(r'(?<![\w.>"])(\w+)\s*\(', re.sub(r'"(?:\\.|[^"\\])*"', '""', line)):
        if name in UNSAFE and layer not in ONCE.get(name, ()):
            yield f"{name}() keeps its result in static memory"


def check(paths):
    faults, users = [], {what: set() for what in ALONE}
    for path in paths:
        layer = layer_of(path)
        if not layer:
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number, line in enumerate(code_lines(text), 1):
            for fault in (*include_faults(layer, line), *unsafe_faults(layer, line)):
                faults.append(f"{path}:{number}: {fault}")
            for what, (pattern, _) in ALONE.items():
                if re.search(pattern, line):
                    users[what].add(path)
    for what, files in users.items():
        allowed = ALONE[what][1]
        if files != allowed and (allowed or len(files) != 1):
            faults.append(f"{what}: not where it belongs alone: {', '.join(sorted(files))}")
    return faults


if __name__ == "__main__":
    found = check(sys.argv[1:])
    print("\n".join(found) if found else "rules: kept")
    sys.exit(1 if found else 0)
