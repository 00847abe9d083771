/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer.h - bytes that grow: what is being written before it goes out.
 *
 * In:  bytes, numbers, text to be escaped.   Out: one contiguous run of bytes.
 * Thread: one at a time.   Owns: its memory until buffer_release.
 * Bounds: amortised O(1) a byte. buffer_clear keeps the memory, so a reused buffer stops
 * allocating.
 */
#ifndef TOCSIN_BASE_BUFFER_H
#define TOCSIN_BASE_BUFFER_H

#include "base/memory.h"
#include "base/str.h"

#include <stdint.h>

struct buffer {
    char *ptr;
    size_t len;
    size_t capacity;
};

/* An empty buffer is all zero: struct buffer buffer = {0}. */
void buffer_release(struct buffer *buffer);

static inline void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
}

static inline struct str buffer_str(const struct buffer *buffer)
{
    return (struct str){buffer->ptr, buffer->len};
}

/* buffer_reserve when memory must be taken. */
char *buffer_grow(struct buffer *buffer, size_t extra);

/* Room for extra more bytes; returns where they go. The caller adds to len what it wrote. */
static inline char *buffer_reserve(struct buffer *buffer, size_t extra)
{
    return extra < buffer->capacity - buffer->len ? buffer->ptr + buffer->len
                                                  : buffer_grow(buffer, extra);
}

static inline void buffer_add(struct buffer *buffer, struct str s)
{
    if (s.len > 0) {
        memcpy(buffer_reserve(buffer, s.len), s.ptr, s.len);
        buffer->len += s.len;
    }
}

static inline void buffer_add_byte(struct buffer *buffer, char c)
{
    *buffer_reserve(buffer, 1) = c;
    buffer->len++;
}

static inline void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, str_of(text));
}

void buffer_add_u64(struct buffer *buffer, uint64_t value);
void buffer_add_i64(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* s as a JSON string (RFC 8259) with its quotes. Bytes that are not UTF-8 become U+FFFD, so the
 * result always parses; control characters and U+2028/U+2029 are escaped. */
void buffer_add_json_string(struct buffer *buffer, struct str s);

/* s made safe for a terminal and a one-line report: C0, DEL, C1, U+2028/9 and bidirectional
 * controls become \n, \t, \xNN or \u{NNNN}; a byte that is not UTF-8 becomes \xNN; a backslash
 * stays. Log data can thus not move the cursor, change colours or fake a line. */
void buffer_add_printable(struct buffer *buffer, struct str s);

/* s as one CSV field (RFC 4180): quoted when it must be; a leading = + - @ gets a ' before it, so
 * that no spreadsheet runs it as a formula; control characters as in buffer_add_printable. */
void buffer_add_csv_field(struct buffer *buffer, struct str s);

/* s as base64 (RFC 4648 section 4). */
void buffer_add_base64(struct buffer *buffer, struct str s);

/* nanoseconds since the epoch as RFC 3339 in UTC with as many fraction digits as are needed out of
 * 0, 3, 6, 9: 2026-01-02T03:04:05Z, 2026-01-02T03:04:05.120Z. */
void buffer_add_time(struct buffer *buffer, int64_t time_ns);

#endif
