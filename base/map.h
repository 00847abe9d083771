/* SPDX-License-Identifier: Apache-2.0
 *
 * map.h - byte strings to 32-bit numbers: names to indexes.
 *
 * Thread: one writer, or any number of readers.   Owns: copies of its keys.
 * Invariants: (1) at most 3/4 of the slots are used.  (2) numbers are what the caller gave.
 * Bounds: O(1) expected per call; iteration order is the order of insertion (map_key_at), so that
 *         nothing that is printed depends on a hash.
 */
#ifndef TOCSIN_BASE_MAP_H
#define TOCSIN_BASE_MAP_H

#include "base/str.h"

#include <stdint.h>

struct map;

#define MAP_NONE UINT32_MAX

struct map *map_new(void);
void map_free(struct map *map);
/* The number of key, or MAP_NONE. */
uint32_t map_get(const struct map *map, struct str key);
/* Sets key's number; an old one is replaced. value must not be MAP_NONE. */
void map_set(struct map *map, struct str key, uint32_t value);
size_t map_count(const struct map *map);
/* The key that was inserted as number index (0 first); it lives as long as the map. */
struct str map_key_at(const struct map *map, size_t index);
uint32_t map_value_at(const struct map *map, size_t index);

#endif
