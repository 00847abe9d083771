/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match_predicate.c - what each kind of value in a rule finds in an event, and what it does
 * not find, as docs/RULES.md says. Both matchers are asked.
 */
#include "tests/sigma_rows.h"

static void texts_are_compared_whole_and_without_case(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: Abc", "{\"f\":\"aBC\"}", true},
        {"f: Abc", "{\"f\":\"abcd\"}", false},
        {"f: Abc", "{\"F\":\"abc\"}", false},
        {"f|cased: Abc", "{\"f\":\"Abc\"}", true},
        {"f|cased: Abc", "{\"f\":\"abc\"}", false},
        {"f: '\xc3\x84'", "{\"f\":\"\xc3\xa4\"}", true},
        {"f: '\xc3\x84'", "{\"f\":\"\\u00e4\"}", true},
        {"f|cased: '\xc3\x84'", "{\"f\":\"\xc3\xa4\"}", false},
        {"f|contains: bc", "{\"f\":\"aBCd\"}", true},
        {"f|contains: bc", "{\"f\":\"b c\"}", false},
        {"f|startswith: ab", "{\"f\":\"ABc\"}", true},
        {"f|startswith: ab", "{\"f\":\"cab\"}", false},
        {"f|endswith: ab", "{\"f\":\"cAB\"}", true},
        {"f|endswith: ab", "{\"f\":\"abc\"}", false},
        {"f: [x, y]", "{\"f\":\"y\"}", true},
        {"f: [x, y]", "{\"f\":\"z\"}", false},
        {"f|contains|all: [x, y]", "{\"f\":\"yx\"}", true},
        {"f|contains|all: [x, y]", "{\"f\":\"xx\"}", false},
    };
    SIGMA_CHECK(rows);
}

static void wildcards_reach_over_line_ends_and_characters(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: a*c", "{\"f\":\"ac\"}", true},
        {"f: a*c", "{\"f\":\"a\\n\\nC\"}", true},
        {"f: a*c", "{\"f\":\"acd\"}", false},
        {"f: a?c",
         "{\"f\":\"a\xc3\xa4"
         "c\"}",
         true},
        {"f: a?c", "{\"f\":\"ac\"}", false},
        {"f: a?c", "{\"f\":\"abbc\"}", false},
        {"f: 'a\\*c'", "{\"f\":\"a*c\"}", true},
        {"f: 'a\\*c'", "{\"f\":\"abc\"}", false},
        {"f: 'C:\\Win*\\x'", "{\"f\":\"c:\\\\windows\\\\x\"}", true},
        {"f: 'C:\\Win*\\\\x'", "{\"f\":\"c:\\\\windows\\\\x\"}", true},
        {"f|contains: a*c", "{\"f\":\"zaxcz\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void numbers_and_booleans_are_compared_by_their_text(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: 4624", "{\"f\":4624}", true},          {"f: 4624", "{\"f\":\"4624\"}", true},
        {"f: '4624'", "{\"f\":4624}", true},        {"f: 443", "{\"f\":443.0}", true},
        {"f: 443", "{\"f\":4.43e2}", true},         {"f: 443", "{\"f\":443.5}", false},
        {"f: true", "{\"f\":true}", true},          {"f: true", "{\"f\":\"True\"}", true},
        {"f: 'false'", "{\"f\":false}", true},      {"f: true", "{\"f\":1}", false},
        {"f|startswith: 46", "{\"f\":4624}", true},
    };
    SIGMA_CHECK(rows);
}

static void comparisons_are_numeric_and_exact(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|lt: 10", "{\"f\":9}", true},
        {"f|lt: 10", "{\"f\":10}", false},
        {"f|lte: 10", "{\"f\":10}", true},
        {"f|gt: 10", "{\"f\":10}", false},
        {"f|gt: 10", "{\"f\":10.5}", true},
        {"f|gte: 10", "{\"f\":\"10\"}", true},
        {"f|gt: 10", "{\"f\":\"9\"}", false},
        {"f|gt: -1", "{\"f\":\"\"}", false},
        {"f|gt: -1", "{\"f\":\"0x10\"}", false},
        {"f|gt: -1", "{\"f\":\"nan\"}", false},
        {"f|gt: -1", "{\"f\":null}", false},
        {"f|gt: -1", "{}", false},
        {"f|gt: 9007199254740992", "{\"f\":9007199254740993}", true},
        {"f|gt: 9007199254740993", "{\"f\":9007199254740993}", false},
    };
    SIGMA_CHECK(rows);
}

