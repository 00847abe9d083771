#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_explain.sh - `tocsin rules explain` with an event says which part of a rule fails (the
# acceptance list's line 42), and with logs how near a correlation's groups are to an alert.
# Called: test_rules_explain.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect NAME CODE COMMAND...: it ends with CODE and prints the text on stdin.
expect() {
    local name=$1 code=$2 got
    shift 2
    cat >want
    "$@" >got 2>&1
    got=$?
    if [ "$got" != "$code" ] || ! diff -u want got; then
        echo "FAILED: $name (exit code $got, expected $code)"
        failures=$((failures + 1))
    fi
}

mkdir rules
cat >rules/trail.yml <<'END'
title: Trail weakened
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a011
logsource: {product: aws, service: cloudtrail}
detection:
    off: {eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail]}
    less: {eventName: UpdateTrail, requestParameters.isMultiRegionTrail: false}
    ours: {userIdentity.arn|endswith: ':role/deploy'}
    failed: {errorCode|exists: true}
    condition: (off or less) and not 1 of ours* and not failed
END
cat >rules/guess.yml <<'END'
title: Failed login
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a012
logsource: {product: linux, service: sshd}
detection:
    selection: {action: login, outcome: failure}
    condition: selection
---
title: Passwords guessed
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a013
correlation:
    type: event_count
    rules: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a012
    group-by: src_ip
    timespan: 1m
    condition: {gte: 5}
END
cat >trail.jsonl <<'END'
{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventTime":"2026-01-02T03:04:05Z","userIdentity":{"arn":"arn:aws:iam::1:user/eve"}}
{"eventSource":"cloudtrail.amazonaws.com","eventName":"UpdateTrail","requestParameters":{"isMultiRegionTrail":true},"userIdentity":{"arn":null}}
{"eventSource":"cloudtrail.amazonaws.com","eventName":"DeleteTrail","userIdentity":{"arn":"arn:aws:iam::1:role/deploy"}}
{"eventSource":"cloudtrail.amazonaws.com","eventName":"DeleteTrail","userIdentity":{},"errorCode":"AccessDenied"}
END

expect 'a match' 0 "$tocsin" rules explain rules/trail.yml --event trail.jsonl:1 <<'END'
Trail weakened (rules/trail.yml:1)
reached by: equality
event: aws/cloudtrail, 2026-01-02T03:04:05Z
matches

yes  and
yes    or
yes      off: and
yes        eventSource equals 'cloudtrail.amazonaws.com' -- eventSource is 'cloudtrail.amazonaws.com'
yes        or
yes          eventName equals 'stoplogging' -- eventName is 'StopLogging'
no           eventName equals 'deletetrail' -- eventName is 'StopLogging'
no       less: and
no         eventName equals 'updatetrail' -- eventName is 'StopLogging'
no         requestParameters.isMultiRegionTrail equals 'false' -- there is no requestParameters.isMultiRegionTrail
yes    not
no       ours: userIdentity.arn ends with ':role/deploy' -- userIdentity.arn is 'arn:aws:iam::1:user/eve'
yes    not
no       failed: errorCode exists -- there is no errorCode
END

# first NAME LINE: the sentence that says why the event of that line does not match.
first() {
    expect "$1" 0 sh -c "'$tocsin' rules explain 'rules/trail.yml:Trail weakened' --event trail.jsonl:$2 |
        grep -v '^yes\|^no ' | sed -n 4p"
}
first 'alternatives' 2 <<'END'
does not match: none of 2 holds: off: eventName is 'UpdateTrail'; less: requestParameters.isMultiRegionTrail equals 'false', but requestParameters.isMultiRegionTrail is true
END
first 'an exclusion' 3 <<'END'
does not match: ours: is excluded, as userIdentity.arn ends with ':role/deploy' (userIdentity.arn is 'arn:aws:iam::1:role/deploy')
END
first 'the last part' 4 <<'END'
does not match: failed: is excluded, as errorCode exists (errorCode is 'AccessDenied')
END
"$tocsin" rules explain --rules rules 'Trail weakened' --event - --format json <trail.jsonl |
    python3 -c '
import json, sys
(rule,) = json.load(sys.stdin)["rules"]
assert rule["matches"] and rule["reason"] == "" and rule["reached_by"] == "equality", rule
off = rule["condition"]["children"][0]["children"][0]
assert off["selection"] == "off" and off["holds"], off
assert off["children"][0]["values"] == ["cloudtrail.amazonaws.com"], off
' || { echo 'FAILED: json'; failures=$((failures + 1)); }

cat >rules/known.yml <<'END'
title: User made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a014
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: CreateUser}, condition: selection}
tocsin:
    exceptions:
        - {reason: the import of users, owner: it, approved-by: ciso, expires: 2200-01-01,
           selection: {userAgent: importer}}
END
echo '{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userAgent":"importer"}' >user.json
expect 'an exception' 0 sh -c "'$tocsin' rules explain rules/known.yml --event user.json | sed -n 4p" <<'END'
matches, but an exception covers it: the import of users
END

line() {
    printf '2026-03-02T10:0%s+00:00 host sshd[1]: Failed password for a from %s port 1 ssh2\n' "$1" "$2"
}
{
    for second in 10 20 30 40; do line "0:$second" 192.0.2.1; done
    for second in 50 55; do line "0:$second" 192.0.2.2; done
    for second in 00 01 02 03 04; do line "1:$second" 192.0.2.3; done
} >auth.log
expect 'near misses' 0 "$tocsin" rules explain 'rules/guess.yml:Passwords guessed' --on auth.log <<'END'
Passwords guessed (rules/guess.yml:8)
counts Failed login: 11 matches
alerts: 1
3 groups are watched at the end, at 2026-03-02T10:01:04Z
  src_ip=192.0.2.3: 5 of 5, has alerted, expires in 56 s (first at 2026-03-02T10:01:00Z)
  src_ip=192.0.2.1: 4 of 5, expires in 6 s (first at 2026-03-02T10:00:10Z)
  src_ip=192.0.2.2: 2 of 5, expires in 46 s (first at 2026-03-02T10:00:50Z)
END
"$tocsin" rules explain 'rules/guess.yml:Passwords guessed' --on auth.log --format json | python3 -c '
import json, sys
(rule,) = json.load(sys.stdin)["rules"]
assert (rule["alerts"], rule["groups"], rule["needed"]) == (1, 3, 5), rule
miss = rule["nearest"][1]
assert miss["group"] == {"src_ip": "192.0.2.1"} and miss["count"] == 4 and not miss["alerted"], miss
' || { echo 'FAILED: json of near misses'; failures=$((failures + 1)); }

expect 'no such rule' 2 "$tocsin" rules explain rules/trail.yml:Other --event trail.jsonl <<'END'
tocsin: no rule has the id, name or title 'Other'
END
expect 'a correlation has no event' 2 "$tocsin" rules explain 'Passwords guessed' --rules rules \
    --event auth.log <<'END'
tocsin: Passwords guessed is a correlation: no event alone is one of its; use --on LOGS
END
expect 'no such line' 3 "$tocsin" rules explain rules/trail.yml --event trail.jsonl:9 <<'END'
tocsin: trail.jsonl:9: there is no record
END
expect 'both' 2 "$tocsin" rules explain rules/trail.yml --event trail.jsonl --on auth.log <<'END'
tocsin rules explain: ask with one of --event and --on; see `tocsin rules explain --help`
END
[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
