#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_lists.sh - values of rules that stand in files lists/NAME.txt and .csv: what matches, what is
# refused, that a running process takes a changed list.
# Called as: bash test_lists.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# rule NAME LINES: a rule whose selection has these lines.
rule() {
    cat <<RULE
title: $1
logsource: {}
detection:
  s:
$(sed 's/^/    /' <<<"$2")
  condition: s
---
RULE
}

mkdir -p "$work/rules/lists"
{
    rule exact 'user|expand: "%staff%"'
    rule not 'user|expand|neq: "%staff%"'
    rule suffix 'host|expand: "%bad-domains%"'
    rule cidr 'ip|cidr|expand: "%ranges%"'
    rule plain 'ip|expand: "%ranges%"'
    rule column 'user|expand: "%people.login%"'
    rule either 'user|expand: ["%staff%", root]'
    rule part 'path|contains|expand: "/home/%staff%/"'
    rule pattern 'path|re|expand: "^/srv/%odd%$"'
    rule cased 'user|cased|expand: "%staff%"'
} >"$work/rules/rules.yml"
printf 'alice\nBob\n' >"$work/rules/lists/staff.txt"
printf '# kind: suffix\nbad.example\n' >"$work/rules/lists/bad-domains.txt"
printf '# kind: cidr\n10.0.0.0/8\n2001:db8::/32\n' >"$work/rules/lists/ranges.txt"
printf 'name,login\n"Dee, D.",dee\n' >"$work/rules/lists/people.csv"
printf 'a.b\nc*d\n' >"$work/rules/lists/odd.txt"
cat >"$work/log.jsonl" <<'LOG'
{"n":1,"user":"BOB"}
{"n":2,"user":["x","alice"]}
{"n":3,"user":"alic"}
{"n":4,"user":"root"}
{"n":5,"user":"Dee"}
{"n":6,"user":"x","host":"a.b.BAD.example"}
{"n":7,"user":"x","host":"notbad.example"}
{"n":8,"user":"x","ip":"10.9.8.7"}
{"n":9,"user":"x","ip":"2001:DB8::1"}
{"n":10,"user":"x","ip":"11.0.0.1"}
{"n":11,"user":"x","path":"/home/bob/.ssh"}
{"n":12,"user":"x","path":"/srv/a.b"}
{"n":13,"user":"x","path":"/srv/a_b"}
{"n":14,"user":"x","path":"/srv/c*d"}
{"n":15,"user":"bob"}
{"n":16,"user":null}
{"n":17,"user":"Bob"}
LOG
"$tocsin" rules check "$work/rules" || fail "rules check"
"$tocsin" scan --quiet --format json --decoder json --rules "$work/rules" "$work/log.jsonl" |
    jq -r '.rule.name + " " + (.event.original | fromjson.n | tostring)' |
    sort -k1,1 -k2,2n | awk '{ line[$1] = line[$1] " " $2 } END { for (name in line) print name ":" line[name] }' |
    sort >"$work/got"
cat >"$work/want" <<'WANT'
cased: 2 17
cidr: 8 9
column: 5
either: 1 2 4 15 17
exact: 1 2 15 17
not: 3 4 5 6 7 8 9 10 11 12 13 14 16
part: 11
pattern: 12 14
plain: 8 9
suffix: 6
WANT
diff "$work/want" "$work/got" || fail "lists match"

# A rule file that is named by itself has the lists beside it.
(cd "$work/rules" && "$tocsin" rules check rules.yml) | grep -q '10 rules loaded, 0 errors' ||
    fail "lists beside a file"

