/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_sse42.c - the index with SSE4.2, SSSE3's shuffle and carry-less multiplication: for
 * machines since 2010 that have no AVX2, or hide it. Chosen at run time.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define JSON_INDEX_TARGET __attribute__((target("sse4.2,popcnt,pclmul")))

JSON_INDEX_TARGET static inline uint64_t gather_bits(const __m128i answers[4])
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t some = (uint32_t)_mm_movemask_epi8(answers[i]);
        bits |= (uint64_t)some << (16 * i);
    }
    return bits;
}

JSON_INDEX_TARGET static inline struct json_masks block_masks(const char *block)
{
    /* [ and { differ in bit 0x20 only, ] and } likewise. A byte with that bit set is a bracket when
     * it is the one that this table has at its low half; bytes above ASCII find 0 there. */
    const __m128i brackets = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{', 0, '}', 0, 0);
    __m128i quote[4];
    __m128i backslash[4];
    __m128i bracket[4];
    for (unsigned i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + (size_t)16 * i));
        __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
        quote[i] = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        backslash[i] = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        bracket[i] = _mm_cmpeq_epi8(folded, _mm_shuffle_epi8(brackets, bytes));
    }
    return (struct json_masks){
        .quote = gather_bits(quote),
        .backslash = gather_bits(backslash),
        .bracket = gather_bits(bracket),
    };
}

/* A carry-less product with all ones is the running XOR. */
JSON_INDEX_TARGET static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#define trailing_zeros json_trailing_zeros

#define JSON_INDEX_NAME json_index_sse42
#define JSON_END_NAME   json_end_sse42
#include "ingest/json/json_index_body.h"
#endif