static void null_exists_and_empty_differ(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: null", "{}", true},
        {"f: null", "{\"f\":null}", true},
        {"f: null", "{\"f\":[]}", true},
        {"f: null", "{\"f\":\"\"}", false},
        {"f: null", "{\"f\":[null,\"a\"]}", true},
        {"f: [null, a]", "{\"f\":\"A\"}", true},
        {"f: [null, a]", "{\"f\":\"b\"}", false},
        {"f|exists: true", "{\"f\":null}", true},
        {"f|exists: true", "{\"f\":[]}", true},
        {"f|exists: true", "{\"f\":\"\"}", true},
        {"f|exists: true", "{}", false},
        {"f|exists: false", "{}", true},
        {"f|exists: false", "{\"f\":null}", false},
        {"f: ''", "{\"f\":\"\"}", true},
        {"f: ''", "{}", false},
        {"f: ''", "{\"f\":null}", false},
        {"f: '*'", "{\"f\":\"\"}", true},
        {"f: '*'", "{\"f\":0}", true},
        {"f: '*'", "{\"f\":null}", false},
        {"f: '*'", "{\"f\":[]}", false},
        {"f: '*'", "{}", false},
    };
    SIGMA_CHECK(rows);
}

static void addresses_are_in_networks(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"10.255.1.2\"}", true},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"11.0.0.0\"}", false},
        {"f|cidr: 192.0.2.128/25", "{\"f\":\"192.0.2.128\"}", true},
        {"f|cidr: 192.0.2.128/25", "{\"f\":\"192.0.2.127\"}", false},
        {"f|cidr: 192.0.2.1/32", "{\"f\":\"192.0.2.1\"}", true},
        {"f|cidr: 0.0.0.0/0", "{\"f\":\"203.0.113.9\"}", true},
        {"f|cidr: 0.0.0.0/0", "{\"f\":\"2001:db8::1\"}", false},
        {"f|cidr: 0.0.0.0/0", "{\"f\":\"s3.amazonaws.com\"}", false},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"::ffff:10.0.0.1\"}", true},
        {"f|cidr: '::1/128'", "{\"f\":\"::1\"}", true},
        {"f|cidr: 'fe80::/10'", "{\"f\":\"fe80::1%eth0\"}", true},
        {"f|cidr: 'fe80::/10'", "{\"f\":\"fec0::1\"}", false},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"10.0.0.1 \"}", false},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"\"}", false},
    };
    SIGMA_CHECK(rows);
}

static void regular_expressions_search_with_case(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|re: 'b[0-9]+'", "{\"f\":\"ab12\"}", true},
        {"f|re: 'B[0-9]+'", "{\"f\":\"ab12\"}", false},
        {"f|re|i: 'B[0-9]+'", "{\"f\":\"ab12\"}", true},
        {"f|re: '^b'", "{\"f\":\"a\\nb\"}", false},
        {"f|re|m: '^b'", "{\"f\":\"a\\nb\"}", true},
        {"f|re: 'a.b'", "{\"f\":\"a\\nb\"}", false},
        {"f|re|s: 'a.b'", "{\"f\":\"a\\nb\"}", true},
        {"f|re: '^$'", "{\"f\":\"\"}", true},
        {"f|re: '.*'", "{}", false},
        {"f|re: '^\\d{4}$'", "{\"f\":4624}", true},
        {"f|re: 'b'",
         "{\"f\":\"\xff"
         "b\"}",
         true},
        {"f|re|all: ['a', 'b']", "{\"f\":\"ba\"}", true},
        {"f|re|all: ['a', 'c']", "{\"f\":\"ba\"}", false},
    };
    SIGMA_CHECK(rows);
}

static void any_element_and_any_nesting_decides(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"a.b: x", "{\"a\":{\"b\":\"x\"}}", true},
        {"a.b: x", "{\"a.b\":\"x\"}", true},
        {"a.b: x", "{\"b\":\"x\"}", false},
        {"f: x", "{\"f\":[\"w\",\"x\"]}", true},
        {"f: x", "{\"f\":[[\"w\"],[\"x\"]]}", true},
        {"a.i.c: x", "{\"a\":[{\"i\":[{\"c\":\"w\"},{\"c\":\"x\"}]}]}", true},
        {"f|all: [x, y]", "{\"f\":[\"x\",\"y\"]}", true},
        {"f|all: [x, y]", "{\"f\":[\"x\",\"z\"]}", false},
        {"{a.b: x, a.c: y}", "{\"a\":[{\"b\":\"x\"},{\"c\":\"y\"}]}", true},
        {"{a.b: x, a.c: y}", "{\"a\":[{\"b\":\"x\"},{\"c\":\"z\"}]}", false},
    };
    SIGMA_CHECK(rows);
}

