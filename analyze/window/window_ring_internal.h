/* SPDX-License-Identifier: Apache-2.0
 *
 * window_ring_internal.h - a ring of items in time order, each of which begins with its event.
 *
 * In:  items of one size, which each call names as a constant, so that copies stay plain moves.
 * Out: the most recent of them.   Thread: the deliverer.   Owns: the items.
 * Invariants: (1) items are sorted by their events' times, the oldest first; of equal times in the
 *                 order in which they came.
 * Bounds: adding is O(1) in time order; the room doubles up to the limit, so that the many keys
 * with one or two items stay small.
 */
#ifndef TOCSIN_ANALYZE_WINDOW_WINDOW_RING_INTERNAL_H
#define TOCSIN_ANALYZE_WINDOW_WINDOW_RING_INTERNAL_H

#include "analyze/window/window_internal.h"
#include "base/memory.h"

/* index 0 is the oldest. */
static inline void *window_ring_at(const struct window_ring *ring, uint32_t index, size_t size)
{
    uint32_t at = ring->first + index;
    return (char *)ring->items + (at >= ring->capacity ? at - ring->capacity : at) * size;
}

static inline int64_t window_ring_time(const struct window_ring *ring, uint32_t index, size_t size)
{
    const struct window_event *event = window_ring_at(ring, index, size);
    return event->time_ns;
}

static inline void window_ring_drop_oldest(struct window_ring *ring)
{
    ring->first = ring->first + 1 == ring->capacity ? 0 : ring->first + 1;
    ring->count--;
}

/* Doubles the room up to limit. */
static inline void window_ring_grow(struct window_ring *ring, uint32_t limit, size_t size)
{
    uint32_t capacity = ring->capacity == 0 ? 1 : ring->capacity * 2;
    capacity = capacity > limit ? limit : capacity;
    char *items = memory_resize(NULL, capacity, size);
    for (uint32_t i = 0; i < ring->count; i++) {
        memcpy(items + i * size, window_ring_at(ring, i, size), size);
    }
    memory_free(ring->items);
    ring->items = items;
    ring->first = 0;
    ring->capacity = capacity;
}

static inline void window_ring_reserve(struct window_ring *ring, uint32_t capacity, uint32_t limit,
                                       size_t size)
{
    while (ring->capacity < capacity && ring->capacity < limit) {
        window_ring_grow(ring, limit, size);
    }
}

/* Adds behind those of equal time. Fewer than limit are held. */
static inline void window_ring_add(struct window_ring *ring, const void *item, uint32_t limit,
                                   size_t size)
{
    const struct window_event *event = item;
    if (ring->count == ring->capacity) {
        window_ring_grow(ring, limit, size);
    }
    uint32_t at = ring->count++;
    while (at > 0 && window_ring_time(ring, at - 1, size) > event->time_ns) {
        memcpy(window_ring_at(ring, at, size), window_ring_at(ring, at - 1, size), size);
        at--;
    }
    memcpy(window_ring_at(ring, at, size), item, size);
}

#endif
