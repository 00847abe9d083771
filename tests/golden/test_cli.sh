#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_cli.sh - what the command line says and returns. Called: test_cli.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
data=$2/tests/golden/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE TEXT ARGUMENTS...: runs tocsin; the exit code and a text in its output must be so.
expect() {
    local code=$1 text=$2
    shift 2
    "$tocsin" "$@" >"$work/out" 2>"$work/err" </dev/null
    local got=$?
    [ "$got" = "$code" ] || fail "tocsin $*: exit code $got instead of $code"
    cat "$work/out" "$work/err" | grep -qF -- "$text" || fail "tocsin $*: no \"$text\" in its output"
}

expect 0 'commands:' --help
expect 0 'tocsin ' --version
expect 2 'did you mean "scan"?' scna
expect 2 'did you mean "rules check"?' rules chek
expect 2 'tocsin rules list' rules
expect 2 'did you mean "--format"?' scan --formt json x
expect 2 'use one of: pretty json csv' scan --format xml x
expect 2 'needs a value' scan --threads
expect 2 'use a number from 1 to 256' scan --threads 900 x
expect 2 'no such decoder' scan --decoder nonsense x
expect 2 'name at least one file' scan
expect 3 '/nonexistent' scan --rules "$data/rules" /nonexistent/file
expect 0 'RECORD_BYTES' version --limits
expect 0 'cloudtrail' version --decoders
for command in scan run accounts 'rules check' 'rules list' 'rules explain' 'rules profile' version \
    completion help; do
    # shellcheck disable=SC2086
    expect 0 'example' $command --help
done

# Alerts on stdout, everything else on stderr.
expect 0 'alerts' scan --rules "$data/rules" --format json --summary json "$data/trail.jsonl"
python3 - "$work" <<'PYTHON' || fail 'JSON of scan'
import json, sys
alerts = [json.loads(line) for line in open(sys.argv[1] + "/out")]
summary = json.load(open(sys.argv[1] + "/err"))
assert [alert["rule"]["name"] for alert in alerts] == ["Root Console Login"], alerts
total = summary["total"]
assert total == {"records": 3, "evaluated": 2, "filtered": 0, "dead_lettered": 1, "duplicates": 0,
                 "residue": 0, "malformed": 0, "timeless": 0}, total
assert summary["alerts"] == 1 and summary["alerts_by_level"]["medium"] == 1
assert sum(summary["dead_letters"].values()) == 1
PYTHON
expect 0 'records 3 = evaluated 2 + filtered 0 + dead-lettered 1 + duplicates 0' \
    scan --rules "$data/rules" "$data/trail.jsonl"
expect 0 'residue 0: every record is accounted for' scan --rules "$data/rules" "$data/trail.jsonl"
expect 0 'Root Console Login' scan --rules "$data/rules" --quiet --format csv "$data/trail.jsonl"
[ -s "$work/err" ] && fail '--quiet wrote to standard error'
[ "$(wc -l <"$work/out")" = 2 ] || fail 'CSV is not a header and a line'
expect 1 'Root Console Login' scan --rules "$data/rules" --fail-on medium "$data/trail.jsonl"
expect 0 'Root Console Login' scan --rules "$data/rules" --fail-on high "$data/trail.jsonl"
expect 0 'Alerts 1' scan --rules "$data/rules" --level high "$data/trail.jsonl"
[ -s "$work/out" ] && fail '--level high showed a medium alert'

# Output does not depend on threads or blocks.
"$tocsin" scan --rules "$data/rules" --quiet --format json "$data" >"$work/one" 2>&1
"$tocsin" scan --rules "$data/rules" --quiet --format json --threads 3 --batch-bytes 7 "$data" \
    >"$work/many" 2>&1
cmp "$work/one" "$work/many" || fail 'output depends on threads or blocks'

# Strict: what no rule looks at is checked, too, and the place is told.
printf '{"a":1}\n{"a":1,"b":"\377"}\n{"a":1,"b":[1 2]}\n' >"$work/odd.jsonl"
expect 0 'records 3 = evaluated 3' scan --rules "$data/rules" "$work/odd.jsonl"
expect 0 'records 3 = evaluated 1 + filtered 0 + dead-lettered 2' scan --rules "$data/rules" \
    --strict-json --dead-letter "$work/odd-dead.jsonl" "$work/odd.jsonl"
[ "$(grep -c '"reason":"json_strict"' "$work/odd-dead.jsonl")" = 2 ] || fail 'no json_strict'
grep -q '"fault_at":12,.*"record_base64"' "$work/odd-dead.jsonl" || fail 'no place of bad UTF-8'
grep -q '"fault_at":14,' "$work/odd-dead.jsonl" || fail 'no place of a bad element'

