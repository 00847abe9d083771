#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_backtest.sh - `tocsin rules backtest`: days, values and noise of a rule's matches.
# Called: test_rules_backtest.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect NAME CODE ARGS...: `rules backtest ARGS` ends with CODE and prints the text on stdin.
expect() {
    local name=$1 code=$2 got
    shift 2
    cat >want
    "$tocsin" rules backtest "$@" >got 2>errors
    got=$?
    if [ "$got" != "$code" ] || ! diff -u want got; then
        echo "FAILED: $name (exit code $got, expected $code)"
        cat errors
        failures=$((failures + 1))
    fi
}

cat >rules.yml <<'END'
title: User made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a031
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventSource: iam.amazonaws.com, eventName: CreateUser}, condition: selection}
---
title: Many users made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a032
correlation:
    type: event_count
    rules: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a031
    group-by: userIdentity.arn
    timespan: 1h
    condition: {gte: 20}
END
# make DAY COUNT ARN
make() {
    local n
    for ((n = 0; n < $2; n++)); do
        printf '{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"%s-%s-%d",' "$1" "$3" "$n"
        printf '"eventTime":"2026-01-%sT03:%02d:00Z","userIdentity":{"arn":"%s"},' "$1" "$n" "$3"
        printf '"requestParameters":{"tags":[{"key":"a"},{"key":"b"},{"key":"a"}]}}\n'
    done
}
{
    make 02 18 'ci*role'
    make 04 1 eve
    make 04 2 'ci*role'
} >log.jsonl

expect 'a noisy rule' 0 'rules.yml:User made' --on log.jsonl --noisy 6 <<'END'
User made (rules.yml:1)
21 matches on 2 days, 7.0 a day
first 2026-01-02T03:00:00Z, last 2026-01-04T03:01:00Z

matches a day
  2026-01-02       18 ########################################
  2026-01-04        3 #######

likely noise
  7.0 matches a day are more than 6
  95 % of the matches have one value; if it is known, it is an exception's selection:
      userIdentity.arn: 'ci\*role'

fields
  eventID: 21 distinct
  eventName: in all CreateUser
  eventSource: in all iam.amazonaws.com
  eventTime: 20 distinct
           2  10 % 2026-01-04T03:00:00Z
           1   5 % 2026-01-02T03:00:00Z
           1   5 % 2026-01-02T03:01:00Z
           1   5 % 2026-01-02T03:02:00Z
           1   5 % 2026-01-02T03:03:00Z
  requestParameters.tags.key: 2 distinct
          21 100 % a
          21 100 % b
  userIdentity.arn: 2 distinct
          20  95 % ci*role
           1   5 % eve

samples
  {"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"02-ci*role-0","eventTime":"2026-01-02T03:00:00Z","userIdentity":{"arn":"ci*role"},"requestParameters":{"tags":[{"key":"a"},{"key":"b"},{"key":"a"}]}}
  {"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"02-ci*role-1","eventTime":"2026-01-02T03:01:00Z","userIdentity":{"arn":"ci*role"},"requestParameters":{"tags":[{"key":"a"},{"key":"b"},{"key":"a"}]}}
  {"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"02-ci*role-2","eventTime":"2026-01-02T03:02:00Z","userIdentity":{"arn":"ci*role"},"requestParameters":{"tags":[{"key":"a"},{"key":"b"},{"key":"a"}]}}
END
expect 'a correlation without alerts' 0 'rules.yml:Many users made' --on log.jsonl <<'END'
Many users made (rules.yml:6)
0 matches
END
"$tocsin" rules backtest rules.yml --on log.jsonl --format json | python3 -c '
import json, sys
made, many = json.load(sys.stdin)["rules"]
assert (made["matches"], many["matches"]) == (21, 0), (made, many)
assert made["days"] == [{"day": "2026-01-02", "matches": 18}, {"day": "2026-01-04", "matches": 3}]
assert not made["noisy"] and made["exceptions"][0]["value"] == "ci*role", made["exceptions"]
' || { echo 'FAILED: json'; failures=$((failures + 1)); }

# Of a line the fields are those that its decoder makes.
cat >ssh.yml <<'END'
title: Login failed
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a033
logsource: {product: linux, service: sshd}
detection: {selection: {action: login, outcome: failure}, condition: selection}
END
echo '2026-01-02T03:04:05Z host sshd[1]: Failed password for bob from 192.0.2.7 port 22 ssh2' >auth.log
"$tocsin" rules backtest ssh.yml --on auth.log >got || failures=$((failures + 1))
for want in '  src_ip: in all 192.0.2.7' '  user: in all bob' '1 matches on 1 days, 1.0 a day'; do
    grep -qF -- "$want" got || {
        echo "FAILED: a line: no '$want' in:"
        cat got
        failures=$((failures + 1))
    }
done
expect 'no rule' 2 rules.yml:Nothing --on log.jsonl </dev/null
expect 'no logs' 2 rules.yml </dev/null
expect 'no such log' 3 rules.yml --on nowhere </dev/null
[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
