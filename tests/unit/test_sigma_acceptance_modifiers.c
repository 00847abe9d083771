/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sigma_acceptance_modifiers.c - lines 11 to 21 of the acceptance list of the Sigma language:
 * what modifiers make of a value.
 */
#include "tests/sigma_rows.h"

static void section_7_line_11_all_joins_by_and(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|contains: [x, y]", "{\"f\":\"ay\"}", true},
        {"f|contains|all: [x, y]", "{\"f\":\"ay\"}", false},
        {"f|contains|all: [x, y]", "{\"f\":\"ayx\"}", true},
        {"f|all|contains: [x, y]", "{\"f\":\"ayx\"}", true},
        {"f|re|all: ['^a', 'z$']", "{\"f\":\"a-z\"}", true},
        {"f|re|all: ['^a', 'z$']", "{\"f\":\"a-y\"}", false},
        {"f|contains|all: x", "{\"f\":\"ax\"}", true},
        {"f|cidr|all: [10.0.0.0/8, 10.1.0.0/16]", "{\"f\":\"10.1.2.3\"}", true},
        {"f|cidr|all: [10.0.0.0/8, 10.1.0.0/16]", "{\"f\":\"10.2.2.3\"}", false},
    };
    struct matching matching;
    SIGMA_CHECK(rows);
    matching_open(&matching, STR("title: t\nlogsource: {}\ndetection:\n  s:\n"
                                 "    f|contains|all: x\n  condition: s\n"));
    assert_int_equal(matching.rules->problems_count, 1);
    assert_int_equal(matching.rules->problems[0].kind, RULE_WARNING);
    matching_close(&matching);
}

