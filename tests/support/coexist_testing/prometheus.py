"""The metrics page as Prometheus reads it, strictly: text format 0.0.4."""

import http.client
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
_SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
TYPE = "text/plain; version=0.0.4; charset=utf-8"


class BadPage(AssertionError):
    pass


def _demand(good, line, what):
    if not good:
        raise BadPage(f"{what}: {line!r}")


def _unescape(text):
    return re.sub(r'\\["\\n]', lambda found: _ESCAPES[found[0]], text)


def _labels(text, line):
    labels, at = {}, 0
    while text is not None and (not labels or at < len(text)):
        found = _LABEL.match(text, at)
        _demand(found, line, "no label")
        _demand(found[1] not in labels, line, "a label twice")
        labels[found[1]] = _unescape(found[2])
        at = found.end()
        if at < len(text):
            _demand(text[at] == "," and at + 1 < len(text), line, "no comma between labels")
            at += 1
    return labels


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type = name, help_text, None
        self.samples = {}  # (suffix, ((label, value), ...) sorted): number

    def add(self, line):
        found = _SAMPLE.fullmatch(line)
        _demand(found, line, "no sample")
        suffix = found[1].removeprefix(self.name)
        _demand(found[1].startswith(self.name) and suffix in _SUFFIXES[self.type], line,
                f"not of {self.name}")
        _demand(_NUMBER.fullmatch(found[3]), line, "no number")
        key = suffix, tuple(sorted(_labels(found[2], line).items()))
        _demand(key not in self.samples, line, "a sample twice")
        self.samples[key] = float(found[3]) if "." in found[3] else int(found[3])

    def check(self):
        _demand(self.type, self.name, "no type")
        _demand(self.name.endswith("_total") == (self.type == "counter"), self.name,
                "_total is for counters")
        _demand(self.help and self.help.endswith("."), self.name, "no sentence of help")
        if self.type == "histogram":
            self._check_histogram()

    def _check_histogram(self):
        _demand({("_sum", ()), ("_count", ())} <= self.samples.keys(), self.name, "sum and count")
        bounds = [dict(labels)["le"] for suffix, labels in self.samples if suffix == "_bucket"]
        counts = [n for (suffix, _), n in self.samples.items() if suffix == "_bucket"]
        numbers = [float(b) for b in bounds]
        _demand(bounds[-1] == "+Inf" and numbers == sorted(set(numbers)), self.name, "bounds")
        _demand(counts == sorted(counts), self.name, "buckets are not cumulative")
        _demand(self.samples["_count", ()] == counts[-1], self.name, "count is not the last bucket")


class Page:
    """families: {name: Family}, in the order of the page."""

    def __init__(self, text):
        self.text, self.families = text, {}
        _demand(text.endswith("\n") and "\r" not in text, text[-40:], "no newline at the end")
        family = None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                name, _, told = line[7:].partition(" ")
                _demand(re.fullmatch(_NAME, name), line, "no name")
                _demand(name not in self.families, line, "a family twice")
                family = self.families[name] = Family(name, told)
            elif line.startswith("# TYPE "):
                name, _, kind = line[7:].partition(" ")
                _demand(family and name == family.name and not family.type and not family.samples,
                        line, "a type out of place")
                _demand(kind in _SUFFIXES, line, "no such type")
                family.type = kind
            else:
                _demand(family and family.type, line, "a sample of no family")
                family.add(line)
        for family in self.families.values():
            family.check()

    def sum(self, name, suffix="", **labels):
        """Of the samples of a family with these labels, among others."""
        return sum(
            n for (s, found), n in self.families[name].samples.items()
            if s == suffix and labels.items() <= dict(found).items()
        )

    def count(self, histogram):
        return self.sum(histogram, "_count")

    def totals(self):
        """{(name + suffix, labels): number} of all that only counts up."""
        return {
            (f.name + suffix, labels): n for f in self.families.values() if f.type != "gauge"
            for (suffix, labels), n in f.samples.items()
        }

    def sample_names(self):
        """Every name that a query may ask for."""
        return {f.name + suffix for f in self.families.values() for suffix in _SUFFIXES[f.type]}


class Monitor:
    """A client of the endpoint at (host, port)."""

    def __init__(self, address):
        self.address = address

    def get(self, path, method="GET", timeout=20):
        """(status, {header: value}, text); each on a connection of its own."""
        link = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            link.request(method, path)
            answer = link.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            link.close()

    def page(self):
        status, headers, text = self.get("/metrics")
        _demand(status == 200 and headers["Content-Type"] == TYPE, headers, f"status {status}")
        return Page(text)

    def ready(self):
        return self.get("/readyz")[0] == 200


def difference(before, after):
    """What was counted between two pages, {(name, labels): number} without zeros; fails where
    anything has gone back or is missing."""
    old, new = before.totals(), after.totals()
    back = {key: (n, new.get(key)) for key, n in old.items() if new.get(key, -1) < n}
    assert not back, f"gone back: {back}"
    return {key: n - old.get(key, 0) for key, n in new.items() if n != old.get(key, 0)}
