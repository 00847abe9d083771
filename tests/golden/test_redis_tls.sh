#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_redis_tls.sh - a Redis server that speaks TLS only: by tls:// where the program has it, and by
# stunnel with the configuration in deploy/stunnel.
# Called: test_redis_tls.sh TOCSIN SOURCE_DIR. Needs openssl and a redis-server with TLS.
set -eu
tocsin=$1
source_dir=$2
for need in openssl redis-server redis-cli; do
    command -v $need >/dev/null || { echo "skipped: $need is not installed"; exit 77; }
done
work=$(mktemp -d)
redis='' tunnel=''
pid=
trap 'for pid in $redis $tunnel; do kill "$pid"; wait "$pid" || true; done 2>/dev/null; rm -rf "$work"' EXIT
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# authority NAME, and certificate NAME of an authority for localhost.
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1"
}
(
    cd "$work"
    authority ours
    authority theirs
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    printf 'subjectAltName = DNS:localhost\n' >san
    openssl x509 -req -in server.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 \
        -extfile san -out server.pem
) >"$work/openssl.log" 2>&1 || { cat "$work/openssl.log"; exit 1; }

port=$((24000 + $$ % 4000))
redis-server --port 0 --tls-port $port --tls-cert-file "$work/server.pem" \
    --tls-key-file "$work/server.key" --tls-ca-cert-file "$work/ours.pem" --tls-auth-clients no \
    --dir "$work" --save '' --appendonly no >"$work/redis.log" 2>&1 &
redis=$!
cli() { redis-cli -h localhost -p $port --tls --cacert "$work/ours.pem" "$@" 2>/dev/null; }
for _ in $(seq 200); do
    [ "$(cli ping)" = PONG ] && break
    kill -0 $redis 2>/dev/null || { redis=''; echo 'skipped: redis-server has no TLS'; exit 77; }
    sleep 0.05
done
cli sadd blocked 10.1.1.1 >/dev/null

mkdir -p "$work/set/lists"
cat >"$work/set/rule.yml" <<'RULE'
title: Blocked address
id: 7d0c2f3c-6a0e-4b8e-9a51-4d2f1f1f7a11
logsource: {}
detection:
  known: {ip|expand: "%blocked%"}
  condition: known
level: high
RULE
printf '{"ip":"10.1.1.1"}\n{"ip":"10.1.1.2"}\n' >"$work/ips.jsonl"
# finds ADDRESS AUTHORITY: how many records are in the set at the address, or what is wrong.
finds() {
    printf '# redis: %s blocked\n' "$1" >"$work/set/lists/blocked.txt"
    SSL_CERT_FILE=$work/$2.pem "$tocsin" scan --quiet --format json --decoder json \
        --rules "$work/set" "$work/ips.jsonl" >"$work/alerts" 2>/dev/null || true
    SSL_CERT_FILE=$work/$2.pem "$tocsin" rules check "$work/set" >"$work/said" 2>&1 || true
    if [ -s "$work/alerts" ]; then wc -l <"$work/alerts"; else tr '\n' ' ' <"$work/said"; fi
}

got=$(finds "tls://localhost:$port" ours)
case $got in
1)
    got=$(finds "tls://localhost:$port" theirs)
    [[ $got == *"certificate is not accepted"* ]] || fail "an authority that is not ours: $got"
    got=$(finds "tls://127.0.0.1:$port" ours)
    [[ $got == *"certificate is not accepted"* ]] || fail "a certificate for another name: $got"
    ;;
*"built with a hiredis that has no TLS"*)
    echo 'this program has no TLS for Redis: only stunnel is tried'
    ;;
*) fail "tls://: $got" ;;
esac

stunnel=$(command -v stunnel || true)
[ -n "$stunnel" ] || { echo 'stunnel is not installed: it is left out'; exit 0; }
# tunnel AUTHORITY: the configuration with this server's names.
tunnel() {
    [ -z "$tunnel" ] || { kill "$tunnel"; wait "$tunnel" || true; }
    rm -f "$work/redis.sock"
    sed -e "s|/run/stunnel-redis/|$work/|" -e "s|redis.example.net:6380|localhost:$port|" \
        -e "s|redis.example.net|localhost|" \
        -e "s|/etc/ssl/certs/ca-certificates.crt|$work/$1.pem|" \
        "$source_dir/deploy/stunnel/redis.conf" >"$work/stunnel.conf"
    "$stunnel" "$work/stunnel.conf" >"$work/stunnel.log" 2>&1 &
    tunnel=$!
    for _ in $(seq 100); do
        [ -S "$work/redis.sock" ] && return
        sleep 0.05
    done
    fail "stunnel: $(cat "$work/stunnel.log")"
}
tunnel ours
got=$(finds "$work/redis.sock" ours)
[ "$got" = 1 ] || fail "stunnel: $got"
tunnel theirs
got=$(finds "$work/redis.sock" ours)
[[ $got == *"Redis set blocked"* ]] || fail "stunnel with an authority that is not ours: $got"
echo ok
