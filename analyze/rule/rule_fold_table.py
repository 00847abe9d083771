#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes analyze/rule/rule_fold_table.h: Unicode's simple case folding (statuses C and S of
CaseFolding.txt), as far as it keeps a code point's length in UTF-8.

The data is that of Python's unicodedata, so the table's version is Python's.
Usage: python3 analyze/rule/rule_fold_table.py > analyze/rule/rule_fold_table.h
"""
import sys
import unicodedata


def simple_fold(code):
    """C and S: one code point for one. A letter that folds to several (F) takes its lower case,
    if that is one (S), else itself."""
    character = chr(code)
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return ord(folded)
    return code


def utf8_len(code):
    return len(chr(code).encode())


def folding_codes():
    for code in range(0x80, 0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        folded = simple_fold(code)
        if folded != code and utf8_len(folded) == utf8_len(code):
            yield code, folded - code


def ranges():
    """Runs of code points, 1 or 2 apart, with one delta."""
    runs = []
    for code, delta in folding_codes():
        run = runs[-1] if runs else None
        step = code - run["last"] if run else 0
        joins = run and run["delta"] == delta and step <= 2
        if joins and (run["first"] == run["last"] or run["step"] == step):
            run["step"] = step
            run["last"] = code
        else:
            runs.append({"first": code, "last": code, "step": 1, "delta": delta})
    return runs


def main():
    runs = ranges()
    count = sum((run["last"] - run["first"]) // run["step"] + 1 for run in runs)
    print(f"""/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_fold_table.h - written by rule_fold_table.py: simple case folding of Unicode
 * {unicodedata.unidata_version}, {count} code points.
 *
 * Thread: any; constant.   Owns: nothing.
 * Invariants: (1) sorted, without overlaps.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_FOLD_TABLE_H
#define TOCSIN_ANALYZE_RULE_RULE_FOLD_TABLE_H

#include <stdint.h>

struct fold_range {{
    uint32_t first;
    uint32_t last;
    uint32_t step; /* between those that fold: 1 or 2 */
    int32_t delta; /* added to fold */
}};

#define FOLD_CODES {count}
""")
    print("static const struct fold_range fold_ranges[] = {")
    for run in runs:
        print(f"    {{0x{run['first']:X}, 0x{run['last']:X}, {run['step']}, {run['delta']}}},")
    print("};\n\n#endif")


if __name__ == "__main__":
    sys.exit(main())
