/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_extension.c - what rules say under `tocsin:`, and what is refused there.
 */
#include "analyze/rule/rule_extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define RULE(block)                                                                                \
    "title: A\nid: 00000000-0000-4000-8000-00000000000a\nname: a\n"                                \
    "logsource:\n  product: linux\n"                                                               \
    "detection:\n  selection:\n    f: x\n  condition: selection\n" block
#define CORRELATION(block)                                                                         \
    RULE("")                                                                                       \
    "---\ntitle: C\nid: 00000000-0000-4000-8000-00000000000c\n"                                    \
    "correlation:\n  type: event_count\n  rules: [a]\n  timespan: 1m\n"                            \
    "  group-by: [host]\n  condition:\n    gte: 2\n" block

#define EXCEPTION(expires, more)                                                                   \
    "tocsin:\n  exceptions:\n    - reason: tests\n      owner: ops\n      approved-by: ann\n"      \
    "      expires: " expires "\n" more
#define SELECTION "      selection:\n        user: ci\n        host|startswith: [a, b]\n"

static struct rule_set *load(const char *yaml)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    return set;
}

static void a_rule_without_the_key_has_no_extension(void **state)
{
    (void)state;
    struct rule_set *set = load(RULE(""));
    assert_int_equal(set->rules_count, 1);
    assert_null(set->rules[0].extension);
    rule_set_free(set);
}

static void criteria_and_risk_are_read(void **state)
{
    (void)state;
    struct rule_set *set = load(RULE("tocsin:\n  criterion: [CC7.2, CC6.1]\n"
                                     "  risk: {score: 40, entity: [user.name, host]}\n"));
    assert_int_equal(set->problems_count, 0);
    const struct rule_extension *extension = set->rules[0].extension;
    assert_non_null(extension);
    assert_int_equal(extension->criteria.count, 2);
    assert_true(str_equal(extension->criteria.items[0], STR("CC7.2")));
    assert_true(str_equal(extension->criteria.items[1], STR("CC6.1")));
    assert_true(extension->has_risk);
    assert_int_equal(extension->risk_score, 40);
    assert_int_equal(extension->risk_entities.count, 2);
    assert_true(str_equal(extension->risk_entities.items[1], STR("host")));
    rule_set_free(set);
}

static void one_criterion_needs_no_list_and_a_risk_no_entity(void **state)
{
    (void)state;
    struct rule_set *set = load(RULE("tocsin:\n  criterion: CC7.5\n  risk: {score: 0}\n"));
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules[0].extension->criteria.count, 1);
    assert_true(set->rules[0].extension->has_risk);
    assert_int_equal(set->rules[0].extension->risk_entities.count, 0);
    rule_set_free(set);
}

static void a_correlation_bears_risk_by_its_group(void **state)
{
    (void)state;
    struct rule_set *set = load(CORRELATION("tocsin:\n  risk: {score: 70, entity: host}\n"));
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->rules[1].extension->risk_entities.count, 1);
    rule_set_free(set);
}

