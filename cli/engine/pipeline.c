/* SPDX-License-Identifier: Apache-2.0
 *
 * pipeline.c - the way of a batch: poll, frame, decode, match, window, alert, commit, record.
 *
 *     source.poll -> framing_run -> worker_run -> crew_next -> deliver_batch -> the pool again
 *                   (messages: the  (decode,                   write, window, flush, commit,
 *                      worker)       match, alert)             record
 *     '----- in turn ----------'                  '------------- in turn ----------------------'
 *
 * Each thread takes a batch this whole way: what was read into its processor's cache is worked on
 * there. The turn makes the order.
 *
 * Read carry_batch, then worker_run (worker.c), then deliver_batch (deliver.c).
 * Thread: all of the crew; the engine_run thread also tends to what is due between batches.
 * Owns:   nothing; batches go round between pool, crew and here.
 * Invariants: (1) a batch is in exactly one place: pool, crew, or a local variable here.
 *             (2) the engine's state, but for the two atomics, is touched in turn only.
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
/* How long after a failure the state store is asked again. */
#define OUTAGE_RETRY_NS TIMESTAMP_SECOND_NS
#define OUTAGE_LOG_NS   (60 * TIMESTAMP_SECOND_NS)

static void give_back(struct engine *engine, struct batch *batch)
{
    ENSURE(engine->pool_count < engine->batches_count);
    engine->source.ops->release(&engine->source, batch);
    batch->payloads_count = 0;
    batch_clear(batch);
    engine->pool[engine->pool_count++] = batch;
}

/* A batch that nobody uses, best one that this worker had last: its memory is still in the cache of
 * the thread's processor. NULL: all are in flight. */
static struct batch *take_batch(struct engine *engine, const struct worker *worker)
{
    uint32_t found = engine->pool_count;
    if (found == 0) {
        return NULL;
    }
    for (uint32_t i = engine->pool_count; i > 0 && found == engine->pool_count; i--) {
        const struct outcome *outcome = engine->pool[i - 1]->outcome;
        found = outcome->worker == worker ? i - 1 : found;
    }
    found = found == engine->pool_count ? found - 1 : found;
    struct batch *batch = engine->pool[found];
    engine->pool[found] = engine->pool[--engine->pool_count];
    return batch;
}

/* Delivers what is done, in order. After a failure nothing more is delivered or committed. */
static void deliver_finished(struct engine *engine)
{
    struct batch *batch = NULL;
    while ((batch = crew_next(engine->crew)) != NULL) {
        if (engine->failed == 0) {
            engine->failed = deliver_batch(&engine->deliverer, batch, &engine->failure);
        }
        give_back(engine, batch);
    }
    crew_wake(engine->crew);
}

/* Until all that was read is delivered. */
static void deliver_all(struct engine *engine)
{
    while (crew_in_flight(engine->crew) > 0) {
        crew_wait(engine->crew, -1);
    }
}

/* Until nothing is in flight; nothing is read meanwhile. */
static void drain(struct engine *engine)
{
    engine->paused = true;
    deliver_all(engine);
    engine->paused = false;
}

static void refuse_rules(struct engine *engine, const struct err *trouble)
{
    engine->reloads_failed++;
    engine->reload_failure = *trouble;
    engine->reloads_answered = engine->reloads_begun;
    log_write(LOG_ERROR, "cli/engine", "rules stay as they were: %s", trouble->text);
}

/* Puts the rules that were compiled aside in force, when nothing is in flight and nothing went
 * wrong. */
static int change_rules(struct engine *engine, struct err *err)
{
    struct err trouble = {0};
    struct ruleset *next = NULL;
    int refused = rebuild_take(&engine->rebuild, &next, &trouble);
    if (refused == 0) {
        refused = ruleset_check_successor(engine->ruleset, next, &trouble);
    }
    if (refused != 0) {
        refuse_rules(engine, &trouble);
        ruleset_drop(&next);
        return 0;
    }
    drain(engine);
    if (engine->failed != 0) {
        ruleset_drop(&next);
        return 0; /* of what the caller will hear anyway */
    }
    int failed = deliver_change_rules(&engine->deliverer, next, err);
    if (failed == 0) {
        log_write(LOG_INFO, "cli/engine", "%u rules are in force, there were %u",
                  next->rules->rules_count, engine->ruleset->rules->rules_count);
        rule_costs_change(&engine->costs, engine->crew, next->rules);
        crew_unbind(engine->crew);
        ruleset_drop(&engine->ruleset);
        engine->ruleset = ruleset_acquire(next);
        engine->reloads++;
        engine->reload_failure = (struct err){0};
        engine->reloads_answered = engine->reloads_begun;
    }
    ruleset_drop(&next);
    return failed;
}

