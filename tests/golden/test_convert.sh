#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_convert.sh - what `tocsin rules convert` makes of rules, what it says of the rest, and that
# its result always loads. Called: test_convert.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
data=$2/tests/golden/data/convert
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# becomes FILE EXPECTED [MORE]: FILE becomes word for word what EXPECTED is, and that loads. MORE is
# a file that says something of FILE.
becomes() {
    "$tocsin" rules convert "$data/$1" ${3:+"$data/$3"} >"$work/got.yml" 2>"$work/notes" ||
        fail "$1: something is not converted: $(cat "$work/notes")"
    diff -u "$data/expected/$2" "$work/got.yml" || fail "$1 becomes another text than $2"
    "$tocsin" rules check "$work/got.yml" >"$work/check" || fail "$1: $(cat "$work/check")"
    # The fields of the rules here are made up; no other warning may be.
    grep -E ': (warning|unsupported): ' "$work/check" | grep -vF '[impossible-field]' &&
        fail "$1: $(cat "$work/check")"
    "$tocsin" rules convert "$data/$1" ${3:+"$data/$3"} 2>/dev/null | cmp -s - "$work/got.yml" ||
        fail "$1: converted twice, it differs"
}

# says FILE LINE WORDS: the notes on FILE name line LINE with WORDS.
says() {
    "$tocsin" rules convert "$data/$1" >/dev/null 2>"$work/notes"
    grep -F "$1:$2: " "$work/notes" | grep -qF -- "$3" ||
        fail "$1:$2 lacks '$3': $(cat "$work/notes")"
}

becomes sigma/count.yml count.yml
becomes sigma/values.yml values.yml
becomes sigma/near.yml near.yml
says sigma/refused.yml 5 'not converted: it has no timeframe'
says sigma/refused.yml 13 'near with not'
says sigma/refused.yml 20 'of max only'
says sigma/refused.yml 27 'a whole number is expected'
says sigma/refused.yml 34 'no selection of this rule'
"$tocsin" rules convert "$data/sigma/refused.yml" >"$work/got" 2>/dev/null
[ $? = 1 ] || fail 'a refused rule is not exit code 1'
[ -s "$work/got" ] && fail 'of a file with refused rules alone something is printed'

becomes sagan/house.rules house.yml sagan/classification.config
says sagan/house.rules 4 'mind: it counts by src_ip'
says sagan/refused.rules 1 'it has no msg or no sid'
says sagan/refused.rules 2 'depends on a bit'
says sagan/refused.rules 3 'left out: a bit that it sets'
says sagan/refused.rules 3 'left out: fwsam'
says sagan/refused.rules 4 'the option wibble is not known'
says sagan/refused.rules 5 'not converted: not a regular expression'
says sagan/refused.rules 6 'neither alert nor drop'
says sagan/refused.rules 7 'for certain addresses'
says sagan/refused.rules 8 'same sid'
says sagan/refused.rules 9 'does not end with ;'
says sagan/refused.rules 10 'a flag other than'
says sagan/refused.rules 11 'neither content nor pcre nor program'
says sagan/refused.rules 12 'has a variable'
says sagan/refused.rules 13 'left out: depth'
tail -1 "$work/notes" | grep -q ': 2 rules converted, 11 not converted, 14 notes' ||
    fail "refused.rules: $(tail -1 "$work/notes")"

becomes wazuh/house.xml wazuh.yml
says wazuh/house.xml 20 'mind: rule 200002: ignore'
says wazuh/refused.xml 2 'names the rule 1, which is in no file'
says wazuh/refused.xml 3 'no counterpart of the decoder unheard'
says wazuh/refused.xml 4 'of rule 210001: tocsin has no counterpart'
says wazuh/refused.xml 5 'list has no counterpart'
says wazuh/refused.xml 6 '+ or * behind a plain character'
says wazuh/refused.xml 7 '| in parentheses'
says wazuh/refused.xml 8 'not a regular expression'
says wazuh/refused.xml 9 'the attribute maxsize'
says wazuh/refused.xml 10 'too many'
says wazuh/refused.xml 12 'of rule 210009: it counts'
says wazuh/refused.xml 13 'without a frequency'
says wazuh/refused.xml 14 'neither syslog nor ossec'
says wazuh/refused.xml 16 'not XML'
tail -1 "$work/notes" | grep -q ': 1 rules converted, 13 not converted, 13 notes' ||
    fail "refused.xml: $(tail -1 "$work/notes")"

