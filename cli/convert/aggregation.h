/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregation.h - what stands behind the | of an obsolete Sigma condition.
 *
 * In:  `selection | count(field) by a, b > 5`, `selection | near other and another`.
 * Out: its parts.   Thread: any.   Owns: nothing; parts point into the condition.
 * Bounds: AGGREGATION_PARTS_MAX parts; linear in the condition.
 */
#ifndef TOCSIN_CLI_CONVERT_AGGREGATION_H
#define TOCSIN_CLI_CONVERT_AGGREGATION_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define AGGREGATION_PARTS_MAX 15

struct aggregation {
    struct str before;      /* the condition in front of the | */
    bool near;              /* else a function */
    struct str function;    /* count, sum, avg, min, max */
    struct str field;       /* "": none */
    const char *comparison; /* gt, gte, lt, lte, eq, neq */
    struct str number;
    struct str parts[AGGREGATION_PARTS_MAX]; /* near: conditions; else the fields of by */
    uint32_t parts_count;
};

/* True when a condition has an aggregation, be it one that can't be read. */
bool aggregation_is_in(struct str condition);
/* Reads condition, which has one. NULL, or why it can't be read. */
const char *aggregation_read(struct str condition, struct aggregation *read);

#endif
