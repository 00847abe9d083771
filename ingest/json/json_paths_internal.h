/* SPDX-License-Identifier: Apache-2.0
 *
 * json_paths_internal.h - the trie of wanted paths, as the scanner walks it.
 *
 * In:  field names.   Out: for a node and a key, the child node.
 * Thread: immutable after json_paths_new.   Owns: everything, in one arena.
 * Invariants: (1) node 0 is the root.  (2) a node's table of children is at most half full.
 * Bounds: a look-up reads the key once; names of more than PATH_SEGMENTS_MAX segments are only
 *         looked up whole and fully nested, shorter ones with every way to read their dots.
 */
#ifndef TOCSIN_INGEST_JSON_JSON_PATHS_INTERNAL_H
#define TOCSIN_INGEST_JSON_JSON_PATHS_INTERNAL_H

#include "base/hash.h"
#include "ingest/json/json.h"

#define PATH_SEGMENTS_MAX 6

struct json_slot {
    uint64_t head; /* the key's first 8 bytes, zeros after its end */
    uint64_t tail; /* its last 8 bytes; of a shorter key the same as head */
    const char *name;
    uint32_t len;
    uint32_t node; /* 0: the slot is free (nothing leads back to the root) */
};

struct json_node {
    field_id field; /* FIELD_NONE: only a way to others */
    uint32_t children_count;
    uint32_t mask; /* slots - 1 */
    const struct json_slot *slots;
};

struct json_paths {
    struct arena *arena;
    uint64_t serial; /* no other trie of this process has it; below 2^32 and not 0 */
    const struct json_node *nodes;
};

static inline uint32_t json_slot_hash(uint64_t head, size_t len)
{
    return (uint32_t)(((head ^ len) * UINT64_C(0x9E3779B97F4A7C15)) >> 40);
}

static inline uint64_t json_key_tail(struct str key, uint64_t head)
{
    return key.len <= 8 ? head : hash_load(key.ptr + key.len - 8, 8);
}

/* The child of node for the key, or 0. head as in struct json_slot. */
static inline uint32_t json_child(const struct json_node *node, struct str key, uint64_t head)
{
    uint32_t at = json_slot_hash(head, key.len) & node->mask;
    for (;;) {
        const struct json_slot *slot = &node->slots[at];
        if (slot->node == 0) {
            return 0;
        }
        /* Head and tail are all of a key of up to 16 bytes, as most are. */
        if (slot->head == head && slot->len == key.len &&
            (key.len <= 8 ||
             (slot->tail == json_key_tail(key, head) &&
              (key.len <= 16 || memcmp(slot->name + 8, key.ptr + 8, key.len - 16) == 0)))) {
            return slot->node;
        }
        at = (at + 1) & node->mask;
    }
}

#endif
