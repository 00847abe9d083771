/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_modifier.c - what each modifier makes of a value; what is refused, and with which text.
 */
#include "analyze/rule/rule_modifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* A rule whose only selection is that item. */
static struct rule_set *load(const char *item)
{
    char yaml[1024];
    struct rule_set *set = NULL;
    struct err err = {0};
    snprintf(yaml, sizeof yaml,
             "title: t\nlogsource:\n  product: aws\ndetection:\n  s:\n    %s\n  condition: s\n",
             item);
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    return set;
}

/* The only predicate of an item that must load without any problem. */
static struct predicate *predicate_of(struct rule_set *set)
{
    if (set->problems_count > 0) {
        fail_msg("%.*s", STR_ARG(set->problems[0].reason));
    }
    assert_int_equal(set->rules_count, 1);
    assert_int_equal(set->predicates_count, 1);
    assert_int_equal(set->rules[0].condition->kind, CONDITION_PREDICATE);
    return &set->predicates[0];
}

static void assert_refused(const char *item, enum rule_problem_kind kind, const char *reason)
{
    struct rule_set *set = load(item);
    if (set->rules_count != 0 || set->problems_count != 1) {
        fail_msg("%s: %u rules, %u problems", item, set->rules_count, set->problems_count);
    }
    const struct rule_problem *problem = &set->problems[0];
    if (problem->kind != kind || str_find(problem->reason, str_of(reason)) == STR_NOT_FOUND) {
        fail_msg("%s: kind %d, %.*s", item, (int)problem->kind, STR_ARG(problem->reason));
    }
    assert_int_equal(problem->line, 6);
    rule_set_free(set);
}

static void modifiers_of_text_choose_the_question(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        enum predicate_kind kind;
        bool cased;
        const char *text;
    } cases[] = {
        {"f: Ab", PREDICATE_EQUALS, false, "ab"},
        {"f|contains: Ab", PREDICATE_CONTAINS, false, "ab"},
        {"f|startswith: Ab", PREDICATE_PREFIX, false, "ab"},
        {"f|endswith: Ab", PREDICATE_SUFFIX, false, "ab"},
        {"f|cased: Ab", PREDICATE_EQUALS, true, "Ab"},
        {"f|cased|endswith: Ab", PREDICATE_SUFFIX, true, "Ab"},
        {"f|contains: 12", PREDICATE_CONTAINS, false, "12"},
        {"f: 7045", PREDICATE_EQUALS, false, "7045"},
        {"f: true", PREDICATE_EQUALS, false, "true"},
        {"f: null", PREDICATE_NULL, false, ""},
        {"f: ''", PREDICATE_EQUALS, false, ""},
        {"f: '*'", PREDICATE_PRESENT, false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].item);
        const struct predicate *predicate = predicate_of(set);
        if (predicate->kind != cases[i].kind || predicate->cased != cases[i].cased ||
            !str_equal(predicate->text, str_of(cases[i].text))) {
            fail_msg("%s: kind %d, '%.*s'", cases[i].item, (int)predicate->kind,
                     STR_ARG(predicate->text));
        }
        assert_true(str_equal(predicate->field, STR("f")));
        rule_set_free(set);
    }
}

static void re_takes_the_value_raw_with_its_flags(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        uint32_t flags;
    } cases[] = {
        {"f|re: 'A\\*b?'", 0},
        {"f|re|i: 'A\\*b?'", REGEX_IGNORE_CASE},
        {"f|re|m: 'A\\*b?'", REGEX_MULTILINE},
        {"f|re|s: 'A\\*b?'", REGEX_DOT_ALL},
        {"f|re|ignorecase: 'A\\*b?'", REGEX_IGNORE_CASE},
        {"f|re|multiline: 'A\\*b?'", REGEX_MULTILINE},
        {"f|re|dotall: 'A\\*b?'", REGEX_DOT_ALL},
        {"f|re|i|m|s: 'A\\*b?'", REGEX_IGNORE_CASE | REGEX_MULTILINE | REGEX_DOT_ALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].item);
        const struct predicate *predicate = predicate_of(set);
        assert_int_equal(predicate->kind, PREDICATE_REGEX);
        assert_int_equal(predicate->regex_flags, cases[i].flags);
        assert_true(str_equal(predicate->text, STR("A\\*b?")));
        rule_set_free(set);
    }
}

