/* SPDX-License-Identifier: Apache-2.0
 *
 * event.c - see event.h.
 */
#include "ingest/event/event.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/json/json.h"

void event_init(struct event *event, uint32_t fields_count)
{
    *event = (struct event){.time_ns = TIMESTAMP_NONE, .fields_count = fields_count};
    event->heads = memory_new(fields_count + 1, sizeof *event->heads);
    event->tails = memory_new(fields_count + 1, sizeof *event->tails);
    event->touched = memory_new(fields_count + 1, sizeof *event->touched);
    event->values_capacity = 256;
    event->values = memory_new(event->values_capacity, sizeof *event->values);
    event->values_count = 1;
}

void event_release(struct event *event)
{
    memory_free(event->heads);
    memory_free(event->tails);
    memory_free(event->touched);
    memory_free(event->values);
    *event = (struct event){0};
}

void event_clear_values(struct event *event)
{
    for (uint32_t i = 0; i < event->touched_count; i++) {
        event->heads[event->touched[i]] = 0;
    }
    event->touched_count = 0;
    event->values_count = 1;
}

void event_clear(struct event *event)
{
    event_clear_values(event);
    event->record = NULL;
    event->raw = (struct str){0};
    event->time_ns = TIMESTAMP_NONE;
    event->flags = 0;
    event->partial = false;
    event->decidable = true;
    event->malformed_at = 0;
}

bool event_grow(struct event *event)
{
    if (event->values_capacity >= LIMIT_EVENT_VALUES) {
        event->flags |= EVENT_VALUES_CUT;
        return false;
    }
    event->values_capacity *= 2;
    event->values = memory_resize(event->values, event->values_capacity, sizeof *event->values);
    return true;
}

struct str value_text(const struct value *value, struct arena *arena)
{
    struct str text = {value->ptr, value->len};
    return value->escaped ? json_unescape(arena, text) : text;
}
