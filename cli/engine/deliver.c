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
    deliverer->windows = windows_new(ruleset->rules, &deliverer->window_options);
    deliverer->alerts_by_rule =
        memory_new(ruleset->rules->rules_count + 1, sizeof *deliverer->alerts_by_rule);
    deliverer->lost_by_rule =
        memory_new(ruleset->rules->rules_count + 1, sizeof *deliverer->lost_by_rule);
    deliverer->excepted_by = exception_counts_new(ruleset->rules);
    suppression_init(&deliverer->suppression, ruleset->rules);
}

void deliver_release(struct deliverer *deliverer)
{
    if (deliverer->windows != NULL) {
        windows_free(deliverer->windows);
    }
    ruleset_drop(&deliverer->ruleset);
    memory_free(deliverer->alerts_by_rule);
    memory_free(deliverer->lost_by_rule);
    memory_free(deliverer->excepted_by);
    suppression_release(&deliverer->suppression);
    memory_free(deliverer->streams);
    audit_release(&deliverer->audit);
    buffer_release(&deliverer->json);
}

/* --- sinks ------------------------------------------------------------------------------------ */

static int outlet_write(struct outlet *outlet, const struct sink_item *item, struct err *err)
{
    int failed = 0;
    for (uint32_t i = 0; i < outlet->count && failed == 0; i++) {
        failed = sink_write(&outlet->sinks[i], item, err);
        outlet->dirty = true;
    }
    return failed;
}

static int outlet_flush(struct outlet *outlet, struct err *err)
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

/* Writes the item's alert, unless it is suppressed. */
static int tell(struct deliverer *deliverer, struct sink_item *item, struct err *err)
{
    const struct rule *rules = deliverer->ruleset->rules->rules;
    uint32_t rule = (uint32_t)(item->alert->rule - rules);
    if (!suppression_tells(&deliverer->suppression, rule, item)) {
        return 0;
    }
    note_alert(deliverer, item->alert);
    return outlet_write(&deliverer->alerts, item, err);
}

/* audit_tell_fn: an alert of tocsin's own, of no rule that is loaded: nothing suppresses it. */
static int tell_own(void *context, const struct stream *stream, const struct alert *alert,
                    struct err *err)
{
    struct deliverer *deliverer = context;
    (void)stream;
    deliverer->alerts_count++;
    deliverer->alerts_by_level[alert->rule->level]++;
    buffer_clear(&deliverer->json);
    alert_render_json(alert, &deliverer->json);
    struct sink_item item = {
        .alert = alert, .key = str_of(alert->id), .json = buffer_str(&deliverer->json)};
    return outlet_write(&deliverer->alerts, &item, err);
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
        if (output->alert != NULL && output->alert->exception != NULL) {
            failed = outlet_write(&deliverer->exceptions, &item, err);
        } else if (output->alert != NULL) {
            failed = tell(deliverer, &item, err);
        } else {
            failed = outlet_write(&deliverer->dead_letters, &item, err);
        }
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
        deliverer->emit_failed = tell_own(deliverer, NULL, alert, &deliverer->emit_err);
        return;
    }
    buffer_clear(&deliverer->json);
    alert_render_json(alert, &deliverer->json);
    struct sink_item item = {
        .alert = alert, .key = str_of(alert->id), .json = buffer_str(&deliverer->json)};
    deliverer->emit_failed = tell(deliverer, &item, &deliverer->emit_err);
}

static int emitted(struct deliverer *deliverer, struct err *err)
{
    if (deliverer->emit_failed != 0) {
        *err = deliverer->emit_err;
    }
    return deliverer->emit_failed;
}

static struct stream_state *stream_state_of(struct deliverer *deliverer,
                                            const struct stream *stream)
{
    if (stream->id >= deliverer->streams_count) {
        uint32_t count = deliverer->streams_count == 0 ? 16 : deliverer->streams_count;
        while (count <= stream->id) {
            count *= 2;
        }
        deliverer->streams = memory_resize(deliverer->streams, count, sizeof *deliverer->streams);
        for (uint32_t i = deliverer->streams_count; i < count; i++) {
            deliverer->streams[i] = (struct stream_state){.latest_ns = TIMESTAMP_NONE};
        }
        deliverer->streams_count = count;
    }
    struct stream_state *state = &deliverer->streams[stream->id];
    state->known = true;
    return state;
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
            window_watermark(deliverer->windows, chunk->stream->id, state->latest_ns);
            state->moved = false;
            state->idle = false;
        }
        if (chunk->end) {
            window_watermark(deliverer->windows, chunk->stream->id, TIMESTAMP_NONE);
            state->idle = true;
        }
    }
}

