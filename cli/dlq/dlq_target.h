/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_target.h - where replayed records go: a file of lines, standard output, a Kafka topic.
 *
 * In:  dead letters.   Out: their records' bytes.
 * Thread: the main thread.   Owns: the file, or the sink of the topic.
 * Invariants: (1) dlq_target_finish returns 0 only when all that was written is there: synced, or
 *                 acknowledged.
 *             (2) a line holds one whole record: one that has a line feed in it is refused.
 * Tested: tests/unit/test_dlq_topic.c, tests/golden/test_dlq_replay.sh, tests/e2e.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_TARGET_H
#define TOCSIN_CLI_DLQ_DLQ_TARGET_H

#include "ingest/dead_letter/dead_letter.h"
#include "respond/sink/sink.h"

#include <stdio.h>

struct dlq_target {
    const char *path; /* "-": standard output; NULL: the topic */
    FILE *file;
    struct buffer text; /* one message */
    struct sink sink;
};

/* path, or with NULL the topic of options. */
int dlq_target_open(struct dlq_target *target, const char *path, const struct sink_options *options,
                    struct err *err);
/* Can the target take the record? */
bool dlq_target_takes(const struct dlq_target *target, const struct dead_letter *letter);
int dlq_target_write(struct dlq_target *target, const struct dead_letter *letter, struct err *err);
int dlq_target_finish(struct dlq_target *target, struct err *err);
void dlq_target_close(struct dlq_target *target);

#endif
