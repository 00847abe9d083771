#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test_rules_list.sh - `rules list` lists the rules that are asked for, and what they cover.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() {
    echo "FAIL: $1" >&2
    exit 1
}

cat >rules.yml <<'YAML'
title: One
level: high
status: stable
tags: [attack.initial-access, attack.t1078.004, attack.T1078.004, attack.t1110]
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: ConsoleLogin}, condition: s}
tocsin: {criterion: [CC6.1, CC7.2]}
---
title: Two
level: low
status: test
tags: [attack.t1110]
logsource: {product: linux, service: auth}
detection: {s: {action: login}, condition: s}
---
title: Three
level: critical
logsource: {category: webserver}
detection: {s: {a: b}, condition: s}
YAML

# lists TITLES OPTION...
lists() {
    want=$1
    shift
    got=$("$tocsin" rules list "$@" rules.yml | awk '{print $NF}' | paste -sd ' ')
    [ "$got" = "$want" ] || fail "rules list $*: $got, not $want"
    got=$("$tocsin" rules list --format json "$@" rules.yml |
        python3 -c 'import json,sys; print(*[r["title"] for r in json.load(sys.stdin)["rules"]])')
    [ "$got" = "$want" ] || fail "rules list --format json $*: $got, not $want"
}
lists 'One Two Three'
lists 'One Three' --level high
lists 'Three' --level critical
lists 'One Two' --tag 'attack.t1110'
lists 'One' --tag 'ATTACK.T1078.*'
lists '' --tag 't1110'
lists 'One' --criterion 'CC7.*'
lists 'One' --source aws
lists 'Two' --source auth
lists 'Two' --source 'linux/*'
lists 'Three' --source webserver
lists 'One' --status stable
lists '' --status stable --level critical
"$tocsin" rules list --level loud rules.yml 2>err && fail 'a level that does not exist'

"$tocsin" rules list --format navigator rules.yml >layer
"$tocsin" rules list --format navigator --level high rules.yml >layer_high
python3 - <<'PY' || fail 'the layer'
import json
layer = json.load(open("layer"))
assert layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack"
assert layer["name"]
told = [(t["techniqueID"], t["score"], t["comment"]) for t in layer["techniques"]]
assert told == [("T1078.004", 1, "One"), ("T1110", 2, "One\nTwo")], told
assert layer["gradient"]["maxValue"] == 2 and len(layer["gradient"]["colors"]) == 2
high = json.load(open("layer_high"))["techniques"]
assert [(t["techniqueID"], t["score"]) for t in high] == [("T1078.004", 1), ("T1110", 1)], high
PY
echo 'rules list: ok'
