/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8.c - see utf8.h.
 */
#include "base/utf8.h"

static bool continues(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

size_t utf8_decode(struct str s, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] <= 0xDF && s.len >= 2 && continues(p[1])) {
        *code = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    if ((p[0] & 0xF0) == 0xE0 && s.len >= 3 && continues(p[1]) && continues(p[2])) {
        *code = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        if (*code >= 0x800 && (*code < 0xD800 || *code > 0xDFFF)) {
            return 3;
        }
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4 && s.len >= 4 && continues(p[1]) && continues(p[2]) &&
               continues(p[3])) {
        *code = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
                (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
        if (*code >= 0x10000 && *code <= 0x10FFFF) {
            return 4;
        }
    }
    *code = UTF8_INVALID;
    return 1;
}

size_t utf8_encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
        code = 0xFFFD;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool utf8_valid(struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        uint32_t code = 0;
        at += utf8_decode(str_slice(s, at, s.len), &code);
        if (code == UTF8_INVALID) {
            return false;
        }
    }
    return true;
}
