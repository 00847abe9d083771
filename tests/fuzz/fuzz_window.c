/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_window.c - the correlator under any sequence of matches, watermarks and advances, with caps
 * so low that all of them are reached: late and early matches, evictions, closing windows.
 *
 * Three bytes are one operation. Checked: what alerts promise, the account of bytes, the order of
 * the lists.
 */
#include "analyze/window/window_internal.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERIES 7
#define DIRECT 5 /* of them count the detection rule; the last two count others of them */
#define SUM    4 /* the one of these that adds numbers */

static struct str group_names[] = {{"g", 1}};
static struct str carried_names[] = {{"h", 1}};
static const struct correlation_reference base_references[2] = {{.carried = carried_names},
                                                                {.carried = carried_names}};
/* By what the first correlation carries; by the group of the one that adds. */
static const struct correlation_reference first_reference = {.rule = 1, .group_by = carried_names};
static const struct correlation_reference sum_reference = {.rule = SUM + 1,
                                                           .group_by = group_names};

static void make_rules(struct rule rules[SERIES + 1], uint8_t shape)
{
    rules[0] = (struct rule){.id = STR("base")};
    for (uint32_t i = 0; i < SERIES; i++) {
        rules[i + 1] = (struct rule){.id = STR("c")};
        rules[i + 1].correlation = (struct correlation){
            .kind = i % 2 == 0 ? CORRELATION_EVENT_COUNT : CORRELATION_VALUE_COUNT,
            .timespan_ns = 1 + (shape & 15),
            .threshold = {.has_min = true, .min = shape >> 4, .has_not = i > 1, .not_equal = 3},
            .group_by = group_names,
            .group_by_count = 1,
            .references = base_references,
            .references_count = 2,
            .depth = 1};
    }
    rules[1].correlation.carried = (struct str_list){carried_names, 1};
    struct correlation *sum = &rules[SUM + 1].correlation;
    sum->kind = CORRELATION_VALUE_SUM;
    sum->threshold = (struct threshold){0};
    sum->measure = (struct measure){.has_min = true, .above = true, .min = shape >> 4};
    for (uint32_t i = DIRECT; i < SERIES; i++) {
        struct correlation *above = &rules[i + 1].correlation;
        above->kind = CORRELATION_EVENT_COUNT;
        above->references = i == DIRECT ? &first_reference : &sum_reference;
        above->references_count = 1;
        above->depth = 2;
    }
    rules[DIRECT + 1].correlation.threshold = (struct threshold){.has_min = true, .min = 2};
}

static void check_alert(void *context, const struct alert *alert)
{
    const struct windows *windows = context;
    if (alert->rule == &window_flood_rule) {
        ENSURE(alert->events_count == 1 && alert->group_count == 2);
        ENSURE(alert->value > 0 && alert->window_start_ns <= alert->window_end_ns);
        return;
    }
    ENSURE(alert->events_count > 0 && alert->events_count <= LIMIT_ALERT_EVENTS);
    ENSURE(alert->events_total >= alert->events_count);
    ENSURE(alert->group_count == 1 && alert->group[0].value.len == 1);
    ENSURE(alert->window_start_ns <= alert->window_end_ns);
    ENSURE(alert->time_ns >= alert->window_start_ns && alert->time_ns <= alert->window_end_ns);
    for (uint32_t i = 0; i < alert->events_count; i++) {
        ENSURE(alert->events[i].time_ns >= alert->window_start_ns);
        ENSURE(alert->events[i].time_ns <= alert->window_end_ns);
    }
    const struct threshold *threshold = &alert->rule->correlation.threshold;
    ENSURE(alert->value >= threshold->min);
    ENSURE(!threshold->has_not || alert->value != threshold->not_equal);
    ENSURE(windows->emit == check_alert);
}

