#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_dlq_replay.sh - `tocsin dlq replay` writes the bytes of records that can be decoded by now,
# each once, says what became of the others, and gives scan what it needs to alert.
# Called as: bash test_dlq_replay.sh TOCSIN SOURCE_DIR
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

cat >rule.yml <<'END'
title: Marked
id: 0c8f9a52-4b53-4b1c-9a0e-7c1f3f6d2a10
logsource: {product: app}
detection:
  selection: {kind: Marked}
  condition: selection
level: high
END

# The service read a topic of JSON as CloudTrail, and strictly.
letter() {
    printf '{"reason":"%s","fault_at":%s,"source":"audit","partition":0,"offset":%s,%s}\n' "$@"
}
{
    letter cloudtrail 0 1 '"record":"{\"kind\":\"Marked\",\"n\":1}"'
    letter cloudtrail 0 2 '"record":"{\"kind\":\"Other\"}"'
    letter cloudtrail 0 1 '"record":"{\"kind\":\"Marked\",\"n\":1}"'
    letter json 9 3 '"record":"{\"kind\": cut"'
    letter oversize 2000000 4 '"record":"{\"kind\""'
    letter cloudtrail 0 1 '"record":"{\"kind\":\"Marked\",\"n\":2}"'
    letter cloudtrail 0 5 '"record":"{\"kind\":\n\"Marked\"}"'
    letter cloudtrail 0 6 '"record":"   "'
    letter cloudtrail 0 7 '"record_base64":"eyJraW5kIjoiTWFya2VkIiwieCI6Iv8ifQ=="'
} >dead.jsonl

counts() {
    jq -c '[.replayed, .forced, .repeated, .cut, .filtered, .failed, .lines, .alerts]' "$1"
}

replay() {
    "$tocsin" dlq replay --rules rule.yml --decoder json --format json "$@"
}

code=0
replay --dry-run dead.jsonl >report || code=$?
[ "$code" = 1 ] || fail "dry run: exit code $code"
[ "$(counts report)" = '[5,0,1,1,1,1,0,0]' ] || fail "dry run: $(counts report)"
[ "$(jq -c .faults report)" = '{"truncated":1}' ] || fail "dry run: $(jq -c .faults report)"

printf '{"kind":"Marked","n":1}\n{"kind":"Other"}\n{"kind":"Marked","n":2}\n{"kind":"Marked","x":"\377"}\n' >want
replay --to-stdout dead.jsonl >got 2>report && fail 'some can not be replayed, yet exit code 0'
cmp want got || fail "standard output: $(cat got)"
[ "$(counts report)" = '[4,0,1,1,1,1,1,0]' ] || fail "standard output: $(counts report)"

# To the end of a file whose last line has no end.
printf 'before' >log
replay --to log dead.jsonl >report && fail 'some can not be replayed, yet exit code 0'
{ echo before; cat want; } | cmp - log || fail "file: $(cat log)"

# What fails is written when it is asked for; filters hold.
replay --to-stdout --all --reason json dead.jsonl >got 2>report || fail "--all: exit code $?"
[ "$(cat got)" = '{"kind": cut' ] || fail "--all: $(cat got)"
[ "$(counts report)" = '[0,1,0,0,0,0,0,0]' ] || fail "--all: $(counts report)"
replay --to-stdout --after 5 --reason cloudtrail dead.jsonl 2>/dev/null | cmp - <(tail -n 2 want) ||
    fail '--after'

# The configuration says decoder, log source and rules; a replayed file alerts with its own place.
cat >run.yml <<END
source: {kind: kafka, brokers: "127.0.0.1:1", group: g, topics: [audit],
         decoders: {audit: json}, logsources: {audit: product=app}}
rules: {paths: "$work/rule.yml"}
output:
  alerts: [{kind: stdout}]
  dead_letters: [{kind: file, path: "$work/dead.jsonl"}]
END
code=0
"$tocsin" dlq replay --config run.yml --dry-run --format json >report || code=$?
[ "$code" = 1 ] || fail "configuration: exit code $code"
[ "$(counts report)" = '[5,0,1,1,1,1,0,4]' ] || fail "configuration: $(counts report)"
"$tocsin" dlq replay --config run.yml --to-stdout 2>/dev/null >replayed.log
"$tocsin" scan --quiet --format json --rules rule.yml --decoder json --logsource product=app \
    replayed.log >alerts
[ "$(jq -c '[.tocsin.source, .tocsin.offset]' alerts | tr -d '\n')" = \
    '["replayed.log",0]["replayed.log",41]["replayed.log",65]' ] || fail "alerts: $(cat alerts)"

"$tocsin" dlq replay --rules rule.yml --dry-run dead.jsonl >report
[ "$(head -n 2 report | tail -n 1)" = '         5  replayed    decoded now' ] || fail "$(cat report)"

usage() {
    local code=0
    "$tocsin" dlq replay "$@" >/dev/null 2>&1 || code=$?
    [ "$code" = 2 ] || fail "dlq replay $*: exit code $code instead of 2"
}
usage dead.jsonl
usage --to a --to-topic b dead.jsonl
usage --to-topic b dead.jsonl
usage --dry-run
usage --dry-run --decoder nosuch dead.jsonl
usage --dry-run --after x dead.jsonl
[ ! -e a ] || fail 'a wrong command line made a file'
if [ -w /dev/full ]; then
    code=0
    replay --to-stdout dead.jsonl >/dev/full 2>err || code=$?
    [ "$code" = 3 ] || fail "a full disk: exit code $code: $(cat err)"
fi

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
