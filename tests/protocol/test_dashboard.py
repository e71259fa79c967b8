"""The dashboard and the alert rules that are installed: well formed, and about what there is."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from coexist_testing.net import free_port
from coexist_testing.prometheus import Monitor
from scene import still_works

ROOT = os.path.join(os.path.dirname(__file__), "../..")
DASHBOARD = os.path.join(ROOT, "milter/grafana-dashboard.json")
ALERTS = os.path.join(ROOT, "milter/alerts.yml")
PROMTOOL = shutil.which("promtool")
# What stands in an expression before anything of it can be read.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}
LABELS = {"instance", "job"}  # that Prometheus adds


@pytest.fixture
def page(run_daemon):
    port = free_port()
    daemon = run_daemon(metrics=f"127.0.0.1:{port}")
    still_works(daemon.socket)
    return Monitor(("127.0.0.1", port)).page()


def dashboard():
    with open(DASHBOARD) as file:
        return json.load(file)


def rules():
    with open(ALERTS) as file:
        groups = yaml.safe_load(file)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions():
    """[(where, PromQL)]"""
    found = [(f"panel {p['title']}", t["expr"]) for p in dashboard()["panels"]
             for t in p.get("targets", [])]
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            name = re.fullmatch(r"label_values\((\w+), instance\)", variable["definition"])[1]
            found.append((f"variable {variable['name']}", name))
    found += [(f"alert {r['alert']}", r["expr"]) for r in rules()]
    for number, (where, text) in enumerate(found):
        for name, value in VARIABLES.items():
            text = text.replace(name, value)
        found[number] = where, text
    return found


def run_promtool(*arguments, text=None):
    done = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr


def test_each_expression_is_about_what_there_is(page):
    names, found = page.sample_names(), expressions()
    assert len(found) > 40
    for where, text in found:
        asked = re.findall(r"\bcoexist_\w+", text)
        assert asked, f"{where}: {text}"
        assert not set(asked) - names, f"{where} asks for {set(asked) - names}"
    told = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
            for _, text in found for name in re.findall(r"\bcoexist_\w+", text)}
    assert told == page.families.keys(), "some are shown nowhere"


def test_each_label_is_one_of_its_metric(page):
    known = {f.name: {label for _, labels in f.samples for label, _ in labels}
             for f in page.families.values()}
    for where, text in expressions():
        for name, braces in re.findall(r"\b(coexist_\w+)\{([^}]*)\}", text):
            asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces))
            family = name if name in known else re.sub(r"_(bucket|sum|count)$", "", name)
            assert not asked - known[family] - LABELS, f"{where}: {name}{{{braces}}}"
        grouped = {label for words in re.findall(r"\bby \(([^)]*)\)", text)
                   for label in words.split(", ")}
        every = set().union(*known.values())
        assert not grouped - every - LABELS, f"{where}: by {grouped}"


def test_brackets_and_quotes_are_closed():
    pairs = {")": "(", "]": "[", "}": "{"}
    for where, text in expressions():
        opened = []
        for sign in re.sub(r'"[^"]*"', '""', text):
            if sign in "([{":
                opened.append(sign)
            elif sign in pairs:
                assert opened and opened.pop() == pairs[sign], f"{where}: {text}"
        assert not opened and text.count('"') % 2 == 0, f"{where}: {text}"


def test_the_panels_lie_side_by_side():
    board, taken, numbers = dashboard(), {}, set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert panel["title"] and panel["id"] not in numbers
        numbers.add(panel["id"])
        assert at["x"] + at["w"] <= 24
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
        if panel["type"] != "row":
            assert panel["description"] and panel["fieldConfig"]["defaults"]["unit"]
            assert [t["refId"] for t in panel["targets"]] == list("ABCDEFGH")[:len(panel["targets"])]
            assert panel["datasource"]["uid"] == "${datasource}"


def test_what_may_wait_is_the_same_for_panel_and_alert():
    kept_out = {where: set(re.findall(r'action="defer",reason!~?"([a-z|]+)"', text))
                for where, text in expressions() if "action=\"defer\"" in text}
    assert kept_out["panel Deferred recipients"] == kept_out["alert CoexistMailOrEventsHeldUp"]


def test_the_rules_are_whole():
    found = rules()
    assert [rule["alert"] for rule in found] == [
        "CoexistStateNotKnown", "CoexistGone", "CoexistLoopsOrConflicts",
        "CoexistMailOrEventsHeldUp"]
    for rule in found:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}


# What fires when: for each rule a case that does and one that does not.
SCENES = [
    ("CoexistStateNotKnown", 3, {"coexist_ready{instance='a'}": "0+0x60"}, True),
    ("CoexistStateNotKnown", 1, {"coexist_ready{instance='a'}": "0+0x60"}, False),
    ("CoexistStateNotKnown", 30, {"coexist_ready{instance='a'}": "1+0x60"}, False),
    ("CoexistGone", 30, {"coexist_ready{instance='a',job='j'}": "1+0x10 stale",
                         "coexist_ready{instance='b',job='j'}": "1+0x60",
                         "up{instance='a',job='j'}": "1+0x10 0+0x50",
                         "up{instance='b',job='j'}": "1+0x60"}, True),
    ("CoexistGone", 12, {"coexist_ready{instance='a',job='j'}": "1+0x10 stale",
                         "coexist_ready{instance='b',job='j'}": "1+0x60",
                         "up{instance='a',job='j'}": "1+0x10 0+0x50"}, False),
    ("CoexistGone", 30, {"up{instance='a',job='j'}": "0+0x60"}, True),
    ("CoexistGone", 30, {"coexist_ready{instance='a',job='j'}": "0+0x60",
                         "up{instance='a',job='j'}": "1+0x60",
                         "up{instance='a',job='other'}": "0+0x60"}, False),
    ("CoexistLoopsOrConflicts", 30, {
        "coexist_conflicts_total{instance='a'}": "0+1x60",
        "coexist_loops_total{instance='a',evidence='trace'}": "0+0x60"}, True),
    ("CoexistLoopsOrConflicts", 30, {
        "coexist_conflicts_total{instance='a'}": "0+0x60",
        "coexist_loops_total{instance='a',evidence='ledger'}": "0+2x60"}, True),
    ("CoexistLoopsOrConflicts", 30, {
        "coexist_conflicts_total{instance='a'}": "500+0x60",
        "coexist_loops_total{instance='a',evidence='trace'}": "9+0x60"}, False),
    ("CoexistMailOrEventsHeldUp", 30, {
        "coexist_recipients_total{instance='a',action='here',reason='home-here',mode='enforce'}":
            "0+60x60",
        "coexist_recipients_total{instance='a',action='defer',reason='conflict',mode='enforce'}":
            "0+40x60"}, True),
    ("CoexistMailOrEventsHeldUp", 30, {
        "coexist_recipients_total{instance='a',action='here',reason='home-here',mode='enforce'}":
            "0+60x60",
        "coexist_recipients_total{instance='a',action='defer',reason='moving',mode='enforce'}":
            "0+60x60"}, False),
    ("CoexistMailOrEventsHeldUp", 30, {
        "coexist_recipients_total{instance='a',action='here',reason='home-here',mode='enforce'}":
            "0+60x60",
        "coexist_recipients_total{instance='a',action='defer',reason='conflict',mode='enforce'}":
            "0+6x60"}, False),
    ("CoexistMailOrEventsHeldUp", 30, {"coexist_journal_dropped_total{instance='a'}": "0+1x60"},
     True),
    ("CoexistMailOrEventsHeldUp", 30, {"coexist_journal_dropped_total{instance='a'}": "7+0x60"},
     False),
]


def scene_file(folder):
    """The scenes, as `promtool test rules` reads them."""
    tests = [{
        "interval": "1m",
        "input_series": [{"series": s.replace("'", '"'), "values": v} for s, v in series.items()],
        "promql_expr_test": [{
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
            "eval_time": f"{minutes}m",
            "exp_samples": [{"labels": "{}", "value": int(fires)}],
        }],
    } for alert, minutes, series, fires in SCENES]
    path = f"{folder}/scenes.yml"
    with open(path, "w") as file:
        yaml.safe_dump({"rule_files": [os.path.abspath(ALERTS)], "evaluation_interval": "1m",
                        "tests": tests}, file)
    return path


def test_prometheus_takes_them(page, tmp_path):
    """Where its tool can be had; what can be told without it, the others tell."""
    if PROMTOOL:
        run_promtool("check", "metrics", text=page.text)
        run_promtool("check", "rules", ALERTS)
        run_promtool("test", "rules", scene_file(tmp_path))
        record = tmp_path / "panels.yml"
        record.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": [
            {"record": f"panel:{n}", "expr": text} for n, (_, text) in enumerate(expressions())]}]}))
        run_promtool("check", "rules", str(record))
    assert {alert for alert, *_ in SCENES} == {rule["alert"] for rule in rules()}
