/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_load.c - what is wrong with a rule is told with its place and what to do.
 */
#include "analyze/rule/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void wrong_rules_are_refused_with_place_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *condition;
        enum rule_problem_kind kind;
        uint32_t line;
        const char *reason; /* a part of it */
    } cases[] = {
        {"a|bogus: x", "s", RULE_ERROR, 6, "no modifier 'bogus'"},
        {"a|expand: '%x%'", "s", RULE_UNSUPPORTED, 6, "the placeholder %x%"},
        {"a: x", "s and nope", RULE_ERROR, 7, "'nope'"},
        {"a: x", "s | count() > 5", RULE_ERROR, 7, "tocsin rules convert FILE"},
        {"a: x", "1 of zzz*", RULE_ERROR, 7, "'zzz*'"},
        {"a: x", "(s", RULE_ERROR, 7, "not closed"},
        {"a: x", "", RULE_ERROR, 7, "the condition is empty"},
        {"a|cidr: 10.0.0.1/8", "s", RULE_ERROR, 6, "'10.0.0.1/8' is not a network"},
        {"a|re: '('", "s", RULE_ERROR, 6, "missing closing parenthesis at offset 1"},
        {"a|exists: 'true'", "s", RULE_ERROR, 6, "without quotes"},
        {"a|gt: 'x'", "s", RULE_ERROR, 6, "'x' is not a number"},
        {"a: 1\n    a: 2", "s", RULE_ERROR, 7, "twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml,
                 "title: t\nlogsource:\n  product: aws\ndetection:\n  s:\n    %s\n"
                 "  condition: %s\n",
                 cases[i].item, cases[i].condition);
        struct rule_set *set = NULL;
        struct err err = {0};
        assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
        assert_int_equal(set->rules_count, 0);
        assert_int_equal(set->problems_count, 1);
        assert_int_equal(set->problems[0].kind, cases[i].kind);
        assert_int_equal(set->problems[0].line, cases[i].line);
        assert_true(str_equal(set->problems[0].path, STR("t.yml")));
        assert_true(str_find(set->problems[0].reason, str_of(cases[i].reason)) != STR_NOT_FOUND);
        rule_set_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_rules_are_refused_with_place_and_reason),
    };
    return cmocka_run_group_tests_name("rule_load", tests, NULL, NULL);
}
