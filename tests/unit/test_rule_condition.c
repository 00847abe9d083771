/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_condition.c - the grammar of `condition:`, held to truth tables over three selections.
 */
#include "analyze/rule/rule.h"

#include "base/buffer.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* Selection i of a rule asks whether f is i: its predicate's text is that digit. */
static struct rule_set *load(const char *const names[3], const char *condition)
{
    struct buffer yaml = {0};
    struct rule_set *set = NULL;
    struct err err = {0};
    buffer_printf(&yaml, "title: t\nlogsource:\n  product: aws\ndetection:\n");
    for (int i = 0; i < 3; i++) {
        buffer_printf(&yaml, "  %s: {f: '%d'}\n", names[i], i);
    }
    buffer_printf(&yaml, "  condition: %s\n", condition);
    assert_int_equal(rule_set_load_text("t.yml", buffer_str(&yaml), &set, &err), 0);
    buffer_release(&yaml);
    return set;
}

/* The tree's truth when the selections whose bits are set in truths are true. */
static bool evaluate(const struct rule_set *set, const struct condition *node, uint32_t truths)
{
    uint32_t holding = 0;
    if (node->kind == CONDITION_PREDICATE) {
        uint32_t selection = (uint32_t)(set->predicates[node->predicate].text.ptr[0] - '0');
        return truths >> selection & 1;
    }
    for (uint32_t i = 0; i < node->children_count; i++) {
        holding += evaluate(set, node->children[i], truths);
    }
    switch (node->kind) {
    case CONDITION_AND:
        return holding == node->children_count;
    case CONDITION_OR:
        return holding > 0;
    case CONDITION_NOT:
    case CONDITION_PREDICATE:
    default:
        assert_int_equal(node->children_count, 1);
        return holding == 0;
    }
}

/* Bit n: the condition holds when the selections of the bits of n do. */
static uint32_t truth_table(const char *const names[3], const char *condition)
{
    struct rule_set *set = load(names, condition);
    uint32_t table = 0;
    if (set->rules_count != 1) {
        fail_msg("%s: %.*s", condition, STR_ARG(set->problems[0].reason));
    }
    for (uint32_t truths = 0; truths < 8; truths++) {
        table |= (uint32_t)evaluate(set, set->rules[0].condition, truths) << truths;
    }
    rule_set_free(set);
    return table;
}

/* Tables of the single selections; conditions of them are bit operations. */
#define A     0xAAU
#define B     0xCCU
#define C     0xF0U
#define EVERY 0xFFU

static const char *const plain[3] = {"a", "b", "c"};

static void assert_truth(const char *const names[3], const char *condition, uint32_t want)
{
    uint32_t table = truth_table(names, condition);
    if (table != (want & EVERY)) {
        fail_msg("%s: %02x, not %02x", condition, table, want & EVERY);
    }
}

static void and_binds_more_than_or_and_not_more_than_both(void **state)
{
    (void)state;
    assert_truth(plain, "a", A);
    assert_truth(plain, "a or b and c", A | (B & C));
    assert_truth(plain, "a and b or c", (A & B) | C);
    assert_truth(plain, "a or b and not c", A | (B & ~C));
    assert_truth(plain, "not a and b", ~A & B);
    assert_truth(plain, "not a or b", ~A | B);
    assert_truth(plain, "a and b and c", A & B & C);
    assert_truth(plain, "a or b or c", A | B | C);
}

static void parentheses_group(void **state)
{
    (void)state;
    assert_truth(plain, "(a or b) and c", (A | B) & C);
    assert_truth(plain, "not (a and b)", ~(A & B));
    assert_truth(plain, "not(a or b)and c", ~(A | B) & C);
    assert_truth(plain, "((((a))))", A);
    assert_truth(plain, "a and (b or not (c and a))", A & (B | ~(C & A)));
}

