#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_run.sh - the service killed, stopped, reloaded and without room: no alert is missing after it.
# Called: test_run.sh TOCSIN SOURCE_DIR. Needs python3.
set -eu
command -v python3 >/dev/null || { echo 'skipped: python3 is not installed'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$1" "$2/tests/golden/data/rules/root_login.yml" "$work" <<'PYTHON'
import atexit
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

tocsin, rule, work = sys.argv[1:]
RECORD = {"eventVersion": "1.11", "eventTime": "2026-03-04T05:06:07Z", "eventName": "ConsoleLogin",
          "eventSource": "signin.amazonaws.com", "userIdentity": {"type": "Root"}}
written = 0


def write_lines(count):
    global written
    with open(work + "/log", "a", encoding="utf-8") as log:
        for _ in range(count):
            log.write(json.dumps({**RECORD, "eventID": f"e{written}"}) + "\n")
            written += 1


def configure(alerts):
    os.makedirs(work + "/rules", exist_ok=True)
    shutil.copy(rule, work + "/rules/rule.yml")
    with open(work + "/tocsin.yml", "w", encoding="utf-8") as file:
        file.write(f'source: {{kind: file, paths: "{work}/log", positions: "{work}/positions"}}\n'
                   f'rules: {{paths: "{work}/rules"}}\noutput: {{alerts: [{alerts}]}}\n')


def start():
    with open(work + "/stderr", "wb") as errors:
        process = subprocess.Popen([tocsin, "run", "--config", work + "/tocsin.yml"],
                                   stderr=errors)
    # A test that fails must not leave a service behind: whoever waits for its output would wait on.
    atexit.register(process.kill)
    return process


def said(text, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(work + "/stderr", encoding="utf-8") as errors:
            if text in errors.read():
                return
        time.sleep(0.02)
    with open(work + "/stderr", encoding="utf-8") as errors:
        sys.exit(f"the service did not say {text!r}:\n" + errors.read())


def alerts():
    """The events that alerts are about, with repetitions. Lines that do not parse are an error."""
    events = []
    for name in glob.glob(work + "/alerts*"):
        with open(name, encoding="utf-8") as file:
            events += [json.loads(line)["tocsin"]["record_id"] for line in file]
    return events


def wait_for_all(seconds=20):
    end = time.monotonic() + seconds
    wanted = {f"e{i}" for i in range(written)}
    while time.monotonic() < end:
        try:
            if set(alerts()) == wanted:
                return
        except (ValueError, FileNotFoundError):
            pass  # a line that is being written, a file that is being rotated
        time.sleep(0.05)
    sys.exit(f"{len(wanted - set(alerts()))} of {written} alerts are missing")


def stop(process, code=0):
    process.terminate()
    got = process.wait(timeout=20)
    assert got == code, got


# Killed while it reads: every alert comes, some twice, no line is torn.
sink = f'{{kind: file, path: "{work}/alerts", file_bytes_max: 64KiB, files_max: 100}}'
configure(sink)
random.seed(7)
write_lines(1)
for _ in range(6):
    process = start()
    end = time.monotonic() + random.uniform(0.05, 0.3)
    while time.monotonic() < end:
        write_lines(20)
        time.sleep(0.005)
    process.kill()
    process.wait()
process = start()
wait_for_all()
stop(process)

# Stopped and started again: nothing is repeated.
before = len(alerts())
process = start()
said(" runs; source")
write_lines(10)
wait_for_all()
stop(process)
assert len(alerts()) == before + 10, (before, len(alerts()))

# Rules that can not be read do not replace those in force.
process = start()
said(" runs; source")
os.rename(work + "/rules", work + "/gone")
process.send_signal(signal.SIGHUP)
said("ERROR")
write_lines(5)
wait_for_all()
os.rename(work + "/gone", work + "/rules")
process.send_signal(signal.SIGHUP)
said("rules are in force")
write_lines(5)
wait_for_all()
stop(process)

# A sink without room ends the service; what it did not take comes after the repair.
if os.access("/dev/full", os.W_OK):
    configure("{kind: file, path: /dev/full}")
    process = start()
    write_lines(5)
    assert process.wait(timeout=20) == 3, process.returncode
    said("/dev/full can not be written")
    configure(sink)
    process = start()
    wait_for_all()
    stop(process)
print(f"ok: {written} records")
PYTHON
