#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_tidy.sh - what the project asks of every C file, and a compiler does not check: see tidy.py.
# Called as: bash test_tidy.sh TOCSIN SOURCE_DIR
set -euo pipefail
source_dir=${2:-$(cd "$(dirname "$0")/../.." && pwd)}
if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    exit 77
fi
python3 "$source_dir/tests/lint/tidy.py" --self-test
exec python3 "$source_dir/tests/lint/tidy.py" "$source_dir"
