#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_syslog_listen.sh - the service takes syslog by UDP, TCP and TLS, from who may send.
# Called: test_syslog_listen.sh TOCSIN SOURCE_DIR. Needs python3 and openssl.
set -eu
for need in python3 openssl; do
    command -v $need >/dev/null || { echo "skipped: $need is not installed"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An authority, the server's certificate, a client's, and one of nobody's.
(
    cd "$work"
    request() {
        openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
        openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -CAcreateserial \
            -days 2 -out "$1.pem"
    }
    openssl req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out authority.pem -days 2 \
        -subj /CN=authority
    request server
    request client
    openssl req -x509 -newkey rsa:2048 -nodes -keyout nobody.key -out nobody.pem -days 2 \
        -subj /CN=nobody
) >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; exit 1; }

python3 - "$1" "$work" <<'PYTHON'
import atexit
import json
import os
import re
import resource
import socket
import ssl
import subprocess
import sys
import time

tocsin, work = sys.argv[1:]
with open(work + "/rule.yml", "w", encoding="utf-8") as file:
    file.write("title: Marked\nid: 5c9b1c52-6a3e-4d7c-9f0b-2f8f0d3f6a11\n"
               "logsource: {product: linux}\ndetection:\n  keywords: [mark-]\n"
               "  near: {'log.source.address|cidr': [127.0.0.0/8, '::1/128']}\n"
               "  condition: keywords and near\n")


def start(extra="", files=1024):
    with open(work + "/tocsin.yml", "w", encoding="utf-8") as file:
        file.write("source: {kind: syslog, listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0',\n"
                   "  'tcp://[::1]:0', 'tls://127.0.0.1:0'],\n"
                   f"  tls_certificate: '{work}/server.pem', tls_key: '{work}/server.key',\n"
                   f"  tls_clients: '{work}/authority.pem', record_bytes_max: 1KiB{extra}}}\n"
                   f"rules: {{paths: '{work}/rule.yml', watch: false}}\n"
                   f"output: {{alerts: [{{kind: file, path: '{work}/alerts'}}],\n"
                   f"  dead_letters: [{{kind: file, path: '{work}/dead'}}]}}\n"
                   f"metrics: {{path: '{work}/metrics', interval: 100ms}}\n")
    for name in ("alerts", "dead"):
        if os.path.exists(work + "/" + name):
            os.remove(work + "/" + name)
    with open(work + "/stderr", "wb") as errors:
        process = subprocess.Popen([tocsin, "run", "--config", work + "/tocsin.yml"],
                                   stderr=errors, preexec_fn=lambda: resource.setrlimit(
                                       resource.RLIMIT_NOFILE, (files, files)))
    atexit.register(process.kill)
    wait(lambda: " runs; source" in said(), "the service runs")
    return process


def said():
    with open(work + "/stderr", encoding="utf-8") as errors:
        return errors.read()


def wait(true, what):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    sys.exit(f"not within 20 s: {what}\n" + said() + str(sorted(set(expected) ^ set(marks()))[:50]))


