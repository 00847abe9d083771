#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_memory_flat.sh - resident memory does not grow with the input. bench/flat does it with 10 GB.
# Called as: bash test_memory_flat.sh TOCSIN SOURCE_DIR
set -euo pipefail
tocsin=$1
source_dir=$2
build=$(dirname "$tocsin")
if grep -qa -e __asan_init -e __tsan_init "$tocsin"; then
    echo "sanitizers keep freed memory: skipped"
    exit 77
fi
[ -x "$build/bench/generate" ] || { echo "no bench/generate in $build: skipped"; exit 77; }
"$source_dir/bench/flat" --bytes 300e6 --threads 2 --build "$build"
