#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_temporal.sh - temporal and temporal_ordered over several rules: who fires, when, and with which
# events; across files, threads and the order of lines.
# Called as: bash test_temporal.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

for name in scan login change; do
    cat <<RULE
title: $name
name: $name
logsource: {}
detection:
  s:
    kind: $name
  condition: s
---
RULE
done >"$work/rules.yml"
cat >>"$work/rules.yml" <<'RULES'
title: all in any order
id: 10000000-0000-4000-8000-000000000001
correlation:
  type: temporal
  rules: [scan, login, change]
  group-by: [address]
  aliases:
    address:
      scan: source
      login: ip
      change: ip
  timespan: 10m
---
title: two of three
id: 10000000-0000-4000-8000-000000000002
correlation:
  type: temporal
  rules: [scan, login, change]
  group-by: [ip]
  timespan: 10m
  condition:
    gte: 2
---
title: in order
id: 10000000-0000-4000-8000-000000000003
correlation:
  type: temporal_ordered
  rules: [scan, login, change]
  group-by: [ip]
  timespan: 10m
RULES

# line MINUTE KIND ADDRESS
line() {
    printf '{"time":"2026-03-02T10:%02d:00Z","kind":"%s","ip":"%s","source":"%s"}\n' \
        "$1" "$2" "$3" "$3"
}
{
    # a: in order. b: all, the order is wrong. c: in order, but too slow. d: equal times.
    line 0 scan a
    line 1 login a
    line 2 change a
    line 0 login b
    line 1 scan b
    line 2 change b
    line 0 scan c
    line 9 login c
    line 11 change c
    line 30 change d
    line 30 login d
    line 30 scan d
} >"$work/log"

# alerts FILES...: minute, rule and group of each alert.
alerts() {
    "$tocsin" scan --rules "$work/rules.yml" --format json --summary none "$@" |
        jq -r '[."@timestamp"[14:16], .rule.name, .tocsin.count, (.tocsin.group | to_entries[0].value),
                ([.tocsin.events[].time[14:16]] | join("-"))] | join(" ")' | LC_ALL=C sort
}

cat >"$work/want" <<'WANT'
01 two of three 2 a 00-01
01 two of three 2 b 00-01
02 all in any order 3 a 00-01-02
02 all in any order 3 b 00-01-02
02 in order 3 a 00-01-02
09 two of three 2 c 00-09
11 two of three 2 c 09-11
30 all in any order 3 d 30-30-30
30 in order 3 d 30-30-30
30 two of three 2 d 30-30
WANT
alerts --threads 1 "$work/log" >"$work/have" || fail "scan"
diff "$work/want" "$work/have" || fail "alerts"

# Neither the order of lines nor their file nor the number of threads has a say.
tac "$work/log" >"$work/back"
split -l 5 "$work/back" "$work/part."
alerts --threads 2 --batch-bytes 64 "$work"/part.* | diff "$work/want" - || fail "other order"
