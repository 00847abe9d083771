# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the fault tests share beside tests/e2e/lib.sh: proxies. Sourced with the arguments of
# the test, as that file is.
# shellcheck shell=bash
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

fault_folder=$source_dir/tests/fault

# start_proxy NAME LISTEN TARGET: see proxy.c. Its commands are read from a pipe with both ends open,
# so that it does not end with the first one.
start_proxy() {
    local program
    program=$(dirname "$tocsin")/tests/fault_proxy
    if [ ! -x "$program" ]; then
        program=$work/fault_proxy
        [ -x "$program" ] || cc -D_GNU_SOURCE -O1 -o "$program" "$fault_folder/proxy.c"
    fi
    mkfifo "$work/$1.commands"
    "$program" "$2" "$3" <>"$work/$1.commands" >"$work/$1.answers" 2>"$work/$1.log" &
    echo $! >"$work/proxy-$1.pid"
    disown
    tell_proxy "$1" resume
}

# tell_proxy NAME COMMAND...: until it is obeyed.
tell_proxy() {
    local name=$1 before
    shift
    before=$(proxy_answers "$name")
    echo "$*" >"$work/$name.commands"
    wait_for 10 has_answered "$name" "$before"
}

proxy_answers() {
    wc -l <"$work/$1.answers" 2>/dev/null || echo 0
}

has_answered() {
    [ "$(proxy_answers "$1")" -gt "$2" ]
}
