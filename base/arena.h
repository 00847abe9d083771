/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h - memory of one batch: taken bit by bit, given back all at once.
 *
 * In:  sizes.   Out: memory that lives until arena_reset.
 * Thread: one at a time (the batch's holder).   Owns: its chunks.
 * Invariants: (1) after some batches no chunk is allocated any more: reset keeps them.
 *             (2) a pointer from the arena is dead after reset; under ASan it is poisoned.
 * Bounds: arena_take is O(1); a request larger than a chunk gets a chunk of its own, which reset
 *         gives back to the system, so that one huge record does not stay resident for ever.
 */
#ifndef TOCSIN_BASE_ARENA_H
#define TOCSIN_BASE_ARENA_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

/* chunk_bytes: the size of ordinary chunks; 0 means ARENA_CHUNK_BYTES of limits.h. */
struct arena *arena_new(size_t chunk_bytes);
void arena_free(struct arena *arena);
/* Everything taken is given back. O(chunks). */
void arena_reset(struct arena *arena);

/* size bytes, aligned for any type, not zeroed. Never NULL. */
void *arena_take(struct arena *arena, size_t size);
/* count * size zeroed bytes. */
void *arena_take_zeroed(struct arena *arena, size_t count, size_t size);
/* Room for one more item: items, or a copy of it in twice the room when count has reached
 * *capacity. New room is zeroed; the old is lost to the arena. */
void *arena_grow(struct arena *arena, void *items, uint32_t count, uint32_t *capacity, size_t size);
/* A copy of s in the arena, followed by a NUL that len does not count. */
struct str arena_copy(struct arena *arena, struct str s);
/* printf into the arena; the result is NUL-terminated. */
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Bytes held from the system, taken or not. */
size_t arena_bytes_held(const struct arena *arena);

#endif
