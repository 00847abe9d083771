/* SPDX-License-Identifier: Apache-2.0
 *
 * task_internal.h - the parts of a task, for the files of this folder.
 *
 * Thread: as task.h.   Owns: see struct task.
 */
#ifndef TOCSIN_ANALYZE_TASK_TASK_INTERNAL_H
#define TOCSIN_ANALYZE_TASK_TASK_INTERNAL_H

#include "analyze/task/task_outbox_internal.h"
#include "base/arena.h"
#include "base/map.h"

/* What a cell's key begins with says whose it is; those of windows are window_keep.h's. */
#define TASK_CELL_STREAM 'o'

struct task_stream {
    struct str key; /* of its cell: the letter, the partition, the name; the map's */
    int32_t partition;
    struct buffer place;
    int64_t reached_ns; /* event time, or TIMESTAMP_NONE */
    bool rests;
    bool unheard; /* of the store; nothing was heard of it since */
    bool changed;
};

struct task {
    struct buffer name;
    struct state_store *store;
    struct windows *windows;
    struct suppressor *suppressor;
    struct accounts *accounts; /* NULL: none are kept */
    struct task_stream *streams;
    uint32_t streams_count;
    uint32_t streams_capacity;
    struct map *numbers; /* of streams, by the key of their cell */
    uint32_t *changed;   /* streams whose cell is to be written */
    uint32_t changed_count;
    uint32_t changed_capacity;
    struct outbox outbox;
    struct state_position position;
    /* The commit that is being made or waits for its answer. */
    struct state_commit commit;
    struct arena *arena; /* of its cells */
    struct state_change *changes;
    size_t changes_count;
    size_t changes_capacity;
    struct state_alert entry;
    char entry_id[OUTBOX_ID_BYTES];
    uint64_t drawn; /* of the ids of entries: no other task that was ever opened has it */
    bool waits;
    bool stale;
};

/* Fills task with what the store has of it. 0; STATE_STALE: another writer came in between, the
 * task is of no use; negative. */
int task_load(struct task *task, struct err *err);

#endif
