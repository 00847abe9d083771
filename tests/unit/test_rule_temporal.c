/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_temporal.c - conditions of temporal correlations over the names of rules.
 */
#include "analyze/rule/rule.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* Rules a, b, c and d-1 (an id), and a correlation with these lines. */
static struct rule_set *load(const char *lines)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    struct buffer text = {0};
    for (const char *name = "abc"; *name != '\0'; name++) {
        buffer_printf(&text,
                      "title: rule %c\nname: %c\nlogsource: {product: aws}\n"
                      "detection: {s: {f: %c}, condition: s}\n---\n",
                      *name, *name, *name);
    }
    buffer_printf(&text,
                  "title: rule d\nid: d-1\nlogsource: {product: aws}\n"
                  "detection: {s: {f: d}, condition: s}\n---\n"
                  "title: corr\ncorrelation:\n  timespan: 5m\n%s\n",
                  lines);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&text), &set, &err), 0);
    buffer_release(&text);
    return set;
}

/* want: for each set of the references 0, 1, 2 that matched, from none to all, 1 if it holds. */
static void expect(const char *lines, const char *references, const char *want, bool negates)
{
    struct rule_set *set = load(lines);
    char got[9] = "";
    if (set->problems_count > 0) {
        fail_msg("%s: %.*s", lines, STR_ARG(set->problems[0].reason));
    }
    assert_int_equal(set->rules_count, 5);
    const struct correlation *correlation = &set->rules[4].correlation;
    for (uint64_t matched = 0; matched < 8; matched++) {
        got[matched] = correlation_expression_holds(correlation->expression, matched) ? '1' : '0';
    }
    assert_string_equal(got, want);
    assert_int_equal(correlation->negates, negates);
    assert_int_equal(correlation_at_close(correlation), negates);
    assert_int_equal(correlation->references_count, strlen(references));
    for (uint32_t i = 0; i < correlation->references_count; i++) {
        uint32_t rule = correlation->references[i].rule;
        assert_int_equal(set->rules[rule].title.ptr[5], references[i]);
        assert_true(set->rules[rule].silent);
    }
    rule_set_free(set);
}

static void section_7_line_28_conditions_over_names_have_the_grammar_of_detections(void **state)
{
    (void)state;
    expect("  type: temporal\n  rules: [a, b, c]\n  condition: a and b", "abc", "00010001", false);
    expect("  type: temporal\n  rules: [a, b, c]\n  condition: a or b and c", "abc", "01010111",
           false);
    expect("  type: temporal\n  rules: [a, b, c]\n  condition: (a or b) and not c", "abc",
           "01110000", true);
    expect("  type: temporal\n  rules: [a, b]\n  condition: a and not b", "ab", "01000100", true);
    expect("  type: temporal\n  rules: [a, b, c]\n  condition: 1 of them", "abc", "01111111",
           false);
    expect("  type: temporal\n  rules: [d-1, a, c]\n  condition: d-1 and not 1 of *a", "dac",
           "01000100", true);
}

static void rules_may_be_left_out(void **state)
{
    (void)state;
    expect("  type: temporal\n  condition: b and not a", "ba", "01000100", true);
    expect("  type: temporal\n  condition: (d-1 or a)\n    and (c or a)", "dac", "00110111", false);
}

static void refuse(const char *lines, enum rule_problem_kind kind, const char *reason)
{
    struct rule_set *set = load(lines);
    if (set->rules_count != 4 || set->problems_count != 1 || set->problems[0].kind != kind ||
        str_find(set->problems[0].reason, str_of(reason)) == STR_NOT_FOUND) {
        fail_msg("%s: %.*s", lines,
                 STR_ARG(set->problems_count > 0 ? set->problems[0].reason : STR("no problem")));
    }
    rule_set_free(set);
}

static void wrong_conditions_over_names_are_refused(void **state)
{
    (void)state;
    refuse("  type: temporal\n  rules: [a, b]\n  condition: a and c", RULE_ERROR,
           "names 'c', but it is not under `rules`");
    refuse("  type: temporal\n  condition: a and nobody", RULE_ERROR,
           "no rule that was loaded has the id or name 'nobody'");
    refuse("  type: temporal\n  condition: 1 of a*", RULE_ERROR, "there are none");
    refuse("  type: temporal\n  condition: a and (b", RULE_ERROR, "is not closed");
    refuse("  type: temporal\n  condition: a b", RULE_ERROR, "'b' is not expected here");
    refuse("  type: temporal\n  rules: [a]\n  condition: not a", RULE_ERROR,
           "holds without any event");
    refuse("  type: temporal\n  rules: [a, b]\n  condition: a or not b", RULE_ERROR,
           "holds without any event");
    refuse("  type: temporal\n  rules: [a, a]\n  condition: a", RULE_ERROR, "'a' is named twice");
    refuse("  type: temporal_ordered\n  rules: [a, b]\n  condition: a and b", RULE_UNSUPPORTED,
           "a temporal_ordered takes no condition over the rules' names");
    refuse("  type: event_count\n  condition: a and b", RULE_ERROR, "names no rules");
    refuse("  type: event_count\n  rules: [a, b]\n  condition: a and b", RULE_ERROR,
           "must be a map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_28_conditions_over_names_have_the_grammar_of_detections),
        cmocka_unit_test(rules_may_be_left_out),
        cmocka_unit_test(wrong_conditions_over_names_are_refused),
    };
    return cmocka_run_group_tests_name("rule temporal", tests, NULL, NULL);
}
