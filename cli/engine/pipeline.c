/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline.c - the way of a batch: poll, frame, decode, match, window, alert, commit, record.
 *
 *     source.poll -> framing_run -> crew_submit -> crew_next -> deliver_batch -> the pool again
 *      (reader)       (reader,       (workers:      (reader)     write, window, flush, commit,
 *                   messages: the  decode, match,                record
 *                      workers)        alert)
 *
 * Read pipeline_run, then worker_run (worker.c), then deliver_batch (deliver.c).
 * Thread: the engine_run thread.   Owns: nothing; batches go round between pool, crew and here.
 * Invariants: (1) a batch is in exactly one place: pool, crew, or a local variable here.
 */
#include "cli/engine/engine_internal.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/timestamp.h"

/* How long a poll may wait: with batches in flight only so long that finished ones don't, and not
 * at all when there is work to be done instead. */
#define POLL_IDLE_MS 100
#define POLL_BUSY_MS 2
#define TICK_NS      (TIMESTAMP_SECOND_NS / 4)

static void give_back(struct engine *engine, struct batch *batch)
{
    ENSURE(engine->pool_count < engine->batches_count);
    engine->source.ops->release(&engine->source, batch);
    batch->payloads_count = 0;
    batch_clear(batch);
    engine->pool[engine->pool_count++] = batch;
}

/* Delivers the batches that are ready or, with all, everything in flight. */
static int deliver_finished(struct engine *engine, bool all, struct err *err)
{
    struct batch *batch = NULL;
    int failed = 0;
    while (failed == 0 && (batch = crew_next(engine->crew, all)) != NULL) {
        failed = deliver_batch(&engine->deliverer, batch, err);
        give_back(engine, batch);
    }
    return failed;
}

/* An empty batch: when all are in flight, the oldest is waited for and delivered. */
static int take_batch(struct engine *engine, struct batch **batch, struct err *err)
{
    int failed = 0;
    if (engine->pool_count == 0) {
        struct batch *oldest = crew_next(engine->crew, true);
        failed = deliver_batch(&engine->deliverer, oldest, err);
        give_back(engine, oldest);
    }
    *batch = failed == 0 ? engine->pool[--engine->pool_count] : NULL;
    return failed;
}

/* After a failure: what is in flight is neither delivered nor committed. */
static void discard_in_flight(struct engine *engine)
{
    struct batch *batch = NULL;
    while ((batch = crew_next(engine->crew, true)) != NULL) {
        give_back(engine, batch);
    }
}

/* Builds the rules anew, aside; they count when nothing is in flight and nothing went wrong. */
static int reload(struct engine *engine, struct err *err)
{
    struct err trouble = {0};
    struct ruleset *next = NULL;
    int failed = deliver_finished(engine, true, err);
    if (failed != 0) {
        return failed;
    }
    int refused = ruleset_new(&engine->options, engine->ruleset->generation + 1, &next, &trouble);
    if (refused == 0) {
        refused = ruleset_check_successor(engine->ruleset, next, &trouble);
    }
    if (refused != 0) {
        engine->reloads_failed++;
        log_write(LOG_ERROR, "cli/engine", "rules stay as they were: %s", trouble.text);
        ruleset_drop(&next);
        return 0;
    }
    failed = deliver_change_rules(&engine->deliverer, next, err);
    if (failed == 0) {
        log_write(LOG_INFO, "cli/engine", "%u rules are in force, there were %u",
                  next->rules->rules_count, engine->ruleset->rules->rules_count);
        rule_costs_change(&engine->costs, engine->crew, next->rules);
        crew_unbind(engine->crew);
        ruleset_drop(&engine->ruleset);
        engine->ruleset = ruleset_acquire(next);
        engine->reloads++;
    }
    ruleset_drop(&next);
    return failed;
}

/* What is due between batches. */
static int tend(struct engine *engine, struct err *err)
{
    if (atomic_exchange(&engine->reload_wanted, false)) {
        int failed = reload(engine, err);
        if (failed != 0) {
            return failed;
        }
    }
    int64_t now_ns = clock_monotonic_ns();
    if (now_ns - engine->tick_ns < TICK_NS) {
        return 0;
    }
    engine->tick_ns = now_ns;
    rule_costs_tell(&engine->costs, engine->crew);
    if (engine->progress != NULL) {
        engine->progress(engine->progress_context, engine);
    }
    return deliver_idle(&engine->deliverer, now_ns, err);
}

/* Messages are whole: whoever works on them can frame them. A stream's chunk needs what framing
 * left of the one before it. */
static bool is_of_messages(const struct batch *batch)
{
    uint32_t i = 0;
    while (i < batch->chunks_count && batch->chunks[i].message) {
        i++;
    }
    return i == batch->chunks_count;
}

/* Polls once; what comes is framed, at the latest by the workers, to which it goes. */
static enum source_poll read_batch(struct engine *engine, struct batch *batch, struct err *err)
{
    int timeout_ms = crew_in_flight(engine->crew) > 0 ? POLL_BUSY_MS : POLL_IDLE_MS;
    struct source *source = &engine->source;
    bool has_work = crew_has_work(engine->crew);
    enum source_poll polled = source->ops->poll(source, batch, has_work ? 0 : timeout_ms, err);
    if (polled != SOURCE_BATCH) {
        ENSURE(polled == SOURCE_FAILED || batch->chunks_count == 0);
        give_back(engine, batch);
        if (has_work) {
            crew_help(engine->crew);
        }
        return polled;
    }
    struct outcome *outcome = batch->outcome;
    outcome->ruleset = engine->ruleset;
    outcome->framing = &engine->options.source.framing;
    if (!is_of_messages(batch)) {
        framing_run(batch, outcome->framing);
        outcome->framing = NULL;
    }
    batch->sequence = engine->sequence++;
    crew_submit(engine->crew, batch);
    return polled;
}

int pipeline_run(struct engine *engine, struct err *err)
{
    enum source_poll polled = SOURCE_NOTHING_YET;
    struct err source_err = {0};
    int failed = 0;
    while (failed == 0 && polled != SOURCE_END && polled != SOURCE_FAILED &&
           !atomic_load(&engine->stop_wanted)) {
        struct batch *batch = NULL;
        failed = tend(engine, err);
        if (failed == 0) {
            failed = take_batch(engine, &batch, err);
        }
        if (failed == 0) {
            polled = read_batch(engine, batch, &source_err);
            failed = deliver_finished(engine, false, err);
        }
    }
    if (failed == 0) {
        failed = deliver_finished(engine, true, err);
    }
    if (failed == 0 && polled == SOURCE_END) {
        failed = deliver_end(&engine->deliverer, err);
    }
    discard_in_flight(engine);
    if (failed == 0 && polled == SOURCE_FAILED) {
        *err = source_err;
        failed = source_err.code;
    }
    return failed;
}
