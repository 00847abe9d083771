/* SPDX-License-Identifier: Apache-2.0
 *
 * json_index_plain.c - the index in plain C: for every machine, and the oracle of the others.
 */
#include "ingest/json/json_index_internal.h"

static struct json_masks block_masks(const char *block)
{
    struct json_masks masks = {0, 0, 0};
    for (unsigned i = 0; i < JSON_BLOCK; i++) {
        char c = block[i];
        masks.quote |= (uint64_t)(c == '"') << i;
        masks.backslash |= (uint64_t)(c == '\\') << i;
        masks.bracket |= (uint64_t)(c == '{' || c == '}' || c == '[' || c == ']') << i;
    }
    return masks;
}

#define JSON_INDEX_NAME json_index_plain
#define JSON_END_NAME   json_end_plain
#define JSON_INDEX_TARGET
#define prefix_xor     json_prefix_xor
#define trailing_zeros json_trailing_zeros
#include "ingest/json/json_index_body.h"
