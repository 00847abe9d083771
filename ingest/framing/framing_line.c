/* SPDX-License-Identifier: Apache-2.0
 *
 * framing_line.c - a line's end and its seams, found in one pass over its bytes.
 *
 * A seam is "}{": perhaps two JSON values without a line end between them (or the inside of a
 * string; who finds a seam looks closer). Blocks of 64 bytes are compared with the three
 * characters; the block in which the line ends, and a text's last bytes, go by memchr.
 */
#include "ingest/framing/framing_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static bool has_seam(const char *from, const char *end)
{
    while (from + 1 < end) {
        const char *brace = memchr(from + 1, '{', (size_t)(end - from) - 1);
        if (brace == NULL) {
            return false;
        }
        if (brace[-1] == '}') {
            return true;
        }
        from = brace;
    }
    return false;
}

#if defined(__x86_64__)
/* The first 64-byte block from text[1] on that has a LF, or the rest of less than a block;
 * *seam: "}{" ends in a block before. */
__attribute__((target("avx2"))) static size_t pass_blocks(struct str text, bool *seam)
{
    const __m256i close = _mm256_set1_epi8('}');
    const __m256i open = _mm256_set1_epi8('{');
    const __m256i newline = _mm256_set1_epi8('\n');
    __m256i seams = _mm256_setzero_si256();
    size_t at = 1;
    for (; at + 64 <= text.len; at += 64) {
        const __m256i *here = (const __m256i *)(const void *)(text.ptr + at);
        const __m256i *before = (const __m256i *)(const void *)(text.ptr + at - 1);
        __m256i low = _mm256_loadu_si256(here);
        __m256i high = _mm256_loadu_si256(here + 1);
        __m256i ends =
            _mm256_or_si256(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline));
        if (_mm256_testz_si256(ends, ends) == 0) {
            break;
        }
        __m256i low_before = _mm256_cmpeq_epi8(_mm256_loadu_si256(before), close);
        __m256i high_before = _mm256_cmpeq_epi8(_mm256_loadu_si256(before + 1), close);
        low = _mm256_and_si256(_mm256_cmpeq_epi8(low, open), low_before);
        high = _mm256_and_si256(_mm256_cmpeq_epi8(high, open), high_before);
        seams = _mm256_or_si256(seams, _mm256_or_si256(low, high));
    }
    *seam = _mm256_testz_si256(seams, seams) == 0;
    return at;
}
#endif

size_t framing_line_end(struct str text, bool *seam)
{
    size_t at = 0;
    *seam = false;
#if defined(__x86_64__)
    if (text.len > 64 && text.ptr[0] != '\n' && __builtin_cpu_supports("avx2")) {
        at = pass_blocks(text, seam);
    }
#endif
    const char *newline = memchr(text.ptr + at, '\n', text.len - at);
    const char *end = newline == NULL ? text.ptr + text.len : newline;
    const char *from = text.ptr + (at > 0 ? at - 1 : 0);
    *seam = *seam || has_seam(from, end);
    return newline == NULL ? STR_NOT_FOUND : (size_t)(newline - text.ptr);
}
