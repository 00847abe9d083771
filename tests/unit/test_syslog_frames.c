/* SPDX-License-Identifier: Apache-2.0
 *
 * test_syslog_frames.c - whole records out of a connection's bytes, however they come.
 */
#include "ingest/source/syslog_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What comes out when text comes in pieces of size bytes, with | behind each piece of records. */
static const char *run(const char *text, size_t size, size_t limit)
{
    static char out[512];
    struct syslog_frames frames = {.record_bytes_max = limit};
    struct str rest = str_of(text);
    out[0] = '\0';
    while (rest.len > 0 || frames.waiting.len > 0) {
        struct str more = str_slice(rest, 0, size);
        rest = str_slice(rest, more.len, rest.len);
        syslog_frames_add(&frames, more);
        struct str piece;
        while ((piece = syslog_frames_next(&frames, rest.len == 0 && more.len == 0)).len > 0) {
            size_t len = strlen(out);
            snprintf(out + len, sizeof out - len, "%.*s|", STR_ARG(piece));
            syslog_frames_take(&frames, piece);
        }
    }
    syslog_frames_release(&frames);
    return out;
}

static void lines_are_given_when_they_are_whole(void **state)
{
    (void)state;
    assert_string_equal(run("<1>a\n<2>b\n<3>c", 100, 50), "<1>a\n<2>b\n|<3>c|");
    assert_string_equal(run("<1>a\n<2>b\n<3>c", 1, 50), "<1>a\n|<2>b\n|<3>c|");
    assert_string_equal(run("{\"a\": 1}\n", 4, 50), "{\"a\": 1}\n|");
    assert_string_equal(run("2026 a\n12\n3 \n4 <x", 1, 50), "2026 a\n|12\n|3 \n|4 <x|");
}

static void counted_records_are_given_when_they_are_whole(void **state)
{
    (void)state;
    assert_string_equal(run("4 <1>a5 <2>\nb6 <3", 100, 50), "4 <1>a5 <2>\nb|6 <3|");
    assert_string_equal(run("4 <1>a5 <2>\nb6 <3", 1, 50), "4 <1>a|5 <2>\nb|6 <3|");
    assert_string_equal(run("4 <1>a\n4 <2>b\n", 100, 50), "4 <1>a\n4 <2>b\n|");
}

static void a_long_record_among_whole_ones_is_cut_alone(void **state)
{
    (void)state;
    assert_string_equal(run("4 <1>a20 <1>aaaaaaaaaaaaaaaaa4 <2>b", 100, 8),
                        "4 <1>a|<1>aaaaaa|4 <2>b|");
}

static void of_a_record_that_is_too_long_its_beginning_is_given(void **state)
{
    (void)state;
    for (size_t size = 1; size < 30; size++) {
        const char *out = run("<1>aaaaaaaaaaaaaaaaaaaaaaa\n<2>b\n", size, 8);
        /* A line that came whole is framing's to refuse. */
        assert_string_equal(out, size < 27   ? "<1>aaaaaa|<2>b\n|"
                                 : size < 32 ? "<1>aaaaaaaaaaaaaaaaaaaaaaa\n|<2>b\n|"
                                             : "");
        out = run("20 <1>aaaaaaaaaaaaaaaaa4 <2>b", size, 8);
        assert_string_equal(out, "<1>aaaaaa|4 <2>b|");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_given_when_they_are_whole),
        cmocka_unit_test(counted_records_are_given_when_they_are_whole),
        cmocka_unit_test(a_long_record_among_whole_ones_is_cut_alone),
        cmocka_unit_test(of_a_record_that_is_too_long_its_beginning_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
