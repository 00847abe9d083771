#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_cli_wrong.sh - command lines that are wrong, and output that can not be written: the message
# names the right word, the exit code tells. Called: test_cli_wrong.sh TOCSIN SOURCE_DIR.
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

# expect CODE TEXT ARGUMENTS...: runs tocsin; the exit code and a text on standard error must be so.
expect() {
    local code=$1 text=$2
    shift 2
    "$tocsin" "$@" >"$work/out" 2>"$work/err" </dev/null
    local got=$?
    [ "$got" = "$code" ] || fail "tocsin $*: exit code $got instead of $code"
    grep -qF -- "$text" "$work/err" || fail "tocsin $*: no \"$text\" on standard error"
}

# The option that is meant, wherever it stands.
expect 2 'no option is called "-z"' scan file -zq
expect 2 'no option is called "-q"' scan -q file
expect 2 'no option is called "--bogus"' scan file other --bogus more
expect 2 'no option is called "--bogus=3"' scan --bogus=3 file
expect 2 '--quiet: takes no value' scan file --quiet=yes
expect 2 '--help: takes no value' scan --help=yes
expect 2 '--format: needs a value' rules list --format
expect 2 'use one of: text json' rules list --format ''
expect 2 'no option is called "--strict"' rules list --strict
expect 2 'takes no arguments' version now

# Values at the edges of what is allowed.
for value in 0 -1 257 1x '' 99999999999999999999; do
    expect 2 'use a number from 1 to 256' scan --threads "$value" file
done
for value in '' 1MB 2GiB 0 -5 1.5KiB 18446744073709551615GiB; do
    expect 2 'use a size' scan --batch-bytes "$value" file
done
for value in 2:00 +2:00 +19:00 +01:60 CET +0100 -1:-2; do
    expect 2 'use UTC or an offset' scan --timezone "$value" file
done
for value in 30 30sec -1s 1.5h s 9999999999999999999s 292471208678d; do
    expect 2 'use a whole number with' scan --lateness "$value" file
done
expect 2 'use a year' scan --syslog-year 1969 file
expect 2 'use a year' scan --syslog-year 2262 file

# A word can not write to the terminal.
expect 2 'no command is called "\x1b[31mred"' $'\x1b[31mred'
expect 2 '"\x1b]0;t\x07": use a number' scan --threads $'\x1b]0;t\x07' file

# What stands after -- is a path.
expect 3 '--quiet: No such file' scan --rules "$data/rules" -- --quiet

# Output that can not be written.
for words in '--help' 'help scan' 'version --limits' 'rules list' 'completion bash' \
    'run --help-config'; do
    # shellcheck disable=SC2086
    "$tocsin" $words >/dev/full 2>"$work/err"
    got=$?
    [ "$got" = 3 ] || fail "tocsin $words to a full disk: exit code $got instead of 3"
    grep -q 'standard output can not be written' "$work/err" || fail "tocsin $words: no message"
done
"$tocsin" scan --rules "$data/rules" "$data/trail.jsonl" >/dev/full 2>"$work/err"
[ $? = 3 ] || fail 'scan to a full disk: not exit code 3'
expect 3 'can not be opened for writing' scan --output "$work" "$data/trail.jsonl"
expect 3 'can not be opened for writing' scan --output "$work/none/x" "$data/trail.jsonl"

# Input that can not be read: the rest is matched, the summary and the exit code tell.
mkdir "$work/logs"
cp "$data/trail.jsonl" "$work/logs/"
ln -s /nonexistent "$work/logs/dangling"
ln -s /proc/self/mem "$work/logs/unreadable"
expect 3 '2 could not be read, or not to the end' scan --rules "$data/rules" "$work/logs"
grep -q 'Root Console Login' "$work/out" || fail 'a readable file beside an unreadable one is lost'
expect 3 'dangling: No such file' scan --rules "$data/rules" --quiet --fail-on low "$work/logs"
expect 3 '"input_errors":	2' scan --rules "$data/rules" --summary json "$work/logs"

# A scan that is interrupted is not done; one that follows ends as it should. The third record, which
# is cut, still waits for its end.
for options in '' --follow; do
    mkfifo "$work/pipe"
    # shellcheck disable=SC2086
    "$tocsin" scan --rules "$data/rules" $options - <"$work/pipe" >"$work/out" 2>"$work/err" &
    pid=$!
    exec 9>"$work/pipe"
    cat "$data/trail.jsonl" >&9
    for _ in $(seq 100); do
        [ -s "$work/out" ] && break
        sleep 0.05
    done
    kill -TERM $pid
    wait $pid
    echo "$options $?" >>"$work/codes"
    grep -q 'records 2 = ' "$work/err" || fail "an interrupted scan $options has no summary"
    exec 9>&-
    rm "$work/pipe"
done
printf ' 3\n--follow 0\n' | cmp - "$work/codes" || fail "an interrupted scan's exit code"

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
