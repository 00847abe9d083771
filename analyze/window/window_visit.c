/* SPDX-License-Identifier: Apache-2.0
 *
 * window_visit.c - the groups that a correlation watches at present: what they have, what they
 * lack.
 *
 * In:  windows between two calls of window_advance.   Out: one call of visit for each live group.
 * Thread: the deliverer.   Owns: nothing.
 * Invariants: (1) what is told is as of the latest match that was processed: events that it has
 *                 pushed out of a sliding window are not counted, and a group without any is left
 *                 out. (2) groups come in the order of their rules, then of their latest match.
 * Bounds: O(groups * what they remember); windows are not changed.
 * Tested: tests/unit/test_window_visit.c.
 */
#include "analyze/window/window_internal.h"

#include "base/memory.h"

static int64_t time_of(const struct window_key *key, uint32_t index)
{
    if (key->values != NULL) {
        return key->values->items[index].event.time_ns;
    }
    return key->numbers != NULL ? window_numbers_at(key->numbers, index)->event.time_ns
                                : window_events_at(&key->events, index)->time_ns;
}

static uint32_t held(const struct window_key *key)
{
    if (key->values != NULL) {
        return key->values->count;
    }
    return key->numbers != NULL ? key->numbers->ring.count : key->events.count;
}

/* Of a sliding window: what it has that is not before begin_ns. */
static void fill_since(const struct window_key *key, int64_t begin_ns, struct window_view *view)
{
    view->start_ns = INT64_MAX;
    if (key->sequence != NULL) {
        for (uint32_t step = 0; step < key->sequence->steps_count; step++) {
            int64_t start_ns = window_sequence_events(key->sequence, step)->time_ns;
            if (key->sequence->reached[step] && start_ns >= begin_ns) {
                view->count = step + 1;
                view->start_ns = start_ns;
            }
        }
        return;
    }
    for (uint32_t i = 0; i < held(key); i++) {
        int64_t time_ns = time_of(key, i);
        if (time_ns >= begin_ns) {
            view->count++;
            view->start_ns = time_ns < view->start_ns ? time_ns : view->start_ns;
            view->measured += key->numbers != NULL ? window_numbers_at(key->numbers, i)->value : 0;
        }
    }
}

static void fill_counts(const struct windows *windows, const struct window_key *key,
                        struct window_view *view)
{
    const struct window_series *series = &windows->series[key->series];
    int64_t timespan_ns = series->rule->correlation.timespan_ns;
    if (series->at_close) {
        view->start_ns = key->time_ns;
        view->count = key->values != NULL ? key->values->count : key->count;
        view->measured = key->numbers != NULL ? window_measure(windows, key) : 0;
    } else {
        int64_t begin_ns = window_time_before(windows->reached_ns, timespan_ns);
        fill_since(key, begin_ns, view);
    }
    view->expires_ns = window_time_after(view->start_ns, timespan_ns);
}

void windows_visit(const struct windows *windows, window_visit_fn *visit, void *context)
{
    for (uint32_t i = 0; i < windows->series_count; i++) {
        const struct window_series *series = &windows->series[i];
        uint32_t group_count = series->rule->correlation.group_by_count;
        struct alert_field *group = memory_new(group_count + 1, sizeof *group);
        for (const struct window_key *key = series->oldest; key != NULL; key = key->newer) {
            struct window_view view = {.rule = series->rule,
                                       .group = group,
                                       .group_count = group_count,
                                       .at_close = series->at_close,
                                       .now_ns = windows->reached_ns,
                                       .silent_until_ns = key->silent_until_ns};
            window_key_group(windows, key, group);
            fill_counts(windows, key, &view);
            if (view.count > 0) {
                visit(context, &view);
            }
        }
        memory_free(group);
    }
}
