/* SPDX-License-Identifier: Apache-2.0
 *
 * str.c - see str.h.
 */
#include "base/str.h"

#include "base/lanes.h"

bool str_equal_fold(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (byte_lower((unsigned char)a.ptr[i]) != byte_lower((unsigned char)b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t str_find_byte(struct str s, char c)
{
    const char *found = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
    return found == NULL ? STR_NOT_FOUND : (size_t)(found - s.ptr);
}

/* Up to here looking at every likely place is the fastest; a text that has many costs at most its
 * length times the needle's. */
#define SHORT_BYTES_MAX 1024

/* Is needle at s.ptr + at? Its first and last byte are. */
static inline bool has_middle(struct str s, size_t at, struct str needle)
{
    return memcmp(s.ptr + at + 1, needle.ptr + 1, needle.len - 1) == 0;
}

static size_t find_slowly(struct str s, struct str needle)
{
    for (size_t at = 0; at + needle.len <= s.len; at++) {
        if (s.ptr[at] == needle.ptr[0] && has_middle(s, at, needle)) {
            return at;
        }
    }
    return STR_NOT_FOUND;
}

#if defined(LANES)
/* Bit n: at s.ptr + at + n stands the needle's first byte, and its last one at its distance. */
static inline uint32_t likely_places(struct str s, size_t at, struct str needle)
{
    __m128i heads = lanes_load(s.ptr + at);
    __m128i tails = lanes_load(s.ptr + at + needle.len - 1);
    return lanes_bits(_mm_and_si128(lanes_equal(heads, needle.ptr[0]),
                                    lanes_equal(tails, needle.ptr[needle.len - 1])));
}

/* Sixteen places at once. Begins faster than memmem, which prepares for long texts. */
static size_t find_by_sixteen(struct str s, struct str needle)
{
    size_t places = s.len - needle.len + 1;
    for (size_t next = 0; next < places; next += LANES) {
        /* The last sixteen may have been looked at in part. */
        size_t at = next + LANES <= places ? next : places - LANES;
        for (uint32_t bits = likely_places(s, at, needle); bits != 0; bits &= bits - 1) {
            size_t found = at + (size_t)__builtin_ctz(bits);
            if (has_middle(s, found, needle)) {
                return found;
            }
        }
    }
    return STR_NOT_FOUND;
}
#endif

size_t str_find(struct str s, struct str needle)
{
    if (needle.len < 2) {
        return needle.len == 0 ? 0 : str_find_byte(s, needle.ptr[0]);
    }
    if (s.len < needle.len + 16) {
        return find_slowly(s, needle);
    }
#if defined(LANES)
    if (s.len <= SHORT_BYTES_MAX) {
        return find_by_sixteen(s, needle);
    }
#endif
    const char *found = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return found == NULL ? STR_NOT_FOUND : (size_t)(found - s.ptr);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool str_to_u64(struct str s, uint64_t *value)
{
    uint64_t sum = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool str_to_i64(struct str s, int64_t *value)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t magnitude = 0;
    if (!str_to_u64(negative ? str_slice(s, 1, s.len) : s, &magnitude)) {
        return false;
    }
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
