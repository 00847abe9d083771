/* SPDX-License-Identifier: Apache-2.0
 *
 * profile_table.h - what rules cost, as a table for people and as JSON for programs.
 *
 * In:  a match_profile and the plan of its rules.   Out: text.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) totals are of all rules, however few are listed.
 * Tested: tests/golden/test_profile.sh.
 */
#ifndef TOCSIN_CLI_PROFILE_TABLE_H
#define TOCSIN_CLI_PROFILE_TABLE_H

#include "analyze/match/match_profile.h"
#include "analyze/plan/plan.h"
#include "base/buffer.h"

/* top: how many rules are listed, the most expensive first; 0: all that were candidates. */
void profile_table_text(const struct match_profile *profile, const struct plan *plan, uint32_t top,
                        struct buffer *out);
void profile_table_json(const struct match_profile *profile, const struct plan *plan, uint32_t top,
                        struct buffer *out);

#endif
