/* SPDX-License-Identifier: Apache-2.0
 *
 * engine.c - see engine.h: opens the parts, closes them, and tells what happened. The way of the
 * data is in pipeline.c.
 */
#include "cli/engine/engine.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cli/engine/engine_internal.h"

#include <signal.h>

static int open_sinks(struct outlet *outlet, const struct sink_options *options, uint32_t count,
                      const struct sink_ops *ops, struct err *err)
{
    int failed = 0;
    outlet->sinks = memory_new(count + 1, sizeof *outlet->sinks);
    for (uint32_t i = 0; i < count && failed == 0; i++) {
        struct sink *sink = &outlet->sinks[i];
        if (ops != NULL) {
            sink->ops = ops;
            sink->options = options[i];
            failed = ops->open(sink, &options[i], err);
        } else {
            failed = sink_open(sink, &options[i], err);
        }
        outlet->count += failed == 0 ? 1 : 0;
    }
    return failed;
}

static void close_sinks(struct outlet *outlet)
{
    for (uint32_t i = 0; i < outlet->count; i++) {
        sink_close(&outlet->sinks[i]);
    }
    memory_free(outlet->sinks);
}

static int open_source(struct engine *engine, const struct source_ops *ops, struct err *err)
{
    int failed = 0;
    if (ops != NULL) {
        engine->source.ops = ops;
        failed = ops->open(&engine->source, &engine->options.source, err);
    } else {
        failed = source_open(&engine->source, &engine->options.source, err);
    }
    engine->source_is_open = failed == 0;
    return failed;
}

static void make_pool(struct engine *engine)
{
    engine->batches_count = 2 * engine->options.threads + 2;
    engine->pool = memory_new(engine->batches_count, sizeof(struct batch *));
    engine->spare = batch_new();
    for (uint32_t i = 0; i < engine->batches_count; i++) {
        struct batch *batch = batch_new();
        batch->outcome = outcome_new();
        engine->pool[engine->pool_count++] = batch;
    }
}

static void free_pool(struct engine *engine)
{
    ENSURE(engine->pool_count == engine->batches_count);
    for (uint32_t i = 0; i < engine->pool_count; i++) {
        outcome_free(engine->pool[i]->outcome);
        batch_free(engine->pool[i]);
    }
    batch_free(engine->spare);
    memory_free(engine->pool);
}

/* The source comes before the sinks: a wrong path must not leave an empty alert file behind. */
static int open_all(struct engine *engine, const struct engine_parts *parts, struct err *err)
{
    const struct engine_options *options = &engine->options;
    if (options->threads < 1 || options->threads > LIMIT_THREADS) {
        return err_set(err, ERR_USAGE, "%u threads: use 1 to %d", options->threads, LIMIT_THREADS);
    }
    int failed = ruleset_new(options, 1, &engine->ruleset, err);
    if (failed == 0) {
        rule_costs_init(&engine->costs, engine->ruleset->rules);
        make_pool(engine);
        engine->crew =
            crew_new(options->threads, engine->batches_count, options->dead_letters_count > 0);
        failed = open_source(engine, parts->source, err);
    }
    if (failed == 0) {
        deliver_init(&engine->deliverer, &engine->source, engine->ruleset, options);
        failed = open_sinks(&engine->deliverer.alerts, options->alerts, options->alerts_count,
                            parts->alert_sink, err);
    }
    if (failed == 0) {
        failed = open_sinks(&engine->deliverer.dead_letters, options->dead_letters,
                            options->dead_letters_count, parts->dead_letter_sink, err);
    }
    if (failed == 0) {
        failed = open_sinks(&engine->deliverer.exceptions, options->exceptions,
                            options->exceptions_count, parts->alert_sink, err);
    }
    if (failed == 0) {
        failed = open_sinks(&engine->deliverer.accounts, options->accounts, options->accounts_count,
                            parts->dead_letter_sink, err);
    }
    return failed != 0 ? failed : deliver_open(&engine->deliverer, options, err);
}

