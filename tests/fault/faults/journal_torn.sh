# SPDX-License-Identifier: Apache-2.0
# journal_torn.sh - the worker is killed, its journal loses a random number of bytes (3,000 at most,
# and not more than a half) at the end, as after a power loss, and it is started again.
# Modes: local
# shellcheck shell=bash disable=SC2154 # variables of the nemesis
strike() {
    local file size bytes
    kill_worker worker-1
    file=$run/state-worker/journal
    size=$(stat -c %s "$file")
    draw 1 3000
    bytes=$((drawn < size / 2 ? drawn : size / 2))
    [ "$size" -lt 100 ] || truncate -s "-$bytes" "$file" # its header is never torn
    pause 0 500
    start_worker worker-1
    tell "$bytes bytes of $size"
}
