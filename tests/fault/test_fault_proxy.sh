#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_fault_proxy.sh - the proxy of the fault tests forwards, delays, holds, cuts and halves what a
# Redis server answers, and does so again after `resume`.
# Called as: bash test_fault_proxy.sh TOCSIN SOURCE_DIR
set -euo pipefail
# shellcheck source=tests/fault/lib.sh
. "$(dirname "$0")/lib.sh"

# ask SECONDS: what the server says through the proxy, with its exit code.
ask() {
    timeout "$1" redis-cli -s "$work/proxied.sock" get text 2>&1
}

milliseconds() {
    date +%s%3N
}

start_redis
redis-cli -s "$redis" set text "$(printf '%01000d' 7)" >/dev/null
want=$(redis-cli -s "$redis" get text)
start_proxy store "$work/proxied.sock" "$redis"
[ "$(ask 5)" = "$want" ] || fail "forwarded: $(ask 5)"

tell_proxy store delay 300
began=$(milliseconds)
[ "$(ask 5)" = "$want" ] || fail "delayed: $(ask 5)"
[ $(($(milliseconds) - began)) -ge 600 ] || fail "question and answer were not delayed"
tell_proxy store resume

tell_proxy store hold
code=0
ask 1 >/dev/null || code=$?
[ "$code" = 124 ] || fail "held, yet there is an answer: $code"
tell_proxy store resume

tell_proxy store drop 100
[ "$(ask 5)" != "$want" ] || fail "an answer of 1,000 bytes came though 100 were let through"
[ "$(ask 5)" = "$want" ] || fail "after the half answer: $(ask 5)"

# A connection that waits for an answer is ended by a cut; the next one works.
timeout 10 redis-cli -s "$work/proxied.sock" blpop nothing 9 >"$work/blocked" 2>&1 &
blocked=$!
sleep 0.3
tell_proxy store cut
began=$(milliseconds)
wait "$blocked" || true
[ $(($(milliseconds) - began)) -lt 3000 ] || fail "the cut connection lived on"
[ "$(ask 5)" = "$want" ] || fail "after the cut: $(ask 5)"

tell_proxy store down
[ "$(ask 5)" != "$want" ] || fail "down, yet there is an answer"
tell_proxy store resume
[ "$(ask 5)" = "$want" ] || fail "after it was down: $(ask 5)"
