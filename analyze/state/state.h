/* SPDX-License-Identifier: Apache-2.0
 *
 * state.h - the store of what must survive: for each input partition how far it was read, the cells
 * its events have filled up to there, and the alerts that wait for delivery. docs/STATE.md has the
 * proof of what follows.
 *
 * In:  commits.   Out: the state after a prefix of the commits.
 * Thread: one at a time a store; two stores (of two processes, too) may share one Redis database.
 * Owns: its files or connection. What a caller passes in is borrowed during the call.
 * Invariants: (1) a commit is one indivisible record: changed cells, outbox and position together,
 *                 or nothing, whatever is killed or torn when.
 *             (2) a commit is refused (STATE_STALE) unless the store's position is its base: of all
 *                 writers that start from one position at most one gets on.
 *             (3) what is read after a crash is the state after a prefix of the commits. The local
 *                 store's holds every commit that was answered; Redis' may lack the last ones, as
 *                 its appendfsync allows, and the reader goes on from the offset that is there.
 * Bounds: LIMIT_STATE_*.   Tested: tests/unit/test_state*.c, tests/property/test_state_*.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_H
#define TOCSIN_ANALYZE_STATE_STATE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The offset of a partition that has no commit. */
#define STATE_OFFSET_NONE INT64_C(-1)

/* Where a partition stands: the offset of the next record, and the mark of the commit that led
 * there. Two commits never share a mark, so that a writer whose memory is not what the store has is
 * found out even when both are at the same offset. To be kept and handed back as it is. */
struct state_position {
    int64_t offset;
    uint64_t mark; /* 0 with STATE_OFFSET_NONE only */
};

#define STATE_POSITION_NONE ((struct state_position){STATE_OFFSET_NONE, 0})

/* One cell's new value, never a difference; keys and values are any bytes, values may be empty. */
struct state_change {
    struct str key;
    struct str value;
    bool deleted; /* value is not looked at */
};

/* Enters the outbox; an entry with that id is replaced. */
struct state_alert {
    struct str id;
    struct str body;
};

enum state_result {
    STATE_COMMITTED, /* position: the new one */
    STATE_STALE,     /* nothing was written. position: the store's own; load the partition anew */
    STATE_TOO_LARGE, /* nothing was written; cut the batch at an earlier offset */
    STATE_UNKNOWN    /* the call failed before the answer came */
};

struct state_commit {
    struct str partition;       /* any name of 1 to STATE_PARTITION_BYTES bytes, "topic/0" */
    struct state_position base; /* as state_load or the commit before gave it */
    int64_t next;               /* >= base.offset and >= 0 */
    const struct state_change *changes;
    size_t changes_count; /* at most one a key */
    const struct state_alert *alerts;
    size_t alerts_count; /* at most one an id */

    /* The store's answer. */
    enum state_result result;
    struct state_position position;
    uint64_t mark; /* 0 at first; the store's when the same commit is tried again */
};

#define STATE_PARTITION_BYTES 1024
#define STATE_KEY_BYTES       65535 /* of a cell's key and of an alert's id; at least 1 */

struct state_files; /* state_files_internal.h: for tests that let a disk fail */
struct state_ops;   /* state_internal.h */

struct state_options {
    const char *kind;            /* a row of state_table: local, redis */
    const struct state_ops *ops; /* NULL: that row's; else one of a test's own */
    /* local */
    const char *path;             /* a folder; made when it is missing */
    uint64_t journal_bytes_max;   /* a snapshot at; 0: LIMIT_STATE_JOURNAL_BYTES */
    uint64_t memory_kbytes_max;   /* 0: LIMIT_STATE_KBYTES */
    const struct state_files *os; /* NULL: the operating system's */
    /* redis */
    const char *address;   /* see base/redis_address.h */
    const char *user;      /* an ACL user; NULL: the default one */
    const char *password;  /* NULL: none */
    const char *prefix;    /* of all keys; letters, digits, - _ . : */
    int timeout_ms;        /* for a call with all its reconnecting; 0: 30000 */
    bool unsynced_allowed; /* appendfsync no is fine */
};

/* What state_load tells; a negative result (with err set) ends it and is its result. */
struct state_reader {
    int (*cell)(void *context, struct str key, struct str value, struct err *err);
    int (*alert)(void *context, struct str id, struct str body, struct err *err);
    void *context;
};

typedef int state_partition_fn(void *context, struct str partition, struct state_position position,
                               struct err *err);

struct state_store;

/* ERR_CONFIG: wrong options. ERR_DATA: what is there is damaged, foreign or of a newer format; the
 * text names file and place. ERR_IO, ERR_REDIS: the world; a server that would lose or evict state
 * is refused, too. *store is NULL then. */
int state_open(const struct state_options *options, struct state_store **store, struct err *err);
/* Writes what state_acknowledge has left. NULL is fine. */
void state_close(struct state_store *store);

/* Appends what was drawn when this state was begun: equal as long as it is the same state. Redis
 * only, for "was all of it lost?"; a local store has none and appends nothing. A partition that has
 * never had a commit has the position STATE_POSITION_NONE. While the process runs, a Redis server
 * that comes back with another identity fails every call with ERR_DATA. */
void state_identity(const struct state_store *store, struct buffer *identity);

/* Commits to count partitions (each at most once) with one wait for the disk or the server; each
 * commit is indivisible, all of them together are not. 0: each has its result, COMMITTED, STALE or
 * TOO_LARGE. Negative: some may be UNKNOWN. Then
 *   - Redis: call again with the same commits, unchanged (those that have a result are left alone),
 *     until it is 0 - a commit that had arrived is recognized by its mark and not applied twice -
 *     or give the partition up and load it;
 *   - local: the store takes no more commits. Close it, open it again and load. Only ERR_DATA, its
 *     memory is full, has written nothing and leaves it as it was. */
int state_commit(struct state_store *store, struct state_commit *commits, size_t count,
                 struct err *err);

/* Takes delivered alerts out of the outbox; ids that are not there are fine. Guarded by no
 * position: a delivered alert may leave whatever comes after. A crash may undo it (local: until the
 * next commit, state_flush or state_close), which costs one more delivery with the same id. */
int state_acknowledge(struct state_store *store, struct str partition, const struct str *ids,
                      size_t count, struct err *err);
/* Puts acknowledgements on the disk without a commit. */
int state_flush(struct state_store *store, struct err *err);

/* Where the partition stands. To learn, not to adopt: a base comes from state_load. */
int state_position_get(struct state_store *store, struct str partition,
                       struct state_position *position, struct err *err);
/* Tells every cell and every waiting alert, in no order; Redis may tell one twice. 0; STATE_STALE:
 * another writer has committed meanwhile, forget what was told and load again; negative. A
 * partition that has no commit gives STATE_POSITION_NONE. */
int state_load(struct state_store *store, struct str partition, const struct state_reader *reader,
               struct state_position *position, struct err *err);
/* Appends the cell's value. 1: there, 0: not, negative: error. */
int state_cell_get(struct state_store *store, struct str partition, struct str key,
                   struct buffer *value, struct err *err);
/* Tells all partitions with a commit, in no order. */
int state_partitions(struct state_store *store, state_partition_fn *tell, void *context,
                     struct err *err);

#endif
