# SPDX-License-Identifier: Apache-2.0
# disk_full.sh - the disk with the local state gets full, and later has room again. Only where the
# state's folder is a file system of its own, which needs root.
# Modes: local
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    draw 1000 5000
    if ! mountpoint -q "$run/state-worker"; then
        tell "left out: the state has no file system of its own"
        return
    fi
    dd if=/dev/zero of="$run/state-worker/filler" bs=64k 2>/dev/null || true
    tell "full for $drawn ms"
    pause "$drawn" "$drawn"
    rm -f "$run/state-worker/filler"
}
