#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_progress.sh - the progress line and colours are for terminals only, and leave nothing behind.
# Called: test_progress.sh TOCSIN SOURCE_DIR. Needs python3 (a pseudo-terminal).
set -eu
command -v python3 >/dev/null || { echo 'skipped: python3 is not installed'; exit 77; }
exec python3 - "$1" "$2/tests/golden/data" <<'PYTHON'
import os
import pty
import subprocess
import sys
import time

tocsin, data = sys.argv[1:]
with open(data + "/trail.jsonl", "rb") as file:
    LINES = file.read()


def scan(options, on_terminal, environment=None, pauses=2):
    """Runs a scan of slow standard input; returns (stdout, stderr); one of them is a terminal."""
    master, slave = pty.openpty()
    pipe_read, pipe_write = os.pipe()
    streams = {on_terminal: slave, ({"stdout", "stderr"} - {on_terminal}).pop(): pipe_write}
    command = [tocsin, "scan", "--rules", data + "/rules"] + options + ["-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE,
                               env={**os.environ, **(environment or {})}, **streams)
    os.close(slave)
    os.close(pipe_write)
    for _ in range(pauses):
        process.stdin.write(LINES)
        process.stdin.flush()
        time.sleep(0.4)
    process.stdin.close()
    assert process.wait(timeout=20) == 0, process.returncode
    got = {}
    for name, descriptor in ((on_terminal, master), ("pipe", pipe_read)):
        text = b""
        try:
            while True:
                block = os.read(descriptor, 65536)
                if not block:
                    break
                text += block
        except OSError:
            pass  # a pseudo-terminal whose other end is closed
        os.close(descriptor)
        got[name] = text
    return got[on_terminal], got["pipe"]


terminal, output = scan(["--format", "json"], "stderr")
assert b" alerts\x1b[K" in terminal, terminal
assert terminal.count(b"\r\x1b[K") == 1, terminal  # taken away at the end
after = terminal.split(b"\r\x1b[K")[1]
assert after.startswith(b"Events") and b"\x1b" not in after, after
assert output.count(b"\n") == 2 and b"\x1b" not in output, output

for option in ("--no-progress", "--quiet"):
    terminal, output = scan([option], "stderr", pauses=1)
    assert b"\x1b" not in terminal, (option, terminal)
assert terminal == b"", terminal  # --quiet

clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
os.environ.clear()
os.environ.update(clean)
terminal, errors = scan([], "stdout", pauses=1)
assert b"\x1b[33mmedium\x1b[0m" in terminal, terminal
assert b"\x1b" not in errors and b"\r" not in errors, errors
terminal, errors = scan([], "stdout", {"NO_COLOR": "1"}, pauses=1)
assert b"\x1b" not in terminal and b"medium" in terminal, terminal
terminal, errors = scan(["--format", "json"], "stdout", pauses=1)
assert b"\x1b" not in terminal, terminal
print("ok")
PYTHON
