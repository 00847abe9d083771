/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_extension.c - what rules say under `tocsin:`, and what is refused there.
 */
#include "analyze/rule/rule_extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_without_the_key_has_no_extension),
        cmocka_unit_test(criteria_and_risk_are_read),
        cmocka_unit_test(one_criterion_needs_no_list_and_a_risk_no_entity),
        cmocka_unit_test(a_correlation_bears_risk_by_its_group),
        cmocka_unit_test(what_is_wrong_is_an_error_with_its_line_and_the_rule_is_not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
