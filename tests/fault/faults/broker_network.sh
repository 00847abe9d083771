# SPDX-License-Identifier: Apache-2.0
# broker_network.sh - the network between the workers and one broker, or all of them, is slow, silent,
# closed, or cut again and again, also inside of answers. The brokers see each other.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local victims=(1 2 3) kind
    draw 0 3
    [ "$drawn" = 0 ] || victims=("$drawn")
    draw 0 3
    kind=$drawn
    tell "brokers ${victims[*]}"
    case $kind in
    0)
        tell_brokers delay 400
        tell "slow"
        ;;
    1)
        tell_brokers hold
        tell "silent"
        ;;
    2)
        tell_brokers down
        tell "closed"
        ;;
    3)
        cut_brokers
        ;;
    esac
    pause 1000 8000
    tell_brokers resume
}

# tell_brokers COMMAND...: to the proxies of all victims.
tell_brokers() {
    local victim
    for victim in "${victims[@]}"; do
        tell_proxy "broker-$victim" "$@"
    done
}

cut_brokers() {
    local i
    for ((i = 0; i < 6; i++)); do
        draw 0 20000
        tell_brokers drop "$drawn"
        pause 100 600
        tell_brokers cut
    done
    tell "cut"
}
