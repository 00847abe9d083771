#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kafka_kill.sh - while a topic is written to, the service is killed again and again: in the end
# no alert and no dead letter is missing, repeats have the ids of what they repeat, and the Redis
# stream has each alert once. A service that is stopped by SIGTERM repeats nothing.
# Called as: bash test_kafka_kill.sh TOCSIN SOURCE_DIR
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

chunks=100
chunk=500      # records; every tenth is an alert, every hundredth is broken
kills=5
alerts=$((chunks * chunk / 10))
broken=$((chunks * chunk / 100))

mkdir "$work/rules"
cat >"$work/rules/marked.yml" <<'RULE'
title: Marked call
id: 6b1f5a52-0f0e-4a55-9c39-0c5d2f0f6a11
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventName: Marked
  condition: selection
level: high
RULE

# Records for a dozen seconds, so that the service is killed in the middle of its work.
feed() {
    local i
    for ((i = 0; i < chunks; i++)); do
        awk -v from=$((i * chunk)) -v count="$chunk" 'BEGIN {
            for (n = from; n < from + count; n++) {
                printf "{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-03-02T10:%02d:%02dZ\"," \
                    "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"%s\",\"eventID\":\"%d\"," \
                    "\"sourceIPAddress\":\"192.0.2.%d\",\"awsRegion\":\"us-east-1\"%s\n",
                    int(n / 60 % 60), n % 60, n % 10 == 0 ? "Marked" : "GetObject", n, n % 250,
                    n % 100 == 7 ? "" : "}"
            }
        }'
        sleep 0.1
    done | kcat -b "$broker" -P -t calls -z lz4
}

# write_config NAME STOP_AT_END
write_config() {
    cat >"$work/$1.yml" <<CONFIG
source:
  kind: kafka
  brokers: $broker
  group: $1
  topics: calls
  decoder: cloudtrail
  stop_at_end: $2
  properties:
    group.instance.id: $1
rules:
  paths: $work/rules
output:
  alerts:
    - {kind: file, path: $work/$1.jsonl}
CONFIG
    if [ "$1" = killed ]; then
        cat >>"$work/$1.yml" <<CONFIG
    - {kind: kafka, brokers: "$broker", topic: alerts}
    - {kind: redis, address: $redis, stream: alerts, dedup: 1h}
CONFIG
    fi
    cat >>"$work/$1.yml" <<CONFIG
  dead_letters:
    - {kind: file, path: $work/$1.dead}
CONFIG
}

# start NAME: in the background; its number is in $work/NAME.pid.
start() {
    "$tocsin" run --config "$work/$1.yml" 2>>"$work/$1.log" &
    echo $! >"$work/$1.pid"
}

# stop NAME SIGNAL: exit code of the service.
stop() {
    local pid code=0
    pid=$(cat "$work/$1.pid")
    kill "-$2" "$pid"
    wait "$pid" 2>/dev/null || code=$?
    rm -f "$work/$1.pid"
    return "$code"
}

stream_length() {
    redis-cli -s "$redis" xlen alerts
}

stream_has() {
    [ "$(stream_length)" -ge "$1" ]
}

file_length() {
    if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi
}

file_has() {
    [ "$(file_length "$1")" -ge "$2" ]
}

ids() {
    jq -r .tocsin.alert_id "$@" | LC_ALL=C sort
}

dead_places() {
    jq -c '[.source, .partition, .offset]' "$@" | LC_ALL=C sort
}

start_kafka
start_redis
make_topics 3 calls
make_topics 1 alerts
write_config killed false
write_config drained false

feed &
feeder=$!
echo "$feeder" >"$work/feeder.pid"
for ((kill = 1; kill <= kills; kill++)); do
    start killed
    wait_for 20 stream_has $(($(stream_length) + 1 + RANDOM % 300))
    stop killed KILL && fail "killed, yet exit code 0"
    if [ "$kill" = 2 ] || [ "$kill" = 3 ]; then
        before=$(file_length "$work/drained.jsonl")
        start drained
        wait_for 20 file_has "$work/drained.jsonl" $((before + 1))
        stop drained TERM || fail "SIGTERM: exit code $?"
    fi
    echo "kill $kill at $(stream_length) of $alerts alerts"
done
[ "$(stream_length)" -lt "$alerts" ] || fail "all was read before the last kill; the test shows nothing"
wait "$feeder" || fail "the records could not be written"
rm -f "$work/feeder.pid"

# All is committed soon, though nothing more comes that would bring a commit about.
start killed
wait_for 30 stream_has "$alerts"
wait_for 20 has_no_lag killed 3
stop killed TERM || fail "SIGTERM: exit code $?"
write_config drained true
timeout 30 "$tocsin" run --config "$work/drained.yml" 2>>"$work/drained.log" || fail "drained: $?"
write_config whole true
timeout 30 "$tocsin" run --config "$work/whole.yml" 2>"$work/whole.log" || fail "whole: $?"

ids "$work/whole.jsonl" >"$work/want"
[ "$(wc -l <"$work/want")" = "$alerts" ] || fail "an uninterrupted run has $(wc -l <"$work/want") alerts"
read_topic alerts >"$work/topic.jsonl"
ids "$work/topic.jsonl" | uniq | cmp "$work/want" - || fail "alerts topic"
ids "$work/killed.jsonl" | uniq | cmp "$work/want" - || fail "alerts file"
read_stream alerts id | LC_ALL=C sort | cmp "$work/want" - || fail "Redis stream: not each once"
ids "$work/drained.jsonl" | cmp "$work/want" - || fail "SIGTERM: not each once"

dead_places "$work/whole.dead" >"$work/want.dead"
[ "$(wc -l <"$work/want.dead")" = "$broken" ] || fail "dead letters of an uninterrupted run"
dead_places "$work/killed.dead" | uniq | cmp "$work/want.dead" - || fail "dead letters"
dead_places "$work/drained.dead" | cmp "$work/want.dead" - || fail "SIGTERM: dead letters"
echo "$alerts alerts, $(($(wc -l <"$work/topic.jsonl") - alerts)) of them repeated in the topic"
