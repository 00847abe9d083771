/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics.h - a run's counters in Prometheus' text exposition format 0.0.4.
 *
 * In:  an engine_summary and the rules.   Out: text, or a file that is replaced whole.
 * Thread: the engine_run thread.   Owns: nothing.
 * Invariants: (1) label values are escaped: backslash, quote, LF; other bytes are printable.
 * Tested: tests/unit/test_summary.c.
 */
#ifndef TOCSIN_CLI_METRICS_H
#define TOCSIN_CLI_METRICS_H

#include "base/buffer.h"
#include "cli/engine/engine.h"
#include "cli/relay/relay.h"

void metrics_render(const struct engine_summary *summary, const struct rule_set *rules,
                    struct buffer *out);
void metrics_render_relay(const struct relay *relay, struct buffer *out);
/* Writes a new file beside path and renames it over path. ERR_IO. */
int metrics_write(const char *path, struct str text, struct err *err);

#endif
