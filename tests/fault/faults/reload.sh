# SPDX-License-Identifier: Apache-2.0
# reload.sh - the rules are loaded anew (SIGHUP) again and again while records come.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local count i
    draw 3 12
    count=$drawn
    for ((i = 0; i < count; i++)); do
        random_worker
        signal_worker "$picked" HUP || true
        pause 10 400
    done
    tell "$count times"
}
