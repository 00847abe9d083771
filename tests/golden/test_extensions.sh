#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_extensions.sh - the key `tocsin:` of rules: what alerts say of it, what it leaves out.
# Called as: bash test_extensions.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# scan RULES LOG [OPTION]...: alerts as JSON lines.
scan() {
    "$tocsin" scan --quiet --format json --decoder json --rules "$1" "${@:3}" "$2"
}

mkdir "$work/risk"
cat >"$work/risk/rules.yml" <<'RULES'
title: login
id: 20000000-0000-4000-8000-000000000001
name: login
logsource: {}
detection:
  s:
    kind: login
  condition: s
tocsin:
  criterion: [CC6.1, CC7.2]
  risk: {score: 40, entity: [who.name, from, nowhere]}
---
title: many logins
id: 20000000-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [login]
  group-by: [from]
  timespan: 1m
  condition:
    gte: 2
  generate: true
tocsin:
  criterion: CC7.3
  risk: {score: 75, entity: from}
RULES
cat >"$work/log.jsonl" <<'LOG'
{"time":"2026-03-01T10:00:00Z","kind":"login","who":{"name":"a\"b"},"from":["192.0.2.1","192.0.2.2"]}
{"time":"2026-03-01T10:00:01Z","kind":"login","from":"192.0.2.1"}
{"time":"2026-03-01T10:00:02Z","kind":"logout","from":"192.0.2.1"}
LOG
scan "$work/risk" "$work/log.jsonl" | jq -c '[.rule.name, .tocsin.criterion, .tocsin.risk]' >"$work/got"
cat >"$work/want" <<'WANT'
["login",["CC6.1","CC7.2"],{"score":40,"entities":[{"field":"who.name","value":"a\"b"},{"field":"from","value":"192.0.2.1"}]}]
["login",["CC6.1","CC7.2"],{"score":40,"entities":[{"field":"from","value":"192.0.2.1"}]}]
["many logins",["CC7.3"],{"score":75,"entities":[{"field":"from","value":"192.0.2.1"}]}]
WANT
diff "$work/want" "$work/got" || fail "alerts say criterion and risk"

"$tocsin" rules list --format json "$work/risk" | jq -c '.rules[] | [.title, .criterion, .risk_score]' >"$work/got"
cat >"$work/want" <<'WANT'
["login",["CC6.1","CC7.2"],40]
["many logins",["CC7.3"],75]
WANT
diff "$work/want" "$work/got" || fail "rules list has criterion and risk"

# --- exceptions -------------------------------------------------------------------------------------

mkdir "$work/except"
cat >"$work/except/rules.yml" <<'RULES'
title: key made
id: 20000000-0000-4000-8000-000000000003
name: key
logsource: {}
detection:
  s:
    kind|startswith: key
  condition: s
tocsin:
  exceptions:
    - reason: the pipeline makes keys
      owner: platform
      approved-by: ciso
      expires: 2026-12-31
      selection:
        - user: ci
          from|cidr: 10.0.0.0/8
        - user: nightly
    - reason: drill
      owner: red team
      approved-by: ciso
      expires: 2027-03-31
      selection:
        user: [eve, ci]
---
title: many keys
id: 20000000-0000-4000-8000-000000000004
correlation:
  type: event_count
  rules: [key]
  group-by: [user]
  timespan: 1m
  condition:
    gte: 2
  generate: true
RULES
for i in 0 1 2; do
    for user in ci:10.1.2.3 ci:192.0.2.1 nightly:x bob:x; do
        echo "{\"time\":\"2026-03-01T10:00:0${i}Z\",\"kind\":\"key${i}\",\"user\":\"${user%%:*}\",\"from\":\"${user#*:}\"}"
    done
done >"$work/keys.jsonl"
export TOCSIN_TODAY=2026-12-31
scan "$work/except" "$work/keys.jsonl" --exceptions "$work/excepted.jsonl" |
    jq -c '[.event.kind, .rule.name, .tocsin.excepted]' | sort | uniq -c >"$work/got"
