/* SPDX-License-Identifier: Apache-2.0
 *
 * state_memory.c - see state_memory_internal.h.
 */
#include "analyze/state/state_memory_internal.h"

#include "base/ensure.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"

#define CAPACITY_FIRST 64

void state_memory_init(struct state_memory *memory)
{
    *memory = (struct state_memory){.names = map_new()};
}

static void release_cells(struct state_cells *cells)
{
    for (size_t i = 0; i < cells->capacity; i++) {
        memory_free(cells->slots[i]);
    }
    memory_free(cells->slots);
}

void state_memory_release(struct state_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        release_cells(&memory->partitions[i].cells);
        release_cells(&memory->partitions[i].alerts);
        memory_free(memory->partitions[i].name);
    }
    memory_free(memory->partitions);
    map_free(memory->names);
}

struct state_partition *state_memory_find(const struct state_memory *memory, struct str partition)
{
    uint32_t index = map_get(memory->names, partition);
    return index != MAP_NONE ? &memory->partitions[index] : NULL;
}

struct state_partition *state_memory_make(struct state_memory *memory, struct str partition)
{
    struct state_partition *found = state_memory_find(memory, partition);
    if (found != NULL) {
        return found;
    }
    MEMORY_GROW(memory->partitions, memory->count, memory->capacity);
    ENSURE(memory->partitions != NULL);
    map_set(memory->names, partition, (uint32_t)memory->count);
    found = &memory->partitions[memory->count++];
    *found = (struct state_partition){.name = memory_copy_str(partition),
                                      .name_len = partition.len,
                                      .position = STATE_POSITION_NONE};
    memory->bytes += sizeof *found + partition.len;
    return found;
}

static uint64_t entry_bytes(const struct state_entry *entry)
{
    return sizeof *entry + entry->key_len + entry->value_len;
}

/* The slot that holds key, or the free one where it belongs. */
static size_t find_slot(const struct state_cells *cells, struct str key, uint64_t hash)
{
    size_t slot = hash & (cells->capacity - 1);
    while (cells->slots[slot] != NULL && (cells->slots[slot]->hash != hash ||
                                          !str_equal(state_entry_key(cells->slots[slot]), key))) {
        slot = (slot + 1) & (cells->capacity - 1);
    }
    return slot;
}

static void grow(struct state_memory *memory, struct state_cells *cells)
{
    struct state_cells old = *cells;
    cells->capacity = old.capacity > 0 ? old.capacity * 2 : CAPACITY_FIRST;
    cells->slots = memory_new(cells->capacity, sizeof(struct state_entry *));
    for (size_t i = 0; i < old.capacity; i++) {
        struct state_entry *entry = old.slots[i];
        if (entry != NULL) {
            cells->slots[find_slot(cells, state_entry_key(entry), entry->hash)] = entry;
        }
    }
    memory_free(old.slots);
    memory->bytes += (cells->capacity - old.capacity) * sizeof(struct state_entry *);
}

void state_memory_put(struct state_memory *memory, struct state_cells *cells, struct str key,
                      struct str value)
{
    if ((cells->count + 1) * 4 > cells->capacity * 3) {
        grow(memory, cells);
    }
    uint64_t hash = hash_bytes(key, hash_seed());
    size_t slot = find_slot(cells, key, hash);
    struct state_entry *entry = cells->slots[slot];
    if (entry == NULL || entry->value_len != value.len) {
        cells->count += entry == NULL ? 1 : 0;
        memory->bytes -= entry != NULL ? entry_bytes(entry) : 0;
        entry = memory_resize(entry, 1, sizeof *entry + key.len + value.len);
        entry->hash = hash;
        entry->key_len = (uint16_t)key.len;
        entry->value_len = (uint32_t)value.len;
        memcpy(entry->bytes, key.ptr, key.len);
        cells->slots[slot] = entry;
        memory->bytes += entry_bytes(entry);
    }
    if (value.len > 0) {
        memcpy(entry->bytes + key.len, value.ptr, value.len);
    }
}

void state_memory_remove(struct state_memory *memory, struct state_cells *cells, struct str key)
{
    if (cells->count == 0) {
        return;
    }
    size_t mask = cells->capacity - 1;
    size_t hole = find_slot(cells, key, hash_bytes(key, hash_seed()));
    if (cells->slots[hole] == NULL) {
        return;
    }
    memory->bytes -= entry_bytes(cells->slots[hole]);
    memory_free(cells->slots[hole]);
    cells->slots[hole] = NULL;
    cells->count--;
    /* Entries of the run behind move up where the hole would hide them. */
    for (size_t at = (hole + 1) & mask; cells->slots[at] != NULL; at = (at + 1) & mask) {
        size_t home = cells->slots[at]->hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            cells->slots[hole] = cells->slots[at];
            cells->slots[at] = NULL;
            hole = at;
        }
    }
}

const struct state_entry *state_memory_get(const struct state_cells *cells, struct str key)
{
    return cells->count > 0 ? cells->slots[find_slot(cells, key, hash_bytes(key, hash_seed()))]
                            : NULL;
}
