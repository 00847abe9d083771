/* SPDX-License-Identifier: Apache-2.0
 *
 * account_internal.h - accounts as the files of this folder see them.
 *
 * Thread: as account.h.   Owns: see struct accounts.
 * Invariants: (1) an open account is in two lists: that of its stream and that of all, by when it
 *                 was touched last, the stalest first.
 *             (2) an account of `due` is in neither: it only waits for its line to be told.
 */
#ifndef TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_INTERNAL_H
#define TOCSIN_ANALYZE_ACCOUNT_ACCOUNT_INTERNAL_H

#include "analyze/account/account.h"
#include "base/buffer.h"
#include "base/map.h"

struct account {
    uint32_t stream;
    int64_t hour_ns;   /* its beginning */
    int64_t opened_ns; /* wall clock: tells two accounts of one hour apart */
    uint64_t sequence; /* of its next line */
    struct tally tally;
    uint64_t unbalanced; /* chunks whose records did not add up */
    uint64_t late;
    bool has_offsets; /* the next five mean something */
    uint64_t first_offset;
    uint64_t last_offset;
    uint64_t offsets_read;
    uint64_t offsets_missing;
    uint64_t offsets_lost;
    char rules[ACCOUNT_ID_TEXT + 1]; /* those that were in force last */
    uint32_t rulesets;               /* how many times it was others, and 1 */
    bool untold;                     /* changed since its last line */
    bool changed;                    /* since its cell was committed: in accounts.changed */
    uint32_t changed_at;             /* where there */
    bool stored;                     /* the store has a cell of it */
    int64_t touched_ns;              /* steady clock */
    struct account *staler;
    struct account *fresher; /* of `due`: the next */
    struct account *sibling; /* next of its stream */
};

struct account_stream {
    struct str key; /* partition and name; the map's */
    int32_t partition;
    char *kind;
    struct account *open; /* the one that was touched last comes first */
    uint32_t open_count;
};

struct accounts {
    uint32_t accounts_max;
    uint32_t hours_max;
    struct map *numbers; /* of streams, by their key */
    struct account_stream *streams;
    uint32_t streams_count;
    uint32_t streams_capacity;
    struct account *stalest;
    struct account *freshest;
    uint32_t open_count;
    struct account *due; /* closed, not told */
    struct account *due_last;
    char rules[ACCOUNT_ID_TEXT + 1];
    struct buffer json;
    int64_t looked_ns; /* steady clock: when due ones were last looked for */
    int64_t opened_ns; /* of the account opened last: no two share it */
    /* what is kept */
    bool keeps;
    struct account **changed;
    uint32_t changed_count;
    uint32_t changed_capacity;
    struct buffer deleted; /* keys of cells to be deleted, as pack_str */
    uint32_t deleted_count;
};

#define ACCOUNT_NAME_AT (1 + sizeof(uint32_t)) /* in a stream's key */

struct str account_stream_name(const struct account_stream *stream);
/* The stream of that name; kind is that of the first call. */
uint32_t account_stream_number(struct accounts *accounts, struct str kind, struct str name,
                               int32_t partition);
/* Opens an account of stream, or takes the stalest place at a cap. */
struct account *account_open(struct accounts *accounts, uint32_t stream, int64_t hour_ns,
                             struct account_clock now);
/* account_keep.c: its cell is to be in the next commit. */
void account_change(struct accounts *accounts, struct account *account);
/* Its cell, if it has one, is to be deleted by the next commit. */
void account_delete(struct accounts *accounts, const struct account *account);
/* account_line.c: the account's id, and its line at the end of accounts.json. */
void account_render(struct accounts *accounts, const struct account *account, bool partial,
                    int64_t now_ns, char id[ACCOUNT_ID_TEXT + 1]);

#endif
