#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_doc_examples.sh - the rules in the documentation load, and its terminals print what they say:
# see doc_examples.py. Called: test_doc_examples.sh TOCSIN SOURCE_DIR.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pages=()
for page in README.md docs/RULES.md docs/CORRELATIONS.md docs/EXTENSIONS.md docs/PIPELINES.md \
    docs/WORKBENCH.md docs/CONVERT.md; do
    [ ! -e "$2/$page" ] || pages+=("$2/$page")
done
export LC_ALL=C.UTF-8
python3 "$2/tests/golden/doc_examples.py" "$1" "$work" "${pages[@]}"
