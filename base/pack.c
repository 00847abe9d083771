/* SPDX-License-Identifier: Apache-2.0
 *
 * pack.c - see pack.h.
 */
#include "base/pack.h"

#include "base/ensure.h"

static void put(struct buffer *out, uint64_t number, unsigned bytes)
{
    char *at = buffer_reserve(out, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (char)(unsigned char)(number >> (8 * i));
    }
    out->len += bytes;
}

void pack_u8(struct buffer *out, uint8_t number)
{
    put(out, number, 1);
}

void pack_u32(struct buffer *out, uint32_t number)
{
    put(out, number, 4);
}

void pack_u64(struct buffer *out, uint64_t number)
{
    put(out, number, 8);
}

void pack_i64(struct buffer *out, int64_t number)
{
    put(out, (uint64_t)number, 8);
}

void pack_str(struct buffer *out, struct str text)
{
    ENSURE(text.len <= UINT32_MAX);
    put(out, text.len, 4);
    buffer_add(out, text);
}

struct str unpack_bytes(struct unpack *in, size_t len)
{
    if (in->failed || len > in->left) {
        in->failed = true;
        return (struct str){0};
    }
    struct str bytes = {in->at, len};
    in->at += len;
    in->left -= len;
    return bytes;
}

static uint64_t get(struct unpack *in, unsigned bytes)
{
    struct str part = unpack_bytes(in, bytes);
    uint64_t number = 0;
    for (size_t i = part.len; i > 0; i--) {
        number = number << 8 | (unsigned char)part.ptr[i - 1];
    }
    return number;
}

uint8_t unpack_u8(struct unpack *in)
{
    return (uint8_t)get(in, 1);
}

uint32_t unpack_u32(struct unpack *in)
{
    return (uint32_t)get(in, 4);
}

uint64_t unpack_u64(struct unpack *in)
{
    return get(in, 8);
}

int64_t unpack_i64(struct unpack *in)
{
    return (int64_t)get(in, 8);
}

struct str unpack_str(struct unpack *in)
{
    return unpack_bytes(in, unpack_u32(in));
}
