/* SPDX-License-Identifier: Apache-2.0
 *
 * summary_windows_internal.h - the part of summaries that is about correlations and their time.
 *
 * Thread: the engine_run thread.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_SUMMARY_WINDOWS_INTERNAL_H
#define TOCSIN_CLI_SUMMARY_WINDOWS_INTERNAL_H

#include "base/buffer.h"
#include "cli/engine/engine.h"

#include <cjson/cJSON.h>

/* Nothing when no correlation saw a match, and no event was too far ahead. */
void summary_add_windows(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out);
void summary_add_windows_json(const struct engine_summary *summary, const struct rule_set *rules,
                              cJSON *root);

#endif
