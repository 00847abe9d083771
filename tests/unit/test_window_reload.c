/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_reload.c - what windows keep when the rules change, and what they do not.
 */
#include "analyze/window/window.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS
#define LOGIN                                                                                      \
    "title: Login\nname: login\nlogsource: {}\n"                                                   \
    "detection: {selection: {a: 1}, condition: selection}\n---\n"
#define OTHER                                                                                      \
    "title: Other\nlogsource: {}\ndetection: {selection: {a: 2}, condition: selection}\n---\n"
#define CORRELATION(id, condition)                                                                 \
    "title: " id "\nid: " id                                                                       \
    "\ncorrelation: {type: event_count, rules: [login], group-by: [user],"                         \
    " timespan: 1m, condition: {" condition "}}\n---\n"

static struct {
    struct rule_set *rules;
    struct windows *windows;
    uint64_t offset;
    char text[256]; /* "rule group count;" of each alert */
} world;

static void see(void *context, const struct alert *alert)
{
    (void)context;
    size_t len = strlen(world.text);
    snprintf(world.text + len, sizeof world.text - len, "%.*s %.*s %llu;", STR_ARG(alert->rule->id),
             STR_ARG(alert->group[0].value), (unsigned long long)alert->value);
}

static struct rule_set *load(const char *text)
{
    struct err err = {0};
    struct rule_set *rules = NULL;
    assert_int_equal(rule_set_load_text("t.yml", str_of(text), &rules, &err), 0);
    assert_int_equal(rules->problems_count, 0);
    return rules;
}

static void open_world(const char *text)
{
    memset(&world, 0, sizeof world);
    world.rules = load(text);
    world.windows = windows_new(world.rules, &(struct window_options){0});
}

static void close_world(void)
{
    windows_free(world.windows);
    rule_set_free(world.rules);
}

/* Returns how many groups were forgotten. */
static uint64_t change(const char *text)
{
    struct rule_set *rules = load(text);
    uint64_t groups = windows_change_rules(world.windows, rules, see, NULL);
    rule_set_free(world.rules); /* whatever of it is still used, the sanitizer will tell */
    world.rules = rules;
    return groups;
}

static void add(const char *rule, int64_t second, const char *group)
{
    struct alert_event event = {.time_ns = second * SECOND,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = world.offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    uint32_t login = rule_set_find(world.rules, STR("login"));
    struct alert alert = {.rule = &world.rules->rules[login], .events = &event, .events_count = 1};
    struct str text = str_of(group);
    struct match match = {
        .correlation = rule_set_find(world.rules, str_of(rule)), .group = &text, .alert = &alert};
    window_add(world.windows, &match);
}

static void reach(int64_t second)
{
    window_watermark(world.windows, 0, second * SECOND);
    window_advance(world.windows, see, NULL);
}

static void an_unchanged_correlation_goes_on_counting_under_another_number(void **state)
{
    (void)state;
    open_world(LOGIN CORRELATION("one", "gte: 3") CORRELATION("two", "gte: 2"));
    add("two", 10, "eve");
    add("two", 11, "bob");
    add("one", 10, "eve");
    reach(20);
    /* "one" goes, "new" comes before "two", and rules change their numbers. */
    assert_true(change(OTHER CORRELATION("new", "gte: 1") LOGIN CORRELATION("two", "gte: 2")) == 1);
    assert_string_equal(world.text, "");
    add("two", 30, "eve");
    add("new", 31, "ann");
    reach(40);
    assert_string_equal(world.text, "two eve 2;new ann 1;");
    assert_true(window_counters(world.windows).keys == 3);
    close_world();
}

static void a_match_that_waits_stays_with_its_correlation(void **state)
{
    (void)state;
    open_world(LOGIN CORRELATION("one", "gte: 2") CORRELATION("two", "gte: 2"));
    add("two", 10, "eve");
    add("one", 10, "eve");
    assert_true(change(CORRELATION("two", "gte: 2") LOGIN CORRELATION("one", "gte: 2")) == 0);
    add("two", 9, "eve"); /* earlier, and in order all the same */
    reach(40);
    assert_string_equal(world.text, "two eve 2;");
    assert_true(window_counters(world.windows).late == 0);
    assert_true(window_counters(world.windows).early == 0);
    close_world();
}

static void what_waits_for_a_changed_correlation_is_decided_at_once(void **state)
{
    (void)state;
    open_world(LOGIN CORRELATION("one", "gte: 2") CORRELATION("few", "lte: 5"));
    add("one", 11, "eve");
    add("one", 10, "eve");
    add("one", 12, "bob");
    add("few", 10, "eve");
    assert_true(change(LOGIN CORRELATION("one", "gte: 3") CORRELATION("few", "lte: 6")) == 2);
    assert_string_equal(world.text, "one eve 2;");
    assert_true(window_counters(world.windows).early == 4);
    assert_true(window_counters(world.windows).pending == 0);
    add("one", 13, "bob");
    reach(1000);
    assert_string_equal(world.text, "one eve 2;"); /* bob counts from zero; few saw nothing */
    close_world();
}

static void an_open_window_of_an_upper_bound_is_watched_to_its_end(void **state)
{
    (void)state;
    open_world(LOGIN CORRELATION("few", "lte: 5"));
    add("few", 10, "eve");
    reach(20);
    assert_true(change(OTHER LOGIN CORRELATION("few", "lte: 5")) == 0);
    add("few", 30, "eve");
    reach(100);
    assert_string_equal(world.text, "few eve 2;");
    close_world();
}

static void windows_may_lose_and_get_all_their_correlations(void **state)
{
    (void)state;
    open_world(LOGIN);
    assert_true(change(LOGIN CORRELATION("one", "gte: 1")) == 0);
    add("one", 10, "eve");
    reach(20);
    assert_true(change(OTHER) == 1);
    assert_true(window_counters(world.windows).keys == 0);
    assert_string_equal(world.text, "one eve 1;");
    close_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unchanged_correlation_goes_on_counting_under_another_number),
        cmocka_unit_test(a_match_that_waits_stays_with_its_correlation),
        cmocka_unit_test(what_waits_for_a_changed_correlation_is_decided_at_once),
        cmocka_unit_test(an_open_window_of_an_upper_bound_is_watched_to_its_end),
        cmocka_unit_test(windows_may_lose_and_get_all_their_correlations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
