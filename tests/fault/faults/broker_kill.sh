# SPDX-License-Identifier: Apache-2.0
# broker_kill.sh - the broker that leads a partition of the log is killed and started again.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local leader
    draw 0 $((partitions - 1))
    leader=$(kafka leader "calls-$name" "$drawn" 2>/dev/null || echo 1)
    kafka kill-broker "$leader" >>"$run/brokers.log" 2>&1
    tell "broker $leader"
    pause 500 5000
    kafka start-broker "$leader" >>"$run/brokers.log" 2>&1
}
