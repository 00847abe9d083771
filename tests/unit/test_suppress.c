/* SPDX-License-Identifier: Apache-2.0
 *
 * test_suppress.c - which of many alerts are told.
 */
#include "analyze/alert/suppress.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct rule_extension hourly = {
    .suppress = {.period_ns = 3600 * TIMESTAMP_SECOND_NS, .alerts_max = 1}};
static const struct rule_extension twice = {
    .suppress = {.period_ns = 10 * TIMESTAMP_SECOND_NS, .alerts_max = 2}};
static const struct rule rule_a = {.id = {"a", 1}, .extension = &hourly};
static const struct rule rule_b = {.id = {"b", 1}, .extension = &hourly};
static const struct rule rule_c = {.id = {"c", 1}, .extension = &twice};

/* Asserts whether the alert at that second is told, and how many it speaks of. */
static void expect(struct suppressor *suppressor, const struct rule *rule, const char *key,
                   int64_t second, int tells, uint64_t of)
{
    uint64_t suppressed = 99;
    bool told =
        suppressor_tells(suppressor, rule, str_of(key), second * TIMESTAMP_SECOND_NS, &suppressed);
    if (told != (tells != 0) || suppressed != of) {
        fail_msg("at %lld: told %d, of %llu", (long long)second, told,
                 (unsigned long long)suppressed);
    }
}

static void the_first_of_a_period_is_told_and_the_first_of_the_next_counts_the_others(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(10);
    expect(suppressor, &rule_a, "x", 1000, 1, 0);
    expect(suppressor, &rule_a, "x", 1001, 0, 0);
    expect(suppressor, &rule_a, "x", 4599, 0, 0);
    expect(suppressor, &rule_a, "x", 4600, 1, 2);
    expect(suppressor, &rule_a, "x", 4601, 0, 0);
    expect(suppressor, &rule_a, "x", 9000, 1, 1);
    expect(suppressor, &rule_a, "x", 20000, 1, 0);
    suppressor_free(suppressor);
}

static void rules_and_keys_have_periods_of_their_own(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(10);
    expect(suppressor, &rule_a, "x", 0, 1, 0);
    expect(suppressor, &rule_a, "y", 0, 1, 0);
    expect(suppressor, &rule_b, "x", 0, 1, 0);
    expect(suppressor, &rule_a, "", 0, 1, 0);
    expect(suppressor, &rule_a, "x", 1, 0, 0);
    expect(suppressor, &rule_b, "x", 1, 0, 0);
    suppressor_free(suppressor);
}

static void so_many_as_the_rule_says_are_told_in_a_period(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(10);
    expect(suppressor, &rule_c, "", 0, 1, 0);
    expect(suppressor, &rule_c, "", 1, 1, 0);
    expect(suppressor, &rule_c, "", 2, 0, 0);
    expect(suppressor, &rule_c, "", 9, 0, 0);
    expect(suppressor, &rule_c, "", 10, 1, 2);
    expect(suppressor, &rule_c, "", 11, 1, 0);
    expect(suppressor, &rule_c, "", 12, 0, 0);
    suppressor_free(suppressor);
}

static void an_earlier_alert_belongs_to_the_period_unless_it_is_far_away(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(10);
    expect(suppressor, &rule_a, "x", 10000, 1, 0);
    expect(suppressor, &rule_a, "x", 6401, 0, 0);
    expect(suppressor, &rule_a, "x", 6400, 1, 1);
    expect(suppressor, &rule_a, "x", 6401, 0, 0);
    expect(suppressor, &rule_a, "x", -100000, 1, 1);
    suppressor_free(suppressor);
}

static void an_alert_without_a_time_is_told(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(10);
    uint64_t suppressed = 99;
    for (int i = 0; i < 3; i++) {
        assert_true(suppressor_tells(suppressor, &rule_a, STR("x"), TIMESTAMP_NONE, &suppressed));
        assert_true(suppressed == 0);
    }
    suppressor_free(suppressor);
}

static void of_too_many_keys_the_one_whose_period_began_first_is_forgotten(void **state)
{
    (void)state;
    struct suppressor *suppressor = suppressor_new(3);
    expect(suppressor, &rule_a, "x", 0, 1, 0);
    expect(suppressor, &rule_a, "y", 1, 1, 0);
    expect(suppressor, &rule_a, "z", 2, 1, 0);
    expect(suppressor, &rule_a, "x", 3700, 1, 0); /* a new period: y is the stalest */
    assert_true(suppressor_evicted(suppressor) == 0);
    expect(suppressor, &rule_a, "w", 3701, 1, 0);
    assert_true(suppressor_evicted(suppressor) == 1);
    expect(suppressor, &rule_a, "x", 3702, 0, 0);
    expect(suppressor, &rule_a, "z", 3, 0, 0);
    expect(suppressor, &rule_a, "y", 2, 1, 0);
    assert_true(suppressor_evicted(suppressor) == 2);
    suppressor_free(suppressor);
}

static void many_keys_are_remembered(void **state)
{
    (void)state;
    enum { KEYS = 5000 };
    struct suppressor *suppressor = suppressor_new(KEYS);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < KEYS; i++) {
            char key[20];
            snprintf(key, sizeof key, "%d", i);
            expect(suppressor, &rule_a, key, pass, pass == 0, 0);
        }
    }
    assert_true(suppressor_evicted(suppressor) == 0);
    suppressor_free(suppressor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_a_period_is_told_and_the_first_of_the_next_counts_the_others),
        cmocka_unit_test(rules_and_keys_have_periods_of_their_own),
        cmocka_unit_test(so_many_as_the_rule_says_are_told_in_a_period),
        cmocka_unit_test(an_earlier_alert_belongs_to_the_period_unless_it_is_far_away),
        cmocka_unit_test(an_alert_without_a_time_is_told),
        cmocka_unit_test(of_too_many_keys_the_one_whose_period_began_first_is_forgotten),
        cmocka_unit_test(many_keys_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
