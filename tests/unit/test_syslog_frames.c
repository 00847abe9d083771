/* SPDX-License-Identifier: Apache-2.0
 *
 * test_syslog_frames.c - whole records out of a connection's bytes, however they come.
 */
#include "ingest/framing/framing.h"
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

/* The records that framing makes of the text, with | behind each, ! before one with a fault. */
static void frame(struct str text, char *out, size_t size)
{
    const struct framing_options options = {50, 50};
    struct batch *batch = batch_new();
    struct stream stream = {.name = "tcp"};
    batch_add_chunk(batch, &stream, text)->message = true;
    framing_run(batch, &options);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct record *record = &batch->records[i];
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s%.*s|",
                 record->fault != RECORD_FAULT_NONE ? record_fault_name(record->fault) : "",
                 STR_ARG(record->bytes));
    }
    batch_free(batch);
}

static void a_piece_s_records_one_by_one_are_framed_as_the_piece_is(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        const char *framed;
        uint64_t records;
    } cases[] = {
        {"<1>a\n<2>b\r\n<3>c", "<1>a|<2>b|<3>c|", 3},
        {"<1>a\n\n<2>b\n", "<1>a||<2>b|", 3},
        {"4 <1>a5 <2>bc", "<1>a|<2>bc|", 2},
        {"4 <1>a\n4 <2>b\n", "<1>a|<2>b|", 2},
        {"7 <1>a\nbc5 <2>b\r6 <3>b\r\n", "<1>a\nbc|<2>b\r|<3>b\r\n|", 3},
        {"4 <1>a9 <2>cut", "<1>a|truncated<2>cut|", 2},
        {"4 <1>a9999 <2>x", "<1>a|9999 <2>x|", 2},
        {"4 <1>a<2>b\nc\n", "<1>a|<2>b|c|", 3},
        {"{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}|{\"a\":2}|", 2},
        {"{\"Records\":[{\"a\":1},{\"a\":2}]}\n", "{\"a\":1}|{\"a\":2}|", 1},
        {"<1>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n<2>b",
         "oversize<1>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|<2>b|", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char whole[256] = "";
        char single[256] = "";
        struct str piece = str_of(cases[i].piece);
        struct syslog_cut cut = syslog_cut_begin(piece);
        struct str record;
        uint64_t records = 0;
        while (syslog_cut_next(&cut, &record)) {
            frame(record, single, sizeof single);
            records++;
        }
        frame(piece, whole, sizeof whole);
        assert_string_equal(whole, cases[i].framed);
        assert_string_equal(single, cases[i].framed);
        assert_int_equal(records, cases[i].records);
        assert_int_equal(syslog_frames_count(piece), cases[i].records);
    }
}

static void the_count_is_left_out_where_the_record_is_told_without_it(void **state)
{
    (void)state;
    struct syslog_cut cut = syslog_cut_begin(STR("4 <1>a7 <1>a\nbc5 <2>b\r"));
    static const char *const want[] = {"<1>a", "7 <1>a\nbc", "5 <2>b\r"};
    struct str record;
    for (size_t i = 0; i < 3; i++) {
        assert_true(syslog_cut_next(&cut, &record));
        assert_int_equal(record.len, strlen(want[i]));
        assert_memory_equal(record.ptr, want[i], record.len);
    }
    assert_false(syslog_cut_next(&cut, &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_given_when_they_are_whole),
        cmocka_unit_test(counted_records_are_given_when_they_are_whole),
        cmocka_unit_test(a_piece_s_records_one_by_one_are_framed_as_the_piece_is),
        cmocka_unit_test(the_count_is_left_out_where_the_record_is_told_without_it),
        cmocka_unit_test(a_long_record_among_whole_ones_is_cut_alone),
        cmocka_unit_test(of_a_record_that_is_too_long_its_beginning_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
