# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the end-to-end tests share: real servers in a directory of their own, bounded waits,
# and an end that leaves no process behind. Sourced with the arguments of the test:
#   . "$(dirname "$0")/lib.sh"
# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the tests
set -euo pipefail

tocsin=$1
source_dir=$2
for program in kcat java mvn redis-server redis-cli jq; do
    if ! command -v "$program" >/dev/null; then
        echo "skipped: $program is missing; run deploy/packages test"
        exit 77
    fi
done

work=$(mktemp -d)
broker=
redis=$work/redis.sock

# Ends all that a test started. Run twice it does nothing the second time.
end_servers() {
    local file
    for file in "$work"/*.pid; do
        [ -e "$file" ] || continue
        kill -KILL "$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
    redis-cli -s "$redis" shutdown nosave >/dev/null 2>&1 || true
    if [ -d "$work/kafka" ]; then
        "$source_dir/deploy/kafka/kafka" clean --data "$work/kafka" >/dev/null 2>&1 || true
    fi
    for file in "$work"/*.mounted; do
        [ ! -e "$file" ] || umount -l "$(cat "$file")" || true
    done
}

on_exit() {
    local code=${1:-$?}
    trap - EXIT
    if [ "$code" -ne 0 ] && [ "$code" -ne 77 ]; then
        echo "failed with exit code $code; the ends of its logs:"
        tail -n 8 "$work"/*.log "$work"/*/*.log "$work"/*/*/{kafka,format}.log 2>/dev/null || true
    fi
    end_servers
    rm -rf "$work"
    exit "$code"
}
trap on_exit EXIT
trap 'exit 1' INT TERM HUP

# A test that is killed runs no trap: this process, no child of the test, cleans up after it.
(
    # shellcheck disable=SC2016 # expanded by that process
    setsid bash -c '
        while kill -0 "$1" 2>/dev/null; do sleep 1; done
        [ -d "$2" ] || exit 0
        work=$2 source_dir=$3 redis=$2/redis.sock
        eval "$4"
        end_servers
        rm -rf "$work"
    ' guard "$$" "$work" "$source_dir" "$(declare -f end_servers)" </dev/null >/dev/null 2>&1 &
)

fail() {
    echo "FAILED: $*"
    exit 1
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails the test after so long.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for: $*"
        sleep 0.05
    done
}

# are_free PORT COUNT
are_free() {
    local port
    for ((port = $1; port < $1 + $2; port++)); do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 1
    done
}

# free_port COUNT: the first of so many free ports, below those that the system gives to clients.
free_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + RANDOM % 5000 * 2))
        if are_free "$port" "$1"; then
            echo "$port"
            return
        fi
    done
    fail "no free port"
}

# One broker.
start_kafka() {
    start_brokers 1
}

# start_brokers COUNT [--proxies]
start_brokers() {
    local brokers=$1 further
    export TOCSIN_KAFKA_PORT TOCSIN_KAFKA_WAIT=180
    TOCSIN_KAFKA_PORT=$(free_port 210)
    "$source_dir/deploy/kafka/kafka" start --brokers "$brokers" "${@:2}" --data "$work/kafka"
    broker=127.0.0.1:$TOCSIN_KAFKA_PORT
    for ((further = 1; further < brokers; further++)); do
        broker=$broker,127.0.0.1:$((TOCSIN_KAFKA_PORT + 2 * further))
    done
}

kafka() {
    "$source_dir/deploy/kafka/kafka" "$@" --data "$work/kafka"
}

# make_topics PARTITIONS[:REPLICAS] NAME...
make_topics() {
    local partitions=${1%:*} replicas=1 name
    [ "$partitions" = "$1" ] || replicas=${1#*:}
    shift
    for name in "$@"; do
        kafka topic "$name" "$partitions" "$replicas" >"$work/topic.log" 2>&1 &
    done
    wait
    for name in "$@"; do
        wait_for 10 topic_exists "$name" "$partitions"
    done
}

topic_exists() {
    kcat -b "$broker" -L -t "$1" 2>/dev/null | grep -q "\"$1\" with $2 partitions"
}

start_redis() {
    redis-server --port 0 --unixsocket "$redis" --dir "$work" --save '' --appendonly no \
        --daemonize yes --logfile "$work/redis.log" >/dev/null
    wait_for 10 redis_answers
}

redis_answers() {
    [ "$(redis-cli -s "$redis" ping 2>/dev/null)" = PONG ]
}

# has_no_lag GROUP PARTITIONS: at least so many are committed, and none but to its end. Those without
# any message have no offset.
has_no_lag() {
    kafka groups "$1" >"$work/groups.log" 2>&1 || return 1
    awk -v group="$1" -v want="$2" '
        $1 == group && $6 == "0" { rows++ }
        $1 == group && $6 ~ /^[1-9]/ { behind++ }
        END { exit behind > 0 || rows < want }' "$work/groups.log"
}

# All messages of a topic, one a line, whatever their partitions.
read_topic() {
    kcat -b "$broker" -C -t "$1" -o beginning -e -q
}

# The values of one field of all entries of a Redis stream, one a line.
read_stream() {
    redis-cli -s "$redis" --raw xrange "$1" - + | awk -v field="$2" 'take { print } { take = $0 == field }'
}

# What an alert says without the coordinates of its record: comparable between files and Kafka.
alert_facts() {
    jq -c '[.rule.id, ."@timestamp", .tocsin.group, .tocsin.count, .event.original]' | LC_ALL=C sort
}
