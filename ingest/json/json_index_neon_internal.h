/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_neon_internal.h - a block's masks with NEON, for both AArch64 implementations.
 *
 * NEON has no instruction that gathers a bit of each byte. Each byte's answer keeps one bit, that
 * of its place among 8, and three pairwise additions bring 64 answers together.
 *
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_INGEST_JSON_JSON_INDEX_NEON_INTERNAL_H
#define TOCSIN_INGEST_JSON_JSON_INDEX_NEON_INTERNAL_H

#include "ingest/json/json_index_internal.h"

#include <arm_neon.h>

/* Bit n: byte n of the 64 is c. */
static inline uint64_t json_equal_bits(const uint8x16_t bytes[4], char c)
{
    static const uint8_t places[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t place = vld1q_u8(places);
    uint8x16_t wanted = vdupq_n_u8((uint8_t)c);
    uint8x16_t first = vandq_u8(vceqq_u8(bytes[0], wanted), place);
    uint8x16_t second = vandq_u8(vceqq_u8(bytes[1], wanted), place);
    uint8x16_t third = vandq_u8(vceqq_u8(bytes[2], wanted), place);
    uint8x16_t fourth = vandq_u8(vceqq_u8(bytes[3], wanted), place);
    uint8x16_t sum = vpaddq_u8(vpaddq_u8(first, second), vpaddq_u8(third, fourth));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

static inline struct json_masks block_masks(const char *block)
{
    /* [ and { differ in bit 0x20 only, ] and } likewise, and nothing else becomes them. */
    uint8x16_t bit = vdupq_n_u8(0x20);
    uint8x16_t bytes[4];
    uint8x16_t folded[4];
    for (size_t i = 0; i < 4; i++) {
        bytes[i] = vld1q_u8((const uint8_t *)block + 16 * i);
        folded[i] = vorrq_u8(bytes[i], bit);
    }
    return (struct json_masks){
        .quote = json_equal_bits(bytes, '"'),
        .backslash = json_equal_bits(bytes, '\\'),
        .bracket = json_equal_bits(folded, '{') | json_equal_bits(folded, '}'),
    };
}

#endif
