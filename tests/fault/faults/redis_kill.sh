# SPDX-License-Identifier: Apache-2.0
# redis_kill.sh - the Redis server with the state is killed and started again on what its append-only
# file has.
# Modes: redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    kill_redis_of state
    pause 0 4000
    start_redis_of state
    tell "for $drawn ms"
}
