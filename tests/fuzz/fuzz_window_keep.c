/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_window_keep.c - windows from cells that nobody told: any bytes, or true cells with some
 * bytes changed. They are refused, or the windows go on with them.
 *
 * The first byte's lowest bit chooses. Any bytes: a cell is the length of its key (1 byte), that of
 * its value (2), and both. Changed ones: 4 bytes are a cell's number, a place in it (2), and what
 * that byte is xored with; 0: the cell is left out.
 */
#include "analyze/window/window_internal.h"
#include "analyze/window/window_keep.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CELLS_MAX 200

struct cell {
    struct buffer key;
    struct buffer value;
};

static struct rule_set *rules;
static struct cell cells[CELLS_MAX];
static size_t cells_count;

#define RULE(name, type, rest)                                                                     \
    "---\ntitle: " name "\nname: " name "\nid: " name "\ncorrelation:\n  type: " type              \
    "\n  timespan: 60s\n  group-by: [g]\n" rest
#define TWO "  rules: [a, b]\n"

static const char *const text =
    (RULE("c0", "event_count", TWO "  condition: {gte: 3}\n")                /**/
     RULE("c1", "event_count", TWO "  condition: {eq: 2}\n")                 /**/
     RULE("c2", "value_count", TWO "  condition: {gte: 3, field: v}\n")      /**/
     RULE("c3", "value_count", TWO "  condition: {lt: 9, field: [v, w]}\n")  /**/
     RULE("c4", "value_sum", TWO "  condition: {gte: 30, field: n}\n")       /**/
     RULE("c5", "value_avg", TWO "  condition: {gte: 1, field: n}\n")        /**/
     RULE("c6", "value_percentile", TWO "  condition: {gte: 1, field: n}\n") /**/
     RULE("c7", "temporal", TWO)                                             /**/
     RULE("c8", "temporal", TWO "  condition: a and not b\n")                /**/
     RULE("c9", "temporal_ordered", TWO)                                     /**/
     "---\ntitle: top\nid: top\ncorrelation:\n  type: event_count\n  timespan: 60s\n"
     "  rules: [c0, c2]\n  group-by: [v]\n  condition: {gte: 1}\n"
     "---\ntitle: a\nname: a\nid: a\nlogsource: {product: aws}\n"
     "detection: {s: {f: x}, condition: s}\n"
     "---\ntitle: b\nname: b\nid: b\nlogsource: {product: aws}\n"
     "detection: {s: {f: x}, condition: s}\n");

static void add_matches(struct windows *windows, uint32_t number, int64_t second)
{
    static const char letters[] = "xyz";
    struct alert_event event = {.time_ns = second * TIMESTAMP_SECOND_NS,
                                .source = number % 2 == 0 ? STR("s") : STR("t"),
                                .partition = -1,
                                .offset = number};
    struct alert_field field = {STR("source.ip"), STR("192.0.2.1")};
    struct alert alert = {.events = &event,
                          .events_count = 1,
                          .fields = &field,
                          .fields_count = 1,
                          .original = STR("record"),
                          .original_len = 6};
    alert_event_id_at(event.source, -1, number, 0, event.id);
    struct str group = {letters + number % 3, 1};
    struct str carried = {letters, 1 + number % 3};
    for (uint32_t r = 0; r < rules->rules_count; r++) {
        const struct correlation *correlation = &rules->rules[r].correlation;
        uint32_t reference = number / 3 % 2;
        decimal measured = (decimal)number * DECIMAL_ONE;
        struct str value = {letters + number % 2, 1};
        if (correlation->kind == CORRELATION_NONE || correlation->depth > 1) {
            continue;
        }
        if (correlation_measures(correlation->kind)) {
            value = (struct str){(const char *)&measured, sizeof measured};
        } else if (correlation->kind == CORRELATION_TEMPORAL) {
            value = (struct str){(const char *)&reference, sizeof reference};
        } else if (correlation->references[0].value.count == 2) {
            value = number % 2 == 0 ? STR("\1\0\0\0x\1\0\0\0y") : STR("\0\0\0\0\1\0\0\0y");
        }
        window_add(windows, &(struct match){.correlation = r,
                                            .reference = reference,
                                            .group = &group,
                                            .value = value,
                                            .carried = &carried,
                                            .alert = &alert});
    }
}

static void look_at_alert(void *context, const struct alert *alert)
{
    (void)context;
    ENSURE(alert->events_count > 0 && alert->events_count <= LIMIT_ALERT_EVENTS);
}

