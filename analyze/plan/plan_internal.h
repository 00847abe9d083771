/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_internal.h - the plan's tables, as the matcher reads them.
 *
 * In:  a rule_set.   Out: programs, witnesses, dispatch tables.
 * Thread: immutable after plan_new.   Owns: all in one arena; PCRE2 codes.
 * Invariants: (1) predicates[i] of the plan is predicates[i] of the rule_set.
 *             (2) a witness set of a rule is a set of predicates of which at least one is true
 *                 whenever the rule matches; each of its members lists the rule.
 *             (3) every PREDICATE_EQUALS of a field is in that field's equality table: after the
 *                 look-up all that were not found are false. The same holds for PREDICATE_CIDR and
 *                 the field's networks.
 * Bounds: see plan.h.
 */
#ifndef TOCSIN_ANALYZE_PLAN_PLAN_INTERNAL_H
#define TOCSIN_ANALYZE_PLAN_PLAN_INTERNAL_H

/* The width of PCRE2's code units; its header wants to know before anything else. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "analyze/plan/plan.h"
#include "analyze/rule/rule.h"
#include "base/arena.h"
#include "ingest/field/field.h"

#define GRAM 4U /* bytes of a literal that the filter looks for at a time */

/* One test of a rule's program: where to go on either answer. */
struct plan_test {
    uint32_t predicate;
    uint32_t on_true; /* index into tests, or an end */
    uint32_t on_false;
};
#define PLAN_END_TRUE  UINT32_MAX
#define PLAN_END_FALSE (UINT32_MAX - 1)

/* A run of rule or predicate indexes. */
struct plan_list {
    const uint32_t *items;
    uint32_t count;
};

enum witness_kind {
    WITNESS_EQUALITY, /* found by the field's equality table */
    WITNESS_NETWORK,  /* found by the field's ranges of addresses */
    WITNESS_LITERAL,  /* found by the field's, or the whole record's, literal filter */
    WITNESS_NUMBER,   /* found by the field's sorted bounds */
    WITNESS_PRESENCE, /* needs the field to be there */
    WITNESS_NONE
};

struct plan_predicate {
    const struct predicate *source;
    field_id field;     /* FIELD_NONE: keyword */
    field_id other;     /* PREDICATE_FIELD: what field is compared with; else FIELD_NONE */
    pcre2_code *regex;  /* PREDICATE_REGEX */
    struct str literal; /* folded text that any match contains; "" when none is known */
    enum witness_kind witness;
    struct plan_list rules; /* whose witness set it is in */
};

/* text -> the EQUALS predicates of one field with that (folded) text. */
struct equality_entry {
    struct str text;
    struct plan_list predicates;
};
struct equality_slot {
    uint32_t tag;   /* the hash's upper half */
    uint32_t entry; /* index + 1 into entries; 0: the slot is free */
};
struct equality_table {
    uint64_t lengths; /* bit n: there is a text of n bytes, of 63 or more for the last bit */
    uint32_t mask;
    uint32_t entries_count;
    struct equality_slot *slots;
    struct equality_entry *entries;
};

/* The bit of a text's length in equality_table.lengths. */
static inline uint64_t equality_length(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}

/* A literal is looked for by its grams: up to four bytes of it, each with bit 5 set, which is what
 * upper and lower case of a letter have in common. A pass walks a text in strides and tests the
 * gram at each place against a bitmap. A literal has a spot for each of `stride` grams in a row, so
 * that one of them lies on the pass's grid wherever in the text the literal stands. */
struct literal_spot {
    uint32_t gram;
    uint32_t offset;  /* of the gram in the literal */
    uint32_t literal; /* index into literals */
    uint32_t next;    /* index + 1 into spots; 0 ends */
};
struct literal_pass {
    const uint32_t *bitmap; /* NULL: there is no such pass */
    uint32_t bitmap_shift;  /* of a gram's hash to its bit */
    uint32_t stride;        /* 1, 2 or 4 */
    uint32_t gram_mask;     /* what of four bytes counts */
    uint32_t reach;         /* how many these are */
    uint32_t bucket_shift;
    const uint32_t *buckets; /* index + 1 into spots */
    const struct literal_spot *spots;
};
enum literal_place { LITERAL_ANYWHERE, LITERAL_FIRST, LITERAL_LAST };
struct literal {
    struct str text; /* folded */
    uint32_t predicate;
    enum literal_place place;
    bool settles; /* its being there is all that the predicate asks */
};
/* Aho-Corasick. State 0 is the root; an index into literals is stored as index + 1. */
#define AUTOMATON_STATES_MAX (1U << 24)
struct automaton_edge {
    uint32_t key;   /* from which state, by which byte */
    uint32_t state; /* to which; 0: the slot is free, for no edge leads to the root */
};
struct literal_automaton {
    const struct automaton_edge *edges;
    uint32_t edges_mask;
    uint32_t roots[256];     /* the root's edges once more, where most steps end */
    const uint32_t *fails;   /* per state: the longest proper suffix that is a state */
    const uint32_t *ends;    /* per state: a literal that is its text; 0: none */
    const uint32_t *shorter; /* per state: the longest proper suffix that is a literal; 0: none */
    const uint32_t *twins;   /* per literal: another one with the same text; 0: none */
};

