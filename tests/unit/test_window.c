/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window.c - correlations: what is counted, when it fires, what comes late, what is evicted.
 * Counting itself is compared with a model in tests/property/test_window_order.c.
 */
#include "analyze/window/window_internal.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS

static const struct str user_field[] = {{"user", 4}};
static const struct str both_fields[] = {{"user", 4}, {"address", 7}};
static const struct str value_fields[] = {{"bucket", 6}, {"key", 3}};

/* The newest alerts, as the tests look at them. */
struct seen {
    uint32_t count;
    struct alert *last;
    struct arena *arena;
    char groups[256]; /* first group value of each alert, in order */
};

static void see(void *context, const struct alert *alert)
{
    struct seen *seen = context;
    seen->count++;
    seen->last = alert_copy(seen->arena, alert);
    size_t len = strlen(seen->groups);
    snprintf(seen->groups + len, sizeof seen->groups - len, "%.*s ",
             STR_ARG(alert->group_count > 0 ? alert->group[0].value : STR("-")));
}

struct fixture {
    struct rule rules[3]; /* 0: a detection rule; 1, 2: correlations */
    struct rule_set set;
    struct windows *windows;
    struct seen seen;
    uint64_t offset;
};

static struct rule make_correlation(const char *id, enum correlation_kind kind, uint64_t min)
{
    return (struct rule){.id = str_of(id),
                         .title = str_of(id),
                         .correlation = {.kind = kind,
                                         .timespan_ns = 60 * SECOND,
                                         .threshold = {.has_min = true, .min = min},
                                         .group_by = user_field,
                                         .group_by_count = 1}};
}

static void fixture_open(struct fixture *fixture, struct rule correlation,
                         struct window_options options)
{
    *fixture = (struct fixture){0};
    fixture->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    fixture->rules[1] = correlation;
    fixture->rules[2] = make_correlation("other", CORRELATION_EVENT_COUNT, 1000);
    fixture->set = (struct rule_set){.rules = fixture->rules, .rules_count = 3};
    fixture->windows = windows_new(&fixture->set, &options);
    fixture->seen.arena = arena_new(0);
}

static void fixture_close(struct fixture *fixture)
{
    windows_free(fixture->windows);
    arena_free(fixture->seen.arena);
}

static void add_to(struct fixture *fixture, uint32_t rule, int64_t time_ns, const char *group,
                   const char *value)
{
    struct alert_event event = {
        .time_ns = time_ns, .source = STR("a.log"), .partition = -1, .offset = fixture->offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    char original[32];
    snprintf(original, sizeof original, "line %u", (unsigned)event.offset);
    struct alert_field field = {STR("user.name"), str_of(group)};
    struct alert alert = {.rule = &fixture->rules[0],
                          .logsource = STR("linux/sshd"),
                          .events = &event,
                          .events_count = 1,
                          .fields = &field,
                          .fields_count = 1,
                          .original = str_of(original),
                          .original_len = strlen(original)};
    struct str text = str_of(group);
    struct match match = {
        .correlation = rule, .group = &text, .value = str_of(value), .alert = &alert};
    window_add(fixture->windows, &match);
}

static void add(struct fixture *fixture, int64_t second, const char *group, const char *value)
{
    add_to(fixture, 1, second * SECOND, group, value);
}

/* Stream 0 has reached that second. */
static void reach(struct fixture *fixture, int64_t second)
{
    window_watermark(fixture->windows, 0, second * SECOND);
    window_advance(fixture->windows, see, &fixture->seen);
}

static void finish(struct fixture *fixture)
{
    window_finish(fixture->windows, see, &fixture->seen);
}

static void the_alert_tells_group_window_events_and_the_last_record(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 3),
                 (struct window_options){.ordered_at_end = true});
    add(&fixture, 130, "eve", "");
    add(&fixture, 100, "eve", "");
    add(&fixture, 160, "eve", ""); /* the window is closed on both ends: 100 counts */
    add(&fixture, 161, "bob", "");
    finish(&fixture);
    assert_int_equal(fixture.seen.count, 1);
    assert_true(window_counters(fixture.windows).keys == 2); /* for who asks at the end */
    const struct alert *alert = fixture.seen.last;
    assert_ptr_equal(alert->rule, &fixture.rules[1]);
    assert_true(alert->time_ns == 160 * SECOND);
    assert_true(alert->window_start_ns == 100 * SECOND);
    assert_true(alert->window_end_ns == 160 * SECOND);
    assert_true(alert->value == 3 && alert->events_total == 3);
    assert_true(str_equal(alert->logsource, STR("linux/sshd")));
    assert_int_equal(alert->group_count, 1);
    assert_true(str_equal(alert->group[0].name, STR("user")));
    assert_true(str_equal(alert->group[0].value, STR("eve")));
    assert_int_equal(alert->events_count, 3);
    assert_true(alert->events[0].offset == 1 && alert->events[0].time_ns == 100 * SECOND);
    assert_true(alert->events[1].offset == 0 && alert->events[2].offset == 2);
    char id[EVENT_ID_TEXT + 1];
    alert_event_id_at(STR("a.log"), -1, 2, 0, id);
    assert_string_equal(alert->events[2].id, id);
    alert_id_of_window(alert->rule, alert->group, 1, 100 * SECOND, id);
    assert_string_equal(alert->id, id);
    assert_true(str_equal(alert->original, STR("line 2")));
    assert_int_equal(alert->fields_count, 1);
    assert_true(str_equal(alert->fields[0].value, STR("eve")));
    fixture_close(&fixture);
}