# Files: alerts and dead letters.
expect 0 'alerts' scan --rules "$data/rules" --summary json --output "$work/alerts.jsonl" \
    --dead-letter "$work/dead.jsonl" "$data/trail.jsonl"
[ "$(wc -l <"$work/alerts.jsonl")" = 1 ] || fail '--output does not hold one alert'
[ "$(wc -l <"$work/dead.jsonl")" = 1 ] || fail '--dead-letter does not hold one line'

# Log data can not write control characters to a terminal.
expect 0 'Root Console Login' scan --rules "$data/rules" --quiet "$data/escape.jsonl"
if LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$work/out"; then
    fail 'a control character from a log reached standard output'
fi
LC_ALL=C grep -q $'\xc2\x9b\|\xe2\x80\xae' "$work/out" && fail 'C1 or a bidirectional control passed'

# Rules.
expect 0 '0 errors, 0 unsupported' rules check "$data/rules"
expect 0 'equality' rules list "$data/rules"
printf 'title: Broken\nlogsource: {product: aws}\ndetection: {condition: nothing}\n' >"$work/bad.yml"
expect 1 'bad.yml:' rules check "$work/bad.yml"
expect 1 '"kind":	"error"' rules check --format json "$work/bad.yml"
python3 -m json.tool <"$work/out" >/dev/null || fail 'JSON of rules check'

# The service.
cat >"$work/run.yml" <<YAML
source: {kind: file, paths: ["$data/trail.jsonl"], follow: false}
rules: {paths: "$data/rules"}
output:
  alerts: [{kind: file, path: "$work/run-alerts.jsonl"}]
  dead_letters: [{kind: file, path: "$work/run-dead.jsonl"}]
metrics: {path: "$work/metrics"}
YAML
expect 0 'correct; 1 rules loaded, 0 not loaded' run --config "$work/run.yml" --check
expect 0 'residue 0; alerts 1' run --config "$work/run.yml"
[ "$(wc -l <"$work/run-alerts.jsonl")" = 1 ] || fail 'run did not write one alert'
[ "$(wc -l <"$work/run-dead.jsonl")" = 1 ] || fail 'run did not write one dead letter'
grep -qx 'tocsin_alerts_total{level="medium"} 1' "$work/metrics" || fail 'metrics lack the alert'
expect 2 'needs --config FILE' run
expect 3 '/nonexistent.yml' run --config /nonexistent.yml
echo 'sorce: {}' >"$work/wrong.yml"
expect 2 'wrong.yml:1:1: unknown section sorce; did you mean source?' run --config "$work/wrong.yml"
expect 0 'source.properties' run --help-config
sed -n '/^| `/p' "$work/out" >"$work/keys"
sed -n '/^| `/p' "$2/docs/CONFIGURATION.md" | cmp - "$work/keys" ||
    fail 'docs/CONFIGURATION.md is not what `tocsin run --help-config` prints'

# A secret's file must be its owner's alone, and no message holds a value.
printf 'hush\n' >"$work/secret"
cat >"$work/secret.yml" <<YAML
source:
  {kind: kafka, brokers: b, group: g, topics: t, properties: {sasl.password: "file:$work/secret"}}
rules: {paths: "$data/rules"}
output: {alerts: [{kind: stdout}]}
YAML
chmod 0644 "$work/secret"
expect 2 'chmod 0400 it' run --config "$work/secret.yml" --check
chmod 0400 "$work/secret"
expect 0 'correct' run --config "$work/secret.yml" --check
grep -q hush "$work/out" "$work/err" && fail 'a secret was printed'

# SIGHUP reloads, SIGTERM drains.
sed -i -e 's/follow: false/follow: true/' "$work/run.yml"
"$tocsin" run --config "$work/run.yml" 2>"$work/log" &
pid=$!
wait_for() {
    for _ in $(seq 100); do
        grep -q "$1" "$work/log" && return
        sleep 0.1
    done
    fail "the service did not log \"$1\""
}
wait_for ' runs; source'
kill -HUP $pid
wait_for 'rules are in force'
kill -TERM $pid
wait $pid || fail 'SIGTERM did not end the service with 0'
wait_for 'stopped: signal'

# Completion.
for shell in bash zsh fish; do
    "$tocsin" completion $shell >"$work/completion.$shell" || fail "completion $shell"
    grep -q 'fail-on' "$work/completion.$shell" || fail "completion $shell lacks an option"
done
bash -n "$work/completion.bash" || fail 'bash completion is not bash'
words=$(bash -c ". '$work/completion.bash'; COMP_WORDS=(tocsin rules ch); COMP_CWORD=2; _tocsin
    echo \"\${COMPREPLY[*]}\"")
[ "$words" = check ] || fail "bash completes \"rules ch\" to \"$words\""
expect 2 'name one shell' completion tcsh

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
