/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver_tasks.c - see deliver_internal.h: which streams are whose, and what becomes of tasks when
 * streams come, go, or turn out to have gone on elsewhere.
 *
 * In:  streams as the source opens, gives and takes them.   Out: tasks; places for the source.
 * Thread: the deliverer.   Owns: the tasks.
 * Invariants: (1) without a state, and when streams do not change hands, one task has all streams.
 *             (2) a stream that changes hands has a task while it is ours: its place, and all that
 *                 is counted of it, are the store's when that begins.
 */
#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/engine/deliver_internal.h"

#define WHERE    "cli/engine"
#define THE_TASK "main" /* of all streams */

/* --- streams ---------------------------------------------------------------------------------- */

static void grow_streams(struct deliverer *deliverer, uint32_t id)
{
    uint32_t count = deliverer->streams_count == 0 ? 16 : deliverer->streams_count;
    while (count <= id) {
        count *= 2;
    }
    deliverer->streams = memory_resize(deliverer->streams, count, sizeof *deliverer->streams);
    for (uint32_t i = deliverer->streams_count; i < count; i++) {
        deliverer->streams[i] = (struct stream_state){.latest_ns = TIMESTAMP_NONE};
    }
    deliverer->streams_count = count;
}

struct stream_state *stream_state_of(struct deliverer *deliverer, const struct stream *stream)
{
    if (stream->id >= deliverer->streams_count) {
        grow_streams(deliverer, stream->id);
    }
    struct stream_state *state = &deliverer->streams[stream->id];
    if (!state->known && !deliverer->task_a_stream) {
        state->task = deliverer->tasks[0];
        state->number = task_stream(state->task, str_of(stream->name), stream->partition);
    }
    state->known = true;
    return state;
}

void deliver_await(struct deliverer *deliverer)
{
    const struct source *source = deliverer->source;
    for (; deliverer->awaited < source->streams_count; deliverer->awaited++) {
        const struct stream *stream = source->streams[deliverer->awaited];
        if (stream->partition < 0 || deliverer->task_a_stream) {
            continue;
        }
        struct stream_state *state = stream_state_of(deliverer, stream);
        task_await(state->task, state->number);
        state->arrived_ns = clock_monotonic_ns();
    }
}

void deliver_touch(struct deliverer *deliverer, const struct stream *stream)
{
    struct stream_state *state = stream_state_of(deliverer, stream);
    if (!state->touched) {
        MEMORY_GROW(deliverer->touched, deliverer->touched_count, deliverer->touched_capacity);
        deliverer->touched[deliverer->touched_count++] = stream->id;
        state->touched = true;
    }
}

/* --- tasks ------------------------------------------------------------------------------------ */

/* Opens a task; what an earlier run had committed and not delivered is delivered now. */
static int open_task(struct deliverer *deliverer, struct str name, struct task **out,
                     struct err *err)
{
    struct task_options options = {
        .name = name,
        .store = deliverer->store,
        .rules = deliverer->ruleset->rules,
        .window = &deliverer->window_options,
        .accounts = deliverer->accounting.wanted,
    };
    uint64_t told = 0;
    int failed = task_open(&options, out, err);
    while (failed == ERR_REDIS && deliver_waits_for_store(deliverer, err)) {
        failed = task_open(&options, out, err);
    }
    if (failed == 0) {
        if (deliverer->accounting.wanted) {
            accounts_set_rules(task_accounts(*out), str_of(deliverer->ruleset->digest));
        }
        MEMORY_GROW(deliverer->tasks, deliverer->tasks_count, deliverer->tasks_capacity);
        deliverer->tasks[deliverer->tasks_count++] = *out;
        deliverer->opened_ns = clock_monotonic_ns();
        deliverer->heard_all = false;
    }
    if (failed == 0 && deliverer->store != NULL) {
        failed = deliver_outbox(deliverer, *out, &told, err);
        deliverer->redelivered += told;
        if (failed == 0) {
            deliver_await(deliverer);
            failed = deliver_advance(deliverer, *out, err);
        }
    }
    if (told > 0) {
        log_write(LOG_INFO, WHERE,
                  "task %.*s: %llu alerts of an earlier run were still to be written",
                  STR_ARG(name), (unsigned long long)told);
    }
    return failed;
}

static void add_counters(struct window_counters *sum, const struct windows *windows, bool lives)
{
    struct window_counters more = window_counters(windows);
    sum->matches += more.matches;
    sum->late += more.late;
    sum->evicted += more.evicted;
    sum->refused += more.refused;
    sum->early += more.early;
    sum->skipped += more.skipped;
    sum->bare += more.bare;
    sum->keys += lives ? more.keys : 0;
    sum->pending += lives ? more.pending : 0;
}

struct window_counters deliver_window_counters(const struct deliverer *deliverer)
{
    struct window_counters sum = deliverer->closed;
    sum.skipped += deliverer->skipped;
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        add_counters(&sum, task_windows(deliverer->tasks[i]), true);
    }
    return sum;
}

uint64_t deliver_suppress_evicted(const struct deliverer *deliverer)
{
    uint64_t sum = deliverer->closed_suppress_evicted;
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        sum += suppressor_evicted(task_suppressor(deliverer->tasks[i]));
    }
    return sum;
}