static void a_group_is_silent_for_a_timespan_from_the_windows_start(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 3),
                 (struct window_options){.ordered_at_end = true});
    for (int64_t second = 100; second <= 160; second++) {
        add(&fixture, second, "eve", ""); /* fires at 102; silent up to 160 */
    }
    finish(&fixture);
    assert_int_equal(fixture.seen.count, 1);
    assert_true(fixture.seen.last->time_ns == 102 * SECOND);
    fixture_close(&fixture);

    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 3),
                 (struct window_options){.ordered_at_end = true});
    for (int64_t second = 100; second <= 161; second++) {
        add(&fixture, second, "eve", "");
    }
    finish(&fixture);
    assert_int_equal(fixture.seen.count, 2);
    assert_true(fixture.seen.last->time_ns == 161 * SECOND);
    assert_true(fixture.seen.last->window_start_ns == 159 * SECOND);
    fixture_close(&fixture);
}

static void distinct_values_count_not_their_repetitions(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_VALUE_COUNT, 3),
                 (struct window_options){.ordered_at_end = true});
    add(&fixture, 100, "eve", "a");
    add(&fixture, 110, "eve", "b");
    add(&fixture, 120, "eve", "b");
    add(&fixture, 155, "eve", "a"); /* a is seen again: it lives on */
    add(&fixture, 171, "eve", "");  /* the empty value is a value */
    finish(&fixture);
    assert_int_equal(fixture.seen.count, 1);
    assert_true(fixture.seen.last->value == 3);
    assert_true(fixture.seen.last->window_start_ns == 120 * SECOND);
    assert_int_equal(fixture.seen.last->events_count, 3);
    assert_true(fixture.seen.last->events[0].offset == 2);
    assert_true(fixture.seen.last->events[1].offset == 3);
    fixture_close(&fixture);
}

