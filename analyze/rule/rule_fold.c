/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_fold.c - lower case as rules and values are compared: ASCII, and one code point for one in
 * the alphabets that have cases next to each other (Unicode, simple case mapping).
 */
#include "analyze/rule/rule.h"

#include "base/utf8.h"

struct fold_range {
    uint32_t first;
    uint32_t last;
    int32_t delta;   /* added to an upper-case code point */
    bool alternates; /* upper and lower take turns; upper ones are even (or odd, as first is) */
};

/* Sorted by first. */
static const struct fold_range ranges[] = {
    {0xC0, 0xD6, 32, false},       {0xD8, 0xDE, 32, false},   {0x100, 0x12F, 1, true},
    {0x132, 0x137, 1, true},       {0x139, 0x148, 1, true},   {0x14A, 0x177, 1, true},
    {0x179, 0x17E, 1, true},       {0x370, 0x373, 1, true},   {0x386, 0x386, 38, false},
    {0x388, 0x38A, 37, false},     {0x38C, 0x38C, 64, false}, {0x38E, 0x38F, 63, false},
    {0x391, 0x3A1, 32, false},     {0x3A3, 0x3AB, 32, false}, {0x3D8, 0x3EF, 1, true},
    {0x400, 0x40F, 80, false},     {0x410, 0x42F, 32, false}, {0x460, 0x481, 1, true},
    {0x48A, 0x4BF, 1, true},       {0x4D0, 0x52F, 1, true},   {0x531, 0x556, 48, false},
    {0x1E00, 0x1E95, 1, true},     {0x1EA0, 0x1EFF, 1, true}, {0xFF21, 0xFF3A, 32, false},
    {0x10400, 0x10427, 40, false},
};

static uint32_t fold_code(uint32_t code)
{
    if (code == 0x178) {
        return 0xFF;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i].first <= code; i++) {
        if (code <= ranges[i].last) {
            bool upper = !ranges[i].alternates || (code - ranges[i].first) % 2 == 0;
            return upper ? code + (uint32_t)ranges[i].delta : code;
        }
    }
    return code;
}

struct str rule_fold(struct arena *arena, struct str text)
{
    /* No mapping above makes a code point longer in UTF-8. */
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        uint32_t code = 0;
        if (c < 0x80) {
            out[len++] = (char)byte_lower(c);
            at++;
            continue;
        }
        size_t used = utf8_decode(str_slice(text, at, text.len), &code);
        if (code == UTF8_INVALID) {
            out[len++] = text.ptr[at];
        } else {
            len += utf8_encode(fold_code(code), out + len);
        }
        at += used;
    }
    out[len] = '\0';
    return (struct str){out, len};
}
