/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_temporal.c - when a temporal correlation with a condition over rules' names fires.
 * What it counts is compared with a model in tests/property/test_window_expression.c.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS

struct fixture {
    struct rule_set *set;
    struct windows *windows;
    uint64_t offset;
    char text[512]; /* of the alerts since the last look */
};

static void open_fixture(struct fixture *fixture, const char *condition)
{
    struct buffer text = {0};
    struct err err = {0};
    *fixture = (struct fixture){0};
    for (const char *name = "abc"; *name != '\0'; name++) {
        buffer_printf(&text,
                      "title: rule %c\nname: %c\nlogsource: {product: aws}\n"
                      "detection: {s: {f: %c}, condition: s}\n---\n",
                      *name, *name, *name);
    }
    buffer_printf(&text,
                  "title: corr\ncorrelation:\n  type: temporal\n  rules: [a, b, c]\n"
                  "  timespan: 60s\n  condition: %s\n",
                  condition);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &fixture->set, &err), 0);
    assert_int_equal(fixture->set->problems_count, 0);
    fixture->windows = windows_new(fixture->set, &(struct window_options){0});
    buffer_release(&text);
}

static void close_fixture(struct fixture *fixture)
{
    windows_free(fixture->windows);
    rule_set_free(fixture->set);
}

static void tell(void *context, const struct alert *alert)
{
    struct fixture *fixture = context;
    size_t len = strlen(fixture->text);
    snprintf(fixture->text + len, sizeof fixture->text - len, "%lld [%lld, %lld] %llu of %llu\n",
             (long long)(alert->time_ns / SECOND), (long long)(alert->window_start_ns / SECOND),
             (long long)(alert->window_end_ns / SECOND), (unsigned long long)alert->value,
             (unsigned long long)alert->events_total);
}

/* A match of rule a, b or c. */
static void add(struct fixture *fixture, int64_t second, char rule)
{
    uint32_t reference = (uint32_t)(rule - 'a');
    struct alert_event event = {.time_ns = second * SECOND,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = fixture->offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    struct alert alert = {
        .rule = &fixture->set->rules[reference], .events = &event, .events_count = 1};
    window_add(fixture->windows,
               &(struct match){.correlation = 3,
                               .reference = reference,
                               .value = {(const char *)&reference, sizeof reference},
                               .alert = &alert});
}

/* The alerts that come until the log has reached that second. */
static const char *reach(struct fixture *fixture, int64_t second)
{
    fixture->text[0] = '\0';
    window_watermark(fixture->windows, 0, second * SECOND);
    window_advance(fixture->windows, tell, fixture);
    return fixture->text;
}

static void section_7_line_35_a_and_not_b_fires_at_window_close_only(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "a and not b");
    add(&fixture, 10, 'a');
    add(&fixture, 20, 'c');
    assert_string_equal(reach(&fixture, 70), ""); /* a b at 70 would be in the window */
    assert_string_equal(reach(&fixture, 71), "20 [10, 70] 2 of 2\n");
    /* b in the same window: nothing, whether it comes before a or behind it. */
    add(&fixture, 100, 'a');
    add(&fixture, 160, 'b');
    add(&fixture, 200, 'b');
    add(&fixture, 210, 'a');
    assert_string_equal(reach(&fixture, 500), "");
    /* b alone opens a window, too, and one behind it has its own answer. */
    add(&fixture, 500, 'b');
    add(&fixture, 561, 'a');
    assert_string_equal(reach(&fixture, 621), "");
    assert_string_equal(reach(&fixture, 622), "561 [561, 621] 1 of 1\n");
    close_fixture(&fixture);
}

static void section_7_line_35_without_not_it_fires_with_the_event_that_crosses(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, "(a or b) and c");
    add(&fixture, 10, 'a');
    add(&fixture, 15, 'b');
    assert_string_equal(reach(&fixture, 20), "");
    add(&fixture, 20, 'c');
    /* b and c are the shortest run of the latest events for which the condition holds. */
    assert_string_equal(reach(&fixture, 21), "20 [15, 20] 2 of 2\n");
    add(&fixture, 75, 'c'); /* silent until 75 */
    add(&fixture, 76, 'b');
    assert_string_equal(reach(&fixture, 80), "76 [75, 76] 2 of 2\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_35_a_and_not_b_fires_at_window_close_only),
        cmocka_unit_test(section_7_line_35_without_not_it_fires_with_the_event_that_crosses),
    };
    return cmocka_run_group_tests_name("window temporal", tests, NULL, NULL);
}