def lines(name):
    try:
        with open(work + "/" + name, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def marks():
    return sorted(set(re.findall(r"mark-[a-z0-9-]+",
                                 " ".join(line["event"]["original"] for line in lines("alerts")))))


def ports():
    found = re.findall(r"listens at (\w+)://(\S+):(\d+)", said())
    return [(scheme, host.strip("[]"), int(port)) for scheme, host, port in found]


def message(mark):
    return f"<38>Mar  4 05:06:07 host sshd[1]: mark-{mark}".encode()


def counted(data):
    return str(len(data)).encode() + b" " + data


process = start()
(_, udp_host, udp), (_, _, tcp), (_, _, tcp6), (_, _, tls) = ports()
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.sendto(message("udp-1"), (udp_host, udp))
sender.sendto(message("udp-2") + b"\n", (udp_host, udp))

# Lines, in pieces, the last one without its end.
with socket.create_connection(("127.0.0.1", tcp)) as peer:
    data = message("tcp-1") + b"\n" + message("tcp-2") + b"\r\n" + message("tcp-3")
    for i in range(0, len(data), 7):
        peer.sendall(data[i:i + 7])
        time.sleep(0.002)
# Counted, on IPv6; then a record that is too long, and one behind it.
with socket.create_connection(("::1", tcp6)) as peer:
    peer.sendall(counted(message("six-1")) + counted(message("six-2")))
    peer.sendall(counted(message("six-long " + "x" * 5000)) + counted(message("six-3")))
# TLS: who has the authority's certificate is heard, others are not.
context = ssl.create_default_context(cafile=work + "/authority.pem")
context.check_hostname = False
for name, heard in (("client", True), ("nobody", False), (None, False)):
    mine = ssl.create_default_context(cafile=work + "/authority.pem")
    mine.check_hostname = False
    if name is not None:
        mine.load_cert_chain(f"{work}/{name}.pem", f"{work}/{name}.key")
    try:
        with mine.wrap_socket(socket.create_connection(("127.0.0.1", tls))) as peer:
            peer.sendall(counted(message(f"tls-{name}".lower())) * 1
                         + b"".join(counted(message(f"tls-{i}")) for i in range(2000) if heard))
            peer.settimeout(5)
            if not heard:
                assert peer.recv(1) == b""  # TLS 1.3: the refusal comes after the handshake
    except (ssl.SSLError, ConnectionError):
        assert not heard, name
expected = sorted(["mark-udp-1", "mark-udp-2", "mark-tcp-1", "mark-tcp-2", "mark-tcp-3",
                   "mark-six-1", "mark-six-2", "mark-six-3", "mark-tls-client"]
                  + [f"mark-tls-{i}" for i in range(2000)])
wait(lambda: marks() == sorted(expected), f"{len(expected)} alerts")
wait(lambda: [line["error"]["type"] if "error" in line else line["reason"]
              for line in lines("dead")] == ["oversize"], "one dead letter: " + str(lines("dead")))
senders = {mark: line["log"]["source"]["address"] for line in lines("alerts")
           for mark in re.findall(r"mark-[a-z0-9-]+", line["event"]["original"])}
assert {mark: sender for mark, sender in senders.items() if sender != "127.0.0.1"} == {
    "mark-six-1": "::1", "mark-six-2": "::1", "mark-six-3": "::1"}, senders
assert said().count("TLS with 127.0.0.1 failed") == 2, said()
assert len({line["id"] if "id" in line else line["event"]["id"]
            for line in lines("alerts")}) == len(expected)
process.terminate()
assert process.wait(timeout=20) == 0

# A stop reads what was sent already, though its sender has not closed the connection.
process = start()
_, (_, _, tcp), _, _ = ports()
with socket.create_connection(("127.0.0.1", tcp)) as peer:
    peer.sendall(b"".join(message(f"stop-{i}") + b"\n" for i in range(20000)) + message("stop-cut"))
    process.terminate()
    assert process.wait(timeout=20) == 0, said()
assert len(marks()) == 20001, len(marks())
assert "records 20001 = evaluated 20001 " in said(), said()

# As many connections are heard as files may be open, less 64; others are refused.
process = start(files=66)
_, (_, _, tcp), _, _ = ports()
peers = [socket.create_connection(("127.0.0.1", tcp)) for _ in range(5)]
for i, peer in enumerate(peers):
    try:
        peer.sendall(message(f"file-{i}") + b"\n")
    except ConnectionError:
        pass
wait(lambda: marks() == ["mark-file-0", "mark-file-1"], "two connections are heard")
wait(lambda: "tocsin_input_errors_total 3\n" in open(work + "/metrics", encoding="utf-8").read(),
     "three are counted")
assert said().count("a connection was refused") == 1, said()
for peer in peers:
    peer.close()
process.terminate()
assert process.wait(timeout=20) == 0, said()

# A sender above its rate: datagrams are dropped and counted, a connection is read more slowly.
process = start(", sender_rate: 50")
(_, udp_host, udp), (_, _, tcp), _, _ = ports()
for i in range(500):
    sender.sendto(message(f"fast-{i}"), (udp_host, udp))


def metric(name):
    with open(work + "/metrics", encoding="utf-8") as file:
        return float(re.search(rf"^{name} (\S+)$", file.read(), re.M).group(1))


wait(lambda: metric("tocsin_input_dropped_total") + len(marks()) == 500, "all 500 are accounted for")
assert 50 <= len(marks()) < 400, len(marks())
time.sleep(1.1)
before = len(marks())
with socket.create_connection(("127.0.0.1", tcp)) as peer:
    for i in range(100):
        peer.sendall(message(f"slow-{i}") + b"\n")
        time.sleep(0.001)
wait(lambda: len(marks()) == before + 100, "a connection loses nothing")
process.terminate()
assert process.wait(timeout=20) == 0

# What can't be listened at is said.
for listen, reason in (("udp://127.0.0.1", "write udp://"), ("http://127.0.0.1:1", "write udp://"),
                       ("tcp://203.0.113.1:5514", "Cannot assign")):
    with open(work + "/tocsin.yml", "w", encoding="utf-8") as file:
        file.write(f"source: {{kind: syslog, listen: '{listen}'}}\n"
                   f"rules: {{paths: '{work}/rule.yml'}}\noutput: {{alerts: [{{kind: stdout}}]}}\n")
    done = subprocess.run([tocsin, "run", "--config", work + "/tocsin.yml"], capture_output=True,
                          text=True, timeout=20, check=False)
    assert done.returncode in (2, 3) and reason in done.stderr, done
print("ok")
PYTHON
