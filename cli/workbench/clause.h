/* SPDX-License-Identifier: Apache-2.0
 *
 * clause.h - a rule's condition in words, with what a held event has for it.
 *
 * In:  a trial that holds an event (trial_hold).   Out: text for people.
 * Thread: one.   Owns: nothing.
 * Invariants: (1) the truth of a clause is match_condition's: that of the engine.
 * Bounds: CLAUSE_VALUES_MAX values of a field, CLAUSE_TEXT_MAX bytes of each are shown.
 * Tested: tests/golden/test_rules_test.sh, tests/golden/test_rules_explain.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_CLAUSE_H
#define TOCSIN_CLI_WORKBENCH_CLAUSE_H

#include "base/buffer.h"
#include "cli/engine/trial.h"

#define CLAUSE_VALUES_MAX 4
#define CLAUSE_TEXT_MAX   120

/* "eventName equals 'createuser'" */
void clause_add_predicate(const struct predicate *predicate, struct buffer *out);
/* "eventName is 'DeleteUser'", "there is no eventName", "eventName is null"; nothing for a keyword.
 */
void clause_add_values(struct trial *trial, const struct predicate *predicate, struct buffer *out);
/* Why rule does not match the held event: its first failing clause, or a log source that is not the
 * rule's. False, and nothing is added: it matches. */
bool clause_add_failure(struct trial *trial, uint32_t rule, struct buffer *out);
/* "product aws, service cloudtrail"; "any" */
void clause_add_logsource(const struct rule_logsource *logsource, struct buffer *out);

#endif
