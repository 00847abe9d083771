/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate.c - see deflate.h: the parts of a stream, one state each, and the careful decoding near
 * the ends of input and output. A step takes its bits only when it has all of them, so that it can
 * be done again from its beginning when more input is there.
 */
#include "ingest/framing/deflate_internal.h"

#include "base/memory.h"

enum step { STEP_ON, STEP_HUNGRY, STEP_FULL, STEP_DAMAGED };

struct deflate *deflate_new(void)
{
    return memory_new(1, sizeof(struct deflate));
}

void deflate_free(struct deflate *deflate)
{
    memory_free(deflate);
}

void deflate_begin(struct deflate *deflate)
{
    deflate->state = DEFLATE_BLOCK;
    deflate->last_block = false;
    deflate->window_len = 0;
}

static void refill(struct deflate *deflate, struct deflate_place *place)
{
    while (deflate->bits_count < 56 && place->in < place->in_end) {
        deflate->bits |= (uint64_t)(unsigned char)*place->in++ << deflate->bits_count;
        deflate->bits_count += 8;
    }
}

static void drop(struct deflate *deflate, uint32_t count)
{
    deflate->bits >>= count;
    deflate->bits_count -= count;
}

/* Takes count bits, at most 32. False: they are not there yet. */
static bool take(struct deflate *deflate, struct deflate_place *place, uint32_t count,
                 uint32_t *value)
{
    refill(deflate, place);
    if (deflate->bits_count < count) {
        return false;
    }
    *value = (uint32_t)(deflate->bits & ((UINT64_C(1) << count) - 1));
    drop(deflate, count);
    return true;
}

static void end_block(struct deflate *deflate)
{
    deflate->state = deflate->last_block ? DEFLATE_DONE : DEFLATE_BLOCK;
}

/* --- tables ----------------------------------------------------------------------------------- */

static bool build_tables(struct deflate *deflate, uint32_t lengths, uint32_t distances)
{
    struct deflate_table first = {deflate->lengths, LENGTHS_ENTRIES, LENGTHS_BITS};
    struct deflate_table second = {deflate->distances, DISTANCE_ENTRIES, DISTANCE_BITS};
    return deflate_build(first, DEFLATE_LENGTHS, deflate->code_lengths, lengths) &&
           deflate_build(second, DEFLATE_DISTANCES, deflate->code_lengths + lengths, distances);
}

/* RFC 1951, 3.2.6. */
static void use_fixed_tables(struct deflate *deflate)
{
    uint8_t *lengths = deflate->code_lengths;
    if (!deflate->fixed_tables) {
        memset(lengths, 8, 144);
        memset(lengths + 144, 9, 112);
        memset(lengths + 256, 7, 24);
        memset(lengths + 280, 8, 8);
        memset(lengths + LENGTHS_SYMBOLS, 5, DISTANCE_SYMBOLS);
        deflate->fixed_tables = build_tables(deflate, LENGTHS_SYMBOLS, DISTANCE_SYMBOLS);
    }
}

/* --- block headers ---------------------------------------------------------------------------- */

static enum step begin_block(struct deflate *deflate, struct deflate_place *place)
{
    uint32_t header = 0;
    if (!take(deflate, place, 3, &header)) {
        return STEP_HUNGRY;
    }
    deflate->last_block = (header & 1) != 0;
    if (header >> 1 == 0) {
        drop(deflate, deflate->bits_count & 7);
        deflate->state = DEFLATE_STORED_SIZE;
    } else if (header >> 1 == 1) {
        use_fixed_tables(deflate);
        deflate->state = DEFLATE_DATA;
    } else if (header >> 1 == 2) {
        deflate->state = DEFLATE_SIZES;
    } else {
        return STEP_DAMAGED;
    }
    return STEP_ON;
}

static enum step read_stored_size(struct deflate *deflate, struct deflate_place *place)
{
    uint32_t size = 0;
    if (!take(deflate, place, 32, &size)) {
        return STEP_HUNGRY;
    }
    deflate->left = size & 0xFFFF;
    deflate->state = DEFLATE_STORED;
    return deflate->left == (size >> 16 ^ 0xFFFF) ? STEP_ON : STEP_DAMAGED;
}

static enum step copy_stored(struct deflate *deflate, struct deflate_place *place)
{
    while (deflate->left > 0) {
        size_t have = (size_t)(place->in_end - place->in);
        size_t room = (size_t)(place->out_end - place->out);
        if (room == 0 || (have == 0 && deflate->bits_count == 0)) {
            return room == 0 ? STEP_FULL : STEP_HUNGRY;
        }
        if (deflate->bits_count > 0) {
            *place->out++ = (char)(deflate->bits & 0xFF);
            drop(deflate, 8);
            deflate->left--;
            continue;
        }
        size_t len = have < room ? have : room;
        len = len < deflate->left ? len : deflate->left;
        memcpy(place->out, place->in, len);
        place->in += len;
        place->out += len;
        deflate->left -= (uint32_t)len;
    }
    end_block(deflate);
    return STEP_ON;
}

