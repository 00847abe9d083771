/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_internal.h - where a text's quotes and brackets are: the scanner's first stage.
 *
 * In:  a JSON text.   Out: two bits for every byte: is it a quote that opens or closes a string, or
 *      a bracket { } [ ] outside strings (structural); is it such a bracket. Commas, colons and
 *      scalars lie between structural bytes.
 * Thread: one scanner's.   Owns: the bits, reused text after text.
 * Invariants: (1) between a string's opening quote and its closing one no bit is set.
 *             (2) every implementation gives the same bits (tests/property/test_json.c).
 *             (3) no byte outside the text is read: the last block is copied and padded.
 * Bounds: 16 bytes of bits for 64 bytes of text.
 *
 * A block is 64 bytes. Its bytes become bit masks (bit n: byte n is a quote, ...). A running XOR
 * over the quote mask gives the bytes inside strings. Implementations differ only in how bytes
 * become masks: json_index_body.h is compiled once for each. The bits are not turned into a list of
 * positions: the walk visits few of them, and skips the others a block at a time.
 */
#ifndef TOCSIN_INGEST_JSON_JSON_INDEX_INTERNAL_H
#define TOCSIN_INGEST_JSON_JSON_INDEX_INTERNAL_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_BLOCK 64

struct json_block {
    uint64_t structural;
    uint64_t bracket;
};

struct json_index {
    struct json_block *blocks;
    size_t count; /* blocks of the text */
    size_t capacity;
    bool has_backslash; /* somewhere in the text: values and keys may hold escapes */
    bool in_string;     /* the text ended inside a string */
};

/* The first structural byte, or bracket, behind byte `at`. There must be one. */
static inline size_t json_next_structural(const struct json_index *index, size_t at)
{
    size_t block = at / JSON_BLOCK;
    /* Shifting in two steps: behind the block's last byte there is nothing, and a shift by 64 is
     * undefined. */
    uint64_t bits = index->blocks[block].structural & (UINT64_MAX << (at % JSON_BLOCK) << 1);
    while (bits == 0) {
        bits = index->blocks[++block].structural;
    }
    return block * JSON_BLOCK + (size_t)__builtin_ctzll(bits);
}

static inline size_t json_next_bracket(const struct json_index *index, size_t at)
{
    size_t block = at / JSON_BLOCK;
    uint64_t bits = index->blocks[block].bracket & (UINT64_MAX << (at % JSON_BLOCK) << 1);
    while (bits == 0) {
        bits = index->blocks[++block].bracket;
    }
    return block * JSON_BLOCK + (size_t)__builtin_ctzll(bits);
}

/* Bit n tells of byte n of the block. */
struct json_masks {
    uint64_t quote;
    uint64_t backslash;
    uint64_t bracket; /* any of { } [ ] */
};

/* What one block hands to the next. */
struct json_carry {
    bool escaped;       /* the next block's first byte is escaped */
    uint64_t in_string; /* all ones when the next block begins inside a string */
};

/* The bytes of the block that a backslash before them escapes. Blocks with backslashes are rare
 * enough to go from one to the next. */
static inline uint64_t json_escaped(uint64_t backslash, struct json_carry *carry)
{
    uint64_t escaped = carry->escaped ? 1 : 0;
    uint64_t rest = backslash & ~escaped;
    carry->escaped = false;
    while (rest != 0) {
        uint64_t backslash_bit = rest & (0 - rest);
        if (backslash_bit == UINT64_C(1) << 63) {
            carry->escaped = true;
            break;
        }
        escaped |= backslash_bit << 1;
        rest &= ~(backslash_bit | backslash_bit << 1);
    }
    return escaped;
}

/* Bit n of the result is the XOR of bits 0..n: between two quotes every bit is set. */
static inline uint64_t json_prefix_xor(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    return bits;
}

static inline uint32_t json_trailing_zeros(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
}

typedef void json_index_fn(struct json_index *index, struct str text);

typedef size_t json_end_fn(struct str text);

json_index_fn json_index_plain;
json_end_fn json_end_plain;
#if defined(__x86_64__)
json_index_fn json_index_sse2;
json_index_fn json_index_sse42;
json_index_fn json_index_avx2;
json_end_fn json_end_sse2;
json_end_fn json_end_sse42;
json_end_fn json_end_avx2;
#endif
#if defined(__aarch64__)
json_index_fn json_index_neon;
json_index_fn json_index_pmull;
json_end_fn json_end_neon;
json_end_fn json_end_pmull;
#endif

struct json_index_row {
    const char *name;
    json_index_fn *build;
    json_end_fn *container_end;
    bool (*usable)(void);
};
/* The fastest first; a NULL name ends it. */
extern const struct json_index_row json_index_table[];

/* The offset behind the container that begins at text[0], by the fastest implementation. */
size_t json_container_end(struct str text);
/* Builds with the fastest implementation this machine has. */
void json_index_build(struct json_index *index, struct str text);
void json_index_release(struct json_index *index);
/* Room for the blocks of len bytes; called by the implementations. */
void json_index_reserve(struct json_index *index, size_t len);

#endif
