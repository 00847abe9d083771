/* SPDX-License-Identifier: Apache-2.0
 *
 * deliver.c - see deliver_internal.h. Read deliver_batch first.
 */
#include "cli/engine/deliver_internal.h"

#include "base/clock.h"
#include "base/ensure.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/engine/exception_counts_internal.h"

void deliver_init(struct deliverer *deliverer, struct source *source, struct ruleset *ruleset,
                  const struct engine_options *options)
{
    deliverer->source = source;
    deliverer->window_options = options->window;
    deliverer->idle_ns = options->idle_ns;
    deliverer->ruleset = ruleset_acquire(ruleset);
    deliverer->alerts_by_rule =
        memory_new(ruleset->rules->rules_count + 1, sizeof *deliverer->alerts_by_rule);
    deliverer->lost_by_rule =
        memory_new(ruleset->rules->rules_count + 1, sizeof *deliverer->lost_by_rule);
    deliverer->excepted_by = exception_counts_new(ruleset->rules);
    suppression_init(&deliverer->suppression, ruleset->rules);
    if (options->accounts_count > 0) {
        accounting_init(&deliverer->accounting, &deliverer->audit);
    }
}

void deliver_release(struct deliverer *deliverer)
{
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        task_close(deliverer->tasks[i]);
    }
    memory_free(deliverer->tasks);
    state_close(deliverer->store);
    memory_free(deliverer->touched);
    ruleset_drop(&deliverer->ruleset);
    memory_free(deliverer->alerts_by_rule);
    memory_free(deliverer->lost_by_rule);
    memory_free(deliverer->excepted_by);
    suppression_release(&deliverer->suppression);
    memory_free(deliverer->streams);
    accounting_release(&deliverer->accounting);
    audit_release(&deliverer->audit);
    buffer_release(&deliverer->json);
}

/* --- sinks ------------------------------------------------------------------------------------ */

int outlet_write(struct outlet *outlet, const struct sink_item *item, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < outlet->count && failed == 0; i++) {
        failed = sink_write(&outlet->sinks[i], item, err);
        outlet->dirty = true;
    }
    return failed;
}

int outlet_flush(struct outlet *outlet, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < outlet->count && outlet->dirty && failed == 0; i++) {
        failed = sink_flush(&outlet->sinks[i], err);
    }
    outlet->dirty = outlet->dirty && failed != 0;
    return failed;
}

static int flush_all(struct deliverer *deliverer, struct err *err)
{
    int failed = outlet_flush(&deliverer->alerts, err);
    failed = failed != 0 ? failed : outlet_flush(&deliverer->exceptions, err);
    return failed != 0 ? failed : outlet_flush(&deliverer->dead_letters, err);
}

static void note_alert(struct deliverer *deliverer, const struct alert *alert)
{
    const struct rule_set *rules = deliverer->ruleset->rules;
    size_t index = (size_t)(alert->rule - rules->rules);
    ENSURE(alert->rule->level < RULE_LEVELS && index < rules->rules_count);
    deliverer->alerts_count++;
    deliverer->alerts_by_level[alert->rule->level]++;
    deliverer->alerts_by_rule[index]++;
    if (deliverer->on_alert != NULL) {
        deliverer->on_alert(deliverer->on_alert_context, alert);
    }
}

/* Writes the item's alert, unless it is suppressed. With a state it waits for its commit: one that
 * is told and then not committed could be told again with other contents. */
static int tell(struct deliverer *deliverer, struct task *task, struct sink_item *item,
                struct err *err)
{
    const struct rule *rules = deliverer->ruleset->rules->rules;
    uint32_t rule = (uint32_t)(item->alert->rule - rules);
    if (!suppression_tells(&deliverer->suppression, task_suppressor(task), rule, item)) {
        return 0;
    }
    note_alert(deliverer, item->alert);
    if (deliverer->store == NULL) {
        return outlet_write(&deliverer->alerts, item, err);
    }
    task_tell(task, item->alert->rule->level, item->key, item->json);
    return 0;
}

static int write_output(struct deliverer *deliverer, const struct output *output,
                        struct sink_item *item, struct err *err)
{
    struct task *task = stream_state_of(deliverer, output->chunk->stream)->task;
    if (task == NULL || task_is_stale(task)) {
        return 0; /* its records are read again, by us or by another */
    }
    if (output->alert == NULL) {
        return outlet_write(&deliverer->dead_letters, item, err);
    }
    return output->alert->exception != NULL ? outlet_write(&deliverer->exceptions, item, err)
                                            : tell(deliverer, task, item, err);
}