cat >"$work/want" <<'WANT'
      3 ["alert","key made",null]
      1 ["alert","many keys",null]
WANT
diff "$work/want" "$work/got" || fail "what an exception covers raises no alert and is not counted"
jq -c '[.event.kind, .rule.name, .tocsin.excepted.reason, .tocsin.excepted.expires]' \
    "$work/excepted.jsonl" | sort | uniq -c >"$work/got"
cat >"$work/want" <<'WANT'
      3 ["event","key made","drill","2027-03-31"]
      6 ["event","key made","the pipeline makes keys","2026-12-31"]
WANT
diff "$work/want" "$work/got" || fail "what an exception covers is recorded"
jq -e '.tocsin.excepted | .owner == "platform" and .approved_by == "ciso"' "$work/excepted.jsonl" |
    head -1 | grep -qx true || fail "the record says who"
for variant in "--threads 4" "--batch-bytes 100" "--threads 3 --batch-bytes 64"; do
    # shellcheck disable=SC2086
    scan "$work/except" "$work/keys.jsonl" $variant --exceptions "$work/again.jsonl" >/dev/null
    cmp "$work/excepted.jsonl" "$work/again.jsonl" || fail "$variant changes the record"
    rm "$work/again.jsonl"
done

"$tocsin" scan --no-progress --decoder json --rules "$work/except" "$work/keys.jsonl" 2>"$work/summary" >/dev/null
grep -A2 "^Covered by exceptions 9$" "$work/summary" | tail -2 | sed 's/^ *//' >"$work/got"
cat >"$work/want" <<'WANT'
6  key made: the pipeline makes keys (platform, until 2026-12-31)
3  key made: drill (red team, until 2027-03-31)
WANT
diff "$work/want" "$work/got" || fail "the summary counts each exception"
"$tocsin" scan --no-progress --summary json --decoder json --rules "$work/except" "$work/keys.jsonl" \
    2>"$work/summary" >/dev/null
jq -e '.excepted == 9 and .excepted_by[1].matches == 3 and .matches == 12' "$work/summary" >/dev/null ||
    fail "the JSON summary counts each exception"

cat >"$work/run.yml" <<CONFIG
source:
  kind: file
  decoder: json
  follow: false
  paths: ["$work/keys.jsonl"]
rules:
  paths: ["$work/except"]
output:
  alerts: [{kind: file, path: "$work/run-alerts.jsonl"}]
  exceptions: [{kind: file, path: "$work/run-excepted.jsonl"}]
metrics:
  path: "$work/metrics"
CONFIG
"$tocsin" run --config "$work/run.yml" 2>"$work/log" || fail "run: $(cat "$work/log")"
cmp "$work/excepted.jsonl" "$work/run-excepted.jsonl" || fail "run records what exceptions cover"
grep -qx 'tocsin_excepted_total 9' "$work/metrics" || fail "metrics count what exceptions cover"
grep -q '^tocsin_rule_excepted_total{rule="20000000-0000-4000-8000-000000000003",.*} 9$' "$work/metrics" ||
    fail "metrics count what exceptions cover by rule"

# On the day after, the first exception is an error, and the rule raises alerts again.
"$tocsin" rules check "$work/except" >"$work/got" || fail "no exception has expired yet"
export TOCSIN_TODAY=2027-01-01
code=0
"$tocsin" rules check "$work/except" >"$work/got" || code=$?
[ "$code" = 1 ] || fail "rules check with an expired exception: exit code $code"
grep -q "rules.yml:14:16: error: key made: the exception of platform expired" "$work/got" ||
    fail "rules check names the expired exception: $(cat "$work/got")"
