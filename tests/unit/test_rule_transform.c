/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_transform.c - the texts that windash, base64, base64offset and UTF-16 make of a value.
 */
#include "analyze/rule/rule.h"

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
    if (set->problems_count > 0) {
        fail_msg("%s: %.*s", item, STR_ARG(set->problems[0].reason));
    }
    return set;
}

/* The item asks for any of exactly these texts, in this order. */
static void assert_texts(const char *item, enum predicate_kind kind, const struct str *texts,
                         uint32_t count)
{
    struct rule_set *set = load(item);
    const struct condition *condition = set->rules[0].condition;
    assert_int_equal(condition->kind, count == 1 ? CONDITION_PREDICATE : CONDITION_OR);
    assert_int_equal(set->predicates_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct predicate *predicate = &set->predicates[i];
        assert_int_equal(predicate->kind, kind);
        if (!str_equal(predicate->text, texts[i])) {
            fail_msg("%s: text %u is '%.*s'", item, i, STR_ARG(predicate->text));
        }
    }
    rule_set_free(set);
}

#define ASSERT_TEXTS(item, kind, ...)                                                              \
    assert_texts(item, kind, (const struct str[]){__VA_ARGS__},                                    \
                 (uint32_t)(sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)))

static void base64_encodes_the_bytes_that_the_value_means(void **state)
{
    (void)state;
    ASSERT_TEXTS("f|base64|cased: foobar", PREDICATE_EQUALS, STR("Zm9vYmFy"));
    ASSERT_TEXTS("f|base64|contains|cased: fo", PREDICATE_CONTAINS, STR("Zm8="));
    /* The escaped wildcard is a bare one; the umlaut is two bytes. */
    ASSERT_TEXTS("f|base64|cased: 'a\\*'", PREDICATE_EQUALS, STR("YSo="));
    ASSERT_TEXTS("f|base64|cased: \"\\u00e4\"", PREDICATE_EQUALS, STR("w6Q="));
    /* Without `cased` letters of either case are the same, as everywhere. */
    ASSERT_TEXTS("f|base64: foobar", PREDICATE_EQUALS, STR("zm9vymfy"));
}

static void base64offset_gives_what_is_sure_at_each_of_three_places(void **state)
{
    (void)state;
    ASSERT_TEXTS("f|base64offset|contains|cased: foobar", PREDICATE_CONTAINS, STR("Zm9vYmFy"),
                 STR("Zvb2Jhc"), STR("mb29iYX"));
    ASSERT_TEXTS("f|base64offset|contains|cased: foo", PREDICATE_CONTAINS, STR("Zm9v"), STR("Zvb"),
                 STR("mb2"));
    /* The shift counts bytes: this is c3 a4 c3 b6. */
    ASSERT_TEXTS("f|base64offset|contains|cased: \"\\u00e4\\u00f6\"", PREDICATE_CONTAINS,
                 STR("w6TDt"), STR("Okw7"), STR("DpMO2"));
}

static void utf16_is_little_or_big_endian_or_marked(void **state)
{
    (void)state;
    ASSERT_TEXTS("f|wide|cased: ab", PREDICATE_EQUALS, {"a\0b\0", 4});
    ASSERT_TEXTS("f|utf16le|cased: ab", PREDICATE_EQUALS, {"a\0b\0", 4});
    ASSERT_TEXTS("f|utf16be|cased: ab", PREDICATE_EQUALS, {"\0a\0b", 4});
    ASSERT_TEXTS("f|utf16|cased: ab", PREDICATE_EQUALS,
                 {"\xFF\xFE"
                  "a\0b\0",
                  6});
    ASSERT_TEXTS("f|utf16|base64|cased: cmd", PREDICATE_EQUALS, STR("//5jAG0AZAA="));
    /* U+1F600 is a pair of surrogates, U+20AC one unit. */
    ASSERT_TEXTS("f|utf16le|cased: \"\\u20ac\\U0001F600\"", PREDICATE_EQUALS,
                 {"\xAC\x20\x3D\xD8\x00\xDE", 6});
}

static void windash_replaces_dashes_before_words_in_all_ways(void **state)
{
    (void)state;
    ASSERT_TEXTS("f|windash|contains: ' -f '", PREDICATE_CONTAINS, STR(" -f "), STR(" /f "),
                 STR(" \xE2\x80\x93"
                     "f "),
                 STR(" \xE2\x80\x94"
                     "f "),
                 STR(" \xE2\x80\x95"
                     "f "));
    /* Inside a word and at the end nothing is replaced. */
    ASSERT_TEXTS("f|windash|contains: a-b -", PREDICATE_CONTAINS, STR("a-b -"));
    struct rule_set *set = load("f|windash|contains|all: ['-a /b', '-c']");
    const struct condition *condition = set->rules[0].condition;
    assert_int_equal(condition->kind, CONDITION_AND);
    assert_int_equal(condition->children[0]->kind, CONDITION_OR);
    assert_int_equal(condition->children[0]->children_count, 25);
    assert_int_equal(condition->children[1]->children_count, 5);
    rule_set_free(set);
    /* Wildcards stay alive. */
    set = load("f|windash: '-a*b'");
    assert_int_equal(set->predicates[0].kind, PREDICATE_GLOB);
    assert_int_equal(set->predicates_count, 5);
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_encodes_the_bytes_that_the_value_means),
        cmocka_unit_test(base64offset_gives_what_is_sure_at_each_of_three_places),
        cmocka_unit_test(utf16_is_little_or_big_endian_or_marked),
        cmocka_unit_test(windash_replaces_dashes_before_words_in_all_ways),
    };
    return cmocka_run_group_tests_name("rule_transform", tests, NULL, NULL);
}
