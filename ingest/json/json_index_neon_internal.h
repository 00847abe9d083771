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

/* Bit n of the result: byte n of the 64 answers, each all ones or zero, is set. */
static inline uint64_t json_gather_bits(const uint8x16_t answers[4])
{
    static const uint8_t places[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t place = vld1q_u8(places);
    uint8x16_t low = vpaddq_u8(vandq_u8(answers[0], place), vandq_u8(answers[1], place));
    uint8x16_t high = vpaddq_u8(vandq_u8(answers[2], place), vandq_u8(answers[3], place));
    uint8x16_t sum = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

static inline struct json_masks block_masks(const char *block)
{
    uint8x16_t quote[4];
    uint8x16_t backslash[4];
    uint8x16_t bracket[4];
    for (size_t i = 0; i < 4; i++) {
        uint8x16_t bytes = vld1q_u8((const uint8_t *)block + 16 * i);
        /* [ and { differ in bit 0x20 only, ] and } likewise, and nothing else becomes them. */
        uint8x16_t folded = vorrq_u8(bytes, vdupq_n_u8(0x20));
        quote[i] = vceqq_u8(bytes, vdupq_n_u8('"'));
        backslash[i] = vceqq_u8(bytes, vdupq_n_u8('\\'));
        bracket[i] = vorrq_u8(vceqq_u8(folded, vdupq_n_u8('{')), vceqq_u8(folded, vdupq_n_u8('}')));
    }
    return (struct json_masks){
        .quote = json_gather_bits(quote),
        .backslash = json_gather_bits(backslash),
        .bracket = json_gather_bits(bracket),
    };
}

#endif
