# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the fault tests share beside tests/e2e/lib.sh: proxies, workers that are started again
# when they end, a Redis server for the state and one for alerts, the log, and what must have come of
# it. Sourced with the arguments of the test, as that file is.
#
# A run has a folder of its own, $run, and topics calls, alerts and dead with its name behind.
# Modes: memory (no state store: alerts of correlations are not compared), local, redis.
# shellcheck shell=bash
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

fault_folder=$source_dir/tests/fault
partitions=4
rules=$fault_folder/rules
lateness=30s
run=    # folder of the present run
name=   # and what its topics end in
mode=
seed=1
rate=400
log_file=    # records to feed instead of made-up ones

# built NAME SOURCE LIBRARY...: path of a test program; compiled here when the build has none.
built() {
    local program source=$2
    program=$(dirname "$tocsin")/tests/$1
    if [ ! -x "$program" ]; then
        program=$work/$1
        shift 2
        [ -x "$program" ] || cc -D_GNU_SOURCE -O1 -o "$program" "$fault_folder/$source" "$@"
    fi
    echo "$program"
}

# start_proxy NAME LISTEN TARGET: see proxy.c. Its commands are read from a pipe with both ends open,
# so that it does not end with the first one.
start_proxy() {
    local program
    program=$(built fault_proxy proxy.c)
    mkfifo "$work/$1.commands"
    "$program" "$2" "$3" <>"$work/$1.commands" >"$work/$1.answers" 2>"$work/$1.log" &
    echo $! >"$work/proxy-$1.pid"
    disown
    tell_proxy "$1" resume
}

stop_proxy() {
    kill -KILL "$(cat "$work/proxy-$1.pid")"
    rm -f "$work/proxy-$1.pid" "$work/$1.commands" "$work/$1.answers"
}

# tell_proxy NAME COMMAND...: until it is obeyed.
tell_proxy() {
    local proxy=$1 before
    shift
    before=$(proxy_answers "$proxy")
    echo "$*" >"$work/$proxy.commands"
    wait_for 10 has_answered "$proxy" "$before"
}

proxy_answers() {
    if [ -e "$work/$1.answers" ]; then wc -l <"$work/$1.answers"; else echo 0; fi
}

has_answered() {
    [ "$(proxy_answers "$1")" -gt "$2" ]
}

# Between clients and each broker a proxy, `broker-N`; what uses $proxied_broker goes through them.
start_broker_proxies() {
    local number
    proxied_broker=
    for number in 1 2 3; do
        start_proxy "broker-$number" $((TOCSIN_KAFKA_PORT + 200 + number)) \
            $((TOCSIN_KAFKA_PORT + 100 + number))
        proxied_broker=$proxied_broker${proxied_broker:+,}127.0.0.1:$((TOCSIN_KAFKA_PORT + 200 + number))
    done
}

# Redis servers: `state` and `golden`, with append-only files, and `sink`. The program reaches the first
# and the last through proxies of their names.
start_redis_of() {
    local aof=yes
    [ "$1" != sink ] || aof=no
    mkdir -p "$run/redis-$1"
    redis-server --port 0 --unixsocket "$run/$1.sock" --dir "$run/redis-$1" --save '' \
        --appendonly "$aof" --appendfsync everysec --daemonize yes --enable-debug-command local \
        --pidfile "$work/redis-$1.pid" --logfile "$run/redis-$1.log" >/dev/null
    wait_for 20 redis_of_answers "$1"
}

redis_of_answers() {
    [ "$(redis-cli -s "$run/$1.sock" ping 2>/dev/null)" = PONG ]
}

kill_redis_of() {
    local pid
    pid=$(cat "$work/redis-$1.pid")
    kill -KILL "$pid"
    rm -f "$work/redis-$1.pid"
    wait_for 10 is_gone "$pid"
}

is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# write_source GROUP STOP_AT_END [PROPERTY...]
write_source() {
    local group=$1 stop_at_end=$2
    shift 2
    cat <<CONFIG
source:
  kind: kafka
  brokers: "$proxied_broker"
  group: $group
  topics: calls-$name
  decoder: cloudtrail
  stop_at_end: $stop_at_end
  properties:
    session.timeout.ms: 6000
    heartbeat.interval.ms: 1000
    reconnect.backoff.max.ms: 1000
CONFIG
    [ $# = 0 ] || printf '    %s\n' "$@"
    cat <<CONFIG
rules: {paths: $rules, watch: false}
correlation: {lateness: $lateness, idle: 1h}
CONFIG
}

# write_state WHO: of a worker; of the undisturbed run, which is called `golden`.
write_state() {
    case $mode in
    local) printf 'state: {kind: local, path: %s}\n' "$run/state-$1" ;;
    redis)
        if [ "$1" = golden ]; then
            printf 'state: {kind: redis, address: %s, prefix: golden}\n' "$run/golden.sock"
        else
            printf 'state: {kind: redis, address: %s, prefix: fault}\n' "$run/state-proxy.sock"
        fi
        ;;
    esac
}