static void look_at_group(void *context, const struct window_view *view)
{
    (void)context;
    ENSURE(view->group_count == 1);
}

static struct windows *open_windows(void)
{
    struct window_options options = {.lateness_ns = 20 * TIMESTAMP_SECOND_NS};
    struct windows *windows = windows_new(rules, &options);
    windows_set_limits(windows, &(struct window_limits){.keys = 1000,
                                                        .values = 4,
                                                        .state_bytes = 1000000,
                                                        .pending = 1000,
                                                        .pending_bytes = 1000000});
    windows_keep(windows, 1000);
    return windows;
}

static void keep_cell(void *context, struct str key, struct str value, bool deleted)
{
    (void)context;
    ENSURE(!deleted && cells_count < CELLS_MAX);
    buffer_add(&cells[cells_count].key, key);
    buffer_add(&cells[cells_count].value, value);
    cells_count++;
}

static void make_cells(void)
{
    struct err err = {0};
    log_level_set(LOG_ERROR);
    ENSURE(rule_set_load_text("t.yml", str_of(text), &rules, &err) == 0);
    ENSURE(rules->problems_count == 0);
    struct windows *windows = open_windows();
    for (uint32_t i = 0; i < 30; i++) {
        add_matches(windows, i, 1000 + i);
    }
    window_watermark(windows, 0, 1040 * TIMESTAMP_SECOND_NS);
    ENSURE(window_advance(windows, look_at_alert, NULL));
    windows_tell_changes(windows, SIZE_MAX, keep_cell, NULL);
    windows_free(windows);
    ENSURE(cells_count > 30);
}

static void check_account(const struct windows *windows)
{
    size_t bytes = 0;
    size_t keys = 0;
    for (uint32_t i = 0; i < windows->series_count; i++) {
        for (const struct window_key *key = windows->series[i].oldest; key != NULL;
             key = key->newer) {
            bytes += window_key_bytes(windows, key);
            keys++;
        }
    }
    ENSURE(bytes == windows->state_bytes && keys == windows->table.keys_count);
}

static int restore_any(struct windows *windows, const uint8_t *data, size_t size)
{
    struct err err = {0};
    int failed = 0;
    for (size_t at = 1; at + 3 <= size && failed == 0;) {
        size_t key_len = data[at];
        size_t value_len = data[at + 1] + 256U * data[at + 2];
        at += 3;
        key_len = key_len < size - at ? key_len : size - at;
        struct str key = {(const char *)data + at, key_len};
        at += key_len;
        value_len = value_len < size - at ? value_len : size - at;
        failed =
            windows_restore(windows, key, (struct str){(const char *)data + at, value_len}, &err);
        at += value_len;
    }
    return failed;
}

static int restore_changed(struct windows *windows, const uint8_t *data, size_t size)
{
    struct err err = {0};
    int failed = 0;
    struct buffer value = {0};
    for (size_t i = 0; i < cells_count && failed == 0; i++) {
        bool left_out = false;
        buffer_clear(&value);
        buffer_add(&value, buffer_str(&cells[i].value));
        for (size_t at = 1; at + 4 <= size; at += 4) {
            size_t place = (data[at + 1] + 256U * data[at + 2]) % value.len;
            if (data[at] % cells_count == i) {
                left_out = left_out || data[at + 3] == 0;
                value.ptr[place] = (char)(value.ptr[place] ^ (char)data[at + 3]);
            }
        }
        if (!left_out) {
            failed = windows_restore(windows, buffer_str(&cells[i].key), buffer_str(&value), &err);
        }
    }
    buffer_release(&value);
    return failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    uint64_t left_out = 0;
    if (rules == NULL) {
        make_cells();
    }
    struct windows *windows = open_windows();
    bool any = size > 0 && (data[0] & 1) != 0;
    int failed = any ? restore_any(windows, data, size) : restore_changed(windows, data, size);
    if (failed == 0 && windows_restored(windows, &left_out, &err) == 0) {
        check_account(windows);
        windows_visit(windows, look_at_group, NULL);
        window_advance(windows, look_at_alert, NULL);
        for (uint32_t i = 30; i < 60; i++) {
            add_matches(windows, i, 1000 + i);
        }
        window_watermark(windows, 0, 1060 * TIMESTAMP_SECOND_NS);
        window_advance(windows, look_at_alert, NULL);
        check_account(windows);
        window_finish(windows, look_at_alert, NULL);
    } else {
        ENSURE(any || size > 4); /* true cells are taken */
    }
    windows_free(windows);
    return 0;
}
