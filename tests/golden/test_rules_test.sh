#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_test.sh - `tocsin rules test`: what passes, what fails and why, what is a broken file.
# Called: test_rules_test.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
args= # of the commands that expect runs

# expect NAME CODE: `rules test ARGS` (from $args) ends with CODE and prints the text on stdin.
expect() {
    local got
    cat >want
    # shellcheck disable=SC2086
    "$tocsin" rules test $args >got 2>&1
    got=$?
    if [ "$got" != "$2" ] || ! diff -u want got; then
        echo "FAILED: $1 (exit code $got, expected $2)"
        failures=$((failures + 1))
    fi
}

mkdir good bad broken pairs
cat >good/user.yml <<'END'
title: User made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a001
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventSource: iam.amazonaws.com, eventName: [CreateUser, CreateLoginProfile]}
    failed: {errorCode|exists: true}
    condition: selection and not failed
---
title: Three users made
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a002
correlation:
    type: value_count
    rules: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a001
    group-by: userIdentity.arn
    timespan: 5m
    condition: {gte: 3, field: requestParameters.userName}
    generate: true
END
cat >good/line.yml <<'END'
title: Root by password
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a003
logsource: {product: linux, service: sshd}
detection:
    keywords: ['Accepted password for root']
    condition: keywords
END
cat >good/user.test.yml <<'END'
defaults: {eventSource: iam.amazonaws.com, eventTime: "{time}", userIdentity: {arn: "arn:1"}}
tests:
    - title: a user is made
      event: {eventName: CreateUser}
      match: [User made]
    - title: a refused call makes no user
      event: {eventName: CreateUser, errorCode: AccessDenied}
      match: false
    - title: three users within five minutes
      at: 2026-02-03T04:00:00Z
      events:
          - {repeat: 3, every: 1m, event: {eventName: CreateUser, requestParameters: {userName: "u{n}"}}}
      match: [User made, Three users made]
      alerts:
          - {rule: User made, time: 2026-02-03T04:00:00Z}
          - {rule: User made, time: 2026-02-03T04:01:00Z}
          - {rule: User made, fields: {event.action: CreateUser}}
          - {rule: Three users made, count: 3, events: 3, group: {userIdentity.arn: "arn:1"},
             time: 2026-02-03T04:02:00Z}
    - title: the same user three times is one user
      events:
          - {repeat: 3, event: {eventName: CreateUser, requestParameters: {userName: u}}}
      match: [User made]
    - title: events of a file
      file: events.json
      match: [User made]
END
printf '{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"}\n%s\n' \
    '{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser"}' >good/events.json
cat >good/line.test.yml <<'END'
tests:
    - title: root comes in
      event: "{time} web1 sshd[411]: Accepted password for root from 192.0.2.7 port 4711 ssh2"
      match: true
    - title: a user without a year in the line
      event: "Feb  3 04:05:06 web1 sshd[411]: Accepted password for alice from 192.0.2.7 port 1 ssh2"
      match: false
END
args=good expect 'tests pass' 0 <<'END'
2 files, 7 tests: 7 passed, 0 failed; 0 broken files
END
args='good/line.test.yml --coverage' expect 'coverage' 0 <<'END'
UNTESTED good/user.yml:1: User made
UNTESTED good/user.yml:9: Three users made
1 files, 2 tests: 2 passed, 0 failed; 0 broken files; 2 of 3 rules have no test
END

cp good/user.yml bad/
cat >bad/user.test.yml <<'END'
rule: User made
defaults: {eventSource: iam.amazonaws.com}
tests:
    - title: a list of values
      event: {eventName: DeleteUser}
      match: true
    - title: a missing field
      event: {eventName: CreateUser, eventSource: null}
      match: true
    - title: an exclusion
      event: {eventName: CreateUser, errorCode: AccessDenied}
      match: true
    - title: another log source
      event: {kind: other}
      decoder: json
      match: true
    - title: a match too much
      event: {eventName: CreateUser}
      match: false
    - title: no record
      event: '{"eventName": "CreateUser"'
      match: false
    - title: no such rule
      event: {eventName: CreateUser}
      match: [User made, Users unmade]
    - title: another alert
      event: {eventName: CreateUser, eventTime: 2026-02-03T04:00:00Z}
      alerts: [{time: 2026-02-03T04:00:01Z}]
END
cat >bad/windows.test.yml <<'END'
rules: user.yml
rule: Three users made
tests:
    - title: two are not three
      events:
          - {eventSource: iam.amazonaws.com, eventName: CreateUser, userIdentity: {arn: a},
             requestParameters: {userName: one}}
          - {eventSource: iam.amazonaws.com, eventName: CreateUser, userIdentity: {arn: a},
             requestParameters: {userName: two}}
      match: true
END
args='bad --junit junit.xml' expect 'failures say why' 1 <<'END'
FAILED bad/user.test.yml:4: a list of values
    expected a match
    User made: selection: none of 2 values fits: eventName is 'DeleteUser'