static inline uint32_t automaton_key(uint32_t state, unsigned char byte)
{
    return state << 8 | byte;
}

static inline uint32_t automaton_hash(uint32_t key)
{
    uint32_t product = key * 0x9E3779B1U;
    return product ^ product >> 15;
}

/* Literals of GRAM bytes and more, of two or three bytes, of one. */
enum { LITERAL_PASS_GRAMS, LITERAL_PASS_PAIRS, LITERAL_PASS_BYTES, LITERAL_PASSES };
struct literal_filter {
    struct literal_pass passes[LITERAL_PASSES];
    const struct literal *literals;
    uint32_t literals_count;
    const struct literal_automaton *automaton; /* of the same literals */
    bool folds; /* a spot's bytes are not ASCII: texts that are not must be folded first */
};

static inline uint32_t gram_hash(uint32_t gram)
{
    return gram * 0x9E3779B1U;
}
#define GRAM_CASE 0x20202020U

/* The addresses from first up to the next range's first are in the networks of predicates. */
struct network_range {
    uint8_t first[16];
    struct plan_list predicates;
};
struct network_ranges {
    const struct network_range *ranges; /* sorted; the first one begins at 0 */
    uint32_t count;
};
struct network_table {
    struct network_ranges v4;
    struct network_ranges v6;
};

/* The numeric comparisons of a field that rules wait for. A number is compared with bounds in this
 * order until one says no: what follows says no, too. Whole and real bounds have lists of their
 * own, since a whole number is compared exactly with the one, and as a real with the other. */
enum { BOUNDS_ABOVE, BOUNDS_ABOVE_REAL, BOUNDS_BELOW, BOUNDS_BELOW_REAL, BOUNDS_LISTS };
struct number_table {
    struct plan_list lists[BOUNDS_LISTS]; /* of predicates */
};

/* What a field's values are good for. */
struct plan_field {
    const struct equality_table *equality; /* NULL: no rule compares it by equality */
    const struct literal_filter *literals; /* NULL: no rule waits for a literal of it */
    const struct network_table *networks;  /* NULL: no rule compares it with a network */
    const struct number_table *numbers;    /* NULL: no rule waits for its being a number */
    struct plan_list presence;             /* rules that wait for its being there */
    bool eager; /* rules wait for its equalities: looked up for every event, else when asked */
    bool eager_networks; /* the same for networks */
};

struct plan {
    const struct rule_set *rules;
    const struct field_table *fields;
    struct arena *arena;
    struct plan_predicate *predicates;
    struct plan_test *tests;
    uint32_t tests_count;
    uint32_t *entries;        /* per rule: first test, PLAN_END_FALSE: no program */
    uint32_t *exceptions;     /* per rule_exception.number: the first test of its condition */
    enum plan_access *access; /* per rule */
    uint64_t **allowed;       /* per logsource: a bit a rule */
    struct plan_list *always; /* per logsource: rules that are always candidates */
    uint32_t fields_count;
    struct plan_field *fields_used; /* per field id; [0]: the whole record */
    bool *searches_record;          /* per logsource: has rules that wait in literals[0] */
};

static inline bool plan_allows(const struct plan *plan, uint32_t logsource, uint32_t rule)
{
    return plan->allowed[logsource][rule / 64] >> (rule % 64) & 1;
}

/* Must the field be decoded of every event? See plan_first_fields. */
static inline bool plan_field_is_first(const struct plan *plan, field_id field)
{
    const struct plan_field *used = &plan->fields_used[field];
    return used->eager || used->eager_networks || used->literals != NULL || used->numbers != NULL ||
           used->presence.count > 0;
}

/* plan_predicate.c: field ids, regexes, literals of all predicates. */
int plan_compile_predicates(struct plan *plan, struct err *err);
/* The code of a regex predicate, with PCRE2's options beside its own. */
int plan_compile_regex(const struct predicate *source, uint32_t options, pcre2_code **code,
                       struct err *err);
/* plan_regex.c: a text that each match of the pattern contains, "" when none is sure. In arena. */
struct str plan_regex_literal(struct arena *arena, struct str pattern, bool caseless);
/* plan_program.c: every rule's tests. */
void plan_compile_programs(struct plan *plan);
/* plan_witness.c: access, always, presence and the predicates' rule lists. */
void plan_choose_witnesses(struct plan *plan);
/* plan_equality.c */
void plan_build_equality(struct plan *plan);
/* plan_network.c, plan_number.c */
void plan_build_networks(struct plan *plan);
void plan_build_numbers(struct plan *plan);
/* plan_automaton.c; in arena. */
const struct literal_automaton *
plan_build_automaton(struct arena *arena, const struct literal *literals, uint32_t literals_count);
/* plan_literals.c */
void plan_build_literals(struct plan *plan);

#endif