static void what_is_wrong_is_an_error_with_its_line_and_the_rule_is_not_loaded(void **state)
{
    (void)state;
    assert_int_equal(setenv("TOCSIN_TODAY", "2026-11-01", 1), 0);
    static const struct {
        const char *yaml;
        uint32_t line;
        const char *reason;
        uint32_t rules;
    } rows[] = {
        {RULE("tocsin: yes\n"), 10, "tocsin must be a map", 0},
        {RULE("tocsin:\n  criterium: CC7.2\n"), 11, "did you mean 'criterion'?", 0},
        {RULE("tocsin:\n  colour: red\n"), 11, "docs/EXTENSIONS.md", 0},
        {RULE("tocsin:\n  criterion: CC7.6\n"), 11, "'CC7.6' is no trust", 0},
        {RULE("tocsin:\n  criterion: CC7.0\n"), 11, "'CC7.0' is no trust", 0},
        {RULE("tocsin:\n  criterion: [CC7.1,\n    7.2]\n"), 12, "'7.2' is no trust", 0},
        {RULE("tocsin:\n  criterion: [CC7.1, CC7.1]\n"), 11, "stands here twice", 0},
        {RULE("tocsin:\n  criterion: []\n"), 11, "the list is empty", 0},
        {RULE("tocsin:\n  risk: 40\n"), 11, "risk must be a map", 0},
        {RULE("tocsin:\n  risk: {scare: 40}\n"), 11, "did you mean 'score'?", 0},
        {RULE("tocsin:\n  risk: {entity: host}\n"), 11, "risk needs a score", 0},
        {RULE("tocsin:\n  risk: {score: 101}\n"), 11, "from 0 to 100", 0},
        {RULE("tocsin:\n  risk: {score: 1, entity: {a: b}}\n"), 11, "the name of a field", 0},
        {RULE("tocsin:\n  suppress: {key: host}\n"), 11, "suppress needs `for`", 0},
        {RULE("tocsin:\n  suppress: {for: soon}\n"), 11, "must be a number above 0", 0},
        {RULE("tocsin:\n  suppress: {for: 1h, max: 0}\n"), 11, "max must be a whole number", 0},
        {RULE("tocsin:\n  suppress: {for: 1h, keys: a}\n"), 11, "did you mean 'key'?", 0},
        {RULE("tocsin:\n  suppress: {for: 1h, key: [a, a]}\n"), 11, "stands here twice", 0},
        {CORRELATION("tocsin:\n  suppress: {for: 1h, key: user}\n"), 21, "group-by names", 1},
        {RULE(EXCEPTION("2026-12-31", "")), 12, "an exception needs `selection`", 0},
        {RULE(EXCEPTION("2026-12-31", "      selection: ci\n")), 16, "`selection`, a map", 0},
        {RULE(EXCEPTION("2026-12-31", "      selection: {a|nope: ci}\n")), 16, "'nope'", 0},
        {RULE(EXCEPTION("2026-12-31", "      because: x\n" SELECTION)), 16, "no key 'because'", 0},
        {RULE(EXCEPTION("2026-02-30", SELECTION)), 15, "'2026-02-30' is not a date", 0},
        {RULE(EXCEPTION("tomorrow", SELECTION)), 15, "'tomorrow' is not a date", 0},
        {RULE("tocsin:\n  exceptions:\n    - reason: tests\n"), 12, "needs `owner`", 0},
        {RULE("tocsin:\n  exceptions:\n    reason: tests\n"), 12, "a list of maps", 0},
        {CORRELATION(EXCEPTION("2026-12-31", SELECTION)), 22, "the rules that the correlation", 1},
        {CORRELATION("tocsin:\n  risk: {score: 1, entity: user}\n"), 21, "group-by names", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule_set *set = load(rows[i].yaml);
        assert_int_equal(set->rules_count, rows[i].rules);
        assert_int_equal(set->problems_count, 1);
        assert_int_equal(set->problems[0].kind, RULE_ERROR);
        if (set->problems[0].line != rows[i].line ||
            str_find(set->problems[0].reason, str_of(rows[i].reason)) == STR_NOT_FOUND) {
            fail_msg("row %zu: line %u: %.*s", i, set->problems[0].line,
                     STR_ARG(set->problems[0].reason));
        }
        rule_set_free(set);
    }
}

static void suppression_is_read_with_one_alert_a_period_unless_told_otherwise(void **state)
{
    (void)state;
    struct rule_set *set = load(RULE("tocsin:\n  suppress: {key: [user, host], for: 1h}\n"));
    assert_int_equal(set->problems_count, 0);
    const struct rule_suppress *suppress = &set->rules[0].extension->suppress;
    assert_int_equal(suppress->key.count, 2);
    assert_true(str_equal(suppress->key.items[1], STR("host")));
    assert_true(suppress->period_ns == INT64_C(3600000000000));
    assert_true(suppress->alerts_max == 1);
    rule_set_free(set);
    set = load(CORRELATION("tocsin:\n  suppress: {key: host, for: 30s, max: 5}\n"));
    assert_int_equal(set->problems_count, 0);
    suppress = &set->rules[1].extension->suppress;
    assert_true(suppress->period_ns == INT64_C(30000000000) && suppress->alerts_max == 5);
    rule_set_free(set);
    set = load(RULE("tocsin:\n  suppress: {for: 2d}\n"));
    assert_int_equal(set->rules[0].extension->suppress.key.count, 0);
    rule_set_free(set);
}

static void an_exception_has_a_condition_and_says_who_and_until_when(void **state)
{
    (void)state;
    assert_int_equal(setenv("TOCSIN_TODAY", "2026-12-31", 1), 0);
    struct rule_set *set = load(RULE(EXCEPTION("2026-12-31", SELECTION)));
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->exceptions_count, 1);
    const struct rule_extension *extension = set->rules[0].extension;
    assert_int_equal(extension->exceptions_count, 1);
    const struct rule_exception *exception = &extension->exceptions[0];
    assert_int_equal(exception->number, 0);
    assert_int_equal(exception->line, 12);
    assert_true(str_equal(exception->reason, STR("tests")));
    assert_true(str_equal(exception->owner, STR("ops")));
    assert_true(str_equal(exception->approved_by, STR("ann")));
    assert_true(str_equal(exception->expires, STR("2026-12-31")));
    assert_int_equal(exception->condition->kind, CONDITION_AND);
    assert_int_equal(exception->condition->children_count, 2);
    /* It is no part of what the rule looks for. */
    assert_int_equal(set->rules[0].condition->kind, CONDITION_PREDICATE);
    rule_set_free(set);
}

static void an_exception_that_has_expired_is_an_error_and_the_rule_runs_without_it(void **state)
{
    (void)state;
    static const char *const dates[] = {"2027-01-01", "not a date"};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        assert_int_equal(setenv("TOCSIN_TODAY", dates[i], 1), 0);
        struct rule_set *set = load(RULE(EXCEPTION("2026-12-31", SELECTION)));
        assert_int_equal(set->problems_count, 1);
        assert_int_equal(set->problems[0].kind, RULE_ERROR);
        assert_int_equal(set->problems[0].line, 15);
        assert_true(set->problems[0].rule_runs);
        assert_false(rule_problem_drops(&set->problems[0]));
        assert_true(str_find(set->problems[0].reason, STR("is not applied")) != STR_NOT_FOUND);
        assert_int_equal(set->rules_count, 1);
        assert_int_equal(set->rules[0].extension->exceptions_count, 0);
        assert_int_equal(set->exceptions_count, 0);
        rule_set_free(set);
    }
    assert_int_equal(unsetenv("TOCSIN_TODAY"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_without_the_key_has_no_extension),
        cmocka_unit_test(criteria_and_risk_are_read),
        cmocka_unit_test(one_criterion_needs_no_list_and_a_risk_no_entity),
        cmocka_unit_test(a_correlation_bears_risk_by_its_group),
        cmocka_unit_test(suppression_is_read_with_one_alert_a_period_unless_told_otherwise),
        cmocka_unit_test(an_exception_has_a_condition_and_says_who_and_until_when),
        cmocka_unit_test(an_exception_that_has_expired_is_an_error_and_the_rule_runs_without_it),
        cmocka_unit_test(what_is_wrong_is_an_error_with_its_line_and_the_rule_is_not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
