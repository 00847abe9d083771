#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_accounts.sh - what `tocsin run` writes to output.accounts, `tocsin accounts` and a line of jq
# add up to the same; a line that is changed or taken away is found.
# Called as: bash test_accounts.sh TOCSIN SOURCE_DIR
set -u
tocsin=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# expect CODE TEXT ARGUMENTS...: `tocsin accounts` ends with CODE and prints TEXT.
expect() {
    local code=$1 text=$2
    shift 2
    "$tocsin" accounts "$@" >"$work/out" 2>"$work/err"
    local got=$?
    [ "$got" = "$code" ] || fail "accounts $*: exit code $got, not $code"
    cat "$work/out" "$work/err" | grep -qF -- "$text" || {
        fail "accounts $*: no '$text' in:"
        cat "$work/out" "$work/err"
    }
}

run() {
    cat >"$work/run.yml" <<END
source: {kind: file, paths: ["$work/first.log", "$work/second.log"], decoder: json, follow: false}
rules: {paths: "$source_dir/tests/golden/data/rules"}
output:
  alerts: [{kind: file, path: "$work/alerts"}]
  accounts: [{kind: file, path: "$work/accounts"}]
END
    "$tocsin" run --config "$work/run.yml" 2>"$work/log" || {
        fail "run"
        cat "$work/log"
    }
}

printf '{"a":1}\n \n{"b":2}\nnonsense\n' >"$work/first.log"
seq 1 500 | sed 's/.*/{"n":&}/' >"$work/second.log"
run
cp "$work/accounts" "$work/once"
expect 0 '2 lines, 2 accounts, 2 sources: everything adds up' "$work/once"
run
cp "$work/accounts" "$work/twice"
expect 0 '4 lines, 4 accounts, 2 sources: everything adds up' "$work/twice"
expect 0 '4 lines, 2 accounts, 2 sources: everything adds up' "$work/once" "$work/once"
expect 0 'everything adds up' - <"$work/twice"

# Its sums are those of the input, and of the recipe in docs/ACCOUNTS.md.
"$tocsin" accounts --format json "$work/twice" >"$work/json"
if ! python3 - "$work" <<'PYTHON'; then
import json, sys
work = sys.argv[1]
book = json.load(open(work + "/json"))
first, second = book["sources"]
assert first["source"] == work + "/first.log" and second["source"] == work + "/second.log", book
def total(source, name):
    return sum(day[name] for day in source["days"])
assert total(first, "records") == 6 and total(first, "evaluated") == 4, first
assert total(first, "filtered") == 0 and total(first, "dead_lettered") == 2, first
assert total(second, "records") == total(second, "evaluated") == 1000, second
assert all(day["residue"] == 0 for source in book["sources"] for day in source["days"])
assert book["lines"] == 4 and book["accounts"] == 4 and book["problems"] == [], book
PYTHON
    fail 'accounts --format json'
fi
if command -v jq >/dev/null; then
    recipe=$(sed -n "s/^\$ jq -rs '\(group_by.*\)' accounts.jsonl$/\1/p" "$source_dir/docs/ACCOUNTS.md")
    jq -rs "$recipe" "$work/twice" | awk -F'\t' '{ sum += $4; residue += $5 }
        END { exit sum == 1006 && residue == 0 ? 0 : 1 }' || fail "the recipe of docs/ACCOUNTS.md"
fi

# Changed, torn, not there.
sed '1s/"records":[0-9]*/"records":9/' "$work/once" >"$work/changed"
expect 1 'records are not accounted for' "$work/changed"
sed '1s/"sequence":0/"sequence":1/' "$work/once" >"$work/lacking"
expect 1 'lacks 1 lines from sequence 0' "$work/lacking"
head -c 300 "$work/once" >"$work/torn"
expect 1 'torn:1: this is no line of an account' "$work/torn"
expect 3 'No such file' "$work/nowhere"
expect 2 'name at least one file'
expect 2 'xml' --format xml "$work/once"

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
