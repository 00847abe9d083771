/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_input.h - EVENT on a command line: a file with a record, a line of a file, or stdin.
 *
 * In:  "event.json", "auth.log:17", "-".   Out: its bytes.
 * Thread: one.   Owns: nothing; bytes are in the arena given.
 * Bounds: LIMIT_DOCUMENT_RECORD_BYTES.
 */
#ifndef TOCSIN_CLI_WORKBENCH_EXPLAIN_INPUT_H
#define TOCSIN_CLI_WORKBENCH_EXPLAIN_INPUT_H

#include "base/arena.h"
#include "base/error.h"
#include "cli/engine/trial.h"

/* Fills bytes, source and reference_ns. ERR_IO. */
int explain_input_read(struct arena *arena, const char *text, struct trial_input *input,
                       struct err *err);

#endif
