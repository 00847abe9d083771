/* SPDX-License-Identifier: Apache-2.0
 *
 * json_paths.c - builds the trie of json_paths_internal.h from a field table.
 *
 * While building, a node's children are a list; at the end each list becomes a hash table.
 */
#include "ingest/json/json_paths_internal.h"

#include "base/memory.h"

#include <stdatomic.h>

struct draft_child {
    struct str key;
    uint32_t node;
    uint32_t next; /* index + 1 into children; 0 ends */
};

struct draft_node {
    field_id field;
    uint32_t first; /* index + 1 into children */
    uint32_t count;
};

struct draft {
    struct draft_node *nodes;
    uint32_t nodes_count;
    uint32_t nodes_capacity;
    struct draft_child *children;
    uint32_t children_count;
    uint32_t children_capacity;
};

static uint32_t draft_add_node(struct draft *draft)
{
    MEMORY_GROW(draft->nodes, draft->nodes_count, draft->nodes_capacity);
    draft->nodes[draft->nodes_count] = (struct draft_node){0};
    return draft->nodes_count++;
}

static uint32_t draft_child(struct draft *draft, uint32_t node, struct str key)
{
    for (uint32_t at = draft->nodes[node].first; at != 0; at = draft->children[at - 1].next) {
        if (str_equal(draft->children[at - 1].key, key)) {
            return draft->children[at - 1].node;
        }
    }
    uint32_t child = draft_add_node(draft);
    MEMORY_GROW(draft->children, draft->children_count, draft->children_capacity);
    draft->children[draft->children_count++] =
        (struct draft_child){key, child, draft->nodes[node].first};
    draft->nodes[node].first = draft->children_count;
    draft->nodes[node].count++;
    return child;
}

#define SEGMENTS_LIMIT 64

/* Offsets of the dots of name; their count. Dots past the limit stay inside the last segment. */
static uint32_t find_dots(struct str name, size_t dots[SEGMENTS_LIMIT])
{
    uint32_t count = 0;
    for (size_t i = 1; i + 1 < name.len && count < SEGMENTS_LIMIT; i++) {
        if (name.ptr[i] == '.' && name.ptr[i - 1] != '.') {
            dots[count++] = i;
        }
    }
    return count;
}

/* Adds one reading of name: dot n separates levels when bit n of cuts is set. */
static void draft_add_reading(struct draft *draft, struct str name, const size_t *dots,
                              uint32_t dots_count, uint64_t cuts, field_id field)
{
    uint32_t node = 0;
    size_t start = 0;
    for (uint32_t i = 0; i < dots_count; i++) {
        if (cuts >> i & 1) {
            node = draft_child(draft, node, str_slice(name, start, dots[i] - start));
            start = dots[i] + 1;
        }
    }
    node = draft_child(draft, node, str_slice(name, start, name.len));
    draft->nodes[node].field = field;
}

static void draft_add_field(struct draft *draft, struct str name, field_id field)
{
    size_t dots[SEGMENTS_LIMIT] = {0};
    uint32_t count = find_dots(name, dots);
    if (count < PATH_SEGMENTS_MAX) {
        for (uint64_t cuts = 0; cuts < UINT64_C(1) << count; cuts++) {
            draft_add_reading(draft, name, dots, count, cuts, field);
        }
    } else {
        draft_add_reading(draft, name, dots, count, 0, field);
        draft_add_reading(draft, name, dots, count, UINT64_MAX, field);
    }
}

static void node_finish(struct json_paths *paths, const struct draft *draft, uint32_t index,
                        struct json_node *node)
{
    const struct draft_node *from = &draft->nodes[index];
    uint32_t slots_count = 2;
    while (slots_count < from->count * 2) {
        slots_count *= 2;
    }
    struct json_slot *slots = arena_take_zeroed(paths->arena, slots_count, sizeof *slots);
    *node = (struct json_node){from->field, from->count, slots_count - 1, slots};
    for (uint32_t at = from->first; at != 0; at = draft->children[at - 1].next) {
        struct str key = draft->children[at - 1].key;
        uint64_t head = hash_load(key.ptr, key.len < 8 ? key.len : 8);
        uint32_t slot = json_slot_hash(head, key.len) & node->mask;
        while (slots[slot].node != 0) {
            slot = (slot + 1) & node->mask;
        }
        slots[slot] = (struct json_slot){
            .head = head,
            .tail = json_key_tail(key, head),
            .name = arena_copy(paths->arena, key).ptr,
            .len = (uint32_t)key.len,
            .node = draft->children[at - 1].node,
        };
    }
}

static _Atomic uint64_t next_serial = 1;

struct json_paths *json_paths_new(const struct field_table *fields, const bool *wanted)
{
    struct draft draft = {0};
    draft_add_node(&draft);
    for (field_id id = 1; id <= field_count(fields); id++) {
        if (wanted == NULL || wanted[id]) {
            draft_add_field(&draft, field_name(fields, id), id);
        }
    }
    struct json_paths *paths = memory_new(1, sizeof *paths);
    paths->arena = arena_new(0);
    paths->serial = atomic_fetch_add_explicit(&next_serial, 1, memory_order_relaxed);
    struct json_node *nodes =
        arena_take_zeroed(paths->arena, draft.nodes_count, sizeof *paths->nodes);
    for (uint32_t i = 0; i < draft.nodes_count; i++) {
        node_finish(paths, &draft, i, &nodes[i]);
    }
    paths->nodes = nodes;
    memory_free(draft.nodes);
    memory_free(draft.children);
    return paths;
}

void json_paths_free(struct json_paths *paths)
{
    if (paths != NULL) {
        arena_free(paths->arena);
        memory_free(paths);
    }
}
