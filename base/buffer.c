/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer.c - see buffer.h. Every escaping of the project stands here: one function an output form.
 */
#include "base/buffer.h"

#include "base/ensure.h"
#include "base/timestamp.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_release(struct buffer *buffer)
{
    memory_free(buffer->ptr);
    *buffer = (struct buffer){0};
}

char *buffer_grow(struct buffer *buffer, size_t extra)
{
    size_t need = 0;
    ENSURE(!__builtin_add_overflow(buffer->len, extra, &need));
    if (need > buffer->capacity) {
        size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity * 2;
        buffer->capacity = capacity < need ? need : capacity;
        buffer->ptr = memory_resize(buffer->ptr, buffer->capacity, 1);
    }
    return buffer->ptr + buffer->len;
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_add(buffer, (struct str){digits + at, sizeof digits - at});
}

void buffer_add_i64(struct buffer *buffer, int64_t value)
{
    if (value < 0) {
        buffer_add_byte(buffer, '-');
        buffer_add_u64(buffer, 0 - (uint64_t)value);
    } else {
        buffer_add_u64(buffer, (uint64_t)value);
    }
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ENSURE(len >= 0);
    vsnprintf(buffer_reserve(buffer, (size_t)len + 1), (size_t)len + 1, format, again);
    va_end(again);
    buffer->len += (size_t)len;
}

static const char hex_digits[] = "0123456789abcdef";

/* Writes the escape of a code point below 0xA0, of U+2028 or of U+2029; returns its end. */
static char *put_json_escape(char *out, uint32_t code)
{
    static const char letters[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    *out++ = '\\';
    if (code < sizeof letters && letters[code] != '\0') {
        *out++ = letters[code];
        return out;
    }
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *out++ = hex_digits[code >> shift & 15];
    }
    return out;
}

#define BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* How many of the 8 bytes of word, which are in memory order, come before the first that JSON does
 * not take as it is: below 0x20, ", \\, or above 0x7E. 8: none. The subtractions borrow from one
 * byte to the next only behind a byte that is itself found. */
static unsigned count_plain(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    uint64_t quote = word ^ BYTES('"');
    uint64_t backslash = word ^ BYTES('\\');
    uint64_t del = word ^ BYTES(0x7F);
    uint64_t found = word | ((word - BYTES(0x20)) & ~word) | ((quote - BYTES(1)) & ~quote) |
                     ((backslash - BYTES(1)) & ~backslash) | ((del - BYTES(1)) & ~del);
    found &= BYTES(0x80);
    return found == 0 ? 8 : (unsigned)__builtin_ctzll(found) / 8;
}

/* Bytes are escaped in blocks for which there is room at once: at most 6 bytes come of each. */
#define ESCAPE_BLOCK 1024
#define ESCAPE_SLACK 64 /* for a word stored whole and a sequence that goes past the block */

/* Escapes the byte or UTF-8 sequence at from, which ends at or before end. *to moves behind what it
 * wrote; returns the place behind what it read. */
static const char *escape_one(const char *from, const char *end, char **to)
{
    unsigned char c = (unsigned char)*from;
    if (c < 0x80) {
        bool as_is = c >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
        **to = (char)c;
        *to = as_is ? *to + 1 : put_json_escape(*to, c);
        return from + 1;
    }
    uint32_t code = 0;
    size_t len = utf8_decode((struct str){from, (size_t)(end - from)}, &code);
    if (code != UTF8_INVALID && (code < 0xA0 || code == 0x2028 || code == 0x2029)) {
        *to = put_json_escape(*to, code);
    } else {
        *to += utf8_encode(code == UTF8_INVALID ? 0xFFFD : code, *to);
    }
    return from + len;
}

/* Escapes from..end up to block, or up to 3 bytes past it. *to is as in escape_one. */
static const char *escape_block(const char *from, const char *block, const char *end, char **to)
{
    char *out = *to;
    while (from < block) {
        unsigned plain = 0;
        if (end - from >= 8) {
            uint64_t word = 0;
            memcpy(&word, from, 8);
            memcpy(out, &word, 8);
            plain = count_plain(word);
        }
        from += plain;
        out += plain;
        if (plain < 8) {
            from = escape_one(from, end, &out);
        }
    }
    *to = out;
    return from;
}

