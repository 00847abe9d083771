#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_regex.sh - values made to blow a pattern up: what a scan and a run say of them.
# Called: test_regex.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

has() {
    grep -qF -- "$2" "$1" || { fail "no \"$2\" in $(basename "$1")"; head -40 "$1"; }
}

mkdir "$work/rules"
cat >"$work/rules/explodes.yml" <<'YAML'
title: Explodes
id: 5f0c2bde-0d6e-4d8c-9d0c-5b5f6d0f7f01
logsource: {}
detection:
  selection:
    f|re: '^(a+)+$'
  condition: selection
YAML
cat >"$work/rules/other.yml" <<'YAML'
title: Other
id: 5f0c2bde-0d6e-4d8c-9d0c-5b5f6d0f7f02
logsource: {}
detection:
  selection:
    g: x
  condition: selection
YAML

# 200 hostile events, then 3 that the pattern matches.
python3 - >"$work/log.jsonl" <<'PYTHON'
import json
for i in range(200):
    print(json.dumps({"n": i, "g": "x" if i % 100 == 0 else "y", "f": "a" * (100 + i * 10) + "!"}))
for i in range(3):
    print(json.dumps({"n": 200 + i, "g": "y", "f": "a" * 20000}))
PYTHON

for threads in 1 2; do
    "$tocsin" scan --rules "$work/rules" --threads $threads --decoder json --format json \
        --batch-bytes 20000 "$work/log.jsonl" >"$work/out$threads" 2>"$work/err$threads" ||
        fail "scan with $threads threads: exit code $?"
done
cmp "$work/out1" "$work/out2" || fail 'another result with 2 threads'
[ "$(grep -c '"name":"Explodes"' "$work/out1")" = 3 ] || fail 'the pattern should match 3 times'
[ "$(grep -c '"name":"Other"' "$work/out1")" = 2 ] || fail 'the other rule should match twice'
has "$work/err1" 'Undecided regular expressions: at a limit 200, value too long 0, set aside 0'
has "$work/err1" "         200  Explodes, $work/rules/explodes.yml:1"
has "$work/err1" "$work/rules/explodes.yml:1: rule \"Explodes\""
[ "$(grep -c WARNING "$work/err1")" = 1 ] || fail 'one line of the log was expected'

# A service sets the pattern aside: after 32 faults it is not tried any more on these 203 events.
cat >"$work/run.yml" <<YAML
source: {kind: file, paths: "$work/log.jsonl", decoder: json, follow: false}
rules: {paths: "$work/rules"}
output: {alerts: [{kind: file, path: "$work/alerts.jsonl"}]}
metrics: {path: "$work/metrics.prom"}
YAML
"$tocsin" run --config "$work/run.yml" >"$work/run.out" 2>"$work/run.err" ||
    fail "run: exit code $?: $(tail -3 "$work/run.err")"
[ "$(grep -c '"name":"Other"' "$work/alerts.jsonl")" = 2 ] || fail 'run: the other rule'
[ "$(grep -c '"name":"Explodes"' "$work/alerts.jsonl")" = 0 ] || fail 'run: matched, set aside'
has "$work/metrics.prom" 'tocsin_regex_faults_total 32'
has "$work/metrics.prom" 'tocsin_regex_throttled_total 171'
has "$work/metrics.prom" \
    'tocsin_rule_undecided_total{rule="5f0c2bde-0d6e-4d8c-9d0c-5b5f6d0f7f01",title="Explodes"} 203'
has "$work/metrics.prom" \
    'tocsin_rule_candidates_total{rule="5f0c2bde-0d6e-4d8c-9d0c-5b5f6d0f7f01",title="Explodes"} 203'
has "$work/run.err" 'again and again: set aside'

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
