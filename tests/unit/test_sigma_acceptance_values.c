/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sigma_acceptance_values.c - lines 5 to 10, 22 and 24 of the acceptance list of the Sigma
 * language: what a value in a rule finds in an event.
 */
#include "tests/sigma_rows.h"

static void section_7_line_05_the_escape_table_holds(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: '\\*'", "{\"f\":\"*\"}", true},
        {"f: '\\*'", "{\"f\":\"x\"}", false},
        {"f: '\\\\*'", "{\"f\":\"\\\\rest\"}", true},
        {"f: '\\\\*'", "{\"f\":\"rest\"}", false},
        {"f: '\\\\\\*'", "{\"f\":\"\\\\*\"}", true},
        {"f: '\\\\\\*'", "{\"f\":\"\\\\x\"}", false},
        {"f: '\\\\\\\\'", "{\"f\":\"\\\\\\\\\"}", true},
        {"f: '\\\\\\\\'", "{\"f\":\"\\\\\"}", false},
        {"f: 'a\\b'", "{\"f\":\"a\\\\b\"}", true},
        {"f: 'a\\\\b'", "{\"f\":\"a\\\\b\"}", true},
        {"f: 'a\\\\b'", "{\"f\":\"a\\\\\\\\b\"}", false},
        {"f: 'a\\\\\\b'", "{\"f\":\"a\\\\\\\\b\"}", true},
        {"f: '\\\\\\\\*'", "{\"f\":\"\\\\\\\\rest\"}", true},
        {"f: '\\\\\\\\*'", "{\"f\":\"\\\\rest\"}", false},
        {"f: '\\\\\\\\\\*'", "{\"f\":\"\\\\\\\\*\"}", true},
        {"f: '\\\\\\\\\\*'", "{\"f\":\"\\\\\\\\x\"}", false},
        {"f: 'a\\'", "{\"f\":\"a\\\\\"}", true},
        {"f: '\\?'", "{\"f\":\"?\"}", true},
        {"f: '\\?'", "{\"f\":\"x\"}", false},
        {"f: 'C:\\*\\x'", "{\"f\":\"C:*\\\\x\"}", true},
        {"f: 'C:\\*\\x'", "{\"f\":\"C:abc\\\\x\"}", false},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_06_wildcards_and_case_on_valid_and_invalid_utf_8(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: 'a*z'", "{\"f\":\"a\\r\\n\\nz\"}", true},
        {"f: 'a?z'", "{\"f\":\"a\\nz\"}", true},
        {"f: 'a?z'", "{\"f\":\"a\xe2\x82\xacz\"}", true},
        {"f: 'a?z'", "{\"f\":\"a\xf0\x9f\x94\x94z\"}", true},
        {"f: 'a??z'", "{\"f\":\"a\xe2\x82\xacz\"}", false},
        {"f: 'a?z'", "{\"f\":\"az\"}", false},
        {"f: '*?\?'", "{\"f\":\"\xe2\x82\xac\"}", false},
        {"f|contains: '?\?'", "{\"f\":\"\xf0\x9f\x94\x94\"}", false},
        {"f|contains: '?\?'", "{\"f\":\"\xf0\x9f\x94\x94x\"}", true},
        {"f|endswith: '?x'", "{\"f\":\"\xe2\x82\xacx\"}", true},
        {"f|cased: '*\xe2\x82\xac?\?'", "{\"f\":\"\xe2\x82\xac\xe2\x82\xacx\"}", true},
        {"f: 'a?z'", "{\"f\":\"a\xffz\"}", true},
        {"f: 'a??z'", "{\"f\":\"a\xff\xfez\"}", true},
        {"f: '?'", "{\"f\":\"\"}", false},
        {"f: 'AbC'", "{\"f\":\"aBc\"}", true},
        {"f: 'abc'", "{\"f\":\" abc\"}", false},
        {"f: 'abc'", "{\"f\":\"abc\\n\"}", false},
        {"f: '\xc3\x84pfel'", "{\"f\":\"\xc3\xa4PFEL\"}", true},
        {"f: '\xd0\x9c\xd0\xb8\xd1\x80'", "{\"f\":\"\xd0\xbc\xd0\x98\xd0\xa0\"}", true},
        {"f: '\xe1\x82\xa0'", "{\"f\":\"\xe2\xb4\x80\"}", true},
        {"f: '\xf0\x9e\xa4\x80'", "{\"f\":\"\xf0\x9e\xa4\xa2\"}", true},
        {"f: '\xe1\xba\x9b'", "{\"f\":\"\xe1\xb9\xa1\"}", true},
        {"f: '\xce\xa3'", "{\"f\":\"\xcf\x82\"}", true},
        {"f: '\xc7\x85'", "{\"f\":\"\xc7\x84\"}", true},
        {"f: '\xc3\x9f'", "{\"f\":\"ss\"}", false},
        {"f: 'k'", "{\"f\":\"\xe2\x84\xaa\"}", false},
        {"f|contains: 'Root'", "{\"f\":\"\xff\xferOOt\xc3\"}", true},
        {"f|endswith: 'Root'", "{\"f\":\"\x80rOOt\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_07_parts_with_inner_wildcards_and_backslashes(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f|contains: 'b*d'", "{\"f\":\"a b c d e\"}", true},
        {"f|contains: 'b*d'", "{\"f\":\"a d c b e\"}", false},
        {"f|contains: 'b?d'", "{\"f\":\"abcde\"}", true},
        {"f|contains: 'b?d'", "{\"f\":\"abdde\"}", true},
        {"f|contains: 'b?d'", "{\"f\":\"abde\"}", false},
        {"f|startswith: 'a*c'", "{\"f\":\"axxc tail\"}", true},
        {"f|startswith: 'a*c'", "{\"f\":\"xaxxc\"}", false},
        {"f|endswith: 'a*c'", "{\"f\":\"head axxc\"}", true},
        {"f|endswith: 'a*c'", "{\"f\":\"head axxc tail\"}", false},
        {"f|endswith: '\\cmd.exe'", "{\"f\":\"C:\\\\Windows\\\\CMD.EXE\"}", true},
        {"f|endswith: '\\cmd.exe'", "{\"f\":\"cmd.exe\"}", false},
        {"f|startswith: 'C:\\Users\\'", "{\"f\":\"c:\\\\users\\\\eve\"}", true},
        {"f|startswith: 'C:\\Users\\'", "{\"f\":\"c:\\\\users\"}", false},
        {"f|contains: '\\Temp\\'", "{\"f\":\"C:\\\\temp\\\\x\"}", true},
        {"f|contains: '\\Temp\\'", "{\"f\":\"C:\\\\temp*x\"}", false},
        {"f|contains: '*mid*'", "{\"f\":\"amidst\"}", true},
        {"f|endswith: 'x\\'", "{\"f\":\"ax\\\\\"}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_08_numbers_and_booleans_match_across_types(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: 7045", "{\"f\":7045}", true},
        {"f: 7045", "{\"f\":\"7045\"}", true},
        {"f: '7045'", "{\"f\":7045}", true},
        {"f: 7045", "{\"f\":70450}", false},
        {"f: 7045", "{\"f\":7045.0}", true},
        {"f: 1", "{\"f\":true}", false},
        {"f: true", "{\"f\":true}", true},
        {"f: true", "{\"f\":\"True\"}", true},
        {"f: 'true'", "{\"f\":true}", true},
        {"f: false", "{\"f\":true}", false},
        {"f: false", "{\"g\":true}", false},
        {"f: 1.5", "{\"f\":1.5}", true},
        {"f: 1.5", "{\"f\":\"1.5\"}", true},
        {"f: [1, two]", "{\"f\":\"TWO\"}", true},
        {"f: [1, two]", "{\"f\":1}", true},
        {"f: 443.0", "{\"f\":443}", true},
        {"f: 443.0", "{\"f\":\"443.0\"}", true},
        {"f: 443.0", "{\"f\":4.43e2}", true},
        {"f: 4.43e2", "{\"f\":\"443\"}", true},
        {"f: 443", "{\"f\":443.5}", false},
        {"f: 1.50", "{\"f\":1.5}", true},
        {"f: 1.5", "{\"f\":1.500}", true},
        {"f: 0.00015", "{\"f\":1.5e-4}", true},
        {"f: 1.5e-4", "{\"f\":0.00015}", true},

        {"f: +5", "{\"f\":5}", true},
        {"f: 0x1F", "{\"f\":31}", true},
        {"f: 0x1F", "{\"f\":\"0x1f\"}", true},
        {"f: 0o17", "{\"f\":15}", true},
        {"f: '0x1F'", "{\"f\":31}", false},
        {"f: 1e400", "{\"f\":1e400}", true},
        {"f|gt: 5", "{\"f\":1e400}", true},
        {"f|neq: 443.0", "{\"f\":443}", false},
        {"f: 9007199254740993", "{\"f\":9007199254740992}", false},
        {"f|contains: 45", "{\"f\":7045}", true},
        {"f|startswith: 70", "{\"f\":7045}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_09_empty_null_and_exists_differ(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: ''", "{\"f\":\"\"}", true},
        {"f: ''", "{\"f\":null}", false},
        {"f: ''", "{\"g\":1}", false},
        {"f: ''", "{\"f\":\" \"}", false},
        {"f: null", "{\"g\":1}", true},
        {"f: null", "{\"f\":null}", true},
        {"f: null", "{\"f\":[]}", true},
        {"f: null", "{\"f\":\"\"}", false},
        {"f: null", "{\"f\":\"null\"}", false},
        {"f: 'null'", "{\"f\":null}", false},
        {"f: 'null'", "{\"f\":\"NULL\"}", true},
        {"f|exists: true", "{\"f\":null}", true},
        {"f|exists: true", "{\"f\":\"\"}", true},
        {"f|exists: true", "{\"f\":[]}", true},
        {"f|exists: true", "{\"g\":1}", false},
        {"f|exists: false", "{\"g\":1}", true},
        {"f|exists: false", "{\"f\":null}", false},
        {"f: '*'", "{\"f\":\"\"}", true},
        {"f: '*'", "{\"f\":null}", false},
        {"f|contains: ''", "{\"f\":\"x\"}", true},
        {"f|contains: ''", "{\"g\":\"x\"}", false},
    };
    static const struct sigma_refusal refused[] = {
        {"f|exists: 'true'", RULE_ERROR, "exists takes true or false"},
        {"f|exists: [true]", RULE_ERROR, "exists takes true or false"},
        {"f|exists: 1", RULE_ERROR, "exists takes true or false"},
    };
    SIGMA_CHECK(rows);
    SIGMA_REFUSED(refused);
}

