#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_kafka_relay.sh - what `tocsin relay` writes to a real broker gives the alerts that the listener
# gives itself; SIGTERM and a broker that is gone for a while lose nothing; after a kill there is no
# gap.
# Called as: bash test_kafka_relay.sh TOCSIN SOURCE_DIR
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

lines=20000
mkdir "$work/rules"
cat >"$work/rules/marked.yml" <<'RULE'
title: Marked
id: 5c9b1c52-6a3e-4d7c-9f0b-2f8f0d3f6a11
logsource: {}
detection:
  keywords: ['mark-']
  near: {log.source.address|cidr: 127.0.0.0/8}
  condition: keywords and near
RULE
(
    cd "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out authority.pem -days 2 \
        -subj /CN=authority
    for name in server sender-7; do
        openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name"
        openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
            -days 2 -out $name.pem
    done
) >"$work/openssl.log" 2>&1

listener="kind: syslog
  listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tls://127.0.0.1:0']
  tls_certificate: $work/server.pem
  tls_key: $work/server.key
  tls_clients: $work/authority.pem
  record_bytes_max: 1KiB"
rest="rules: {paths: $work/rules}
decoder: {syslog_year: 2026}"

# write_relay TOPIC
write_relay() {
    cat >"$work/relay.yml" <<CONFIG
source:
  $listener
relay:
  brokers: $broker
  topic: $1
metrics: {path: $work/relay.prom, interval: 100ms}
CONFIG
}

# start NAME COMMAND: in the background; its number is in $work/NAME.pid, its ports in ports.
start() {
    rm -f "$work/$1.log"
    "$tocsin" "$2" --config "$work/$1.yml" 2>"$work/$1.log" &
    echo $! >"$work/$1.pid"
    wait_for 20 grep -qs ' runs; source\| relays to topic' "$work/$1.log"
    mapfile -t ports < <(sed -n 's/.*listens at [a-z]*:.*:\([0-9]*\)$/\1/p' "$work/$1.log")
}

# stop NAME: by SIGTERM; its exit code must be 0.
stop() {
    local pid code=0
    pid=$(cat "$work/$1.pid")
    kill -TERM "$pid"
    wait "$pid" || code=$?
    rm -f "$work/$1.pid"
    [ "$code" = 0 ] || fail "$1: exit code $code"
}

# send WHAT...: to the ports of the one that was started last.
send() {
    python3 "$work/send.py" "$work" "${ports[@]}" "$@"
}
cat >"$work/send.py" <<'PYTHON'
import socket, ssl, sys
work, udp, tcp, tls = sys.argv[1], *map(int, sys.argv[2:5])
def message(mark):
    return f"<38>Mar  4 05:06:07 host sshd[1]: mark-{mark}".encode()
def counted(data):
    return str(len(data)).encode() + b" " + data
def connect(port=tcp):
    return socket.create_connection(("127.0.0.1", port))
if sys.argv[5] == "kinds":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for data in (message("udp"), message("udp-end") + b"\n", message("udp-a") + b"\n" + message("udp-b"),
                     b'{"time": "2026-03-04T05:06:07Z", "a": "mark-json", "log": {"source": {"address": "192.0.2.1"}}}'):
            datagrams.sendto(data, ("127.0.0.1", udp))
    with connect() as peer:
        peer.sendall(message("line") + b"\n\n" + message("cr") + b"\r\n" + message("long" + "x" * 3000) + b"\n")
        peer.sendall(b"what is this\n" + message("last"))
    with connect() as peer:
        peer.sendall(counted(message("counted")) + counted(message("two\nlines")) + counted(message("end\n")))
        peer.sendall(counted(message("counted-" + "x" * 3000)) + counted(message("behind")) + b"99 <38>cut")
    context = ssl.create_default_context(cafile=work + "/authority.pem")
    context.check_hostname = False
    context.load_cert_chain(work + "/sender-7.pem", work + "/sender-7.key")
    with context.wrap_socket(connect(tls)) as peer:
        peer.sendall(b"".join(counted(message(f"tls-{i}")) for i in range(500)))
else:
    first, count = int(sys.argv[6]), int(sys.argv[7])
    with connect() as peer:
        for i in range(first, first + count):
            peer.sendall(message(f"line-{i}") + b"\n")
        print("sent", flush=True)
        if sys.argv[5] == "hold":
            peer.recv(1)
PYTHON

# relay_has METRIC COUNT
relay_has() {
    [ "$(awk -v name="tocsin_$1" '$1 == name { print $2 }' "$work/relay.prom")" = "$2" ]
}

# count_marks TOPIC: how many different lines of `send lines` the topic has, and how many in all.
count_marks() {
    read_topic "$1" | grep -o 'mark-line-[0-9]*' >"$work/marks" || true
    echo "$(sort -u "$work/marks" | wc -l) of $(wc -l <"$work/marks")"
}

start_kafka
make_topics 3 kinds stopped outage killed

# The same by the listener itself and by way of the topic.
cat >"$work/direct.yml" <<CONFIG
source:
  $listener
$rest
output:
  alerts: [{kind: file, path: $work/direct.jsonl}]
  dead_letters: [{kind: file, path: $work/direct.dead}]