int engine_new_with(const struct engine_options *options, const struct engine_parts *parts,
                    struct engine **engine, struct err *err)
{
    /* A sink whose reader is gone is an error that is told, not a signal that ends the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    struct engine *made = memory_new(1, sizeof *made);
    made->options = *options;
    int failed = open_all(made, parts, err);
    if (failed != 0) {
        engine_free(made);
        made = NULL;
    }
    *engine = made;
    return failed;
}

int engine_new(const struct engine_options *options, struct engine **engine, struct err *err)
{
    static const struct engine_parts none;
    return engine_new_with(options, &none, engine, err);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    crew_free(engine->crew);
    if (engine->pool != NULL) {
        free_pool(engine);
    }
    close_sinks(&engine->deliverer.alerts);
    close_sinks(&engine->deliverer.exceptions);
    close_sinks(&engine->deliverer.dead_letters);
    close_sinks(&engine->deliverer.accounts);
    if (engine->source_is_open) {
        source_close(&engine->source);
    }
    deliver_release(&engine->deliverer);
    rule_costs_release(&engine->costs);
    ruleset_drop(&engine->ruleset);
    memory_free(engine);
}

int engine_run(struct engine *engine, struct err *err)
{
    engine->started_ns = clock_monotonic_ns();
    engine->tick_ns = engine->started_ns;
    engine->finished_ns = 0;
    int failed = pipeline_run(engine, err);
    rule_costs_tell(&engine->costs, engine->crew);
    engine->finished_ns = clock_monotonic_ns();
    return failed;
}

void engine_stop(struct engine *engine)
{
    atomic_store(&engine->stop_wanted, true);
}

uint64_t engine_reload(struct engine *engine)
{
    return atomic_fetch_add(&engine->reloads_wanted, 1) + 1;
}

struct engine_reloads engine_reloads(const struct engine *engine)
{
    return (struct engine_reloads){
        .done = engine->reloads,
        .failed = engine->reloads_failed,
        .ticket = engine->reloads_answered,
        .failure = engine->reload_failure.code != 0 ? engine->reload_failure.text : NULL,
    };
}

void engine_on_progress(struct engine *engine, engine_progress_fn *call, void *context)
{
    engine->progress = call;
    engine->progress_context = context;
}

void engine_on_alert(struct engine *engine, engine_alert_fn *call, void *context)
{
    engine->deliverer.on_alert = call;
    engine->deliverer.on_alert_context = context;
}

static int64_t elapsed_ns(const struct engine *engine)
{
    if (engine->started_ns == 0) {
        return 0;
    }
    int64_t until_ns = engine->finished_ns != 0 ? engine->finished_ns : clock_monotonic_ns();
    return until_ns - engine->started_ns;
}

void engine_summarize(const struct engine *engine, struct engine_summary *summary)
{
    const struct deliverer *deliverer = &engine->deliverer;
    const struct source *source = &engine->source;
    *summary = (struct engine_summary){
        .streams = (const struct stream *const *)source->streams,
        .streams_count = source->streams_count,
        .unbalanced = deliverer->audit.unbalanced,
        .lost_offsets = deliverer->audit.lost_offsets,
        .missing_offsets = deliverer->audit.missing_offsets,
        .account_lines = deliverer->accounting.lines,
        .accounts_open = deliver_accounts_open(deliverer),
        .alerts = deliverer->alerts_count,
        .alerts_by_rule = deliverer->alerts_by_rule,
        .suppressed = deliverer->suppression.count,
        .suppressed_by_rule = deliverer->suppression.by_rule,
        .suppress_evicted = deliver_suppress_evicted(deliverer),
        .excepted = deliverer->excepted_count,
        .excepted_by = deliverer->excepted_by,
        .matches = deliverer->matches,
        .profile = rule_costs_sum(&engine->costs, engine->crew),
        .future = deliverer->future,
        .windows = deliver_window_counters(deliverer),
        .lost_by_rule = deliver_lost_by_rule(deliverer),
        .commits = deliverer->commits,
        .commits_stale = deliverer->commits_stale,
        .redelivered = deliverer->redelivered,
        .outage_ns = deliverer->outage_ns,
        .input_dropped = source->dropped,
        .input_errors = source->errors,
        .bytes_expected = source->bytes_expected,
        .bytes_read = __atomic_load_n(&source->bytes_read, __ATOMIC_RELAXED),
        .bytes_input = deliverer->bytes_input,
        .elapsed_ns = elapsed_ns(engine),
        .reloads = engine->reloads,
        .reloads_failed = engine->reloads_failed,
    };
    for (uint32_t i = 0; i < source->streams_count; i++) {
        tally_add(&summary->total, &source->streams[i]->tally);
    }
    summary->residue = tally_residue(&summary->total);
    memcpy(summary->decoders, deliverer->decoders, sizeof summary->decoders);
    memcpy(summary->faults, deliverer->faults, sizeof summary->faults);
    memcpy(summary->alerts_by_level, deliverer->alerts_by_level, sizeof summary->alerts_by_level);
}

bool engine_adds_up(const struct engine_summary *summary)
{
    return summary->residue == 0 && summary->unbalanced == 0 && summary->lost_offsets == 0;
}

const struct rule_set *engine_rules(const struct engine *engine)
{
    return engine->ruleset->rules;
}

const struct plan *engine_plan(const struct engine *engine)
{
    return engine->ruleset->plan;
}

void engine_visit_windows(const struct engine *engine, window_visit_fn *visit, void *context)
{
    for (uint32_t i = 0; i < engine->deliverer.tasks_count; i++) {
        windows_visit(task_windows(engine->deliverer.tasks[i]), visit, context);
    }
}
