/* SPDX-License-Identifier: Apache-2.0
 *
 * window_events.c - see window_internal.h: a ring of the most recent events of a key.
 */
#include "analyze/window/window_ring_internal.h"

#define EVENT sizeof(struct window_event)

void window_events_release(struct window_ring *events)
{
    memory_free(events->items);
    *events = (struct window_ring){0};
}

const struct window_event *window_events_at(const struct window_ring *events, uint32_t index)
{
    return window_ring_at(events, index, EVENT);
}

void window_events_add(struct window_ring *events, struct window_event event, uint32_t limit)
{
    if (events->count == limit) {
        if (event.time_ns < window_ring_time(events, 0, EVENT)) {
            return;
        }
        window_ring_drop_oldest(events);
    }
    window_ring_add(events, &event, limit, EVENT);
}

void window_events_expire(struct window_ring *events, int64_t time_ns)
{
    while (events->count > 0 && window_ring_time(events, 0, EVENT) < time_ns) {
        window_ring_drop_oldest(events);
    }
}

void window_events_reserve(struct window_ring *events, uint32_t capacity, uint32_t limit)
{
    window_ring_reserve(events, capacity, limit, EVENT);
}