CONFIG
start direct run
send kinds
direct_has() { [ "$(wc -l <"$work/direct.jsonl")" -ge 512 ]; }
wait_for 20 direct_has
stop direct
write_relay kinds
start relay relay
send kinds
wait_for 20 relay_has relay_acknowledged_total 515
stop relay
grep -q 'records 516 = acknowledged 515 + refused 0 + blank 1 + lost 0; datagrams dropped 0' \
    "$work/relay.log" || fail "$(tail -n 2 "$work/relay.log")"
while read -r _ _ name sentence; do
    grep -qF "| \`$name\` | " "$source_dir/docs/METRICS.md" &&
        grep -qF "| $sentence |" "$source_dir/docs/METRICS.md" || fail "METRICS.md lacks $name"
done < <(grep '^# HELP' "$work/relay.prom")
cat >"$work/topic.yml" <<CONFIG
source:
  kind: kafka
  brokers: $broker
  group: kinds
  topics: kinds
  record_bytes_max: 1KiB
  relayed: true
  stop_at_end: true
$rest
output:
  alerts: [{kind: file, path: $work/topic.jsonl}]
  dead_letters: [{kind: file, path: $work/topic.dead}]
CONFIG
timeout 60 "$tocsin" run --config "$work/topic.yml" 2>"$work/topic.log" || fail "run: $?"
facts() {
    jq -c '[.log.source.address, ."@timestamp", .event.original, .event.dataset]' "$1" | LC_ALL=C sort
}
facts "$work/direct.jsonl" >"$work/want"
[ "$(grep -c '^."127.0.0.1",.*mark-' "$work/want")" = 512 ] || fail "the listener gives too few alerts"
facts "$work/topic.jsonl" | diff "$work/want" - || fail "alerts by way of the topic"
jq -c '[.reason, .record[:1000]]' "$work/direct.dead" | sort >"$work/want.dead"
[ "$(wc -l <"$work/want.dead")" -ge 3 ] || fail "dead letters: $(cat "$work/direct.dead")"
jq -c '[.reason, .record[:1000]]' "$work/topic.dead" | sort | diff "$work/want.dead" - || fail "dead letters"
kcat -b "$broker" -C -t kinds -o beginning -e -q -f '%k %h %s\n' >"$work/messages"
grep -q '^127.0.0.1 tocsin.sender=127.0.0.1,tocsin.listener=tls://127.0.0.1:[0-9]*,tocsin.transport=tls,tocsin.received=20[0-9TZ:.-]*,tocsin.certificate=sender-7 <38>.*mark-tls-0$' \
    "$work/messages" || fail "headers: $(grep -m 1 tls-0 "$work/messages")"
grep -q '^127.0.0.1 tocsin.sender=127.0.0.1,tocsin.listener=udp://.*,tocsin.transport=udp,tocsin.received=[^,]* <38>.*mark-udp$' \
    "$work/messages" || fail "headers of a datagram"

# SIGTERM while all is on its way: what the sender has sent arrives.
write_relay stopped
for round in 1 2 3; do
    start relay relay
    rm -f "$work/sent"
    send hold $((round * lines)) "$lines" >"$work/sent" &
    sender=$!
    wait_for 20 test -s "$work/sent"
    stop relay
    wait "$sender" || fail "the sender was cut off"
done
[ "$(count_marks stopped)" = "$((3 * lines)) of $((3 * lines))" ] || fail "SIGTERM: $(count_marks stopped)"

# The broker is gone for a while: the sender waits, and nothing is lost or repeated.
write_relay outage
start relay relay
send lines 0 "$lines"
kafka stop
send lines "$lines" "$lines"
sleep 2
kafka start
send lines $((2 * lines)) "$lines"
wait_for 60 relay_has relay_acknowledged_total $((3 * lines))
stop relay
[ "$(count_marks outage)" = "$((3 * lines)) of $((3 * lines))" ] || fail "outage: $(count_marks outage)"
# Killed: what is in the topic is a beginning of what was sent, at least what was acknowledged.
write_relay killed
rm -f "$work/relay.prom"
start relay relay
send lines 0 1000000 >"$work/sent" 2>"$work/sender.log" &
sender=$!
acknowledged() {
    awk '$1 == "tocsin_relay_acknowledged_total" { print $2 }' "$work/relay.prom" 2>/dev/null
}
has_some() { [ "$(acknowledged)" -ge 1000 ] 2>/dev/null; }
wait_for 20 has_some
kill -KILL "$(cat "$work/relay.pid")"
rm -f "$work/relay.pid"
wait "$sender" && fail "all was sent before the kill; the test shows nothing"
count_marks killed >"$work/count"
there=$(wc -l <"$work/marks")
[ "$there" -ge "$(acknowledged)" ] || fail "killed: $(acknowledged) acknowledged, $there there"
seq -f 'mark-line-%.0f' 0 $((there - 1)) | cmp - "$work/marks" || fail "killed: a gap or a repeat"
echo "$there lines of a relay that was killed"
echo "$(wc -l <"$work/want") alerts twice the same; $((6 * lines)) lines"
