/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plan_regex.c - the literal in front of a regular expression is one that matches can't lack.
 */
#include "analyze/plan/plan_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void literals_are_required_by_every_match(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool caseless;
        const char *literal;
    } cases[] = {
        {"plain", false, "plain"},
        {"^/bin/(ba)?sh -c.*curl", false, "/bin/"},
        {"cat\\.exe", false, "cat.exe"},
        {"colou?r", false, "colo"},
        {"ab*cdef", false, "cdef"},
        {"ab+cdef", false, "cdef"},
        {"abcd{2}ef", false, "abcd"},
        {"abcd{0,2}ef", false, "abc"},
        {"abcd{,2}ef", false, "abc"},
        {"foo|barbar", false, ""},
        {"(foo|bar)baz", false, "baz"},
        {"(a(b|c))|dddd", false, ""},
        {"[a-z|]{3}word", false, "word"},
        {"[]|]word", false, "word"},
        {"[^]|]word", false, "word"},
        {"[[:alpha:]]word", false, "word"},
        {"\\d+\\s+word\\b", false, "word"},
        {"\\x41bcdef", false, ""},
        {"\\Qa|b\\E", false, ""},
        {"(?i)bash", false, "ba"},
        {"bash", true, "ba"},
        {"(?x) a b c d", false, ""},
        {"(?P<name>x)word", false, ""},
        {"(*UTF)word", false, ""},
        {"(?:skip)word", false, "word"},
        {"abc\xc3\xa9word", false, "word"},
        {"word+?more", false, "word"},
        {"", false, ""},
        {".*", false, ""},
        {"a\\", false, "a"},
    };
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str found = plan_regex_literal(arena, str_of(cases[i].pattern), cases[i].caseless);
        if (!str_equal(found, str_of(cases[i].literal))) {
            print_error("%s gave '%.*s'\n", cases[i].pattern, STR_ARG(found));
        }
        assert_true(str_equal(found, str_of(cases[i].literal)));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_required_by_every_match),
    };
    return cmocka_run_group_tests_name("plan_regex", tests, NULL, NULL);
}
