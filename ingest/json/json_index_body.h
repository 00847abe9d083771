/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_body.h - the loop over blocks, compiled once an implementation.
 *
 * The including file defines JSON_INDEX_NAME, JSON_END_NAME, JSON_INDEX_TARGET (a function
 * attribute or nothing) and block_masks(const char *block) -> struct json_masks, prefix_xor(bits)
 * and trailing_zeros(bits), which must bear 0.
 */

JSON_INDEX_TARGET static inline uint32_t *store_positions(uint32_t *out, uint64_t bits,
                                                          uint32_t base)
{
    uint32_t count = (uint32_t)__builtin_popcountll(bits);
    /* Four at a time without asking whether they are there: the surplus is overwritten. */
    for (uint32_t done = 0; done < count; done += 4) {
        for (uint32_t i = 0; i < 4; i++) {
            out[done + i] = base + trailing_zeros(bits);
            bits &= bits - 1;
        }
    }
    return out + count;
}

JSON_INDEX_TARGET static inline uint32_t *index_block(struct json_index *index, uint32_t *out,
                                                      const char *block, uint32_t base,
                                                      struct json_carry *carry)
{
    struct json_masks masks = block_masks(block);
    if (masks.backslash != 0 || carry->escaped) {
        masks.quote &= ~json_escaped(masks.backslash, carry);
        index->has_backslash = true;
    }
    uint64_t in_string = prefix_xor(masks.quote) ^ carry->in_string;
    carry->in_string = (uint64_t)((int64_t)in_string >> 63);
    return store_positions(out, masks.quote | (masks.bracket & ~in_string), base);
}

JSON_INDEX_TARGET void JSON_INDEX_NAME(struct json_index *index, struct str text)
{
    struct json_carry carry = {false, 0};
    json_index_reserve(index, text.len);
    index->has_backslash = false;
    uint32_t *out = index->positions;
    size_t at = 0;
    for (; at + JSON_BLOCK <= text.len; at += JSON_BLOCK) {
        out = index_block(index, out, text.ptr + at, (uint32_t)at, &carry);
    }
    if (at < text.len) {
        char last[JSON_BLOCK];
        memset(last, ' ', sizeof last);
        memcpy(last, text.ptr + at, text.len - at);
        out = index_block(index, out, last, (uint32_t)at, &carry);
    }
    index->count = (uint32_t)(out - index->positions);
    index->in_string = carry.in_string != 0;
}

/* The offset behind the container that begins at text[0]; STR_NOT_FOUND when it does not end. */
JSON_INDEX_TARGET size_t JSON_END_NAME(struct str text)
{
    struct json_carry carry = {false, 0};
    uint64_t depth = 0;
    for (size_t at = 0; at < text.len; at += JSON_BLOCK) {
        char last[JSON_BLOCK];
        const char *block = text.ptr + at;
        if (text.len - at < JSON_BLOCK) {
            memset(last, ' ', sizeof last);
            memcpy(last, block, text.len - at);
            block = last;
        }
        struct json_masks masks = block_masks(block);
        if (masks.backslash != 0 || carry.escaped) {
            masks.quote &= ~json_escaped(masks.backslash, &carry);
        }
        uint64_t in_string = prefix_xor(masks.quote) ^ carry.in_string;
        carry.in_string = (uint64_t)((int64_t)in_string >> 63);
        for (uint64_t bits = masks.bracket & ~in_string; bits != 0; bits &= bits - 1) {
            uint32_t bit = trailing_zeros(bits);
            /* { and [ have bit 1, } and ] have not. */
            depth = (block[bit] & 2) != 0 ? depth + 1 : depth - 1;
            if (depth == 0) {
                return at + bit + 1;
            }
        }
    }
    return STR_NOT_FOUND;
}
