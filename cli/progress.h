/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h - one line on a terminal that says how far a scan is.
 *
 * In:  summaries.   Out: a line on standard error, redrawn in place.
 * Thread: the engine_run thread.   Owns: nothing.
 * Invariants: (1) nothing is written when standard error is no terminal.
 *             (2) a line is never wider than the terminal.
 * Tested: tests/unit/test_summary.c, tests/golden/test_progress.sh.
 */
#ifndef TOCSIN_CLI_PROGRESS_H
#define TOCSIN_CLI_PROGRESS_H

#include "base/buffer.h"
#include "cli/engine/engine.h"

struct progress {
    bool enabled;
    bool drawn;
};

/* wanted: false switches it off even on a terminal. */
void progress_begin(struct progress *progress, bool wanted);
/* An engine_progress_fn; context is the struct progress. */
void progress_draw(void *context, const struct engine *engine);
/* Takes the line away. */
void progress_end(struct progress *progress);
/* The line's text, at most columns wide. */
void progress_render(const struct engine_summary *summary, size_t columns, struct buffer *out);

#endif