static void objects_are_their_compact_text(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|contains: '\"a\":1'", "{\"f\": { \"a\" : 1 } }", true},
        {"f|contains: '\"a\": 1'", "{\"f\": { \"a\" : 1 } }", false},
        {"f: '{\"a\":1}'", "{\"f\": { \"a\" : 1 } }", true},
        {"f|contains: '\"Action\":\"*\"'", "{\"f\":{\"p\":\"{\\\"Action\\\":\\\"s3:*\\\"}\"}}",
         true},
        {"f|contains: '\"Action\":\"\\*\"'", "{\"f\":{\"p\":\"{\\\"Action\\\":\\\"*\\\"}\"}}",
         true},
        {"f|contains: '\"Action\":\"\\*\"'", "{\"f\":{\"p\":\"{\\\"Action\\\":\\\"s3\\\"}\"}}",
         false},
    };
    SIGMA_CHECK(rows);
}

static void a_field_is_compared_with_another(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|fieldref: g", "{\"f\":\"Abc\",\"g\":\"aBC\"}", true},
        {"f|fieldref: g", "{\"f\":\"abc\",\"g\":\"abd\"}", false},
        {"f|fieldref|cased: g", "{\"f\":\"Abc\",\"g\":\"abc\"}", false},
        {"f|fieldref: g.h", "{\"f\":7,\"g\":{\"h\":[\"x\",\"7\"]}}", true},
        {"f|fieldref|contains: g", "{\"f\":\"xabcx\",\"g\":\"ABC\"}", true},
        {"f|fieldref|startswith: g", "{\"f\":\"abcx\",\"g\":\"abc\"}", true},
        {"f|fieldref|endswith: g", "{\"f\":\"abcx\",\"g\":\"abc\"}", false},
        {"f|fieldref|endswith: g", "{\"f\":\"xabc\",\"g\":\"abc\"}", true},
        {"f|fieldref: g", "{\"f\":\"a\\u0062c\",\"g\":\"\\u0061bc\"}", true},
        /* A side that is missing, or null, is equal to nothing. */
        {"f|fieldref: g", "{\"f\":\"abc\"}", false},
        {"f|fieldref: g", "{\"g\":\"abc\"}", false},
        {"f|fieldref: g", "{\"f\":null,\"g\":null}", false},
        {"f|fieldref|neq: g", "{\"f\":\"abc\"}", true},
        {"f|fieldref|neq: g", "{\"f\":\"abc\",\"g\":\"ABC\"}", false},
        {"f|fieldref: [g, h]", "{\"f\":\"abc\",\"h\":\"abc\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void parts_of_a_time_are_numbers_in_utc(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"t|minute: 4", "{\"t\":\"2026-01-02T03:04:05Z\"}", true},
        {"t|minute: 5", "{\"t\":\"2026-01-02T03:04:05Z\"}", false},
        {"t|hour: [2, 3]", "{\"t\":\"2026-01-02T03:04:05.678Z\"}", true},
        {"t|hour|gte: 22", "{\"t\":\"2026-01-02T21:59:59Z\"}", false},
        {"t|hour|gte: 22", "{\"t\":\"2026-01-02T21:59:59-01:00\"}", true},
        {"t|hour|lt: 6", "{\"t\":\"2026-01-02T06:00:00Z\"}", false},
        {"t|hour|lte: 6", "{\"t\":\"2026-01-02T06:00:00Z\"}", true},
        {"t|hour|gt: 6", "{\"t\":\"2026-01-02T06:00:00Z\"}", false},
        {"t|hour|neq: 6", "{\"t\":\"2026-01-02T06:00:00Z\"}", false},
        {"t|day: 31", "{\"t\":\"2026-01-31T00:00:00Z\"}", true},
        {"t|month: 1", "{\"t\":\"2026-01-31T00:00:00Z\"}", true},
        {"t|year|lt: 2026", "{\"t\":\"2025-12-31T23:59:59Z\"}", true},
        /* Weeks of ISO 8601: 2026 begins on a Thursday, 2027 on a Friday. */
        {"t|week: 1", "{\"t\":\"2025-12-29T00:00:00Z\"}", true},
        {"t|week: 52", "{\"t\":\"2025-12-28T23:59:59Z\"}", true},
        {"t|week: 53", "{\"t\":\"2027-01-03T12:00:00Z\"}", true},
        {"t|week: 1", "{\"t\":\"1969-12-30T00:00:00Z\"}", true},
        /* Seconds and milliseconds since 1970: 2026-01-02T03:04:05Z. */
        {"t|hour: 3", "{\"t\":1767323045}", true},
        {"t|hour: 3", "{\"t\":\"1767323045678\"}", true},
        {"t|hour: 3", "{\"t\":\"yesterday\"}", false},
        /* What another field tells of the event's time is not what this one says. */
        {"timestamp|hour: 0", "{\"timestamp\":\"yesterday\",\"time\":0}", false},
        {"t|hour: 0", "{\"t\":\"\"}", false},
        {"t|hour: 0", "{}", false},
    };
    SIGMA_CHECK(rows);
}

