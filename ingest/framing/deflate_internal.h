/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate_internal.h - what the parts of the deflate decoder share: bits, tables, state.
 *
 * In:  code lengths.   Out: tables that turn the next bits into what they stand for.
 * Thread: one a stream.   Owns: nothing.
 *
 * An entry of a table, from its lowest bit:
 *   6 bits  how many bits it takes: of the code and of what follows it (for ENTRY_TABLE: how many
 *           bits choose from the further table)
 *   4 bits  at 8: how many of these are the code's
 *   flags   at 12
 *   16 bits at 16: the byte, the base of the length or distance, or the place of the further table
 */
#ifndef TOCSIN_INGEST_FRAMING_DEFLATE_INTERNAL_H
#define TOCSIN_INGEST_FRAMING_DEFLATE_INTERNAL_H

#include "ingest/framing/deflate.h"

#define ENTRY_TABLE   (1U << 12) /* the code is longer than the table's index */
#define ENTRY_END     (1U << 13) /* of the block */
#define ENTRY_LITERAL (1U << 14) /* a byte */
#define ENTRY_SPECIAL (1U << 15) /* ENTRY_TABLE, ENTRY_END, or no code at all */

#define CODE_BITS_MAX 15
#define LENGTHS_BITS  11 /* index of the first table */
#define DISTANCE_BITS 8
#define HEADER_BITS   7
/* Entries that the worst complete codes need: 286 symbols of at most 15 bits behind an 11 bit
 * index, 30 behind 8 bits. */
#define LENGTHS_ENTRIES  2400
#define DISTANCE_ENTRIES 512
#define HEADER_ENTRIES   128
#define LENGTHS_SYMBOLS  288
#define DISTANCE_SYMBOLS 32
#define HEADER_SYMBOLS   19
#define WINDOW_BYTES     32768
#define MATCH_BYTES_MAX  258

struct deflate_table {
    uint32_t *entries;
    uint32_t capacity;
    uint32_t bits; /* of the index */
};

enum deflate_alphabet { DEFLATE_LENGTHS, DEFLATE_DISTANCES, DEFLATE_HEADER };

/* Fills table for the code whose symbols have these lengths (0: not used). False when they make no
 * code that RFC 1951 allows. */
bool deflate_build(struct deflate_table table, enum deflate_alphabet alphabet,
                   const uint8_t *lengths, uint32_t count);

/* The entry of the code that the bits begin with. */
static inline uint32_t deflate_look_up(const uint32_t *entries, uint32_t index_bits, uint64_t bits)
{
    uint32_t entry = entries[bits & ((1U << index_bits) - 1)];
    if (__builtin_expect((entry & ENTRY_TABLE) != 0, 0)) {
        uint64_t further = bits >> index_bits & ((1U << (entry & 63)) - 1);
        entry = entries[(entry >> 16) + further];
    }
    return entry;
}

/* The base and what the bits behind the code add to it. */
static inline uint32_t deflate_value_of(uint32_t entry, uint64_t bits)
{
    uint64_t taken = bits & ((UINT64_C(1) << (entry & 63)) - 1);
    return (entry >> 16) + (uint32_t)(taken >> (entry >> 8 & 15));
}

enum deflate_state {
    DEFLATE_BLOCK,
    DEFLATE_STORED_SIZE,
    DEFLATE_STORED,
    DEFLATE_SIZES,
    DEFLATE_HEADER_CODE,
    DEFLATE_CODES,
    DEFLATE_DATA,
    DEFLATE_MATCH, /* a match did not fit into the output */
    DEFLATE_DONE,
    DEFLATE_BROKEN
};

struct deflate {
    uint64_t bits; /* taken and not used, the next one lowest; above bits_count they are 0 */
    uint32_t bits_count;
    enum deflate_state state;
    bool last_block;
    bool fixed_tables; /* are in place */
    uint32_t lengths_count;
    uint32_t distances_count;
    uint32_t header_count;
    uint32_t have; /* code lengths read so far */
    uint32_t left; /* bytes of a stored block or a match */
    uint32_t distance;
    uint32_t window_len; /* how much of the window's end is filled */
    uint8_t code_lengths[LENGTHS_SYMBOLS + DISTANCE_SYMBOLS];
    uint32_t header[HEADER_ENTRIES];
    uint32_t lengths[LENGTHS_ENTRIES];
    uint32_t distances[DISTANCE_ENTRIES];
    char window[WINDOW_BYTES]; /* the last bytes of the calls before, at its end */
};

/* Where a call has come to. */
struct deflate_place {
    const char *in;
    const char *in_end;
    char *begin; /* of this call's output */
    char *out;
    char *out_end;
};

/* deflate_fast.c: decodes as long as there is much input and room; false: the data is damaged. The
 * state may be another one afterwards. */
bool deflate_fast(struct deflate *deflate, struct deflate_place *place);
/* Copies len bytes from distance before out, of this output or of the window. False: there is
 * nothing so far back. */
bool deflate_copy(const struct deflate *deflate, struct deflate_place *place, uint32_t distance,
                  uint32_t len);

#endif
