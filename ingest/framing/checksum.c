/* SPDX-License-Identifier: Apache-2.0
 *
 * checksum.c - see checksum.h.
 *
 * A CRC is the remainder of the message as a polynomial over GF(2). A part of the message may be
 * replaced by anything that has the same remainder: so 128 bits are multiplied with x^d modulo the
 * polynomial and added to the 128 bits that come d bits later, until 16 bytes are left, whose CRC
 * is that of all. (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ".)
 */
#include "ingest/framing/checksum.h"

#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LANES      ((size_t)4)
#define LANE_BYTES ((size_t)16)
#define FOLD       __attribute__((target("pclmul,sse2")))

/* x^(d+32) and x^(d-32) modulo the polynomial, bits reversed, for d = 512 and d = 128. */
#define FOLD_512 _mm_set_epi64x(0x01C6E41596, 0x0154442BD4)
#define FOLD_128 _mm_set_epi64x(0x00CCAA009E, 0x01751997D0)

static inline FOLD __m128i load(const char *from)
{
    __m128i lane;
    memcpy(&lane, from, sizeof lane);
    return lane;
}

static inline FOLD __m128i fold(__m128i lane, __m128i distance, __m128i more)
{
    __m128i low = _mm_clmulepi64_si128(lane, distance, 0x00);
    __m128i high = _mm_clmulepi64_si128(lane, distance, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), more);
}

/* bytes are at least LANES * LANE_BYTES; what is less than a lane at their end is left to zlib. */
static FOLD uint32_t add_by_folding(uint32_t sum, struct str bytes)
{
    __m128i lanes[LANES];
    const char *at = bytes.ptr;
    size_t left = bytes.len;
    char rest[LANE_BYTES];
    for (size_t i = 0; i < LANES; i++) {
        lanes[i] = load(at + i * LANE_BYTES);
    }
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)~sum));
    for (at += sizeof lanes, left -= sizeof lanes; left >= sizeof lanes;
         at += sizeof lanes, left -= sizeof lanes) {
        for (size_t i = 0; i < LANES; i++) {
            lanes[i] = fold(lanes[i], FOLD_512, load(at + i * LANE_BYTES));
        }
    }
    for (size_t i = 1; i < LANES; i++) {
        lanes[i] = fold(lanes[i - 1], FOLD_128, lanes[i]);
    }
    __m128i last = lanes[LANES - 1];
    for (; left >= LANE_BYTES; at += LANE_BYTES, left -= LANE_BYTES) {
        last = fold(last, FOLD_128, load(at));
    }
    memcpy(rest, &last, sizeof rest);
    /* ~0 is a sum whose register is 0: the first bytes' is in the lanes already. */
    sum = (uint32_t)crc32_z(UINT32_MAX, (const Bytef *)rest, sizeof rest);
    return (uint32_t)crc32_z(sum, (const Bytef *)at, left);
}

uint32_t checksum_add(uint32_t sum, struct str bytes)
{
    if (bytes.len >= LANES * LANE_BYTES && __builtin_cpu_supports("pclmul")) {
        return add_by_folding(sum, bytes);
    }
    return (uint32_t)crc32_z(sum, (const Bytef *)bytes.ptr, bytes.len);
}

#else

uint32_t checksum_add(uint32_t sum, struct str bytes)
{
    return (uint32_t)crc32_z(sum, (const Bytef *)bytes.ptr, bytes.len);
}

#endif
