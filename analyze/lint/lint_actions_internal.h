/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_actions_internal.h - which pairs of eventSource and eventName AWS has.
 *
 * In:  names, folded to lower case.   Out: whether CloudTrail can have such an event.
 * Thread: one.   Owns: the dictionary.
 * Invariants: (1) "no" is certain as far as AWS documents its APIs; what is not documented can be.
 */
#ifndef TOCSIN_ANALYZE_LINT_LINT_ACTIONS_INTERNAL_H
#define TOCSIN_ANALYZE_LINT_LINT_ACTIONS_INTERNAL_H

#include "analyze/lint/lint_internal.h"
#include "base/map.h"

struct lint_actions *lint_actions_new(void);
void lint_actions_free(struct lint_actions *actions);

/* Can there be an event with this eventSource ("" for any) of whose eventName the predicate holds?
 */
bool lint_actions_can_be(const struct lint_actions *actions, struct str source,
                         const struct predicate *name);
/* Can eventSource have this value? *near: the service that was probably meant, or "". */
bool lint_actions_source_can_be(const struct lint_actions *actions, struct str source,
                                struct str *near);
/* The nearest name of an action of the source, as AWS writes it, or "". */
struct str lint_actions_near(const struct lint_actions *actions, struct str source,
                             struct str name);

#endif
