/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq.h - what the commands `tocsin dlq` have in common: where dead letters are, which are wanted,
 * their numbers.
 *
 * In:  options and arguments of a command line.   Out: dead letters, one at a time.
 * Thread: the main thread.   Owns: a request its configuration and lists.
 * Invariants: (1) a letter's number is that of its line among all lines of the input, from 1,
 *                 whatever is filtered.
 *             (2) a line that is no dead letter is told on standard error and counted.
 * Bounds: one letter.
 * Tested: tests/golden/test_dlq.sh, tests/unit/test_dlq_topic.c.
 */
#ifndef TOCSIN_CLI_DLQ_DLQ_H
#define TOCSIN_CLI_DLQ_DLQ_H

#include "cli/config/config.h"
#include "cli/dlq/dlq_input.h"
#include "cli/options.h"
#include "ingest/dead_letter/dead_letter.h"

struct dlq_filter {
    const char *reason; /* NULL: any */
    const char *source; /* a pattern as of a shell; NULL: any */
    int64_t partition;  /* -1: any */
    int64_t since_ns;   /* TIMESTAMP_NONE: any; letters without a time are then left out */
    int64_t until_ns;
};

struct dlq_request {
    const struct command *command;
    struct dlq_place place;
    struct dlq_filter filter;
    struct config *config; /* of --config; NULL: none */
    struct arena *arena;
    struct source_property *properties; /* of --property */
    uint32_t properties_count;
};

struct dlq_entry {
    uint64_t number;
    struct dead_letter letter;
    const struct dlq_line *line;
};

struct dlq_totals {
    uint64_t lines;
    uint64_t unreadable;
    uint64_t selected;
};

/* The options that all commands have, to stand first among theirs. */
#define DLQ_OPTIONS                                                                                \
    {"config", "FILE", NULL, "of the service: read its first sink of dead letters"},               \
        {"brokers", "LIST", NULL, "read a Kafka topic: host:port, with commas between"},           \
        {"topic", "NAME", NULL, "the topic"},                                                      \
        {"property", "NAME=VALUE", NULL, "of librdkafka (TLS, SASL); may be repeated"},            \
        {"reason", "NAME", NULL, "only letters with this reason (version --faults)"},              \
        {"source", "PATTERN", NULL,                                                                \
         "only records of sources like this: topic, path; * stands "                               \
         "for any text"},                                                                          \
        {"partition", "N", NULL, "only records of this partition"},                                \
        {"since", "TIME", NULL, "only letters with a time from this on, as 2026-03-02T10:00:00Z"}, \
    {                                                                                              \
        "until", "TIME", NULL, "only letters with a time before this"                              \
    }

/* argc: of the command line, which has not more paths or properties than that. */
void dlq_request_begin(struct dlq_request *request, const struct command *command, int argc);
/* True when the option is one of DLQ_OPTIONS; it is taken then, or refused. */
bool dlq_request_take(struct dlq_request *request, struct options *options);
/* Takes paths from the arguments from first on and looks at what is missing. An exit code. */
int dlq_request_finish(struct dlq_request *request, const struct options *options, int first);
void dlq_request_release(struct dlq_request *request);

/* Gets each letter that the filter lets through. 0: go on; 1: enough; negative: failed. */
typedef int dlq_visit_fn(void *context, const struct dlq_entry *entry, struct err *err);
/* 0, or the error of the input or of visit. */
int dlq_walk(const struct dlq_request *request, dlq_visit_fn *visit, void *context,
             struct dlq_totals *totals, struct err *err);
/* True when the filter lets the letter through. */
bool dlq_filter_takes(const struct dlq_filter *filter, const struct dead_letter *letter);

#endif