static void many_distinct_values_are_found_again(void **state)
{
    (void)state;
    struct window_values values;
    window_values_init(&values);
    struct window_event event = {.time_ns = 0};
    char text[16];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "value %d", i * 7 % 1000);
            event.time_ns++;
            assert_false(window_values_add(&values, str_of(text), &event, 1000));
        }
        assert_int_equal(values.count, 1000);
    }
    window_values_expire(&values, 2501);
    assert_int_equal(values.count, 500);
    assert_true(values.items[values.oldest].event.time_ns == 2501);
    assert_true(values.items[values.newest].event.time_ns == 3000);
    assert_true(window_values_add(&values, STR("new"), &(struct window_event){.time_ns = 2}, 500));
    assert_true(values.items[values.oldest].event.time_ns == 2501); /* the new one was stalest */
    assert_true(
        window_values_add(&values, STR("new"), &(struct window_event){.time_ns = 4000}, 500));
    assert_true(values.items[values.oldest].event.time_ns == 2502);
    window_values_expire(&values, INT64_MAX);
    assert_int_equal(values.count, 0);
    assert_true(values.bytes == 0);
    window_values_release(&values);
}

static void an_upper_bound_is_judged_when_the_window_ends(void **state)
{
    (void)state;
    struct rule rule = make_correlation("c", CORRELATION_EVENT_COUNT, 2);
    rule.correlation.threshold.has_max = true;
    rule.correlation.threshold.max = 2; /* eq: 2 */
    struct fixture fixture;
    fixture_open(&fixture, rule, (struct window_options){.lateness_ns = 5 * SECOND});
    add(&fixture, 100, "eve", "");
    add(&fixture, 101, "bob", "");
    add(&fixture, 150, "eve", "");
    add(&fixture, 160, "bob", "");
    add(&fixture, 161, "bob", ""); /* the third */
    reach(&fixture, 165);          /* complete up to 160: eve's window may get another at 160 */
    assert_int_equal(fixture.seen.count, 0);
    reach(&fixture, 166);
    assert_string_equal(fixture.seen.groups, "eve ");
    assert_true(fixture.seen.last->time_ns == 150 * SECOND);
    assert_true(fixture.seen.last->window_start_ns == 100 * SECOND);
    assert_true(fixture.seen.last->window_end_ns == 160 * SECOND);
    assert_true(fixture.seen.last->value == 2);
    assert_true(str_equal(fixture.seen.last->original, STR("line 2")));
    add(&fixture, 300, "eve", "");
    add(&fixture, 300, "eve", "");
    finish(&fixture);
    assert_string_equal(fixture.seen.groups, "eve eve ");
    fixture_close(&fixture);
}

static void matches_wait_for_the_slowest_stream_and_the_allowance(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 1),
                 (struct window_options){.lateness_ns = 10 * SECOND});
    window_watermark(fixture.windows, 1, INT64_MIN + 1); /* has shown nothing yet */
    add(&fixture, 100, "eve", "");
    reach(&fixture, 200);
    assert_int_equal(fixture.seen.count, 0);
    window_watermark(fixture.windows, 1, 110 * SECOND);
    reach(&fixture, 200);
    assert_int_equal(fixture.seen.count, 0); /* another match at 100 is still allowed */
    window_watermark(fixture.windows, 1, 111 * SECOND);
    reach(&fixture, 200);
    assert_int_equal(fixture.seen.count, 1);
    add(&fixture, 150, "bob", "");
    reach(&fixture, 200);
    assert_int_equal(fixture.seen.count, 1);
    window_watermark(fixture.windows, 1, TIMESTAMP_NONE); /* idle: holds nobody back */
    reach(&fixture, 200);
    assert_int_equal(fixture.seen.count, 2);
    add(&fixture, 200, "joe", "");
    window_watermark(fixture.windows, 0, TIMESTAMP_NONE); /* all idle: nothing is on its way */
    window_advance(fixture.windows, see, &fixture.seen);
    assert_string_equal(fixture.seen.groups, "eve bob joe ");
    assert_true(window_counters(fixture.windows).late == 0);
    fixture_close(&fixture);
}