/* An alert of tocsin's own, of no rule that is loaded: nothing suppresses it. */
static int tell_own(struct deliverer *deliverer, struct task *task, const struct alert *alert,
                    struct err *err)
{
    deliverer->alerts_count++;
    deliverer->alerts_by_level[alert->rule->level]++;
    buffer_clear(&deliverer->json);
    alert_render_json(alert, &deliverer->json);
    struct sink_item item = {
        .alert = alert, .key = str_of(alert->id), .json = buffer_str(&deliverer->json)};
    if (deliverer->store == NULL || task == NULL || task_is_stale(task)) {
        return outlet_write(&deliverer->alerts, &item, err);
    }
    task_tell(task, alert->rule->level, item.key, item.json);
    return 0;
}

/* audit_tell_fn */
static int tell_audit(void *context, const struct stream *stream, const struct alert *alert,
                      struct err *err)
{
    struct deliverer *deliverer = context;
    return tell_own(deliverer, stream_state_of(deliverer, stream)->task, alert, err);
}

static int write_outputs(struct deliverer *deliverer, const struct outcome *outcome,
                         struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < outcome->outputs_count && failed == 0; i++) {
        const struct output *output = &outcome->outputs[i];
        struct sink_item item = {
            .alert = output->alert,
            .dead = output->dead,
            .chunk = output->chunk,
            .key = str_of(output->alert != NULL ? output->alert->id : output->chunk->stream->name),
            .json = {outcome->json.ptr + output->json_at, output->json_len},
        };
        failed = write_output(deliverer, output, &item, err);
    }
    return failed;
}

/* --- windows ---------------------------------------------------------------------------------- */

/* window_emit_fn: the alert of a correlation, or that one lost groups. */
static void emit(void *context, const struct alert *alert)
{
    struct deliverer *deliverer = context;
    if (deliverer->emit_failed != 0) {
        return;
    }
    if (alert->rule == &window_flood_rule) {
        deliverer->emit_failed =
            tell_own(deliverer, deliverer->emit_task, alert, &deliverer->emit_err);
        return;
    }
    buffer_clear(&deliverer->json);
    alert_render_json(alert, &deliverer->json);
    struct sink_item item = {
        .alert = alert, .key = str_of(alert->id), .json = buffer_str(&deliverer->json)};
    deliverer->emit_failed = tell(deliverer, deliverer->emit_task, &item, &deliverer->emit_err);
}

static int emitted(struct deliverer *deliverer, struct err *err)
{
    if (deliverer->emit_failed != 0) {
        *err = deliverer->emit_err;
    }
    return deliverer->emit_failed;
}

/* Tells the stream's task where it has come to. */
static void reach(const struct stream_state *state, int64_t time_ns)
{
    if (state->task == NULL || task_is_stale(state->task)) {
        return;
    }
    if (time_ns != TIMESTAMP_NONE) {
        task_reach(state->task, state->number, time_ns);
    } else {
        task_rest(state->task, state->number);
    }
}

static void move_watermarks(struct deliverer *deliverer, const struct batch *batch)
{
    const struct outcome *outcome = batch->outcome;
    int64_t now_ns = clock_monotonic_ns();
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        struct stream_state *state = stream_state_of(deliverer, batch->chunks[i].stream);
        state->arrived_ns = now_ns;
        if (outcome->times[i] > state->latest_ns) {
            state->latest_ns = outcome->times[i];
        }
        state->moved = state->latest_ns != TIMESTAMP_NONE;
    }
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        struct stream_state *state = stream_state_of(deliverer, chunk->stream);
        if (state->moved) {
            reach(state, state->latest_ns);
            state->moved = false;
            state->idle = false;
        }
        if (chunk->end) {
            reach(state, TIMESTAMP_NONE);
            state->idle = true;
        }
    }
}

static void add_matches(struct deliverer *deliverer, const struct batch *batch)
{
    const struct outcome *outcome = batch->outcome;
    for (uint32_t i = 0; i < outcome->matches.count; i++) {
        const struct match *match = &outcome->matches.items[i];
        struct task *task = stream_state_of(deliverer, match->stream)->task;
        if (task != NULL && !task_is_stale(task)) {
            uint64_t late = window_counters(task_windows(task)).late;
            window_add(task_windows(task), match);
            if (window_counters(task_windows(task)).late != late) {
                accounting_note_late(&deliverer->accounting, batch, match);
            }
        }
    }
    move_watermarks(deliverer, batch);
}

/* How the windows of a task go on: window_advance or window_finish. */
typedef bool step_fn(struct windows *windows, window_emit_fn *emit, void *context);

/* When so much has changed that a commit must come in between, it does. */
static int run_task(struct deliverer *deliverer, struct task *task, step_fn *step, struct err *err)
{
    int failed = 0;
    bool done = false;
    while (!done && failed == 0 && !task_is_stale(task)) {
        deliverer->emit_task = task;
        done = step(task_windows(task), emit, deliverer);
        failed = emitted(deliverer, err);
        if (failed == 0 && deliverer->store != NULL && (!done || task_is_full(task))) {
            failed = deliver_commit(deliverer, true, err);
        }
    }
    return failed;
}