/* Begins a wanted reload, ends one that is compiled. A reload that is wanted while another one is
 * being compiled comes after it: the files may have changed behind its back. */
static int reload(struct engine *engine, struct err *err)
{
    if (rebuild_is_done(&engine->rebuild)) {
        int failed = change_rules(engine, err);
        if (failed != 0) {
            return failed;
        }
    }
    uint64_t wanted = atomic_load(&engine->reloads_wanted);
    if (!engine->rebuild.running && wanted > engine->reloads_begun) {
        struct err trouble = {0};
        engine->reloads_begun = wanted;
        uint64_t generation = engine->ruleset->generation + 1;
        if (rebuild_start(&engine->rebuild, &engine->options, generation, &trouble) != 0) {
            refuse_rules(engine, &trouble);
        }
    }
    return 0;
}

/* --- streams that change hands, a store that does not answer -------------------------------------
 */

/* The source gives or takes streams: what was read of them is delivered and committed first. */
static void change_streams(struct engine *engine)
{
    drain(engine);
    if (engine->failed == 0) {
        engine->failed = deliver_commit(&engine->deliverer, true, &engine->failure);
    }
    if (engine->failed == 0) {
        engine->failed = deliver_change_streams(&engine->deliverer, &engine->failure);
    }
    engine->change_waits = false;
}

static void reload_stale(struct engine *engine)
{
    drain(engine);
    if (engine->failed == 0) {
        engine->failed = deliver_reload_stale(&engine->deliverer, &engine->failure);
    }
}

/* One poll of a source that pauses: nothing is read, but its consumer group sees that we live. What
 * the group wants to change waits until the store answers. */
static int poll_paused(struct engine *engine, struct err *err)
{
    struct source *source = &engine->source;
    enum source_poll polled = source->ops->poll(source, engine->spare, POLL_BUSY_MS, err);
    ENSURE(polled != SOURCE_BATCH);
    engine->change_waits = polled == SOURCE_CHANGE;
    return polled == SOURCE_FAILED ? err->code : 0;
}

/* deliver_outage_fn */
static bool wait_for_store(void *context, const struct err *err)
{
    struct engine *engine = context;
    struct source *source = &engine->source;
    struct err trouble = {0};
    bool pauses = source->ops->pause != NULL;
    int64_t now_ns = clock_monotonic_ns();
    int64_t until_ns = now_ns + OUTAGE_RETRY_NS;
    if (now_ns >= engine->outage_log_ns) {
        log_write(LOG_ERROR, "cli/engine", "reading pauses until the state store answers: %s",
                  err->text);
        engine->outage_log_ns = now_ns + OUTAGE_LOG_NS;
    }
    if (pauses) {
        source->ops->pause(source, true);
    }
    while (now_ns < until_ns && !atomic_load(&engine->stop_wanted) && trouble.code == 0) {
        if (pauses && !engine->change_waits && poll_paused(engine, &trouble) != 0) {
            break;
        }
        clock_sleep_ms(POLL_IDLE_MS);
        now_ns = clock_monotonic_ns();
    }
    if (pauses) {
        source->ops->pause(source, false);
    }
    return !atomic_load(&engine->stop_wanted) && trouble.code == 0;
}

