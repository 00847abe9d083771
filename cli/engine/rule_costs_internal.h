/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_costs_internal.h - the rules' account over all workers and over reloads, and the log lines
 * about patterns that could not decide.
 *
 * In:  the workers' profiles.   Out: one profile of the current rules.
 * Thread: the engine_run thread.   Owns: the sums; profiles of workers are theirs.
 * Invariants: (1) counts follow a rule by its id over reloads.
 *             (2) a rule is told at most once for each of the two things that can be told, until
 *                 the rules are loaded anew.
 * Tested: tests/unit/test_engine.c, tests/golden/test_regex.sh.
 */
#ifndef TOCSIN_CLI_ENGINE_RULE_COSTS_INTERNAL_H
#define TOCSIN_CLI_ENGINE_RULE_COSTS_INTERNAL_H

#include "analyze/match/match_profile.h"
#include "analyze/rule/rule.h"
#include "cli/engine/crew_internal.h"

struct rule_costs {
    const struct rule_set *rules; /* current; borrowed */
    struct match_profile *before; /* of the rule sets before this one */
    struct match_profile *sum;    /* what rule_costs_sum returned last */
    uint8_t *told;                /* per rule: what was logged */
    uint64_t undecided;           /* searches when the log was last brought up to date */
    uint32_t told_count;
};

void rule_costs_init(struct rule_costs *costs, const struct rule_set *rules);
void rule_costs_release(struct rule_costs *costs);
/* From now on next counts. No batch may be in flight; the workers still have the rules before. */
void rule_costs_change(struct rule_costs *costs, const struct crew *crew,
                       const struct rule_set *next);
/* All that happened; valid until the next call. */
const struct match_profile *rule_costs_sum(const struct rule_costs *costs, const struct crew *crew);
/* Logs the rules whose patterns could not decide, those that were not told yet. */
void rule_costs_tell(struct rule_costs *costs, const struct crew *crew);

#endif
