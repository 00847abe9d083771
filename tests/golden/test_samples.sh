#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_samples.sh - the shipped rules find in the shipped sample logs exactly what was put there.
# Called as: bash test_samples.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
source_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/want" <<'END'
1 critical,Access key made for the root user
1 critical,Account with user id 0 created
1 critical,Root user signed in without MFA
1 high,Account added to an administrators' group
1 high,Administrator policy attached
1 high,Bucket listed by an anonymous client
1 high,Bucket policy for everybody
1 high,GuardDuty detector removed or suspended
1 high,KMS key deletion scheduled
1 high,Many failed console sign-ins from one address
1 high,Many kinds of API calls denied to one identity
1 high,Many objects deleted from one address
1 high,Root logged in over SSH with a password
1 high,Root user signed in to the console
1 medium,Access key made for another user
1 medium,Console password set for an IAM user
1 medium,Download tool run as root
1 low,Account created
1 medium,IAM user created
1 medium,IAM user signed in without MFA
1 medium,Root user called the API
1 medium,Many failed SSH logins from one address
1 medium,Names of objects guessed
1 medium,Permissions of a bucket or object changed
1 medium,Security group opened to every address
2 high,CloudTrail logging switched off
END
LC_ALL=C sort -o "$work/want" "$work/want"

cd "$source_dir"
for threads in 1 2; do
    "$tocsin" scan --rules rules --threads "$threads" --format csv --output "$work/$threads.jsonl" \
        --dead-letter "$work/dead_letters" deploy/samples >"$work/csv" 2>"$work/summary"
    tail -n +2 "$work/csv" | cut -d, -f2,3 | tr -d '"' | LC_ALL=C sort | uniq -c | sed 's/^ *//' | LC_ALL=C sort >"$work/got"
    diff "$work/want" "$work/got"
    grep -q 'residue 0' "$work/summary"
    if [ -s "$work/dead_letters" ]; then
        echo "dead letters:"
        cat "$work/dead_letters"
        exit 1
    fi
done
cmp "$work/1.jsonl" "$work/2.jsonl"
