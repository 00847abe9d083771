/* SPDX-License-Identifier: Apache-2.0
 *
 * exception_counts_internal.h - how many matches each exception of the rules has covered.
 *
 * In:  a rule_set.   Out: counts by rule_exception.number, which outlive a reload.
 * Thread: the deliverer.   Owns: the caller owns the counts (memory_free).
 * Invariants: (1) an exception is the same as before when rule id and reason are.
 * Tested: tests/golden/test_extensions.sh.
 */
#ifndef TOCSIN_CLI_ENGINE_EXCEPTION_COUNTS_INTERNAL_H
#define TOCSIN_CLI_ENGINE_EXCEPTION_COUNTS_INTERNAL_H

#include "analyze/rule/rule.h"

uint64_t *exception_counts_new(const struct rule_set *rules);
/* *counts, of before, gives way to counts of next that begin with what the same ones had. */
void exception_counts_carry(uint64_t **counts, const struct rule_set *before,
                            const struct rule_set *next);

#endif
