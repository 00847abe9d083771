/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lint.c - what is certain of two predicates about one field, and of whole conditions.
 */
#include "analyze/lint/lint_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct rule_set *load(const char *logsource, const char *detection)
{
    char yaml[16384];
    struct rule_set *set = NULL;
    struct err err = {0};
    snprintf(yaml, sizeof yaml, "title: t\nlogsource: %s\ndetection: %s\n", logsource, detection);
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    assert_int_equal(set->rules_count, 1);
    return set;
}

/* The predicates of two lines about one field. */
static struct rule_set *load_pair(const char *a, const char *b)
{
    char detection[1024];
    snprintf(detection, sizeof detection, "{a: {%s}, b: {%s}, condition: a and b}", a, b);
    struct rule_set *set = load("{product: aws, service: s3access}", detection);
    assert_int_equal(set->predicates_count, 2);
    return set;
}

static void one_predicate_follows_from_another_only_where_it_is_certain(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool implies;
        bool implied;
        bool disjoint;
    } cases[] = {
        {"f: abc", "f|startswith: ab", true, false, false},
        {"f: abc", "f|endswith: bc", true, false, false},
        {"f: abc", "f|contains: b", true, false, false},
        {"f: abc", "f: 'a*c'", true, false, false},
        {"f: abc", "f: 'a?c'", true, false, false},
        {"f: aüc", "f: 'a?c'", true, false, false},
        {"f: abbc", "f: 'a?c'", false, false, true},
        {"f: ab", "f: 'a*b*c'", false, false, true},
        {"f: abc", "f: abd", false, false, true},
        {"f: abc", "f|startswith: b", false, false, true},
        {"f: abc", "f|startswith|cased: ab", false, false, false},
        {"f|startswith: abc", "f|startswith: ab", true, false, false},
        {"f|startswith: abc", "f|startswith: ad", false, false, true},
        {"f|startswith: abc", "f|contains: bc", true, false, false},
        {"f|startswith: abc", "f|endswith: c", false, false, false},
        {"f|endswith: abc", "f|endswith: bc", true, false, false},
        {"f|endswith: abc", "f|endswith: xc", false, false, true},
        {"f|contains: abc", "f|contains: b", true, false, false},
        {"f|contains: abc", "f|startswith: a", false, false, false},
        {"f: 443", "f: 443.0", false, false, false},
        {"f: 443", "f|startswith: 5", false, false, false},
        {"f: ''", "f|startswith: 5", false, false, true},
        {"f|gt: 5", "f|gte: 5", true, false, false},
        {"f|gt: 5", "f|gt: 4", true, false, false},
        {"f|gt: 5", "f|lt: 5", false, false, true},
        {"f|gte: 5", "f|lte: 5", false, false, false},
        {"f|gt: 5", "f|gt: 4.5", false, false, false},
        {"f|cidr: 10.1.0.0/16", "f|cidr: 10.0.0.0/8", true, false, false},
        {"f|cidr: 10.1.0.0/16", "f|cidr: 10.2.0.0/16", false, false, true},
        {"f|cidr: 10.0.0.0/8", "f|cidr: '::/0'", false, false, true},
        {"f: abc", "f|exists: true", true, false, false},
        {"f: abc", "f|contains: ''", true, false, false},
        {"f|re: abc", "f|exists: true", true, false, false},
        {"f|re: abc", "f: abc", false, false, false},
        {"f: null", "f: abc", false, false, true},
        {"f: null", "f|exists: true", false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load_pair(cases[i].a, cases[i].b);
        const struct predicate *a = &set->predicates[0];
        const struct predicate *b = &set->predicates[1];
        if (lint_implies(a, b) != cases[i].implies || lint_implies(b, a) != cases[i].implied ||
            lint_disjoint(a, b) != cases[i].disjoint || lint_disjoint(b, a) != cases[i].disjoint) {
            fail_msg("%s / %s: %d %d %d", cases[i].a, cases[i].b, lint_implies(a, b),
                     lint_implies(b, a), lint_disjoint(a, b));
        }
        rule_set_free(set);
    }
}

static enum rule_problem_code only_problem(const char *logsource, const char *detection)
{
    struct lint lint;
    struct rule_set *set = load(logsource, detection);
    lint_rules(set, &lint);
    enum rule_problem_code code = lint.problems_count > 0 ? lint.problems[0].code : PROBLEM_CODES;
    assert_true(lint.problems_count < 2);
    lint_release(&lint);
    rule_set_free(set);
    return code;
}