static enum step read_sizes(struct deflate *deflate, struct deflate_place *place)
{
    uint32_t sizes = 0;
    if (!take(deflate, place, 14, &sizes)) {
        return STEP_HUNGRY;
    }
    deflate->lengths_count = 257 + (sizes & 31);
    deflate->distances_count = 1 + (sizes >> 5 & 31);
    deflate->header_count = 4 + (sizes >> 10);
    deflate->have = 0;
    deflate->fixed_tables = false;
    memset(deflate->code_lengths, 0, HEADER_SYMBOLS);
    deflate->state = DEFLATE_HEADER_CODE;
    return deflate->lengths_count <= 286 && deflate->distances_count <= 30 ? STEP_ON : STEP_DAMAGED;
}

static enum step read_header_code(struct deflate *deflate, struct deflate_place *place)
{
    static const uint8_t order[HEADER_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
    struct deflate_table table = {deflate->header, HEADER_ENTRIES, HEADER_BITS};
    uint32_t len = 0;
    while (deflate->have < deflate->header_count) {
        if (!take(deflate, place, 3, &len)) {
            return STEP_HUNGRY;
        }
        deflate->code_lengths[order[deflate->have++]] = (uint8_t)len;
    }
    deflate->have = 0;
    deflate->state = DEFLATE_CODES;
    return deflate_build(table, DEFLATE_HEADER, deflate->code_lengths, HEADER_SYMBOLS)
               ? STEP_ON
               : STEP_DAMAGED;
}

/* One code length, or a run of them. */
static enum step read_code_length(struct deflate *deflate, struct deflate_place *place)
{
    static const struct {
        uint8_t bits;
        uint8_t least;
    } runs[] = {{2, 3}, {3, 3}, {7, 11}}; /* of the last length, of zeros, of more zeros */
    refill(deflate, place);
    uint32_t entry = deflate_look_up(deflate->header, HEADER_BITS, deflate->bits);
    uint32_t symbol = entry >> 16;
    uint32_t bits = (entry & 63) + (symbol < 16 ? 0 : runs[symbol - 16].bits);
    if (deflate->bits_count < bits) {
        return STEP_HUNGRY;
    }
    uint8_t len = symbol < 16 ? (uint8_t)symbol : 0;
    uint32_t count = 1;
    if (symbol >= 16) {
        uint32_t more = (uint32_t)(deflate->bits & ((1U << bits) - 1)) >> (entry & 63);
        count = runs[symbol - 16].least + more;
    }
    drop(deflate, bits);
    if (symbol == 16 && deflate->have > 0) {
        len = deflate->code_lengths[deflate->have - 1];
    }
    if ((symbol == 16 && deflate->have == 0) ||
        deflate->have + count > deflate->lengths_count + deflate->distances_count) {
        return STEP_DAMAGED;
    }
    memset(deflate->code_lengths + deflate->have, len, count);
    deflate->have += count;
    return STEP_ON;
}

static enum step read_codes(struct deflate *deflate, struct deflate_place *place)
{
    while (deflate->have < deflate->lengths_count + deflate->distances_count) {
        enum step step = read_code_length(deflate, place);
        if (step != STEP_ON) {
            return step;
        }
    }
    deflate->state = DEFLATE_DATA;
    bool ends = deflate->code_lengths[256] != 0; /* a block without an end is none */
    return ends && build_tables(deflate, deflate->lengths_count, deflate->distances_count)
               ? STEP_ON
               : STEP_DAMAGED;
}

/* --- data ------------------------------------------------------------------------------------- */

/* A length was looked up, but not dropped; its distance comes behind it. */
static enum step read_match(struct deflate *deflate, uint32_t entry)
{
    uint64_t bits = deflate->bits >> (entry & 63);
    uint32_t bits_count = deflate->bits_count - (entry & 63);
    uint32_t distance = deflate_look_up(deflate->distances, DISTANCE_BITS, bits);
    if (bits_count < (distance & 63)) {
        return STEP_HUNGRY;
    }
    deflate->left = deflate_value_of(entry, deflate->bits);
    deflate->distance = deflate_value_of(distance, bits);
    drop(deflate, (entry & 63) + (distance & 63));
    deflate->state = DEFLATE_MATCH;
    return (distance & ENTRY_SPECIAL) == 0 ? STEP_ON : STEP_DAMAGED;
}

static enum step read_symbol(struct deflate *deflate, struct deflate_place *place)
{
    refill(deflate, place);
    uint32_t entry = deflate_look_up(deflate->lengths, LENGTHS_BITS, deflate->bits);
    if (deflate->bits_count < (entry & 63)) {
        return STEP_HUNGRY;
    }
    if ((entry & ENTRY_LITERAL) != 0) {
        if (place->out == place->out_end) {
            return STEP_FULL;
        }
        *place->out++ = (char)(entry >> 16);
        drop(deflate, entry & 63);
        return STEP_ON;
    }
    if ((entry & ENTRY_SPECIAL) != 0) {
        drop(deflate, entry & 63);
        end_block(deflate);
        return (entry & ENTRY_END) != 0 ? STEP_ON : STEP_DAMAGED;
    }
    return read_match(deflate, entry);
}

static enum step read_data(struct deflate *deflate, struct deflate_place *place)
{
    if (!deflate_fast(deflate, place)) {
        return STEP_DAMAGED;
    }
    return deflate->state == DEFLATE_DATA ? read_symbol(deflate, place) : STEP_ON;
}

static enum step copy_match(struct deflate *deflate, struct deflate_place *place)
{
    size_t room = (size_t)(place->out_end - place->out);
    uint32_t len = room < deflate->left ? (uint32_t)room : deflate->left;
    if (!deflate_copy(deflate, place, deflate->distance, len)) {
        return STEP_DAMAGED;
    }
    deflate->left -= len;
    deflate->state = deflate->left == 0 ? DEFLATE_DATA : DEFLATE_MATCH;
    return deflate->left == 0 ? STEP_ON : STEP_FULL;
}

static enum step step_of(struct deflate *deflate, struct deflate_place *place)
{
    switch (deflate->state) {
    case DEFLATE_BLOCK:
        return begin_block(deflate, place);
    case DEFLATE_STORED_SIZE:
        return read_stored_size(deflate, place);
    case DEFLATE_STORED:
        return copy_stored(deflate, place);
    case DEFLATE_SIZES:
        return read_sizes(deflate, place);
    case DEFLATE_HEADER_CODE:
        return read_header_code(deflate, place);
    case DEFLATE_CODES:
        return read_codes(deflate, place);
    case DEFLATE_DATA:
        return read_data(deflate, place);
    case DEFLATE_MATCH:
        return copy_match(deflate, place);
    case DEFLATE_DONE:
    case DEFLATE_BROKEN:
        break;
    }
    return STEP_DAMAGED;
}

/* --- a call ----------------------------------------------------------------------------------- */

/* What the next call's matches may reach back to. */
static void keep_window(struct deflate *deflate, const char *out, size_t len)
{
    if (len >= WINDOW_BYTES) {
        memcpy(deflate->window, out + len - WINDOW_BYTES, WINDOW_BYTES);
        deflate->window_len = WINDOW_BYTES;
    } else if (len > 0) {
        memmove(deflate->window, deflate->window + len, WINDOW_BYTES - len);
        memcpy(deflate->window + WINDOW_BYTES - len, out, len);
        uint32_t filled = deflate->window_len + (uint32_t)len;
        deflate->window_len = filled < WINDOW_BYTES ? filled : WINDOW_BYTES;
    }
}

enum deflate_result deflate_run(struct deflate *deflate, struct str *input, char *out,
                                size_t capacity, size_t *written)
{
    static const enum deflate_result results[] = {[STEP_HUNGRY] = DEFLATE_HUNGRY,
                                                  [STEP_FULL] = DEFLATE_FULL,
                                                  [STEP_DAMAGED] = DEFLATE_DAMAGED};
    struct deflate_place place = {input->ptr, input->ptr + input->len, out, out, out + capacity};
    enum step step = STEP_ON;
    while (step == STEP_ON && deflate->state != DEFLATE_DONE) {
        step = step_of(deflate, &place);
    }
    *input = (struct str){place.in, (size_t)(place.in_end - place.in)};
    *written = (size_t)(place.out - out);
    if (step == STEP_DAMAGED) {
        deflate->state = DEFLATE_BROKEN;
    }
    if (step == STEP_ON) {
        drop(deflate, deflate->bits_count & 7); /* what follows begins at a byte's edge */
        return DEFLATE_END;
    }
    keep_window(deflate, out, *written);
    return results[step];
}

bool deflate_holds_bytes(const struct deflate *deflate)
{
    return deflate->bits_count >= 8;
}

bool deflate_next_byte(struct deflate *deflate, struct str *input, unsigned char *byte)
{
    if (deflate->bits_count >= 8) {
        *byte = (unsigned char)(deflate->bits & 0xFF);
        drop(deflate, 8);
        return true;
    }
    if (input->len == 0) {
        return false;
    }
    *byte = (unsigned char)*input->ptr;
    *input = str_slice(*input, 1, input->len);
    return true;
}