static void a_late_match_counts_if_the_window_still_holds_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 3),
                 (struct window_options){.lateness_ns = 0});
    add(&fixture, 100, "eve", "");
    add(&fixture, 150, "eve", "");
    reach(&fixture, 155);
    add(&fixture, 89, "eve", ""); /* before [90, 150] */
    reach(&fixture, 155);
    assert_int_equal(fixture.seen.count, 0);
    add(&fixture, 90, "eve", "");
    reach(&fixture, 155);
    assert_int_equal(fixture.seen.count, 1);
    assert_true(window_counters(fixture.windows).late == 2);
    assert_true(fixture.seen.last->window_start_ns == 90 * SECOND);
    assert_true(fixture.seen.last->window_end_ns == 150 * SECOND);
    assert_true(fixture.seen.last->time_ns == 90 * SECOND);
    assert_true(fixture.seen.last->events[2].offset == 3); /* what crossed stands last */
    assert_true(str_equal(fixture.seen.last->original, STR("line 3")));
    fixture_close(&fixture);
}

static void a_late_match_of_a_new_group_is_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 2),
                 (struct window_options){.lateness_ns = 0});
    add(&fixture, 200, "eve", "");
    reach(&fixture, 201);
    add(&fixture, 100, "bob", ""); /* bob's list place is eve's, his window is his own */
    reach(&fixture, 201);
    add(&fixture, 161, "bob", ""); /* [101, 161] */
    reach(&fixture, 201);
    assert_int_equal(fixture.seen.count, 0);
    add(&fixture, 221, "bob", ""); /* [161, 221] */
    reach(&fixture, 222);
    assert_string_equal(fixture.seen.groups, "bob ");
    assert_true(fixture.seen.last->window_start_ns == 161 * SECOND);
    reach(&fixture, 282);
    assert_true(window_counters(fixture.windows).keys == 0);
    fixture_close(&fixture);
}

static void a_late_match_opens_no_window_with_an_upper_bound(void **state)
{
    (void)state;
    struct rule rule = make_correlation("c", CORRELATION_EVENT_COUNT, 1);
    rule.correlation.threshold = (struct threshold){.has_max = true, .max = 2};
    struct fixture fixture;
    fixture_open(&fixture, rule, (struct window_options){.lateness_ns = 0});
    add(&fixture, 100, "eve", "");
    add(&fixture, 150, "bob", "");
    reach(&fixture, 151);
    add(&fixture, 149, "joe", ""); /* late: no window */
    add(&fixture, 110, "eve", ""); /* late: within eve's */
    add(&fixture, 99, "eve", "");  /* late: before it */
    finish(&fixture);
    assert_string_equal(fixture.seen.groups, "eve bob ");
    assert_true(window_counters(fixture.windows).late == 3);
    fixture_close(&fixture);
}

static void a_match_without_a_time_is_not_counted(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 1),
                 (struct window_options){.ordered_at_end = true});
    add_to(&fixture, 1, TIMESTAMP_NONE, "eve", "");
    add_to(&fixture, 1, INT64_MAX - 1, "bob", ""); /* the ends of time do not overflow */
    add_to(&fixture, 1, INT64_MIN + 1, "joe", "");
    finish(&fixture);
    assert_true(window_counters(fixture.windows).skipped == 1);
    assert_string_equal(fixture.seen.groups, "joe bob ");
    fixture_close(&fixture);
}

static void at_the_cap_a_group_gets_in_when_it_comes_again(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 2),
                 (struct window_options){.ordered_at_end = true});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 2,
                                                                .values = 10,
                                                                .state_bytes = SIZE_MAX,
                                                                .pending = 1000,
                                                                .pending_bytes = SIZE_MAX});
    add_to(&fixture, 2, 99 * SECOND, "of the other rule", "");
    add(&fixture, 100, "eve", "");
    add(&fixture, 101, "bob", ""); /* refused; the first loss is told at once */
    add(&fixture, 102, "bob", ""); /* eve goes, not what the other rule has as its share */
    add(&fixture, 103, "joe", ""); /* refused */
    add(&fixture, 104, "bob", ""); /* fires: 102 and 104 */
    add(&fixture, 105, "eve", ""); /* refused */
    add(&fixture, 106, "eve", ""); /* refused: bob has got as far */
    finish(&fixture);
    assert_string_equal(fixture.seen.groups, "c bob ");
    assert_true(window_counters(fixture.windows).evicted == 1);
    assert_true(window_counters(fixture.windows).refused == 4);
    uint64_t lost[3] = {0};
    windows_add_lost(fixture.windows, lost);
    assert_true(lost[0] == 0 && lost[1] == 5 && lost[2] == 0);
    fixture_close(&fixture);
}

