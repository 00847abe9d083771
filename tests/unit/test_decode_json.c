/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decode_json.c - JSON lines of any program: times under their usual names and in all units;
 * what is no object.
 */
#include "tests/decoding.h"

static const char *const wanted[] = {"level", "user.name", "tags", NULL};

#define REFERENCE    "2001-09-09T01:46:40Z"
#define REFERENCE_NS (INT64_C(1000000000) * TIMESTAMP_SECOND_NS)

struct timed {
    const char *line;
    const char *time;
};

static void check_times(const struct timed *cases, size_t count, uint32_t flags)
{
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    decoding.chunk.reference_ns = REFERENCE_NS;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(decode_text(&decoding, str_of(cases[i].line)), DECODE_EVENT);
        assert_logsource(&decoding, "json");
        if (decoding.event.flags != flags) {
            fail_msg("flags are %u: %s", decoding.event.flags, cases[i].line);
        }
        assert_time(&decoding, cases[i].time);
    }
    decoding_stop(&decoding);
}

#define CHECK(cases, flags) check_times(cases, sizeof(cases) / sizeof *(cases), flags)

static void times_are_found_under_their_usual_names(void **state)
{
    (void)state;
    static const struct timed cases[] = {
        {"{\"@timestamp\":\"2026-03-02T10:15:30Z\"}", "2026-03-02T10:15:30Z"},
        {"{\"timestamp\":\"2026-03-02T10:15:30+02:00\"}", "2026-03-02T08:15:30Z"},
        {"{\"time\":\"2026-03-02 10:15:30.123456789Z\"}", "2026-03-02T10:15:30.123456789Z"},
        {"{\"eventTime\":\"2026-03-02T10:15:30Z\"}", "2026-03-02T10:15:30Z"},
        {"{\"ts\":\"2026-03-02T10:15:30Z\"}", "2026-03-02T10:15:30Z"},
        {"{\"date\":\"2026-03-02T10:15:30Z\"}", "2026-03-02T10:15:30Z"},
        /* the order of preference, wherever they stand */
        {"{\"date\":1772446531,\"ts\":1772446532,\"time\":1772446533,\"@timestamp\":1772446530}",
         "2026-03-02T10:15:30Z"},
        /* the first that can be read */
        {"{\"@timestamp\":\"soon\",\"timestamp\":null,\"time\":{},\"ts\":1772446530}",
         "2026-03-02T10:15:30Z"},
        /* a duration is no time */
        {"{\"time\":0.012,\"ts\":1772446530}", "2026-03-02T10:15:30Z"},
        {"{\"time\":86400,\"date\":1772446530}", "2026-03-02T10:15:30Z"},
    };
    CHECK(cases, 0);
}

static void numbers_are_of_the_unit_of_their_size(void **state)
{
    (void)state;
    static const struct timed cases[] = {
        {"{\"ts\":1772446530}", "2026-03-02T10:15:30Z"},
        {"{\"ts\":\"1772446530\"}", "2026-03-02T10:15:30Z"},
        {"{\"ts\":1772446530.25}", "2026-03-02T10:15:30.250Z"},
        {"{\"ts\":1772446530.123456789}", "2026-03-02T10:15:30.123456789Z"},
        {"{\"ts\":1772446530.1234567891234}", "2026-03-02T10:15:30.123456789Z"},
        {"{\"ts\":1772446530123}", "2026-03-02T10:15:30.123Z"},
        {"{\"ts\":1772446530123.5}", "2026-03-02T10:15:30.123500Z"},
        {"{\"ts\":1772446530123456}", "2026-03-02T10:15:30.123456Z"},
        {"{\"ts\":1772446530123456789}", "2026-03-02T10:15:30.123456789Z"},
        {"{\"ts\":1772446530123456789.9}", "2026-03-02T10:15:30.123456789Z"},
        {"{\"ts\":100000000}", "1973-03-03T09:46:40Z"},
        {"{\"ts\":100000000000}", "1973-03-03T09:46:40Z"},
        {"{\"ts\":100000000000000}", "1973-03-03T09:46:40Z"},
        {"{\"ts\":100000000000000000}", "1973-03-03T09:46:40Z"},
        {"{\"ts\":9223372036}", "2262-04-11T23:47:16Z"},
    };
    CHECK(cases, 0);
}

static void without_a_readable_time_it_is_the_reference(void **state)
{
    (void)state;
    static const struct timed cases[] = {
        {"{}", REFERENCE},
        {"{\"level\":\"info\"}", REFERENCE},
        {"{\"ts\":99999999}", REFERENCE},
        {"{\"ts\":-1772446530}", REFERENCE},
        {"{\"ts\":1.772e9}", REFERENCE},
        {"{\"ts\":true}", REFERENCE},
        {"{\"ts\":\"\"}", REFERENCE},
        {"{\"ts\":\"1772446530s\"}", REFERENCE},
        {"{\"ts\":\"1772446530.x\"}", REFERENCE},
        {"{\"date\":\"2026-03-02\"}", REFERENCE},
        {"{\"date\":\"20260302\"}", REFERENCE},
        {"{\"time\":\"10:15:30\"}", REFERENCE},
        /* past what 64 bits of nanoseconds hold */
        {"{\"ts\":9223372036.999999999}", REFERENCE},
        {"{\"ts\":9223372037}", REFERENCE},
        {"{\"ts\":18446744073709551616}", REFERENCE},
        {"{\"ts\":99999999999999999999999999}", REFERENCE},
    };
    CHECK(cases, EVENT_TIMELESS);
}

