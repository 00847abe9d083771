/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_body.h - the loop over blocks, compiled once an implementation.
 *
 * The including file defines JSON_INDEX_NAME, JSON_END_NAME, JSON_INDEX_TARGET (a function
 * attribute or nothing) and block_masks(const char *block) -> struct json_masks, prefix_xor(bits)
 * and trailing_zeros(bits), which must bear 0.
 */

JSON_INDEX_TARGET static inline struct json_block
index_block(struct json_index *index, const char *bytes, struct json_carry *carry)
{
    struct json_masks masks = block_masks(bytes);
    if (masks.backslash != 0 || carry->escaped) {
        masks.quote &= ~json_escaped(masks.backslash, carry);
        index->has_backslash = true;
    }
    uint64_t in_string = prefix_xor(masks.quote) ^ carry->in_string;
    carry->in_string = (uint64_t)((int64_t)in_string >> 63);
    uint64_t bracket = masks.bracket & ~in_string;
    return (struct json_block){masks.quote | bracket, bracket};
}

JSON_INDEX_TARGET void JSON_INDEX_NAME(struct json_index *index, struct str text)
{
    struct json_carry carry = {false, 0};
    json_index_reserve(index, text.len);
    index->has_backslash = false;
    struct json_block *block = index->blocks;
    size_t at = 0;
    for (; at + JSON_BLOCK <= text.len; at += JSON_BLOCK) {
        *block++ = index_block(index, text.ptr + at, &carry);
    }
    if (at < text.len) {
        char last[JSON_BLOCK];
        memset(last, ' ', sizeof last);
        memcpy(last, text.ptr + at, text.len - at);
        *block++ = index_block(index, last, &carry);
    }
    index->count = (size_t)(block - index->blocks);
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