static void what_is_lost_at_the_cap_is_told_at_once_then_once_an_hour(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 3),
                 (struct window_options){.lateness_ns = 0});
    fixture.rules[1].correlation.timespan_ns = 36000 * SECOND;
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 1,
                                                                .values = 10,
                                                                .state_bytes = SIZE_MAX,
                                                                .pending = 1000,
                                                                .pending_bytes = SIZE_MAX});
    add(&fixture, 7300, "eve", "");
    add(&fixture, 7400, "bob", "");
    add(&fixture, 7500, "joe", "");
    add(&fixture, 10999, "sue", "");
    reach(&fixture, 11000);
    assert_int_equal(fixture.seen.count, 1);
    assert_true(fixture.seen.last->rule == &window_flood_rule);
    assert_true(fixture.seen.last->value == 1);
    add(&fixture, 11000, "ann", "");
    reach(&fixture, 11001);
    assert_int_equal(fixture.seen.count, 2);
    const struct alert *alert = fixture.seen.last;
    assert_true(alert->value == 3 && alert->events_total == 3); /* joe, sue and ann */
    assert_int_equal(alert->rule->level, RULE_MEDIUM);
    assert_true(alert->time_ns == 11000 * SECOND);
    assert_true(alert->window_start_ns == 10800 * SECOND);
    assert_true(alert->window_end_ns == 11000 * SECOND);
    assert_int_equal(alert->group_count, 2);
    assert_true(str_equal(alert->group[0].name, STR("correlation")));
    assert_true(str_equal(alert->group[0].value, STR("c")));
    assert_int_equal(alert->events_count, 1);
    assert_true(alert->events[0].offset == 4);
    assert_true(str_equal(alert->original, STR("line 4")));
    char id[ALERT_ID_TEXT + 1];
    alert_id_of_window(&window_flood_rule, alert->group, 1, 10800 * SECOND, id);
    assert_string_equal(alert->id, id);
    fixture_close(&fixture);
}

static void what_is_over_makes_room_without_a_loss(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 2),
                 (struct window_options){.ordered_at_end = true});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 2,
                                                                .values = 10,
                                                                .state_bytes = SIZE_MAX,
                                                                .pending = 1000,
                                                                .pending_bytes = SIZE_MAX});
    add_to(&fixture, 2, 10 * SECOND, "of the other rule", "");
    add_to(&fixture, 2, 11 * SECOND, "of the other rule, too", "");
    for (int64_t second = 72; second < 800; second += 61) {
        add(&fixture, second, "eve", "");
        add(&fixture, second, "bob", "");
    }
    finish(&fixture);
    assert_int_equal(fixture.seen.count, 0);
    struct window_counters counters = window_counters(fixture.windows);
    assert_true(counters.evicted == 0 && counters.refused == 0 && counters.keys == 2);
    fixture_close(&fixture);
}

static void bytes_of_state_are_capped(void **state)
{
    (void)state;
    const size_t limit = 200000;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_VALUE_COUNT, 50),
                 (struct window_options){.lateness_ns = 0});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 100000,
                                                                .values = 100,
                                                                .state_bytes = limit,
                                                                .pending = 10000,
                                                                .pending_bytes = SIZE_MAX});
    char text[16];
    for (int i = 0; i < 4000; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(&fixture, 100 + i / 400, i % 40 != 0 ? text : "same", text);
    }
    reach(&fixture, 109);
    assert_true(fixture.windows->state_bytes > limit * 7 / 8);
    assert_true(fixture.windows->state_bytes <= limit);
    reach(&fixture, 100000);
    assert_true(window_counters(fixture.windows).refused > 1000);
    assert_string_equal(fixture.seen.groups, "c same ");     /* the one that comes again stays */
    assert_true(window_counters(fixture.windows).keys == 0); /* all are too old by now */
    assert_true(fixture.windows->state_bytes == 0);
    assert_true(fixture.windows->series[0].bytes == 0);
    assert_true(fixture.windows->pending_bytes == 0);
    finish(&fixture);
    assert_true(fixture.windows->bodies_bytes == 0);
    fixture_close(&fixture);
}