static int run_windows(struct deliverer *deliverer, const struct batch *batch, struct err *err)
{
    const struct outcome *outcome = batch->outcome;
    for (uint32_t i = 0; i < outcome->matches.count; i++) {
        window_add(deliverer->windows, &outcome->matches.items[i]);
    }
    move_watermarks(deliverer, batch);
    window_advance(deliverer->windows, emit, deliverer);
    return emitted(deliverer, err);
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

static void record(struct deliverer *deliverer, const struct batch *batch)
{
    const struct outcome *outcome = batch->outcome;
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        const struct chunk *chunk = &batch->chunks[i];
        tally_add(&chunk->stream->tally, &chunk->tally);
        deliverer->bytes_input += new_bytes(stream_state_of(deliverer, chunk->stream), chunk);
    }
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

static int note_delivered(struct source *source, const struct batch *batch, struct err *err)
{
    source->ops->delivered(source, batch);
    return source->ops->committed != NULL ? source->ops->committed(source, err) : 0;
}

int deliver_batch(struct deliverer *deliverer, const struct batch *batch, struct err *err)
{
    const struct outcome *outcome = batch->outcome;
    ENSURE(outcome->ruleset == deliverer->ruleset);
    int failed = audit_batch(&deliverer->audit, batch, tell_own, deliverer, err);
    if (failed == 0) {
        failed = write_outputs(deliverer, outcome, err);
    }
    if (failed == 0) {
        failed = run_windows(deliverer, batch, err);
    }
    if (failed == 0) {
        failed = flush_all(deliverer, err);
    }
    if (failed == 0) {
        failed = note_delivered(deliverer->source, batch, err);
    }
    if (failed == 0) {
        record(deliverer, batch);
    }
    return failed;
}

/* --- between batches -------------------------------------------------------------------------- */

int deliver_idle(struct deliverer *deliverer, int64_t now_ns, struct err *err)
{
    bool fell_idle = false;
    if (deliverer->idle_ns <= 0 || deliverer->window_options.ordered_at_end) {
        return 0;
    }
    for (uint32_t id = 0; id < deliverer->streams_count; id++) {
        struct stream_state *state = &deliverer->streams[id];
        if (state->known && !state->idle && now_ns - state->arrived_ns >= deliverer->idle_ns) {
            window_watermark(deliverer->windows, id, TIMESTAMP_NONE);
            state->idle = true;
            fell_idle = true;
        }
    }
    if (!fell_idle) {
        return 0;
    }
    window_advance(deliverer->windows, emit, deliverer);
    int failed = emitted(deliverer, err);
    return failed != 0 ? failed : flush_all(deliverer, err);
}

int deliver_end(struct deliverer *deliverer, struct err *err)
{
    window_finish(deliverer->windows, emit, deliverer);
    int failed = emitted(deliverer, err);
    return failed != 0 ? failed : flush_all(deliverer, err);
}

struct window_counters deliver_window_counters(const struct deliverer *deliverer)
{
    struct window_counters now = window_counters(deliverer->windows);
    now.skipped += deliverer->skipped;
    return now;
}

const uint64_t *deliver_lost_by_rule(const struct deliverer *deliverer)
{
    memset(deliverer->lost_by_rule, 0,
           deliverer->ruleset->rules->rules_count * sizeof *deliverer->lost_by_rule);
    windows_add_lost(deliverer->windows, deliverer->lost_by_rule);
    return deliverer->lost_by_rule;
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
    uint64_t early = window_counters(deliverer->windows).early;
    uint64_t groups = windows_change_rules(deliverer->windows, ruleset->rules, emit, deliverer);
    int failed = emitted(deliverer, err);
    failed = failed != 0 ? failed : flush_all(deliverer, err);
    if (failed != 0) {
        return failed;
    }
    early = window_counters(deliverer->windows).early - early;
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
    return 0;
}
