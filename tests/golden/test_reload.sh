#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_reload.sh - the service takes changed rule files by itself; a wrong one changes nothing.
# Called: test_reload.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -KILL $pid 2>/dev/null; rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $1"
    cat "$work/log"
    exit 1
}

# wait_for COUNT TEXT FILE: until FILE has TEXT in COUNT lines.
wait_for() {
    for _ in $(seq 200); do
        [ "$(grep -c "$2" "$3" 2>/dev/null)" -ge "$1" ] && return
        sleep 0.05
    done
    fail "$3 has no $1 lines with \"$2\""
}

# rule TITLE VALUE: replaces the file as editors do.
rule() {
    cat >"$work/.next" <<YAML
title: $1
id: 6d9b1f6e-9d7c-4c52-8f0c-1f5a8f4f2b11
logsource: {}
detection:
  selection:
    name: $2
  condition: selection
YAML
    mv "$work/.next" "$work/rules/rule.yml"
}

event() {
    echo "{\"time\": \"2026-03-01T10:00:00Z\", \"name\": \"$1\"}" >>"$work/events"
}

start() {
    "$tocsin" run --config "$work/run.yml" 2>"$work/log" &
    pid=$!
    wait_for 1 ' runs; source' "$work/log"
}

stop() {
    kill -TERM $pid
    wait $pid || fail 'the service did not end with 0'
    pid=
}

mkdir "$work/rules"
: >"$work/events"
cat >"$work/run.yml" <<YAML
source: {kind: file, paths: "$work/events", decoder: json}
rules: {paths: "$work/rules"}
output: {alerts: [{kind: file, path: "$work/alerts"}]}
YAML
rule First one
start
event one
wait_for 1 '"name":"First"' "$work/alerts"

rule Second two
wait_for 1 'rules are in force' "$work/log"
event one
event two
wait_for 1 '"name":"Second"' "$work/alerts"
[ "$(grep -c '"name":"First"' "$work/alerts")" = 1 ] || fail 'a rule that is gone matched'

echo 'title: [' >"$work/rules/rule.yml"
wait_for 1 'rules stay as they were' "$work/log"
event two
wait_for 2 '"name":"Second"' "$work/alerts"

mkdir "$work/rules/more"
rule Third three
wait_for 2 'rules are in force' "$work/log"
sed -e 's/Third/Fourth/; s/three/four/; s/2b11/2b12/' "$work/rules/rule.yml" >"$work/rules/more/b.yml"
wait_for 3 'rules are in force' "$work/log"
event four
wait_for 1 '"name":"Fourth"' "$work/alerts"
stop

# Without the watch only SIGHUP counts.
sed -i -e "s|rules: {|rules: {watch: false, |" "$work/run.yml"
start
rule Fifth five
sleep 1.5
grep -q 'have changed' "$work/log" && fail 'a change was seen without the watch'
kill -HUP $pid
wait_for 1 'rules are in force' "$work/log"
stop
echo ok
