/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver_internal.h - the end of a batch's way: windows, sinks, commit, tallies.
 *
 * In:  batches that were worked on, in the order of polling.   Out: lines in sinks, stored offsets.
 * Thread: the engine_run thread only.
 * Owns:   the sinks, the state store, the tasks, the current ruleset's first use, every count of
 *         the run.
 * Invariants: (1) without a state, a batch's offsets are stored only after all that it gave rise to
 *                 is flushed. With one, a commit has places, what is remembered and alerts of the
 *                 same records, and alerts are written to sinks when their commit is durable.
 *             (2) records that do not add up are told, not fatal: audit_internal.h.
 *             (3) a failure delivers nothing more: the batch and those after it are read again by
 *                 the next run.
 */
#ifndef TOCSIN_CLI_ENGINE_DELIVER_INTERNAL_H
#define TOCSIN_CLI_ENGINE_DELIVER_INTERNAL_H

#include "analyze/task/task.h"
#include "base/buffer.h"
#include "cli/engine/accounting_internal.h"
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
    struct task *task;  /* NULL: not ours (any more); its records are another's to count */
    uint32_t number;    /* in the task */
    uint32_t account;   /* 1 + the number among the task's accounts; 0: not known */
    bool touched;       /* delivered to since the last commit */
    int64_t latest_ns;  /* latest event time delivered, or TIMESTAMP_NONE */
    int64_t arrived_ns; /* monotonic clock: when data last came */
    uint64_t end;       /* offset after the last byte seen */
    bool known;
    bool moved; /* latest_ns is news to the windows */
    bool idle;  /* told to the windows: holds nobody back */
};

/* The store does not answer: err says why. Returns when it may be asked again; false: give up. */
typedef bool deliver_outage_fn(void *context, const struct err *err);

struct deliverer {
    struct source *source; /* borrowed */
    struct outlet alerts;
    struct outlet dead_letters;
    struct outlet exceptions;
    struct outlet accounts;
    struct window_options window_options;
    int64_t idle_ns;
    struct ruleset *ruleset;   /* current */
    struct state_store *store; /* NULL: none */
    bool task_a_stream;
    struct task **tasks;
    uint32_t tasks_count;
    uint32_t tasks_capacity;
    struct stream_state *streams;
    uint32_t streams_count;
    struct audit audit;
    struct accounting accounting;
    uint32_t awaited;  /* streams of the source that the task was told of */
    uint32_t *touched; /* ids of streams */
    uint32_t touched_count;
    uint32_t touched_capacity;
    int64_t commit_ns;
    int64_t committed_ns; /* monotonic clock: the last commit */
    int64_t opened_ns;    /* likewise: when the tasks were loaded last */
    bool heard_all;       /* streams that the store knew and that are silent rest */
    bool stale;           /* a task is: deliver_reload_stale */
    deliver_outage_fn *on_outage;
    void *on_outage_context;
    struct buffer json;     /* of a correlation's alert, or of one of our own */
    struct task *emit_task; /* whose windows give out alerts */
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
    uint64_t commits;
    uint64_t commits_stale;
    uint64_t redelivered;
    int64_t outage_ns;
    struct window_counters closed; /* of tasks that are */
    uint64_t closed_suppress_evicted;
};

/* Begins to deliver for ruleset, which it acquires. The outlets' sinks are the caller's to open
 * first. */
void deliver_init(struct deliverer *deliverer, struct source *source, struct ruleset *ruleset,
                  const struct engine_options *options);
void deliver_release(struct deliverer *deliverer);

/* Opens the state and the task of all streams, if there is one: places go to the source, alerts
 * that waited to the sinks, which are open. */
int deliver_open(struct deliverer *deliverer, const struct engine_options *options,
                 struct err *err);
/* Everything for one batch but giving its memory back. */
int deliver_batch(struct deliverer *deliverer, const struct batch *batch, struct err *err);
/* Streams without data since idle_ns before now_ns (monotonic) stop holding the watermark back. */
int deliver_idle(struct deliverer *deliverer, int64_t now_ns, struct err *err);
/* End of input: what windows wait for will not come. */
int deliver_end(struct deliverer *deliverer, struct err *err);
/* Writes the accounts that are due to their sinks; with `all` those that are open, too. */
int deliver_accounts(struct deliverer *deliverer, bool all, struct err *err);
uint64_t deliver_accounts_open(const struct deliverer *deliverer);
/* From the next batch on ruleset counts. No batch may be in flight. Correlations that are the same
 * go on: see windows_change_rules. */
int deliver_change_rules(struct deliverer *deliverer, struct ruleset *ruleset, struct err *err);
/* What each rule's correlation has lost at a limit; until the next call. */
const uint64_t *deliver_lost_by_rule(const struct deliverer *deliverer);
/* Commits what is not committed, when it is due or (now) at once. */
int deliver_commit(struct deliverer *deliverer, bool now, struct err *err);
/* The source's change of streams takes effect: nothing is in flight. */
int deliver_change_streams(struct deliverer *deliverer, struct err *err);
/* Stale tasks are loaded anew and their streams go on from there: nothing is in flight. */
int deliver_reload_stale(struct deliverer *deliverer, struct err *err);
/* Of all windows of the run. */
struct window_counters deliver_window_counters(const struct deliverer *deliverer);
/* Of all suppressors of the run: suppressor_evicted. */
uint64_t deliver_suppress_evicted(const struct deliverer *deliverer);

/* --- between the files of the deliverer ---------------------------------------------------------
 */

int outlet_write(struct outlet *outlet, const struct sink_item *item, struct err *err);
int outlet_flush(struct outlet *outlet, struct err *err);
/* What is known of the stream; there is a task for it if it is ours. */
struct stream_state *stream_state_of(struct deliverer *deliverer, const struct stream *stream);
/* The task's windows go on to what its streams have reached. */
int deliver_advance(struct deliverer *deliverer, struct task *task, struct err *err);
/* What was delivered is durable: the source may store its own offsets. */
int deliver_source_committed(struct deliverer *deliverer, struct err *err);
/* The store did not answer, err says why. True: it may be asked again now. */
bool deliver_waits_for_store(struct deliverer *deliverer, const struct err *err);
/* Partitions that the source has opened hold the watermark back until they are heard of, or idle:
 * the first one that is read would else make all others late. */
void deliver_await(struct deliverer *deliverer);
/* The stream's place is to be in the next commit. */
void deliver_touch(struct deliverer *deliverer, const struct stream *stream);
/* Alerts that are committed go to the sinks; what is there leaves the store. *told, if not NULL:
 * how many. */
int deliver_outbox(struct deliverer *deliverer, struct task *task, uint64_t *told, struct err *err);

#endif
