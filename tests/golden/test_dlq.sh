#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_dlq.sh - `tocsin dlq` finds, counts and shows dead letters of files, rotated files and
# folders: numbers and places stay, what the log holds can't reach the terminal.
# Called as: bash test_dlq.sh TOCSIN SOURCE_DIR
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# same NAME CODE COMMAND...: what the command prints is the file NAME, and its exit code is CODE.
same() {
    local name=$1 want=$2 code=0
    shift 2
    "$@" >"$work/got" 2>"$work/got.err" || code=$?
    [ "$code" = "$want" ] || fail "$*: exit code $code instead of $want: $(cat "$work/got.err")"
    diff -u "$name" "$work/got" || fail "$*: not $name"
}

letter() {
    printf '{%s"reason":"%s","detail":"d","fault_at":%s,"source":"%s",%s,"sub":%s,%s}\n' "$@"
}

mkdir box
{
    letter '"@timestamp":"2026-03-02T10:00:00Z",' json 10 calls '"partition":2,"offset":41' 0 \
        '"bytes":13,"record":"{\"a\": \"x\" b}\u001b"'
    letter '"@timestamp":"2026-03-02T11:00:00.5Z",' json 1 calls '"partition":2,"offset":41' 3 \
        '"record":"{"'
} >box/dead.jsonl.2
letter '' unrecognized 0 /var/log/app '"offset":7' 0 '"record_base64":"/2hp"' >box/dead.jsonl.1
{
    echo 'no letter'
    letter '"@timestamp":"2026-03-02T12:00:00Z",' oversize 2000000 web '"partition":0,"offset":5' 0 \
        '"record":"long"'
    letter '"@timestamp":"2026-03-02T13:00:00Z",' newfault 0 web '"partition":0,"offset":6' 0 \
        '"record":""'
    printf '{"reason":"json","cut'
} >box/dead.jsonl

cat >want <<'END'
{"number":1,"place":"calls/2:41","@timestamp":"2026-03-02T10:00:00Z","reason":"json","fault_at":10,"source":"calls","partition":2,"offset":41,"sub":0,"bytes":13,"cut":false}
{"number":2,"place":"calls/2:41.3","@timestamp":"2026-03-02T11:00:00.500Z","reason":"json","fault_at":1,"source":"calls","partition":2,"offset":41,"sub":3,"bytes":1,"cut":false}
{"number":3,"place":"/var/log/app:7","reason":"unrecognized","fault_at":0,"source":"/var/log/app","offset":7,"sub":0,"bytes":3,"cut":false}
{"number":5,"place":"web/0:5","@timestamp":"2026-03-02T12:00:00Z","reason":"oversize","fault_at":2000000,"source":"web","partition":0,"offset":5,"sub":0,"bytes":4,"cut":true}
{"number":6,"place":"web/0:6","@timestamp":"2026-03-02T13:00:00Z","reason":"newfault","fault_at":0,"source":"web","partition":0,"offset":6,"sub":0,"bytes":0,"cut":false}
END
same want 1 "$tocsin" dlq list --format json box/dead.jsonl
grep -q '^box/dead.jsonl:1: no dead letter: it is no JSON object$' got.err || fail "$(cat got.err)"
grep -q '^box/dead.jsonl:4: no dead letter: it is no JSON object$' got.err || fail "$(cat got.err)"
same want 1 "$tocsin" dlq list --format json box
cat box/dead.jsonl.2 box/dead.jsonl.1 box/dead.jsonl >all
same want 1 "$tocsin" dlq list --format json - <all

# Filters leave the numbers as they are.
sed -n 2p want >filtered
same filtered 1 "$tocsin" dlq list --format json --reason json --since 2026-03-02T10:00:00.1Z box
sed -n '1,2p' want >filtered
same filtered 1 "$tocsin" dlq list --format json --until 2026-03-02T11:30:00Z box
same filtered 1 "$tocsin" dlq list --format json --source 'c*s' --partition 2 box
sed -n 3p want >filtered
same filtered 0 "$tocsin" dlq list --format json --source '/var/*' box/dead.jsonl.2 box/dead.jsonl.1

cat >text <<'END'
  NUMBER  TIME                            REASON          PLACE                           RECORD
       1  2026-03-02T10:00:00Z            json            calls/2:41                      {"a": "x" b}\x1b
       2  2026-03-02T11:00:00.500Z        json            calls/2:41.3                    {
       3                                  unrecognized    /var/log/app:7                  \xffhi

         2  json              calls
         1  unrecognized      /var/log/app
3 of 3 dead letters
END
same text 0 "$tocsin" dlq list box/dead.jsonl.2 box/dead.jsonl.1
tail -n 3 text >counts
same counts 0 "$tocsin" dlq list --counts box/dead.jsonl.2 box/dead.jsonl.1
[ "$("$tocsin" dlq list --counts --format json box 2>/dev/null |
    jq -c '[.selected, .letters, .unreadable, .others, (.counts[] | [.letters, .reason, .source])]')" = \
    '[5,5,2,0,[2,"json","calls"],[1,"unrecognized","/var/log/app"],[1,"oversize","web"],[1,"newfault","web"]]' ] ||
    fail 'counts as JSON'

cat >shown <<'END'
dead letter 1 in box/dead.jsonl.2:1
place   calls/2:41
time    2026-03-02T10:00:00Z
reason  json: not valid JSON at the byte given
length  13 bytes
bytes 0 to 13:
  {"a": "x" b}\x1b
            ^ byte 10
what to do
  Look at the marked byte: most often the writer cut the record, did not escape a quote, or another format is mixed in.
END
same shown 0 "$tocsin" dlq show 1 box
same shown 0 "$tocsin" dlq show calls/2:41 box
printf '{"a": "x" b}\033' >raw
same raw 0 "$tocsin" dlq show --raw 1 box
printf '\377hi' >raw
same raw 0 "$tocsin" dlq show --raw /var/log/app:7 box
"$tocsin" dlq show 5 box 2>/dev/null | grep -q '^length  4 bytes, the beginning of 2000000$' || fail 'cut'
"$tocsin" dlq show 6 box 2>/dev/null | grep -q '^reason  newfault: d$' || fail 'unknown reason'

# Every reason has its advice.
"$tocsin" version --faults | while read -r reason _; do
    letter '' "$reason" 0 s '"offset":1' 0 '"record":"x"' >one
    "$tocsin" dlq show 1 one | grep -q 'does not know' && echo "$reason"
done >unadvised
[ -s unadvised ] && fail "no advice for $(cat unadvised)"

: >none
same none 0 "$tocsin" dlq show --raw 6 box
same none 1 "$tocsin" dlq show 4 box
same none 1 "$tocsin" dlq show calls/2:42 box
same none 2 "$tocsin" dlq show
same none 2 "$tocsin" dlq list
same none 2 "$tocsin" dlq list --topic dead
same none 2 "$tocsin" dlq list --topic dead --brokers 127.0.0.1:1 box
same none 2 "$tocsin" dlq list --reason nosuch box
same none 2 "$tocsin" dlq list --since yesterday box
same none 2 "$tocsin" dlq list --property sasl.username box
same none 3 "$tocsin" dlq list "$work/missing"

# A service's configuration names its file.
cat >run.yml <<END
source: {kind: file, paths: "$work/all"}
rules: {paths: "$2/tests/golden/data/rules"}
output:
  alerts: [{kind: stdout}]
  dead_letters: [{kind: stdout}, {kind: file, path: box/dead.jsonl}]
END
same want 1 "$tocsin" dlq list --format json --config run.yml 2>/dev/null

[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
