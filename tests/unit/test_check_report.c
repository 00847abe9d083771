/* SPDX-License-Identifier: Apache-2.0
 *
 * test_check_report.c - problem codes, and the state of every document.
 */
#include "cli/check/check_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct rule_set *load(const char *yaml)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    return set;
}

static void every_code_has_a_name_of_its_own_and_a_meaning(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEM_CODES; i++) {
        const struct rule_problem_row *row = rule_problem_row((enum rule_problem_code)i);
        assert_non_null(row->name);
        assert_true(strlen(row->meaning) > 10);
        for (const char *at = row->name; *at != '\0'; at++) {
            assert_true(*at == '-' || (*at >= 'a' && *at <= 'z'));
        }
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(rule_problem_row((enum rule_problem_code)k)->name, row->name);
        }
    }
}

static void all_problems_of_a_rule_are_told_and_it_counts_as_one(void **state)
{
    (void)state;
    struct rule_set *set = load("title: t\nlogsource: {product: aws}\nlevel: none\ndetection:\n"
                                "  a:\n    f|no: 1\n    g|nope|neither: 1\n  b: {}\n"
                                "  condition: a and c\n---\n"
                                "title: u\nlogsource: {product: aws}\ndetection:\n"
                                "  a: {f: x}\n  condition: a and b and c\n");
    static const enum rule_problem_code codes[] = {
        PROBLEM_INVALID_LEVEL,     PROBLEM_UNKNOWN_MODIFIER,  PROBLEM_UNKNOWN_MODIFIER,
        PROBLEM_UNKNOWN_MODIFIER,  PROBLEM_EMPTY_SELECTION,   PROBLEM_UNKNOWN_SELECTION,
        PROBLEM_UNKNOWN_SELECTION, PROBLEM_UNKNOWN_SELECTION,
    };
    assert_int_equal(set->rules_count, 0);
    assert_int_equal(set->problems_count, sizeof codes / sizeof codes[0]);
    for (uint32_t i = 0; i < set->problems_count; i++) {
        assert_int_equal(set->problems[i].code, codes[i]);
        assert_int_equal(set->problems[i].document, i < 6 ? 1 : 11);
    }
    assert_int_equal(set->rejected_count, 2);
    rule_set_free(set);
}

static void a_broken_correlation_leaves_nothing_behind(void **state)
{
    (void)state;
    struct rule_set *set = load("title: a\nid: one\nlogsource: {product: aws}\n"
                                "detection: {s: {f: x}, condition: s}\n---\n"
                                "title: b\nid: one\ncorrelation:\n  type: event_count\n"
                                "  rules: [one]\n  timespan: 1m\n  condition: {gte: 2}\n---\n"
                                "title: c\nid: two\nlogsource: {product: aws}\n"
                                "detection: {s: {f: y}, condition: s}\n");
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->problems_count, 1);
    assert_int_equal(set->problems[0].code, PROBLEM_DUPLICATE_ID);
    assert_int_equal(set->rules[1].correlation.kind, CORRELATION_NONE);
    rule_set_free(set);
}

static void a_log_source_with_a_list_is_refused_and_another_key_is_the_authors(void **state)
{
    (void)state;
    struct rule_set *set = load("title: a\nlogsource: {product: [aws, linux]}\n"
                                "detection: {s: {f: x}, condition: s}\n---\n"
                                "title: b\nlogsource: {product: aws, owner: me, definition: x}\n"
                                "detection: {s: {f: x}, condition: s}\n");
    assert_int_equal(set->rules_count, 1);
    assert_int_equal(set->problems_count, 1);
    assert_int_equal(set->problems[0].code, PROBLEM_WRONG_TYPE);
    rule_set_free(set);
}

static void every_document_is_loaded_inactive_or_rejected(void **state)
{
    (void)state;
    struct rule_set *set = load("title: a\nlogsource: {product: windows}\n"
                                "detection: {s: {f|all: x}, condition: s}\n---\n"
                                "title: b\nlogsource: {product: aws}\n"
                                "detection: {s: {eventName: x}, condition: s}\n---\n"
                                "title: c\nstatus: unsupported\nlogsource: {product: aws}\n"
                                "detection: {s: {f: x}, condition: s}\n---\n- 1\n");
    static const enum check_state states[] = {CHECK_INACTIVE, CHECK_LOADED, CHECK_REJECTED,
                                              CHECK_REJECTED};
    struct check_report report;
    check_report_make(set, &report);
    assert_int_equal(report.documents_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(report.documents[i].state, states[i]);
    }
    assert_int_equal(report.documents[0].problems_count, 1);
    assert_int_equal(report.documents[0].problems->code, PROBLEM_USELESS_MODIFIER);
    assert_int_equal(report.documents[2].problems->code, PROBLEM_MARKED_UNSUPPORTED);
    assert_int_equal(report.documents[3].problems->code, PROBLEM_NOT_A_RULE);
    assert_int_equal(report.by_kind[RULE_WARNING], 1);
    assert_int_equal(report.by_state[CHECK_REJECTED], 2);
    check_report_release(&report);
    rule_set_free(set);
}

static void a_line_of_a_file_is_told_as_it_was_read(void **state)
{
    (void)state;
    struct rule_set *set = load("title: a\r\n# two\n\nlast");
    assert_true(str_equal(rule_set_line(set, STR("t.yml"), 1), STR("title: a")));
    assert_true(str_equal(rule_set_line(set, STR("t.yml"), 2), STR("# two")));
    assert_int_equal(rule_set_line(set, STR("t.yml"), 3).len, 0);
    assert_true(str_equal(rule_set_line(set, STR("t.yml"), 4), STR("last")));
    assert_int_equal(rule_set_line(set, STR("t.yml"), 5).len, 0);
    assert_int_equal(rule_set_line(set, STR("t.yml"), 0).len, 0);
    assert_int_equal(rule_set_line(set, STR("u.yml"), 1).len, 0);
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_of_its_own_and_a_meaning),
        cmocka_unit_test(all_problems_of_a_rule_are_told_and_it_counts_as_one),
        cmocka_unit_test(a_broken_correlation_leaves_nothing_behind),
        cmocka_unit_test(a_log_source_with_a_list_is_refused_and_another_key_is_the_authors),
        cmocka_unit_test(every_document_is_loaded_inactive_or_rejected),
        cmocka_unit_test(a_line_of_a_file_is_told_as_it_was_read),
    };
    return cmocka_run_group_tests_name("check_report", tests, NULL, NULL);
}
