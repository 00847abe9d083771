# SPDX-License-Identifier: Apache-2.0
# redis_trouble.sh - the way to the Redis server with the state is slow, silent, closed, cut once or
# cut inside of an answer, so that nobody knows whether a commit has arrived.
# Modes: redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local kind bytes i
    draw 0 4
    kind=$drawn
    case $kind in
    0)
        tell_proxy state delay 300
        tell "slow"
        ;;
    1)
        tell_proxy state hold
        tell "silent"
        ;;
    2)
        tell_proxy state down
        tell "closed"
        ;;
    3)
        for ((i = 0; i < 8; i++)); do
            draw 0 60
            bytes=$drawn
            tell_proxy state drop "$bytes"
            tell "cut after $bytes bytes"
            pause 50 400
        done
        ;;
    4)
        for ((i = 0; i < 8; i++)); do
            tell_proxy state cut
            pause 50 400
        done
        tell "cut 8 times"
        ;;
    esac
    pause 1000 7000
    tell_proxy state resume
}