static void a_group_that_holds_a_large_part_of_all_goes_itself(void **state)
{
    (void)state;
    const size_t limit = 100000;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_VALUE_COUNT, 1000),
                 (struct window_options){.lateness_ns = 0});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 100000,
                                                                .values = 10000,
                                                                .state_bytes = limit,
                                                                .pending = 10000,
                                                                .pending_bytes = SIZE_MAX});
    char text[16];
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(&fixture, 100, text, "");
    }
    char large[1001];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 150; i++) {
        snprintf(large + 990, 11, "%010d", i);
        add(&fixture, 101, "eve", large);
    }
    reach(&fixture, 102);
    assert_true(fixture.windows->state_bytes <= limit);
    assert_true(window_counters(fixture.windows).evicted == 1);
    assert_true(window_counters(fixture.windows).keys == 21);
    fixture_close(&fixture);
}

static void past_the_pending_limit_the_oldest_is_processed_early(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 1),
                 (struct window_options){.ordered_at_end = true});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 10,
                                                                .values = 10,
                                                                .state_bytes = SIZE_MAX,
                                                                .pending = 2,
                                                                .pending_bytes = SIZE_MAX});
    add(&fixture, 103, "d", "");
    add(&fixture, 102, "c", "");
    add(&fixture, 101, "b", "");
    add(&fixture, 100, "a", "");
    window_advance(fixture.windows, see, &fixture.seen);
    assert_string_equal(fixture.seen.groups, "a b ");
    struct window_counters counters = window_counters(fixture.windows);
    assert_true(counters.early == 2 && counters.pending == 2 && counters.matches == 4);
    finish(&fixture);
    assert_string_equal(fixture.seen.groups, "a b c d ");
    fixture_close(&fixture);
}

static void when_much_waits_order_is_kept_rather_than_records(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, make_correlation("c", CORRELATION_EVENT_COUNT, 1),
                 (struct window_options){.ordered_at_end = true});
    windows_set_limits(fixture.windows, &(struct window_limits){.keys = 10,
                                                                .values = 10,
                                                                .state_bytes = SIZE_MAX,
                                                                .pending = 100,
                                                                .pending_bytes = 4000});
    add(&fixture, 104, "e", "");
    while (window_counters(fixture.windows).bare == 0) {
        add(&fixture, 103, "d", "");
    }
    window_advance(fixture.windows, see, &fixture.seen);
    assert_int_equal(fixture.seen.count, 0);
    finish(&fixture);
    assert_string_equal(fixture.seen.groups, "d e ");
    assert_true(window_counters(fixture.windows).early == 0);
    assert_true(str_equal(fixture.seen.last->original, STR("line 0")));
    fixture_close(&fixture);
}

/* ---- window_collect ---- */

static const struct correlation_reference references[] = {
    {.rule = 0, .group_by = both_fields, .value = {value_fields, 2}},
};
static const struct correlation_reference value_reference[] = {
    {.rule = 0, .group_by = user_field, .value = {value_fields, 1}},
};