static void cidr_takes_networks_of_both_families(void **state)
{
    (void)state;
    struct rule_set *set = load("f|cidr: 10.128.0.0/9");
    const struct predicate *predicate = predicate_of(set);
    assert_int_equal(predicate->kind, PREDICATE_CIDR);
    assert_int_equal(predicate->cidr.family_bytes, 4);
    assert_int_equal(predicate->cidr.prefix_bits, 9);
    assert_memory_equal(predicate->cidr.address, "\x0a\x80\x00\x00", 4);
    rule_set_free(set);
    set = load("f|cidr: 'fe80::/10'");
    predicate = predicate_of(set);
    assert_int_equal(predicate->cidr.family_bytes, 16);
    assert_int_equal(predicate->cidr.prefix_bits, 10);
    assert_memory_equal(predicate->cidr.address, "\xfe\x80\x00\x00", 4);
    rule_set_free(set);
    rule_set_free(load("f|cidr: '::1/128'"));
    static const char *const wrong[] = {
        "f|cidr: 10.0.0.0",    "f|cidr: 10.0.0.0/33",  "f|cidr: 10.0.0/8", "f|cidr: 10.0.0.1/31",
        "f|cidr: '::/129'",    "f|cidr: '::1/127'",    "f|cidr: /8",       "f|cidr: 10.0.0.0/",
        "f|cidr: 10.0.0.0/-1", "f|cidr: 10.0.0.0/8/8", "f|cidr: ''",       "f|cidr: '*'",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_refused(wrong[i], RULE_ERROR, "is not a network: write address/bits");
    }
}

static void comparisons_keep_integers_exact(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        enum predicate_kind kind;
        bool is_integer;
        int64_t integer;
        double real;
    } cases[] = {
        {"f|lt: 5", PREDICATE_LESS, true, 5, 5},
        {"f|lte: -5", PREDICATE_LESS_EQUAL, true, -5, -5},
        {"f|gt: +7", PREDICATE_GREATER, true, 7, 7},
        {"f|gte: 9007199254740993", PREDICATE_GREATER_EQUAL, true, 9007199254740993,
         9007199254740992.0},
        {"f|gt: 0.25", PREDICATE_GREATER, false, 0, 0.25},
        {"f|gt: 1e3", PREDICATE_GREATER, false, 0, 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule_set *set = load(cases[i].item);
        const struct predicate *predicate = predicate_of(set);
        assert_int_equal(predicate->kind, cases[i].kind);
        assert_int_equal(predicate->number.is_integer, cases[i].is_integer);
        assert_true(predicate->number.integer == cases[i].integer);
        assert_true(predicate->number.real == cases[i].real);
        rule_set_free(set);
    }
    assert_refused("f|gt: '5'", RULE_ERROR, "'5' is not a number; comparisons need one");
    assert_refused("f|gt: five", RULE_ERROR, "'five' is not a number");
    assert_refused("f|gt: true", RULE_ERROR, "'true' is not a number");
    assert_refused("f|gt: null", RULE_ERROR, "'null' is not a number");
    assert_refused("f|gt: .nan", RULE_ERROR, "'.nan' is not a number");
}

static void exists_takes_a_boolean_and_a_field(void **state)
{
    (void)state;
    struct rule_set *set = load("f|exists: true");
    assert_int_equal(predicate_of(set)->kind, PREDICATE_EXISTS);
    rule_set_free(set);
    set = load("f|exists: false");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_NOT);
    assert_int_equal(set->predicates[0].kind, PREDICATE_EXISTS);
    rule_set_free(set);
    static const char *const wrong[] = {"f|exists: 'true'", "f|exists: 1", "f|exists: [true]",
                                        "f|exists:", "'|exists': true"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_refused(wrong[i], RULE_ERROR, "exists takes true or false, without quotes");
    }
}

static void lists_are_or_and_all_makes_them_and(void **state)
{
    (void)state;
    struct rule_set *set = load("f|contains: [a, b]");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_OR);
    assert_int_equal(set->rules[0].condition->children_count, 2);
    rule_set_free(set);
    set = load("f|contains|all: [a, b, c]");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_AND);
    assert_int_equal(set->rules[0].condition->children_count, 3);
    rule_set_free(set);
    set = load("'|all': [a, b]");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_AND);
    assert_int_equal(set->predicates[0].kind, PREDICATE_CONTAINS);
    assert_true(str_equal(set->predicates[0].field, STR("")));
    rule_set_free(set);
    assert_refused("f: []", RULE_ERROR, "the list of values is empty");
    assert_refused("f: [[a]]", RULE_ERROR, "a value must be a text, a number");
    assert_refused("f: {a: b}", RULE_ERROR, "a value must be a text, a number");
}

static void all_with_one_value_is_a_warning(void **state)
{
    (void)state;
    struct rule_set *set = load("f|all: a");
    assert_int_equal(set->rules_count, 1);
    assert_int_equal(set->problems_count, 1);
    assert_int_equal(set->problems[0].kind, RULE_WARNING);
    assert_true(str_equal(set->problems[0].reason, STR("'all' with a single value says nothing")));
    rule_set_free(set);
}

