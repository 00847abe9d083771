#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_nemesis.sh - a short run of the nemesis with the state in a folder, and one with it in Redis.
# Called as: bash test_nemesis.sh TOCSIN SOURCE_DIR
exec "$(dirname "$0")/nemesis" --seed "${TOCSIN_SEED:-1}" --rounds 20 --run-rounds 10 \
    --mode local,redis "$1" "$2"
