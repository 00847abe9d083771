/* SPDX-License-Identifier: Apache-2.0
 *
 * match_automaton.c - a text searched in time proportional to its length, whatever is in it.
 */
#include "analyze/match/match_internal.h"

static inline uint32_t edge(const struct literal_automaton *automaton, uint32_t state,
                            unsigned char byte)
{
    if (state == 0) {
        return automaton->roots[byte];
    }
    uint32_t key = automaton_key(state, byte);
    uint32_t at = automaton_hash(key) & automaton->edges_mask;
    while (automaton->edges[at].state != 0 && automaton->edges[at].key != key) {
        at = (at + 1) & automaton->edges_mask;
    }
    return automaton->edges[at].state;
}

/* The literals with the text of a state, which ends at `end`. True when the automaton met one of
 * them that may stand anywhere before: then it met the shorter ones that end with it, too. (The
 * filter may have found one without those.) */
static bool report(struct matcher *matcher, const struct literal_filter *filter, uint32_t state,
                   size_t end, size_t len)
{
    bool met = false;
    uint32_t mark = matcher->generation << 1 | 1;
    uint32_t index = filter->automaton->ends[state];
    for (; index != 0; index = filter->automaton->twins[index - 1]) {
        const struct literal *literal = &filter->literals[index - 1];
        uint32_t *listed = &matcher->listed[literal->predicate];
        met = met || *listed == mark;
        if (*listed >> 1 != matcher->generation &&
            (literal->place != LITERAL_FIRST || end == literal->text.len) &&
            (literal->place != LITERAL_LAST || end == len)) {
            match_found_literal(matcher, literal);
        }
        *listed = literal->place == LITERAL_ANYWHERE ? mark : *listed;
    }
    return met;
}

void match_search_linear(struct matcher *matcher, const struct literal_filter *filter,
                         struct str folded)
{
    const struct literal_automaton *automaton = filter->automaton;
    uint32_t state = 0;
    for (size_t at = 0; at < folded.len; at++) {
        unsigned char byte = (unsigned char)folded.ptr[at];
        uint32_t next = edge(automaton, state, byte);
        while (next == 0 && state != 0) {
            state = automaton->fails[state];
            next = edge(automaton, state, byte);
        }
        state = next;
        uint32_t found = automaton->ends[state] != 0 ? state : automaton->shorter[state];
        bool last = at + 1 == folded.len;
        while (found != 0 && (!report(matcher, filter, found, at + 1, folded.len) || last)) {
            found = automaton->shorter[found];
        }
    }
}
