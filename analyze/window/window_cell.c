/* SPDX-License-Identifier: Apache-2.0
 *
 * window_cell.c - see window_keep_internal.h: a group, an event, a body as bytes of cells.
 *
 * In:  what is in memory.   Out: bytes.
 * Thread: the deliverer only.   Owns: nothing.
 * Invariants: (1) what a group's cell has is all that its counting depends on, also how much room
 *                 its lists have taken: that counts in LIMIT_WINDOW_STATE_KBYTES.
 * Bounds: O(bytes).
 */
#include "analyze/window/window_keep_internal.h"

#include "analyze/state/state_cell.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "cells have lengths as memory has them");

uint64_t window_fingerprint(const struct rule *rule)
{
    const struct correlation *correlation = &rule->correlation;
    struct buffer parts = {0};
    pack_str(&parts, rule->id);
    pack_u64(&parts, rule->digest);
    pack_u32(&parts, (uint32_t)correlation->kind);
    pack_u32(&parts, correlation->references_count);
    for (uint32_t i = 0; i < correlation->carried.count; i++) {
        pack_str(&parts, correlation->carried.items[i]);
    }
    uint64_t fingerprint = state_cell_fingerprint(buffer_str(&parts));
    buffer_release(&parts);
    return fingerprint;
}

void window_cell_key(struct buffer *out, uint64_t fingerprint, struct str group)
{
    buffer_clear(out);
    pack_u8(out, WINDOW_CELL_GROUP);
    pack_u64(out, fingerprint);
    state_cell_add_name(out, group);
}

void window_cell_numbered(struct buffer *out, char kind, uint64_t number)
{
    buffer_clear(out);
    pack_u8(out, (uint8_t)kind);
    pack_u64(out, number);
}

void window_pack_event(struct buffer *out, const struct window_event *event)
{
    pack_i64(out, event->time_ns);
    pack_u64(out, event->offset);
    pack_u32(out, event->place);
    pack_u32(out, event->sub);
}

void window_pack_body(struct buffer *out, const struct window_body *body)
{
    pack_u64(out, body->number);
    pack_u64(out, body->original_len);
    pack_str(out, body->original);
    pack_u32(out, body->fields_count);
    for (uint32_t i = 0; i < body->fields_count; i++) {
        pack_str(out, body->fields[i].name);
        pack_str(out, body->fields[i].value);
    }
}

static void pack_decimal(struct buffer *out, decimal number)
{
    buffer_add(out, (struct str){(const char *)&number, sizeof number});
}

static void pack_events(struct buffer *out, const struct window_ring *events)
{
    pack_u32(out, events->capacity);
    pack_u32(out, events->count);
    for (uint32_t i = 0; i < events->count; i++) {
        window_pack_event(out, window_events_at(events, i));
    }
}

static void pack_values(struct buffer *out, const struct window_values *values)
{
    pack_u32(out, values->capacity);
    pack_u32(out, values->count);
    for (uint32_t at = values->oldest; at != WINDOW_VALUE_NONE; at = values->items[at].newer) {
        const struct window_value *item = &values->items[at];
        window_pack_event(out, &item->event);
        pack_str(out, (struct str){item->bytes, item->len});
    }
}

static void pack_numbers(struct buffer *out, const struct window_numbers *numbers)
{
    pack_u32(out, numbers->ring.capacity);
    pack_u32(out, numbers->ring.count);
    pack_decimal(out, numbers->sum);
    for (uint32_t i = 0; i < numbers->ring.count; i++) {
        const struct window_number *number = window_numbers_at(numbers, i);
        window_pack_event(out, &number->event);
        pack_decimal(out, number->value);
    }
}

/* Of each step whether it was reached and then the events up to it. */
static void pack_sequence(struct buffer *out, const struct window_sequence *sequence)
{
    pack_i64(out, sequence->newest_ns);
    for (uint32_t step = 0; step < sequence->steps_count; step++) {
        pack_u8(out, sequence->reached[step] ? 1 : 0);
        for (uint32_t i = 0; i <= step && sequence->reached[step]; i++) {
            window_pack_event(out, window_sequence_events(sequence, step) + i);
        }
    }
}

static void pack_carried(struct buffer *out, const struct window_carried *carried, uint32_t count)
{
    pack_u8(out, carried != NULL ? 1 : 0);
    for (uint32_t i = 0; i < count && carried != NULL; i++) {
        pack_u8(out, carried[i].ptr != NULL ? 1 : 0);
        if (carried[i].ptr != NULL) {
            pack_i64(out, carried[i].time_ns);
            pack_str(out, (struct str){carried[i].ptr, carried[i].len});
        }
    }
}

void window_cell_group(struct buffer *out, const struct windows *windows,
                       const struct window_key *key)
{
    buffer_clear(out);
    pack_u8(out, WINDOW_CELL_FORMAT);
    pack_str(out, (struct str){key->bytes, key->len});
    pack_u64(out, key->turn);
    pack_i64(out, key->time_ns);
    pack_i64(out, key->silent_until_ns);
    pack_u64(out, key->count);
    pack_events(out, &key->events);
    if (key->values != NULL) {
        pack_values(out, key->values);
    }
    if (key->numbers != NULL) {
        pack_numbers(out, key->numbers);
    }
    if (key->sequence != NULL) {
        pack_sequence(out, key->sequence);
    }
    pack_carried(out, key->carried, windows->series[key->series].rule->correlation.carried.count);
    pack_u8(out, key->body != NULL ? 1 : 0);
    if (key->body != NULL) {
        window_pack_body(out, key->body);
    }
}