# What is wrong is told where the list is named, and only that rule is not loaded.
wrong() { # TEXT-OF-LIST MODIFIERS REASON
    rm -rf "$work/wrong" && mkdir -p "$work/wrong/lists"
    printf '%b' "$1" >"$work/wrong/lists/l.txt"
    { rule good 'x: y'; rule bad "f$2: '%l%'"; } >"$work/wrong/r.yml"
    "$tocsin" rules check "$work/wrong" >"$work/got" && fail "$3: no error"
    grep -qF -- "$3" "$work/got" || fail "$3: $(cat "$work/got")"
    grep -q '1 rules loaded' "$work/got" || fail "$3: the other rule is gone"
}
wrong '# kind: cidr\n10.0.0.0/33\n' '|expand' "lists/l.txt:2: '10.0.0.0/33' is no address"
wrong 'a\n' '|cidr|expand' "the list %l% has no networks"
wrong '# kind: suffix\na\n' '|contains|expand' "must be an exact list"
seq 1025 >"$work/long"
wrong "$(tr '\n' '~' <"$work/long" | sed 's/~/\\n/g')" '|contains|expand' "of 1 to 1024 entries"
mkdir -p "$work/wrong/more/lists"
cp "$work/wrong/lists/l.txt" "$work/wrong/more/lists/l.csv"
"$tocsin" rules check "$work/wrong" >"$work/got" && fail "two lists of one name: no error"
grep -q 'are both the list %l%' "$work/got" || fail "two lists of one name: $(cat "$work/got")"

# A running process takes a changed list at a reload; one with an error changes nothing.
mkdir -p "$work/live/lists"
rule live 'user|expand: "%who%"' >"$work/live/rules.yml"
echo one >"$work/live/lists/who.txt"
: >"$work/events"
cat >"$work/run.yml" <<YAML
source: {kind: file, paths: "$work/events", decoder: json}
rules: {paths: "$work/live", watch: false}
output: {alerts: [{kind: file, path: "$work/alerts"}]}
YAML
"$tocsin" run --config "$work/run.yml" 2>"$work/log" &
pid=$!
wait_for() { # COUNT TEXT FILE
    for _ in $(seq 200); do
        [ "$(grep -c -- "$2" "$3" 2>/dev/null || true)" -ge "$1" ] && return
        sleep 0.05
    done
    fail "no '$2' in $(cat "$3")"
}
wait_for 1 ' runs; source' "$work/log"
echo '{"user":"one"}' >>"$work/events"
wait_for 1 rule "$work/alerts"
echo two >"$work/live/lists/who.txt"
kill -HUP "$pid"
wait_for 1 'rules are in force' "$work/log"
printf '{"user":"one"}\n{"user":"two"}\n' >>"$work/events"
wait_for 2 rule "$work/alerts"
echo '# kind: nonsense' >"$work/live/lists/who.txt"
kill -HUP "$pid"
wait_for 1 'rules stay as they were' "$work/log"
echo '{"user":"two"}' >>"$work/events"
wait_for 3 rule "$work/alerts"
kill "$pid"
wait "$pid" || fail "the service did not end with 0"
pid=
[ "$(wc -l <"$work/alerts")" = 3 ] || fail "a value that left the list matched"

# --- a Redis set as a list's source -----------------------------------------------------------------

mkdir -p "$work/set/lists"
rule set 'ip|expand: "%blocked%"' >"$work/set/rules.yml"
printf '# kind: cidr\n# redis: %s blocked\n192.0.2.1\n' "$work/redis.sock" >"$work/set/lists/blocked.txt"
printf '{"ip":"192.0.2.1"}\n{"ip":"10.1.1.1"}\n{"ip":"10.2.0.1"}\n' >"$work/ips.jsonl"
"$tocsin" rules check "$work/set" >"$work/got" && fail "a Redis that is not there: no error"
grep -q "the list can't be used: Redis set blocked at $work/redis.sock: " "$work/got" ||
    fail "a Redis that is not there: $(cat "$work/got")"
printf '# redis: nowhere\n' >"$work/wrong/lists/l.txt"
rm -r "$work/wrong/more"
"$tocsin" rules check "$work/wrong" >"$work/got" && fail "a directive without a key: no error"
grep -q "l.txt:1: '# redis: nowhere' needs an address and a key" "$work/got" ||
    fail "a directive without a key: $(cat "$work/got")"
if ! command -v redis-server >/dev/null; then
    echo 'no redis-server: the rest is left out'
    exit 0
fi
cli() { redis-cli -s "$work/redis.sock" "$@" 2>/dev/null; }
redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save '' --appendonly no \
    >/dev/null &
