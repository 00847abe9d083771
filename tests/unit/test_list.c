/* SPDX-License-Identifier: Apache-2.0
 *
 * test_list.c - lists of texts, domains and networks: how they are read, and what is in them.
 */
#include "analyze/list/list.h"
#include "base/buffer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct list *read_list(const char *text, bool csv, const char *column)
{
    struct list_source source = {"l", csv, str_of(column)};
    struct list *list = NULL;
    struct err err = {0};
    if (list_parse(&source, str_of(text), &list, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return list;
}

static void assert_refused(const char *text, bool csv, const char *column, const char *reason)
{
    struct list_source source = {"l", csv, str_of(column)};
    struct list *list = NULL;
    struct err err = {0};
    assert_int_equal(list_parse(&source, str_of(text), &list, &err), ERR_CONFIG);
    assert_null(list);
    if (strstr(err.text, reason) == NULL) {
        fail_msg("%s", err.text);
    }
}

static bool has_address(const struct list *list, const char *text)
{
    uint8_t address[16];
    bool v6 = strchr(text, ':') != NULL;
    assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, address), 1);
    return list_has_address(list, address, v6 ? 16 : 4);
}

static void an_exact_list_has_its_lines_without_case_comments_and_blanks(void **state)
{
    (void)state;
    struct list *list =
        read_list("\xEF\xBB\xBF# ours\n\nAlice\n  bob \r\n# not this\n\xC3\x89ve\nALICE\n"
                  "two words",
                  false, "");
    assert_int_equal(list_kind_of(list), LIST_EXACT);
    assert_int_equal(list_count(list), 4);
    const struct str *entries = NULL;
    assert_int_equal(list_entries(list, &entries), 5);
    assert_true(str_equal(entries[0], STR("Alice")) && str_equal(entries[3], STR("ALICE")));
    assert_true(list_has_text(list, STR("alice")));
    assert_true(list_has_text(list, STR("bob")));
    assert_true(list_has_text(list, STR("\xC3\xA9ve")));
    assert_true(list_has_text(list, STR("two words")));
    assert_false(list_has_text(list, STR("alic")));
    assert_false(list_has_text(list, STR("# not this")));
    assert_false(list_has_text(list, STR("")));
    list_free(list);
}

static void a_suffix_list_has_domains_and_what_is_below_them(void **state)
{
    (void)state;
    struct list *list = read_list("# kind: suffix\nexample.com\n*.Test\n.a.b.\n", false, "");
    assert_int_equal(list_kind_of(list), LIST_SUFFIX);
    static const char *const in[] = {
        "example.com", "www.example.com", "x.y.example.com.", "test", "a.test", "a.b", "0.a.b"};
    static const char *const out[] = {
        "notexample.com", "com", "example.com.org", "b", "atest", ".", "", "example.com.."};
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        assert_true(list_has_text(list, str_of(in[i])));
    }
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        assert_false(list_has_text(list, str_of(out[i])));
    }
    list_free(list);
}

static void a_cidr_list_has_the_addresses_of_its_networks(void **state)
{
    (void)state;
    struct list *list = read_list("# kind: cidr\n10.0.0.0/8\n10.1.0.0/16\n192.0.2.7\n192.0.2.8/30\n"
                                  "2001:db8::/32\n::1\n",
                                  false, "");
    assert_int_equal(list_kind_of(list), LIST_CIDR);
    /* One lies in another, two are neighbours. */
    assert_int_equal(list_count(list), 4);
    static const char *const in[] = {
        "10.0.0.0",  "10.255.255.255",  "192.0.2.7",
        "192.0.2.8", "192.0.2.11",      "2001:db8::",
        "::1",       "::ffff:10.1.1.1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"};
    static const char *const out[] = {"9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.12",
                                      "2001:db9::",    "::",       "::2",       "0.0.0.1"};
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        if (!has_address(list, in[i])) {
            fail_msg("%s is not in", in[i]);
        }
    }
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        if (has_address(list, out[i])) {
            fail_msg("%s is in", out[i]);
        }
    }
    list_free(list);
}

