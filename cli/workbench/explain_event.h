/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_event.h - a rule and one event: the truth of every part of its condition.
 *
 * In:  a trial that holds the event.   Out: text, JSON.
 * Thread: one.   Owns: nothing.
 * Invariants: (1) each part's truth is match_condition's: that of the engine.
 * Bounds: text shows at most EXPLAIN_ALTERNATIVES parts of an OR that do not hold; JSON has all.
 * Tested: tests/golden/test_rules_explain.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_EXPLAIN_EVENT_H
#define TOCSIN_CLI_WORKBENCH_EXPLAIN_EVENT_H

#include "base/buffer.h"
#include "cli/engine/trial.h"

#include <cjson/cJSON.h>

#define EXPLAIN_ALTERNATIVES 8

void explain_event_text(struct trial *trial, uint32_t rule, struct buffer *out);
cJSON *explain_event_json(struct trial *trial, uint32_t rule);
/* Does the rule match the held event? */
bool explain_event_matches(struct trial *trial, uint32_t rule);

#endif