static void section_7_line_12_neq_is_not_over_the_whole_list(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|neq: x", "{\"f\":\"X\"}", false},
        {"f|neq: x", "{\"f\":\"y\"}", true},
        {"f|neq: x", "{\"g\":\"x\"}", true},
        {"f|neq: x", "{\"f\":null}", true},
        {"f|neq: [x, y]", "{\"f\":\"y\"}", false},
        {"f|neq: [x, y]", "{\"f\":\"z\"}", true},
        {"f|contains|neq: [x, y]", "{\"f\":\"aya\"}", false},
        {"f|contains|neq: [x, y]", "{\"f\":\"a\"}", true},
        {"f|contains|all|neq: [x, y]", "{\"f\":\"ax\"}", true},
        {"f|contains|all|neq: [x, y]", "{\"f\":\"xy\"}", false},
        {"f|startswith|neq: x", "{\"f\":\"xa\"}", false},
        {"f|endswith|neq: x", "{\"f\":\"xa\"}", true},
        {"f|re|neq: '^x.$'", "{\"f\":\"xa\"}", false},
        {"f|re|neq: '^x.$'", "{\"f\":\"Xa\"}", true},
        {"f|cidr|neq: 10.0.0.0/8", "{\"f\":\"10.9.9.9\"}", false},
        {"f|cidr|neq: 10.0.0.0/8", "{\"f\":\"11.9.9.9\"}", true},
        {"f|gt|neq: 5", "{\"f\":6}", false},
        {"f|gt|neq: 5", "{\"f\":5}", true},
        {"f|fieldref|neq: g", "{\"f\":\"a\",\"g\":\"A\"}", false},
        {"f|fieldref|neq: g", "{\"f\":\"a\",\"g\":\"b\"}", true},
        {"f|fieldref|neq: g", "{\"f\":\"a\"}", true},
        {"f|neq: null", "{\"f\":\"a\"}", true},
        {"f|neq: null", "{\"g\":\"a\"}", false},
        {"f|neq: ''", "{\"f\":\"\"}", false},
        {"\n  s:\n    f|neq: x\n  condition: not s", "{\"f\":\"x\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_13_cased_in_any_position(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|cased: aB", "{\"f\":\"aB\"}", true},
        {"f|cased: aB", "{\"f\":\"ab\"}", false},
        {"f|cased|contains: aB", "{\"f\":\"xaBx\"}", true},
        {"f|cased|contains: aB", "{\"f\":\"xabx\"}", false},
        {"f|contains|cased: aB", "{\"f\":\"xaBx\"}", true},
        {"f|contains|cased: aB", "{\"f\":\"xABx\"}", false},
        {"f|startswith|cased: aB", "{\"f\":\"abx\"}", false},
        {"f|cased|endswith: aB", "{\"f\":\"xaB\"}", true},
        {"f|cased: 'a*B'", "{\"f\":\"axxB\"}", true},
        {"f|cased: 'a*B'", "{\"f\":\"axxb\"}", false},
        {"f|contains|all|cased: [A, b]", "{\"f\":\"bA\"}", true},
        {"f|contains|all|cased: [A, b]", "{\"f\":\"ba\"}", false},
        {"f|cased|windash: '-A'", "{\"f\":\"/a\"}", false},
        {"f|windash|cased: '-A'", "{\"f\":\"/A\"}", true},
        {"f|cased: '\xc3\x84'", "{\"f\":\"\xc3\xa4\"}", false},
        {"\n  k:\n    '|cased': Root\n  condition: k", "{\"m\":\"the Root\"}", true},
        {"\n  k:\n    '|cased': Root\n  condition: k", "{\"m\":\"the root\"}", false},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_14_windash_expands_five_dashes_at_word_starts(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|windash|contains: ' -enc '", "{\"f\":\"ps -ENC x\"}", true},
        {"f|windash|contains: ' -enc '", "{\"f\":\"ps /enc x\"}", true},
        {"f|windash|contains: ' -enc '",
         "{\"f\":\"ps \xe2\x80\x93"
         "enc x\"}",
         true},
        {"f|windash|contains: ' -enc '",
         "{\"f\":\"ps \xe2\x80\x94"
         "enc x\"}",
         true},
        {"f|windash|contains: ' -enc '",
         "{\"f\":\"ps \xe2\x80\x95"
         "enc x\"}",
         true},
        {"f|windash|contains: ' /enc '", "{\"f\":\"ps -enc x\"}", true},
        {"f|windash|contains: ' -enc '", "{\"f\":\"ps +enc x\"}", false},
        {"f|windash|contains: ' \xe2\x80\x93-x '", "{\"f\":\" \xe2\x80\x93/x \"}", true},
        {"f|windash|contains: ' \xe2\x80\x93"
         "enc '",
         "{\"f\":\"ps -enc x\"}", true},
        {"f|windash|contains: '-\xc3\xa9t\xc3\xa9'", "{\"f\":\"x /\xc3\x89t\xc3\xa9\"}", true},
        {"f|windash|contains: '\xc3\xa9-t'", "{\"f\":\"\xc3\xa9/t\"}", false},
        {"f|windash|contains: '- '", "{\"f\":\"x / y\"}", false},
        {"f|windash|contains: 'a-b'", "{\"f\":\"a/b\"}", false},
        {"f|windash|contains: 'a-b'", "{\"f\":\"a-b\"}", true},
        {"f|windash: '-a /b'", "{\"f\":\"/a -b\"}", true},
        {"f|windash|contains|all: ['-a', '-b']", "{\"f\":\"x /a -b\"}", true},
        {"f|windash|contains|all: ['-a', '-b']", "{\"f\":\"x /a\"}", false},
        {"f|contains|windash: '-a*z'", "{\"f\":\"x /a to z\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_15_regular_expressions(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|re: 'b.d'", "{\"f\":\"abcde\"}", true},
        {"f|re: 'B.D'", "{\"f\":\"abcde\"}", false},
        {"f|re: '^b'", "{\"f\":\"abc\"}", false},
        {"f|re: '\\*'", "{\"f\":\"a*b\"}", true},
        {"f|re: 'a\\\\b'", "{\"f\":\"a\\\\b\"}", true},
        {"f|re|i: 'B.D'", "{\"f\":\"abcde\"}", true},
        {"f|re|m: '^b$'", "{\"f\":\"a\\nb\\nc\"}", true},
        {"f|re: '^b$'", "{\"f\":\"a\\nb\\nc\"}", false},
        {"f|re|s: 'a.b'", "{\"f\":\"a\\nb\"}", true},
        {"f|re: 'a.b'", "{\"f\":\"a\\nb\"}", false},
        {"f|re|i|m|s: '^B.C'", "{\"f\":\"a\\nb\\nc\"}", true},
        {"f|re: '(?i)ABC'", "{\"f\":\"xabc\"}", true},
        {"f|re: '\\bid=\\d+?;'", "{\"f\":\"an id=12;\"}", true},
        {"f|re: '\\bid=\\d+?;'", "{\"f\":\"anid=12;\"}", false},
        {"f|re: '(?:ab){2}'", "{\"f\":\"ababx\"}", true},
        {"f|re: ['^x', 'y$']", "{\"f\":\"ay\"}", true},
        {"f|re: '^\\d{4}$'", "{\"f\":4625}", true},
        {"f|re: '\xc3\xa9.$'", "{\"f\":\"\xc3\xa9\xe2\x82\xac\"}", true},
        {"f|re: 'root'", "{\"f\":\"\xff\xferoot\"}", true},
    };
    static const struct sigma_refusal refused[] = {
        {"f|re: '('", RULE_ERROR, "not a regular expression"},
        {"f|re: 'a{2,1}'", RULE_ERROR, "not a regular expression"},
        {"f|i: 'a'", RULE_ERROR, "i, m and s belong to re"},
        {"f|re|cased: 'a'", RULE_ERROR, "cased is for text"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_15_a_search_is_bounded_and_its_end_is_counted(void **state)
{
    (void)state;
    struct matching matching;
    struct buffer event = {0};
    buffer_add_text(&event, "{\"f\":\"");
    for (int i = 0; i < 200; i++) {
        buffer_add_byte(&event, 'a');
    }
    buffer_add_text(&event, "!\"}");
    matching_open(&matching, STR("title: t\nlogsource: {}\ndetection:\n  s:\n"
                                 "    f|re: '^(a+)+$'\n  condition: s\n"));
    assert_int_equal(matching_ask(&matching, buffer_str(&event)), 0);
    const struct match_counters *counters = &matcher_profile(matching.matcher)->counters;
    assert_int_equal(counters->regex_faults, 1);
    matching_close(&matching);
    buffer_release(&event);
}

static void section_7_line_16_encodings_give_the_known_texts(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|base64|cased: foobar", "{\"f\":\"Zm9vYmFy\"}", true},
        {"f|base64|cased: '\xc3\xa9'", "{\"f\":\"w6k=\"}", true},
        {"f|base64|cased: '\xc3\xa9'", "{\"f\":\"w6k\"}", false},
        {"f|base64|contains: 'a\\*b'", "{\"f\":\"x YSpi x\"}", true},
        {"f|base64offset|contains|cased: foobar", "{\"f\":\"x Zm9vYmFy\"}", true},
        {"f|base64offset|contains|cased: foobar", "{\"f\":\"xZvb2Jhcx\"}", true},
        {"f|base64offset|contains|cased: foobar", "{\"f\":\"xmb29iYXx\"}", true},
        {"f|base64offset|contains|cased: foobar", "{\"f\":\"xZvb2Jhx\"}", false},
        {"f|base64offset|contains|cased: foo", "{\"f\":\"xZvbx\"}", true},
        {"f|base64offset|contains|cased: foo", "{\"f\":\"xmb2x\"}", true},
        {"f|base64offset|contains|cased: 'n\xc3\xa9'", "{\"f\":\"bsOpeno=\"}", true},
        {"f|base64offset|contains|cased: 'n\xc3\xa9'", "{\"f\":\"cW7DqXp6\"}", true},
        {"f|base64offset|contains|cased: 'n\xc3\xa9'", "{\"f\":\"cXFuw6l6eg==\"}", true},
        {"f|wide|base64|cased: cmd", "{\"f\":\"YwBtAGQA\"}", true},
        {"f|utf16le|base64|cased: cmd", "{\"f\":\"YwBtAGQA\"}", true},
        {"f|utf16be|base64|cased: cmd", "{\"f\":\"AGMAbQBk\"}", true},
        {"f|utf16|base64|cased: cmd", "{\"f\":\"//5jAG0AZAA=\"}", true},
        {"f|wide|base64|cased: '\xc3\xa9\xf0\x9f\x98\x80'", "{\"f\":\"6QA92ADe\"}", true},
        {"f|utf16be|base64|cased: '\xc3\xa9\xf0\x9f\x98\x80'", "{\"f\":\"AOnYPd4A\"}", true},
        {"f|wide|base64offset|contains|cased: cmd", "{\"f\":\"xMAbQBkAx\"}", true},
        {"f|wide|base64offset|contains|cased: cmd", "{\"f\":\"xjAG0AZAx\"}", true},
    };
    static const struct sigma_refusal refused[] = {
        {"f|base64: 'a*'", RULE_ERROR, "a wildcard can't be encoded"},
        {"f|wide|base64: 'a?'", RULE_ERROR, "a wildcard can't be encoded"},
        {"f|base64: null", RULE_ERROR, "null can't be part of a text"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_17_comparisons_are_numeric_and_exact(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|lt: 10", "{\"f\":9}", true},
        {"f|lt: 10", "{\"f\":10}", false},
        {"f|lte: 10", "{\"f\":10}", true},
        {"f|gt: 10", "{\"f\":10}", false},
        {"f|gte: 10", "{\"f\":\"10\"}", true},
        {"f|gt: 10", "{\"f\":\"9\"}", false},
        {"f|gt: 10", "{\"f\":\"abc\"}", false},
        {"f|lt: 10", "{\"f\":\"\"}", false},
        {"f|lt: 10", "{\"f\":true}", false},
        {"f|lt: 10", "{\"f\":null}", false},
        {"f|lt: 10", "{\"g\":1}", false},
        {"f|gt: 1.5", "{\"f\":1.75}", true},
        {"f|gt: 1.5", "{\"f\":\"1.25\"}", false},
        {"f|gt: -3", "{\"f\":-2}", true},
        {"f|gte: 1000", "{\"f\":1e3}", true},
        {"f|gt: 9007199254740992", "{\"f\":9007199254740993}", true},
        {"f|gt: 9007199254740993", "{\"f\":9007199254740993}", false},
        {"f|gte: 9223372036854775807", "{\"f\":9223372036854775806}", false},
        {"f|gte: 9223372036854775807", "{\"f\":9223372036854775807}", true},
        {"f|lte: -9223372036854775808", "{\"f\":-9223372036854775808}", true},
        {"\n  s:\n    f|gt: 3\n    f|lte: 5\n  condition: s", "{\"f\":5}", true},
        {"\n  s:\n    f|gt: 3\n    f|lte: 5\n  condition: s", "{\"f\":3}", false},
    };
    static const struct sigma_refusal refused[] = {
        {"f|gt: '5'", RULE_ERROR, "is not a number"},
        {"f|gt: five", RULE_ERROR, "is not a number"},
        {"f|gt|lt: 5", RULE_ERROR, "two comparisons"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_18_parts_of_a_time_alone_and_compared(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|minute: 34", "{\"f\":\"2026-11-24T22:34:59Z\"}", true},
        {"f|minute: 35", "{\"f\":\"2026-11-24T22:34:59Z\"}", false},
        {"f|hour: 22", "{\"f\":\"2026-11-24T22:34:59.123Z\"}", true},
        {"f|hour: 20", "{\"f\":\"2026-11-24T22:34:59+02:00\"}", true},
        {"f|hour|gte: 22", "{\"f\":\"2026-11-24T22:34:59Z\"}", true},
        {"f|hour|gt: 22", "{\"f\":\"2026-11-24T22:34:59Z\"}", false},
        {"f|hour|lt: 6", "{\"f\":\"2026-11-25T05:59:59Z\"}", true},
        {"f|day: 24", "{\"f\":\"2026-11-24T22:34:59Z\"}", true},
        {"f|day: 25", "{\"f\":\"2026-11-24T22:34:59-02:00\"}", true},
        {"f|week: 53", "{\"f\":\"2027-01-02T00:00:00Z\"}", true},
        {"f|week: 1", "{\"f\":\"2025-12-29T00:00:00Z\"}", true},
        {"f|month|lte: 11", "{\"f\":\"2026-11-30T23:59:59Z\"}", true},
        {"f|year: 2026", "{\"f\":\"2026-11-24T22:34:59Z\"}", true},
        {"f|year: 2026", "{\"f\":1795559699}", true},
        {"f|hour: 22", "{\"f\":1795559699}", true},
        {"f|minute: 34", "{\"f\":1795559699123}", true},
        {"f|hour: [21, 22]", "{\"f\":\"1795559699\"}", true},
        {"f|hour|neq: 22", "{\"f\":\"2026-11-24T22:34:59Z\"}", false},
        {"f|hour: 22", "{\"f\":\"late\"}", false},
        {"f|hour|lt: 24", "{\"g\":1}", false},
    };
    static const struct sigma_refusal refused[] = {
        {"f|gte|hour: 22", RULE_ERROR, "a comparison stands behind"},
        {"f|hour|minute: 22", RULE_ERROR, "two parts of a time"},
        {"f|hour: '22'", RULE_ERROR, "is not a number"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_19_networks(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|cidr: 192.168.0.0/23", "{\"f\":\"192.168.1.255\"}", true},
        {"f|cidr: 192.168.0.0/23", "{\"f\":\"192.168.2.0\"}", false},
        {"f|cidr: 10.0.0.1/32", "{\"f\":\"10.0.0.1\"}", true},
        {"f|cidr: 0.0.0.0/0", "{\"f\":\"255.255.255.255\"}", true},
        {"f|cidr: 0.0.0.0/0", "{\"f\":\"::1\"}", false},
        {"f|cidr: '::1/128'", "{\"f\":\"::1\"}", true},
        {"f|cidr: '::1/128'", "{\"f\":\"0:0:0:0:0:0:0:1\"}", true},
        {"f|cidr: '::1/128'", "{\"f\":\"::2\"}", false},
        {"f|cidr: '::/0'", "{\"f\":\"2001:DB8::1\"}", true},
        {"f|cidr: fe80::/10", "{\"f\":\"fe80::1%eth0\"}", true},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"::ffff:10.1.2.3\"}", true},
        {"f|cidr: [10.0.0.0/8, 2001:db8::/32]", "{\"f\":\"2001:db8:1::\"}", true},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"10.1.2\"}", false},
        {"f|cidr: 10.0.0.0/8", "{\"f\":\"10.1.2.3:80\"}", false},
    };
    static const struct sigma_refusal refused[] = {
        {"f|cidr: 10.0.0.1/8", RULE_ERROR, "is not a network"},
        {"f|cidr: 10.0.0.0/33", RULE_ERROR, "is not a network"},
        {"f|cidr: 2001:db8::1/32", RULE_ERROR, "is not a network"},
        {"f|cidr: example.org", RULE_ERROR, "is not a network"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_20_comparisons_with_another_field(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|fieldref: g", "{\"f\":\"Eve\",\"g\":\"eve\"}", true},
        {"f|fieldref: g", "{\"f\":\"Eve\",\"g\":\"evel\"}", false},
        {"f|fieldref|cased: g", "{\"f\":\"Eve\",\"g\":\"eve\"}", false},
        {"f|fieldref|startswith: g", "{\"f\":\"Evelyn\",\"g\":\"eve\"}", true},
        {"f|fieldref|startswith: g", "{\"f\":\"xEve\",\"g\":\"eve\"}", false},
        {"f|fieldref|endswith: g", "{\"f\":\"xEve\",\"g\":\"eve\"}", true},
        {"f|fieldref|contains: g", "{\"f\":\"xEvex\",\"g\":\"eve\"}", true},
        {"f|contains|fieldref: g", "{\"f\":\"xEvex\",\"g\":\"eve\"}", true},
        {"f|fieldref|neq: g", "{\"f\":\"a\",\"g\":\"b\"}", true},
        {"f|fieldref: g", "{\"f\":\"a\"}", false},
        {"f|fieldref: g", "{\"g\":\"a\"}", false},
        {"f|fieldref: g", "{}", false},
        {"f|fieldref: [g, h]", "{\"f\":\"a\",\"g\":\"b\",\"h\":\"a\"}", true},
        {"f|fieldref: g.x", "{\"f\":5,\"g\":{\"x\":\"5\"}}", true},
    };
    static const struct sigma_refusal refused[] = {
        {"f|fieldref: 'g*'", RULE_ERROR, "fieldref takes the name of one field"},
        {"f|fieldref|re: g", RULE_ERROR, "fieldref compares texts"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

#define EXPANDING(item)                                                                            \
    ("title: p\nplaceholders:\n  Admins: [root, 'adm*']\n  Nets: [10.0.0.0/8]\n"                   \
     "---\ntitle: t\nlogsource: {}\ndetection:\n  s:\n    " item "\n  condition: s\n")

static void section_7_line_21_placeholders_stand_for_their_values(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {EXPANDING("f|expand: '%Admins%'"), "{\"f\":\"ROOT\"}", true},
        {EXPANDING("f|expand: '%Admins%'"), "{\"f\":\"administrator\"}", true},
        {EXPANDING("f|expand: '%Admins%'"), "{\"f\":\"eve\"}", false},
        {EXPANDING("f|expand|contains: 'by %Admins%!'"), "{\"f\":\"done by root!\"}", true},
        {EXPANDING("f|re|expand: '^x-%Admins%$'"), "{\"f\":\"x-root\"}", true},
        {EXPANDING("f|cidr|expand: '%Nets%'"), "{\"f\":\"10.2.3.4\"}", true},
        {EXPANDING("f|expand: '50\\%Admins\\%'"), "{\"f\":\"50%admins%\"}", true},
        {EXPANDING("f: '%Admins%'"), "{\"f\":\"root\"}", false},
        {EXPANDING("f: '%Admins%'"), "{\"f\":\"%admins%\"}", true},
    };
    static const struct sigma_refusal refused[] = {
        {"f|expand: '%Nobody%'", RULE_UNSUPPORTED, "%Nobody%"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_11_all_joins_by_and),
        cmocka_unit_test(section_7_line_12_neq_is_not_over_the_whole_list),
        cmocka_unit_test(section_7_line_13_cased_in_any_position),
        cmocka_unit_test(section_7_line_14_windash_expands_five_dashes_at_word_starts),
        cmocka_unit_test(section_7_line_15_regular_expressions),
        cmocka_unit_test(section_7_line_15_a_search_is_bounded_and_its_end_is_counted),
        cmocka_unit_test(section_7_line_16_encodings_give_the_known_texts),
        cmocka_unit_test(section_7_line_17_comparisons_are_numeric_and_exact),
        cmocka_unit_test(section_7_line_18_parts_of_a_time_alone_and_compared),
        cmocka_unit_test(section_7_line_19_networks),
        cmocka_unit_test(section_7_line_20_comparisons_with_another_field),
        cmocka_unit_test(section_7_line_21_placeholders_stand_for_their_values),
    };
    return cmocka_run_group_tests_name("sigma acceptance: modifiers", tests, NULL, NULL);
}
