/* SPDX-License-Identifier: Apache-2.0
 *
 * byte_masks.h - where two bytes stand in a text: a bit for every byte, 64 bytes a block.
 *
 * In:  a text and two bytes, say space and quote.   Out: the bits; the next marked byte.
 * Thread: any (pure functions; the choice among implementations is made once, atomically).
 * Owns:   nothing: the caller gives the room.
 * Invariants: (1) no byte outside the text is read: the last block is copied and padded.
 *             (2) every implementation gives the same bits (tests/property/test_byte_masks.c).
 *             (3) behind the last block stands one with every bit set, so that a search ends.
 * Bounds: O(len / 64) blocks of 16 bytes.
 */
#ifndef TOCSIN_BASE_BYTE_MASKS_H
#define TOCSIN_BASE_BYTE_MASKS_H

#include "base/str.h"

#define BYTE_MASKS_BLOCK 64
/* The room that a text of len bytes needs. */
#define BYTE_MASKS_ROOM(len) ((len) / BYTE_MASKS_BLOCK + 2)

/* Bit n of the block i is about byte 64 * i + n. */
struct byte_masks {
    uint64_t first;
    uint64_t second;
};

/* Marks the places of first and second in text. blocks has BYTE_MASKS_ROOM(text.len) elements. */
void byte_masks_build(struct byte_masks *blocks, struct str text, char first, char second);

/* The first marked byte at or behind `at`, which is not behind the text's end. Without one the
 * result is the text's length or more. */
static inline size_t byte_masks_next_first(const struct byte_masks *blocks, size_t at)
{
    size_t block = at / BYTE_MASKS_BLOCK;
    uint64_t bits = blocks[block].first & (UINT64_MAX << (at % BYTE_MASKS_BLOCK));
    while (bits == 0) {
        bits = blocks[++block].first;
    }
    return block * BYTE_MASKS_BLOCK + (size_t)__builtin_ctzll(bits);
}

static inline size_t byte_masks_next_second(const struct byte_masks *blocks, size_t at)
{
    size_t block = at / BYTE_MASKS_BLOCK;
    uint64_t bits = blocks[block].second & (UINT64_MAX << (at % BYTE_MASKS_BLOCK));
    while (bits == 0) {
        bits = blocks[++block].second;
    }
    return block * BYTE_MASKS_BLOCK + (size_t)__builtin_ctzll(bits);
}

typedef void byte_masks_fn(struct byte_masks *blocks, struct str text, char first, char second);

/* The implementations, the fastest first; a NULL name ends the table. For tests. */
struct byte_masks_row {
    const char *name;
    byte_masks_fn *build;
    bool (*usable)(void);
};
extern const struct byte_masks_row byte_masks_table[];

#endif
