#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_sigma_acceptance.sh - lines of the language's acceptance list that need the whole program:
# 4 (load report), 32 (group-by), 37 (order), 38 (what an alert carries), 42 (tests of rules).
# Called: test_sigma_acceptance.sh TOCSIN SOURCE_DIR. Needs python3.
set -eu
command -v python3 >/dev/null || { echo 'skipped: python3 is not installed'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$1" "$work" <<'PYTHON'
import json
import random
import subprocess
import sys

tocsin, work = sys.argv[1:]
LOGIN = """title: Login
id: 0e9b8f6a-5f1d-4a55-9d0e-0d8f1c5ab001
name: login
author: A. Author
level: low
tags: [attack.t1110]
logsource: {}
detection:
    selection: {event: login, result|startswith: fail}
    condition: selection
"""
BADGE = """title: Badge
id: 0e9b8f6a-5f1d-4a55-9d0e-0d8f1c5ab002
name: badge
logsource: {}
detection: {selection: {event: badge}, condition: selection}
"""
COUNT = """title: Many
id: 0e9b8f6a-5f1d-4a55-9d0e-0d8f1c5ab003
correlation:
    type: event_count
    rules: [login, badge]
    group-by: [person, site]
    aliases: {person: {login: user, badge: holder}}
    timespan: 1m
    condition: {gte: 3}
"""


def run(*arguments):
    done = subprocess.run([tocsin, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def write(name, text):
    with open(f"{work}/{name}", "w", encoding="utf-8") as file:
        file.write(text)
    return f"{work}/{name}"


def scan(rules, events):
    log = write("events.jsonl", "".join(json.dumps(event) + "\n" for event in events))
    code, out, err = run("scan", "--rules", write("rules.yml", rules), "--format", "json", log)
    assert code == 0, (code, err)
    return [json.loads(line) for line in out.splitlines()], err


def at(second, **fields):
    return {"time": f"2026-03-01T10:{second // 60:02}:{second % 60:02}Z", **fields}


def section_7_line_4_a_load_report_tells_each_rule_and_strict_mode_fails():
    placeholder = LOGIN.replace("b001", "b004").replace("name: login", "name: other").replace(
        "result|startswith: fail", "result|expand: '%nobody%'")
    windows = BADGE.replace("b002", "b005").replace("name: badge", "name: third").replace(
        "{}", "{product: windows}", 1)
    path = write("report.yml", "---\n".join([LOGIN, placeholder, windows]))
    code, out, _ = run("rules", "check", "--format", "json", path)
    report = json.loads(out)["report"]
    assert code == 0 and [rule["state"] for rule in report] == ["loaded", "rejected", "inactive"], out
    assert [rule["line"] for rule in report] == [1, 12, 23], out
    assert "%nobody%" in report[1]["reason"], out
    assert run("rules", "check", "--strict", path)[0] == 1


def section_7_line_32_group_by_has_several_fields_and_aliases_by_rule():
    rules = "---\n".join([LOGIN, BADGE, COUNT])
    events = [at(1, event="login", result="failed", user="eve", site=7),
              at(2, event="badge", holder="eve", site="7"),  # keyed by its text
              at(3, event="login", result="failed", user="eve", site=8),
              at(4, event="login", result="failed", user="eve"),  # no group: not counted
              at(5, event="badge", user="eve", site=7),  # the alias names another field
              at(6, event="login", result="failure", user="eve", site="7")]
    alerts, err = scan(rules, events)
    assert len(alerts) == 1, alerts
    assert alerts[0]["tocsin"]["group"] == {"person": "eve", "site": "7"}, alerts[0]
    assert alerts[0]["tocsin"]["count"] == 3
    assert "without a group-by field 2," in err, err


def section_7_line_37_the_order_of_arrival_changes_no_alert():
    rules = "---\n".join([LOGIN, BADGE, COUNT])
    source = random.Random(11)
    events = [at(source.randrange(900), event="login", result="failed",
                 user=source.choice("abc"), site=source.choice("xy"), n=i) for i in range(300)]
    seen = []
    for _ in range(4):
        source.shuffle(events)
        alerts, _ = scan(rules, events)
        seen.append(sorted(json.dumps([alert["tocsin"]["group"], alert["tocsin"]["window"],
                                       alert["tocsin"]["count"]]) for alert in alerts))
    assert len(seen[0]) > 10, seen[0]
    assert all(other == seen[0] for other in seen), "another order, other alerts"


def section_7_line_38_an_alert_carries_its_rule_and_what_matched():
    alerts, _ = scan(LOGIN, [at(1, event="login", result="failed: no such user")])
    (alert,) = alerts
    assert alert["rule"]["id"].endswith("b001") and alert["rule"]["name"] == "Login"
    assert alert["rule"]["author"] == ["A. Author"] and alert["tocsin"]["level"] == "low"
    assert alert["tags"] == ["attack.t1110"]
    assert alert["threat"]["technique"]["id"] == ["T1110"]
    matched = {(item["selection"], item["field"], item["value"])
               for item in alert["tocsin"]["matched"]}
    assert matched == {("selection", "event", "login"),
                       ("selection", "result", "failed: no such user")}, matched


def section_7_line_42_tests_of_positives_and_negatives_tell_what_failed():
    write("pair.yml", LOGIN)
    tests = {"title": "t", "id": "0e9b8f6a-5f1d-4a55-9d0e-0d8f1c5ab001",
             "true_positive": [{"event": "login", "result": "failed"}],
             "true_negative": [{"event": "login", "result": "granted"}]}
    write("pair.test.yml", json.dumps(tests))
    code, out, err = run("rules", "test", f"{work}/pair.yml")
    assert code == 0, (out, err)
    tests["true_positive"].append({"event": "login", "result": "granted"})
    write("pair.test.yml", json.dumps(tests))
    code, out, err = run("rules", "test", f"{work}/pair.yml")
    assert code == 1 and "result starts with 'fail', but result is 'granted'" in out, (out, err)
    event = write("event.json", json.dumps({"event": "login", "result": "granted"}))
    code, out, err = run("rules", "explain", f"{work}/pair.yml", "--event", event)
    assert "result" in out and "granted" in out, (out, err)


for name, test in sorted(globals().items()):
    if name.startswith("section_7_"):
        test()
        print("ok:", name)
PYTHON
