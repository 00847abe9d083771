/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_visit.c - what is told about groups that are on their way to an alert.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS

static const struct str user_field[] = {{"user", 4}};
static const struct correlation_reference base_references[3] = {{0}};

struct fixture {
    struct rule rules[5]; /* 0: a detection rule; the others: correlations */
    struct rule_set set;
    struct windows *windows;
    uint64_t offset;
    char text[1024];
};

static struct rule make_rule(const char *id, enum correlation_kind kind, struct threshold threshold)
{
    return (struct rule){.id = str_of(id),
                         .title = str_of(id),
                         .correlation = {.kind = kind,
                                         .timespan_ns = 60 * SECOND,
                                         .threshold = threshold,
                                         .group_by = user_field,
                                         .group_by_count = 1,
                                         .references = base_references,
                                         .references_count = 3}};
}

static void open_fixture(struct fixture *fixture)
{
    struct threshold three = {.has_min = true, .min = 3};
    struct threshold few = {.has_max = true, .max = 3};
    *fixture = (struct fixture){0};
    fixture->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    fixture->rules[1] = make_rule("events", CORRELATION_EVENT_COUNT, three);
    fixture->rules[2] = make_rule("values", CORRELATION_VALUE_COUNT, three);
    fixture->rules[3] = make_rule("ordered", CORRELATION_TEMPORAL_ORDERED, three);
    fixture->rules[4] = make_rule("few", CORRELATION_EVENT_COUNT, few);
    fixture->set = (struct rule_set){.rules = fixture->rules, .rules_count = 5};
    fixture->windows = windows_new(&fixture->set, &(struct window_options){0});
}

static void ignore_alert(void *context, const struct alert *alert)
{
    (void)context;
    (void)alert;
}

struct sample {
    uint32_t rule;
    int64_t second;
    const char *group;
    const char *value;
    uint32_t reference;
};

static void add(struct fixture *fixture, struct sample sample)
{
    struct alert_event event = {.time_ns = sample.second * SECOND,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = fixture->offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    struct alert alert = {.rule = &fixture->rules[0], .events = &event, .events_count = 1};
    struct str group = str_of(sample.group);
    window_add(fixture->windows, &(struct match){.correlation = sample.rule,
                                                 .reference = sample.reference,
                                                 .group = &group,
                                                 .value = str_of(sample.value),
                                                 .alert = &alert});
}

static void tell(void *context, const struct window_view *view)
{
    struct fixture *fixture = context;
    size_t len = strlen(fixture->text);
    assert_int_equal(view->group_count, 1);
    assert_true(str_equal(view->group[0].name, STR("user")));
    snprintf(fixture->text + len, sizeof fixture->text - len, "%.*s %.*s %llu%s [%lld, %lld]%s\n",
             STR_ARG(view->rule->id), STR_ARG(view->group[0].value),
             (unsigned long long)view->count, view->at_close ? " at close" : "",
             (long long)(view->start_ns / SECOND), (long long)(view->expires_ns / SECOND),
             view->silent_until_ns >= view->now_ns ? " silent" : "");
}

/* What is told when the stream has reached that second. */
static const char *look(struct fixture *fixture, int64_t second)
{
    window_watermark(fixture->windows, 0, second * SECOND);
    window_advance(fixture->windows, ignore_alert, NULL);
    fixture->text[0] = '\0';
    windows_visit(fixture->windows, tell, fixture);
    return fixture->text;
}

static void each_live_group_is_told_with_what_it_has(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    assert_string_equal(look(&fixture, 1), "");
    add(&fixture, (struct sample){1, 10, "eve", "", 0});
    add(&fixture, (struct sample){1, 30, "eve", "", 0});
    add(&fixture, (struct sample){1, 20, "bob", "", 0});
    add(&fixture, (struct sample){2, 12, "eve", "x", 0});
    add(&fixture, (struct sample){2, 14, "eve", "x", 0});
    add(&fixture, (struct sample){2, 16, "eve", "y", 0});
    add(&fixture, (struct sample){3, 18, "eve", "", 0});
    add(&fixture, (struct sample){3, 22, "eve", "", 1});
    add(&fixture, (struct sample){4, 25, "eve", "", 0});
    assert_string_equal(look(&fixture, 31), "events bob 1 [20, 80]\n"
                                            "events eve 2 [10, 70]\n"
                                            "values eve 2 [14, 74]\n"
                                            "ordered eve 2 [18, 78]\n"
                                            "few eve 1 at close [25, 85]\n");
    windows_free(fixture.windows);
}

static void what_has_left_the_window_is_not_told(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    add(&fixture, (struct sample){1, 10, "eve", "", 0});
    add(&fixture, (struct sample){1, 30, "eve", "", 0});
    add(&fixture, (struct sample){2, 12, "eve", "x", 0});
    add(&fixture, (struct sample){1, 75, "bob", "", 0});
    assert_string_equal(look(&fixture, 76), "events eve 1 [30, 90]\nevents bob 1 [75, 135]\n");
    windows_free(fixture.windows);
}

static void a_group_that_has_fired_is_told_to_be_silent(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    for (int64_t second = 10; second <= 12; second++) {
        add(&fixture, (struct sample){1, second, "eve", "", 0});
    }
    assert_string_equal(look(&fixture, 13), "events eve 3 [10, 70] silent\n");
    add(&fixture, (struct sample){1, 71, "bob", "", 0});
    assert_string_equal(look(&fixture, 72), "events eve 2 [11, 71]\nevents bob 1 [71, 131]\n");
    windows_free(fixture.windows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_live_group_is_told_with_what_it_has),
        cmocka_unit_test(what_has_left_the_window_is_not_told),
        cmocka_unit_test(a_group_that_has_fired_is_told_to_be_silent),
    };
    return cmocka_run_group_tests_name("window visit", tests, NULL, NULL);
}
