/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_automaton.c - the literals of a filter as an Aho-Corasick automaton: what a text is searched
 * with that was made to be compared everywhere and nowhere to match.
 *
 * Edges are in one hash table, so that the automaton takes memory in proportion to the literals'
 * bytes. It is read in time proportional to the text, whatever the text.
 */
#include "analyze/plan/plan_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

struct draft {
    struct literal_automaton *automaton;
    struct automaton_edge *edges;
    uint32_t *fails;
    uint32_t *ends;
    uint32_t *shorter;
    uint32_t *twins;
    uint32_t states_count;
    /* The tree, for walking it level by level. */
    uint32_t *first_child;
    uint32_t *next_sibling;
    unsigned char *bytes; /* that leads to the state */
};

/* The place of the edge, or of the free slot where it would be. */
static uint32_t edge_slot(const struct draft *draft, uint32_t state, unsigned char byte)
{
    uint32_t key = automaton_key(state, byte);
    uint32_t at = automaton_hash(key) & draft->automaton->edges_mask;
    while (draft->edges[at].state != 0 && draft->edges[at].key != key) {
        at = (at + 1) & draft->automaton->edges_mask;
    }
    return at;
}

static uint32_t child(struct draft *draft, uint32_t state, unsigned char byte)
{
    struct automaton_edge *edge = &draft->edges[edge_slot(draft, state, byte)];
    if (edge->state == 0) {
        uint32_t added = draft->states_count++;
        *edge = (struct automaton_edge){automaton_key(state, byte), added};
        draft->bytes[added] = byte;
        draft->next_sibling[added] = draft->first_child[state];
        draft->first_child[state] = added;
    }
    return edge->state;
}

static void add_literal(struct draft *draft, struct str text, uint32_t index)
{
    uint32_t state = 0;
    for (size_t i = 0; i < text.len; i++) {
        state = child(draft, state, (unsigned char)text.ptr[i]);
    }
    draft->twins[index] = draft->ends[state];
    draft->ends[state] = index + 1;
}

/* Where the longest proper suffix of the state's text leads. Its parent's is known. */
static uint32_t suffix_of(const struct draft *draft, uint32_t parent, unsigned char byte)
{
    while (parent != 0) {
        parent = draft->fails[parent];
        uint32_t state = draft->edges[edge_slot(draft, parent, byte)].state;
        if (state != 0) {
            return state;
        }
    }
    return 0;
}

static void link_suffixes(struct draft *draft)
{
    uint32_t *queue = memory_new(draft->states_count, sizeof *queue);
    uint32_t count = 1; /* the root */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t parent = queue[i];
        for (uint32_t state = draft->first_child[parent]; state != 0;
             state = draft->next_sibling[state]) {
            uint32_t fail = suffix_of(draft, parent, draft->bytes[state]);
            draft->fails[state] = fail;
            draft->shorter[state] = draft->ends[fail] != 0 ? fail : draft->shorter[fail];
            queue[count++] = state;
        }
    }
    ENSURE(count == draft->states_count);
    memory_free(queue);
}

const struct literal_automaton *
plan_build_automaton(struct arena *arena, const struct literal *literals, uint32_t literals_count)
{
    size_t states = 1;
    for (uint32_t i = 0; i < literals_count; i++) {
        states += literals[i].text.len;
    }
    ENSURE(states < AUTOMATON_STATES_MAX);
    size_t slots = 16;
    while (slots < states * 2) {
        slots *= 2;
    }
    struct literal_automaton *automaton = arena_take_zeroed(arena, 1, sizeof *automaton);
    automaton->edges_mask = (uint32_t)slots - 1;
    struct draft draft = {
        .automaton = automaton,
        .edges = arena_take_zeroed(arena, slots, sizeof *draft.edges),
        .fails = arena_take_zeroed(arena, states, sizeof *draft.fails),
        .ends = arena_take_zeroed(arena, states, sizeof *draft.ends),
        .shorter = arena_take_zeroed(arena, states, sizeof *draft.shorter),
        .twins = arena_take_zeroed(arena, literals_count, sizeof *draft.twins),
        .states_count = 1,
        .first_child = memory_new(states, sizeof *draft.first_child),
        .next_sibling = memory_new(states, sizeof *draft.next_sibling),
        .bytes = memory_new(states, 1),
    };
    for (uint32_t i = 0; i < literals_count; i++) {
        add_literal(&draft, literals[i].text, i);
    }
    link_suffixes(&draft);
    for (uint32_t state = draft.first_child[0]; state != 0; state = draft.next_sibling[state]) {
        automaton->roots[draft.bytes[state]] = state;
    }
    automaton->edges = draft.edges;
    automaton->fails = draft.fails;
    automaton->ends = draft.ends;
    automaton->shorter = draft.shorter;
    automaton->twins = draft.twins;
    memory_free(draft.first_child);
    memory_free(draft.next_sibling);
    memory_free(draft.bytes);
    return automaton;
}
