#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Directories, gzip by content, and a rotated file in a followed directory.
# Usage: test_directories.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
rules=$2/rules/linux
work=$(mktemp -d)
trap 'kill %1 2>/dev/null || true; rm -rf "$work"' EXIT

line() {
    echo "Nov  3 09:2$1:38 host-$1 sshd[1]: Accepted password for root from 192.0.2.$1 port 22 ssh2"
}

mkdir -p "$work/d/b" "$work/d/a"
line 1 >"$work/d/b/1.log"
line 2 | gzip >"$work/d/a/2.log" # gzip is told by content, not by name
{ line 3 | gzip; line 4 | gzip; } >"$work/d/3.gz"
line 5 >"$work/d/.hidden"
: >"$work/d/empty"
ln -s . "$work/d/loop"
"$tocsin" scan --rules "$rules" --format json --summary json --syslog-year 2025 "$work/d" \
    >"$work/alerts" 2>"$work/summary"
hosts=$(grep -o 'host-[0-9]' "$work/alerts" | uniq | tr '\n' ' ')
records=$(grep -m1 '"records":' "$work/summary" | tr -dc 0-9)
[ "$records" = 4 ] || { echo "records: $records, not 4"; exit 1; }
[ "$hosts" = "host-3 host-4 host-2 host-1 " ] || { echo "order of paths: $hosts"; exit 1; }

# A cut member: what came before is read, the damage is one dead letter.
{ line 1 | gzip; line 2 | gzip | head -c 40; } >"$work/cut.gz"
"$tocsin" scan --rules "$rules" --summary none --format json --dead-letter "$work/dead" \
    --syslog-year 2025 "$work/cut.gz" >/dev/null
grep -q '"reason":"gzip"' "$work/dead" || { echo "no dead letter for a cut gzip file"; exit 1; }

# Followed: a log that is renamed inside the directory is not read again.
mkdir "$work/f"
line 1 >"$work/f/app.log"
"$tocsin" scan --follow --rules "$rules" --summary none --format json --syslog-year 2025 \
    "$work/f" >"$work/followed" 2>"$work/errors" &
wait_for() {
    for _ in $(seq 1 100); do
        [ "$(grep -o 'host-[0-9]' "$work/followed" | sort -u | wc -l)" -ge "$1" ] && return
        sleep 0.1
    done
    echo "followed: $1 hosts did not come"
    exit 1
}
wait_for 1
mv "$work/f/app.log" "$work/f/app.log.1"
line 2 >"$work/f/app.log"
wait_for 2
line 3 >>"$work/f/app.log"
wait_for 3
sleep 1.5 # more than one look for new files
kill -INT %1
wait %1 || true
count=$(grep -o '"original":"[^"]*host-1' "$work/followed" | wc -l)
rules_of_one=$(grep -o '"original":"[^"]*host-3' "$work/followed" | wc -l)
[ "$count" = "$rules_of_one" ] || { echo "host-1: $count alerts, host-3: $rules_of_one"; exit 1; }
echo "ok"
