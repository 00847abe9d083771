/* SPDX-License-Identifier: Apache-2.0
 *
 * summary.h - what a run did, for people and for programs.
 *
 * In:  an engine_summary and the rules.   Out: text or one JSON document.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) every record is in one of the four terms of the identity, and the residue is said
 *                 in words, 0 or not.
 *             (2) names that came from outside are escaped.
 * Bounds: with more than SUMMARY_STREAMS streams only those with dead letters or a residue are
 *         listed; SUMMARY_RULES rules.
 * Tested: tests/unit/test_summary.c, tests/golden/test_cli.sh.
 */
#ifndef TOCSIN_CLI_SUMMARY_H
#define TOCSIN_CLI_SUMMARY_H

#include "base/buffer.h"
#include "cli/engine/engine.h"

#define SUMMARY_STREAMS 10
#define SUMMARY_RULES   20

void summary_render_text(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out);
/* One JSON document and a LF; all streams, all rules that raised an alert. */
void summary_render_json(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out);
/* Indexes of the rules that raised alerts, most alerts first, in order (rules_count room). */
uint32_t summary_order_rules(const struct engine_summary *summary, const struct rule_set *rules,
                             uint32_t *order);

#endif
