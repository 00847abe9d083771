/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_fold.c - texts as they are compared without regard to case: ASCII in lower case, all else by
 * Unicode's simple case folding.
 *
 * Folding keeps every length: 34 code points whose folded form is longer or shorter in UTF-8 (the
 * Kelvin sign, the long s) stay as they are. So a place in a text is the same in the folded one,
 * and most values are done with at their length, before anything is folded.
 */
#include "analyze/rule/rule.h"

#include "analyze/rule/rule_fold_table.h"
#include "base/utf8.h"

#define FOLD_RANGES (sizeof fold_ranges / sizeof fold_ranges[0])

static uint32_t fold_code(uint32_t code)
{
    size_t low = 0;
    size_t high = FOLD_RANGES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fold_ranges[middle].last < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct fold_range *range = &fold_ranges[low < FOLD_RANGES ? low : 0];
    bool folds =
        code >= range->first && code <= range->last && (code - range->first) % range->step == 0;
    return folds ? code + (uint32_t)range->delta : code;
}

struct str rule_fold(struct arena *arena, struct str text)
{
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        uint32_t code = 0;
        if (c < 0x80) {
            out[len++] = (char)byte_lower(c);
            at++;
            continue;
        }
        size_t used = utf8_decode(str_slice(text, at, text.len), &code);
        if (code == UTF8_INVALID) {
            out[len++] = text.ptr[at];
        } else {
            len += utf8_encode(fold_code(code), out + len);
        }
        at += used;
    }
    out[len] = '\0';
    return (struct str){out, len};
}
