/* SPDX-License-Identifier: Apache-2.0
 *
 * match_scan_avx2.c - eight places at a time.
 *
 * The grams of eight places are brought into one register, whatever the stride; their hashes are
 * computed together and their bits gathered from the bitmap. The text's end is copied into a
 * buffer of its own, so that no byte behind it is read.
 */
#include "analyze/match/match_scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define PLACES 8U

/* Which bytes of 16 are the grams of four places. */
static const uint8_t spread[3][16] = {
    {0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6},
    {0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};

struct constants {
    __m256i spread;
    __m256i gram_case;
    __m256i mask;
    __m256i factor;
    __m128i shift;
};

TARGET static inline struct constants constants_of(const struct literal_pass *pass)
{
    /* 1, 2, 4 -> 0, 1, 2 */
    const uint8_t *bytes = spread[pass->stride / 2];
    return (struct constants){
        .spread = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)bytes)),
        .gram_case = _mm256_set1_epi32((int)GRAM_CASE),
        .mask = _mm256_set1_epi32((int)pass->gram_mask),
        .factor = _mm256_set1_epi32((int)gram_hash(1)),
        .shift = _mm_cvtsi32_si128((int)pass->bitmap_shift),
    };
}

/* Bit n: the gram at bytes + n * stride is in the bitmap. Reads 16 + 4 * stride bytes. */
TARGET static inline uint32_t test_places(const struct literal_pass *pass,
                                          const struct constants *constants, const char *bytes)
{
    __m128i low = _mm_loadu_si128((const __m128i_u *)bytes);
    __m128i high = _mm_loadu_si128((const __m128i_u *)(bytes + (size_t)4 * pass->stride));
    __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    __m256i grams = _mm256_shuffle_epi8(both, constants->spread);
    grams = _mm256_and_si256(_mm256_or_si256(grams, constants->gram_case), constants->mask);
    __m256i bit = _mm256_srl_epi32(_mm256_mullo_epi32(grams, constants->factor), constants->shift);
    __m256i words = _mm256_i32gather_epi32((const int *)pass->bitmap, _mm256_srli_epi32(bit, 5), 4);
    /* The bit of its word goes to the sign. */
    __m256i left = _mm256_andnot_si256(bit, _mm256_set1_epi32(31));
    __m256i tested = _mm256_sllv_epi32(words, left);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(tested));
}

/* The last `left` bytes of text, up to 32, at the returned place; zeros follow. */
static inline const char *copy_end(char buffer[96], struct str text, size_t left)
{
    memset(buffer, 0, 96);
    if (text.len >= 32) {
        memcpy(buffer, text.ptr + text.len - 32, 32);
        return buffer + 32 - left;
    }
    const char *from = text.ptr + text.len - left;
    if (left >= 16) {
        memcpy(buffer, from, 16);
        memcpy(buffer + left - 16, from + left - 16, 16);
    } else if (left >= 8) {
        memcpy(buffer, from, 8);
        memcpy(buffer + left - 8, from + left - 8, 8);
    } else if (left >= 4) {
        memcpy(buffer, from, 4);
        memcpy(buffer + left - 4, from + left - 4, 4);
    } else {
        for (size_t i = 0; i < left; i++) {
            buffer[i] = from[i];
        }
    }
    return buffer;
}

static inline uint32_t keep_places(uint32_t *places, uint32_t found, size_t at, size_t stride)
{
    uint32_t count = 0;
    for (; found != 0; found &= found - 1) {
        places[count++] = (uint32_t)(at + stride * (size_t)__builtin_ctz(found));
    }
    return count;
}

TARGET uint32_t match_scan_avx2(const struct literal_pass *pass, struct str text, size_t *from,
                                uint32_t places[MATCH_SCAN_PLACES])
{
    struct constants constants = constants_of(pass);
    size_t stride = pass->stride;
    size_t at = *from;
    uint32_t count = 0;
    for (; at + 16 + 4 * stride <= text.len; at += PLACES * stride) {
        if (count > MATCH_SCAN_PLACES - PLACES) {
            *from = at;
            return count;
        }
        uint32_t found = test_places(pass, &constants, text.ptr + at);
        count += keep_places(places + count, found, at, stride);
    }
    char buffer[96];
    const char *end = at < text.len ? copy_end(buffer, text, text.len - at) : buffer;
    for (; at + pass->reach <= text.len; at += PLACES * stride, end += PLACES * stride) {
        if (count > MATCH_SCAN_PLACES - PLACES) {
            *from = at;
            return count;
        }
        size_t valid = (text.len - at - pass->reach) / stride + 1;
        uint32_t mask = valid < PLACES ? (1U << valid) - 1 : 0xFF;
        uint32_t found = test_places(pass, &constants, end) & mask;
        count += keep_places(places + count, found, at, stride);
    }
    *from = STR_NOT_FOUND;
    return count;
}

#endif
