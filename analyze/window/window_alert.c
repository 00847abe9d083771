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
 * a value_count (temporal: rule) the last event of each value, of a sequence those of its steps.
 * Returns how many; at most LIMIT_ALERT_EVENTS, the most recent, stand in list. */
static uint32_t gather(const struct windows *windows, const struct window_key *key,
                       const struct window_event **list, uint32_t *list_count)
{
    if (key->sequence != NULL) {
        uint32_t steps = key->sequence->steps_count;
        for (uint32_t i = 0; i < steps; i++) {
            list[i] = window_sequence_events(key->sequence, steps - 1) + i;
        }
        *list_count = steps;
        return steps;
    }
    bool ring = key->values == NULL || windows->series[key->series].at_close;
    uint32_t total = ring ? key->events.count : key->values->count;
    uint32_t count = total < LIMIT_ALERT_EVENTS ? total : (uint32_t)LIMIT_ALERT_EVENTS;
    uint32_t value = ring ? WINDOW_VALUE_NONE : key->values->newest;
    for (uint32_t i = count; i > 0; i--) {
        if (ring) {
            list[i - 1] = window_events_at(&key->events, total - count + i - 1);
        } else {
            list[i - 1] = &key->values->items[value].event;
            value = key->values->items[value].older;
        }
    }
    *list_count = count;
    return total;
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
                                      .sub = list[i]->sub};
        alert_event_id_at(place->source, place->partition, event->offset, event->sub, event->id);
        if (i == 0) {
            alert->logsource = place->logsource;
        } else if (!str_equal(alert->logsource, place->logsource)) {
            alert->logsource = (struct str){0};
        }
    }
}

/* When the oldest contributing event happened. */
static int64_t first_time(const struct windows *windows, const struct window_key *key)
{
    if (windows->series[key->series].at_close) {
        return key->time_ns;
    }
    if (key->sequence != NULL) {
        return window_sequence_events(key->sequence, key->sequence->steps_count - 1)->time_ns;
    }
    return key->values != NULL ? key->values->items[key->values->oldest].event.time_ns
                               : window_events_at(&key->events, 0)->time_ns;
}

void window_alert(struct windows *windows, struct window_key *key,
                  const struct window_event *crossed, const struct window_body *body)
{
    const struct window_series *series = &windows->series[key->series];
    const struct window_event *list[LIMIT_ALERT_EVENTS] = {NULL};
    uint32_t count = 0;
    uint32_t total = gather(windows, key, list, &count);
    ENSURE(count > 0);
    int64_t newest_ns = list[count - 1]->time_ns;
    struct alert alert = {.rule = series->rule,
                          .fields = body->fields,
                          .fields_count = body->fields_count,
                          .original = body->original,
                          .original_len = body->original_len};
    alert.time_ns = series->at_close ? newest_ns : crossed->time_ns;
    alert.window_start_ns = first_time(windows, key);
    alert.window_end_ns =
        series->at_close ? window_time_after(key->time_ns, series->rule->correlation.timespan_ns)
                         : newest_ns;
    alert.events_total = series->at_close ? key->count : total;
    alert.value = key->values != NULL ? key->values->count : alert.events_total;
    if (!series->at_close) {
        move_last(list, count, crossed);
    }
    fill_events(windows, &alert, list, count);
    alert.group_count = series->rule->correlation.group_by_count;
    alert.group = arena_take_zeroed(windows->arena, alert.group_count, sizeof *alert.group);
    window_key_group(windows, key, alert.group);
    alert_id_of_window(series->rule, alert.group, alert.group_count, alert.window_start_ns,
                       alert.id);
    windows->emit(windows->emit_context, &alert);
    arena_reset(windows->arena);
}