# Gives the local state a small file system of its own, where that is allowed: for a full disk.
mount_state() {
    mkdir "$run/state-worker"
    if mount -t tmpfs -o size=400m tmpfs "$run/state-worker" 2>/dev/null; then
        echo "$run/state-worker" >"$work/state.mounted"
    fi
}

unmount_state() {
    if [ -e "$work/state.mounted" ]; then
        umount -l "$(cat "$work/state.mounted")"
        rm -f "$work/state.mounted"
    fi
}

# write_worker NAME [PROPERTY]: its configuration; the property is one of its source.
write_worker() {
    {
        write_source "fault-$name" false "${@:2}"
        # All workers have one state.
        write_state worker
        cat <<CONFIG
output:
  alerts:
    - {kind: kafka, brokers: "$proxied_broker", topic: alerts-$name}
    - {kind: redis, address: $run/sink-proxy.sock, stream: alerts, dedup: 1d, timeout: 3s}
  dead_letters:
    - {kind: kafka, brokers: "$proxied_broker", topic: dead-$name}
metrics: {path: $run/$1.metrics, interval: 1s}
CONFIG
    } >"$run/$1.yml"
}

# Runs a worker until $run/NAME.end is there, as a supervisor of services would. The worker dies with
# this process, so that it can not outlive the test.
supervise() {
    local code
    while [ ! -e "$run/$1.end" ]; do
        code=0
        (
            echo "$BASHPID" >"$work/$1.pid"
            exec setpriv --pdeathsig KILL "$tocsin" run --config "$run/$1.yml" 2>>"$run/$1.log"
        ) || code=$?
        echo "$code" >>"$run/$1.codes"
        sleep 0.1
    done
}

start_worker() {
    rm -f "$run/$1.end" "$work/$1.pid"
    supervise "$1" 2>/dev/null &
    echo $! >"$work/0-$1.pid" # the first of its files that is killed at the end
    disown
    wait_for 10 test -s "$work/$1.pid"
}

# signal_worker NAME SIGNAL: false if it is not there, because it is about to be started again.
signal_worker() {
    kill "-$2" "$(cat "$work/$1.pid")" 2>/dev/null
}

# stop_worker NAME: by SIGTERM; it must end with 0.
stop_worker() {
    local supervisor
    supervisor=$(cat "$work/0-$1.pid")
    touch "$run/$1.end"
    signal_worker "$1" TERM || true
    wait_for 60 is_gone "$supervisor"
    [ "$(tail -n 1 "$run/$1.codes")" = 0 ] ||
        fail "worker $1: exit code $(tail -n 1 "$run/$1.codes") after SIGTERM"
    rm -f "$work/0-$1.pid" "$work/$1.pid"
}

# kill_worker NAME: by SIGKILL, and it is not started again.
kill_worker() {
    local supervisor
    supervisor=$(cat "$work/0-$1.pid")
    touch "$run/$1.end"
    signal_worker "$1" KILL || true
    wait_for 10 is_gone "$supervisor"
    rm -f "$work/0-$1.pid" "$work/$1.pid"
}

start_feed() {
    # shellcheck disable=SC2086 # no file is no argument
    "$(built fault_feed feed.c -lrdkafka)" "$broker" "calls-$name" "$seed" "$rate" $log_file \
        >"$run/feed.out" 2>"$run/feed.log" &
    echo $! >"$work/feed.pid"
}

stop_feed() {
    local feed
    feed=$(cat "$work/feed.pid")
    kill -TERM "$feed" 2>/dev/null || true
    wait "$feed" || fail "the log could not be written: $(tail -n 3 "$run/feed.log")"
    rm -f "$work/feed.pid"
}

# The undisturbed run over the same topic: $run/golden.jsonl and $run/golden.dead.
run_golden() {
    local code=0
    if [ "$mode" = redis ]; then
        start_redis_of golden
    fi
    {
        write_source "golden-$name" true
        write_state golden
        cat <<CONFIG
output:
  alerts: [{kind: file, path: $run/golden.jsonl, file_bytes_max: 10GiB}]
  dead_letters: [{kind: file, path: $run/golden.dead, file_bytes_max: 10GiB}]
CONFIG
    } >"$run/golden.yml"
    touch "$run/golden.jsonl" "$run/golden.dead"
    timeout 600 "$tocsin" run --config "$run/golden.yml" 2>"$run/golden.log" || code=$?
    [ "$code" = 0 ] || fail "the undisturbed run: exit code $code: $(tail -n 3 "$run/golden.log")"
    [ "$mode" != redis ] || kill_redis_of golden
}
