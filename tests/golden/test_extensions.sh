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
