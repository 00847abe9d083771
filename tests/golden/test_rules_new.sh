#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_rules_new.sh - `tocsin rules new`: what it writes passes `rules check --strict` and `rules
# test`, for every source, with and without a correlation.
# Called: test_rules_new.sh TOCSIN SOURCE_DIR.
set -u
tocsin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

mkdir rules
for source in aws/cloudtrail aws/s3access linux/sshd linux/sudo linux/syslog; do
    name=rules/${source/\//_}
    "$tocsin" rules new --source $source "$name.yml" >made || fail "$source: exit code $?"
    printf '%s\n' "$name.yml" "$name.test.yml" | diff - made || fail "$source: printed"
    "$tocsin" rules new --source $source --correlation "${name}_many.yml" >/dev/null ||
        fail "$source with a correlation: exit code $?"
done
"$tocsin" rules check --strict rules >result || fail "rules check: exit code $?"
grep -q '15 rules loaded, 0 errors, 0 unsupported, 0 warnings' result || fail "$(cat result)"
"$tocsin" rules test --coverage rules >result || fail "rules test: exit code $?"
echo '10 files, 30 tests: 30 passed, 0 failed; 0 broken files; 0 of 15 rules have no test' |
    diff - result || fail 'rules test'

# Ids are random UUIDs of version 4, and no two are equal.
grep -h '^id: ' rules/*.yml >ids
[ "$(sort -u ids | wc -l)" = 15 ] || fail 'ids are not unique'
[ "$(grep -cE '^id: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' ids)" = 15 ] ||
    fail 'ids are not of version 4'
grep -q "^title: 'Linux sshd many'" rules/linux_sshd_many.yml || fail 'title'
grep -q "^date: $(date -u +%Y-%m-%d)" rules/linux_sshd.yml || fail 'date'

# A file that is there stays as it is.
cp rules/linux_sshd.yml before
"$tocsin" rules new rules/linux_sshd.yml 2>message
[ $? = 2 ] || fail 'an existing rule: exit code'
cmp -s before rules/linux_sshd.yml || fail 'an existing rule was changed'
rm rules/linux_sshd.yml
"$tocsin" rules new rules/linux_sshd.yml 2>message
[ $? = 2 ] || fail 'an existing test: exit code'
[ -e rules/linux_sshd.yml ] && fail 'a rule beside an existing test was made'
"$tocsin" rules new rules/name.txt 2>message
[ $? = 2 ] || fail 'another ending: exit code'
"$tocsin" rules new nowhere/name.yml 2>message
[ $? = 3 ] || fail 'no such folder: exit code'
[ "$failures" = 0 ] && echo 'ok'
exit "$((failures > 0))"
