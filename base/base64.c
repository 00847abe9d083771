/* SPDX-License-Identifier: Apache-2.0
 *
 * base64.c - see base64.h.
 */
#include "base/base64.h"

#include <stdint.h>

static int digit_of(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? -1 : (int)(found - alphabet);
}

bool base64_decode(struct arena *arena, struct str text, struct str *out)
{
    char *bytes = arena_take(arena, text.len + 1);
    uint32_t bits = 0;
    uint32_t bits_count = 0;
    size_t len = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        bits_count += 6;
        if (bits_count >= 8) {
            bits_count -= 8;
            bytes[len++] = (char)(bits >> bits_count & 0xFF);
        }
    }
    *out = (struct str){bytes, len};
    return true;
}
