/* SPDX-License-Identifier: Apache-2.0
 *
 * test_http_address.c - which texts are addresses, and who reaches them.
 */
#include "cli/http/http_address_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void addresses_are_read_with_their_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t port;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:9180", 9180, true},  {"127.8.9.1:1", 1, true},
        {"0.0.0.0:65535", 65535, false}, {"192.0.2.1:80", 80, false},
        {"[::1]:9180", 9180, true},      {"[::]:9180", 9180, false},
        {"[2001:db8::1]:80", 80, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_address address;
        struct err err = {0};
        assert_int_equal(http_address_read(cases[i].text, &address, &err), 0);
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(http_address_is_loopback(&address), cases[i].loopback);
    }
}

static void other_texts_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "9180",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:0",
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
        struct http_address address;
        struct err err = {0};
        assert_int_equal(http_address_read(texts[i], &address, &err), ERR_CONFIG);
        assert_non_null(strstr(err.text, texts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_their_port),
        cmocka_unit_test(other_texts_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