static void not_not_is_nothing(void **state)
{
    (void)state;
    assert_truth(plain, "not not a", A);
    assert_truth(plain, "not not not a", ~A);
    assert_truth(plain, "not (not a)", A);
}

static void white_space_and_line_ends_separate_words(void **state)
{
    (void)state;
    assert_truth(plain, "'  a   and\tb  '", A & B);
    assert_truth(plain, ">-\n    a\n    or b\n    and c", A | (B & C));
}

static void quantifiers_count_what_their_pattern_names(void **state)
{
    (void)state;
    static const char *const names[3] = {"sel_a", "sel_b", "filter_c"};
    assert_truth(names, "1 of sel_*", A | B);
    assert_truth(names, "any of sel_*", A | B);
    assert_truth(names, "all of sel_*", A & B);
    assert_truth(names, "1 of them", A | B | C);
    assert_truth(names, "any of them", A | B | C);
    assert_truth(names, "all of them", A & B & C);
    assert_truth(names, "1 of sel_a", A);
    assert_truth(names, "all of *_c", C);
    assert_truth(names, "all of *l*_*", A & B & C);
    assert_truth(names, "1 of s*l*b", B);
    assert_truth(names, "all of sel_* and not 1 of filter_*", A & B & ~C);
    assert_truth(names, "not all of sel_*", ~(A & B));
    assert_truth(names, "filter_c or 1 of sel_*", C | A | B);
}

static void names_with_an_underscore_in_front_are_left_out(void **state)
{
    (void)state;
    static const char *const names[3] = {"a_x", "_x", "c_x"};
    assert_truth(names, "1 of them", A | C);
    assert_truth(names, "all of them", A & C);
    assert_truth(names, "all of *x", A & C);
    assert_truth(names, "all of _*", B);
    assert_truth(names, "_x and a_x", A & B);
}

static void names_may_hold_nearly_any_byte(void **state)
{
    (void)state;
    static const char *const names[3] = {"filter_main_mdadm.conf", "'select|endswith'", "1"};
    assert_truth(names, "filter_main_mdadm.conf and 1", A & C);
    assert_truth(names, "select|endswith or 1", B | C);
    static const char *const words[3] = {"android", "notes", "order"};
    assert_truth(words, "android and not notes or order", (A & ~B) | C);
    static const char *const more[3] = {"1", "all", "caf\xc3\xa9"};
    assert_truth(more, "1 and all and caf\xc3\xa9", A & B & C);
}

static void several_conditions_are_or(void **state)
{
    (void)state;
    assert_truth(plain, "[a and b, not c]", (A & B) | ~C);
    assert_truth(plain, "[b]", B);
    struct rule_set *set = load(plain, "[a, nope]");
    assert_int_equal(set->rules_count, 0);
    rule_set_free(set);
}

static void wrong_conditions_are_errors_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        const char *reason;
    } cases[] = {
        {"nope", "the condition names 'nope', but no selection has that name"},
        {"a and nope", "the condition names 'nope'"},
        {"A", "the condition names 'A'"},
        {"a AND b", "'AND' is not expected here; join selections by lower-case and, or"},
        {"a OR b", "'OR' is not expected here"},
        {"NOT a", "the condition names 'NOT'"},
        {"a b", "'b' is not expected here"},
        {"a )", "')' is not expected here"},
        {"(a", "a ( of the condition is not closed"},
        {"(a b)", "a ( of the condition is not closed"},
        {"()", "the condition names ')'"},
        {"a and", "the condition ends too early"},
        {"not", "the condition ends too early"},
        {"and a", "the condition names 'and'"},
        {"a | count() > 5", "'|': aggregations behind | are obsolete: `tocsin rules convert FILE`"},
        {"a |count() by f > 5", "'|count': aggregations behind | are obsolete"},
        {"near a", "aggregations behind | and near are obsolete"},
        {"a and near b", "aggregations behind | and near are obsolete"},
        {"1 of x*", "no selection is named 'x*'"},
        {"1 of", "no selection is named ''"},
        {"2 of them", "'2 of': only 1, any and all can stand before of"},
        {"ALL of them", "'ALL of': only 1, any and all can stand before of"},
        {"1 of them*", "no selection is named 'them*'"},
        {"1 of (a)", "no selection is named '('"},
        {"''", "the condition is empty"},
        {"' '", "the condition is empty"},
        {"[]", "the list of conditions is empty"},
        {"[[a]]", "the condition is empty"},
        {"{a: b}", "the condition is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(plain, cases[i].condition);
        if (set->rules_count != 0 || set->problems_count != 1 ||
            set->problems[0].kind != RULE_ERROR || set->problems[0].line != 8 ||
            str_find(set->problems[0].reason, str_of(cases[i].reason)) == STR_NOT_FOUND) {
            fail_msg("%s: %u rules, %u problems, %.*s", cases[i].condition, set->rules_count,
                     set->problems_count,
                     STR_ARG(set->problems_count > 0 ? set->problems[0].reason : STR("")));
        }
        rule_set_free(set);
    }
}