static void section_7_line_10_there_is_no_third_truth_value(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"f: x", "{\"g\":1}", false},
        {"\n  s:\n    f: x\n  condition: not s", "{\"g\":1}", true},
        {"\n  s:\n    f: x\n  condition: not not s", "{\"g\":1}", false},
        {"\n  s:\n    f|gt: 1\n  condition: not s", "{\"g\":1}", true},
        {"\n  s:\n    f|re: x\n  condition: not s", "{\"g\":1}", true},
        {"\n  s:\n    f|cidr: 0.0.0.0/0\n  condition: not s", "{\"g\":1}", true},
        {"\n  s:\n    f: x\n  t:\n    g: 1\n  condition: t and not s", "{\"g\":1}", true},
        {"\n  s:\n    f: x\n  t:\n    g: 1\n  condition: not (s and t)", "{\"g\":1}", true},
        {"\n  s:\n    f: x\n  t:\n    g: 1\n  condition: not (s or t)", "{\"g\":1}", false},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_22_keywords_search_the_line_and_all_leaves(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"\n  k: [panic, oops]\n  condition: k", "{\"m\":\"kernel OOPS\"}", true},
        {"\n  k: [panic, oops]\n  condition: k", "{\"m\":\"kernel\"}", false},
        {"\n  k: panic\n  condition: k", "{\"a\":[{\"b\":[\"x\",\"a Panic!\"]}]}", true},
        {"\n  k:\n    '|all': [a1, b2]\n  condition: k", "{\"m\":\"b2\",\"n\":\"a1\"}", true},
        {"\n  k:\n    '|all': [a1, b2]\n  condition: k", "{\"m\":\"b2\"}", false},
        {"\n  k: [4625]\n  condition: k", "{\"m\":\"code 4625.\"}", true},
        {"\n  k: [4625]\n  condition: k", "{\"m\":4625}", true},
        {"\n  k: ['fail*root']\n  condition: k", "{\"m\":\"x failed for ROOT y\"}", true},
        {"\n  k: ['fail*root']\n  condition: k", "{\"m\":\"root failed\"}", false},
        {"\n  k: ['a?c']\n  condition: k", "{\"m\":\"xxa-cxx\"}", true},
        {"\n  k: ['say \"no\"']\n  condition: k", "{\"m\":\"say \\\"no\\\" now\"}", true},
        {"\n  k: ['C:\\Temp']\n  condition: k", "{\"m\":\"in c:\\\\temp\"}", true},
        {"\n  k: ['\xc3\xa9t\xc3\xa9']\n  condition: k", "{\"m\":\"\\u00c9T\\u00C9\"}", true},
        {"\n  k: [x, y]\n  condition: not k", "{\"m\":\"z\"}", true},
        {"\n  k:\n    - {f: 1}\n    - deep\n  condition: k", "{\"m\":\"so deep\"}", true},
        {"\n  k:\n    - {f: 1}\n    - deep\n  condition: k", "{\"f\":1}", true},
    };
    SIGMA_CHECK(rows);
}