FAILED bad/user.test.yml:7: a missing field
    expected a match
    User made: the event is of json, the rule is for product aws, service cloudtrail
FAILED bad/user.test.yml:10: an exclusion
    expected a match
    User made: failed: is excluded, as errorCode exists (errorCode is 'AccessDenied')
FAILED bad/user.test.yml:13: another log source
    expected a match
    User made: the event is of json, the rule is for product aws, service cloudtrail
FAILED bad/user.test.yml:17: a match too much
    expected no match of User made: it matched 1 of 1 events
FAILED bad/user.test.yml:20: no record
    a record could not be decoded: truncated: the input ended in the middle of the record
FAILED bad/user.test.yml:23: no such rule
    expected a match of 'Users unmade', but no rule has that id, name or title
FAILED bad/user.test.yml:26: another alert
    no alert is as line 28 expects: the alert of User made at 2026-02-03T04:00:00Z has another time
    not expected: the alert of User made at 2026-02-03T04:00:00Z
FAILED bad/windows.test.yml:4: two are not three
    expected a match
    Three users made: its windows did not reach the condition
      User made: matched 2 times
      userIdentity.arn=a: 2 of 3, expires in 4 min 59 s (first at 2026-01-01T00:00:00Z)
2 files, 9 tests: 0 passed, 9 failed; 0 broken files
END
python3 - <<'END' || { echo 'FAILED: junit.xml'; failures=$((failures + 1)); }
import xml.etree.ElementTree as tree
root = tree.parse("junit.xml").getroot()
assert root.get("tests") == "9" and root.get("failures") == "9", root.attrib
case = root.find(".//testcase[@name='an exclusion']")
assert case.get("classname") == "bad/user.test.yml" and case.get("line") == "10", case.attrib
assert "failed: is excluded" in case.find("failure").text
END
"$tocsin" rules test bad --format json | python3 -c '
import json, sys
got = json.load(sys.stdin)
assert (got["tests"], got["failed"]) == (9, 9), got
assert got["results"][0]["reason"].endswith("eventName is \x27DeleteUser\x27"), got["results"][0]
' || { echo 'FAILED: json'; failures=$((failures + 1)); }

# The form of pairs: a rule's id, events that it finds, events that it does not.
cp good/line.yml pairs/
cat >pairs/any.test.yml <<'END'
title: Root by password
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a003
true_positive:
    - "2026-02-03T04:05:06Z web1 sshd[411]: Accepted password for root from 192.0.2.7 port 1 ssh2"
true_negative:
    - "2026-02-03T04:05:06Z web1 sshd[411]: Accepted password for bob from 192.0.2.7 port 1 ssh2"
    - "2026-02-03T04:05:06Z web1 sshd[411]: Accepted password for root from 192.0.2.7 port 1 ssh2"
END
args=pairs expect 'pairs' 1 <<'END'
FAILED pairs/any.test.yml:7: true negative 2
    expected no match of Root by password: it matched 1 of 1 events
1 files, 3 tests: 2 passed, 1 failed; 0 broken files
END

cp good/line.yml broken/
number=0
# broken YAML: a test file of that text is refused with the sentence on stdin.
broken() {
    number=$((number + 1))
    rm -f broken/*.test.yml
    printf '%s\n' "$1" >broken/line.test.yml
    {
        cat
        echo '1 files, 0 tests: 0 passed, 0 failed; 1 broken files'
    } >broken/expected
    args=broken expect "broken file $number" 1 <broken/expected
}
broken 'tests: [{title: t, event: e, match: true, matches: 1}]' <<'END'
BROKEN broken/line.test.yml:1:43: `matches` is not known here; use one of title, description, event, events, file, match, alerts, at, decoder
END
broken 'tests: [{title: t, event: e}]' <<'END'
BROKEN broken/line.test.yml:1:9: the test expects nothing: add `match: true`, `match: false` or `alerts:`
END
broken 'tests: [{title: t, events: [{event: e, every: soon}], match: true}]' <<'END'
BROKEN broken/line.test.yml:1:47: write a duration as 500ms, 10s, 5m, 1h or 1d
END
broken 'tests: [{title: t, event: e, match: true, at: noon}]' <<'END'
BROKEN broken/line.test.yml:1:47: write a time as 2026-01-02T03:04:05Z
END
broken 'tests: [{title: t, file: none.log, match: true}]' <<'END'
BROKEN broken/line.test.yml:1:26: broken/none.log: No such file or directory
END
broken 'tests: [{title: t, events: [{event: e, repeat: 100001}], match: true}]' <<'END'
BROKEN broken/line.test.yml:1:37: a test has at most 100000 events
END
broken 'rule: Nothing
tests: [{title: t, event: e, match: true}]' <<'END'
BROKEN broken/line.test.yml: no rule is called 'Nothing'
END
sed -i 's/condition: keywords/condition: words/' broken/line.yml
broken 'tests: [{title: t, event: e, match: true}]' <<'END'
BROKEN broken/line.test.yml: the rule under test does not load: broken/line.yml:6:16: the condition names 'words', but no selection has that name
END
[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
