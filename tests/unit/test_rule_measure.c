/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_measure.c - value_sum, value_avg, value_percentile and value_median as rules write
 * them.
 */
#include "analyze/rule/rule.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct rule_set *load(const char *type, const char *condition)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    struct buffer text = {0};
    buffer_printf(&text,
                  "title: first\nname: one\nlogsource: {product: aws}\n"
                  "detection: {s: {f: x}, condition: s}\n---\ntitle: corr\ncorrelation:\n"
                  "  type: %s\n  rules: one\n  timespan: 5m\n  condition: %s\n",
                  type, condition);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &set, &err), 0);
    buffer_release(&text);
    return set;
}

static void expect_bounds(const char *type, const char *condition, const struct measure *want)
{
    struct rule_set *set = load(type, condition);
    if (set->problems_count > 0) {
        fail_msg("%s: %.*s", condition, STR_ARG(set->problems[0].reason));
    }
    const struct measure *got = &set->rules[1].correlation.measure;
    assert_int_equal(got->has_min, want->has_min);
    assert_int_equal(got->above, want->above);
    assert_true(got->min == want->min);
    assert_int_equal(got->has_max, want->has_max);
    assert_int_equal(got->below, want->below);
    assert_true(got->max == want->max);
    assert_int_equal(got->has_not, want->has_not);
    assert_true(got->not_equal == want->not_equal);
    rule_set_free(set);
}

static void section_7_line_28_bounds_of_measures_are_exact_numbers(void **state)
{
    (void)state;
    const decimal one = DECIMAL_ONE;
    expect_bounds("value_sum", "{field: n, gte: 0.5}",
                  &(struct measure){.has_min = true, .min = one / 2});
    expect_bounds("value_sum", "{field: [n], gt: -3}",
                  &(struct measure){.has_min = true, .above = true, .min = -3 * one});
    expect_bounds("value_avg", "{field: n, lte: 1e3}",
                  &(struct measure){.has_max = true, .max = 1000 * one});
    expect_bounds("value_avg", "{field: n, gt: 1, lt: 2.25}",
                  &(struct measure){.has_min = true,
                                    .above = true,
                                    .min = one,
                                    .has_max = true,
                                    .below = true,
                                    .max = 9 * one / 4});
    expect_bounds(
        "value_median", "{field: n, eq: 9223372036854775807}",
        &(struct measure){
            .has_min = true, .min = INT64_MAX * one, .has_max = true, .max = INT64_MAX * one});
    expect_bounds("value_percentile", "{field: n, neq: 0}", &(struct measure){.has_not = true});
}

static void section_7_line_36_a_percentile_is_50_unless_the_rule_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *condition;
        uint32_t want;
    } cases[] = {
        {"value_percentile", "{field: n, gte: 1}", 50000000},
        {"value_percentile", "{field: n, gte: 1, percentile: 95}", 95000000},
        {"value_percentile", "{field: n, gte: 1, percentile: 99.9}", 99900000},
        {"value_percentile", "{field: n, gte: 1, percentile: 0}", 0},
        {"value_median", "{field: n, gte: 1}", 50000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].type, cases[i].condition);
        assert_int_equal(set->problems_count, 0);
        const struct correlation *correlation = &set->rules[1].correlation;
        assert_int_equal(correlation->kind, CORRELATION_VALUE_PERCENTILE);
        assert_int_equal(correlation->percentile, cases[i].want);
        assert_int_equal(correlation->references[0].value.count, 1);
        assert_true(str_equal(correlation->references[0].value.items[0], STR("n")));
        rule_set_free(set);
    }
}

static void only_sums_with_a_lower_bound_are_judged_with_each_event(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *condition;
        bool at_close;
    } cases[] = {
        {"value_sum", "{field: n, gte: 5}", false},  {"value_sum", "{field: n, lt: 5}", true},
        {"value_sum", "{field: n, neq: 5}", true},   {"value_avg", "{field: n, gte: 5}", true},
        {"value_median", "{field: n, gt: 5}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].type, cases[i].condition);
        assert_int_equal(set->problems_count, 0);
        assert_int_equal(correlation_at_close(&set->rules[1].correlation), cases[i].at_close);
        rule_set_free(set);
    }
}

static void what_is_no_measure_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *condition;
        const char *reason;
    } cases[] = {
        {"value_sum", "{gte: 5}", "value_sum needs the field that it counts"},
        {"value_avg", "{field: [a, b], gte: 5}", "a value_avg has one field"},
        {"value_sum", "{field: n}", "the condition has no bound"},
        {"value_sum", "{field: n, gte: many}", "a bound must be a number"},
        {"value_sum", "{field: n, gte: 1e19}", "a bound must be a number"},
        {"value_sum", "{field: n, gte: [1]}", "a bound must be a number"},
        {"value_sum", "{field: n, least: 1}", "'least' is no bound"},
        {"value_sum", "{field: n, gte: 5, lt: 5}", "bounds exclude each other"},
        {"value_sum", "{field: n, gte: 5.5, lte: 5.4}", "bounds exclude each other"},
        {"value_sum", "{field: n, gte: 5, percentile: 3}", "only value_percentile takes"},
        {"value_median", "{field: n, gte: 5, percentile: 3}", "use value_percentile"},
        {"value_percentile", "{field: n, gte: 5, percentile: 100.1}", "from 0 to 100"},
        {"value_percentile", "{field: n, gte: 5, percentile: -1}", "from 0 to 100"},
        {"value_percentile", "{field: n, gte: 5, percentile: 1.0000001}", "6 decimal places"},
        {"value_percentile", "{field: n, gte: 5, percentile: high}", "from 0 to 100"},
        {"value_count", "{field: n, gte: 5, percentile: 50}", "'percentile' is no bound"},
        {"value_sum", "5", "the correlation's condition must be a map"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].type, cases[i].condition);
        if (set->rules_count != 1 || set->problems_count != 1 ||
            set->problems[0].kind != RULE_ERROR ||
            str_find(set->problems[0].reason, str_of(cases[i].reason)) == STR_NOT_FOUND) {
            fail_msg("%s: %.*s", cases[i].condition,
                     STR_ARG(set->problems_count > 0 ? set->problems[0].reason : STR("none")));
        }
        rule_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_28_bounds_of_measures_are_exact_numbers),
        cmocka_unit_test(section_7_line_36_a_percentile_is_50_unless_the_rule_says_otherwise),
        cmocka_unit_test(only_sums_with_a_lower_bound_are_judged_with_each_event),
        cmocka_unit_test(what_is_no_measure_is_refused),
    };
    return cmocka_run_group_tests_name("rule measure", tests, NULL, NULL);
}