void buffer_add_json_string(struct buffer *buffer, struct str s)
{
    buffer_add_byte(buffer, '"');
    const char *end = s.len > 0 ? s.ptr + s.len : s.ptr;
    for (const char *from = s.ptr; from < end;) {
        size_t len = end - from > ESCAPE_BLOCK ? ESCAPE_BLOCK : (size_t)(end - from);
        char *out = buffer_reserve(buffer, 6 * len + ESCAPE_SLACK);
        char *start = out;
        from = escape_block(from, from + len, end, &out);
        buffer->len += (size_t)(out - start);
    }
    buffer_add_byte(buffer, '"');
}

static bool is_bidirectional_control(uint32_t code)
{
    return code == 0x061C || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* Adds the code point at s's beginning in printable form; returns its bytes in s. */
static size_t add_printable_one(struct buffer *buffer, struct str s)
{
    uint32_t code = 0;
    size_t len = utf8_decode(s, &code);
    unsigned char first = (unsigned char)s.ptr[0];
    if (code == '\n') {
        buffer_add(buffer, STR("\\n"));
    } else if (code == '\t') {
        buffer_add(buffer, STR("\\t"));
    } else if (code == UTF8_INVALID || code < 0x20 || code == 0x7F) {
        char escape[4] = {'\\', 'x', hex_digits[first >> 4], hex_digits[first & 15]};
        buffer_add(buffer, (struct str){escape, sizeof escape});
    } else if ((code >= 0x80 && code < 0xA0) || is_bidirectional_control(code)) {
        buffer_printf(buffer, "\\u{%04x}", code);
    } else {
        buffer_add(buffer, str_slice(s, 0, len));
    }
    return len;
}

void buffer_add_printable(struct buffer *buffer, struct str s)
{
    while (s.len > 0) {
        size_t len = add_printable_one(buffer, s);
        s = str_slice(s, len, s.len);
    }
}

void buffer_add_csv_field(struct buffer *buffer, struct str s)
{
    size_t start = buffer->len;
    buffer_add_byte(buffer, '"');
    bool quoted = false;
    if (s.len > 0 && strchr("=+-@", s.ptr[0]) != NULL) {
        buffer_add_byte(buffer, '\'');
    }
    while (s.len > 0) {
        quoted = quoted || s.ptr[0] == ',' || s.ptr[0] == '"' || s.ptr[0] == '\'';
        if (s.ptr[0] == '"') {
            buffer_add_byte(buffer, '"');
        }
        s = str_slice(s, add_printable_one(buffer, s), s.len);
    }
    if (quoted) {
        buffer_add_byte(buffer, '"');
    } else {
        memmove(buffer->ptr + start, buffer->ptr + start + 1, buffer->len - start - 1);
        buffer->len--;
    }
}

void buffer_add_base64(struct buffer *buffer, struct str s)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < s.len; at += 3) {
        struct str rest = str_slice(s, at, 3);
        uint32_t bits = (uint32_t)(unsigned char)rest.ptr[0] << 16;
        bits |= rest.len > 1 ? (uint32_t)(unsigned char)rest.ptr[1] << 8 : 0;
        bits |= rest.len > 2 ? (uint32_t)(unsigned char)rest.ptr[2] : 0;
        char four[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                        rest.len > 1 ? alphabet[bits >> 6 & 63] : '=',
                        rest.len > 2 ? alphabet[bits & 63] : '='};
        buffer_add(buffer, (struct str){four, sizeof four});
    }
}

void buffer_add_time(struct buffer *buffer, int64_t time_ns)
{
    char text[TIMESTAMP_TEXT_MAX];
    size_t len = timestamp_format(time_ns, text);
    buffer_add(buffer, (struct str){text, len});
}
