/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text.c - texts of JSON values: where one ends, without escapes, without white space.
 */
#include "ingest/json/json.h"

#include "base/utf8.h"
#include "ingest/json/json_index_internal.h"

/* The offset of the first byte from `at` on that ends a scalar. */
static size_t scalar_end(struct str text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\0' && strchr(" \t\r\n,]}", text.ptr[at]) == NULL) {
        at++;
    }
    return at < text.len ? at : STR_NOT_FOUND;
}

static size_t string_end(struct str text, size_t at)
{
    for (at++; at < text.len; at++) {
        if (text.ptr[at] == '\\') {
            at++;
        } else if (text.ptr[at] == '"') {
            return at + 1;
        }
    }
    return STR_NOT_FOUND;
}

size_t json_value_end(struct str text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '\0' && strchr(" \t\r\n", text.ptr[at]) != NULL) {
        at++;
    }
    if (at == text.len) {
        return STR_NOT_FOUND;
    }
    if (text.ptr[at] == '{' || text.ptr[at] == '[') {
        size_t end = json_container_end(str_slice(text, at, text.len));
        return end == STR_NOT_FOUND ? STR_NOT_FOUND : at + end;
    }
    return text.ptr[at] == '"' ? string_end(text, at) : scalar_end(text, at);
}

/* The 4 hexadecimal digits at s's beginning, or UTF8_INVALID. */
static uint32_t hex4(struct str s)
{
    uint32_t value = 0;
    if (s.len < 4) {
        return UTF8_INVALID;
    }
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = byte_lower((unsigned char)s.ptr[i]);
        if (byte_is_digit((char)c)) {
            value = value << 4 | (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint32_t)(c - 'a' + 10);
        } else {
            return UTF8_INVALID;
        }
    }
    return value;
}

/* Decodes the \uXXXX at s's beginning (with its second half, if it has one) into out; returns the
 * bytes read, 0 when it is no escape. */
static size_t unescape_unicode(struct str s, char *out, size_t *written)
{
    uint32_t code = hex4(str_slice(s, 2, 4));
    size_t used = 6;
    if (code == UTF8_INVALID) {
        return 0;
    }
    if (code >= 0xD800 && code <= 0xDBFF && str_starts_with(str_slice(s, 6, s.len), STR("\\u"))) {
        uint32_t low = hex4(str_slice(s, 8, 4));
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            used = 12;
        }
    }
    *written = utf8_encode(code, out);
    return used;
}

/* Decodes the escape at s's beginning into out (4 bytes); returns the bytes read. */
static size_t unescape_one(struct str s, char *out, size_t *written)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    *written = 1;
    if (s.len >= 2 && s.ptr[1] == 'u') {
        size_t used = unescape_unicode(s, out, written);
        if (used > 0) {
            return used;
        }
    } else if (s.len >= 2 && s.ptr[1] != '\0') {
        const char *letter = strchr(letters, s.ptr[1]);
        if (letter != NULL) {
            out[0] = meanings[letter - letters];
            return 2;
        }
    }
    out[0] = '\\';
    return 1;
}

struct str json_unescape(struct arena *arena, struct str text)
{
    size_t at = str_find_byte(text, '\\');
    if (at == STR_NOT_FOUND) {
        return text;
    }
    /* No escape is shorter than what it stands for. */
    char *out = arena_take(arena, text.len + 1);
    memcpy(out, text.ptr, at);
    size_t len = at;
    while (at < text.len) {
        if (text.ptr[at] != '\\') {
            struct str rest = str_slice(text, at, text.len);
            size_t plain = str_find_byte(rest, '\\');
            plain = plain == STR_NOT_FOUND ? rest.len : plain;
            memcpy(out + len, rest.ptr, plain);
            len += plain;
            at += plain;
            continue;
        }
        size_t written = 0;
        char decoded[4];
        at += unescape_one(str_slice(text, at, text.len), decoded, &written);
        memcpy(out + len, decoded, written);
        len += written;
    }
    out[len] = '\0';
    return (struct str){out, len};
}

struct str json_compact(struct arena *arena, struct str text)
{
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    bool in_string = false;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            continue;
        }
        out[len++] = c;
        if (in_string && c == '\\' && at + 1 < text.len) {
            out[len++] = text.ptr[++at];
        } else if (c == '"') {
            in_string = !in_string;
        }
    }
    out[len] = '\0';
    return (struct str){out, len};
}
