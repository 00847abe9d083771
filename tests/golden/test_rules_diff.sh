#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_diff.sh - `tocsin rules diff`: alerts that a change of rules adds and removes on logs.
# Called: test_rules_diff.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect NAME CODE ARGS...: `rules diff ARGS` ends with CODE and prints the text on stdin.
expect() {
    local name=$1 code=$2 got
    shift 2
    cat >want
    "$tocsin" rules diff "$@" >got 2>errors
    got=$?
    sed -i -E 's/[0-9a-f]{32}/ID/' got
    if [ "$got" != "$code" ] || ! diff -u want got; then
        echo "FAILED: $name (exit code $got, expected $code)"
        cat errors
        failures=$((failures + 1))
    fi
}

mkdir before after
# rules FOLDER NAMES THRESHOLD
rules() {
    cat >"$1/rules.yml" <<END
title: Identity made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a021
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventSource: iam.amazonaws.com, eventName: [$2]}, condition: selection}
---
title: Many identities made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a022
correlation:
    type: event_count
    rules: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a021
    group-by: userIdentity.arn
    timespan: 5m
    condition: {gte: $3}
    generate: true
END
}
rules before 'CreateUser, CreateGroup' 4
rules after 'CreateUser, CreateRole' 3
number=0
for name in CreateUser CreateGroup CreateRole CreateRole; do
    number=$((number + 1))
    printf '{"eventSource":"iam.amazonaws.com","eventName":"%s","eventTime":"2026-01-02T03:04:0%dZ",' \
        $name $number
    printf '"userIdentity":{"arn":"eve"}}\n'
done >log.jsonl

expect 'no change' 0 before before --on log.jsonl <<'END'
0 alerts removed, 0 added, 2 as before
END
expect 'a change' 1 before after --on log.jsonl <<'END'
Identity made (6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a021): 1 removed, 2 added, 1 as before
  - 2026-01-02T03:04:02Z ID log.jsonl:125
  + 2026-01-02T03:04:03Z ID log.jsonl:251
  + 2026-01-02T03:04:04Z ID log.jsonl:376
Many identities made (6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a022): 0 removed, 1 added, 0 as before
  + 2026-01-02T03:04:04Z ID userIdentity.arn=eve
1 alerts removed, 3 added, 1 as before
END
"$tocsin" rules diff before after --on log.jsonl --format json | python3 -c '
import json, sys
got = json.load(sys.stdin)
assert [r["added"] for r in got["rules"]] == [2, 1], got["rules"]
assert sorted(a["change"] for a in got["alerts"]) == ["added"] * 3 + ["removed"], got["alerts"]
' || { echo 'FAILED: json'; failures=$((failures + 1)); }
expect 'no logs' 2 before after </dev/null
expect 'one side' 2 before --on log.jsonl </dev/null
expect 'no such log' 3 before after --on nowhere.jsonl </dev/null
[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
