/* SPDX-License-Identifier: Apache-2.0
 *
 * match_scan.h - where in a text a literal of a pass could stand: the bitmap test at every place.
 *
 * In:  a text, a pass of a literal filter.   Out: the places whose gram is in the bitmap.
 * Thread: any; pure.   Owns: nothing.
 * Invariants: (1) every implementation gives the same places (tests/unit/test_match_scan.c).
 *             (2) no byte outside the text is read.
 * Bounds: O(len).
 */
#ifndef TOCSIN_ANALYZE_MATCH_MATCH_SCAN_H
#define TOCSIN_ANALYZE_MATCH_MATCH_SCAN_H

#include "analyze/plan/plan_internal.h"
#include "base/str.h"

/* Places that one call returns at most. */
#define MATCH_SCAN_PLACES 64U

/* Fills places with those from *from on, a multiple of the stride, in their order; returns how
 * many. *from becomes where the next call goes on, STR_NOT_FOUND when the text is done. */
typedef uint32_t match_scan_fn(const struct literal_pass *pass, struct str text, size_t *from,
                               uint32_t places[MATCH_SCAN_PLACES]);

match_scan_fn match_scan_plain;
#if defined(__x86_64__)
match_scan_fn match_scan_avx2;
#endif

struct match_scan_row {
    const char *name;
    match_scan_fn *scan;
    bool (*usable)(void);
};
/* The fastest first; a NULL name ends it. */
extern const struct match_scan_row match_scan_table[];

/* The fastest that this machine has. */
match_scan_fn *match_scan_choose(void);

#endif
