/* SPDX-License-Identifier: Apache-2.0
 *
 * match.h - one event against all rules.
 *
 * In:  an event, the plan.   Out: the indexes of the rules that match, in the rules' order.
 * Thread: one worker each; the plan is shared and immutable.
 * Owns:   the matcher owns its predicate memo and PCRE2 match data.
 * Invariants: (1) each predicate is evaluated at most once an event.
 *             (2) the answer equals that of match_naive, which has no index (property test).
 *             (3) nothing is allocated per event.
 * Bounds: O(values + candidates); a regex search costs at most LIMIT_REGEX_UNITS.
 */
#ifndef TOCSIN_ANALYZE_MATCH_MATCH_H
#define TOCSIN_ANALYZE_MATCH_MATCH_H

#include "analyze/alert/alert.h"
#include "analyze/match/match_profile.h"
#include "analyze/plan/plan.h"
#include "base/arena.h"
#include "ingest/event/event.h"

#include <stdint.h>

struct matcher;
struct rule_exception;

struct matcher *matcher_new(const struct plan *plan);
void matcher_free(struct matcher *matcher);

/* Evaluates event (undoing JSON escapes of its values in place); rules points to the matching
 * rules' indexes into rule_set.rules, valid until the next call. arena takes unescaped values.
 * Returns how many. */
uint32_t match_run(struct matcher *matcher, struct event *event, struct arena *arena,
                   const uint32_t **rules);

/* The slow, obvious answer: every rule's tree, every predicate by its definition. Oracle of tests
 * and of `rules` tools; same contract as match_run. */
uint32_t match_naive(struct matcher *matcher, struct event *event, struct arena *arena,
                     const uint32_t **rules);

/* match_run in two steps, for events that are decoded in two steps. match_find looks at the fields
 * of plan_first_fields only and returns the number of candidates; with none, nothing can match.
 * Then the event is completed, and match_decide evaluates the candidates as match_run does. */
uint32_t match_find(struct matcher *matcher, struct event *event, struct arena *arena);
uint32_t match_decide(struct matcher *matcher, const uint32_t **rules);

/* The first exception of a rule that covers the event that match_decide, or match_run, was about;
 * NULL: none. Before the next event. */
const struct rule_exception *match_exception(struct matcher *matcher, uint32_t rule);

/* The values that made rule match the event that match_decide, or match_run, was about, into items,
 * which has LIMIT_ALERT_EVIDENCE elements; how many. Texts live as the event's. */
uint32_t match_evidence(struct matcher *matcher, uint32_t rule, struct alert_evidence *items);

/* For tools that ask why. match_hold makes event, which is whole, the one that the next calls are
 * about, until the matcher gets another one; they undo escapes of its values in place. */
void match_hold(struct matcher *matcher, struct event *event, struct arena *arena);
/* Does the rule's log source include the event's? */
bool match_allows(const struct matcher *matcher, uint32_t rule);
/* The truth of a part of a rule's condition, as match_naive finds it. */
bool match_condition(struct matcher *matcher, const struct condition *condition);
/* A value of the event as predicates see it. */
struct str match_text_of(struct matcher *matcher, const struct value *value);

/* A pattern that runs into its limits again and again is set aside for a while; off unless asked
 * for, because then an answer depends on the events before. See LIMIT_REGEX_FAULTS. */
void matcher_throttle(struct matcher *matcher, bool on);

/* What happened since matcher_new; may be read by another thread, see match_profile.h. */
const struct match_profile *matcher_profile(const struct matcher *matcher);

#endif