static void group_and_value_come_from_the_events_fields(void **state)
{
    (void)state;
    struct rule rules[4] = {{.id = STR("base")}, {.id = STR("lonely")}};
    rules[2] = make_correlation("pairs", CORRELATION_VALUE_COUNT, 2);
    rules[2].correlation.group_by = both_fields;
    rules[2].correlation.group_by_count = 2;
    rules[2].correlation.references = references;
    rules[2].correlation.references_count = 1;
    rules[3] = make_correlation("one", CORRELATION_VALUE_COUNT, 2);
    rules[3].correlation.references = value_reference;
    rules[3].correlation.references_count = 1;
    struct rule_set set = {.rules = rules, .rules_count = 4};
    struct field_table *fields = field_table_new();
    field_id user = field_intern(fields, STR("user"));
    field_id address = field_intern(fields, STR("address"));
    field_id bucket = field_intern(fields, STR("bucket"));
    field_id key = field_intern(fields, STR("key"));
    struct window_plan *plan = window_plan_new(&set, fields);
    struct arena *arena = arena_new(0);
    struct event event;
    event_init(&event, field_count(fields));
    struct alert alert = {0};
    struct match_list list = {0};

    event_add_str(&event, user, STR("eve"));
    event_add_str(&event, user, STR("second of an array"));
    event_add_str(&event, bucket, STR("b"));
    window_collect(plan, arena, 0, &event, &alert, &list);
    assert_int_equal(list.count, 1); /* "pairs" has no address */
    assert_true(list.skipped == 1);
    assert_int_equal(list.items[0].correlation, 3);
    assert_true(str_equal(list.items[0].group[0], STR("eve")));
    assert_true(str_equal(list.items[0].value, STR("b")));
    assert_ptr_equal(list.items[0].alert, &alert);

    event_add(&event, address, "null", 4, VALUE_NULL, false);
    event_add_str(&event, key, STR("k"));
    window_collect(plan, arena, 0, &event, &alert, &list);
    assert_true(list.skipped == 2); /* null is no value */

    event_clear(&event);
    event_add_str(&event, user, STR(""));
    event_add(&event, address, "22", 2, VALUE_NUMBER, false);
    event_add_str(&event, bucket, STR("b"));
    event_add_str(&event, key, STR("k"));
    list.count = 0;
    window_collect(plan, arena, 0, &event, &alert, &list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].correlation, 2);
    assert_int_equal(list.items[0].group[0].len, 0);
    assert_true(str_equal(list.items[0].group[1], STR("22")));
    assert_int_equal(list.items[0].value.len, 10); /* two lengths and two bytes */

    window_collect(plan, arena, 1, &event, &alert, &list); /* nobody counts it */
    assert_int_equal(list.count, 2);
    for (int i = 0; i < 40; i++) {
        window_collect(plan, arena, 0, &event, &alert, &list);
    }
    assert_int_equal(list.count, 82);
    assert_true(str_equal(list.items[80].group[1], STR("22")));
    event_release(&event);
    window_plan_free(plan);
    field_table_free(fields);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_alert_tells_group_window_events_and_the_last_record),
        cmocka_unit_test(a_group_is_silent_for_a_timespan_from_the_windows_start),
        cmocka_unit_test(distinct_values_count_not_their_repetitions),
        cmocka_unit_test(many_distinct_values_are_found_again),
        cmocka_unit_test(an_upper_bound_is_judged_when_the_window_ends),
        cmocka_unit_test(matches_wait_for_the_slowest_stream_and_the_allowance),
        cmocka_unit_test(a_late_match_counts_if_the_window_still_holds_it),
        cmocka_unit_test(a_late_match_of_a_new_group_is_counted),
        cmocka_unit_test(a_late_match_opens_no_window_with_an_upper_bound),
        cmocka_unit_test(a_match_without_a_time_is_not_counted),
        cmocka_unit_test(at_the_cap_a_group_gets_in_when_it_comes_again),
        cmocka_unit_test(what_is_lost_at_the_cap_is_told_at_once_then_once_an_hour),
        cmocka_unit_test(what_is_over_makes_room_without_a_loss),
        cmocka_unit_test(bytes_of_state_are_capped),
        cmocka_unit_test(a_group_that_holds_a_large_part_of_all_goes_itself),
        cmocka_unit_test(past_the_pending_limit_the_oldest_is_processed_early),
        cmocka_unit_test(when_much_waits_order_is_kept_rather_than_records),
        cmocka_unit_test(group_and_value_come_from_the_events_fields),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
