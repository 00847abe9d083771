/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_seen.h - which records were taken already: a crash repeats dead letters.
 *
 * In:  dead letters.   Out: new, or seen before.
 * Thread: the main thread.   Owns: 128 bits a record.
 * Invariants: (1) a letter is seen only if one of the same place with the same bytes was: a file of
 *                 the same name may have had other records at the same offset.
 * Bounds: LIMIT_DEAD_LETTER_SEEN records, 256 MiB; more are refused.
 * Tested: tests/unit/test_dlq_topic.c.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_SEEN_H
#define TOCSIN_CLI_DLQ_DLQ_SEEN_H

#include "ingest/dead_letter/dead_letter.h"

struct dlq_seen;

enum dlq_sight { DLQ_NEW, DLQ_SEEN, DLQ_FULL };

struct dlq_seen *dlq_seen_new(void);
void dlq_seen_free(struct dlq_seen *seen);
/* A new letter is remembered. */
enum dlq_sight dlq_seen_add(struct dlq_seen *seen, const struct dead_letter *letter);

#endif
