/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_evidence.c - what alerts of correlations tell beside events: values, rules, numbers.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct rule_set *set;
    struct windows *windows;
    struct buffer json; /* of all alerts */
    uint64_t offset;
};

/* Rules a and b, and a correlation with these lines. */
static void open_fixture(struct fixture *fixture, const char *lines)
{
    struct buffer text = {0};
    struct err err = {0};
    *fixture = (struct fixture){0};
    buffer_printf(&text,
                  "title: rule a\nid: id-a\nname: a\nlogsource: {product: aws}\n"
                  "detection: {s: {f: a}, condition: s}\n---\n"
                  "title: rule b\nid: id-b\nname: b\nlogsource: {product: aws}\n"
                  "detection: {s: {f: b}, condition: s}\n---\n"
                  "title: corr\ncorrelation:\n  rules: [a, b]\n  timespan: 60s\n%s\n",
                  lines);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &fixture->set, &err), 0);
    assert_int_equal(fixture->set->problems_count, 0);
    fixture->windows = windows_new(fixture->set, &(struct window_options){.ordered_at_end = true});
    buffer_release(&text);
}

static void render(void *context, const struct alert *alert)
{
    struct arena *arena = arena_new(0);
    alert_render_json(alert_copy(arena, alert), context);
    arena_free(arena);
}

static void close_fixture(struct fixture *fixture)
{
    windows_free(fixture->windows);
    rule_set_free(fixture->set);
    buffer_release(&fixture->json);
}

static void add(struct fixture *fixture, int64_t second, uint32_t reference, struct str value)
{
    struct alert_event event = {.time_ns = second * TIMESTAMP_SECOND_NS,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = fixture->offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    struct alert alert = {
        .rule = &fixture->set->rules[reference], .events = &event, .events_count = 1};
    window_add(
        fixture->windows,
        &(struct match){.correlation = 2, .reference = reference, .value = value, .alert = &alert});
}

static void add_rule(struct fixture *fixture, int64_t second, uint32_t reference)
{
    add(fixture, second, reference, (struct str){(const char *)&reference, sizeof reference});
}

/* All alerts together have this text, which ends before their window. */
static void expect(struct fixture *fixture, const char *want)
{
    window_finish(fixture->windows, render, &fixture->json);
    struct str json = buffer_str(&fixture->json);
    size_t begin = str_find(json, STR("\"count\""));
    size_t end = str_find(json, STR(",\"window\""));
    assert_true(begin != STR_NOT_FOUND && end != STR_NOT_FOUND && begin < end);
    struct str got = str_slice(json, begin, end - begin);
    if (!str_equal(got, str_of(want))) {
        fail_msg("%.*s", STR_ARG(got));
    }
    close_fixture(fixture);
}

static void a_value_count_tells_the_values_that_count(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "  type: value_count\n  condition: {field: host, gte: 3}");
    add(&fixture, 1, 0, STR("old"));
    add(&fixture, 70, 0, STR("x"));
    add(&fixture, 71, 0, STR(""));
    add(&fixture, 72, 0, STR("x"));
    add(&fixture, 73, 0, STR("a\"b"));
    expect(&fixture, "\"count\":3,\"values\":[\"\",\"x\",\"a\\\"b\"]");
    open_fixture(&fixture, "  type: value_count\n  condition: {field: host, lte: 3}");
    add(&fixture, 1, 0, STR("y"));
    add(&fixture, 2, 0, STR("x"));
    add(&fixture, 3, 0, STR("y"));
    expect(&fixture, "\"count\":2,\"values\":[\"x\",\"y\"]");
}

static void section_7_line_28_a_tuple_is_told_by_its_parts(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "  type: value_count\n  condition: {field: [host, port], gte: 2}");
    add(&fixture, 1, 0,
        (struct str){"\x01\0\0\0h\x02\0\0\0"
                     "22",
                     11});
    add(&fixture, 2, 0, (struct str){"\x03\0\0\0h22\0\0\0\0", 11});
    expect(&fixture, "\"count\":2,\"values\":[[\"h\",\"22\"],[\"h22\",\"\"]]");
}

static void values_are_told_up_to_the_cap(void **state)
{
    (void)state;
    struct fixture fixture;
    char value[16];
    open_fixture(&fixture, "  type: value_count\n  condition: {field: host, gte: 130}");
    for (uint32_t i = 0; i < 130; i++) {
        snprintf(value, sizeof value, "v%u", i);
        add(&fixture, 1, 0, str_of(value));
    }
    window_finish(fixture.windows, render, &fixture.json);
    struct str json = buffer_str(&fixture.json);
    uint32_t told = 0;
    for (uint32_t i = 0; i < 130; i++) {
        snprintf(value, sizeof value, "\"v%u\"", i);
        told += str_find(json, str_of(value)) != STR_NOT_FOUND ? 1 : 0;
    }
    assert_int_equal(told, 100);
    close_fixture(&fixture);
}

#define RULE_A "{\"id\":\"id-a\",\"title\":\"rule a\",\"event\":"
#define RULE_B "{\"id\":\"id-b\",\"title\":\"rule b\",\"event\":"

/* The rules of the first and the second event, up to their event's id. */
static void expect_rules(struct fixture *fixture, const char *first, const char *second)
{
    char ids[2][EVENT_ID_TEXT + 1];
    char want[512];
    for (uint64_t i = 0; i < 2; i++) {
        alert_event_id_at(STR("a.log"), -1, i, 0, ids[i]);
    }
    snprintf(want, sizeof want,
             "\"count\":2,\"rules\":[%s\"%s\",\"time\":\"1970-01-01T00:00:01Z\"},"
             "%s\"%s\",\"time\":\"1970-01-01T00:00:02Z\"}]",
             first, ids[0], second, ids[1]);
    expect(fixture, want);
}

static void a_temporal_tells_which_rule_each_event_matched(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "  type: temporal");
    add_rule(&fixture, 1, 1);
    add_rule(&fixture, 2, 0);
    expect_rules(&fixture, RULE_B, RULE_A);
    open_fixture(&fixture, "  type: temporal_ordered");
    add_rule(&fixture, 1, 0);
    add_rule(&fixture, 2, 1);
    expect_rules(&fixture, RULE_A, RULE_B);
}

static void a_sum_tells_its_number(void **state)
{
    (void)state;
    struct fixture fixture;
    decimal half = DECIMAL_ONE / 2;
    open_fixture(&fixture, "  type: value_sum\n  condition: {field: size, gte: 0.75}");
    add(&fixture, 1, 0, (struct str){(const char *)&half, sizeof half});
    add(&fixture, 2, 0, (struct str){(const char *)&half, sizeof half});
    expect(&fixture, "\"count\":2,\"value\":1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_count_tells_the_values_that_count),
        cmocka_unit_test(section_7_line_28_a_tuple_is_told_by_its_parts),
        cmocka_unit_test(values_are_told_up_to_the_cap),
        cmocka_unit_test(a_temporal_tells_which_rule_each_event_matched),
        cmocka_unit_test(a_sum_tells_its_number),
    };
    return cmocka_run_group_tests_name("window evidence", tests, NULL, NULL);
}