static void section_7_line_24_dotted_paths_arrays_and_objects(void **state)
{
    (void)state;
    static const struct sigma_row rows[] = {
        {"a.b: x", "{\"a.b\":\"x\"}", true},
        {"a.b: x", "{\"a\":{\"b\":\"x\"}}", true},
        {"a.b: x", "{\"a\":[{\"c\":1},{\"b\":[\"y\",\"x\"]}]}", true},
        {"a.b: x", "{\"a\":{\"b\":{\"c\":\"x\"}}}", false},
        {"a.b: x", "{\"b\":\"x\"}", false},
        {"a\\.b: x", "{\"a.b\":\"x\"}", true},
        {"a\\.b.c|contains: x", "{\"a.b\":{\"c\":\"axa\"}}", true},
        {"f|fieldref: 'a\\.b'", "{\"f\":\"x\",\"a.b\":\"x\"}", true},
        {"a.b.c: 3", "{\"a\":[{\"b\":[{\"c\":[1,2]},{\"c\":3}]}]}", true},
        {"a.b.c: 3", "{\"a\":{\"b.c\":3}}", true},
        {"f: x", "{\"f\":[\"a\",\"X\"]}", true},
        {"f|neq: x", "{\"f\":[\"a\",\"x\"]}", false},
        {"f|contains|all: [x, y]", "{\"f\":[\"ax\",\"ay\"]}", true},
        {"f|contains: '\"k\":\"v\"'", "{\"f\":{ \"k\" : \"v\" }}", true},
        {"f: '{\"k\":\"v\"}'", "{\"f\":{ \"k\" : \"V\" }}", true},
        {"f|contains: '\"Effect\":\"Allow\"'",
         "{\"f\":{\"policy\":\"{\\\"Effect\\\":\\\"Allow\\\"}\"}}", true},
        {"f|contains: Suspended", "{\"f\":{\"a\":{\"Status\":\"suspended\"}}}", true},
        {"f|contains: Suspended", "{\"f\":{\"a\":{\"Status\":\"enabled\"}}}", false},
    };
    SIGMA_CHECK(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_7_line_05_the_escape_table_holds),
        cmocka_unit_test(section_7_line_06_wildcards_and_case_on_valid_and_invalid_utf_8),
        cmocka_unit_test(section_7_line_07_parts_with_inner_wildcards_and_backslashes),
        cmocka_unit_test(section_7_line_08_numbers_and_booleans_match_across_types),
        cmocka_unit_test(section_7_line_09_empty_null_and_exists_differ),
        cmocka_unit_test(section_7_line_10_there_is_no_third_truth_value),
        cmocka_unit_test(section_7_line_22_keywords_search_the_line_and_all_leaves),
        cmocka_unit_test(section_7_line_24_dotted_paths_arrays_and_objects),
    };
    return cmocka_run_group_tests_name("sigma acceptance: values", tests, NULL, NULL);
}
