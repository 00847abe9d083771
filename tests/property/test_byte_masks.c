/* SPDX-License-Identifier: Apache-2.0
 *
 * test_byte_masks.c - every implementation marks the bytes that a plain loop finds, and reads none
 * behind the text.
 */
#include "base/byte_masks.h"
#include "tests/guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TEXT_BYTES_MAX 300

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

static void check(const struct byte_masks_row *row, struct str text, char first, char second)
{
    struct byte_masks blocks[BYTE_MASKS_ROOM(TEXT_BYTES_MAX)];
    row->build(blocks, text, first, second);
    for (size_t at = 0; at <= text.len; at++) {
        size_t want_first = at;
        size_t want_second = at;
        while (want_first < text.len && text.ptr[want_first] != first) {
            want_first++;
        }
        while (want_second < text.len && text.ptr[want_second] != second) {
            want_second++;
        }
        size_t got_first = byte_masks_next_first(blocks, at);
        size_t got_second = byte_masks_next_second(blocks, at);
        assert_int_equal(got_first < text.len ? got_first : text.len, want_first);
        assert_int_equal(got_second < text.len ? got_second : text.len, want_second);
    }
}

static void every_implementation_finds_what_a_loop_finds(void **state)
{
    (void)state;
    static const char bytes[] = {' ', ' ', '"', '\0', 'a', '\x80', '\xff', '!', '#', '\xa0'};
    uint32_t implementations = 0;
    for (const struct byte_masks_row *row = byte_masks_table; row->name != NULL; row++) {
        implementations += row->usable() ? 1 : 0;
        for (uint32_t turn = 0; row->usable() && turn < 1500; turn++) {
            char text[TEXT_BYTES_MAX];
            size_t len = draw(TEXT_BYTES_MAX + 1);
            uint32_t kinds = draw(sizeof bytes) + 1;
            for (size_t i = 0; i < len; i++) {
                text[i] = bytes[draw(kinds)];
            }
            struct str guarded = guarded_copy((struct str){text, len});
            check(row, guarded, ' ', '"');
            check(row, guarded, '\0', '\xff');
        }
    }
    assert_true(implementations >= 1);
}

static void an_empty_text_has_no_marks(void **state)
{
    (void)state;
    struct byte_masks blocks[BYTE_MASKS_ROOM(0)];
    byte_masks_build(blocks, (struct str){0}, ' ', '"');
    assert_int_equal(blocks[0].first, 0);
    assert_int_equal(blocks[0].second, 0);
    assert_int_equal(blocks[1].first, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_implementation_finds_what_a_loop_finds),
        cmocka_unit_test(an_empty_text_has_no_marks),
    };
    return cmocka_run_group_tests_name("byte_masks", tests, NULL, NULL);
}
