/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_fields.h - the fields of an alert's record, under the names that rules know.
 *
 * In:  an alert.   Out: names and values into a tally: every leaf of a JSON record; what the
 * decoder makes of a line; the group of a correlation. Thread: one.   Owns: nothing. Bounds: a
 * record that the alert has only in part (LIMIT_ALERT_ORIGINAL_BYTES) gives the alert's own fields.
 */
#ifndef TOCSIN_CLI_WORKBENCH_BACKTEST_FIELDS_H
#define TOCSIN_CLI_WORKBENCH_BACKTEST_FIELDS_H

#include "cli/engine/trial.h"
#include "cli/workbench/backtest_tally.h"

/* trial decodes lines; decoder: NULL, or their format. */
void backtest_add_fields(struct backtest_tally *tally, struct trial *trial, const char *decoder,
                         const struct alert *alert);

#endif
