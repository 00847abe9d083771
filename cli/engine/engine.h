/* SPDX-License-Identifier: Apache-2.0
 *
 * engine.h - the way of the data, wired: poll, frame, decode, match, window, alert, deliver,
 * commit.
 *
 * In:  a source's, rules' and sinks' configuration.   Out: alerts and dead letters in sinks,
 *      tallies.
 * Thread: engine_run by one thread, which reads and delivers; it shares decoding and matching with
 *         threads - 1 others. engine_stop and engine_reload: any thread, or a signal handler.
 * Owns:   source, sinks, plan, windows, workers, a fixed pool of batches.
 * Invariants: (1) batches are delivered in the order in which they were polled, whatever worker
 *                 finished first: output does not depend on threads.
 *             (2) a batch's offsets are stored after its alerts and dead letters are flushed; with
 *                 a state, together with its alerts and with what correlations remember of it.
 *             (3) per stream: records = evaluated + filtered + dead + duplicates, or an alert is
 *                 raised and the command ends with exit code 4.
 *             (4) a reload takes effect at a batch's edge; a reload that fails changes nothing.
 * Bounds: batches in flight <= 2 * threads + 2.
 */
#ifndef TOCSIN_CLI_ENGINE_ENGINE_H
#define TOCSIN_CLI_ENGINE_ENGINE_H

#include "analyze/match/match_profile.h"
#include "analyze/plan/plan.h"
#include "analyze/state/state.h"
#include "analyze/window/window.h"
#include "base/error.h"
#include "ingest/decode/decoder.h"
#include "ingest/source/source.h"
#include "respond/sink/sink.h"

struct engine_options {
    struct source_options source;
    struct decoder_options decoder;
    const char *const *rules; /* files and directories */
    uint32_t rules_count;
    struct sink_options *alerts; /* every alert goes to each */
    uint32_t alerts_count;
    struct sink_options *dead_letters; /* 0 or more; without one they are only counted */
    uint32_t dead_letters_count;
    struct sink_options *exceptions; /* 0 or more: matches that raised no alert by an exception */
    uint32_t exceptions_count;
    struct sink_options *accounts; /* 0 or more: what became of each stream's records, hourly */
    uint32_t accounts_count;
    struct window_options window;
    uint32_t threads; /* 1: all in the calling thread; N: N - 1 beside it */
    bool every_match; /* rules that only serve correlations alert, too */
    bool every_field; /* lines are decoded with all fields, for who wants to see an event */
    bool throttles;   /* sets regexes that run into limits aside: answers then depend on history */
    struct state_options state; /* kind NULL: nothing but the source's positions outlives a run */
    bool task_a_stream;         /* each stream is committed by itself: streams change hands */
    int64_t commit_ns;          /* with a state: how long an alert may wait for its commit */
    int64_t idle_ns; /* a stream without data for so long holds no watermark back (Kafka, follow) */
};

struct engine;

/* Opens and compiles all. What options points to must live as long as the engine. Rule problems are
 * not errors here: see engine_rules. On an error the text names what could not be opened and
 * *engine is NULL. */
/* SIGPIPE is ignored from here on: a sink whose reader is gone is an error, not the end. */
int engine_new(const struct engine_options *options, struct engine **engine, struct err *err);
void engine_free(struct engine *engine);

/* Runs until the input ends or engine_stop. What was polled before a stop is delivered and
 * committed. 0, or the first failure of source or sink. */
int engine_run(struct engine *engine, struct err *err);
/* Async-signal-safe. */
void engine_stop(struct engine *engine);
/* Rules are loaded anew, with what their files hold from now on, and put in force at a batch's
 * edge. Any thread, async-signal-safe; several calls coalesce. Returns the call's ticket. */
uint64_t engine_reload(struct engine *engine);
/* What became of reloads; read it in the engine_run thread. */
struct engine_reloads {
    uint32_t done; /* took effect */
    uint32_t failed;
    uint64_t ticket;     /* this call of engine_reload is answered, and all before it */
    const char *failure; /* why it changed nothing; NULL: it took effect */
};
struct engine_reloads engine_reloads(const struct engine *engine);

/* Called about four times a second by the engine_run thread, for progress. */
typedef void engine_progress_fn(void *context, const struct engine *engine);
void engine_on_progress(struct engine *engine, engine_progress_fn *call, void *context);
/* Called for each alert of a rule, in their order, once it was given to the sinks. One thread at a
 * time. */
typedef void engine_alert_fn(void *context, const struct alert *alert);
void engine_on_alert(struct engine *engine, engine_alert_fn *call, void *context);

/* What happened; valid while the engine lives, read it in the engine_run thread or after it. */
struct engine_summary {
    struct tally total;
    int64_t residue;          /* of total; not 0 is a bug */
    uint64_t unbalanced;      /* chunks and batches whose records did not add up; likewise */
    uint64_t lost_offsets;    /* passed over without a reason; likewise */
    uint64_t account_lines;   /* written */
    uint64_t accounts_open;   /* hours of streams that are not closed */
    uint64_t missing_offsets; /* Kafka: without a message, by retention or transactions */
    const struct stream *const *streams; /* with their tallies */
    uint32_t streams_count;
    uint64_t decoders[16];          /* evaluated events per decoder_table row */
    uint64_t faults[RECORD_FAULTS]; /* dead letters per reason */
    uint64_t alerts;
    uint64_t alerts_by_level[RULE_LEVELS];
    const uint64_t *alerts_by_rule; /* per rule index */
    uint64_t suppressed; /* alerts that `suppress` kept from being told; not among alerts */
    const uint64_t *suppressed_by_rule; /* per rule index */
    uint64_t suppress_evicted;          /* keys that were forgotten because there were too many */
    uint64_t excepted;           /* matches that an exception covered: neither alerts nor counted */
    const uint64_t *excepted_by; /* per rule_exception.number */
    uint64_t matches;            /* matches of any detection rule, silent ones included */
    const struct match_profile *profile; /* per rule index, of all workers; NULL: none */
    uint64_t future; /* events too far ahead of their message to move the watermark */
    struct window_counters windows;
    const uint64_t *lost_by_rule; /* at a limit: see windows_add_lost */
    uint64_t commits;             /* of the state */
    uint64_t commits_stale;       /* another process had gone on: loaded anew */
    uint64_t redelivered;         /* alerts that an earlier run had committed, not delivered */
    int64_t outage_ns;            /* how long the state store did not answer */
    uint64_t input_dropped;       /* datagrams that never became records */
    uint64_t input_errors;        /* files and folders that could not be read; each was logged */
    uint64_t bytes_expected;      /* 0: unknown */
    uint64_t bytes_read;          /* as stored: compressed bytes of a .gz */
    uint64_t bytes_input;         /* inflated */
    int64_t elapsed_ns;
    uint32_t reloads;
    uint32_t reloads_failed;
};
void engine_summarize(const struct engine *engine, struct engine_summary *summary);
/* Is every record accounted for, and every offset? */
bool engine_adds_up(const struct engine_summary *summary);
const struct rule_set *engine_rules(const struct engine *engine);
const struct plan *engine_plan(const struct engine *engine);
/* The groups that correlations watch; in the engine_run thread or after it. */
void engine_visit_windows(const struct engine *engine, window_visit_fn *visit, void *context);

#endif
