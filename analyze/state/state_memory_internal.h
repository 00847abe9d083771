/* SPDX-License-Identifier: Apache-2.0
 *
 * state_memory_internal.h - the state of all partitions in memory: what the local store's files
 * say. Private to the folder.
 *
 * In:  commits and acknowledgements that are on the disk.   Out: cells, alerts, positions.
 * Thread: one at a time.   Owns: copies of all.
 * Invariants: (1) bytes is the sum over all entries of what they take, table slots included.
 * Bounds: O(1) expected a cell.   Tested: tests/property/test_state_local.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_MEMORY_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_MEMORY_INTERNAL_H

#include "analyze/state/state.h"

struct state_entry {
    uint64_t hash;
    uint32_t value_len;
    uint16_t key_len;
    char bytes[]; /* key, value */
};

/* Open addressing: an entry is at its hash's slot or in the run behind it. */
struct state_cells {
    struct state_entry **slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

struct state_partition {
    char *name;
    size_t name_len;
    struct state_position position;
    struct state_cells cells;
    struct state_cells alerts;
};

struct state_memory {
    struct map *names; /* to indexes of partitions */
    struct state_partition *partitions;
    size_t count;
    size_t capacity;
    uint64_t bytes;
};

void state_memory_init(struct state_memory *memory);
void state_memory_release(struct state_memory *memory);

/* NULL when there is none. */
struct state_partition *state_memory_find(const struct state_memory *memory, struct str partition);
/* A new one has STATE_POSITION_NONE. The address holds until the next partition is made. */
struct state_partition *state_memory_make(struct state_memory *memory, struct str partition);

void state_memory_put(struct state_memory *memory, struct state_cells *cells, struct str key,
                      struct str value);
void state_memory_remove(struct state_memory *memory, struct state_cells *cells, struct str key);
/* NULL when there is none. */
const struct state_entry *state_memory_get(const struct state_cells *cells, struct str key);

static inline struct str state_entry_key(const struct state_entry *entry)
{
    return (struct str){entry->bytes, entry->key_len};
}

static inline struct str state_entry_value(const struct state_entry *entry)
{
    return (struct str){entry->bytes + entry->key_len, entry->value_len};
}

static inline struct str state_partition_name(const struct state_partition *partition)
{
    return (struct str){partition->name, partition->name_len};
}

#endif
