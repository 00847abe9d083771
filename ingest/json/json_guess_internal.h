/* SPDX-License-Identifier: Apache-2.0
 *
 * json_guess_internal.h - which key comes next: what the scanner remembers of texts before.
 *
 * In:  a key's place and bytes.   Out: its node in the trie, without looking for its end or for it.
 * Thread: one scanner's.   Owns: a table of fixed size, never cleared.
 * Invariants: (1) a guess only saves work: it holds when the text has exactly the bytes `"key":` of
 *                 a key without escapes that was looked up under the same node before.
 *             (2) an entry's owner is a trie's serial number and a node of it, so that what was
 *                 learned of one trie is never believed of another.
 *             (3) entry 0 has no owner and is never written: it is the guess "nothing is known".
 * Bounds: JSON_GUESSES entries of a cache line; an entry takes the place of whoever has its slot.
 *
 * Programs write the members of their objects in the same order again and again. Each entry has
 * links to the entries that followed it last time: behind its value, and inside of it when the
 * value is an object. So the walk compares 32 bytes where it would search, hash and look up.
 */
#ifndef TOCSIN_INGEST_JSON_JSON_GUESS_INTERNAL_H
#define TOCSIN_INGEST_JSON_JSON_GUESS_INTERNAL_H

#include "ingest/json/json_paths_internal.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define JSON_GUESSES     1024U
#define JSON_GUESS_BYTES 32U /* of `"key":` */

struct json_guess {
    char text[JSON_GUESS_BYTES]; /* zeros behind len */
    uint64_t owner;
    const struct json_node *child; /* NULL: nobody wants it */
    uint32_t bits;                 /* one for every byte of text that counts */
    uint32_t len;
    uint32_t next;   /* the entry of the key behind this one's value */
    uint32_t inside; /* the entry of the first key in its value */
};

/* Do the 32 bytes at `at` begin with the guess's text? All 32 must be readable. */
static inline bool json_guess_holds(const struct json_guess *guess, uint64_t owner, const char *at)
{
#if defined(__SSE2__)
    const __m128i *text = (const __m128i *)(const void *)at;
    const __m128i *wanted = (const __m128i *)(const void *)guess->text;
    __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(text), _mm_loadu_si128(wanted));
    __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(text + 1), _mm_loadu_si128(wanted + 1));
    uint32_t same = (uint32_t)_mm_movemask_epi8(high) << 16 | (uint32_t)_mm_movemask_epi8(low);
    return (guess->bits & ~same) == 0 && guess->owner == owner;
#else
    return guess->owner == owner && memcmp(at, guess->text, guess->len) == 0;
#endif
}

/* Where the entry for that key belongs; 0 when the key is too long for one. */
static inline uint32_t json_guess_slot(uint64_t owner, uint64_t head, size_t len)
{
    uint64_t mixed = (head ^ (owner << 8) ^ len) * UINT64_C(0x9E3779B97F4A7C15);
    return len + 3 > JSON_GUESS_BYTES ? 0 : (uint32_t)(mixed >> 54) % JSON_GUESSES;
}

static inline bool json_guess_is(const struct json_guess *guess, uint64_t owner, struct str key)
{
    return guess->owner == owner && guess->len == key.len + 3 &&
           memcmp(guess->text + 1, key.ptr, key.len) == 0;
}

/* Remembers that key, the inside of its quotes, which has no backslash, is `child` for owner. */
static inline void json_guess_learn(struct json_guess *guess, uint64_t owner, struct str key,
                                    const struct json_node *child)
{
    *guess = (struct json_guess){.owner = owner, .child = child, .len = (uint32_t)key.len + 3};
    guess->text[0] = '"';
    memcpy(guess->text + 1, key.ptr, key.len);
    guess->text[key.len + 1] = '"';
    guess->text[key.len + 2] = ':';
    guess->bits = (uint32_t)((UINT64_C(1) << guess->len) - 1);
}

#endif
