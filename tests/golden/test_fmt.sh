#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_fmt.sh - `tocsin rules fmt`: the order of keys, what it leaves as it is, and --check.
# Called: test_fmt.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
data=$2/tests/golden/data/fmt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# run CODE ARGUMENTS...: rules fmt ends with CODE; its output is in out and notes.
run() {
    local code=$1 got
    shift
    "$tocsin" rules fmt "$@" >"$work/out" 2>"$work/notes"
    got=$?
    [ "$got" = "$code" ] || fail "fmt $*: exit code $got, not $code: $(cat "$work/notes")"
}

# refuses TEXT WORDS: a file of TEXT is left as it is, and WORDS say why.
refuses() {
    printf '%b' "$1" >"$work/refused.yml"
    cp "$work/refused.yml" "$work/before"
    run 1 "$work/refused.yml"
    grep -qF -- "$2" "$work/notes" || fail "lacks '$2': $(cat "$work/notes")"
    cmp -s "$work/before" "$work/refused.yml" || fail "changed, though refused: $2"
}

# --check changes nothing, and names the file.
cp "$data/wild.yml" "$work/wild.yml"
run 1 --check "$work/wild.yml"
[ "$(cat "$work/out")" = "$work/wild.yml" ] || fail "--check printed $(cat "$work/out")"
cmp -s "$data/wild.yml" "$work/wild.yml" || fail '--check changed the file'

# The file as it must be, with its permissions; then there is nothing to do.
chmod 640 "$work/wild.yml"
run 0 "$work/wild.yml"
diff -u "$data/wild.expected" "$work/wild.yml" || fail 'wild.yml is formatted otherwise'
[ "$(stat -c %a "$work/wild.yml")" = 640 ] || fail 'the permissions are others'
[ -z "$(find "$work" -name '*.new')" ] || fail 'a file was left behind'
run 0 --check "$work/wild.yml"
grep -q '1 files: 0 to be formatted, 0 left as they are' "$work/notes" || fail 'the sum is another'

# Windows' line ends become those of everybody else.
sed 's/$/\r/' "$data/wild.yml" >"$work/wild.yml"
run 0 "$work/wild.yml"
cmp -s "$data/wild.expected" "$work/wild.yml" || fail 'CRLF is formatted otherwise'

refuses 'title: &a t\nlevel: low\n' ':1: an anchor'
refuses 'title: t\nlevel: *a\n' ':2: an alias'
refuses 'title: !!str t\n' ':1: a tag'
refuses 'title: t\n...\n---\ntitle: u\n' "a document's end"
refuses '{title: t}\n' 'not a map with a key a line'
refuses '? title\n: t\n' 'begins with ?'
refuses 'title: t\ntitle: u\n' 'stands twice'
refuses 'title: [\n' 'left as it is'
refuses 'title: t\n? [a]\n: b\n' 'a key that is not a text on one line'
refuses 'detection:\n  sel:\n    a: |2\n          x\n' 'its meaning would change'
refuses 'title: t\rlevel: low\n' 'line ends'

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
