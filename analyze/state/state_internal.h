/* SPDX-License-Identifier: Apache-2.0
 *
 * state_internal.h - what kinds of stores are made of: rows of state_table. Private to the folder.
 * To add a kind: a file state_<kind>.c and a row in state.c.
 *
 * Thread: as state.h.   Owns: nothing.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_INTERNAL_H

#include "analyze/state/state.h"

/* The functions are those of state.h, with arguments that state.c has checked: names and keys are
 * within their bounds, a commit's result is STATE_UNKNOWN and its mark set, commits that had a
 * result are left out. */
struct state_ops {
    const char *name;
    const char *doc;
    int (*open)(struct state_store *store, const struct state_options *options, struct err *err);
    int (*commit)(struct state_store *store, struct state_commit **commits, size_t count,
                  struct err *err);
    int (*acknowledge)(struct state_store *store, struct str partition, const struct str *ids,
                       size_t count, struct err *err);
    int (*flush)(struct state_store *store, struct err *err);
    int (*position)(struct state_store *store, struct str partition,
                    struct state_position *position, struct err *err);
    int (*load)(struct state_store *store, struct str partition, const struct state_reader *reader,
                struct state_position *position, struct err *err);
    int (*cell)(struct state_store *store, struct str partition, struct str key,
                struct buffer *value, struct err *err);
    int (*partitions)(struct state_store *store, state_partition_fn *tell, void *context,
                      struct err *err);
    void (*identity)(const struct state_store *store, struct buffer *identity); /* NULL: none */
    void (*close)(struct state_store *store);
};

struct state_store {
    const struct state_ops *ops;
    void *state;
    uint64_t marks_seed;
    uint64_t marks; /* given out */
};

extern const struct state_ops state_local;
extern const struct state_ops state_redis;

static inline bool state_position_equal(struct state_position a, struct state_position b)
{
    return a.offset == b.offset && a.mark == b.mark;
}

#endif
