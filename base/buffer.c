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

char *buffer_reserve(struct buffer *buffer, size_t extra)
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

static void add_json_control(struct buffer *buffer, uint32_t code)
{
    switch (code) {
    case '"':
        buffer_add(buffer, STR("\\\""));
        return;
    case '\\':
        buffer_add(buffer, STR("\\\\"));
        return;
    case '\n':
        buffer_add(buffer, STR("\\n"));
        return;
    case '\r':
        buffer_add(buffer, STR("\\r"));
        return;
    case '\t':
        buffer_add(buffer, STR("\\t"));
        return;
    default: {
        char escape[6] = {'\\',
                          'u',
                          hex_digits[code >> 12 & 15],
                          hex_digits[code >> 8 & 15],
                          hex_digits[code >> 4 & 15],
                          hex_digits[code & 15]};
        buffer_add(buffer, (struct str){escape, sizeof escape});
    }
    }
}

static bool json_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void buffer_add_json_string(struct buffer *buffer, struct str s)
{
    buffer_add_byte(buffer, '"');
    size_t at = 0;
    while (at < s.len) {
        size_t start = at;
        while (at < s.len && json_plain((unsigned char)s.ptr[at])) {
            at++;
        }
        buffer_add(buffer, str_slice(s, start, at - start));
        if (at == s.len) {
            break;
        }
        uint32_t code = 0;
        size_t len = utf8_decode(str_slice(s, at, s.len), &code);
        if (code == UTF8_INVALID) {
            buffer_add(buffer, STR("\xEF\xBF\xBD"));
        } else if (code < 0xA0 || code == 0x2028 || code == 0x2029) {
            add_json_control(buffer, code);
        } else {
            buffer_add(buffer, str_slice(s, at, len));
        }
        at += len;
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
