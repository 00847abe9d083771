/* SPDX-License-Identifier: Apache-2.0
 *
 * str.h - borrowed bytes: a pointer and a length, never NUL-terminated, never freed.
 *
 * In:     bytes somebody else owns.     Out: comparisons and slices of them.
 * Thread: any (pure functions).         Owns: nothing.
 * Invariants: (1) len == 0 allows ptr == NULL.
 *             (2) bytes may be anything, NUL and invalid UTF-8 included: log lines are bytes.
 * Bounds: each function is O(len).
 */
#ifndef TOCSIN_BASE_STR_H
#define TOCSIN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

/* A struct str of a string literal, its terminating NUL left out. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* The two arguments of a printf "%.*s". Cuts at INT_MAX, which no caller reaches. */
#define STR_ARG(s) (int)(s).len, (s).ptr

/* The bytes of a NUL-terminated string; NULL gives the empty str. */
static inline struct str str_of(const char *text)
{
    return (struct str){text, text != NULL ? strlen(text) : 0};
}

/* The part of s from offset on, at most len bytes. Offsets past the end give the empty str. */
static inline struct str str_slice(struct str s, size_t offset, size_t len)
{
    if (offset >= s.len) {
        return (struct str){s.ptr, 0};
    }
    size_t rest = s.len - offset;
    return (struct str){s.ptr + offset, len < rest ? len : rest};
}

/* True when both have the same bytes. */
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_starts_with(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool str_ends_with(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* s without the bytes c that it begins with. */
static inline struct str str_skip(struct str s, char c)
{
    while (s.len > 0 && *s.ptr == c) {
        s.ptr++;
        s.len--;
    }
    return s;
}

/* ASCII lower case of one byte; other bytes stay as they are. */
static inline unsigned char byte_lower(unsigned char c)
{
    return (unsigned char)(c - 'A') < 26 ? (unsigned char)(c | 0x20) : c;
}

static inline bool byte_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* True when equal without regard to ASCII case. */
bool str_equal_fold(struct str a, struct str b);

/* Order by bytes, shorter first when one is the other's beginning: <0, 0, >0. */
int str_compare(struct str a, struct str b);

#define STR_NOT_FOUND SIZE_MAX

/* Offset of the first such byte or bytes, or STR_NOT_FOUND. An empty needle is found at 0. */
size_t str_find_byte(struct str s, char c);
size_t str_find(struct str s, struct str needle);

/* s without leading and trailing space, tab, CR and LF. */
struct str str_trim(struct str s);

/* Reads a decimal number that fills all of s. False when it doesn't or doesn't fit. */
bool str_to_u64(struct str s, uint64_t *value);
bool str_to_i64(struct str s, int64_t *value);

#endif
