#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_state_kill.sh - a run with a state is killed again and again while its file grows: afterwards
# there are the alerts of a run that nobody disturbed, each with the same bytes, also those of
# correlations that were under way when it was killed, and of a rule that is suppressed.
# Called as: bash test_state_kill.sh TOCSIN SOURCE_DIR
set -euo pipefail

tocsin=$1
work=$(mktemp -d)
trap 'kill -KILL $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
records=6000
kills=6

fail() {
    echo "FAILED: $*"
    tail -n 20 "$work"/*.log || true
    exit 1
}

cat >"$work/rules.yml" <<'RULES'
title: Call
id: 0c5a6f0e-27a5-4f0a-9a57-1f0a6f5d7b01
name: call
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: GetObject}
  condition: selection
level: low
---
title: Any call
id: 0c5a6f0e-27a5-4f0a-9a57-1f0a6f5d7b05
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: GetObject}
  condition: selection
level: low
tocsin: {suppress: {key: sourceIPAddress, for: 10m}}
---
title: Many calls
id: 0c5a6f0e-27a5-4f0a-9a57-1f0a6f5d7b02
correlation:
  type: event_count
  rules: [call]
  group-by: [sourceIPAddress]
  timespan: 2m
  condition: {gte: 7}
level: high
---
title: Many regions
id: 0c5a6f0e-27a5-4f0a-9a57-1f0a6f5d7b03
correlation:
  type: value_count
  rules: [call]
  group-by: [sourceIPAddress]
  timespan: 5m
  condition: {field: awsRegion, gte: 4}
level: medium
---
title: Few calls
id: 0c5a6f0e-27a5-4f0a-9a57-1f0a6f5d7b04
correlation:
  type: event_count
  rules: [call]
  group-by: [sourceIPAddress]
  timespan: 1m
  condition: {eq: 3}
level: medium
RULES

# Records in event time, but for a disorder of up to 20 s; the last one is far ahead of all.
make_log() {
    awk -v count="$records" 'BEGIN {
        srand(7)
        for (n = 0; n < count; n++) {
            at = n + int(rand() * 20)
            last = n == count - 1
            if (last) at = n + 4000
            printf "{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-03-02T%02d:%02d:%02dZ\"," \
                "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\"," \
                "\"eventID\":\"%d\",\"sourceIPAddress\":\"192.0.2.%d\",\"awsRegion\":\"r%d\"}\n",
                int(at / 3600), int(at / 60) % 60, at % 60, n, last ? 77 : int(rand() * 40), int(rand() * 9)
        }
    }'
}

# make_run NAME: a folder of its own, in which the paths, and so the ids, are the same.
make_run() {
    mkdir "$work/$1"
    : >"$work/$1/log.json"
    cat >"$work/$1/tocsin.yml" <<CONFIG
source: {kind: file, paths: log.json, decoder: cloudtrail}
rules: {paths: ../rules.yml, watch: false}
correlation: {lateness: 30s, idle: 10m}
state: {kind: local, path: state, commit_interval: 20ms}
output:
  alerts: [{kind: file, path: alerts.jsonl, sync: false}]
CONFIG
}

start() {
    (cd "$work/$1" && exec "$tocsin" run --config tocsin.yml 2>>"$work/$1.log") &
    echo $! >"$work/$1.pid"
}

# finish NAME SIGNAL
finish() {
    local pid code=0
    pid=$(cat "$work/$1.pid")
    kill "-$2" "$pid"
    wait "$pid" 2>/dev/null || code=$?
    rm -f "$work/$1.pid"
    [ "$2" = KILL ] || [ "$code" = 0 ] || fail "$1 ended with $code"
}

# Until the last record's alert is there.
wait_for_last() {
    local deadline=$((SECONDS + 30))
    until [ -e "$work/$1/alerts.jsonl" ] && grep -q '"192.0.2.77"' "$work/$1/alerts.jsonl"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$1: the last alert does not come"
        sleep 0.05
    done
}

make_log >"$work/all"
make_run golden
cp "$work/all" "$work/golden/log.json"
start golden
wait_for_last golden
finish golden TERM

make_run killed
(
    for ((from = 1; from <= records; from += 60)); do
        sed -n "${from},$((from + 59))p" "$work/all" >>"$work/killed/log.json"
        sleep 0.02
    done
) &
feeder=$!
for ((i = 0; i < kills; i++)); do
    start killed
    sleep "0.$((RANDOM % 40 + 10))"
    finish killed KILL
done
wait "$feeder"
start killed
wait_for_last killed
finish killed TERM

total=$(wc -l <"$work/golden/alerts.jsonl")
[ "$total" -gt 300 ] || fail "the golden run has only $total alerts"
for title in "Any call" "Many calls" "Many regions" "Few calls"; do
    grep -q "\"name\":\"$title\"" "$work/golden/alerts.jsonl" || fail "no alert of: $title"
done
# A repeat has the bytes of what it repeats.
for run in golden killed; do
    LC_ALL=C sort -u "$work/$run/alerts.jsonl" >"$work/$run.set"
done
diff "$work/golden.set" "$work/killed.set" >"$work/difference" ||
    fail "$(grep -c '^<' "$work/difference") alerts are missing, $(grep -c '^>' "$work/difference") are too many"
echo "$total alerts; $(($(wc -l <"$work/killed/alerts.jsonl") - total)) written again after a kill"
