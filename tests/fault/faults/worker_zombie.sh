# SPDX-License-Identifier: Apache-2.0
# worker_zombie.sh - a worker is stopped (SIGSTOP) for longer than the group's session timeout of 6 s,
# is given up by the group, and goes on with what it believes to be its own.
# Modes: memory local redis
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    random_worker
    if signal_worker "$picked" STOP; then
        tell "$picked"
    fi
    pause 7000 9000
    signal_worker "$picked" CONT || tell "it was gone"
    tell "after $drawn ms"
}
