/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sigma_acceptance_conditions.c - line 23 of the acceptance list of the Sigma language: the
 * grammar of conditions.
 */
#include "tests/sigma_rows.h"

/* Three selections, true by what the event has in it: a, b, c; one that `them` leaves out: h. */
#define DETECTION(condition)                                                                       \
    ("\n  sel_a:\n    a: 1\n  sel_b:\n    b: 1\n  other.c-x:\n    c: 1\n  _hidden:\n    h: 1\n"    \
     "  condition: " condition)

static void section_7_line_23_operators_bind_in_order(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {DETECTION("sel_a or sel_b and other.c-x"), "{\"a\":1}", true},
        {DETECTION("sel_a or sel_b and other.c-x"), "{\"b\":1}", false},
        {DETECTION("sel_a and sel_b or other.c-x"), "{\"c\":1}", true},
        {DETECTION("(sel_a or sel_b) and other.c-x"), "{\"a\":1}", false},
        {DETECTION("sel_a or sel_b and not other.c-x"), "{\"a\":1,\"c\":1}", true},
        {DETECTION("sel_a or sel_b and not other.c-x"), "{\"b\":1,\"c\":1}", false},
        {DETECTION("not sel_a and sel_b"), "{\"b\":1}", true},
        {DETECTION("not sel_a and sel_b"), "{}", false},
        {DETECTION("not (sel_a and sel_b)"), "{\"b\":1}", true},
        {DETECTION("not not sel_a"), "{\"a\":1}", true},
        {DETECTION("not not not sel_a"), "{\"a\":1}", false},
        {DETECTION("not 1 of sel_*"), "{\"c\":1}", true},
        {DETECTION("not 1 of sel_*"), "{\"b\":1}", false},
        {DETECTION("sel_a and not 1 of other*"), "{\"a\":1,\"c\":1}", false},
        {DETECTION("((sel_a)and(sel_b))or(other.c-x)"), "{\"c\":1}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_23_quantifiers_take_patterns_and_them(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {DETECTION("1 of them"), "{\"c\":1}", true},
        {DETECTION("1 of them"), "{\"h\":1}", false},
        {DETECTION("any of them"), "{\"b\":1}", true},
        {DETECTION("all of them"), "{\"a\":1,\"b\":1,\"c\":1}", true},
        {DETECTION("all of them"), "{\"a\":1,\"b\":1,\"h\":1}", false},
        {DETECTION("1 of sel_*"), "{\"b\":1}", true},
        {DETECTION("1 of sel_*"), "{\"c\":1}", false},
        {DETECTION("all of sel_*"), "{\"a\":1}", false},
        {DETECTION("all of sel_*"), "{\"a\":1,\"b\":1}", true},
        {DETECTION("1 of *_b"), "{\"b\":1}", true},
        {DETECTION("1 of *_b"), "{\"a\":1}", false},
        {DETECTION("1 of s*_*a"), "{\"a\":1}", true},
        {DETECTION("1 of *"), "{\"h\":1}", false},
        {DETECTION("1 of _*"), "{\"h\":1}", true},
        {DETECTION("1 of other.c-x"), "{\"c\":1}", true},
        {DETECTION("_hidden"), "{\"h\":1}", true},
        {DETECTION("all of sel_* and not 1 of o*"), "{\"a\":1,\"b\":1}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_23_names_are_texts_of_nearly_any_kind(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"\n  filter_mdadm.conf-x:\n    a: 1\n  condition: filter_mdadm.conf-x", "{\"a\":1}", true},
        {"\n  tree|endswith:\n    a: 1\n  condition: tree|endswith", "{\"a\":1}", true},
        {"\n  notable:\n    a: 1\n  condition: not notable", "{\"a\":2}", true},
        {"\n  order:\n    a: 1\n  android:\n    b: 1\n  condition: order or android", "{\"b\":1}",
         true},
        {"\n  1s:\n    a: 1\n  condition: 1s", "{\"a\":1}", true},
        {"\n  a:\n    a: 1\n  b:\n    b: 1\n  condition:\n    - a\n    - b", "{\"b\":1}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_23_parentheses_nest_64_deep(void **state)
{
    (void)state;
    struct buffer rule = {0};
    buffer_add_text(&rule, "\n  s:\n    a: 1\n  condition: ");
    for (int i = 0; i < 64; i++) {
        buffer_add_byte(&rule, '(');
    }
    buffer_add_text(&rule, "not s");
    for (int i = 0; i < 64; i++) {
        buffer_add_byte(&rule, ')');
    }
    buffer_add_byte(&rule, '\0');
    struct sigma_row rows[] = {
        {rule.ptr, "{\"a\":2}", true},
        {rule.ptr, "{\"a\":1}", false},
    };
    SIGMA_CHECK(rows);
    buffer_release(&rule);
}

static void section_7_line_23_other_words_are_errors(void **state)
{
    (void)state;
    static const struct sigma_refusal refused[] = {
        {DETECTION("sel_a AND sel_b"), RULE_ERROR, "'AND' is not expected"},
        {DETECTION("NOT sel_a"), RULE_ERROR, "'NOT'"},
        {DETECTION("2 of sel_*"), RULE_ERROR, "only 1, any and all"},
        {DETECTION("1 of nothing*"), RULE_ERROR, "no selection is named 'nothing*'"},
        {DETECTION("sel_x"), RULE_ERROR, "names 'sel_x'"},
        {DETECTION("(sel_a"), RULE_ERROR, "not closed"},
        {DETECTION("sel_a)"), RULE_ERROR, "is not expected"},
        {DETECTION("sel_a sel_b"), RULE_ERROR, "'sel_b' is not expected"},
        {DETECTION("sel_a and"), RULE_ERROR, "ends too early"},
        {DETECTION("not"), RULE_ERROR, "ends too early"},
        {DETECTION("''"), RULE_ERROR, "condition is empty"},
        {DETECTION("1 of"), RULE_ERROR, "no selection is named ''"},
        {DETECTION("sel_a | count() > 5"), RULE_ERROR, "tocsin rules convert FILE"},
        {DETECTION("sel_a | near sel_b"), RULE_ERROR, "tocsin rules convert FILE"},
        {"\n  s:\n    a: 1", RULE_ERROR, "condition"},
    };
    SIGMA_REFUSED(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_23_operators_bind_in_order),
        cmocka_unit_test(section_7_line_23_quantifiers_take_patterns_and_them),
        cmocka_unit_test(section_7_line_23_names_are_texts_of_nearly_any_kind),
        cmocka_unit_test(section_7_line_23_parentheses_nest_64_deep),
        cmocka_unit_test(section_7_line_23_other_words_are_errors),
    };
    return cmocka_run_group_tests_name("sigma acceptance: conditions", tests, NULL, NULL);
}
