/* SPDX-License-Identifier: Apache-2.0
 *
 * lanes.h - sixteen bytes at once, for short texts: what every x86-64 can, so that nothing has to
 * be chosen at run time. Where LANES is not defined, plain loops do the work.
 *
 * In:  sixteen bytes of a text.   Out: a bit for each.   Thread: any (pure).   Owns: nothing.
 */
#ifndef TOCSIN_BASE_LANES_H
#define TOCSIN_BASE_LANES_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

#define LANES 16

static inline __m128i lanes_load(const char *text)
{
    return _mm_loadu_si128((const __m128i *)(const void *)text);
}

static inline __m128i lanes_equal(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

/* low <= byte <= high, as unsigned bytes. */
static inline __m128i lanes_between(__m128i bytes, char low, char high)
{
    __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((char)(high - low))), above);
}

static inline uint32_t lanes_bits(__m128i lanes)
{
    return (uint32_t)_mm_movemask_epi8(lanes);
}
#endif

#endif
