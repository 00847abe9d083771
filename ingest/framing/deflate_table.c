/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate_table.c - see deflate_internal.h: decoding tables out of code lengths.
 *
 * Codes are assigned by RFC 1951, 3.2.2: shorter ones first, equal ones in the order of symbols.
 * The stream has a code's first bit lowest, so a table is indexed by reversed codes, and a code
 * that is shorter than the index stands at every index that ends with it.
 */
#include "ingest/framing/deflate_internal.h"

struct extra {
    uint16_t base;
    uint8_t bits;
};

static const struct extra length_extras[] = {
    {3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
    {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
    {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}};

static const struct extra distance_extras[] = {
    {1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},
    {9, 2},     {13, 2},    {17, 3},    {25, 3},     {33, 4},     {49, 4},
    {65, 5},    {97, 5},    {129, 6},   {193, 6},    {257, 7},    {385, 7},
    {513, 8},   {769, 8},   {1025, 9},  {1537, 9},   {2049, 10},  {3073, 10},
    {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}};

#define COUNT_OF(items) (sizeof(items) / sizeof((items)[0]))

/* What symbol stands for, without the bits of its code. */
static uint32_t entry_of(enum deflate_alphabet alphabet, uint32_t symbol)
{
    if (alphabet == DEFLATE_HEADER) {
        return symbol << 16;
    }
    if (alphabet == DEFLATE_DISTANCES) {
        return symbol < COUNT_OF(distance_extras)
                   ? (uint32_t)distance_extras[symbol].base << 16 | distance_extras[symbol].bits
                   : ENTRY_SPECIAL;
    }
    if (symbol < 256) {
        return symbol << 16 | ENTRY_LITERAL;
    }
    if (symbol == 256) {
        return ENTRY_SPECIAL | ENTRY_END;
    }
    return symbol - 257 < COUNT_OF(length_extras)
               ? (uint32_t)length_extras[symbol - 257].base << 16 | length_extras[symbol - 257].bits
               : ENTRY_SPECIAL;
}

/* How many codes of the longest length are not given out: 0 is a complete code, less is none. */
static int32_t code_space(const uint32_t counts[CODE_BITS_MAX + 1])
{
    int32_t left = 1;
    for (uint32_t len = 1; len <= CODE_BITS_MAX && left >= 0; len++) {
        left = left * 2 - (int32_t)counts[len];
    }
    return left;
}

static uint32_t reverse(uint32_t code, uint32_t len)
{
    uint32_t reversed = 0;
    for (uint32_t i = 0; i < len; i++) {
        reversed = reversed << 1 | (code >> i & 1);
    }
    return reversed;
}

/* How many bits beyond the index the further table needs whose first code has len bits: so many
 * that the codes behind it which share the index fill it. */
static uint32_t further_bits(const uint32_t counts[CODE_BITS_MAX + 1], uint32_t index_bits,
                             uint32_t len)
{
    uint32_t bits = len - index_bits;
    int32_t left = 1 << bits;
    while (bits + index_bits < CODE_BITS_MAX) {
        left -= (int32_t)counts[bits + index_bits];
        if (left <= 0) {
            break;
        }
        bits++;
        left *= 2;
    }
    return bits;
}

static void fill(uint32_t *entries, uint32_t first, uint32_t step, uint32_t size, uint32_t entry)
{
    for (uint32_t at = first; at < size; at += step) {
        entries[at] = entry;
    }
}

/* Puts the symbols, in the order of their codes, into the table. counts is of what is left. */
static bool place_codes(struct deflate_table table, enum deflate_alphabet alphabet,
                        const uint16_t *sorted, uint32_t counts[CODE_BITS_MAX + 1])
{
    uint32_t size = 1U << table.bits;
    uint32_t used = size;
    uint32_t code = 0;
    uint32_t index = 0;
    uint32_t further = 0; /* where the current further table is; 0: none */
    uint32_t bits = 0;
    for (uint32_t len = 1, n = 0; len <= CODE_BITS_MAX; len++, code <<= 1) {
        for (; counts[len] > 0; counts[len]--, n++, code++) {
            uint32_t reversed = reverse(code, len);
            uint32_t entry = (entry_of(alphabet, sorted[n]) | len << 8) + len;
            if (len <= table.bits) {
                fill(table.entries, reversed, 1U << len, size, entry);
                continue;
            }
            if (further == 0 || (reversed & (size - 1)) != index) {
                index = reversed & (size - 1);
                bits = further_bits(counts, table.bits, len);
                further = used;
                used += 1U << bits;
                if (used > table.capacity) {
                    return false;
                }
                table.entries[index] = further << 16 | ENTRY_SPECIAL | ENTRY_TABLE | bits;
            }
            fill(table.entries + further, reversed >> table.bits, 1U << (len - table.bits),
                 1U << bits, entry);
        }
    }
    return true;
}

bool deflate_build(struct deflate_table table, enum deflate_alphabet alphabet,
                   const uint8_t *lengths, uint32_t count)
{
    uint32_t counts[CODE_BITS_MAX + 1] = {0};
    uint32_t offsets[CODE_BITS_MAX + 2] = {0};
    uint16_t sorted[LENGTHS_SYMBOLS];
    for (uint32_t i = 0; i < count; i++) {
        counts[lengths[i]]++;
    }
    counts[0] = 0;
    for (uint32_t len = 1; len <= CODE_BITS_MAX; len++) {
        offsets[len + 1] = offsets[len] + counts[len];
    }
    uint32_t used = offsets[CODE_BITS_MAX + 1];
    for (uint32_t i = 0; i < count; i++) {
        if (lengths[i] != 0) {
            sorted[offsets[lengths[i]]++] = (uint16_t)i;
        }
    }
    /* One code of one bit may stand alone, and no distance at all may be used. */
    int32_t left = code_space(counts);
    bool single = used == counts[1] && used <= 1;
    if (left < 0 || (left > 0 && (alphabet == DEFLATE_HEADER || !single))) {
        return false;
    }
    fill(table.entries, 0, 1, 1U << table.bits, ENTRY_SPECIAL | 1U << 8 | 1U);
    return place_codes(table, alphabet, sorted, counts);
}
