#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_follow.sh - a followed file's last line is looked at when it is whole, not when another comes.
# Called as: bash test_follow.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
source_dir=$2
work=$(mktemp -d)
follower=
trap 'if [ -n "$follower" ]; then kill "$follower" 2>/dev/null || true; fi; rm -rf "$work"' EXIT

line='{"eventVersion":"1.11","eventTime":"2026-03-02T09:16:21Z","eventSource":"iam.amazonaws.com"'
line+=',"eventName":"CreateUser"}'

wait_for_alerts() {
    for _ in $(seq 100); do
        if [ "$(wc -l <"$work/alerts" 2>/dev/null)" = "$1" ]; then
            return 0
        fi
        sleep 0.1
    done
    echo "there are not $1 alerts after 10 seconds:"
    cat "$work/alerts"
    exit 1
}

printf '%s\n' "$line" >"$work/log.jsonl"
: >"$work/alerts"
"$tocsin" scan --rules "$source_dir/rules" --follow --format json --quiet "$work/log.jsonl" \
    >"$work/alerts" &
follower=$!
wait_for_alerts 1
printf '%s' "$line" >>"$work/log.jsonl"
sleep 0.5
wait_for_alerts 1
printf '\n' >>"$work/log.jsonl"
wait_for_alerts 2
kill -TERM "$follower"
wait "$follower"
follower=
