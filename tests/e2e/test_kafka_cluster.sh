#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kafka_cluster.sh - three brokers: one that leads is killed while records are written and read;
# another one leads then, no record and no alert is missing, and the killed one comes back.
# Called as: bash test_kafka_cluster.sh TOCSIN SOURCE_DIR
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

records=6000

mkdir "$work/rules"
cat >"$work/rules/any.yml" <<'RULE'
title: Any call
id: 0d3b0c1e-6a53-4b5c-8d21-5f6a7c1d9e02
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName: GetObject
  condition: selection
level: low
RULE
cat >"$work/tocsin.yml" <<CONFIG
source: {kind: kafka, brokers: BROKERS, group: cluster, topics: calls, decoder: cloudtrail}
rules: {paths: $work/rules}
output:
  alerts:
    - {kind: kafka, brokers: BROKERS, topic: alerts}
    - {kind: file, path: $work/alerts.jsonl}
CONFIG

feed() {
    local n
    for ((n = 1; n <= records; n++)); do
        printf '{"eventVersion":"1.11","eventTime":"2026-03-02T10:00:%02dZ",' $((n % 60))
        printf '"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"%d"}\n' "$n"
        [ $((n % 100)) != 0 ] || sleep 0.2
    done | kcat -b "$broker" -P -t calls
}

# In the file, which tells fast; repeats have the same id.
alerts() {
    jq -r .tocsin.alert_id "$work/alerts.jsonl" 2>/dev/null | sort -u | wc -l
}

has_alerts() {
    [ "$(alerts)" -ge "$1" ]
}

led_by_other() {
    [ "$(kafka leader calls 0 2>/dev/null)" != "$1" ]
}

start_brokers 3
make_topics 1:3 calls alerts
sed -i "s/BROKERS/\"$broker\"/" "$work/tocsin.yml"
feed &
feeder=$!
echo "$feeder" >"$work/feeder.pid"
"$tocsin" run --config "$work/tocsin.yml" 2>"$work/run.log" &
echo $! >"$work/run.pid"
wait_for 30 has_alerts 200
first=$(kafka leader calls 0)
kafka kill-broker "$first"
[ "$(alerts)" -lt "$records" ] || fail "all was read before the kill; the test shows nothing"
wait_for 30 led_by_other "$first"
code=0
kafka status >"$work/status" 2>&1 || code=$?
[ "$code" = 0 ] || fail "status with two brokers: exit code $code"
grep -qx "broker $first does not run" "$work/status" || fail "status: $(cat "$work/status")"
wait "$feeder" || fail "the records could not be written"
rm -f "$work/feeder.pid"
wait_for 60 has_alerts "$records"
kafka start-broker "$first"
[ "$(kafka status | grep -c '^runs')" = 3 ] || fail "not all brokers run again"
[ "$(read_topic calls | wc -l)" = "$records" ] || fail "records of the topic"
[ "$(alerts)" = "$records" ] || fail "alerts: $(alerts)"
in_topic=$(read_topic alerts | jq -r .tocsin.alert_id | sort -u | wc -l)
[ "$in_topic" = "$records" ] || fail "alerts in their topic: $in_topic"
kill -TERM "$(cat "$work/run.pid")"
wait "$(cat "$work/run.pid")" || fail "SIGTERM: exit code $?"
rm -f "$work/run.pid"
