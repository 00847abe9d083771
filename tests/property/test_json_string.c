/* SPDX-License-Identifier: Apache-2.0
 *
 * test_json_string.c - buffer_add_json_string, which works on 8 bytes at a time, against one that
 * works on one code point at a time; and times against printf.
 */
#include "base/buffer.h"
#include "base/timestamp.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static void add_slowly(struct buffer *out, struct str s)
{
    buffer_add_byte(out, '"');
    for (size_t at = 0; at < s.len;) {
        uint32_t code = 0;
        size_t len = utf8_decode(str_slice(s, at, s.len), &code);
        const char *letter =
            code < 0x80 && code > 0 ? strchr("\"\"\\\\\nn\rr\tt", (int)code) : NULL;
        if (code == UTF8_INVALID) {
            buffer_add_text(out, "\xEF\xBF\xBD");
        } else if (letter != NULL && code != 'n' && code != 'r' && code != 't') {
            buffer_printf(out, "\\%c", letter[1]);
        } else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 ||
                   code == 0x2029) {
            buffer_printf(out, "\\u%04x", code);
        } else {
            buffer_add(out, str_slice(s, at, len));
        }
        at += len;
    }
    buffer_add_byte(out, '"');
}

/* Pieces that are special, nearly special, or cut: in every position of a word and of a block. */
static void every_text_is_escaped_as_one_code_point_at_a_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "\n",
                                         "\x1f",
                                         " ",
                                         "!",
                                         "~",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xc2\x9f",
                                         "\xc2\xa0",
                                         "\xe2\x80\xa8",
                                         "\xe2\x80",
                                         "\xf0\x9f\x98",
                                         "\xe2\x82\xac",
                                         "\xff",
                                         "\xed\xa0\x80",
                                         "abcdefgh",
                                         "a",
                                         "[",
                                         "]",
                                         "#",
                                         "\xf0\x9f\x98\x80",
                                         "\t\r",
                                         "\x01"};
    struct buffer text = {0};
    struct buffer got = {0};
    struct buffer want = {0};
    for (int round = 0; round < 20000; round++) {
        buffer_clear(&text);
        size_t len = round % 100 == 0 ? 900 + random_below(400) : random_below(40);
        bool plain = round % 2 == 0;
        while (text.len < len) {
            uint32_t piece = random_below(sizeof pieces / sizeof pieces[0]);
            buffer_add_text(&text, plain && random_below(20) > 0 ? "x" : pieces[piece]);
        }
        if (random_below(10) == 0) {
            buffer_add_byte(&text, '\0');
        }
        buffer_clear(&got);
        buffer_clear(&want);
        buffer_add_json_string(&got, buffer_str(&text));
        add_slowly(&want, buffer_str(&text));
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.ptr, want.ptr, want.len);
    }
    buffer_release(&text);
    buffer_release(&got);
    buffer_release(&want);
}

static void times_are_written_as_printf_would(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        int64_t time_ns =
            (int64_t)(((uint64_t)random_below(UINT32_MAX) << 32) ^ random_below(UINT32_MAX));
        static const int64_t units[] = {1, 1000, 1000000, 1000000000};
        time_ns -= time_ns % units[random_below(4)];
        struct timestamp_fields f = timestamp_to_fields(time_ns);
        char want[TIMESTAMP_TEXT_MAX];
        char got[TIMESTAMP_TEXT_MAX];
        int len = snprintf(want, sizeof want, "%04d-%02u-%02uT%02u:%02u:%02u", (int)f.year, f.month,
                           f.day, f.hour, f.minute, f.second);
        uint32_t n = f.nanosecond;
        int digits = n % 1000000 == 0 ? 3 : n % 1000 == 0 ? 6 : 9;
        uint32_t shown = digits == 3 ? n / 1000000 : digits == 6 ? n / 1000 : n;
        if (n != 0) {
            len += snprintf(want + len, sizeof want - (size_t)len, ".%0*u", digits, shown);
        }
        snprintf(want + len, sizeof want - (size_t)len, "Z");
        size_t got_len = timestamp_format(time_ns, got);
        assert_string_equal(got, want);
        assert_int_equal(got_len, strlen(want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_escaped_as_one_code_point_at_a_time),
        cmocka_unit_test(times_are_written_as_printf_would),
    };
    return cmocka_run_group_tests_name("json string", tests, NULL, NULL);
}
