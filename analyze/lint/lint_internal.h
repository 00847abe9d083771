/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_internal.h - what the kinds of findings share: a warning's place, proofs over conditions,
 * what is known of fields.
 *
 * In:  a rule.   Out: warnings in its struct lint.   Thread: one.
 */
#ifndef TOCSIN_ANALYZE_LINT_LINT_INTERNAL_H
#define TOCSIN_ANALYZE_LINT_LINT_INTERNAL_H

#include "analyze/lint/lint.h"

/* Warns of the rule; at is the value that the warning is about, or NULL: the rule as a whole. */
void lint_warn(struct lint *lint, const struct rule *rule, enum rule_problem_code code,
               const struct condition *at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The text, which is folded, as the file has it at the node's place; or text. */
struct str lint_written(const struct lint *lint, const struct rule *rule,
                        const struct condition *at, struct str text);

/* The kinds of findings; each looks at one detection rule. */
typedef void lint_look_fn(struct lint *lint, const struct rule *rule);
lint_look_fn lint_condition;
lint_look_fn lint_shadow;
lint_look_fn lint_fields;
lint_look_fn lint_events;
lint_look_fn lint_tags;

/* --- lint_prove.c: can a condition be true? --- */

/* A predicate that holds, or does not, in the case that is looked at. */
struct lint_literal {
    const struct condition *node; /* CONDITION_PREDICATE */
    bool negated;
};

struct lint_case {
    const struct lint_literal *literals;
    uint32_t count;
};
/* Called for each case in which the condition could be true; returns whether that is enough. */
typedef bool lint_case_fn(void *context, const struct lint_case *how);

enum lint_verdict {
    LINT_NEVER,   /* proven: there is no event for which it is true */
    LINT_POSSIBLE /* a case was enough, or the proof takes too long */
};

struct lint_question {
    const struct rule_set *rules;
    const struct rule *rule;         /* whose log source says what is known of fields */
    const struct condition *both[2]; /* all of these; NULL: left out */
    bool negated[2];                 /* or the contrary */
    lint_case_fn *enough;            /* NULL: the first case is enough */
    void *context;
    bool gave_up; /* out: not all cases were looked at */
};
enum lint_verdict lint_prove(struct lint_question *question);

/* --- lint_literal.c: two predicates about the same field --- */

/* Whenever a holds, b does. */
bool lint_implies(const struct predicate *a, const struct predicate *b);
/* a and b can't both hold of one value; of a field with several, they can. */
bool lint_disjoint(const struct predicate *a, const struct predicate *b);
/* Does the text predicate hold of the value text, which is folded unless it is cased? */
bool lint_holds(const struct predicate *predicate, struct str text);

/* --- lint_sources.c: what events a rule applies to --- */

/* Is the rule for events of this log source ("aws/cloudtrail"), and of no other? */
bool lint_is_only_for(const struct rule *rule, const char *logsource);
/* Can events that the rule applies to have the field? A rule for any JSON can have any. */
bool lint_can_have(const struct rule *rule, struct str field);
/* Has the field at most one value in every event that the rule applies to? */
bool lint_is_single(const struct rule *rule, struct str field);
/* Calls offer with the name of every known field that the rule's events can have. */
void lint_each_field(const struct rule *rule, void (*offer)(void *context, struct str field),
                     void *context);

#endif