grep -q "2 rules loaded, 1 errors" "$work/got" || fail "the rule stays"
scan "$work/except" "$work/keys.jsonl" | jq -r 'select(.rule.name == "key made").event.original | fromjson.user' |
    sort | uniq -c >"$work/got"
printf '      3 bob\n      3 nightly\n' >"$work/want"
diff "$work/want" "$work/got" || fail "an expired exception does not hide alerts"
unset TOCSIN_TODAY

# --- suppress ---------------------------------------------------------------------------------------

mkdir "$work/suppress"
cat >"$work/suppress/rules.yml" <<'RULES'
title: door
id: 20000000-0000-4000-8000-000000000005
name: door
logsource: {}
detection:
  s:
    kind: door
  condition: s
tocsin:
  suppress: {key: [who, where.floor], for: 10m}
---
title: doors
id: 20000000-0000-4000-8000-000000000006
correlation:
  type: event_count
  rules: [door]
  group-by: [who, where.floor]
  timespan: 1s
  condition:
    gte: 1
  generate: true
tocsin:
  suppress: {key: who, for: 1h, max: 2}
RULES
# MINUTE WHO FLOOR
while read -r minute who floor; do
    echo "{\"time\":\"2026-03-01T1${minute%%:*}:${minute#*:}:00Z\",\"kind\":\"door\",\"who\":\"$who\",\"where\":{\"floor\":$floor}}"
done >"$work/doors.jsonl" <<'TIMES'
0:00 ann 1
0:01 ann 1
0:02 bob 1
0:03 ann 2
0:04 ann 1
0:10 ann 1
0:11 ann 1
0:12 bob 1
1:30 ann 1
TIMES
scan "$work/suppress" "$work/doors.jsonl" >"$work/alerts"
jq -r 'select(.rule.name == "door") |
    .["@timestamp"][11:16] + " " + (.event.original | fromjson | .who + (.where.floor | tostring)) +
    " " + (.tocsin.suppressed // 0 | tostring)' "$work/alerts" >"$work/got"
cat >"$work/want" <<'WANT'
10:00 ann1 0
10:02 bob1 0
10:03 ann2 0
10:10 ann1 2
10:12 bob1 0
11:30 ann1 1
WANT
diff "$work/want" "$work/got" || fail "one alert a key and period"
# Each door is a window of its own: ann has 7, of which 2 in the first hour and 1 later are told.
jq -r 'select(.rule.name == "doors") | .["@timestamp"][11:16] + " " + .tocsin.group.who + " " +
    (.tocsin.suppressed // 0 | tostring)' "$work/alerts" >"$work/got"
cat >"$work/want" <<'WANT'
10:00 ann 0
10:01 ann 0
10:02 bob 0
10:12 bob 0
11:30 ann 4
WANT
diff "$work/want" "$work/got" || fail "correlations are suppressed by their group"
for variant in "--threads 4" "--batch-bytes 100" "--threads 3 --batch-bytes 64"; do
    # shellcheck disable=SC2086
    scan "$work/suppress" "$work/doors.jsonl" $variant | cmp - "$work/alerts" ||
        fail "$variant changes what is suppressed"
done
"$tocsin" scan --no-progress --decoder json --rules "$work/suppress" "$work/doors.jsonl" 2>"$work/summary" >/dev/null
grep -A2 '^Suppressed 7$' "$work/summary" | tail -2 | sed 's/^ *//' >"$work/got"
printf '3  door\n4  doors\n' >"$work/want"
diff "$work/want" "$work/got" || fail "the summary counts what was suppressed"
grep -q '^Alerts 11,' "$work/summary" || fail "what was suppressed is no alert"
"$tocsin" scan --no-progress --summary json --decoder json --rules "$work/suppress" "$work/doors.jsonl" \
    2>"$work/summary" >/dev/null
jq -e '.suppressed == 7 and .alerts == 11 and .matches == 9' "$work/summary" >/dev/null ||
    fail "the JSON summary counts what was suppressed"
