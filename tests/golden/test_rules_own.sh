#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_own.sh - each rule that comes with the program has a test that it matches and one that
# it does not, and all of them pass.
# Called: test_rules_own.sh TOCSIN SOURCE_DIR.
set -euo pipefail
tocsin=$1
cd "$2"
result=$("$tocsin" rules test --coverage rules) || {
    echo "$result"
    exit 1
}
if grep -q UNTESTED <<<"$result"; then
    echo "$result"
    exit 1
fi
for file in rules/*/*.test.yml; do
    if ! grep -q 'match: true' "$file" || ! grep -q 'match: false' "$file"; then
        echo "FAILED: $file has no positive or no negative test"
        exit 1
    fi
done
echo 'ok'