int deliver_advance(struct deliverer *deliverer, struct task *task, struct err *err)
{
    return run_task(deliverer, task, window_advance, err);
}

static int run_windows(struct deliverer *deliverer, step_fn *step, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count && failed == 0; i++) {
        failed = run_task(deliverer, deliverer->tasks[i], step, err);
    }
    return failed;
}

/* --- accounts --------------------------------------------------------------------------------- */

/* Bytes that the chunk brings: not those carried over from the one before it. */
static uint64_t new_bytes(struct stream_state *state, const struct chunk *chunk)
{
    uint64_t end = chunk->offset + chunk->bytes.len;
    uint64_t from = chunk->offset;
    if (!chunk->message && state->end > from && state->end <= end) {
        from = state->end;
    }
    state->end = end;
    return end - from;
}

/* The records of streams that are ours, in their accounts. With a state this comes before the first
 * moment at which a commit may: a place and the account of what is before it are committed
 * together. */
static void account(struct deliverer *deliverer, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        struct stream_state *state = stream_state_of(deliverer, chunk->stream);
        if (state->task == NULL || task_is_stale(state->task)) {
            continue;
        }
        const struct accounting_place place = {task_accounts(state->task), &state->account};
        uint64_t bytes = new_bytes(state, chunk);
        tally_add(&chunk->stream->tally, &chunk->tally);
        deliverer->bytes_input += bytes;
        accounting_add(&deliverer->accounting, &place, batch, i, bytes);
    }
}

static void record(struct deliverer *deliverer, const struct batch *batch)
{
    const struct outcome *outcome = batch->outcome;
    for (int i = 0; i < DECODERS_MAX; i++) {
        deliverer->decoders[i] += outcome->decoders[i];
    }
    for (int i = 0; i < RECORD_FAULTS; i++) {
        deliverer->faults[i] += outcome->faults[i];
    }
    for (uint32_t i = 0; i < outcome->excepted_count; i++) {
        deliverer->excepted_by[outcome->excepted[i]]++;
    }
    deliverer->excepted_count += outcome->excepted_count;
    deliverer->matches += outcome->matched_count;
    deliverer->skipped += outcome->matches.skipped;
    deliverer->future += outcome->future;
}

/* --- one batch -------------------------------------------------------------------------------- */

/* What is counted of the batch is durable when this returns: alerts and dead letters are where they
 * belong, then the source may store its offsets. */
static int deliver_stateless(struct deliverer *deliverer, const struct batch *batch,
                             struct err *err)
{
    add_matches(deliverer, batch);
    int failed = run_windows(deliverer, window_advance, err);
    failed = failed != 0 ? failed : flush_all(deliverer, err);
    if (failed != 0) {
        return failed;
    }
    deliverer->source->ops->delivered(deliverer->source, batch);
    account(deliverer, batch);
    return deliver_source_committed(deliverer, err);
}

/* What the batch's records have changed, and that they were read, stand together in memory before
 * the first moment at which a commit may come. */
static int deliver_stateful(struct deliverer *deliverer, const struct batch *batch, struct err *err)
{
    add_matches(deliverer, batch);
    deliverer->source->ops->delivered(deliverer->source, batch);
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        deliver_touch(deliverer, batch->chunks[i].stream);
    }
    account(deliverer, batch);
    int failed = run_windows(deliverer, window_advance, err);
    return failed != 0 ? failed : deliver_commit(deliverer, false, err);
}

int deliver_batch(struct deliverer *deliverer, const struct batch *batch, struct err *err)
{
    const struct outcome *outcome = batch->outcome;
    ENSURE(outcome->ruleset == deliverer->ruleset);
    deliver_await(deliverer);
    accounting_begin(&deliverer->accounting, batch);
    int failed = audit_batch(&deliverer->audit, batch, tell_audit, deliverer, err);
    if (failed == 0) {
        failed = write_outputs(deliverer, outcome, err);
    }
    if (failed == 0) {
        failed = deliverer->store != NULL ? deliver_stateful(deliverer, batch, err)
                                          : deliver_stateless(deliverer, batch, err);
    }
    if (failed == 0) {
        record(deliverer, batch);
    }
    return failed;
}

/* --- between batches -------------------------------------------------------------------------- */

/* Alerts that windows gave out when no batch was delivered. */
static int settle(struct deliverer *deliverer, struct err *err)
{
    return deliverer->store != NULL ? deliver_commit(deliverer, true, err)
                                    : flush_all(deliverer, err);
}