static void nest(struct buffer *text, int depth)
{
    buffer_clear(text);
    for (int i = 0; i < depth; i++) {
        buffer_add(text, STR("("));
    }
    buffer_add(text, STR("a"));
    for (int i = 0; i < depth; i++) {
        buffer_add(text, STR(")"));
    }
    buffer_add_byte(text, '\0');
}

static void too_many_parentheses_are_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    nest(&text, LIMIT_RULE_DEPTH);
    assert_truth(plain, text.ptr, A);
    nest(&text, LIMIT_RULE_DEPTH + 1);
    struct rule_set *set = load(plain, text.ptr);
    assert_int_equal(set->rules_count, 0);
    assert_true(str_equal(set->problems[0].reason,
                          STR("the condition has more than 64 nested parentheses")));
    rule_set_free(set);
    nest(&text, 100000);
    set = load(plain, text.ptr);
    assert_int_equal(set->rules_count, 0);
    assert_int_equal(set->problems_count, 1);
    rule_set_free(set);
    buffer_release(&text);
}

/* Trying every way for every star would take longer than the universe will last. */
static void a_pattern_of_many_stars_is_decided_at_once(void **state)
{
    (void)state;
    struct buffer name = {0};
    struct buffer pattern = {0};
    for (int i = 0; i < 200; i++) {
        buffer_add_byte(&name, 'x');
    }
    buffer_add_byte(&name, '\0');
    buffer_add(&pattern, STR("1 of "));
    for (int i = 0; i < 60; i++) {
        buffer_add(&pattern, STR("x*"));
    }
    buffer_add(&pattern, STR("y"));
    buffer_add_byte(&pattern, '\0');
    const char *const names[3] = {name.ptr, "b", "c"};
    struct rule_set *set = load(names, pattern.ptr);
    assert_int_equal(set->rules_count, 0);
    assert_true(str_starts_with(set->problems[0].reason, STR("no selection is named 'x*x*")));
    rule_set_free(set);
    buffer_release(&name);
    buffer_release(&pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(and_binds_more_than_or_and_not_more_than_both),
        cmocka_unit_test(parentheses_group),
        cmocka_unit_test(not_not_is_nothing),
        cmocka_unit_test(white_space_and_line_ends_separate_words),
        cmocka_unit_test(quantifiers_count_what_their_pattern_names),
        cmocka_unit_test(names_with_an_underscore_in_front_are_left_out),
        cmocka_unit_test(names_may_hold_nearly_any_byte),
        cmocka_unit_test(several_conditions_are_or),
        cmocka_unit_test(wrong_conditions_are_errors_with_a_reason),
        cmocka_unit_test(too_many_parentheses_are_refused),
        cmocka_unit_test(a_pattern_of_many_stars_is_decided_at_once),
    };
    return cmocka_run_group_tests_name("rule_condition", tests, NULL, NULL);
}
