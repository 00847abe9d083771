#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Pipelines change rules of others while they are loaded: those that come with the program, those
# that are named, those that stand among the rules.
set -euo pipefail
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
owner=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
fail() {
    echo "test_pipelines: $*" >&2
    exit 1
}

mkdir "$work/rules" "$work/more"
cat >"$work/rules/probe.yml" <<END
title: Probe of a web server
id: probe
logsource: {category: webserver}
detection:
    s: {cs-method: GET, 'cs-uri-query|contains': '/.env', sc-status: [403, 404]}
    n: {cs-user-agent: null}
    condition: s and not n
level: low
END
s3() { # URI STATUS AGENT
    printf '%s logs [06/Feb/2026:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k "%s" %s - 113 - 7 - "-" "%s" -\n' \
        "$owner" "$1" "$2" "$3"
}
{
    s3 'GET /site/.env?x=1 HTTP/1.1' 404 curl/8
    s3 'GET /site/.env HTTP/1.1' 200 curl/8
    s3 'HEAD /site/.env HTTP/1.1' 404 curl/8
    s3 'GET /site/.env HTTP/1.1' 403 -
    s3 'GET /site/.env HTTP/1.1' 403 curl/8
} >"$work/log"
count() { "$tocsin" scan --quiet --no-progress --format json "$@" "$work/log" | wc -l; }

# A rule for web servers looks at S3's requests with the pipelines of the program, not without.
[ "$(count --rules "$work/rules")" = 2 ] || fail "$(count --rules "$work/rules") alerts, not 2"
[ "$(count --rules "$work/rules" --pipeline none)" = 0 ] || fail "alerts without pipelines"
"$tocsin" rules list "$work/rules" | grep -q "equality.*webserver" || fail "rules list says never"
"$tocsin" rules list --pipeline none "$work/rules" | grep -q never || fail "rules list has it"
"$tocsin" rules check "$work/rules" | grep -q '^1 file' || fail "pipelines are counted as rules"

# A pipeline that is named is used instead; one among the rules is used beside.
cat >"$work/more/mine.yml" <<END
name: mine
transformations:
    - {type: add_logsource, product: aws}
    - type: field_name_mapping
      mapping: {cs-method: http_method, cs-uri-query: http_path, sc-status: http_status}
    - type: drop_detection_item
      field_name_conditions: [{type: include_fields, fields: [cs-user-agent]}]
END
[ "$(count --rules "$work/rules" --pipeline "$work/more")" = 3 ] || fail "--pipeline"
cp "$work/more/mine.yml" "$work/rules"
[ "$(count --rules "$work/rules" --pipeline none)" = 3 ] || fail "a pipeline among the rules"
cat >"$work/run.yml" <<END
source: {kind: file, paths: [$work/log], follow: false}
rules: {paths: [$work/rules/probe.yml], pipelines: [$work/more]}
output: {alerts: [{kind: file, path: $work/alerts}]}
END
timeout 60 "$tocsin" run --config "$work/run.yml" >/dev/null 2>&1
[ "$(wc -l <"$work/alerts")" = 3 ] || fail "rules.pipelines"

# JSON events are what the operator says that they are: by scan's option, by the configuration.
cat >"$work/audit.yml" <<END
title: A module is loaded
id: module
logsource: {product: linux, service: auditd}
detection: {s: {type: SYSCALL, syscall: init_module}, condition: s}
level: low
END
printf '{"type":"SYSCALL","syscall":"init_module"}\n{"cs-method":"GET","cs-uri-query":"/a/.env","sc-status":404,"cs-user-agent":"x"}\n' >"$work/log"
[ "$(count --rules "$work/audit.yml")" = 0 ] || fail "a rule for auditd looks at any JSON"
[ "$(count --rules "$work/audit.yml" --logsource product=linux,service=auditd)" = 1 ] || fail auditd
[ "$(count --rules "$work/audit.yml" --logsource product=linux)" = 0 ] || fail "a part is missing"
[ "$(count --rules "$work/rules/probe.yml" --logsource category=webserver)" = 1 ] || fail webserver
"$tocsin" scan --quiet --format json --rules "$work/audit.yml" \
    --logsource 'service=auditd,product=linux' "$work/log" | grep -q '"logsource":"linux/auditd"' ||
    fail "the alert does not name its log source"
cat >"$work/run.yml" <<END
source: {kind: file, paths: [$work/log], follow: false, logsource: 'product=linux,service=auditd'}
rules: {paths: [$work/audit.yml]}
output: {alerts: [{kind: file, path: $work/audit.alerts}]}
END
timeout 60 "$tocsin" run --config "$work/run.yml" >/dev/null 2>&1
[ "$(wc -l <"$work/audit.alerts")" = 1 ] || fail "source.logsource"

# A wrong pipeline is an error with its place.
printf 'name: bad\ntransformations:\n    - type: teleport\n' >"$work/more/bad.yml"
set +e
found=$("$tocsin" rules check --pipeline "$work/more/bad.yml" "$work/rules/probe.yml" 2>&1)
code=$?
set -e
[ "$code" = 1 ] || fail "rules check ends with $code"
[[ $found == *"$work/more/bad.yml:3:13: error: bad: there is no transformation 'teleport'"* ]] ||
    fail "$found"
