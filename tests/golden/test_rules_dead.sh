#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_rules_dead.sh - `rules check` finds rules that can never match, or always do: 20 planted ones
# of every kind, and none among those that look like them or come with the program.
set -u
tocsin=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() {
    echo "FAIL: $1" >&2
    exit 1
}

number=0
# plant CODE LOGSOURCE DETECTION [MORE]: a rule that is dead, or, with CODE none, alive.
plant() {
    number=$((number + 1))
    printf 'title: %s %d\nid: rule-%d\nlogsource: %s\n%s%s\n---\n' "$1" "$number" "$number" "$2" \
        "${4-}" "detection: $3" >>rules.yml
}
trail='{product: aws, service: cloudtrail}'
access='{product: aws, service: s3access}'
auth='{product: linux, service: auth}'

# Pairs of source and name that AWS does not have.
plant impossible-event "$trail" '{s: {eventName: CreateUsr}, condition: s}'
plant impossible-event "$trail" '{s: {eventSource: iam.amazonaws.com, eventName: RunInstances}, condition: s}'
plant impossible-event "$trail" '{s: {eventSource: ec2.amazonaws.com}, n: {eventName: [RunInstances, StopInstanses]}, condition: s and n}'
plant impossible-event "$trail" '{s: {eventSource: kms.amazonaws.com, "eventName|startswith": Launch}, condition: s}'
plant impossible-event "$trail" '{s: {eventSource: s3, eventName: PutObject}, condition: s}'
plant impossible-event "$trail" '{s: {eventSource: lamda.amazonaws.com}, condition: s}'
# Fields that the log source does not have.
plant impossible-field "$trail" '{s: {eventname: DeleteTrail}, condition: s}'
plant impossible-field "$access" '{s: {remoteip: 192.0.2.1}, condition: s}'
plant impossible-field "$auth" '{s: {action: login, srcip: 192.0.2.1}, condition: s}'
# Conditions that exclude themselves.
plant never-true "$trail" '{s: {eventName: DeleteTrail}, condition: s and not s}'
plant never-true "$trail" '{a: {eventName: DeleteTrail}, b: {eventName: StopLogging}, condition: all of them}'
plant never-true "$trail" '{a: {eventName: DeleteTrail}, "b": {"eventName|startswith": Del}, condition: a and not b}'
plant never-true "$access" '{a: {"http_status|gte": 500}, b: {"http_status|lt": 400}, condition: a and b}'
plant never-true "$auth" '{a: {"src_ip|cidr": 10.1.0.0/16}, b: {"src_ip|cidr": 10.0.0.0/8}, condition: a and not b}'
plant never-true "$trail" '{a: {"errorCode|exists": false}, b: {errorCode: AccessDenied}, condition: a and b}'
# Conditions that are always true, or true for what has none of the fields.
plant always-true "$trail" '{s: {eventName: DeleteTrail}, condition: s or not s}'
plant always-true "$auth" '{a: {"user|exists": true}, b: {user: null}, condition: a or b}'
plant matches-without-fields "$trail" '{s: {userIdentity.type: AWSService}, condition: not s}'
# A rule that a filter takes all matches from.
plant shadowed "$trail" '{s: {eventName: DeleteTrail, awsRegion: eu-west-1}, condition: s}'
# A technique that ATT&CK retired.
plant unknown-technique "$trail" '{s: {eventName: DeleteTrail}, condition: s}' $'tags: [attack.t1086]\n'
dead=$number