static void combinations_without_meaning_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        const char *reason;
    } cases[] = {
        {"f|contains|endswith: a", "contains, startswith and endswith exclude each other"},
        {"f|re|cidr: a", "re, cidr, exists and comparisons exclude each other"},
        {"f|exists|gt: 1", "re, cidr, exists and comparisons exclude each other"},
        {"f|i: a", "i, m and s belong to re"},
        {"f|contains|i: a", "i, m and s belong to re"},
        {"f|re|contains: a", "are for text, not for re"},
        {"f|startswith|lt: 1", "are for text, not for re"},
        {"f|re|cased: a", "cased is for text"},
        {"f|cidr|cased: 10.0.0.0/8", "cased is for text"},
        {"f|gt|all: [1, 2]", "all is for lists of texts"},
        {"f|exists|all: true", "all is for lists of texts"},
        {"f|contains: null", "null can't be part of a text"},
        {"'|gt': 1", "cidr, comparisons and parts of a time need a field"},
        {"'|cidr': 10.0.0.0/8", "cidr, comparisons and parts of a time need a field"},
        {"f|gt|lt: 1", "two comparisons"},
        {"f|neq|exists: true", "write `exists: false`"},
        {"f|base64|re: a", "are for text"},
        {"f|windash|gt: 1", "are for text"},
        {"f|base64|base64|base64|base64|base64: a", "more than 4 encodings"},
        {"f|base64: a*", "a wildcard can't be encoded by base64; escape it"},
        {"f|windash|base64: -a?", "a wildcard can't be encoded by base64; escape it"},
        {"f|base64offset|contains: a", "base64offset needs two bytes"},
        {"f|wide|wide: \"\\u00e4\"", "valid UTF-8"},
        {"f|windash: ' -a -b -c -d -e'", "up to 4 dashes"},
        {"f|fieldref|re: g", "fieldref compares texts"},
        {"f|fieldref|base64: g", "fieldref compares texts"},
        {"f|fieldref: g*", "fieldref takes the name of one field"},
        {"f|fieldref: null", "fieldref takes the name of one field"},
        {"'|fieldref': g", "fieldref takes the name of one field"},
        {"f|hour|minute: 1", "two parts of a time"},
        {"f|gte|hour: 1", "stands behind the part of the time"},
        {"f|hour: noon", "is not a number"},
        {"f|hour|all: [1, 2]", "all is for lists of texts"},
        {"f|hour|contains: 1", "are for text"},
        {"f|expand|exists: true", "expand is for texts"},
        {"f|wide|base64: null", "null can't be part of a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].item, RULE_ERROR, cases[i].reason);
    }
}

static void neq_is_not_over_the_whole_list(void **state)
{
    (void)state;
    struct rule_set *set = load("f|neq: [a, b]");
    const struct condition *condition = set->rules[0].condition;
    assert_int_equal(condition->kind, CONDITION_NOT);
    assert_int_equal(condition->children[0]->kind, CONDITION_OR);
    assert_int_equal(condition->children[0]->children_count, 2);
    rule_set_free(set);
    set = load("f|gt|neq: 5");
    assert_int_equal(set->rules[0].condition->kind, CONDITION_NOT);
    assert_int_equal(set->predicates[0].kind, PREDICATE_GREATER);
    rule_set_free(set);
}

static void unknown_modifiers_are_errors_that_say_where_the_known_ones_are(void **state)
{
    (void)state;
    static const char *const wrong[] = {"f|Contains: a", "f|: a", "f|contains|: a", "f|regex: a",
                                        "f| contains: a"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_refused(wrong[i], RULE_ERROR, "; `tocsin version --modifiers` lists");
    }
    assert_refused("f|regex: a", RULE_ERROR, "there is no modifier 'regex'");
}

static void every_row_has_a_name_of_its_own_and_a_text(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (const struct modifier *row = modifier_table; row->name != NULL; row++) {
        assert_ptr_equal(modifier_find(str_of(row->name)), row);
        assert_true(row->doc[0] != '\0');
        assert_non_null(row->apply);
        count++;
    }
    assert_int_equal(count, 35);
    assert_null(modifier_find(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modifiers_of_text_choose_the_question),
        cmocka_unit_test(re_takes_the_value_raw_with_its_flags),
        cmocka_unit_test(cidr_takes_networks_of_both_families),
        cmocka_unit_test(comparisons_keep_integers_exact),
        cmocka_unit_test(exists_takes_a_boolean_and_a_field),
        cmocka_unit_test(lists_are_or_and_all_makes_them_and),
        cmocka_unit_test(all_with_one_value_is_a_warning),
        cmocka_unit_test(combinations_without_meaning_are_refused),
        cmocka_unit_test(neq_is_not_over_the_whole_list),
        cmocka_unit_test(unknown_modifiers_are_errors_that_say_where_the_known_ones_are),
        cmocka_unit_test(every_row_has_a_name_of_its_own_and_a_text),
    };
    return cmocka_run_group_tests_name("rule_modifier", tests, NULL, NULL);
}
