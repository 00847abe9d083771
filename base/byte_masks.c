/* SPDX-License-Identifier: Apache-2.0
 *
 * byte_masks.c - see byte_masks.h. The implementations differ in how 64 bytes become two masks.
 */
#include "base/byte_masks.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The blocks that are whole, then the last one, padded with a byte that is none of the two. */
#define BYTE_MASKS_BODY(block_masks)                                                               \
    size_t whole = text.len / BYTE_MASKS_BLOCK;                                                    \
    size_t rest = text.len % BYTE_MASKS_BLOCK;                                                     \
    for (size_t i = 0; i < whole; i++) {                                                           \
        blocks[i] = block_masks(text.ptr + i * BYTE_MASKS_BLOCK, first, second);                   \
    }                                                                                              \
    char last[BYTE_MASKS_BLOCK] = {0};                                                             \
    uint64_t inside = (UINT64_C(1) << rest) - 1;                                                   \
    if (rest > 0) {                                                                                \
        memcpy(last, text.ptr + whole * BYTE_MASKS_BLOCK, rest);                                   \
    }                                                                                              \
    struct byte_masks masks = block_masks(last, first, second);                                    \
    blocks[whole] = (struct byte_masks){masks.first & inside, masks.second & inside};              \
    blocks[whole + 1] = (struct byte_masks){UINT64_MAX, UINT64_MAX};

static inline struct byte_masks block_plain(const char *block, char first, char second)
{
    struct byte_masks masks = {0};
    for (size_t i = 0; i < BYTE_MASKS_BLOCK; i++) {
        masks.first |= (uint64_t)(block[i] == first) << i;
        masks.second |= (uint64_t)(block[i] == second) << i;
    }
    return masks;
}

static void build_plain(struct byte_masks *blocks, struct str text, char first, char second)
{
    BYTE_MASKS_BODY(block_plain)
}

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
static inline uint64_t equal_sse2(const __m128i *parts, char c)
{
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t bits = 0;
    for (int i = 3; i >= 0; i--) {
        bits = bits << 16 | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(parts[i], wanted));
    }
    return bits;
}

static inline struct byte_masks block_sse2(const char *block, char first, char second)
{
    __m128i parts[4];
    for (size_t i = 0; i < 4; i++) {
        parts[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
    }
    return (struct byte_masks){equal_sse2(parts, first), equal_sse2(parts, second)};
}

static void build_sse2(struct byte_masks *blocks, struct str text, char first,
                       char second){BYTE_MASKS_BODY(block_sse2)}

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    uint32_t low_bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t high_bits = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)high_bits << 32 | low_bits;
}

AVX2 static inline struct byte_masks block_avx2(const char *block, char first, char second)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)block);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
    return (struct byte_masks){equal_avx2(low, high, first), equal_avx2(low, high, second)};
}

AVX2 static void build_avx2(struct byte_masks *blocks, struct str text, char first, char second)
{
    BYTE_MASKS_BODY(block_avx2)
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

const struct byte_masks_row byte_masks_table[] = {
#if defined(__x86_64__)
    {"avx2", build_avx2, has_avx2},
    {"sse2", build_sse2, always},
#endif
    {"plain", build_plain, always},
    {NULL, NULL, NULL},
};

/* Every thread that finds it unset computes the same, so a plain atomic is enough. */
static _Atomic(byte_masks_fn *) chosen;

static byte_masks_fn *choose(void)
{
    const struct byte_masks_row *row = byte_masks_table;
    while (!row->usable()) {
        row++;
    }
    atomic_store_explicit(&chosen, row->build, memory_order_relaxed);
    return row->build;
}

void byte_masks_build(struct byte_masks *blocks, struct str text, char first, char second)
{
    byte_masks_fn *build = atomic_load_explicit(&chosen, memory_order_relaxed);
    (build != NULL ? build : choose())(blocks, text, first, second);
}
