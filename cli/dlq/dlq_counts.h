/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_counts.h - how many dead letters each pair of a reason and a source has.
 *
 * In:  dead letters.   Out: rows, the most frequent first.
 * Thread: the main thread.   Owns: names and counts.
 * Bounds: LIMIT_DEAD_LETTER_ROWS pairs; letters of further ones are counted together.
 * Tested: tests/golden/test_dlq.sh.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_COUNTS_H
#define TOCSIN_CLI_DLQ_DLQ_COUNTS_H

#include "cli/dlq/dlq.h"

struct dlq_counts;

struct dlq_counts *dlq_counts_new(void);
void dlq_counts_free(struct dlq_counts *counts);
void dlq_counts_add(struct dlq_counts *counts, struct str reason, struct str source);
/* A table, and the totals. */
void dlq_counts_text(const struct dlq_counts *counts, const struct dlq_totals *totals,
                     struct buffer *out);
/* The same as a JSON document. */
void dlq_counts_json(const struct dlq_counts *counts, const struct dlq_totals *totals,
                     struct buffer *out);

#endif
