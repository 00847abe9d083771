/* SPDX-License-Identifier: Apache-2.0
 *
 * pack.h - numbers and texts as bytes that outlive the process, and back.
 *
 * In:  values.   Out: bytes, little end first; a text is its length (4 bytes) and its bytes.
 * Thread: one at a time.   Owns: nothing: texts that are unpacked are borrowed from the input.
 * Invariants: (1) nothing is read past the input: what is missing is 0 or "", and failed says so.
 * Tested: tests/unit/test_pack.c.
 */
#ifndef TOCSIN_BASE_PACK_H
#define TOCSIN_BASE_PACK_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

void pack_u8(struct buffer *out, uint8_t number);
void pack_u32(struct buffer *out, uint32_t number);
void pack_u64(struct buffer *out, uint64_t number);
void pack_i64(struct buffer *out, int64_t number);
/* At most UINT32_MAX bytes. */
void pack_str(struct buffer *out, struct str text);

struct unpack {
    const char *at;
    size_t left;
    bool failed;
};

static inline struct unpack unpack_of(struct str bytes)
{
    return (struct unpack){bytes.ptr, bytes.len, false};
}

uint8_t unpack_u8(struct unpack *in);
uint32_t unpack_u32(struct unpack *in);
uint64_t unpack_u64(struct unpack *in);
int64_t unpack_i64(struct unpack *in);
struct str unpack_str(struct unpack *in);
/* Exactly len bytes. */
struct str unpack_bytes(struct unpack *in, size_t len);

#endif
