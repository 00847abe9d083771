#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_profile.sh - rules profile counts exactly, whatever the times; rules explain gives reasons.
# Called: test_profile.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# rule TITLE SELECTION...: a rule on events of any product.
rule() {
    printf 'title: %s\nlogsource: {}\ndetection:\n  s:\n    %s\n  condition: %s\n---\n' "$@"
}
{
    rule 'By value' 'name: one' s
    rule 'By pattern' "f|re: '^(a+)+\$'" s
    rule 'By absence' 'name: one' 'not s'
    rule 'By either' 'name: [one, two]' s
    rule 'By nothing here' 'other: x' s
} >"$work/rules.yml"

# 300 events: 100 "one", 100 "two", 100 "three"; f explodes in 4 of them.
python3 - >"$work/log.jsonl" <<'PYTHON'
import json
for i in range(300):
    event = {"name": ["one", "two", "three"][i % 3]}
    if i % 10 == 0:
        event["f"] = "a" * 3000 + ("!" if i % 75 == 0 else "")
    print(json.dumps(event))
PYTHON

"$tocsin" rules profile --rules "$work/rules.yml" --decoder json --input "$work/log.jsonl" \
    >"$work/out" 2>"$work/err" || fail "exit code $?: $(cat "$work/err")"
# Columns: ms % ns-each candidates evaluations matches undecided reached-by title; times are masked,
# and rules are in the order of their titles.
sed -E 's/^ *[0-9]+\.[0-9]{3} +[0-9]+\.[0-9] +/T T /; s/^T T [0-9]+ +([0-9])/T T T \1/; s/ +/ /g' \
    "$work/out" | sort >"$work/got"
sort >"$work/want" <<'END'
 ms % ns each candidates evaluations matches undecided reached by rule
T T finding candidates in 300 events, for all rules
T T T 100 100 100 0 equality By value
T T T 200 200 200 0 equality By either
T T T 30 28 28 2 presence By pattern
T T T 300 200 200 0 always By absence
T T T 630 528 528 2 all 4 rules that were candidates, of 5
END
diff -u "$work/want" "$work/got" || fail 'the table'

# The most expensive rule is the first.
"$tocsin" rules profile --rules "$work/rules.yml" --decoder json --top 1 --format json \
    "$work/log.jsonl" >"$work/one.json" 2>"$work/err" || fail "JSON: exit code $?"
python3 - "$work/one.json" <<'PYTHON' || fail 'the JSON'
import json, sys
profile = json.load(open(sys.argv[1]))
assert profile["events"] == 300 and profile["rules_loaded"] == 5, profile
assert profile["rules_candidates"] == 4 and profile["total"]["matches"] == 528, profile
assert [rule["title"] for rule in profile["rules"]] == ["By pattern"], profile
rule = profile["rules"][0]
assert rule["undecided"] == 2 and rule["reached_by"] == "presence", rule
assert 0 < rule["ns"] <= profile["total"]["ns"], profile
PYTHON

"$tocsin" rules profile --rules "$work/rules.yml" >/dev/null 2>"$work/err"
[ $? = 2 ] || fail 'no input is wrong usage'
"$tocsin" rules profile --rules "$work/rules.yml" --top -1 x >/dev/null 2>"$work/err"
[ $? = 2 ] || fail 'a negative number is wrong usage'
"$tocsin" rules profile --rules "$work/rules.yml" /nonexistent >/dev/null 2>"$work/err"
[ $? = 3 ] || fail 'a missing file is a failure'

{
    rule 'Keyword' "'|re': '[a-z][0-9]'" s
    rule 'Null branch' 'a: null' s
} >>"$work/rules.yml"
"$tocsin" rules explain "$work/rules.yml" >"$work/explained" || fail "explain: exit code $?"
sed "s|$work/||" "$work/explained" >"$work/got"
cat >"$work/want" <<'END'
rules.yml:15: By absence: always; tests 1, regular expressions 0; can be true without the field name (not)
rules.yml:36: Keyword: always; tests 1, regular expressions 1; the keyword '[a-z][0-9]' has no text to search for
rules.yml:43: Null branch: always; tests 1, regular expressions 0; can be true without the field a (null)
3 of 7 rules are evaluated for every event of their log source
END
diff -u "$work/want" "$work/got" || fail 'rules explain'
[ "$("$tocsin" rules explain --all "$work/rules.yml" | wc -l)" = 8 ] || fail 'rules explain --all'

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
