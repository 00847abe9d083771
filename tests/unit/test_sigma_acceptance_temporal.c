/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sigma_acceptance_temporal.c - line 34 of the acceptance list of the Sigma language: temporal
 * and temporal_ordered.
 */
#include "tests/engine_probe.h"

#define KIND(name)                                                                                 \
    "title: " name "\nname: " name "\nlogsource: {}\ndetection:\n  s:\n    kind: " name            \
    "\n  condition: s\n---\n"
#define RULES(type)                                                                                \
    KIND("a")                                                                                      \
    KIND("b")                                                                                      \
    KIND("c")                                                                                      \
    "title: all\ncorrelation:\n  type: " type "\n  rules: [a, b, c]\n  group-by: [user]\n"         \
    "  timespan: 1m\n"

/* An event of those kinds in that second. */
#define EVENT(second, kinds, user)                                                                 \
    "{\"time\":\"2026-11-24T10:00:" second "Z\",\"kind\":[" kinds "],\"user\":\"" user "\"}\n"
#define A "\"a\""
#define B "\"b\""
#define C "\"c\""

struct row {
    const char *events;
    bool temporal;
    bool ordered;
};

static bool fires(const char *rules, const char *events)
{
    struct probe_input input = {.bytes = str_of(events), .decoder = "json"};
    probe_open(rules);
    bool fired = strcmp(probe_run(&input), "all;") == 0;
    if (!fired) {
        assert_string_equal(probe.outcome.ptr, "");
    }
    probe_close();
    return fired;
}

static void check(const struct row *row)
{
    bool temporal = fires(RULES("temporal"), row->events);
    bool ordered = fires(RULES("temporal_ordered"), row->events);
    if (temporal != row->temporal || ordered != row->ordered) {
        fail_msg("%s: temporal %d, ordered %d", row->events, temporal, ordered);
    }
}

static void section_7_line_34_temporal_takes_any_order_and_ordered_that_of_the_list(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {(EVENT("01", A, "eve") EVENT("02", B, "eve") EVENT("03", C, "eve")), true, true},
        {(EVENT("01", C, "eve") EVENT("02", B, "eve") EVENT("03", A, "eve")), true, false},
        {(EVENT("01", A, "eve") EVENT("02", C, "eve") EVENT("03", B, "eve")), true, false},
        {(EVENT("01", A, "eve") EVENT("02", A, "eve") EVENT("03", C, "eve")), false, false},
        {(EVENT("01", A, "eve") EVENT("02", B, "bob") EVENT("03", C, "eve")), false, false},
        {(EVENT("03", C, "eve") EVENT("01", A, "eve") EVENT("02", B, "eve")), true, true},
        {(EVENT("01", B, "eve") EVENT("02", A, "eve") EVENT("03", B, "eve") EVENT("04", C, "eve")),
         true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

static void section_7_line_34_equal_times_and_one_event_for_two_rules(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {(EVENT("01", A, "eve") EVENT("01", B, "eve") EVENT("01", C, "eve")), true, true},
        {(EVENT("01", A "," B, "eve") EVENT("02", C, "eve")), true, true},
        {(EVENT("01", A "," B "," C, "eve")), true, true},
        {(EVENT("01", C, "eve") EVENT("02", A "," B, "eve")), true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

static void section_7_line_34_all_must_come_within_the_timespan(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {("{\"time\":\"2026-11-24T10:00:00Z\",\"kind\":\"a\",\"user\":\"eve\"}\n"
          "{\"time\":\"2026-11-24T10:00:30Z\",\"kind\":\"b\",\"user\":\"eve\"}\n"
          "{\"time\":\"2026-11-24T10:01:00Z\",\"kind\":\"c\",\"user\":\"eve\"}\n"),
         true, true},
        {("{\"time\":\"2026-11-24T10:00:00Z\",\"kind\":\"a\",\"user\":\"eve\"}\n"
          "{\"time\":\"2026-11-24T10:00:30Z\",\"kind\":\"b\",\"user\":\"eve\"}\n"
          "{\"time\":\"2026-11-24T10:01:01Z\",\"kind\":\"c\",\"user\":\"eve\"}\n"),
         false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_34_temporal_takes_any_order_and_ordered_that_of_the_list),
        cmocka_unit_test(section_7_line_34_equal_times_and_one_event_for_two_rules),
        cmocka_unit_test(section_7_line_34_all_must_come_within_the_timespan),
    };
    return cmocka_run_group_tests_name("sigma acceptance: temporal", tests, NULL, NULL);
}
