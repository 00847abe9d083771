/* SPDX-License-Identifier: Apache-2.0
 *
 * match_internal.h - the matcher's scratch memory and the truth of one predicate.
 *
 * In:  a plan, an event.   Out: texts of values, answers of predicates.
 * Thread: one worker.   Owns: stamps and PCRE2's match memory; folded texts are in the batch's
 * arena. Invariants: (1) a stamp that is not this event's generation means "not known yet". Bounds:
 * memory is proportional to the rules and to the most values an event had.
 */
#ifndef TOCSIN_ANALYZE_MATCH_MATCH_INTERNAL_H
#define TOCSIN_ANALYZE_MATCH_MATCH_INTERNAL_H

#include "analyze/match/match.h"
#include "analyze/match/match_scan.h"
#include "analyze/plan/plan_internal.h"

struct folded_text {
    uint32_t generation;
    struct str text;
};

/* One search with every step counted. */
struct regex_search {
    uint64_t units;
    uint64_t budget;
    size_t position; /* where the step before was */
};

/* What one pattern did. */
struct regex_state {
    uint32_t undecided;  /* generation of the event in which it was not decided; 0: never */
    bool skipped;        /* and not even tried */
    pcre2_code *counted; /* the pattern with a callout before each item; NULL: not needed yet */
    uint32_t faults;     /* not yet paid back */
    uint64_t paid_at;    /* events when a fault was last paid back, or the first one made */
};

/* What PCRE2 needs, and the states of the patterns. */
struct match_regexes {
    pcre2_match_data *data;
    pcre2_match_context *plain;
    pcre2_match_context *counted;
    pcre2_jit_stack *jit_stack;
    struct regex_search search;
    struct regex_state *states; /* per predicate */
    uint32_t states_count;
    uint32_t undecided; /* generation of the last event with an undecided search */
    bool throttles;
};

/* A text to be searched, and where its folded form is kept once somebody asked for it. */
struct match_text {
    struct str raw;
    struct folded_text *memo;
    uint32_t generation; /* that memo must have */
};

struct matcher {
    const struct plan *plan;
    struct arena *arena; /* of the event being matched */
    struct event *event;
    uint32_t generation;          /* of the event; 31 bits */
    uint32_t texts_generation;    /* of its values: they change when the event is completed */
    uint32_t *answers;            /* per predicate: generation << 1 | truth */
    uint32_t *looked_up;          /* per field: generation of its equality look-up */
    uint32_t *networks_looked_up; /* the same for its networks */
    uint32_t
        *listed; /* per predicate: generation in which its literal was found << 1 | by automaton */
    uint32_t *seen; /* per rule: generation in which it became a candidate */
    uint32_t *candidates;
    uint32_t candidates_count;
    uint32_t *matched;
    uint32_t matched_count;
    struct folded_text *folded; /* per value index of the event */
    uint32_t folded_capacity;
    struct folded_text record[2]; /* the whole record; the same with JSON's escapes undone */
    struct str record_raw[2];
    uint32_t record_generation; /* of record_raw */
    uint32_t record_texts;      /* 1 or 2 */
    match_scan_fn *scan;
    struct match_regexes regexes;
    struct match_profile *profile;
    int64_t clock_ns; /* what reading the clock twice takes */
};

/* null and empty arrays have no text: only presence and null predicates look at them. */
static inline bool match_is_nothing(const struct value *value)
{
    return value->kind == VALUE_NULL || value->kind == VALUE_ARRAY;
}

/* match_text.c */
/* The value's text as it is compared case-sensitively: escapes undone in place, an object compact.
 */
struct str match_value_text(struct matcher *matcher, const struct value *value);
static inline struct str match_value_plain(struct matcher *matcher, const struct value *value)
{
    return value->kind == VALUE_STRING && !value->escaped ? (struct str){value->ptr, value->len}
                                                          : match_value_text(matcher, value);
}
/* The same, folded. */
struct str match_value_folded(struct matcher *matcher, const struct value *value);
/* Where match_value_folded keeps its answer. */
struct folded_text *match_value_memo(struct matcher *matcher, const struct value *value);
/* Fills record_raw[] for the event; returns record_texts. */
uint32_t match_record_texts(struct matcher *matcher);
struct match_text match_record_text(struct matcher *matcher, uint32_t index);
struct str match_text_folded(struct matcher *matcher, const struct match_text *text);
struct str match_fold(struct arena *arena, struct str text);

/* match_predicate.c: the truth of predicate for the matcher's event, by definition; no memo. */
bool match_predicate(struct matcher *matcher, const struct plan_predicate *predicate);
/* Of a field's values the first for which predicate, which is true, holds; NULL: none is asked for.
 */
const struct value *match_deciding_value(struct matcher *matcher,
                                         const struct plan_predicate *predicate);
/* match.c: the truth of a predicate, by number, from the memo if it is there. */
bool match_ask(struct matcher *matcher, uint32_t predicate);

/* match_regex.c */
void match_regex_init(struct match_regexes *regexes, uint32_t predicates_count);
void match_regex_release(struct match_regexes *regexes);
/* Does the pattern match anywhere in text? */
bool match_regex(struct matcher *matcher, const struct plan_predicate *predicate, struct str text);
/* What a search in a text of that length may cost, in units. */
uint64_t match_regex_budget(size_t len);
/* Counts for a rule that was evaluated whether it asked a pattern that could not decide. */
void match_regex_note_undecided(struct matcher *matcher, uint32_t rule);

/* match_network.c */
bool match_in_network(const struct cidr *cidr, struct str text);
/* Is the value, raw and folded, in the list? */
bool match_in_list(const struct list *list, struct str raw, struct str folded);
/* The predicates of the table's networks that the address text is in; none when it is none. */
const struct plan_list *match_find_networks(const struct network_table *table, struct str text);
/* match_number.c */
bool match_parse_number(struct str text, struct number *number);
/* -1, 0, 1; whole numbers exactly. */
int match_compare_numbers(const struct number *a, const struct number *b);
/* On the other side of the bound; at a bound that does not count; true. */
enum number_side { NUMBER_NO, NUMBER_AT_BOUND, NUMBER_YES };
enum number_side match_number_side(const struct predicate *source, const struct number *number);
/* Is text a number for which the comparison is true? */
bool match_number(const struct predicate *source, struct str text);

/* match_literals.c: the filter's literals that are in text. */
void match_search(struct matcher *matcher, const struct literal_filter *filter,
                  const struct match_text *text);
/* match_automaton.c: the same, of a folded text, in time proportional to its length. */
void match_search_linear(struct matcher *matcher, const struct literal_filter *filter,
                         struct str folded);

/* match.c: makes event the matcher's current one. */
void match_begin(struct matcher *matcher, struct event *event, struct arena *arena);
void match_found_literal(struct matcher *matcher, const struct literal *literal);

#endif
