# SPDX-License-Identifier: Apache-2.0
# worker_kill.sh - a worker is killed (SIGKILL), several times at random moments.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local kills i
    draw 1 4
    kills=$drawn
    for ((i = 0; i < kills; i++)); do
        random_worker
        if signal_worker "$picked" KILL; then
            tell "$picked killed"
        fi
        pause 50 1500
    done
}
