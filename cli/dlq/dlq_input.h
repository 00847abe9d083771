/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_input.h - the lines of dead letters where a sink has put them: files with their rotated ones,
 * folders, standard input, a Kafka topic.
 *
 * In:  paths, or brokers and a topic.   Out: one line at a time, oldest first.
 * Thread: the main thread.   Owns: descriptors, the consumer, the present line.
 * Invariants: (1) what is read ends where files and partitions ended when they were opened.
 *             (2) a file that is rotated meanwhile is read once.
 *             (3) nothing is committed: reading a topic changes nothing.
 * Bounds: one line, LIMIT_DEAD_LETTER_LINE_BYTES at most; of a longer one only the place is told.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_INPUT_H
#define TOCSIN_CLI_DLQ_DLQ_INPUT_H

#include "base/error.h"
#include "ingest/source/source.h"

#include <stdbool.h>
#include <stdint.h>

struct dlq_place {
    const char **paths; /* files, folders, "-" */
    uint32_t paths_count;
    const char *brokers; /* of a topic, instead of paths */
    const char *topic;
    const struct source_property *properties;
    uint32_t properties_count;
};

struct dlq_line {
    struct str text;   /* without its end; until the next call */
    bool too_long;     /* there is no text */
    const char *name;  /* path or topic */
    int32_t partition; /* -1: a file */
    uint64_t at;       /* number of the line in its file, from 1, or the message's offset */
};

struct dlq_input;

/* ERR_IO, ERR_KAFKA, ERR_CONFIG. */
int dlq_input_open(const struct dlq_place *place, struct dlq_input **input, struct err *err);
/* 1: a line; 0: there are no more; negative: it can't be read. */
int dlq_input_next(struct dlq_input *input, struct dlq_line *line, struct err *err);
void dlq_input_close(struct dlq_input *input);

#endif
