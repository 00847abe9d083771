/* SPDX-License-Identifier: Apache-2.0
 *
 * event.h - a record with named fields: what rules look at.
 *
 * In:  values as a decoder finds them.   Out: the values of a field id, in the record's order.
 * Thread: one worker, which reuses one event for record after record.
 * Owns:   its tables; value bytes belong to the batch (record or arena).
 * Invariants: (1) a field without values has head 0.  (2) values are appended, never reordered.
 *             (3) event_clear costs what the event held, not what it could hold.
 * Bounds: event_add O(1); LIMIT_EVENT_VALUES values an event, further ones set EVENT_VALUES_CUT.
 */
#ifndef TOCSIN_INGEST_EVENT_EVENT_H
#define TOCSIN_INGEST_EVENT_EVENT_H

#include "base/limits.h"
#include "base/str.h"
#include "ingest/field/field.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
    VALUE_STRING, /* bytes without quotes; escaped: still with JSON's backslashes */
    VALUE_NUMBER, /* the number's text */
    VALUE_BOOL,   /* true or false */
    VALUE_NULL,   /* JSON null: the field is there and has no value */
    VALUE_OBJECT, /* the raw JSON text of an object */
    VALUE_ARRAY   /* the raw text of an empty array: the field is there and has no element */
};

struct value {
    const char *ptr;
    uint32_t len;
    uint32_t next; /* index of the field's next value, 0: none */
    uint8_t kind;
    uint8_t escaped;
};

enum event_flag {
    EVENT_MALFORMED = 1,     /* parsed only up to a point; see malformed_at */
    EVENT_TIMELESS = 2,      /* no readable time of its own: time_ns is the reference */
    EVENT_VALUES_CUT = 4,    /* more values than LIMIT_EVENT_VALUES: a fault of the record */
    EVENT_YEAR_INFERRED = 8, /* the text has no year */
    EVENT_ZONE_ASSUMED = 16  /* the text has no zone */
};

struct event {
    const struct record *record;
    struct str raw;        /* the text that keywords search: the record, or its message part */
    int64_t time_ns;       /* event time, UTC */
    uint32_t flags;        /* enum event_flag */
    uint32_t malformed_at; /* byte position in the record */
    uint32_t logsource;    /* index into logsource_table (decoder.h) */
    uint32_t decoder;      /* index into decoder_table */
    bool partial;          /* has only some of the fields: see decoder_complete */
    bool decidable;        /* has at least all fields that a rule asks for */
    /* private to event.h/.c */
    uint32_t *heads; /* per field id */
    uint32_t *tails;
    uint32_t fields_count;
    field_id *touched;
    uint32_t touched_count;
    struct value *values; /* values[0] is unused */
    uint32_t values_count;
    uint32_t values_capacity;
};

/* fields_count: field_count() of the table the decoders were bound to. */
void event_init(struct event *event, uint32_t fields_count);
void event_release(struct event *event);
void event_clear(struct event *event);
/* Takes out the values only; what else is known of the event stays. */
void event_clear_values(struct event *event);
/* Called by event_add when the value table is full. */
bool event_grow(struct event *event);

/* Appends a value to field id; FIELD_NONE is ignored. */
static inline void event_add(struct event *event, field_id id, const char *ptr, size_t len,
                             enum value_kind kind, bool escaped)
{
    if (id == FIELD_NONE || (event->values_count == event->values_capacity && !event_grow(event))) {
        return;
    }
    uint32_t index = event->values_count++;
    event->values[index] = (struct value){ptr, (uint32_t)len, 0, (uint8_t)kind, (uint8_t)escaped};
    if (event->heads[id] == 0) {
        event->heads[id] = index;
        event->touched[event->touched_count++] = id;
    } else {
        event->values[event->tails[id]].next = index;
    }
    event->tails[id] = index;
}

static inline void event_add_str(struct event *event, field_id id, struct str s)
{
    event_add(event, id, s.ptr, s.len, VALUE_STRING, false);
}

/* The field has this value and no other, whatever it had. */
static inline void event_set_str(struct event *event, field_id id, struct str s)
{
    if (id != FIELD_NONE && event->heads[id] != 0) {
        event->tails[id] = event->heads[id];
        event->values[event->heads[id]] =
            (struct value){s.ptr, (uint32_t)s.len, 0, VALUE_STRING, 0};
    } else {
        event_add_str(event, id, s);
    }
}

/* The field's first value, or NULL when the event has none. */
static inline const struct value *event_first(const struct event *event, field_id id)
{
    return id == FIELD_NONE || event->heads[id] == 0 ? NULL : &event->values[event->heads[id]];
}

static inline const struct value *event_next(const struct event *event, const struct value *value)
{
    return value->next == 0 ? NULL : &event->values[value->next];
}

/* The value's bytes as they are meant: JSON escapes undone (into arena) when it has any. */
struct str value_text(const struct value *value, struct arena *arena);

#endif