# A timespan for those without one; the others of the file stay as they were, and are noted.
"$tocsin" rules convert --timespan 7m "$data/sigma/refused.yml" >"$work/got" 2>"$work/notes"
grep -q 'timespan: 7m' "$work/got" || fail '--timespan is not used'
tail -1 "$work/notes" | grep -q '1 files: 1 rules converted, 4 not converted, 4 notes' ||
    fail "the sum is another: $(tail -1 "$work/notes")"

# Folders: names stay, files that need nothing are not written, nothing is replaced unasked.
"$tocsin" rules convert --output "$work/out" "$data/sigma" 2>/dev/null
[ "$(cd "$work/out" && echo *)" = 'count.yml near.yml values.yml' ] ||
    fail "--output wrote $(ls "$work/out")"
"$tocsin" rules convert --output "$work/out" "$data/sigma/count.yml" 2>"$work/notes"
[ $? = 3 ] || fail 'a file that is there is not exit code 3'
grep -qF -- '--force replaces it' "$work/notes" || fail '--force is not named'
"$tocsin" rules convert --force --output "$work/out" "$data/sigma/count.yml" 2>/dev/null ||
    fail '--force does not replace'
"$tocsin" rules convert "$work/out" >"$work/got" 2>/dev/null || fail 'a converted rule is refused'
[ -s "$work/got" ] && fail 'a converted rule is converted again'

# The error of an obsolete rule names the command that helps.
"$tocsin" rules check "$data/sigma/near.yml" | grep -qF 'near.yml:14:5: error' ||
    fail 'rules check does not name the line'
"$tocsin" rules check "$data/sigma/near.yml" | grep -qF 'tocsin rules convert FILE' ||
    fail 'rules check does not name rules convert'

# The fifth of five refused logins within ten minutes is one alert, of the correlation.
for second in 1 2 3 4 5; do
    echo "Nov  2 10:00:0$second web1 sshd[7]: Failed password for root from 192.0.2.7 port 4 ssh2"
done >"$work/log"
for lines in 4 5; do
    head -n "$lines" "$work/log" >"$work/part"
    "$tocsin" scan --rules "$data/expected/count.yml" --format json "$work/part" 2>/dev/null |
        grep -c 'Many refused logins' >"$work/count"
    [ "$(cat "$work/count")" = $((lines - 4)) ] || fail "$lines logins: $(cat "$work/count") alerts"
done

# Wazuh's fourth wrong password within a minute, and its level: of the events themselves, too.
for lines in 3 4; do
    head -n "$lines" "$work/log" >"$work/part"
    "$tocsin" scan --rules "$data/expected/wazuh.yml" --format json "$work/part" 2>/dev/null |
        grep -c 'many keys, one stranger' >"$work/count"
    [ "$(cat "$work/count")" = $((lines - 3)) ] || fail "$lines: $(cat "$work/count") alerts (wazuh)"
done

# Sagan's after lets four pass: the fifth is the alert.
for lines in 4 5; do
    head -n "$lines" "$work/log" >"$work/part"
    "$tocsin" scan --rules "$data/expected/house.yml" --format json "$work/part" 2>/dev/null |
        grep -c 'Many wrong passwords' >"$work/count"
    [ "$(cat "$work/count")" = $((lines - 4)) ] || fail "$lines: $(cat "$work/count") alerts (sagan)"
done

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