static void close_task(struct deliverer *deliverer, struct task *task)
{
    uint32_t at = 0;
    while (at < deliverer->tasks_count && deliverer->tasks[at] != task) {
        at++;
    }
    ENSURE(at < deliverer->tasks_count);
    deliverer->tasks[at] = deliverer->tasks[--deliverer->tasks_count];
    for (uint32_t id = 0; id < deliverer->streams_count; id++) {
        if (deliverer->streams[id].task == task) {
            deliverer->streams[id].task = NULL;
            deliverer->streams[id].account = 0;
            deliverer->streams[id].latest_ns = TIMESTAMP_NONE;
        }
    }
    add_counters(&deliverer->closed, task_windows(task), false);
    deliverer->closed_suppress_evicted += suppressor_evicted(task_suppressor(task));
    task_close(task);
}

int deliver_open(struct deliverer *deliverer, const struct engine_options *options, struct err *err)
{
    struct task *task = NULL;
    int failed = 0;
    if (options->state.kind != NULL && options->task_a_stream &&
        deliverer->source->ops->answer == NULL) {
        return err_set(err, ERR_CONFIG, "streams of the source %s can not change hands",
                       deliverer->source->ops->name);
    }
    if (options->state.kind != NULL) {
        failed = state_open(&options->state, &deliverer->store, err);
        deliverer->task_a_stream = options->task_a_stream;
        deliverer->commit_ns = options->commit_ns;
        deliverer->committed_ns = clock_monotonic_ns();
    }
    if (failed != 0 || deliverer->task_a_stream) {
        return failed;
    }
    failed = open_task(deliverer, STR(THE_TASK), &task, err);
    for (uint32_t i = 0; failed == 0 && i < task_streams_count(task); i++) {
        struct task_place place = task_place(task, i);
        if (place.place.len > 0 && deliverer->source->ops->resume != NULL) {
            failed = deliverer->source->ops->resume(deliverer->source, place.name, place.partition,
                                                    place.place, err);
        }
    }
    return failed;
}

/* --- streams that change hands ---------------------------------------------------------------- */

/* The name of a stream's task: "topic/partition". */
static void name_task(const struct stream *stream, struct buffer *name)
{
    buffer_add_text(name, stream->name);
    buffer_add_byte(name, '/');
    buffer_add_i64(name, stream->partition);
}

/* Gives the stream a task, with what the store has of it. */
static int adopt(struct deliverer *deliverer, const struct stream *stream, struct err *err)
{
    struct buffer name = {0};
    struct stream_state *state = stream_state_of(deliverer, stream);
    struct task *task = NULL;
    ENSURE(state->task == NULL);
    name_task(stream, &name);
    int failed = open_task(deliverer, buffer_str(&name), &task, err);
    buffer_release(&name);
    if (failed == 0) {
        state->task = task;
        state->number = task_stream(task, str_of(stream->name), stream->partition);
        state->arrived_ns = clock_monotonic_ns();
        state->idle = false;
        audit_forget(&deliverer->audit, stream->id);
    }
    return failed;
}

/* Where the stream goes on, or "". */
static struct str place_of(struct deliverer *deliverer, const struct stream *stream)
{
    const struct stream_state *state = stream_state_of(deliverer, stream);
    return task_place(state->task, state->number).place;
}

int deliver_change_streams(struct deliverer *deliverer, struct err *err)
{
    struct source *source = deliverer->source;
    const struct source_change *change = &source->change;
    int failed = 0;
    for (uint32_t i = 0; i < change->count && failed == 0; i++) {
        const struct stream *stream = change->streams[i];
        struct stream_state *state = stream_state_of(deliverer, stream);
        if (change->taken && state->task != NULL && deliverer->task_a_stream) {
            close_task(deliverer, state->task);
        } else if (!change->taken && deliverer->task_a_stream) {
            failed = adopt(deliverer, stream, err);
        }
        struct str place =
            failed == 0 && !change->taken ? place_of(deliverer, stream) : (struct str){0};
        if (place.len > 0) {
            failed =
                source->ops->resume(source, str_of(stream->name), stream->partition, place, err);
        }
    }
    return failed != 0 ? failed : source->ops->answer(source, err);
}

int deliver_reload_stale(struct deliverer *deliverer, struct err *err)
{
    struct source *source = deliverer->source;
    int failed = 0;
    for (uint32_t id = 0; id < source->streams_count && failed == 0; id++) {
        const struct stream *stream = source->streams[id];
        struct stream_state *state = stream_state_of(deliverer, stream);
        if (state->task == NULL || !task_is_stale(state->task)) {
            continue;
        }
        log_write(LOG_WARNING, WHERE,
                  "task %.*s: another process has gone on from where we were; its state is loaded "
                  "anew",
                  STR_ARG(task_name(state->task)));
        if (!deliverer->task_a_stream) {
            return err_set(err, ERR_CONFIG,
                           "another process uses the same state: every process needs its own path, "
                           "or prefix");
        }
        close_task(deliverer, state->task);
        failed = adopt(deliverer, stream, err);
        if (failed == 0) {
            failed = source->ops->seek(source, stream, place_of(deliverer, stream), err);
        }
    }
    deliverer->stale = false;
    return failed;
}
