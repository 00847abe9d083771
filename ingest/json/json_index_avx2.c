/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_avx2.c - the index with AVX2: 32 bytes a comparison. Chosen at run time.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define JSON_INDEX_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))

JSON_INDEX_TARGET static inline uint64_t equal_bits(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    uint32_t low_bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t high_bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)high_bits << 32 | low_bits;
}

JSON_INDEX_TARGET static inline struct json_masks block_masks(const char *block)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)block);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
    /* [ and { differ in bit 0x20 only, ] and } likewise, and nothing else becomes them. */
    __m256i bit = _mm256_set1_epi8(0x20);
    __m256i low_folded = _mm256_or_si256(low, bit);
    __m256i high_folded = _mm256_or_si256(high, bit);
    return (struct json_masks){
        .quote = equal_bits(low, high, '"'),
        .backslash = equal_bits(low, high, '\\'),
        .bracket =
            equal_bits(low_folded, high_folded, '{') | equal_bits(low_folded, high_folded, '}'),
    };
}

/* A carry-less product with all ones is the running XOR. */
JSON_INDEX_TARGET static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

JSON_INDEX_TARGET static inline uint32_t trailing_zeros(uint64_t bits)
{
    return (uint32_t)_tzcnt_u64(bits);
}

#define JSON_INDEX_NAME json_index_avx2
#define JSON_END_NAME   json_end_avx2
#include "ingest/json/json_index_body.h"
#endif
