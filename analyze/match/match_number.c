/* SPDX-License-Identifier: Apache-2.0
 *
 * match_number.c - numbers in values, and their comparison with a rule's bound: whole numbers are
 * compared exactly, others as doubles.
 */
#include "analyze/match/match_internal.h"

bool match_parse_number(struct str text, struct number *number)
{
    char copy[64];
    char *end = NULL;
    text = str_trim(text);
    if (str_to_i64(text, &number->integer)) {
        number->is_integer = true;
        number->real = (double)number->integer;
        return true;
    }
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    /* Hexadecimal, "nan" and "inf", which strtod would take, are not numbers of a log. */
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("0123456789+-.eE", text.ptr[i]) == NULL || text.ptr[i] == '\0') {
            return false;
        }
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    number->is_integer = false;
    number->real = strtod(copy, &end);
    return end == copy + text.len;
}

int match_compare_numbers(const struct number *a, const struct number *b)
{
    if (a->is_integer && b->is_integer) {
        return (a->integer > b->integer) - (a->integer < b->integer);
    }
    return (a->real > b->real) - (a->real < b->real);
}

enum number_side match_number_side(const struct predicate *source, const struct number *number)
{
    bool below = source->kind == PREDICATE_LESS || source->kind == PREDICATE_LESS_EQUAL;
    int order = match_compare_numbers(number, &source->number);
    if (order == 0) {
        bool with_bound =
            source->kind == PREDICATE_LESS_EQUAL || source->kind == PREDICATE_GREATER_EQUAL;
        return with_bound ? NUMBER_YES : NUMBER_AT_BOUND;
    }
    return (order < 0) == below ? NUMBER_YES : NUMBER_NO;
}

bool match_number(const struct predicate *source, struct str text)
{
    struct number number;
    return match_parse_number(text, &number) && match_number_side(source, &number) == NUMBER_YES;
}