static void conditions_are_dead_through_all_their_cases(void **state)
{
    (void)state;
    static const char *const s3 = "{product: aws, service: s3access}";
    static const struct {
        const char *detection;
        enum rule_problem_code code;
    } cases[] = {
        {"{a: {key: [x, y]}, b: {key: [z, w]}, condition: a and b}", PROBLEM_NEVER_TRUE},
        {"{a: {key: [x, y]}, b: {key: [z, y]}, condition: a and b}", PROBLEM_CODES},
        {"{a: {key: [x, y]}, b: {key|startswith: [x, y, z]}, condition: a and not b}",
         PROBLEM_NEVER_TRUE},
        {"{a: {key: x}, b: {key: y}, c: {bucket: z}, condition: (a and b) or c}", PROBLEM_CODES},
        {"{a: {key: x}, b: {bucket: z}, condition: (a or b) and not a and not b}",
         PROBLEM_NEVER_TRUE},
        {"{a: {key: x}, b: {bucket: z}, condition: not (a and b) or (a and b)}",
         PROBLEM_ALWAYS_TRUE},
        {"{a: {key: x}, b: {bucket: z}, condition: not a or not b}", PROBLEM_MATCHES_WITHOUT},
        {"{a: {key: null}, b: {bucket: z}, condition: a and b}", PROBLEM_CODES},
        {"{a: {key|neq: x}, b: {key: x}, condition: a and b}", PROBLEM_NEVER_TRUE},
        {"{a: [word], b: [word other], condition: b and not a}", PROBLEM_NEVER_TRUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum rule_problem_code code = only_problem(s3, cases[i].detection);
        if (code != cases[i].code) {
            fail_msg("%s: %d", cases[i].detection, code);
        }
    }
    /* The same of a field that may have several values, or of an unknown log source. */
    assert_int_equal(only_problem("{product: aws, service: cloudtrail}",
                                  "{a: {requestParameters.a: x}, b: {requestParameters.a: y}, "
                                  "condition: a and b}"),
                     PROBLEM_CODES);
    assert_int_equal(
        only_problem("{product: windows}", "{a: {User: x}, b: {User: y}, condition: a and b}"),
        PROBLEM_CODES);
    assert_int_equal(only_problem("{product: windows}", "{a: {User: x}, condition: a and not a}"),
                     PROBLEM_NEVER_TRUE);
}

/* The contradiction is between a and b; s* are 4 ^ 14 cases beside it. */
static bool proves(const char *condition, bool *gave_up)
{
    char detection[8192];
    size_t len = (size_t)snprintf(detection, sizeof detection,
                                  "{a: {eventName: [A, B]}, b: {eventName: [C, D]}, ");
    for (int i = 0; i < 14; i++) {
        len += (size_t)snprintf(detection + len, sizeof detection - len,
                                "s%d: {requestParameters.f%d: [a, b, c, d]}, ", i, i);
    }
    snprintf(detection + len, sizeof detection - len, "condition: %s}", condition);
    struct rule_set *set = load("{product: aws, service: cloudtrail}", detection);
    struct lint_question question = {
        .rules = set, .rule = &set->rules[0], .both = {set->rules[0].condition, NULL}};
    bool never = lint_prove(&question) == LINT_NEVER;
    *gave_up = question.gave_up;
    rule_set_free(set);
    return never;
}

static void a_proof_that_takes_too_long_is_given_up_and_says_nothing(void **state)
{
    (void)state;
    bool gave_up[2] = {false, false};
    bool never[2] = {proves("a and b and all of s*", &gave_up[0]),
                     proves("all of s* and a and b", &gave_up[1])};
    assert_true(never[0] != gave_up[0]);
    assert_true(never[1] != gave_up[1]);
    assert_true(gave_up[0] != gave_up[1]);
}

static void a_warning_stands_where_the_value_stands(void **state)
{
    (void)state;
    struct lint lint;
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml",
                                        STR("title: t\nlogsource: {product: aws, "
                                            "service: cloudtrail}\ntags:\n  - attack.t1086\n"
                                            "detection:\n  s:\n    eventName:\n"
                                            "      - GetObject\n      - 'NoSuchThing'\n"
                                            "  condition: s\n"),
                                        &set, &err),
                     0);
    lint_rules(set, &lint);
    assert_int_equal(lint.problems_count, 2);
    assert_int_equal(lint.problems[0].code, PROBLEM_IMPOSSIBLE_EVENT);
    assert_int_equal(lint.problems[0].line, 9);
    assert_int_equal(lint.problems[0].column, 9);
    assert_true(str_equal(lint.problems[0].reason, STR("AWS has no action 'NoSuchThing'")));
    assert_int_equal(lint.problems[1].code, PROBLEM_UNKNOWN_TECHNIQUE);
    assert_int_equal(lint.problems[1].line, 4);
    assert_int_equal(lint.problems[1].column, 5);
    lint_release(&lint);
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_predicate_follows_from_another_only_where_it_is_certain),
        cmocka_unit_test(conditions_are_dead_through_all_their_cases),
        cmocka_unit_test(a_proof_that_takes_too_long_is_given_up_and_says_nothing),
        cmocka_unit_test(a_warning_stands_where_the_value_stands),
    };
    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
