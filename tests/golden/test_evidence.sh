#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_evidence.sh - an alert carries the selections, fields and values that made its rule match (the
# acceptance list's line 38).
# Called: test_evidence.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >rules.yml <<'END'
title: One
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a041
logsource: {product: aws, service: cloudtrail}
detection:
    who: {eventSource: iam.amazonaws.com, userIdentity.arn|endswith: [':root', ':user/eve']}
    what: {eventName: [GetUser, CreateUser]}
    other: {eventName: DeleteUser, requestParameters.force: true}
    tags: {requestParameters.tags.key|startswith: se}
    none: {errorCode: null}
    not_us: {userAgent: ours}
    condition: who and (other or what) and tags and none and not not_us
---
title: Two
id: 6c0f8f3e-9a4e-4d53-9d2c-0a3a4bb6a042
logsource: {product: aws, service: cloudtrail}
detection: {words: [nothing, se*et], condition: words}
END
{
    printf '{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userAgent":"curl",'
    printf '"userIdentity":{"arn":"arn:aws:iam::1:user/Eve"},'
    printf '"requestParameters":{"tags":[{"key":"x"},{"key":"secret%s"},{"key":"self"}]}}\n' \
        "$(printf 'ä%.0s' {1..200})"
} >log.jsonl
"$tocsin" scan --rules rules.yml --format json --quiet log.jsonl >alerts.jsonl || exit 1
python3 - <<'END' && echo 'ok'
import json

one, two = [json.loads(line)["tocsin"]["matched"] for line in open("alerts.jsonl")]
assert one == [
    {"selection": "who", "field": "eventSource", "value": "iam.amazonaws.com"},
    {"selection": "who", "field": "userIdentity.arn", "value": "arn:aws:iam::1:user/Eve"},
    {"selection": "what", "field": "eventName", "value": "CreateUser"},
    {"selection": "tags", "field": "requestParameters.tags.key", "value": "secret" + 125 * "ä"},
    {"selection": "none", "field": "errorCode", "value": ""},
], one
assert len(two) == 1 and two[0]["selection"] == "words" and "field" not in two[0], two
END
