#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_flood.sh - a flood of groups that come once, in the middle of a slow one: the slow one's alert
# comes, and one of tocsin's own that says what was lost; metrics, too.
# Called as: bash test_flood.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > rules.yml <<'RULES'
title: login failed
name: failed
id: 11111111-1111-4111-8111-111111111111
logsource: {category: demo}
detection:
  selection: {action: failed}
  condition: selection
---
title: many failed logins
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: event_count
  rules: [failed]
  group-by: [user]
  timespan: 2h
  condition: {gte: 4}
RULES
cat > tocsin.yml <<'CONFIG'
source:
  kind: file
  paths: log.json
  follow: false
  logsource: category=demo
rules:
  paths: rules.yml
  pipelines: none
correlation:
  keys_max: 1000
output:
  alerts:
    - kind: file
      path: alerts.json
metrics:
  path: metrics
CONFIG
awk 'BEGIN {
    for (i = 0; i < 6000; i++) {
        user = i % 1500 == 500 ? "slow" : "u" i
        printf "{\"eventTime\":\"2026-01-02T%02d:%02d:%02dZ\",\"action\":\"failed\",\"user\":\"%s\"}\n",
            i / 3600, i / 60 % 60, i % 60, user
    }
}' > log.json

fail() {
    echo "FAILED: $1"
    cat alerts.json log metrics
    exit 1
}
timeout 60 "$tocsin" run --config tocsin.yml 2> log || fail "run ended with $?"
[ "$(wc -l < alerts.json)" = 3 ] || fail "three alerts: the slow group's, and of the flood two in two hours"
grep -q '"group":{"user":"slow"},"count":4' alerts.json || fail "the slow group's alert"
head -1 alerts.json | grep -q '"id":"6adc241a-9c77-4f36-99d0-2c5626bc9d19"' || fail "rule of the flood"
head -1 alerts.json |
    grep -q '"group":{"correlation":"22222222-2222-4222-8222-222222222222","title":"many failed logins"},"count":1,' ||
    fail "the flood's group"
grep -q '^tocsin_window_refused_total 4997$' metrics || fail "refused: all but 1000 groups"
grep -q '^tocsin_rule_window_lost_total{rule="22222222-.*} 4997$' metrics || fail "lost by rule"
