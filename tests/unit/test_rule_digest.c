/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_digest.c - the digest of a set of rules tells whether two sets are the same.
 */
#include "analyze/rule/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define RULE                                                                                       \
    "title: A\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: aws}\n"              \
    "detection: {s: {a: 1}, condition: s}\n"

static void digest_of(const char *name, const char *text, char digest[RULE_SET_DIGEST_TEXT + 1])
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text(name, str_of(text), &set, &err), 0);
    rule_set_digest(set, digest);
    rule_set_free(set);
}

static void the_digest_is_sha_256_over_length_and_text(void **state)
{
    (void)state;
    char digest[RULE_SET_DIGEST_TEXT + 1];
    digest_of("a.yml", "title: x\n", digest);
    /* printf '\0\0\0\0\0\0\0\011title: x\n' | sha256sum */
    assert_string_equal(digest, "38a14b9f6d7ea902e37db5ae2dcf2749");
}

static void the_same_text_elsewhere_is_the_same_and_one_byte_makes_another(void **state)
{
    (void)state;
    char first[RULE_SET_DIGEST_TEXT + 1];
    char moved[RULE_SET_DIGEST_TEXT + 1];
    char other[RULE_SET_DIGEST_TEXT + 1];
    digest_of("a.yml", RULE, first);
    digest_of("b.yml", RULE, moved);
    digest_of("a.yml", RULE "level: low\n", other);
    assert_string_equal(first, moved);
    assert_string_not_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_sha_256_over_length_and_text),
        cmocka_unit_test(the_same_text_elsewhere_is_the_same_and_one_byte_makes_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
