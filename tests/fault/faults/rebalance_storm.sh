# SPDX-License-Identifier: Apache-2.0
# rebalance_storm.sh - another worker joins and leaves the group again and again, by SIGTERM and by
# SIGKILL, so that partitions go back and forth.
# Modes: memory redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local i
    write_worker guest
    for ((i = 0; i < 3; i++)); do
        start_worker guest
        pause 1000 3000
        draw 0 1
        if [ "$drawn" = 0 ]; then
            tell "left"
            stop_worker guest
        else
            tell "killed"
            kill_worker guest
        fi
    done
}
