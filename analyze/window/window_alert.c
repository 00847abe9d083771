/* SPDX-License-Identifier: Apache-2.0
 *
 * window_alert.c - a window that crossed, as an alert.
 *
 * In:  a key, the event that crossed.   Out: one call of emit with an alert that lives until it
 *      returns.
 * Thread: the deliverer.   Owns: windows.arena, emptied for each alert.
 * Bounds: O(LIMIT_ALERT_EVENTS), each a hash of a coordinate.
 */
#include "analyze/window/window_internal.h"

#include "base/ensure.h"
#include "base/limits.h"

void window_key_group(const struct windows *windows, const struct window_key *key,
                      struct alert_field *group)
{
    const struct correlation *correlation = &windows->series[key->series].rule->correlation;
    const char *at = key->bytes;
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        uint32_t len = 0;
        memcpy(&len, at, sizeof len);
        at += sizeof len;
        group[i] = (struct alert_field){correlation->group_by[i], {at, len}};
        at += len;
    }
}

/* The contributing events, the oldest first: of an event_count and of a closed window its ring, of
 * a value_count (temporal: rule) the last event of each value, of a sequence those of its steps, of
 * a sum its latest. At most LIMIT_ALERT_EVENTS, the most recent, stand in list. */
static uint32_t gather(const struct windows *windows, const struct window_key *key,
                       uint32_t contributing, const struct window_event **list)
{
    bool at_close = windows->series[key->series].at_close;
    uint32_t count =
        contributing < LIMIT_ALERT_EVENTS ? contributing : (uint32_t)LIMIT_ALERT_EVENTS;
    uint32_t value = key->values != NULL ? key->values->newest : WINDOW_VALUE_NONE;
    for (uint32_t i = count; i > 0; i--) {
        uint32_t from_last = count - i + 1;
        if (key->sequence != NULL) {
            list[i - 1] = window_sequence_events(key->sequence, count - 1) + i - 1;
        } else if (key->values != NULL && !at_close) {
            list[i - 1] = &key->values->items[value].event;
            value = key->values->items[value].older;
        } else if (key->numbers != NULL && !at_close) {
            list[i - 1] =
                &window_numbers_at(key->numbers, key->numbers->ring.count - from_last)->event;
        } else {
            list[i - 1] = window_events_at(&key->events, key->events.count - from_last);
        }
    }
    return count;
}

/* A late event that crosses stands last all the same: the alert shows the last event's fields. */
static void move_last(const struct window_event **list, uint32_t count,
                      const struct window_event *crossed)
{
    for (uint32_t i = 0; i + 1 < count; i++) {
        const struct window_event *event = list[i];
        if (event->place == crossed->place && event->offset == crossed->offset &&
            event->sub == crossed->sub) {
            for (; i + 1 < count; i++) {
                list[i] = list[i + 1];
            }
            list[i] = event;
        }
    }
}

static void fill_events(struct windows *windows, struct alert *alert,
                        const struct window_event *const *list, uint32_t count)
{
    alert->events = arena_take_zeroed(windows->arena, count, sizeof *alert->events);
    alert->events_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct window_place *place = &windows->places[list[i]->place];
        struct alert_event *event = &alert->events[i];
        *event = (struct alert_event){.time_ns = list[i]->time_ns,
                                      .source = place->source,
                                      .partition = place->partition,
                                      .offset = list[i]->offset,
                                      .sub = list[i]->sub,
                                      .rule = place->rule};
        alert_event_id_at(place->source, place->partition, event->offset, event->sub, event->id);
        if (i == 0) {
            alert->logsource = place->logsource;
        } else if (!str_equal(alert->logsource, place->logsource)) {
            alert->logsource = (struct str){0};
        }
    }
}

static struct str measured_text(struct windows *windows, const struct window_measured *measured)
{
    struct buffer *text = &windows->scratch;
    if (measured->denominator == 0) {
        return (struct str){0};
    }
    buffer_clear(text);
    buffer_add_decimal(text, decimal_divide(measured->numerator, measured->denominator));
    return arena_copy(windows->arena, buffer_str(text));
}

void window_alert(struct windows *windows, struct window_key *key,
                  const struct window_verdict *verdict)
{
    const struct window_series *series = &windows->series[key->series];
    const struct window_event *list[LIMIT_ALERT_EVENTS] = {NULL};
    const struct window_body *body = verdict->body;
    uint32_t count = gather(windows, key, verdict->contributing, list);
    ENSURE(count > 0);
    int64_t newest_ns = list[count - 1]->time_ns;
    struct alert alert = {.rule = series->rule,
                          .fields = body->fields,
                          .fields_count = body->fields_count,
                          .original = body->original,
                          .original_len = body->original_len,
                          .window_start_ns = verdict->start_ns,
                          .value = verdict->count,
                          .measured = measured_text(windows, &verdict->measured)};
    alert.time_ns = series->at_close ? newest_ns : verdict->crossed->time_ns;
    alert.window_end_ns = series->at_close ? window_close_time(windows, key) : newest_ns;
    alert.events_total = series->at_close ? key->count : verdict->contributing;
    if (!series->at_close) {
        move_last(list, count, verdict->crossed);
    }
    fill_events(windows, &alert, list, count);
    window_tell_findings(windows, key, verdict->contributing, &alert);
    alert.group_count = series->rule->correlation.group_by_count;
    alert.group = arena_take_zeroed(windows->arena, alert.group_count, sizeof *alert.group);
    window_key_group(windows, key, alert.group);
    alert_id_of_window(series->rule, alert.group, alert.group_count, alert.window_start_ns,
                       alert.id);
    if (!series->rule->silent) {
        windows->emit(windows->emit_context, &alert);
    }
    if (series->counted) {
        window_hit(windows, key, verdict, &alert);
    }
    arena_reset(windows->arena);
}