static void check_windows(const struct windows *windows)
{
    size_t keys = 0;
    size_t bytes = 0;
    for (uint32_t i = 0; i < windows->series_count; i++) {
        const struct window_key *older = NULL;
        const struct window_series *series = &windows->series[i];
        size_t keys_before = keys;
        size_t bytes_before = bytes;
        bool hand_found = series->hand == NULL;
        for (const struct window_key *key = windows->series[i].oldest; key != NULL;
             key = key->newer) {
            ENSURE(key->older == older && (older == NULL || older->time_ns <= key->time_ns));
            ENSURE(key->time_ns <= windows->reached_ns);
            ENSURE(key->events.count <= windows->series[i].events_limit);
            ENSURE(key->numbers == NULL ||
                   key->numbers->ring.count <= windows->series[i].values_limit);
            ENSURE(key->values == NULL || key->values->count <= windows->series[i].values_limit);
            bytes += window_key_bytes(windows, key);
            keys++;
            hand_found = hand_found || key == series->hand;
            older = key;
        }
        ENSURE(series->newest == older && hand_found);
        ENSURE(keys - keys_before == series->keys_count && bytes - bytes_before == series->bytes);
    }
    ENSURE(keys == windows->table.keys_count && keys <= windows->limits.keys);
    ENSURE(bytes == windows->state_bytes);
}

static void add_match(struct windows *windows, struct rule *rules, const uint8_t *operation,
                      uint64_t offset)
{
    static const char letters[] = "abcdefghijklmnop";
    struct alert_event event = {.time_ns = operation[1],
                                .source = STR("s"),
                                .partition = -1,
                                .offset = operation[2] % 8 == 0 ? 0 : offset};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    struct alert alert = {.rule = rules,
                          .events = &event,
                          .events_count = 1,
                          .original = {letters, event.offset % 16},
                          .original_len = event.offset % 16};
    struct str group = {letters + operation[2] % 16, 1};
    uint32_t series = operation[0] % DIRECT;
    decimal number = operation[2] / 16 - 4;
    struct str carried = {operation[2] % 3 == 0 ? NULL : letters + operation[2] % 4,
                          operation[2] % 3 == 0 ? 0 : 1};
    struct str value = {letters + operation[2] / 16, 1};
    if (series == SUM) {
        value = (struct str){(const char *)&number, sizeof number};
    }
    struct match match = {.correlation = 1 + series,
                          .reference = operation[0] / 16 % 2,
                          .group = &group,
                          .value = value,
                          .carried = &carried,
                          .alert = &alert};
    window_add(windows, &match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    log_level_set(LOG_ERROR);
    struct rule rules[SERIES + 1];
    make_rules(rules, data[0]);
    struct rule_set set = {.rules = rules, .rules_count = SERIES + 1};
    struct window_options options = {.lateness_ns = data[1] & 15,
                                     .ordered_at_end = (data[1] & 16) != 0};
    struct windows *windows = windows_new(&set, &options);
    windows_set_limits(windows, &(struct window_limits){.keys = 2 + (data[1] >> 5),
                                                        .values = 3,
                                                        .state_bytes = 2000,
                                                        .pending = 20,
                                                        .pending_bytes = 4000});
    uint64_t matches = 0;
    for (size_t at = 2; at + 3 <= size; at += 3) {
        const uint8_t *operation = data + at;
        switch (operation[0] >> 5) {
        case 0:
            window_watermark(windows, operation[1] % 4, operation[2]);
            break;
        case 1:
            window_watermark(windows, operation[1] % 4, TIMESTAMP_NONE);
            break;
        case 2:
            window_advance(windows, check_alert, windows);
            check_windows(windows);
            break;
        default:
            add_match(windows, rules, operation, ++matches);
        }
    }
    window_finish(windows, check_alert, windows);
    check_windows(windows);
    struct window_counters counters = window_counters(windows);
    ENSURE(counters.matches == matches && counters.pending == 0 && windows->pending_bytes == 0);
    windows_free(windows);
    return 0;
}
