#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_docs.sh - the pages of docs/ that repeat what the program prints say the same as it.
# Called: test_docs.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
docs=$2/docs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# The lines between the fences of a page, block by block, without the fences.
blocks() {
    awk '/^```/ { inside = !inside; next } inside' "$1"
}

# same PAGE COMMANDS...: the blocks of PAGE are the --help of COMMANDS.
same() {
    local page=$1
    shift
    : >"$work/want"
    for command in "$@"; do
        # shellcheck disable=SC2086
        "$tocsin" $command --help >>"$work/want"
    done
    blocks "$docs/man/$page" >"$work/got"
    if ! diff -u "$work/want" "$work/got"; then
        echo "FAILED: docs/man/$page is not what --help prints"
        failures=$((failures + 1))
    fi
}

same tocsin.1.md ''
same tocsin-scan.1.md scan
same tocsin-run.1.md run
same tocsin-relay.1.md relay
same tocsin-rules.1.md 'rules check' 'rules list' 'rules explain' 'rules profile' \
    'rules test' 'rules diff' 'rules backtest' 'rules new'
same tocsin-rules-convert.1.md 'rules convert'
same tocsin-accounts.1.md accounts
same tocsin-rules-fmt.1.md 'rules fmt'
same tocsin-dlq.1.md 'dlq list' 'dlq show' 'dlq replay'

# Each key's row of --help-config, word for word.
"$tocsin" run --help-config | grep '^|' >"$work/rows"
[ "$(wc -l <"$work/rows")" -gt 30 ] || { echo 'FAILED: --help-config has few rows'; failures=1; }
while IFS= read -r row; do
    grep -qF -- "$row" "$docs/CONFIGURATION.md" || {
        echo "FAILED: docs/CONFIGURATION.md lacks: $row"
        failures=$((failures + 1))
    }
done <"$work/rows"

# Each metric, with its type and sentence.
echo '{}' >"$work/log"
cat >"$work/run.yml" <<END
source: {kind: file, paths: "$work/log", decoder: json, follow: false}
rules: {paths: "$2/tests/golden/data/rules"}
output: {alerts: [{kind: file, path: "$work/alerts"}]}
metrics: {path: "$work/metrics"}
END
"$tocsin" run --config "$work/run.yml" 2>/dev/null || { echo 'FAILED: run'; failures=1; }
[ "$(grep -c '^# HELP' "$work/metrics")" -gt 30 ] || { echo 'FAILED: few metrics'; failures=1; }
while read -r _ _ name sentence; do
    type=$(awk -v name="$name" '$2 == "TYPE" && $3 == name { print $4 }' "$work/metrics")
    grep -qF -- "| \`$name\` | $type | $sentence |" "$docs/METRICS.md" || {
        echo "FAILED: docs/METRICS.md lacks: | \`$name\` | $type | $sentence |"
        failures=$((failures + 1))
    }
done < <(grep '^# HELP' "$work/metrics")

# Each reason of a dead letter, with its sentence.
"$tocsin" version --faults >"$work/faults"
[ "$(wc -l <"$work/faults")" -gt 10 ] || { echo 'FAILED: --faults has few rows'; failures=1; }
while read -r name sentence; do
    grep -qF -- "| \`$name\` | $sentence |" "$docs/FORMATS.md" || {
        echo "FAILED: docs/FORMATS.md lacks the reason $name: $sentence"
        failures=$((failures + 1))
    }
done <"$work/faults"

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