static void all_addresses_are_in_the_widest_network_and_none_in_an_empty_list(void **state)
{
    (void)state;
    struct list *list = read_list("# kind: cidr\n::/0\nffff::/16\n", false, "");
    assert_int_equal(list_count(list), 1);
    assert_true(has_address(list, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    list_free(list);
    list = read_list("#kind:cidr\n", false, "");
    assert_int_equal(list_count(list), 0);
    assert_false(has_address(list, "10.0.0.1"));
    list_free(list);
    list = read_list("", false, "");
    assert_int_equal(list_count(list), 0);
    assert_false(list_has_text(list, STR("")));
    list_free(list);
}

static void a_csv_list_is_one_column_of_its_rows(void **state)
{
    (void)state;
    static const char text[] =
        "# kind: exact\nname,note,\"the owner\"\r\nann,\"a, \"\"b\"\"\nc\",x\r\n"
        "\nbob,,\"y\"\n \"q\" ,z,ann\nshort\n";
    struct list *list = read_list(text, true, "");
    assert_int_equal(list_count(list), 4);
    assert_true(list_has_text(list, STR("ann")));
    assert_true(list_has_text(list, STR("bob")));
    assert_true(list_has_text(list, STR("\"q\"")));
    assert_true(list_has_text(list, STR("short")));
    list_free(list);
    list = read_list(text, true, "note");
    assert_int_equal(list_count(list), 2);
    assert_true(list_has_text(list, STR("a, \"b\"\nc")));
    assert_true(list_has_text(list, STR("z")));
    list_free(list);
    list = read_list(text, true, "the owner");
    assert_int_equal(list_count(list), 3);
    assert_true(list_has_text(list, STR("y")));
    list_free(list);
}

static void what_can_not_be_read_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("# kind: regex\na\n", false, "", "l:1: '# kind: regex' names no kind");
    assert_refused("# kind: cidr\n10.0.0.0/8\n10.0.0.1/8\n", false, "", "l:3: '10.0.0.1/8' is no");
    assert_refused("# kind: cidr\nhost\n", false, "", "l:2: 'host' is no address");
    assert_refused("# kind: suffix\n\na*b\n", false, "", "l:3: 'a*b' is no domain");
    assert_refused("# kind: suffix\na..\n", false, "", "l:2: 'a..' is no domain");
    assert_refused("a,b\n1,2\n", true, "c", "l:1: 'c' is no column");
    assert_refused("a,b\n1,\"2\n3\n", true, "", "l:2: '' a cell in quotes");
    assert_refused("a,b\n1,\"2\"3\n", true, "", "l:2: '' a cell in quotes");
}

static void a_large_list_has_all_its_entries_and_no_others(void **state)
{
    (void)state;
    enum { ENTRIES = 100000 };
    struct buffer text = {0};
    for (int i = 0; i < ENTRIES; i++) {
        buffer_printf(&text, "name-%d.example\n", i * 2);
    }
    buffer_add_byte(&text, '\0');
    struct list *list = read_list(text.ptr, false, "");
    const struct str *entries = NULL;
    assert_int_equal(list_count(list), ENTRIES);
    assert_int_equal(list_entries(list, &entries), 0);
    for (int i = 0; i < ENTRIES * 2; i++) {
        char name[40];
        snprintf(name, sizeof name, "name-%d.example", i);
        assert_true(list_has_text(list, str_of(name)) == (i % 2 == 0));
    }
    list_free(list);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exact_list_has_its_lines_without_case_comments_and_blanks),
        cmocka_unit_test(a_suffix_list_has_domains_and_what_is_below_them),
        cmocka_unit_test(a_cidr_list_has_the_addresses_of_its_networks),
        cmocka_unit_test(all_addresses_are_in_the_widest_network_and_none_in_an_empty_list),
        cmocka_unit_test(a_csv_list_is_one_column_of_its_rows),
        cmocka_unit_test(what_can_not_be_read_is_refused_with_its_line),
        cmocka_unit_test(a_large_list_has_all_its_entries_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
