/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.h - all rules together, indexed by what each needs, so that most are never looked at.
 *
 * In:  a rule_set and the field table.   Out: an immutable plan that workers share.
 * Thread: built by one; read by all.   Owns: its tables; borrows rule_set and fields.
 * Invariants: (1) a rule that is not a candidate for an event can not match it.
 *             (2) every detection rule is either reached by witnesses or in the always list, and
 *                 plan_explain says which and why.
 * Bounds: building is O(size of the rules); memory is proportional to their values.
 */
#ifndef TOCSIN_ANALYZE_PLAN_PLAN_H
#define TOCSIN_ANALYZE_PLAN_PLAN_H

#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "base/error.h"
#include "ingest/field/field.h"

struct plan;

/* Interns every field that a rule or correlation names. Call before decoder_set_new. */
int plan_intern_fields(const struct rule_set *rules, struct field_table *fields, struct err *err);

/* Compiles regexes and indexes. rules and fields must outlive the plan. A pattern that PCRE2
 * refuses was a problem at load already; here it is ERR_INTERNAL. */
int plan_new(const struct rule_set *rules, const struct field_table *fields, struct plan **plan,
             struct err *err);
void plan_free(struct plan *plan);

const struct rule_set *plan_rules(const struct plan *plan);

/* Sets wanted[id] for every field that can make a rule a candidate: what must be decoded of every
 * event. wanted has field_count + 1 elements. */
void plan_first_fields(const struct plan *plan, bool *wanted);
/* Sets asked[id] for every field that some rule asks for: what a candidate is decided by. */
void plan_asked_fields(const struct plan *plan, bool *asked);

/* A rule applies to every logsource (of logsource_table) that has all it names, or all that one has
 * which a pipeline added to it: containment, not equality. */
bool plan_rule_fits(const struct rule *rule, uint32_t logsource);

/* How a rule is reached. */
enum plan_access {
    PLAN_EQUALITY, /* hash of an exact value */
    PLAN_NETWORK,  /* an address in a network */
    PLAN_LITERAL,  /* a literal in a field or in the record */
    PLAN_NUMBER,   /* a number above or below a bound */
    PLAN_PRESENCE, /* a field that must be there, of any content */
    PLAN_ALWAYS,   /* every event of its logsource */
    PLAN_NEVER     /* no logsource of ours has such events: inactive */
};
enum plan_access plan_explain(const struct plan *plan, uint32_t rule);
const char *plan_access_name(enum plan_access access);
/* Adds why a rule of PLAN_ALWAYS has no index; nothing for others. */
void plan_explain_reason(const struct plan *plan, uint32_t rule, struct buffer *out);

/* What one evaluation of a rule takes at most. */
struct plan_cost {
    uint32_t tests;   /* predicates in its condition, regexes among them */
    uint32_t regexes; /* each bounded by the limits of regex searches */
};
struct plan_cost plan_explain_cost(const struct plan *plan, uint32_t rule);

#endif
