/* SPDX-License-Identifier: Apache-2.0
 *
 * lint.h - rules that are right and will never, or always, match: dead rules.
 *
 * In:  a loaded rule_set.   Out: warnings, each with its place.
 * Thread: one.   Owns: the warnings and their texts; the rules must outlive it.
 * Invariants: (1) what is reported is certain: no warning rests on a guess about events. Where a
 *                 proof takes more than LIMIT_LINT_STEPS, nothing is reported.
 *             (2) the order of the warnings is that of the rules.
 * To add a kind of finding: a code in rule_problem.h, a file lint_<kind>.c, a row in lint.c.
 * Tested: tests/unit/test_lint.c, tests/golden/test_rules_dead.sh.
 */
#ifndef TOCSIN_ANALYZE_LINT_LINT_H
#define TOCSIN_ANALYZE_LINT_LINT_H

#include "analyze/rule/rule.h"

struct lint_actions;

struct lint {
    const struct rule_set *rules;
    struct arena *arena;          /* of the texts */
    struct lint_actions *actions; /* what AWS can do; NULL until it is asked for */
    struct rule_problem *problems;
    uint32_t problems_count;
    uint32_t problems_capacity;
};

/* Looks at all rules. */
void lint_rules(const struct rule_set *rules, struct lint *lint);
void lint_release(struct lint *lint);

#endif
