/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver_internal.h - the end of a batch's way: windows, sinks, commit, tallies.
 *
 * In:  batches that were worked on, in the order of polling.   Out: lines in sinks, stored offsets.
 * Thread: the engine_run thread only.
 * Owns:   the sinks, the windows, the current ruleset's first use, every count of the run.
 * Invariants: (1) a batch's offsets are stored only after all that it gave rise to is flushed.
 *             (2) records that do not add up are told, not fatal: audit_internal.h.
 *             (3) a failure delivers nothing more: the batch and those after it are read again by
 *                 the next run.
 */
#ifndef TOCSIN_CLI_ENGINE_DELIVER_INTERNAL_H
#define TOCSIN_CLI_ENGINE_DELIVER_INTERNAL_H

#include "base/buffer.h"
#include "cli/engine/audit_internal.h"
#include "cli/engine/engine.h"
#include "cli/engine/ruleset_internal.h"
#include "cli/engine/suppression_internal.h"
#include "cli/engine/worker_internal.h"

/* Sinks that all get the same lines. */
struct outlet {
    struct sink *sinks;
    uint32_t count;
    bool dirty; /* written to since the last flush */
};

/* What the deliverer knows of a stream, by stream.id. */
struct stream_state {
    int64_t latest_ns;  /* latest event time delivered, or TIMESTAMP_NONE */
    int64_t arrived_ns; /* monotonic clock: when data last came */
    uint64_t end;       /* offset after the last byte seen */
    bool known;
    bool moved; /* latest_ns is news to the windows */
    bool idle;  /* told to the windows: holds nobody back */
};

struct deliverer {
    struct source *source; /* borrowed */
    struct outlet alerts;
    struct outlet dead_letters;
    struct outlet exceptions;
    struct window_options window_options;
    int64_t idle_ns;
    struct ruleset *ruleset; /* current */
    struct windows *windows;
    struct stream_state *streams;
    uint32_t streams_count;
    struct audit audit;
    struct buffer json; /* of a correlation's alert, or of one of our own */
    int emit_failed;
    struct err emit_err;
    /* counts of the run */
    uint64_t *alerts_by_rule; /* per rule of the current set */
    uint64_t *lost_by_rule;   /* likewise: see deliver_lost_by_rule */
    struct suppression suppression;
    uint64_t *excepted_by; /* exception_counts_internal.h */
    uint64_t excepted_count;
    uint64_t alerts_count;
    uint64_t alerts_by_level[RULE_LEVELS];
    engine_alert_fn *on_alert; /* NULL: nobody asks */
    void *on_alert_context;
    uint64_t matches;
    uint64_t skipped;
    uint64_t future;
    uint64_t decoders[DECODERS_MAX];
    uint64_t faults[RECORD_FAULTS];
    uint64_t bytes_input;
};

/* Begins to deliver for ruleset, which it acquires. The outlets' sinks are the caller's to open
 * first. */
void deliver_init(struct deliverer *deliverer, struct source *source, struct ruleset *ruleset,
                  const struct engine_options *options);
void deliver_release(struct deliverer *deliverer);

/* Everything for one batch but giving its memory back. */
int deliver_batch(struct deliverer *deliverer, const struct batch *batch, struct err *err);
/* Streams without data since idle_ns before now_ns (monotonic) stop holding the watermark back. */
int deliver_idle(struct deliverer *deliverer, int64_t now_ns, struct err *err);
/* End of input: what windows wait for will not come. */
int deliver_end(struct deliverer *deliverer, struct err *err);
/* From the next batch on ruleset counts. No batch may be in flight. Correlations that are the same
 * go on: see windows_change_rules. */
int deliver_change_rules(struct deliverer *deliverer, struct ruleset *ruleset, struct err *err);
/* What each rule's correlation has lost at a limit; until the next call. */
const uint64_t *deliver_lost_by_rule(const struct deliverer *deliverer);
/* Of all windows of the run. */
struct window_counters deliver_window_counters(const struct deliverer *deliverer);

#endif
