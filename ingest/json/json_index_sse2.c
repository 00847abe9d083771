/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_sse2.c - the index with SSE2, which every x86-64 has: 16 bytes a comparison.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__x86_64__)
#include <emmintrin.h>

static inline uint64_t equal_bits(const __m128i part[4], char c)
{
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t some = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(part[i], wanted));
        bits |= (uint64_t)some << (16 * i);
    }
    return bits;
}

static inline struct json_masks block_masks(const char *block)
{
    __m128i part[4];
    __m128i folded[4];
    for (unsigned i = 0; i < 4; i++) {
        part[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + (size_t)16 * i));
        /* [ and { differ in bit 0x20 only, ] and } likewise, and nothing else becomes them. */
        folded[i] = _mm_or_si128(part[i], _mm_set1_epi8(0x20));
    }
    return (struct json_masks){
        .quote = equal_bits(part, '"'),
        .backslash = equal_bits(part, '\\'),
        .bracket = equal_bits(folded, '{') | equal_bits(folded, '}'),
    };
}

#define JSON_INDEX_NAME json_index_sse2
#define JSON_END_NAME   json_end_sse2
#define JSON_INDEX_TARGET
#define prefix_xor     json_prefix_xor
#define trailing_zeros json_trailing_zeros
#include "ingest/json/json_index_body.h"
#endif
