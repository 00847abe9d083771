#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_http.sh - the service answers for its health, its metrics and a reload, to who may ask.
# Called: test_http.sh TOCSIN SOURCE_DIR. Needs python3.
set -eu
command -v python3 >/dev/null || { echo 'skipped: python3 is not installed'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$1" "$2/tests/golden/data/rules/root_login.yml" "$work" <<'PYTHON'
import atexit
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time

tocsin, rule, work = sys.argv[1:]
os.mkdir(work + "/rules")
shutil.copy(rule, work + "/rules/rule.yml")
open(work + "/log", "w", encoding="utf-8").close()
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]


def configure(lines):
    with open(work + "/tocsin.yml", "w", encoding="utf-8") as file:
        file.write(f'source: {{kind: file, paths: "{work}/log"}}\n'
                   f'rules: {{paths: "{work}/rules", watch: false}}\n'
                   f'output: {{alerts: [{{kind: file, path: "{work}/alerts"}}]}}\n{lines}')


def start():
    with open(work + "/stderr", "wb") as errors:
        process = subprocess.Popen([tocsin, "run", "--config", work + "/tocsin.yml"],
                                   stderr=errors)
    atexit.register(process.kill)
    return process


def said():
    with open(work + "/stderr", encoding="utf-8") as errors:
        return errors.read()


def ask(method, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    return response.status, response.read().decode()


def wait_until_it_listens():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            return ask("GET", "/health")
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("nothing listens:\n" + said())


configure(f'http: {{listen: "127.0.0.1:{port}"}}\n')
process = start()
status, text = wait_until_it_listens()
assert status == 200, status
assert json.loads(text)["status"] == "running" and json.loads(text)["rules"] == 1, text
status, text = ask("GET", "/metrics")
assert status == 200 and "\ntocsin_reloads_total 0\n" in text, text
assert ask("GET", "/")[0] == 404
assert ask("GET", "/api/v1/reload")[0] == 405
assert ask("POST", "/health")[0] == 405

# A reload answers for the files as they are when it is asked for.
with open(rule, encoding="utf-8") as file:
    again = file.read().replace("title: ", "title: Again ")
with open(work + "/rules/more.yml", "w", encoding="utf-8") as file:
    file.write("\n".join(line for line in again.split("\n") if not line.startswith("id:")))
status, text = ask("POST", "/api/v1/reload")
assert (status, json.loads(text)) == (200, {"rules": 2}), (status, text)
assert "\ntocsin_reloads_total 1\n" in ask("GET", "/metrics")[1]
with open(work + "/rules/more.yml", "w", encoding="utf-8") as file:
    file.write("title: [\n")
status, text = ask("POST", "/api/v1/reload")
assert status == 422 and "more.yml" in json.loads(text)["error"], (status, text)
assert "more.yml" in json.loads(ask("GET", "/health")[1])["reload_failure"]
os.remove(work + "/rules/more.yml")
status, text = ask("POST", "/api/v1/reload")
assert (status, json.loads(text)) == (200, {"rules": 1}), (status, text)
assert "reload_failure" not in json.loads(ask("GET", "/health")[1])
process.terminate()
assert process.wait(timeout=20) == 0

# With a token only who has it may change anything.
with open(work + "/token", "w", encoding="utf-8") as file:
    file.write("open-sesame\n")
os.chmod(work + "/token", 0o400)
configure(f'http: {{listen: "127.0.0.1:{port}", token: "file:{work}/token"}}\n')
process = start()
wait_until_it_listens()
assert ask("POST", "/api/v1/reload")[0] == 401
assert ask("POST", "/api/v1/reload", {"Authorization": "Bearer open-sesam"})[0] == 401
assert ask("POST", "/api/v1/reload", {"Authorization": "Bearer open-sesamf"})[0] == 401
assert ask("POST", "/api/v1/reload", {"Authorization": "Bearer open-sesame"})[0] == 200
assert "sesame" not in said()
process.terminate()
assert process.wait(timeout=20) == 0

# An address that others reach needs a token; one that is none is said.
for listen, reason in (("0.0.0.0:9", "set http.token"), ("localhost:80", "write an address"),
                       ("127.0.0.1", "write an address")):
    configure(f'http: {{listen: "{listen}"}}\n')
    process = start()
    assert process.wait(timeout=20) == 2, process.returncode
    assert reason in said(), said()
print("ok")
PYTHON
