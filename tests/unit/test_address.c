/* SPDX-License-Identifier: Apache-2.0
 *
 * test_address.c - which texts are addresses, and who reaches them.
 */
#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void addresses_are_read_with_their_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t port;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:9180", 9180, true}, {"127.0.0.1:0", 0, true},
        {"127.8.9.1:1", 1, true},       {"0.0.0.0:65535", 65535, false},
        {"192.0.2.1:80", 80, false},    {"[::1]:9180", 9180, true},
        {"[::]:9180", 9180, false},     {"[2001:db8::1]:80", 80, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address;
        assert_true(address_parse(str_of(cases[i].text), &address));
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(address_is_loopback(&address), cases[i].loopback);
    }
}

static void other_texts_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "9180",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:80x",
        "localhost:80",
        "::1:80",
        "[::1:80",
        "[]:80",
        "[127.0.0.1]:80",
        "1.2.3:80",
        "[2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0001]:80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct address address;
        assert_false(address_parse(str_of(texts[i]), &address));
    }
}

static void a_socket_s_address_is_printed_without_its_port(void **state)
{
    (void)state;
    static const struct {
        const char *parsed;
        const char *printed;
    } cases[] = {{"192.0.2.7:514", "192.0.2.7"},
                 {"[2001:db8::1]:6514", "2001:db8::1"},
                 {"[::ffff:192.0.2.7]:514", "192.0.2.7"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address;
        char text[ADDRESS_TEXT_BYTES];
        assert_true(address_parse(str_of(cases[i].parsed), &address));
        address_print(&address.storage, text);
        assert_string_equal(text, cases[i].printed);
    }
    struct sockaddr_storage local = {.ss_family = AF_UNIX};
    char text[ADDRESS_TEXT_BYTES];
    address_print(&local, text);
    assert_string_equal(text, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_their_port),
        cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(a_socket_s_address_is_printed_without_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
