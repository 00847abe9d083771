/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_fold.h - lower case of ASCII, eight bytes at a time in a plain register.
 *
 * In:  a value's bytes as they are.   Out: words, hashes and comparisons as if it were folded.
 * Thread: any; pure.   Owns: nothing.
 * Invariants: (1) for ASCII the result equals rule_fold's.  (2) no byte outside the text is read.
 *             (3) a text that is not ASCII is told by its words' top bits and is folded by
 *                 rule_fold instead; folding never changes a text's length, so that lengths can be
 *                 compared before it.
 * Bounds: about one instruction a byte.   Tested: tests/unit/test_plan_fold.c.
 */
#ifndef TOCSIN_ANALYZE_PLAN_PLAN_FOLD_H
#define TOCSIN_ANALYZE_PLAN_PLAN_FOLD_H

#include "base/hash.h"
#include "base/str.h"

#include <stdint.h>

#define FOLD_ONES UINT64_C(0x0101010101010101)
#define FOLD_TOPS UINT64_C(0x8080808080808080)

/* Bytes that are 'A' to 'Z' get bit 5; the others, above 0x7F too, stay as they are. */
static inline uint64_t fold_word(uint64_t word)
{
    uint64_t low = word & ~FOLD_TOPS;
    uint64_t above_z = low + FOLD_ONES * (0x7F - 'Z');
    uint64_t from_a = low + FOLD_ONES * (0x80 - 'A');
    uint64_t upper = (from_a & ~above_z & ~word) & FOLD_TOPS;
    return word | upper >> 2;
}

static inline uint64_t fold_load(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* A text of at most 8 bytes in one word: no two texts of one length have the same. */
static inline uint64_t fold_load_short(struct str text)
{
    if (text.len >= 4) {
        uint32_t first = 0;
        uint32_t last = 0;
        memcpy(&first, text.ptr, sizeof first);
        memcpy(&last, text.ptr + text.len - sizeof last, sizeof last);
        return first | (uint64_t)last << 32;
    }
    if (text.len == 0) {
        return 0;
    }
    return (uint64_t)(unsigned char)text.ptr[0] |
           (uint64_t)(unsigned char)text.ptr[text.len / 2] << 8 |
           (uint64_t)(unsigned char)text.ptr[text.len - 1] << 16;
}

struct folded_hash {
    uint64_t hash;
    bool ascii;
};

/* The hash of the folded text, if it is ASCII. The last word overlaps the one before. */
static inline struct folded_hash fold_hash(struct str text)
{
    uint64_t all = 0;
    uint64_t state = text.len ^ UINT64_C(0x9E3779B97F4A7C15);
    uint64_t last = 0;
    if (text.len <= 8) {
        last = fold_load_short(text);
    } else {
        for (size_t at = 0; at + 8 < text.len; at += 8) {
            uint64_t word = fold_load(text.ptr + at);
            all |= word;
            state = hash_mix(fold_word(word) ^ UINT64_C(0xA0761D6478BD642F), state);
        }
        last = fold_load(text.ptr + text.len - 8);
    }
    all |= last;
    state = hash_mix(fold_word(last) ^ UINT64_C(0xE7037ED1A0B428DB), state);
    return (struct folded_hash){state, (all & FOLD_TOPS) == 0};
}

/* Is text, which is ASCII, folded like this folded text of the same length? */
static inline bool fold_equal(struct str text, struct str folded)
{
    if (text.len <= 8) {
        return fold_word(fold_load_short(text)) == fold_load_short(folded);
    }
    for (size_t at = 0; at + 8 < text.len; at += 8) {
        if (fold_word(fold_load(text.ptr + at)) != fold_load(folded.ptr + at)) {
            return false;
        }
    }
    return fold_word(fold_load(text.ptr + text.len - 8)) == fold_load(folded.ptr + text.len - 8);
}

#endif
