/* SPDX-License-Identifier: Apache-2.0
 *
 * window_flood.c - what correlations lose at a limit: counted by rule, and told as an alert.
 *
 * In:  losses, while a match is counted.   Out: alerts of window_flood_rule, through the same emit
 *      as those of correlations.
 * Thread: the deliverer.   Owns: nothing.
 * Invariants: (1) the first loss of a correlation is told at once, further ones once an hour of
 *                 event time; tocsin.count is what it has lost since the alert before.
 *             (2) the id follows from the correlation and the hour.
 * Bounds: O(1) a loss.   Tested: tests/unit/test_window.c.
 */
#include "analyze/window/window_internal.h"

#include "base/timestamp.h"

#define HOUR_NS (3600 * TIMESTAMP_SECOND_NS)

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

const struct rule window_flood_rule = {
    .id = TEXT("6adc241a-9c77-4f36-99d0-2c5626bc9d19"),
    .name = TEXT("tocsin_window_flood"),
    .title = TEXT("A correlation has more groups than fit into memory"),
    .description =
        TEXT("At a limit tocsin forgot groups of this correlation, or did not take new ones, so "
             "that counts may be too low and alerts may be missing. Somebody may be flooding "
             "the log to hide something. Narrow the rules that the correlation counts, or raise "
             "correlation.keys_max or correlation.memory_max."),
    .author = TEXT("tocsin"),
    .status = TEXT("stable"),
    .level = RULE_MEDIUM,
    .correlation = {.kind = CORRELATION_EVENT_COUNT, .timespan_ns = HOUR_NS},
    .digest = 1,
};

static int64_t hour_of(int64_t time_ns)
{
    int64_t into = time_ns % HOUR_NS;
    return window_time_before(time_ns, into < 0 ? into + HOUR_NS : into);
}

static void tell(struct windows *windows, const struct window_series *series, int64_t now_ns,
                 const struct window_pending *pending)
{
    const struct window_place *place = &windows->places[pending->event.place];
    struct alert_event event = {.time_ns = pending->event.time_ns,
                                .source = place->source,
                                .partition = place->partition,
                                .offset = pending->event.offset,
                                .sub = pending->event.sub,
                                .rule = place->rule};
    alert_event_id_at(event.source, event.partition, event.offset, event.sub, event.id);
    struct alert_field group[] = {{STR("correlation"), series->rule->id},
                                  {STR("title"), series->rule->title}};
    struct alert alert = {.rule = &window_flood_rule,
                          .time_ns = pending->event.time_ns,
                          .logsource = place->logsource,
                          .events = &event,
                          .events_count = 1,
                          .events_total = series->lost - series->lost_told,
                          .group = group,
                          .group_count = 2,
                          .value = series->lost - series->lost_told,
                          .window_start_ns = hour_of(now_ns),
                          .window_end_ns = now_ns,
                          .fields = pending->body->fields,
                          .fields_count = pending->body->fields_count,
                          .original = pending->body->original,
                          .original_len = pending->body->original_len};
    alert_id_of_window(alert.rule, group, 1, alert.window_start_ns, alert.id);
    windows->emit(windows->emit_context, &alert);
}

void window_lose(struct windows *windows, uint32_t index, uint64_t count,
                 const struct window_pending *pending)
{
    struct window_series *series = &windows->series[index];
    int64_t time_ns = pending->event.time_ns;
    int64_t now_ns = time_ns > windows->reached_ns ? time_ns : windows->reached_ns;
    series->lost += count;
    if (series->told_ns == INT64_MIN || now_ns >= window_time_after(series->told_ns, HOUR_NS)) {
        tell(windows, series, now_ns, pending);
        series->told_ns = now_ns;
        series->lost_told = series->lost;
    }
}

void windows_add_lost(const struct windows *windows, uint64_t *by_rule)
{
    for (uint32_t i = 0; i < windows->rules_count; i++) {
        uint32_t series = windows->series_of_rule[i];
        by_rule[i] += series == UINT32_MAX ? 0 : windows->series[series].lost;
    }
}