int deliver_idle(struct deliverer *deliverer, int64_t now_ns, struct err *err)
{
    bool fell_idle = false;
    if (deliverer->idle_ns <= 0 || deliverer->window_options.ordered_at_end) {
        return 0;
    }
    for (uint32_t id = 0; id < deliverer->streams_count; id++) {
        struct stream_state *state = &deliverer->streams[id];
        if (state->known && !state->idle && now_ns - state->arrived_ns >= deliverer->idle_ns) {
            reach(state, TIMESTAMP_NONE);
            state->idle = true;
            fell_idle = true;
        }
    }
    if (!deliverer->heard_all && now_ns - deliverer->opened_ns >= deliverer->idle_ns) {
        for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
            task_rest_unheard(deliverer->tasks[i]);
        }
        deliverer->heard_all = true;
        fell_idle = true;
    }
    if (!fell_idle) {
        return 0;
    }
    int failed = run_windows(deliverer, window_advance, err);
    return failed != 0 ? failed : settle(deliverer, err);
}

int deliver_end(struct deliverer *deliverer, struct err *err)
{
    int failed = run_windows(deliverer, window_finish, err);
    return failed != 0 ? failed : settle(deliverer, err);
}

const uint64_t *deliver_lost_by_rule(const struct deliverer *deliverer)
{
    memset(deliverer->lost_by_rule, 0,
           deliverer->ruleset->rules->rules_count * sizeof *deliverer->lost_by_rule);
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        windows_add_lost(task_windows(deliverer->tasks[i]), deliverer->lost_by_rule);
    }
    return deliverer->lost_by_rule;
}

/* account_tell_fn */
static int write_account(void *context, const struct account_line *line, struct err *err)
{
    struct deliverer *deliverer = context;
    struct sink_item item = {.key = line->id, .json = line->json};
    deliverer->accounting.lines++;
    return outlet_write(&deliverer->accounts, &item, err);
}

int deliver_accounts(struct deliverer *deliverer, bool all, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count && deliverer->accounting.wanted; i++) {
        struct task *task = deliverer->tasks[i];
        if (failed == 0 && !task_is_stale(task)) {
            failed = accounting_tell(task_accounts(task), all, write_account, deliverer, err);
        }
    }
    return failed != 0 ? failed : outlet_flush(&deliverer->accounts, err);
}

uint64_t deliver_accounts_open(const struct deliverer *deliverer)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        count += accounts_open(task_accounts(deliverer->tasks[i]));
    }
    return count;
}

/* Counts follow a rule by its id. Those of a rule that is gone stay in the totals only. */
static void carry_counts(uint64_t **counts, const struct rule_set *before,
                         const struct rule_set *next)
{
    uint64_t *carried = memory_new(next->rules_count + 1, sizeof *carried);
    for (uint32_t i = 0; i < before->rules_count; i++) {
        uint32_t index = (*counts)[i] == 0 ? UINT32_MAX : rule_set_find(next, before->rules[i].id);
        if (index != UINT32_MAX) {
            carried[index] += (*counts)[i];
        }
    }
    memory_free(*counts);
    *counts = carried;
}

int deliver_change_rules(struct deliverer *deliverer, struct ruleset *ruleset, struct err *err)
{
    uint64_t early = deliver_window_counters(deliverer).early;
    uint64_t groups = 0;
    for (uint32_t i = 0; i < deliverer->tasks_count; i++) {
        deliverer->emit_task = deliverer->tasks[i];
        groups += windows_change_rules(task_windows(deliverer->tasks[i]), ruleset->rules, emit,
                                       deliverer);
    }
    int failed = emitted(deliverer, err);
    failed = failed != 0 ? failed : settle(deliverer, err);
    if (failed != 0) {
        return failed;
    }
    early = deliver_window_counters(deliverer).early - early;
    if (groups > 0 || early > 0) {
        log_write(
            LOG_WARNING, "cli/engine",
            "correlations changed: %llu groups begin to count from zero, %llu waiting matches "
            "were decided early",
            (unsigned long long)groups, (unsigned long long)early);
    }
    const struct rule_set *before = deliverer->ruleset->rules;
    carry_counts(&deliverer->alerts_by_rule, before, ruleset->rules);
    carry_counts(&deliverer->lost_by_rule, before, ruleset->rules);
    carry_counts(&deliverer->suppression.by_rule, before, ruleset->rules);
    exception_counts_carry(&deliverer->excepted_by, before, ruleset->rules);
    ruleset_drop(&deliverer->ruleset);
    deliverer->ruleset = ruleset_acquire(ruleset);
    for (uint32_t i = 0; i < deliverer->tasks_count && deliverer->accounting.wanted; i++) {
        accounts_set_rules(task_accounts(deliverer->tasks[i]), str_of(ruleset->digest));
    }
    return 0;
}
