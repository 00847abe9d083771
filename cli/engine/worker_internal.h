/* SPDX-License-Identifier: Apache-2.0
 *
 * worker_internal.h - what is done to one batch without looking at any other: decode, match, make
 * alerts. The results are the batch's outcome.
 *
 * In:  a batch, framed or of messages.   Out: its records' outcomes and tallies, and struct
 *      outcome.
 * Thread: a worker belongs to one thread; an outcome goes with its batch.
 * Owns:   the worker its decoder context, event and matcher; the outcome its arrays, reused batch
 *         after batch. Alerts and matches are in the batch's arena.
 * Invariants: (1) outputs are in the order of records and, for one record, in the order of rules:
 *                 what is written does not depend on where batches begin.
 *             (2) every record gets exactly one outcome.
 *             (3) nothing is allocated for an event that no rule matches.
 */
#ifndef TOCSIN_CLI_ENGINE_WORKER_INTERNAL_H
#define TOCSIN_CLI_ENGINE_WORKER_INTERNAL_H

#include "analyze/match/match.h"
#include "analyze/window/window.h"
#include "base/buffer.h"
#include "cli/engine/ruleset_internal.h"
#include "ingest/decode/decoder.h"
#include "ingest/framing/framing.h"
#include "ingest/record/record.h"

#define DECODERS_MAX 16

/* One line for the sinks: an alert, or (alert == NULL) the dead letter of a record. */
struct output {
    const struct alert *alert;
    const struct record *dead;
    const struct chunk *chunk;
    size_t json_at; /* its line in outcome.json */
    size_t json_len;
};

struct outcome {
    const struct worker *worker; /* that made it last */
    struct ruleset *ruleset;     /* to use; set by the reader, borrowed */
    /* Set by the reader, borrowed: how the worker is to frame the batch. NULL: it is framed. */
    const struct framing_options *framing;
    struct output *outputs;
    uint32_t outputs_count;
    uint32_t outputs_capacity;
    struct buffer json;
    struct match_list matches; /* for correlations; in the batch's arena */
    uint32_t *matched;         /* rule index of every match, silent rules included */
    uint32_t matched_count;
    uint32_t matched_capacity;
    uint32_t *excepted; /* rule_exception.number of every match that one covered */
    uint32_t excepted_count;
    uint32_t excepted_capacity;
    int64_t *times; /* per chunk: the latest event time, or TIMESTAMP_NONE */
    uint32_t times_capacity;
    uint64_t decoders[DECODERS_MAX];
    uint64_t faults[RECORD_FAULTS];
    uint64_t future; /* events too far ahead of their message to move the watermark */
};

struct outcome *outcome_new(void);
void outcome_free(struct outcome *outcome);

struct worker {
    uint64_t generation; /* of the set it is bound to; 0: none yet */
    bool bound;
    bool renders_dead_letters;
    struct decoder_context decoder;
    struct event event;
    struct matcher *matcher; /* shared: atomic; NULL: none */
};

/* A zeroed worker is fine but for renders_dead_letters. */
/* Forgets the rules. By the engine_run thread, while the worker has no batch: until then a matcher
 * stays where it is, and its profile may be read. */
void worker_unbind(struct worker *worker);
/* What the worker did since it was bound to its rules; NULL: nothing. Any thread. */
const struct match_profile *worker_profile(const struct worker *worker);
/* Works on batch, whose outcome says with which rules. */
void worker_run(struct worker *worker, struct batch *batch);

#endif
