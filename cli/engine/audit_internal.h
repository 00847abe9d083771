/* SPDX-License-Identifier: Apache-2.0
 *
 * audit_internal.h - whether what was read adds up: batch by batch, before it is delivered.
 *
 * In:  batches that were worked on, in the order of polling.   Out: faults counted, logged, and
 *      told as alerts of account_rule.
 * Thread: the deliverer only.   Owns: what it knows of each stream.
 * Invariants: (1) per chunk, records = evaluated + filtered + dead + duplicates.
 *             (2) a batch has as many records as its chunks together.
 *             (3) of a numbered stream each offset is a message or in a chunk's `missing`, from
 *                 where reading began on. This is counted from the offsets alone.
 *             (4) what does not hold is counted each time, and an alert once an hour for each
 *                 stream; nothing stops.
 * Tested: tests/unit/test_audit.c.
 */
#ifndef TOCSIN_CLI_ENGINE_AUDIT_INTERNAL_H
#define TOCSIN_CLI_ENGINE_AUDIT_INTERNAL_H

#include "analyze/alert/alert.h"
#include "base/error.h"
#include "ingest/record/record.h"

struct audit_stream {
    uint64_t next; /* offset after the last message that was no duplicate */
    bool known;
    bool alerted;
    int64_t alerted_ns; /* monotonic clock */
};

/* Offsets that were passed over before a chunk of the batch. */
struct audit_loss {
    uint32_t chunk;
    uint64_t offsets;
};

/* All zero is fine. */
struct audit {
    struct audit_stream *streams; /* by stream.id */
    uint32_t streams_count;
    struct arena *arena;       /* of the alert that is told; NULL: none yet */
    struct audit_loss *losses; /* of the batch that was audited last */
    uint32_t losses_count;
    uint32_t losses_capacity;
    /* counts of the run */
    uint64_t unbalanced;      /* chunks and batches whose records do not add up */
    uint64_t lost_offsets;    /* passed over without a reason */
    uint64_t missing_offsets; /* without a message: retention, transactions */
};

void audit_release(struct audit *audit);

/* The stream of that id goes on elsewhere: what comes next follows nothing. */
void audit_forget(struct audit *audit, uint32_t stream_id);

/* An alert of tocsin's own about stream; it lives until the call returns. */
typedef int audit_tell_fn(void *context, const struct stream *stream, const struct alert *alert,
                          struct err *err);
/* 0, or what tell failed with. */
int audit_batch(struct audit *audit, const struct batch *batch, audit_tell_fn *tell, void *context,
                struct err *err);
/* How many offsets were passed over before that chunk of the batch that was audited last. */
uint64_t audit_lost(const struct audit *audit, uint32_t chunk);

#endif