static void a_missing_zone_is_the_configured_one_and_said(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *time;
        uint32_t flags;
    } cases[] = {
        {"{\"ts\":\"2026-03-02T10:15:30\"}", "2026-03-02T12:15:30Z", EVENT_ZONE_ASSUMED},
        {"{\"ts\":\"2026-03-02 10:15:30,5\"}", "2026-03-02T12:15:30.500Z", EVENT_ZONE_ASSUMED},
        {"{\"ts\":\"2026-03-02T10:15:30Z\"}", "2026-03-02T10:15:30Z", 0},
        {"{\"ts\":\"2026-03-02T10:15:30.5z\"}", "2026-03-02T10:15:30.500Z", 0},
        {"{\"ts\":\"2026-03-02T10:15:30-01\"}", "2026-03-02T11:15:30Z", 0},
        {"{\"ts\":\"2026-03-02T10:15:30+00:00\"}", "2026-03-02T10:15:30Z", 0},
        {"{\"ts\":1772446530}", "2026-03-02T10:15:30Z", 0},
    };
    struct decoder_options options = {.zone_offset_seconds = -7200};
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    struct decoder_set *set = decoder_set_new(decoding.fields, &options);
    decoding.context.set = set;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(decode_text(&decoding, str_of(cases[i].line)), DECODE_EVENT);
        assert_time(&decoding, cases[i].time);
        assert_int_equal(decoding.event.flags, cases[i].flags);
    }
    decoding.context.set = decoding.set;
    decoder_set_free(set);
    decoding_stop(&decoding);
}

static void members_are_fields(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    assert_int_equal(decode_text(&decoding, STR(" {\"level\" : \"w\\u0061rn\", \"user\":{\"name\":"
                                                "\"ana\"}, \"tags\":[\"a\",\"b\"]}\t")),
                     DECODE_EVENT);
    assert_field(&decoding, "level", "warn");
    assert_field(&decoding, "user.name", "ana");
    assert_field(&decoding, "tags", "a");
    assert_true(event_next(&decoding.event, field_value(&decoding, "tags")) != NULL);
    decode_text(&decoding, STR("{\"user.name\":\"flat\"}"));
    assert_field(&decoding, "user.name", "flat");
    assert_field_absent(&decoding, "level");
    decoding_stop(&decoding);
}

static void what_is_no_object_is_a_fault_of_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum record_fault fault;
    } cases[] = {
        {"[1,2]", RECORD_FAULT_JSON_TYPE}, {"\"text\"", RECORD_FAULT_JSON_TYPE},
        {"7", RECORD_FAULT_JSON_TYPE},     {"null", RECORD_FAULT_JSON_TYPE},
        {"{\"a\":1", RECORD_FAULT_JSON},   {"{\"a\" 1}", RECORD_FAULT_JSON},
        {"{\"a\":1}x", RECORD_FAULT_JSON}, {"{\"a\":\"x}", RECORD_FAULT_JSON},
        {"hello", RECORD_FAULT_JSON},      {"{", RECORD_FAULT_JSON},
    };
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    decoding.stream.decoder = "json";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (decode_text(&decoding, str_of(cases[i].text)) != DECODE_FAULT ||
            decoding.record.fault != cases[i].fault) {
            fail_msg("fault is %s: %s", record_fault_name((enum record_fault)decoding.record.fault),
                     cases[i].text);
        }
        assert_true(decoding.record.fault_at <= decoding.record.bytes.len);
    }
    decoding_stop(&decoding);
}

static void who_sent_it_is_what_the_network_says(void **state)
{
    (void)state;
    static const char *const fields[] = {"log.source.address", NULL};
    static const char *const lines[] = {
        "{\"a\":1}",
        "{\"log\":{\"source\":{\"address\":\"198.51.100.1\"}}}",
        "{\"log\":{\"source\":{\"address\":[\"198.51.100.1\",\"198.51.100.2\"]}}}",
    };
    const struct sender sender = {.address = STR("192.0.2.7")};
    struct decoding decoding;
    decoding_start(&decoding, fields);
    decoding.chunk.sender = &sender;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(decode_text(&decoding, str_of(lines[i])), DECODE_EVENT);
        assert_field(&decoding, "log.source.address", "192.0.2.7");
        field_id id = field_find(decoding.fields, STR("log.source.address"));
        assert_null(event_next(&decoding.event, event_first(&decoding.event, id)));
    }
    /* Of nobody known the record is believed. */
    decoding.chunk.sender = NULL;
    assert_int_equal(decode_text(&decoding, str_of(lines[1])), DECODE_EVENT);
    assert_field(&decoding, "log.source.address", "198.51.100.1");
    decoding_stop(&decoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_found_under_their_usual_names),
        cmocka_unit_test(numbers_are_of_the_unit_of_their_size),
        cmocka_unit_test(without_a_readable_time_it_is_the_reference),
        cmocka_unit_test(a_missing_zone_is_the_configured_one_and_said),
        cmocka_unit_test(members_are_fields),
        cmocka_unit_test(who_sent_it_is_what_the_network_says),
        cmocka_unit_test(what_is_no_object_is_a_fault_of_its_kind),
    };
    return cmocka_run_group_tests_name("decode json", tests, NULL, NULL);
}
