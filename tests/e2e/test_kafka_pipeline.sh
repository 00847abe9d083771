#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kafka_pipeline.sh - the sample logs, read from a real Kafka broker, give the alerts that
# `tocsin scan` finds in the files, in every sink; what is broken goes to the dead-letter topic; the
# offsets are committed.
# Called as: bash test_kafka_pipeline.sh TOCSIN SOURCE_DIR
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

samples=$source_dir/deploy/samples
start_kafka
start_redis
make_topics 3 cloudtrail s3access linux alerts
make_topics 1 dead-letters replayed

# One record a message; a document of many records in one message; many lines in one message, which
# is a gzip file; messages without a value, which are counted as filtered.
kcat -b "$broker" -P -t cloudtrail -z lz4 <"$samples/cloudtrail.jsonl"
for document in "$samples"/*CloudTrail*.json.gz; do
    gzip -dc "$document" >"$work/document.json"
    kcat -b "$broker" -P -t cloudtrail -z zstd "$work/document.json"
done
gzip -c "$samples/s3-access.log" >"$work/s3-access.log.gz"
kcat -b "$broker" -P -t s3access "$work/s3-access.log.gz"
printf 'key:\nkey:\n' | kcat -b "$broker" -P -t s3access -K : -Z
kcat -b "$broker" -P -t linux -z gzip <"$samples/auth.log"
printf '%s\n' 'this is no JSON' '{"eventName": "cut' | kcat -b "$broker" -P -t cloudtrail

write_config() {
    cat >"$work/tocsin.yml" <<CONFIG
source:
  kind: kafka
  brokers: $broker
  group: pipeline
  topics: [cloudtrail, s3access, "^linu.\$"]
  decoders: {cloudtrail: cloudtrail, s3access: s3access}
  stop_at_end: true
rules:
  paths: $source_dir/rules
correlation:
  lateness: 30d
engine:
  threads: $1
output:
  alerts:
    - {kind: kafka, brokers: "$broker", topic: alerts}
    - {kind: file, path: $work/alerts.jsonl}
    - {kind: redis, address: $redis, stream: alerts}
  dead_letters:
    - {kind: kafka, brokers: "$broker", topic: dead-letters}
CONFIG
}

"$tocsin" scan --rules "$source_dir/rules" --format json --quiet "$samples" | alert_facts >"$work/want"
count=$(wc -l <"$work/want")
[ "$count" -gt 20 ] || fail "the files give too few alerts: $count"

write_config 2
code=0
timeout 60 "$tocsin" run --config "$work/tocsin.yml" 2>"$work/run.log" || code=$?
[ "$code" = 0 ] || fail "exit code $code"
want="records 372 = evaluated 368 + filtered 2 + dead-lettered 2 + duplicates 0; residue 0; alerts $count"
grep -qF "$want" "$work/run.log" || fail "the summary is not: $want"
alert_facts <"$work/alerts.jsonl" | diff "$work/want" - || fail "file"
read_topic alerts | alert_facts | diff "$work/want" - || fail "alerts topic"
read_stream alerts json | alert_facts | diff "$work/want" - || fail "Redis stream"

# A message's key is the alert's id, and an entry of the stream names it, too.
jq -r .tocsin.alert_id <"$work/alerts.jsonl" | LC_ALL=C sort >"$work/ids"
kcat -b "$broker" -C -t alerts -o beginning -e -q -f '%k\n' | LC_ALL=C sort | cmp "$work/ids" -
read_stream alerts id | LC_ALL=C sort | cmp "$work/ids" -

read_topic dead-letters >"$work/dead"
[ "$(wc -l <"$work/dead")" = 2 ] || fail "dead letters: $(cat "$work/dead")"
[ "$(jq -r .source "$work/dead" | sort -u)" = cloudtrail ] || fail "dead letters: $(cat "$work/dead")"

# Reason and place are headers, too, and say the same as the line.
jq -r '"\(.reason) kafka \(.source) \(.partition) \(.offset) \(.sub)"' "$work/dead" |
    LC_ALL=C sort >"$work/places"
kcat -b "$broker" -C -t dead-letters -o beginning -e -q -f '%h\n' >"$work/headers"
sed -E 's/tocsin\.[a-z_]+=//g; s/,/ /g' "$work/headers" | cut -d' ' -f1-6 | LC_ALL=C sort |
    cmp "$work/places" - || fail "headers: $(cat "$work/headers")"
grep -cE ',tocsin\.first_seen=20[^,]+Z,tocsin\.version=[0-9.]+$' "$work/headers" | grep -qx 2 ||
    fail "headers: $(cat "$work/headers")"

# They are found by the configuration, numbered in the topic's order.
"$tocsin" dlq list --config "$work/tocsin.yml" --format json >"$work/listed" || fail "dlq list: $?"
jq -c '[.number, .reason, .source, .partition, .offset]' "$work/listed" >"$work/rows"
jq -c '[input_line_number, .reason, .source, .partition, .offset]' "$work/dead" |
    cmp - "$work/rows" || fail "dlq list: $(cat "$work/rows")"
place=$(jq -r 'select(.number == 2) | .place' "$work/listed")
"$tocsin" dlq show --raw "$place" --brokers "$broker" --topic dead-letters >"$work/raw"
[ "$(cat "$work/raw")" = "$(jq -r .record "$work/dead" | tail -n 1)" ] || fail "dlq show $place"

# Their records go to another topic as they were, each with its first place.
"$tocsin" dlq replay --config "$work/tocsin.yml" --all --to-topic replayed >"$work/report" ||
    fail "dlq replay: $? $(cat "$work/report")"
jq -r '"tocsin.replay_of=\(.source)/\(.partition):\(.offset) \(.record)"' "$work/dead" >"$work/want.replay"
kcat -b "$broker" -C -t replayed -o beginning -e -q -f '%h %s\n' | cmp "$work/want.replay" - ||
    fail "dlq replay"

# All was committed: a second run finds nothing to do.
write_config 1
timeout 60 "$tocsin" run --config "$work/tocsin.yml" 2>"$work/again.log" || fail "second run"
grep -q 'records 0 = .*; residue 0; alerts 0' "$work/again.log" || fail "records were read again"
[ "$(wc -l <"$work/alerts.jsonl")" = "$count" ] || fail "alerts were written again"
has_no_lag pipeline 3 || fail "lag: $(cat "$work/groups.log")"
