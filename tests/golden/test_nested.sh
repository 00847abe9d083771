#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_nested.sh - correlations of correlations: by which fields they group, in which order they come,
# who is silent; across files, threads and the order of lines.
# Called as: bash test_nested.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# The correlations stand before what they count. "guessing" groups by address; those above it by user,
# which only the events have, and by nothing.
cat >"$work/a.yml" <<'RULES'
title: guessed and in
id: 20000000-0000-4000-8000-000000000001
correlation:
  type: temporal_ordered
  rules: [guessing, login]
  group-by: [user]
  timespan: 10m
---
title: many addresses
id: 20000000-0000-4000-8000-000000000002
correlation:
  type: value_count
  rules: [guessing]
  timespan: 10m
  condition: {field: address, gte: 2}
---
title: campaign
id: 20000000-0000-4000-8000-000000000003
correlation:
  type: event_count
  rules: [guessed-region]
  timespan: 1h
  condition: {gte: 2}
  generate: true
---
title: guessed in a region
name: guessed-region
id: 20000000-0000-4000-8000-000000000004
correlation:
  type: event_count
  rules: [guessing]
  group-by: [region]
  timespan: 10m
  condition: {lte: 2}
RULES
cat >"$work/b.yml" <<'RULES'
title: guessing
name: guessing
id: 20000000-0000-4000-8000-000000000005
correlation:
  type: event_count
  rules: [fail]
  group-by: [address]
  aliases:
    address: {fail: ip}
  timespan: 1m
  condition: {gte: 2}
RULES
for name in fail login; do
    cat <<RULE
---
title: $name
name: $name
logsource: {}
detection:
  s:
    kind: $name
  condition: s
RULE
done >>"$work/b.yml"

# line MINUTE KIND ADDRESS USER REGION
line() {
    printf '{"time":"2026-03-02T10:%02d:00Z","kind":"%s","ip":"%s","user":"%s","region":"%s"}\n' "$@"
}
{
    line 0 fail 192.0.2.1 ann eu
    line 1 fail 192.0.2.1 eve eu # guessing: its last user is eve
    line 2 login 192.0.2.9 ann eu
    line 3 login 192.0.2.9 eve eu
    line 5 fail 192.0.2.2 bob us
    line 5 fail 192.0.2.2 bob us # equal times: guessing, then login
    line 5 login 192.0.2.2 bob us
} >"$work/log"

# alerts FILES...: time, rule, count, group and which rules the events are alerts of.
alerts() {
    "$tocsin" scan --rules "$work/a.yml" --rules "$work/b.yml" --format json --summary none "$@" |
        jq -r '[."@timestamp"[14:16], .tocsin.window.end[14:16], .rule.name, .tocsin.count,
                ((.tocsin.group // {}) | to_entries | map(.value) | join(",")),
                ([.tocsin.events[] | .time[14:16] + (if .rule then ":" + .rule[35:] else "" end)] |
                 join(" "))] | join("|")'
}

cat >"$work/want" <<'WANT'
03|03|guessed and in|2|eve|01:5 03
05|05|many addresses|2||01:5 05:5
05|05|guessed and in|2|bob|05:5 05
01|11|guessed in a region|1|eu|01:5
05|15|guessed in a region|1|us|05:5
15|15|campaign|2||11:4 15:4
WANT
alerts --threads 1 "$work/log" >"$work/have" || fail "scan"
diff "$work/want" "$work/have" || fail "alerts"

# Neither the order of lines nor their file nor the number of threads has a say.
tac "$work/log" >"$work/back"
split -l 2 "$work/back" "$work/part."
alerts --threads 2 --batch-bytes 64 "$work"/part.* | diff "$work/want" - || fail "other order"
