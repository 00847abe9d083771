#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules over lines are decided with the fields that rules ask for, before the others are made: fields
# that only one kind of condition names, and fields that only an alert or a correlation names.
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
owner=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

rule() { # NAME LOGSOURCE DETECTION
    printf 'title: %s\nlogsource: {%s}\ndetection:\n    condition: s and not n\n%s\nlevel: low\n' \
        "$1" "$2" "$3" >"$work/rules/$1.yml"
}
mkdir "$work/rules"
rule compared 'product: linux' '    s: {program: sudo, user|fieldref: target_user}
    n: {command|re: "^/bin/l"}'
rule excluded 'product: aws, service: s3access' '    s: {operation: REST.GET.OBJECT}
    n: {http_path|contains: public}'
rule absent 'product: aws, service: s3access' '    s: {http_status: 403, error_code|exists: true}
    n: {cipher_suite: null}'

cat >"$work/log" <<END
Feb  1 02:03:04 gate sudo: ann : TTY=pts/0 ; PWD=/ ; USER=ann ; COMMAND=/bin/cat x
Feb  1 02:03:05 gate sudo: ann : TTY=pts/0 ; PWD=/ ; USER=ann ; COMMAND=/bin/ls
Feb  1 02:03:06 gate sudo: ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/cat x
$owner b [01/Feb/2026:02:03:07 +0000] 192.0.2.3 ann 3E5 REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 1 2 3 4 "r" "agent one" - H= SigV4 C AuthHeader h TLSv1.2 - -
$owner b [01/Feb/2026:02:03:08 +0000] 192.0.2.3 ann 3E5 REST.GET.OBJECT k "GET /public/k HTTP/1.1" 200 - 1 2 3 4 "r" "agent" - H= SigV4 C AuthHeader h TLSv1.2 - -
$owner b [01/Feb/2026:02:03:09 +0000] 192.0.2.3 ann 3E5 REST.PUT.OBJECT k "PUT /k HTTP/1.1" 403 AccessDenied 1 2 3 4 "r" "agent" - H= SigV4 - AuthHeader h - - -
$owner b [01/Feb/2026:02:03:10 +0000] 192.0.2.3 ann 3E5 REST.PUT.OBJECT k "PUT /k HTTP/1.1" 403 AccessDenied 1 2 3 4 "r" "agent" - H= SigV4 C AuthHeader h TLSv1.2 - -
END
"$tocsin" scan --rules "$work/rules" --format json --quiet --syslog-year 2026 "$work/log" >"$work/alerts"

got=$(python3 - "$work/alerts" <<'END'
import json
import sys

def field(alert, name):
    """A field of an alert, whether its names are nested or dotted."""
    if name in alert:
        return alert[name]
    for key, value in alert.items():
        if isinstance(value, dict) and name.startswith(key + "."):
            return field(value, name[len(key) + 1:])
    return None

for line in open(sys.argv[1], encoding="utf-8"):
    alert = json.loads(line)
    print(field(alert, "rule.name"), field(alert, "@timestamp"), field(alert, "host.name"),
          field(alert, "user_agent.original"), field(alert, "process.command_line"))
END
)
want='compared 2026-02-01T02:03:04Z gate None /bin/cat x
excluded 2026-02-01T02:03:07Z None agent one None
absent 2026-02-01T02:03:10Z None agent None'
if [ "$got" != "$want" ]; then
    printf 'test_lines: got\n%s\nwant\n%s\n' "$got" "$want" >&2
    exit 1
fi
