#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_nemesis.sh - a short run of the nemesis: each fault about once.
# Called as: bash test_nemesis.sh TOCSIN SOURCE_DIR
exec "$(dirname "$0")/nemesis" --seed "${TOCSIN_SEED:-1}" --rounds 7 --run-rounds 7 --mode memory \
    "$1" "$2"
