/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_number.c - one text for all the ways to write a number, in rules and in events.
 */
#include "analyze/rule/rule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES     64
#define DOUBLE_EXACT_MAX 9007199254740992.0 /* whole numbers below it are exact */

/* Shortest text that is read as the same number. */
static struct str shortest_text(struct arena *arena, double real)
{
    char text[NUMBER_BYTES];
    snprintf(text, sizeof text, "%.15g", real);
    if (strtod(text, NULL) < real || strtod(text, NULL) > real) {
        snprintf(text, sizeof text, "%.17g", real);
    }
    return arena_printf(arena, "%s", text);
}

struct str rule_number_text(struct arena *arena, struct str text)
{
    char copy[NUMBER_BYTES];
    bool exponent =
        memchr(text.ptr, 'e', text.len) != NULL || memchr(text.ptr, 'E', text.len) != NULL;
    if (text.len == 0 || text.len >= sizeof copy ||
        (!exponent && memchr(text.ptr, '.', text.len) == NULL)) {
        return text;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    double real = strtod(copy, NULL);
    if (real > -DOUBLE_EXACT_MAX && real < DOUBLE_EXACT_MAX && (double)(int64_t)real == real) {
        return arena_printf(arena, "%lld", (long long)real);
    }
    if (!isfinite(real)) {
        return text; /* out of a double's range */
    }
    return exponent || text.ptr[text.len - 1] == '0' ? shortest_text(arena, real) : text;
}