/* What is due between batches. */
static int tend(struct engine *engine, struct err *err)
{
    int failed = reload(engine, err);
    if (engine->change_waits && engine->failed == 0) {
        change_streams(engine);
    }
    if (engine->deliverer.stale && engine->failed == 0) {
        reload_stale(engine);
    }
    failed = failed != 0 ? failed : deliver_commit(&engine->deliverer, false, err);
    if (failed != 0) {
        return failed;
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
    failed = deliver_idle(&engine->deliverer, now_ns, err);
    return failed != 0 ? failed : deliver_accounts(&engine->deliverer, false, err);
}

/* What was delivered is accounted for, even when what comes after it failed: its offsets are
 * stored. With a state what was not committed is read again, and so is its account. */
static void tell_accounts(struct engine *engine)
{
    struct err trouble = {0};
    if (engine->failed != 0 && engine->deliverer.store != NULL) {
        return;
    }
    int failed = deliver_accounts(&engine->deliverer, true, &trouble);
    if (failed != 0 && engine->failed == 0) {
        engine->failed = failed;
        engine->failure = trouble;
    }
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

/* Reads what the source has into batch. */
static enum source_poll read_batch(struct engine *engine, struct batch *batch, int timeout_ms)
{
    struct source *source = &engine->source;
    struct err err = {0};
    enum source_poll polled = source->ops->poll(source, batch, timeout_ms, &err);
    engine->flows = polled == SOURCE_BATCH;
    if (polled != SOURCE_BATCH) {
        ENSURE(polled == SOURCE_FAILED || batch->chunks_count == 0);
        engine->ended = polled == SOURCE_END;
        engine->change_waits = polled == SOURCE_CHANGE;
        if (polled == SOURCE_FAILED) {
            engine->source_failure = err;
        }
        give_back(engine, batch);
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
    crew_add(engine->crew, batch);
    return polled;
}

/* A batch's whole way. The thread has the turn and gives it up while it works. */
static enum source_poll carry_batch(struct engine *engine, struct worker *worker,
                                    struct batch *batch, int timeout_ms)
{
    bool flowed = engine->flows;
    enum source_poll polled = read_batch(engine, batch, timeout_ms);
    if (flowed != engine->flows) {
        crew_wake(engine->crew);
    }
    if (polled == SOURCE_BATCH) {
        struct outcome *outcome = batch->outcome;
        outcome->worker = worker;
        crew_end_turn(engine->crew);
        worker_run(worker, batch);
        crew_take_turn(engine->crew);
        crew_done(engine->crew, batch);
        deliver_finished(engine);
    }
    return polled;
}

/* May more be read? A source that can not be asked again is told of a stop, and ends by itself. */
static bool goes_on(struct engine *engine)
{
    bool stops = atomic_load(&engine->stop_wanted);
    if (stops && !engine->drains && engine->source.ops->stop != NULL) {
        engine->source.ops->stop(&engine->source);
        engine->drains = true;
    }
    return engine->failed == 0 && !engine->ended && engine->source_failure.code == 0 &&
           (!stops || engine->drains);
}

/* crew_help_fn: carries batches as long as they come; whether any come when none did is for the
 * engine_run thread to see. */
static void help(void *context, struct worker *worker)
{
    struct engine *engine = context;
    crew_take_turn(engine->crew);
    while (!engine->over) {
        bool reads = goes_on(engine) && engine->flows && !engine->paused && !engine->change_waits &&
                     !engine->deliverer.stale;
        struct batch *batch = reads ? take_batch(engine, worker) : NULL;
        if (batch == NULL || carry_batch(engine, worker, batch, 0) != SOURCE_BATCH) {
            crew_wait(engine->crew, -1);
        }
    }
    crew_end_turn(engine->crew);
}

/* What the engine_run thread does until nothing more is to be read. */
static void lead(struct engine *engine)
{
    struct worker *worker = crew_own_worker(engine->crew);
    while (goes_on(engine)) {
        int failed = tend(engine, &engine->failure);
        engine->failed = engine->failed != 0 ? engine->failed : failed;
        if (!goes_on(engine)) {
            break;
        }
        struct batch *batch = take_batch(engine, worker);
        if (batch == NULL) {
            crew_wait(engine->crew, POLL_IDLE_MS);
            continue;
        }
        bool alone = crew_in_flight(engine->crew) == 0;
        enum source_poll polled = carry_batch(engine, worker, batch, alone ? POLL_IDLE_MS : 0);
        if (polled == SOURCE_NOTHING_YET && !alone) {
            crew_wait(engine->crew, POLL_BUSY_MS);
        }
    }
}

int pipeline_run(struct engine *engine, struct err *err)
{
    crew_take_turn(engine->crew);
    engine->over = engine->ended = engine->flows = engine->paused = engine->drains = false;
    engine->deliverer.on_outage = wait_for_store;
    engine->deliverer.on_outage_context = engine;
    engine->source_failure = (struct err){0};
    engine->failed = crew_start(engine->crew, help, engine, &engine->failure);
    lead(engine);
    deliver_all(engine);
    if (engine->rebuild.running) {
        struct ruleset *unused = NULL;
        (void)rebuild_take(&engine->rebuild, &unused, &(struct err){0});
        ruleset_drop(&unused);
    }
    if (engine->failed == 0 && engine->ended && !engine->drains) {
        engine->failed = deliver_end(&engine->deliverer, &engine->failure);
    }
    tell_accounts(engine);
    if (engine->failed == 0) {
        engine->failed = deliver_commit(&engine->deliverer, true, &engine->failure);
    }
    engine->over = true;
    crew_wake(engine->crew);
    crew_end_turn(engine->crew);
    crew_join(engine->crew);
    if (engine->failed != 0 || engine->source_failure.code != 0) {
        *err = engine->failed != 0 ? engine->failure : engine->source_failure;
    }
    return engine->failed != 0 ? engine->failed : engine->source_failure.code;
}
