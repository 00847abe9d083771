/* SPDX-License-Identifier: Apache-2.0
 *
 * test_dead_letter.c - what is written as a dead letter is read back as it was, and nothing else is
 * read as one.
 */
#include "base/timestamp.h"
#include "ingest/dead_letter/dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct dead_letter there_and_back(const struct record *record, const struct chunk *chunk)
{
    struct buffer line = {0};
    struct dead_letter letter;
    dead_letter_render(record, chunk, &line);
    assert_int_equal(line.ptr[line.len - 1], '\n');
    struct str text = arena_copy(arena, str_slice(buffer_str(&line), 0, line.len - 1));
    buffer_release(&line);
    assert_null(dead_letter_read(arena, text, &letter));
    return letter;
}

static void assert_place(const struct dead_letter *letter, const char *want)
{
    struct buffer place = {0};
    dead_letter_place(letter, &place);
    buffer_add_byte(&place, '\0');
    assert_string_equal(place.ptr, want);
    buffer_release(&place);
}

static void a_letter_of_a_topic_comes_back_with_every_value(void **state)
{
    (void)state;
    struct stream stream = {.source = "kafka", .name = "we\"b", .partition = 7};
    struct chunk chunk = {.stream = &stream, .reference_ns = 1772445600 * TIMESTAMP_SECOND_NS};
    struct record record = {.bytes = STR("{\"a\": \x01\xC3\xA4"),
                            .offset = UINT64_MAX,
                            .sub = 3,
                            .fault_at = 6,
                            .fault = RECORD_FAULT_JSON};
    struct dead_letter letter = there_and_back(&record, &chunk);
    assert_true(str_equal(letter.record, record.bytes));
    assert_true(str_equal(letter.source, STR("we\"b")));
    assert_true(str_equal(letter.reason, STR("json")));
    assert_true(str_equal(letter.detail, STR("not valid JSON at the byte given")));
    assert_int_equal(letter.fault, RECORD_FAULT_JSON);
    assert_int_equal(letter.partition, 7);
    assert_true(letter.offset == UINT64_MAX);
    assert_int_equal(letter.sub, 3);
    assert_int_equal(letter.fault_at, 6);
    assert_true(letter.reference_ns == chunk.reference_ns);
    assert_false(letter.cut);
    assert_place(&letter, "we\"b/7:18446744073709551615.3");
}

static void a_letter_of_a_file_has_no_partition_and_perhaps_no_time(void **state)
{
    (void)state;
    struct stream stream = {.source = "file", .name = "/var/log/a", .partition = -1};
    struct chunk chunk = {.stream = &stream, .reference_ns = TIMESTAMP_NONE};
    struct record record = {
        .bytes = STR("x"), .offset = 12, .fault = RECORD_FAULT_OVERSIZE, .fault_at = 2000000};
    struct dead_letter letter = there_and_back(&record, &chunk);
    assert_int_equal(letter.partition, -1);
    assert_true(letter.reference_ns == TIMESTAMP_NONE);
    assert_true(letter.cut);
    assert_place(&letter, "/var/log/a:12");
}

static void any_bytes_come_back(void **state)
{
    (void)state;
    char bytes[256];
    struct stream stream = {.source = "file", .name = "a", .partition = -1};
    struct chunk chunk = {.stream = &stream, .reference_ns = TIMESTAMP_NONE};
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    for (size_t from = 0; from < sizeof bytes; from += 16) {
        for (size_t len = 0; len <= sizeof bytes - from; len += 7) {
            struct record record = {.bytes = {bytes + from, len},
                                    .fault = RECORD_FAULT_UNRECOGNIZED};
            struct dead_letter letter = there_and_back(&record, &chunk);
            assert_true(str_equal(letter.record, record.bytes));
        }
    }
}

#define REST ",\"source\":\"s\",\"offset\":1,\"record\":\"abc\"}"

static void what_is_no_dead_letter_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *wrong;
    } cases[] = {
        {"", "it is no JSON object"},
        {"[]", "it is no JSON object"},
        {"{\"reason\":\"json\"", "it is no JSON object"},
        {"{}", "it needs reason, source and offset"},
        {"{\"reason\":\"json\",\"source\":\"s\",\"record\":\"\"}",
         "it needs reason, source and offset"},
        {"{\"reason\":\"json\",\"source\":\"s\",\"offset\":1}", "it needs record or record_base64"},
        {("{\"record_base64\":\"YQ==\",\"reason\":\"json\"" REST),
         "it needs record or record_base64"},
        {"{\"reason\":\"json\",\"source\":\"s\",\"offset\":1,\"record_base64\":\"a-b\"}",
         "record_base64 is no base64"},
        {("{\"reason\":7" REST), "a value is no text"},
        {("{\"reason\":\"json\",\"reason\":\"json\"" REST), "a key stands there twice"},
        {("{\"reason\":\"json\",\"r\\u0065ason\":\"json\"" REST), "a key stands there twice"},
        {("{\"reason\":\"json\",\"sub\":\"1\"" REST), "a value is no whole number"},
        {("{\"reason\":\"json\",\"sub\":-1" REST), "a value is no whole number"},
        {("{\"reason\":\"json\",\"sub\":1.5" REST), "a value is no whole number"},
        {("{\"reason\":\"json\",\"sub\":4294967296" REST), "a number is too large"},
        {("{\"reason\":\"json\",\"partition\":2147483648" REST), "a number is too large"},
        {("{\"reason\":\"json\",\"bytes\":4" REST), "the record has not as many bytes as it says"},
        {("{\"reason\":\"json\",\"@timestamp\":\"today\"" REST), "@timestamp is no time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dead_letter letter;
        const char *wrong = dead_letter_read(arena, str_of(cases[i].line), &letter);
        assert_non_null(wrong);
        assert_string_equal(wrong, cases[i].wrong);
    }
}

static void a_reason_and_keys_of_a_later_version_are_borne(void **state)
{
    (void)state;
    struct dead_letter letter;
    assert_null(dead_letter_read(arena,
                                 STR(" { \"new\" : {\"reason\":[1,\"}\"]} , \"reason\" : "
                                     "\"other\" , \"flag\":true,\"n\":null,\"x\":1e5" REST "\r\n"),
                                 &letter));
    assert_int_equal(letter.fault, RECORD_FAULTS);
    assert_true(str_equal(letter.reason, STR("other")));
    assert_true(str_equal(letter.record, STR("abc")));
    assert_int_equal(letter.offset, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_of_a_topic_comes_back_with_every_value),
        cmocka_unit_test(a_letter_of_a_file_has_no_partition_and_perhaps_no_time),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(what_is_no_dead_letter_is_refused_with_the_reason),
        cmocka_unit_test(a_reason_and_keys_of_a_later_version_are_borne),
    };
    return cmocka_run_group_tests_name("dead_letter", tests, set_up, tear_down);
}
