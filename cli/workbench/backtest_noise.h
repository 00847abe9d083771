/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_noise.h - fields of which one value dominates a rule's matches: what an exception is
 * for.
 *
 * In:  a sorted tally, the rule.   Out: fields, the most dominated first.
 * Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_WORKBENCH_BACKTEST_NOISE_H
#define TOCSIN_CLI_WORKBENCH_BACKTEST_NOISE_H

#include "cli/workbench/backtest_report.h"

/* Fills found; returns how many. */
uint32_t backtest_find_noise(const struct backtest_report *report,
                             const struct tally_field *found[NOISE_SHOWN]);
/* Matches a day, from the first to the last, times 10. */
uint64_t backtest_tenths_a_day(const struct backtest_tally *tally);
/* The value as a selection has it: quoted, and no wildcard. */
void backtest_add_literal(struct buffer *out, struct str value);

#endif
