/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decimal.c - exact numbers: what is one, where it is rounded, how it is written.
 */
#include "base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void expect(const char *text, const char *want)
{
    decimal number = 0;
    struct buffer out = {0};
    if (decimal_parse(str_of(text), &number)) {
        buffer_add_decimal(&out, number);
    } else {
        buffer_add_text(&out, "none");
    }
    if (!str_equal(buffer_str(&out), str_of(want))) {
        fail_msg("%s: %.*s instead of %s", text, STR_ARG(buffer_str(&out)), want);
    }
    buffer_release(&out);
}

static void numbers_are_written_as_they_were_read(void **state)
{
    (void)state;
    static const char *const same[] = {"0",
                                       "7",
                                       "-7",
                                       "10",
                                       "0.5",
                                       "-0.000000001",
                                       "123456789.987654321",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "9223372036854775806.000000001"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        expect(same[i], same[i]);
    }
    expect(" 12 ", "12");
    expect("+3", "3");
    expect("007", "7");
    expect("-0", "0");
    expect("1.50", "1.5");
    expect(".5", "0.5");
    expect("5.", "5");
    expect("1e3", "1000");
    expect("12.5E-2", "0.125");
    expect("2.5e+1", "25");
    expect("0e9999999999", "0");
    expect("0.00000000000000000000000000000000000000001e41", "1");
}

static void digits_behind_the_ninth_place_are_rounded(void **state)
{
    (void)state;
    expect("0.1234567894", "0.123456789");
    expect("0.1234567895", "0.12345679");
    expect("-0.0000000005", "-0.000000001");
    expect("0.00000000049999999999", "0");
    expect("0.9999999999", "1");
    expect("1e-10", "0");
    expect("5e-10", "0.000000001");
    expect("1e-9999999", "0");
    expect("9e-11", "0");
    expect("1.0000000000000000000000000000000000000000000000000000000001", "1");
}

static void what_is_no_number_or_too_large_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",     " ",      "-",
        ".",    "e5",     "1e",
        "1e+",  "1.2.3",  "1,5",
        "0x1",  "nan",    "1 000",
        "12ab", "--1",    "1e5e5x",
        "true", "-.",     "9223372036854775808.5",
        "1e19", "1e9999", "99999999999999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect(wrong[i], "none");
    }
}

static void quotients_are_rounded_half_away_from_zero(void **state)
{
    (void)state;
    assert_true(decimal_divide(7, 2) == 4);
    assert_true(decimal_divide(-7, 2) == -4);
    assert_true(decimal_divide(7, 3) == 2);
    assert_true(decimal_divide(-8, 3) == -3);
    assert_true(decimal_divide(0, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_they_were_read),
        cmocka_unit_test(digits_behind_the_ninth_place_are_rounded),
        cmocka_unit_test(what_is_no_number_or_too_large_is_refused),
        cmocka_unit_test(quotients_are_rounded_half_away_from_zero),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