redis=$!
trap '[ -z "$pid" ] || kill "$pid"; kill "$redis"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    [ "$(cli ping)" = PONG ] && break
    sleep 0.05
done
# found: the addresses of the log that are in the list now.
found() {
    "$tocsin" scan --quiet --format json --decoder json --rules "$work/set" "$work/ips.jsonl" |
        jq -r '.event.original | fromjson.ip' | paste -sd ' '
}
cli sadd blocked 10.1.0.0/16 >/dev/null
[ "$(found)" = '192.0.2.1 10.1.1.1' ] || fail "members of a set and lines of the file: $(found)"
for third in $(seq 0 19); do
    seq 0 255 | sed "s/.*/10.9.$third.&/" | xargs redis-cli -s "$work/redis.sock" sadd blocked >/dev/null
done
cli sadd blocked 10.2.0.1 >/dev/null
[ "$(found)" = '192.0.2.1 10.1.1.1 10.2.0.1' ] || fail "a set of many pages: $(found)"

cat >"$work/run.yml" <<YAML
source: {kind: file, paths: "$work/addresses", decoder: json}
rules: {paths: "$work/set", watch: false}
output: {alerts: [{kind: file, path: "$work/set-alerts"}]}
YAML
: >"$work/addresses"
"$tocsin" run --config "$work/run.yml" 2>"$work/log" &
pid=$!
wait_for 1 ' runs; source' "$work/log"
echo '{"ip":"10.1.1.1"}' >>"$work/addresses"
wait_for 1 rule "$work/set-alerts"
cli srem blocked 10.1.0.0/16 >/dev/null
kill -HUP "$pid"
wait_for 1 'rules are in force' "$work/log"
printf '{"ip":"10.1.1.1"}\n{"ip":"10.2.0.1"}\n' >>"$work/addresses"
wait_for 2 rule "$work/set-alerts"
cli sadd blocked 'no address' >/dev/null
kill -HUP "$pid"
wait_for 1 "rules stay as they were: .*'no address' is no address" "$work/log"
cli set blocked text >/dev/null
kill -HUP "$pid"
wait_for 1 'rules stay as they were: .*WRONGTYPE' "$work/log"
echo '{"ip":"10.2.0.1"}' >>"$work/addresses"
wait_for 3 rule "$work/set-alerts"
kill "$pid"
wait "$pid" || fail "the service did not end with 0"
pid=
[ "$(grep -c '10.1.1.1' "$work/set-alerts")" = 1 ] || fail "an address that left the set matched"

# A server with users: lists log in at the one that the environment names, and nowhere else.
cli del blocked >/dev/null
cli sadd blocked 10.1.1.1 >/dev/null
cli acl setuser lists on '>let me in' '~blocked' +sscan >/dev/null
cli acl setuser default resetpass '>other' >/dev/null
printf 'let me in\n' >"$work/password"
chmod 0400 "$work/password"
check_set() { { "$tocsin" rules check "$work/set" || true; } | tr '\n' ' '; }
logged_in() { # ADDRESS USER PASSWORD: what the rules' check says then
    TOCSIN_LISTS_ADDRESS=$1 TOCSIN_LISTS_USER=$2 TOCSIN_LISTS_PASSWORD=$3 check_set
}
said=$(check_set)
[[ $said == *'wants a password'* ]] || fail "no password: $said"
said=$(logged_in "$work/redis.sock" lists "file:$work/password")
[[ $said == *' 1 rules loaded, 0 errors'* ]] || fail "a user with a password of a file: $said"
said=$(logged_in "$work/redis.sock" lists 'let me in')
[[ $said == *' 1 rules loaded, 0 errors'* ]] || fail "a user with a password: $said"
said=$(logged_in "$work/redis.sock" lists wrong)
[[ $said == *WRONGPASS* ]] || fail "a wrong password: $said"
said=$(logged_in "$work/other.sock" lists 'let me in')
[[ $said == *'wants a password'* ]] || fail "another server: $said"
chmod 0444 "$work/password"
said=$(logged_in "$work/redis.sock" lists "file:$work/password")
[[ $said == *'others may read'* ]] || fail "a password that others may read: $said"