static void encoded_values_are_found(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|base64offset|contains: needle", "{\"f\":\"YSBuZWVkbGU=\"}", true},
        {"f|base64offset|contains: needle", "{\"f\":\"eHggbmVlZGxlIHg=\"}", true},
        {"f|base64offset|contains: needle", "{\"f\":\"bm9vZGxl\"}", false},
        {"f|wide|base64offset|contains: ab", "{\"f\":\"eHhhAGIA\"}", true},
        {"f|utf16le|contains: ab", "{\"f\":\"xa\\u0000b\\u0000y\"}", true},
        {"f|windash|contains: ' -f'",
         "{\"f\":\"rm \xE2\x80\x94"
         "f x\"}",
         true},
        {"f|windash|contains: ' -f'", "{\"f\":\"rm /F x\"}", true},
        {"f|windash|contains: ' -f'", "{\"f\":\"rm +f x\"}", false},
        {"f|neq: [a, b]", "{\"f\":\"c\"}", true},
        {"f|neq: [a, b]", "{\"f\":\"B\"}", false},
        {"f|neq: [a, b]", "{}", true},
        {"f|contains|neq: a", "{\"f\":[\"xax\",\"b\"]}", false},
        {"f|cidr|neq: 10.0.0.0/8", "{\"f\":\"192.0.2.1\"}", true},
        {"f|exact: Abc", "{\"f\":\"abc\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void keywords_stand_anywhere_in_the_record(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"- Needle", "{\"any\":{\"deep\":\"a needle b\"}}", true},
        {"- '\"any\":1'", "{\"any\":1}", true},
        {"- needle", "{\"any\":\"noodle\"}", false},
        {"- 'a\\b'", "{\"any\":\"a\\\\b\"}", true},
        {"- 'n*le'", "{\"any\":\"needle\"}", true},
        {"- 'n?le'", "{\"any\":\"needle\"}", false},
        {"- 12", "{\"any\":\"x12y\"}", true},
        {"'|all': [one, two]", "{\"a\":\"two\",\"b\":\"one\"}", true},
        {"'|all': [one, two]", "{\"a\":\"two\"}", false},
        {"'|cased': [One]", "{\"a\":\"one\"}", false},
        {"'|re': 'o[mn]e'", "{\"a\":\"one\"}", true},
        {"'|re': 'o[xy]e'", "{\"a\":\"one\"}", false},
    };
    SIGMA_CHECK(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_compared_whole_and_without_case),
        cmocka_unit_test(wildcards_reach_over_line_ends_and_characters),
        cmocka_unit_test(numbers_and_booleans_are_compared_by_their_text),
        cmocka_unit_test(comparisons_are_numeric_and_exact),
        cmocka_unit_test(null_exists_and_empty_differ),
        cmocka_unit_test(addresses_are_in_networks),
        cmocka_unit_test(regular_expressions_search_with_case),
        cmocka_unit_test(any_element_and_any_nesting_decides),
        cmocka_unit_test(objects_are_their_compact_text),
        cmocka_unit_test(a_field_is_compared_with_another),
        cmocka_unit_test(parts_of_a_time_are_numbers_in_utc),
        cmocka_unit_test(encoded_values_are_found),
        cmocka_unit_test(keywords_stand_anywhere_in_the_record),
    };
    return cmocka_run_group_tests_name("match_predicate", tests, NULL, NULL);
}
