/* SPDX-License-Identifier: Apache-2.0
 *
 * test_framing_line.c - a line's end and seams in blocks, against a look at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/framing/framing_internal.h"

static size_t look_at_every_byte(struct str text, bool *seam)
{
    *seam = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            return i;
        }
        *seam = *seam || (i > 0 && text.ptr[i] == '{' && text.ptr[i - 1] == '}');
    }
    return STR_NOT_FOUND;
}

/* text is copied to memory of exactly its size, so that a read past its end is seen. */
static void check(const char *text, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool seam = false;
    bool expected_seam = false;
    size_t expected = look_at_every_byte((struct str){copy, len}, &expected_seam);
    assert_int_equal(framing_line_end((struct str){copy, len}, &seam), expected);
    assert_int_equal(seam, expected_seam);
    free(copy);
}

static void a_seam_or_an_end_is_found_at_every_place(void **state)
{
    (void)state;
    char text[300];
    for (size_t len = 0; len < sizeof text; len += 7) {
        for (size_t at = 0; at < len; at++) {
            memset(text, '{', sizeof text);
            text[at] = '}';
            check(text, len);
            text[at] = '\n';
            check(text, len);
            memset(text, 'x', sizeof text);
            text[at] = '}';
            text[(at + 1) % len] = '{';
            check(text, len);
            text[(at + 65) % len] = '\n';
            check(text, len);
        }
    }
}

static void random_lines_are_read_as_byte_by_byte(void **state)
{
    (void)state;
    static const char letters[] =
        "}{\n\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    char text[500];
    uint64_t random = 42;
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)round % sizeof text;
        for (size_t i = 0; i < len; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            text[i] = letters[(random >> 33) % (sizeof letters - 1)];
        }
        check(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seam_or_an_end_is_found_at_every_place),
        cmocka_unit_test(random_lines_are_read_as_byte_by_byte),
    };
    return cmocka_run_group_tests_name("framing_line", tests, NULL, NULL);
}
