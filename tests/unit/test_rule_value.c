/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_value.c - Sigma string values: the escape table row by row, places, inner wildcards.
 */
#include "analyze/rule/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct value_case {
    const char *modifier; /* "" or "|name" */
    const char *value;    /* without single quotes */
    enum predicate_kind kind;
    const char *text;
};

static void check(const struct value_case *row)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "title: t\nlogsource:\n  product: aws\ndetection:\n  s:\n    f%s: '%s'\n"
             "  condition: s\n",
             row->modifier, row->value);
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    assert_int_equal(set->rules_count, 1);
    assert_int_equal(set->predicates_count, 1);
    const struct predicate *predicate = &set->predicates[0];
    if (predicate->kind != row->kind || !str_equal(predicate->text, str_of(row->text))) {
        print_error("f%s: '%s' gave kind %d, '%.*s'\n", row->modifier, row->value,
                    (int)predicate->kind, STR_ARG(predicate->text));
    }
    assert_int_equal(predicate->kind, row->kind);
    assert_true(str_equal(predicate->text, str_of(row->text)));
    rule_set_free(set);
}

static void the_escape_table_holds_row_by_row(void **state)
{
    (void)state;
    static const struct value_case rows[] = {
        {"", "\\*", PREDICATE_EQUALS, "*"},
        {"", "\\\\*", PREDICATE_PREFIX, "\\"},
        {"", "\\\\\\*", PREDICATE_EQUALS, "\\*"},
        {"", "\\\\\\\\", PREDICATE_EQUALS, "\\\\"},
        {"", "a\\b", PREDICATE_EQUALS, "a\\b"},
        {"", "a\\\\b", PREDICATE_EQUALS, "a\\b"},
        {"", "a\\\\\\b", PREDICATE_EQUALS, "a\\\\b"},
        {"", "\\\\\\\\*", PREDICATE_PREFIX, "\\\\"},
        {"", "\\\\\\\\\\*", PREDICATE_EQUALS, "\\\\*"},
        {"", "a\\", PREDICATE_EQUALS, "a\\"},
        {"", "\\?", PREDICATE_EQUALS, "?"},
        {"", "C:\\*\\x", PREDICATE_EQUALS, "c:*\\x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

static void places_and_wildcards_merge_to_the_simplest_question(void **state)
{
    (void)state;
    static const struct value_case rows[] = {
        {"", "", PREDICATE_EQUALS, ""},
        {"", "*", PREDICATE_PRESENT, ""},
        {"|contains", "", PREDICATE_PRESENT, ""},
        {"|contains", "*", PREDICATE_PRESENT, ""},
        {"|contains", "*Ab*", PREDICATE_CONTAINS, "ab"},
        {"|startswith", "Ab", PREDICATE_PREFIX, "ab"},
        {"|startswith", "*ab", PREDICATE_CONTAINS, "ab"},
        {"|endswith", "ab", PREDICATE_SUFFIX, "ab"},
        {"|contains", "a\\", PREDICATE_CONTAINS, "a\\"},
        {"|contains", "a\\*", PREDICATE_CONTAINS, "a*"},
        {"|endswith", "\\cmd.exe", PREDICATE_SUFFIX, "\\cmd.exe"},
        {"|contains", "a*b", PREDICATE_GLOB, "a*b"},
        {"|cased", "Ab", PREDICATE_EQUALS, "Ab"},
        {"|contains|cased", "Ab", PREDICATE_CONTAINS, "Ab"},
        {"|cased|contains", "Ab", PREDICATE_CONTAINS, "Ab"},
        {"", "\xc3\x84\xce\xa9\xd0\x96", PREDICATE_EQUALS, "\xc3\xa4\xcf\x89\xd0\xb6"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_escape_table_holds_row_by_row),
        cmocka_unit_test(places_and_wildcards_merge_to_the_simplest_question),
    };
    return cmocka_run_group_tests_name("rule_value", tests, NULL, NULL);
}
