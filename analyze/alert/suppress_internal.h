/* SPDX-License-Identifier: Apache-2.0
 *
 * suppress_internal.h - the entries of a suppressor, and which of them changed.
 *
 * Thread: the deliverer.   Owns: see struct suppressor.
 * Invariants: (1) the list is in the order of turns: those who look at it wait until it is sorted.
 *             (2) entry.changed is the entry's place in changed, from 1.
 */
#ifndef TOCSIN_ANALYZE_ALERT_SUPPRESS_INTERNAL_H
#define TOCSIN_ANALYZE_ALERT_SUPPRESS_INTERNAL_H

#include "analyze/alert/suppress.h"
#include "base/buffer.h"
#include "base/key_set.h"

struct suppress_entry {
    struct suppress_entry *next;  /* of the bucket */
    struct suppress_entry *older; /* by beginning of the period */
    struct suppress_entry *newer;
    uint64_t hash;
    uint64_t turn;    /* when it was put at the list's end: a number that grows */
    int64_t began_ns; /* event time of the period's first alert */
    uint64_t told;
    uint64_t suppressed; /* since the last one that was told */
    uint32_t changed;
    bool stored;       /* a commit has it */
    uint32_t rule_len; /* of the rule's id, which bytes begin with; the key follows */
    uint32_t len;
    char bytes[];
};

struct suppressor {
    struct suppress_entry **buckets;
    uint32_t mask;
    uint32_t count;
    uint32_t count_max;
    struct suppress_entry *oldest;
    struct suppress_entry *newest;
    uint64_t turns;
    uint64_t evicted;
    bool keeps;    /* changes are noted */
    bool unsorted; /* entries were restored, in any order */
    bool telling;  /* what was told is not committed yet */
    struct suppress_entry **changed;
    uint32_t changed_count;
    uint32_t changed_capacity;
    struct key_set *gone; /* cells of entries that were evicted */
    struct buffer key;
    struct buffer value;
};

/* NULL: there is none. */
struct suppress_entry *suppress_find(struct suppressor *suppressor, struct str rule,
                                     struct str key);
/* A new one, the newest of all. */
struct suppress_entry *suppress_add(struct suppressor *suppressor, struct str rule, struct str key);
void suppress_link_newest(struct suppressor *suppressor, struct suppress_entry *entry);
/* The stalest go until there are at most so many. */
void suppress_evict(struct suppressor *suppressor, uint32_t count_max);

/* Of a suppressor that keeps. */
void suppress_keep_created(struct suppressor *suppressor, struct suppress_entry *entry);
void suppress_keep_changed(struct suppressor *suppressor, struct suppress_entry *entry);
void suppress_keep_evicted(struct suppressor *suppressor, struct suppress_entry *entry);
/* Puts the list in order after a restore. */
void suppress_keep_sort(struct suppressor *suppressor);
void suppress_keep_release(struct suppressor *suppressor);

#endif
