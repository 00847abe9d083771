/* SPDX-License-Identifier: Apache-2.0
 *
 * window_events.c - see window_internal.h: a ring of the most recent events of a key.
 *
 * Bounds: window_events_add is O(1) for events in time order; the ring doubles up to its limit, so
 * that the many keys with one or two events stay small.
 */
#include "analyze/window/window_internal.h"

#include "base/memory.h"

void window_events_release(struct window_events *events)
{
    memory_free(events->items);
    *events = (struct window_events){0};
}

static struct window_event *slot(const struct window_events *events, uint32_t index)
{
    uint32_t at = events->first + index;
    return &events->items[at >= events->capacity ? at - events->capacity : at];
}

const struct window_event *window_events_at(const struct window_events *events, uint32_t index)
{
    return slot(events, index);
}

static void grow(struct window_events *events, uint32_t limit)
{
    uint32_t capacity = events->capacity == 0 ? 1 : events->capacity * 2;
    capacity = capacity > limit ? limit : capacity;
    struct window_event *items = memory_resize(NULL, capacity, sizeof *items);
    for (uint32_t i = 0; i < events->count; i++) {
        items[i] = *slot(events, i);
    }
    memory_free(events->items);
    events->items = items;
    events->first = 0;
    events->capacity = capacity;
}

static void drop_oldest(struct window_events *events)
{
    events->first = events->first + 1 == events->capacity ? 0 : events->first + 1;
    events->count--;
}

void window_events_add(struct window_events *events, struct window_event event, uint32_t limit)
{
    if (events->count == limit) {
        if (event.time_ns < slot(events, 0)->time_ns) {
            return;
        }
        drop_oldest(events);
    } else if (events->count == events->capacity) {
        grow(events, limit);
    }
    uint32_t at = events->count++;
    while (at > 0 && slot(events, at - 1)->time_ns > event.time_ns) {
        *slot(events, at) = *slot(events, at - 1);
        at--;
    }
    *slot(events, at) = event;
}

void window_events_expire(struct window_events *events, int64_t time_ns)
{
    while (events->count > 0 && slot(events, 0)->time_ns < time_ns) {
        drop_oldest(events);
    }
}