# Alive, though they look alike.
plant none "$trail" '{s: {eventSource: lambda.amazonaws.com, eventName: UpdateFunctionCode20150331v2}, condition: s}'
plant none "$trail" '{s: {eventSource: [iam.amazonaws.com, ec2.amazonaws.com], eventName: [CreateUser, RunInstances]}, condition: s}'
plant none "$trail" '{s: {eventName: [ConsoleLogin, SwitchRole, CheckMfa]}, condition: s}'
plant none "$trail" '{s: {eventSource: signin.amazonaws.com, eventName: SomethingNew}, condition: s}'
plant none "$trail" '{s: {eventSource: s3.amazonaws.com, eventName: PutBucketPublicAccessBlock}, condition: s}'
plant none "$trail" '{s: {eventSource: unheard-of-service.amazonaws.com, eventName: DoIt}, condition: s}'
plant none "$trail" '{s: {"eventSource|startswith": iam, "eventName|contains": Key}, condition: s}'
# Of a list another element may match: that is no contradiction.
plant none "$trail" '{a: {requestParameters.groups: x}, b: {requestParameters.groups: y}, condition: a and b}'
plant none "$trail" '{a: {eventName: DeleteTrail}, b: {userIdentity.userName: ada}, condition: a and not b}'
plant none "$trail" '{a: {eventName: CreateUser, "requestParameters.userName|contains": a}, b: {"requestParameters.userName|startswith": a}, condition: a and not b}'
plant none "$access" '{a: {"http_status|gte": 400}, b: {"http_status|lt": 500}, condition: a and b}'
plant none "$auth" '{a: {sd.iut: 3}, condition: a}' $'tags: [attack.t1685.002, attack.t0800, attack.s0001]\n'
plant none "$access" '{a: {http_status: 443}, b: {http_status: 443.0}, condition: a and b}'
plant none '{}' '{s: {anything: x}, condition: s}'
plant none '{product: windows}' '{s: {EventID: 1}, condition: s}'
cat >>rules.yml <<'YAML'
title: A filter
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [rule-19]
  region: {awsRegion: eu-west-1}
  condition: not region
YAML

"$tocsin" rules check --format json rules.yml >out || fail 'warnings alone are no errors'
python3 - out "$dead" <<'PY' || fail 'planted rules'
import json, sys
told = json.load(open(sys.argv[1]))
dead = int(sys.argv[2])
assert dead == 20, dead
assert told["errors"] == 0 and told["rejected"] == 0, told["problems"]
found = {}
for problem in told["problems"]:
    found.setdefault(problem["rule"], []).append(problem["code"])
wanted = {rule["title"]: [rule["title"].split()[0]] for rule in told["report"]
          if not rule["title"].startswith("none")}
assert len(wanted) == 20, wanted
assert found == wanted, (set(map(str, found.items())) ^ set(map(str, wanted.items())))
text = {problem["rule"]: problem for problem in told["problems"]}
assert text["impossible-event 1"]["hint"] == "did you mean 'CreateUser'?"
assert text["impossible-event 1"]["reason"] == "AWS has no action 'CreateUsr'"
assert "in other services, not in iam.amazonaws.com" in text["impossible-event 2"]["reason"]
assert "'StopInstanses' in ec2.amazonaws.com" in text["impossible-event 3"]["reason"]
assert text["impossible-event 6"]["hint"] == "did you mean 'lambda.amazonaws.com'?"
assert text["impossible-field 7"]["hint"] == "did you mean 'eventName'?"
PY
"$tocsin" rules check --strict rules.yml >/dev/null && fail 'dead rules are errors with --strict'

# A wide exception.
cat >exception.yml <<'YAML'
title: Excepted
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: DeleteTrail}, condition: s}
tocsin:
  exceptions:
    - reason: to be decided
      owner: ada
      approved-by: grace
      expires: 2099-01-01
      selection: {"eventName|contains": trail}
YAML
"$tocsin" rules check exception.yml >out
grep -q '^exception.yml:[0-9]*:1: warning: Excepted: this exception covers all .* \[shadowed\]$' out ||
    fail "an exception as wide as its rule: $(cat out)"

# None among the rules that come with the program.
"$tocsin" rules check "$source_dir/rules" >out
grep -q ' 0 errors, 0 unsupported, 0 warnings$' out || fail "the program's own rules: $(cat out)"
echo 'dead rules: ok'
