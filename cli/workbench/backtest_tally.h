/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_tally.h - what the matches of one rule over logs have in common: days, fields, samples.
 *
 * In:  matches, one after the other, each with its time and fields.   Out: counts.
 * Thread: one.   Owns: everything; freed together.
 * Invariants: (1) a value is counted once a match, however often an array has it.
 *             (2) what is beyond a bound is counted: in others, fields_beyond.
 * Bounds: TALLY_FIELDS_MAX fields, TALLY_VALUES_MAX distinct values of each, TALLY_TEXT_MAX bytes
 * of a value. Tested: tests/golden/test_rules_backtest.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_BACKTEST_TALLY_H
#define TOCSIN_CLI_WORKBENCH_BACKTEST_TALLY_H

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

#include <stdint.h>

#define TALLY_FIELDS_MAX  500
#define TALLY_VALUES_MAX  10000
#define TALLY_TEXT_MAX    200
#define TALLY_SAMPLES_MAX 3

struct tally_value {
    struct str text;
    uint64_t matches;
    uint64_t last; /* the number of the match that had it last */
};

struct tally_field {
    struct str name;
    struct map *index; /* text -> number of the value */
    struct tally_value *values;
    uint32_t values_count;
    uint32_t values_capacity;
    uint64_t matches; /* that have the field */
    uint64_t last;
    uint64_t others; /* occurrences of values beyond the bound */
};

struct tally_day {
    int64_t day; /* since 1970-01-01, UTC */
    uint64_t matches;
};

struct backtest_tally {
    struct arena *arena;
    struct map *names; /* field -> number */
    struct tally_field *fields;
    uint32_t fields_count;
    uint32_t fields_capacity;
    uint64_t fields_beyond; /* occurrences of fields beyond the bound */
    struct tally_day *days; /* in order; only those with matches */
    uint32_t days_count;
    uint32_t days_capacity;
    uint64_t matches;
    int64_t first_ns;
    int64_t last_ns;
    struct str samples[TALLY_SAMPLES_MAX]; /* the first records */
    uint32_t samples_count;
};

void tally_init(struct backtest_tally *tally);
void tally_release(struct backtest_tally *tally);
/* Another match; the fields that follow are its. */
void tally_add_match(struct backtest_tally *tally, int64_t time_ns, struct str record);
void tally_add_field(struct backtest_tally *tally, struct str name, struct str value);
/* Values by their matches, the most frequent first; fields by name. */
void tally_sort(struct backtest_tally *tally);

#endif
