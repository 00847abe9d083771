/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal.c - see decimal.h.
 */
#include "base/decimal.h"

#include "base/ensure.h"

__extension__ typedef unsigned __int128 magnitude;

#define MAGNITUDE_MAX ((magnitude)DECIMAL_ONE << 63)
/* Of more significant digits the rest is left out: a number in range has at most 19 before the
 * point, and 9 behind it are kept. */
#define DIGITS_MAX   36
#define EXPONENT_MAX 9999

/* A number's text taken apart: digits * 10^exponent. */
struct parts {
    bool negative;
    magnitude digits;
    int exponent;
};

static bool read_exponent(struct str text, size_t at, int *exponent)
{
    bool negative = at < text.len && text.ptr[at] == '-';
    at += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+') ? 1 : 0;
    size_t start = at;
    *exponent = 0;
    for (; at < text.len && byte_is_digit(text.ptr[at]); at++) {
        *exponent = *exponent < EXPONENT_MAX ? *exponent * 10 + (text.ptr[at] - '0') : *exponent;
    }
    *exponent = negative ? -*exponent : *exponent;
    return at == text.len && at > start;
}

static bool take_apart(struct str text, struct parts *parts)
{
    size_t at = 0;
    int kept = 0;
    int exponent = 0;
    bool any = false;
    bool behind_point = false;
    *parts = (struct parts){.negative = text.len > 0 && text.ptr[0] == '-'};
    at += text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    for (; at < text.len && (byte_is_digit(text.ptr[at]) || text.ptr[at] == '.'); at++) {
        if (text.ptr[at] == '.') {
            if (behind_point) {
                return false;
            }
            behind_point = true;
            continue;
        }
        any = true;
        if (kept == DIGITS_MAX) {
            parts->exponent += behind_point || parts->exponent > EXPONENT_MAX ? 0 : 1;
            continue;
        }
        parts->digits = parts->digits * 10 + (unsigned)(text.ptr[at] - '0');
        kept += parts->digits > 0 ? 1 : 0;
        parts->exponent -= behind_point && parts->exponent > -EXPONENT_MAX ? 1 : 0;
    }
    if (any && at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        if (!read_exponent(text, at + 1, &exponent)) {
            return false;
        }
        at = text.len;
        parts->exponent += exponent;
    }
    return any && at == text.len;
}

bool decimal_parse(struct str text, decimal *number)
{
    struct parts parts;
    *number = 0;
    if (!take_apart(str_trim(text), &parts)) {
        return false;
    }
    magnitude value = parts.digits;
    int shift = value == 0 ? 0 : parts.exponent + DECIMAL_PLACES;
    for (; shift > 0; shift--) {
        if (value > MAGNITUDE_MAX / 10) {
            return false;
        }
        value *= 10;
    }
    magnitude last = 0; /* the highest digit that is cut off */
    for (; shift < 0 && (value > 0 || last > 0); shift++) {
        last = value % 10;
        value /= 10;
    }
    value += last >= 5 ? 1 : 0;
    if (value > MAGNITUDE_MAX) {
        return false;
    }
    *number = parts.negative ? -(decimal)value : (decimal)value;
    return true;
}

decimal decimal_divide(decimal numerator, decimal denominator)
{
    ENSURE(denominator > 0);
    decimal quotient = numerator / denominator;
    decimal rest = numerator % denominator;
    rest = rest < 0 ? -rest : rest;
    if (rest >= denominator - rest) {
        quotient += numerator < 0 ? -1 : 1;
    }
    return quotient;
}

void buffer_add_decimal(struct buffer *buffer, decimal number)
{
    char digits[48];
    size_t at = sizeof digits;
    magnitude left = number < 0 ? -(magnitude)number : (magnitude)number;
    bool shown = false; /* a digit behind the point that is not a needless zero */
    for (int place = 0; place <= DECIMAL_PLACES || left > 0; place++) {
        char digit = (char)('0' + (int)(left % 10));
        left /= 10;
        if (place == DECIMAL_PLACES && shown) {
            digits[--at] = '.';
        }
        shown = shown || digit != '0' || place >= DECIMAL_PLACES;
        if (shown) {
            digits[--at] = digit;
        }
    }
    if (number < 0) {
        digits[--at] = '-';
    }
    buffer_add(buffer, (struct str){digits + at, sizeof digits - at});
}
