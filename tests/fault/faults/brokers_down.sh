# SPDX-License-Identifier: Apache-2.0
# brokers_down.sh - all brokers are killed, and started again after some seconds.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local number
    for number in 1 2 3; do
        kafka kill-broker "$number" >>"$run/brokers.log" 2>&1
    done
    pause 3000 6000
    kafka start >>"$run/brokers.log" 2>&1
    tell "for $drawn ms and their start"
}
