/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_avx2.c - the index with AVX2: 32 bytes a comparison. Chosen at run time.
 */
#include "ingest/json/json_index_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define JSON_INDEX_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))

/* Bit n: byte n of the 64 is all ones. */
JSON_INDEX_TARGET static inline uint64_t mask_bits(__m256i low, __m256i high)
{
    uint32_t low_bits = (uint32_t)_mm256_movemask_epi8(low);
    uint32_t high_bits = (uint32_t)_mm256_movemask_epi8(high);
    return (uint64_t)high_bits << 32 | low_bits;
}

/* [ and { differ in bit 0x20 only, ] and } likewise, and nothing else becomes them. A byte's low
 * half says which of { and } the byte must be then, if any. */
JSON_INDEX_TARGET static inline __m256i bracket_bytes(__m256i bytes)
{
    const __m256i wanted =
        _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, '{', -1, '}', -1, -1, -1, -1,
                         -1, -1, -1, -1, -1, -1, -1, -1, -1, '{', -1, '}', -1, -1);
    return _mm256_cmpeq_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)),
                             _mm256_shuffle_epi8(wanted, bytes));
}

JSON_INDEX_TARGET static inline struct json_masks block_masks(const char *block)
{
    const __m256i quote = _mm256_set1_epi8('"');
    const __m256i backslash = _mm256_set1_epi8('\\');
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)block);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
    __m256i low_escapes = _mm256_cmpeq_epi8(low, backslash);
    __m256i high_escapes = _mm256_cmpeq_epi8(high, backslash);
    __m256i escapes = _mm256_or_si256(low_escapes, high_escapes);
    return (struct json_masks){
        .quote = mask_bits(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote)),
        .backslash =
            _mm256_testz_si256(escapes, escapes) != 0 ? 0 : mask_bits(low_escapes, high_escapes),
        .bracket = mask_bits(bracket_bytes(low), bracket_bytes(high)),
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
