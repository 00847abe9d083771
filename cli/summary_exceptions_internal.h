/* SPDX-License-Identifier: Apache-2.0
 *
 * summary_exceptions_internal.h - the part of summaries that is about exceptions.
 *
 * Thread: the engine_run thread.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_SUMMARY_EXCEPTIONS_INTERNAL_H
#define TOCSIN_CLI_SUMMARY_EXCEPTIONS_INTERNAL_H

#include "base/buffer.h"
#include "cli/engine/engine.h"

#include <cjson/cJSON.h>

/* Nothing when no exception covered a match. */
void summary_add_exceptions(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out);
/* Nothing when no alert was suppressed. */
void summary_add_suppressed(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out);
/* Of both. */
void summary_add_exceptions_json(const struct engine_summary *summary, const struct rule_set *rules,
                                 cJSON *root);

#endif
