/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal.h - exact numbers of logs and of rules: whole billionths in 128 bits.
 *
 * In:  a number's text, as JSON or a log writes it.   Out: a decimal; its text.
 * Thread: any.   Owns: nothing.
 * Invariants: sums and comparisons are exact: they do not depend on the order of what is added, and
 *             what was added can be taken away again.
 * Bounds: a magnitude of up to 2^63; digits behind the ninth decimal place are rounded, half away
 *         from zero. Sums of 10^10 of the largest hold.
 * Tested: tests/unit/test_decimal.c.
 */
#ifndef TOCSIN_BASE_DECIMAL_H
#define TOCSIN_BASE_DECIMAL_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* So many billionths. */
__extension__ typedef __int128 decimal;

#define DECIMAL_PLACES 9
#define DECIMAL_ONE    1000000000

/* False when the text, less white space around it, is no number ("0x10", "nan", "1,5") or its
 * magnitude is above 2^63. */
bool decimal_parse(struct str text, decimal *number);
/* numerator / denominator, rounded half away from zero; denominator is above 0. */
decimal decimal_divide(decimal numerator, decimal denominator);
/* Without needless zeros: 12, -0.5. */
void buffer_add_decimal(struct buffer *buffer, decimal number);

#endif
