#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_measures.sh - value_sum, value_avg, value_percentile and value_median: when they fire, with
# which number, and that what is no number is skipped.
# Called as: bash test_measures.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# rule NAME TYPE CONDITION
rule() {
    cat <<RULE
---
title: $1
correlation:
  type: $2
  rules: [transfer]
  group-by: [user]
  timespan: 10m
  condition: {field: size.mb, $3}
RULE
}
{
    cat <<'RULE'
title: transfer
name: transfer
logsource: {}
detection:
  s:
    kind: transfer
  condition: s
RULE
    rule "sum" value_sum "gt: 10"
    rule "small sum" value_sum "gte: 0.5, lt: 1"
    rule "mean" value_avg "gte: 3.6"
    rule "median" value_median "eq: 3"
    rule "high" value_percentile "percentile: 90, gte: 7.5"
} >"$work/rules.yml"

# line MINUTE USER SIZE
line() {
    printf '{"time":"2026-03-02T10:%02d:00Z","kind":"transfer","user":"%s","size":{"mb":%s}}\n' \
        "$1" "$2" "$3"
}
{
    # ann: 0.1 + 0.2 + 0.2 is 0.5. eve: text is a number, too; the sum is above 10 with the fourth.
    line 0 ann 0.1
    line 1 ann '"0.2"'
    line 2 ann 0.2
    line 3 ann null
    line 4 ann '"much"'
    line 0 eve 1
    line 1 eve '"3"'
    line 2 eve 2
    line 3 eve 5.5
    line 10 eve 9
    # What one window of zed has: 8 in the window from 0 on; 9 alone.
    line 0 zed 8
    line 11 zed 9
} >"$work/log"

# alerts FILES...: minute, rule, group, events, number, when they were.
alerts() {
    "$tocsin" scan --rules "$work/rules.yml" --format json --summary none "$@" |
        jq -r '[."@timestamp"[14:16], .rule.name, .tocsin.group.user, .tocsin.count,
                .tocsin.value, ([.tocsin.events[].time[14:16]] | join("-"))] | join(" ")' |
        LC_ALL=C sort
}

cat >"$work/want" <<'WANT'
00 high zed 1 8 00
00 mean zed 1 8 00
02 small sum ann 3 0.5 00-01-02
03 sum eve 3 10.5 01-02-03
10 high eve 5 7.6 00-01-02-03-10
10 mean eve 5 4.1 00-01-02-03-10
10 median eve 5 3 00-01-02-03-10
11 high zed 1 9 11
11 mean zed 1 9 11
WANT
alerts --threads 1 "$work/log" >"$work/have" || fail "scan"
diff "$work/want" "$work/have" || fail "alerts"

# Neither the order of lines nor their file nor the number of threads has a say.
tac "$work/log" >"$work/back"
split -l 5 "$work/back" "$work/part."
alerts --threads 2 --batch-bytes 64 "$work"/part.* | diff "$work/want" - || fail "other order"

# The two that are no numbers were not counted, by any of the five.
"$tocsin" scan --rules "$work/rules.yml" --format json --summary json "$work/log" 2>&1 >/dev/null |
    jq -e '.correlation.skipped == 10' >"$work/skipped" || fail "skipped: $(cat "$work/skipped")"
