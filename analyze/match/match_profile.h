/* SPDX-License-Identifier: Apache-2.0
 *
 * match_profile.h - what the rules cost: per rule how often it was looked at, with which result,
 * and for how long.
 *
 * In:  a matcher's evaluations.   Out: counters, estimated times, an order by cost.
 * Thread: written by the matcher's worker; match_profile_add may read it from another thread at any
 *         time: each number is whole, but numbers that belong together may be an event apart.
 * Owns:   its array.
 * Invariants: (1) counts are exact. (2) a time is an estimate: a rule's first 16 evaluations are
 * all timed, then one in 8, from 1,024 on one in 64, which stands for those around it. Bounds: 48
 * bytes a rule; in the long run two reads of the clock in 64 evaluations. Tested:
 * tests/unit/test_match_profile.c.
 */
#ifndef TOCSIN_ANALYZE_MATCH_MATCH_PROFILE_H
#define TOCSIN_ANALYZE_MATCH_MATCH_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct rule_profile {
    uint64_t candidates;  /* events for which an index named the rule */
    uint64_t evaluations; /* of these, those that the fields decoded first left open */
    uint64_t matches;
    uint64_t undecided; /* evaluations that relied on a regex search without a decision */
    uint64_t throttled; /* of these: the search was not tried */
    uint64_t ns;        /* of all evaluations, estimated */
};

struct match_counters {
    uint64_t events;
    uint64_t candidates;
    uint64_t comparisons;    /* of a literal with a place of a text */
    uint64_t searched_again; /* texts with too many of these: by the automaton */
    uint64_t matches;
    uint64_t regex_faults;    /* searches that ran into a limit: undecided */
    uint64_t regex_cuts;      /* nothing found in the part of a long value that is searched */
    uint64_t regex_throttled; /* searches not tried: undecided */
    uint64_t regex_units;     /* what the searches cost whose steps were counted */
    uint64_t find_ns;         /* finding candidates, for all rules together; estimated */
};

struct match_profile {
    uint32_t rules_count;
    struct rule_profile *rules;
    struct match_counters counters;
};

struct match_profile *match_profile_new(uint32_t rules_count);
void match_profile_free(struct match_profile *profile);
void match_profile_clear(struct match_profile *profile);
/* Both are of the same rules. more may be in use by its worker. */
void match_profile_add(struct match_profile *sum, const struct match_profile *more);
void match_counters_add(struct match_counters *sum, const struct match_counters *more);
void rule_profile_add(struct rule_profile *sum, const struct rule_profile *more);

/* Indexes of the rules that were candidates, the most expensive first; order has room for all.
 * Returns how many. */
uint32_t match_profile_order(const struct match_profile *profile, uint32_t *order);

/* Adds to a counter that another thread may read. */
static inline void match_profile_count(uint64_t *counter, uint64_t more)
{
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* How many evaluations the one of that number, from 0, stands for; 0: it is not timed. */
static inline uint32_t match_profile_weight(uint64_t number)
{
    /* Scattered, so that a rhythm of the log can't hide from it. */
    uint32_t scattered = (uint32_t)number * 0x9E3779B1U;
    if (number >= 1024) {
        return scattered >> 26 == 0 ? 64 : 0;
    }
    return number < 16 ? 1 : (scattered >> 29 == 0 ? 8 : 0);
}

#endif
