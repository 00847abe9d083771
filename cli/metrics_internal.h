/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_internal.h - parts of the exposition that have files of their own.
 *
 * Thread: the engine_run thread.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_METRICS_INTERNAL_H
#define TOCSIN_CLI_METRICS_INTERNAL_H

#include "base/buffer.h"
#include "cli/engine/engine.h"

/* Which version writes them. */
void metrics_add_build(struct buffer *out);
/* The two comment lines of a metric. */
void metrics_add_head(struct buffer *out, const char *name, const char *type, const char *help);
/* tocsin_name{rule="...",title="..."} and a space. */
void metrics_add_rule(struct buffer *out, const char *name, const struct rule *rule);
/* summary_exceptions.c: what was not told; what their exceptions covered. */
void metrics_add_suppressed(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out);
void metrics_add_exceptions(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out);
/* summary_windows.c: what correlations lost at a limit. */
void metrics_add_lost(const struct engine_summary *summary, const struct rule_set *rules,
                      struct buffer *out);
/* metrics_rules.c: what the rules cost and could not decide. */
void metrics_add_costs(const struct engine_summary *summary, const struct rule_set *rules,
                       struct buffer *out);

#endif
