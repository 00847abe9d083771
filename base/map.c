/* SPDX-License-Identifier: Apache-2.0
 *
 * map.c - see map.h. Open addressing over an array of entries in insertion order.
 */
#include "base/map.h"

#include "base/hash.h"
#include "base/memory.h"

struct entry {
    struct str key;
    uint64_t hash;
    uint32_t value;
};

struct map {
    struct entry *entries;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* entry index + 1; 0 is free */
    size_t slots_count;
    uint64_t seed;
};

struct map *map_new(void)
{
    struct map *map = memory_new(1, sizeof *map);
    map->seed = hash_seed();
    map->slots_count = 16;
    map->slots = memory_new(map->slots_count, sizeof *map->slots);
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL) {
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        memory_free((void *)(uintptr_t)map->entries[i].key.ptr);
    }
    memory_free(map->entries);
    memory_free(map->slots);
    memory_free(map);
}

/* The slot that holds key, or the free one where it belongs. */
static size_t find_slot(const struct map *map, struct str key, uint64_t hash)
{
    size_t slot = (size_t)hash & (map->slots_count - 1);
    while (map->slots[slot] != 0) {
        const struct entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && str_equal(entry->key, key)) {
            break;
        }
        slot = (slot + 1) & (map->slots_count - 1);
    }
    return slot;
}

uint32_t map_get(const struct map *map, struct str key)
{
    size_t slot = find_slot(map, key, hash_bytes(key, map->seed));
    return map->slots[slot] == 0 ? MAP_NONE : map->entries[map->slots[slot] - 1].value;
}

static void grow_slots(struct map *map)
{
    memory_free(map->slots);
    map->slots_count *= 2;
    map->slots = memory_new(map->slots_count, sizeof *map->slots);
    for (size_t i = 0; i < map->count; i++) {
        map->slots[find_slot(map, map->entries[i].key, map->entries[i].hash)] = (uint32_t)i + 1;
    }
}

void map_set(struct map *map, struct str key, uint32_t value)
{
    uint64_t hash = hash_bytes(key, map->seed);
    size_t slot = find_slot(map, key, hash);
    if (map->slots[slot] != 0) {
        map->entries[map->slots[slot] - 1].value = value;
        return;
    }
    MEMORY_GROW(map->entries, map->count, map->capacity);
    struct str copy = {memory_copy_str(key), key.len};
    map->entries[map->count] = (struct entry){copy, hash, value};
    map->count++;
    map->slots[slot] = (uint32_t)map->count;
    if (map->count * 4 > map->slots_count * 3) {
        grow_slots(map);
    }
}

size_t map_count(const struct map *map)
{
    return map->count;
}

struct str map_key_at(const struct map *map, size_t index)
{
    return map->entries[index].key;
}

uint32_t map_value_at(const struct map *map, size_t index)
{
    return map->entries[index].value;
}
