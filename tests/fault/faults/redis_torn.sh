# SPDX-License-Identifier: Apache-2.0
# redis_torn.sh - the Redis server with the state is killed, loses a random number of bytes (30,000 at
# most, and not more than a half) at the end of its append-only file, as after a power loss, and is
# started, killed and started again.
# Modes: redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local file size bytes
    kill_redis_of state
    file=$(newest_append_file)
    size=$(stat -c %s "$file")
    draw 1 30000
    bytes=$((drawn < size / 2 ? drawn : size / 2))
    truncate -s "-$bytes" "$file"
    start_redis_of state
    pause 0 1000
    kill_redis_of state
    start_redis_of state
    tell "$bytes bytes of $size"
}

newest_append_file() {
    find "$run/redis-state/appendonlydir" -name '*.incr.aof' -printf '%T@ %p\n' |
        sort -n | tail -n 1 | cut -d ' ' -f 2
}
