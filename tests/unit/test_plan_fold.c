/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plan_fold.c - folding by the word is rules' folding, at every length and offset.
 */
#include "analyze/plan/plan_fold.h"
#include "analyze/rule/rule.h"
#include "analyze/rule/rule_fold_table.h"
#include "base/arena.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static void every_ascii_byte_folds_as_rules_do_and_others_stay(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned at = 0; at < 8; at++) {
            /* Neighbours at the edges of the alphabet would show a carry. */
            unsigned char bytes[8] = {'Z', '[', '@', 'A', 0x7F, 0x80, 0xFF, 'z'};
            unsigned char want[8] = {'z', '[', '@', 'a', 0x7F, 0x80, 0xFF, 'z'};
            bytes[at] = (unsigned char)byte;
            want[at] = byte_lower((unsigned char)byte);
            uint64_t word = 0;
            memcpy(&word, bytes, sizeof word);
            word = fold_word(word);
            assert_memory_equal(&word, want, sizeof word);
        }
    }
}

static void a_text_and_its_folded_form_have_one_hash(void **state)
{
    (void)state;
    static const char text[] = "ConsoleLogin-AssumeRole/GetCallerIdentity.PutBucketPolicy";
    struct arena *arena = arena_new(0);
    for (size_t len = 0; len < sizeof text; len++) {
        struct str raw = {text, len};
        struct str folded = rule_fold(arena, raw);
        assert_true(fold_hash(raw).ascii);
        assert_true(fold_hash(raw).hash == fold_hash(folded).hash);
        assert_true(fold_equal(raw, folded));
        for (size_t at = 0; at < len; at++) {
            char other[sizeof text];
            memcpy(other, folded.ptr, len);
            other[at] = '#';
            assert_false(fold_equal(raw, (struct str){other, len}));
            assert_false(fold_hash(raw).hash == fold_hash((struct str){other, len}).hash);
        }
    }
    arena_free(arena);
}

static void one_byte_outside_ascii_is_noticed_anywhere(void **state)
{
    (void)state;
    char text[40];
    for (size_t len = 1; len <= sizeof text; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)0xC3;
            assert_false(fold_hash((struct str){text, len}).ascii);
        }
    }
}

static void folding_never_changes_a_length(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    for (uint32_t code = 1; code < 0x110000; code++) {
        char bytes[4];
        if (code >= 0xD800 && code < 0xE000) {
            continue;
        }
        struct str text = {bytes, utf8_encode(code, bytes)};
        arena_reset(arena);
        assert_int_equal(rule_fold(arena, text).len, text.len);
    }
    arena_free(arena);
}

/* How many code points fold, and that PCRE2 takes each and its folded form for the same. */
static void folding_is_that_of_unicode(void **state)
{
    (void)state;
    struct arena *arena = arena_new(0);
    int number = 0;
    PCRE2_SIZE at = 0;
    uint32_t count = 0;
    pcre2_code *same = pcre2_compile((PCRE2_SPTR) "^(.)\\1$", PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_CASELESS | PCRE2_DOTALL, &number, &at, NULL);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(same, NULL);
    for (uint32_t code = 0x80; code < 0x110000; code++) {
        char bytes[8];
        if (code >= 0xD800 && code < 0xE000) {
            continue;
        }
        struct str text = {bytes, utf8_encode(code, bytes)};
        arena_reset(arena);
        struct str folded = rule_fold(arena, text);
        if (str_equal(text, folded)) {
            continue;
        }
        count++;
        assert_true(str_equal(rule_fold(arena, folded), folded));
        memcpy(bytes + text.len, folded.ptr, folded.len);
        if (pcre2_match(same, (PCRE2_SPTR)bytes, text.len + folded.len, 0, 0, data, NULL) < 0) {
            fail_msg("U+%04X is not the same as what it folds to", code);
        }
    }
    assert_int_equal(count, FOLD_CODES);
    pcre2_match_data_free(data);
    pcre2_code_free(same);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ascii_byte_folds_as_rules_do_and_others_stay),
        cmocka_unit_test(a_text_and_its_folded_form_have_one_hash),
        cmocka_unit_test(one_byte_outside_ascii_is_noticed_anywhere),
        cmocka_unit_test(folding_never_changes_a_length),
        cmocka_unit_test(folding_is_that_of_unicode),
    };
    return cmocka_run_group_tests_name("plan_fold", tests, NULL, NULL);
}
