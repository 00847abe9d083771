# SPDX-License-Identifier: Apache-2.0
# sink_trouble.sh - the Redis server that takes alerts is slow, silent for longer than the sink's
# timeout (the worker ends with exit code 3 and is started again), refuses, or its answers are cut off.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local bytes
    draw 0 4
    case $drawn in
    0)
        tell_proxy sink delay 200
        tell "slow"
        ;;
    1)
        tell_proxy sink hold
        pause 3000 5000
        tell "silent"
        ;;
    2)
        tell_proxy sink down
        tell "refuses"
        ;;
    3)
        draw 1 500
        bytes=$drawn
        tell_proxy sink drop "$bytes"
        tell "cut after $bytes bytes"
        ;;
    4)
        tell_proxy sink cut
        tell "cut"
        ;;
    esac
    pause 1000 4000
    tell_proxy sink resume
}
