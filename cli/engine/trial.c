/* SPDX-License-Identifier: Apache-2.0
 *
 * trial.c - see trial.h.
 */
#include "cli/engine/trial.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/engine/worker_internal.h"
#include "cli/scan_defaults.h"

struct trial {
    struct engine_options options;
    struct ruleset *ruleset;
    struct worker worker;
    struct batch *batch;
    struct stream stream;
    uint64_t fed;            /* texts in this case: the coordinate of the next one */
    struct windows *windows; /* NULL: nothing was counted yet */
    struct arena *arena;     /* of the alerts */
    uint64_t *hits;          /* per rule */
    const struct alert **alerts;
    uint32_t alerts_count;
    uint32_t alerts_capacity;
    uint64_t events;
    enum record_fault fault;
};

int trial_new(const char *const *paths, uint32_t paths_count, struct trial **trial, struct err *err)
{
    struct engine_options options = {.rules = paths, .rules_count = paths_count};
    scan_defaults(&options);
    return trial_new_of(&options, trial, err);
}

int trial_new_of(const struct engine_options *options, struct trial **trial, struct err *err)
{
    struct trial *made = memory_new(1, sizeof *made);
    made->options = *options;
    made->options.every_field = true;
    made->options.exceptions_count = 1; /* what an exception covers is told: see count_matches */
    int failed = ruleset_new(&made->options, 1, &made->ruleset, err);
    if (failed != 0) {
        memory_free(made);
        *trial = NULL;
        return failed;
    }
    made->batch = batch_new();
    made->batch->outcome = outcome_new();
    made->stream = (struct stream){.source = "test", .partition = -1, .lag = -1};
    made->arena = arena_new(0);
    made->hits = memory_new((size_t)made->ruleset->rules->rules_count + 1, sizeof *made->hits);
    *trial = made;
    return 0;
}

void trial_free(struct trial *trial)
{
    if (trial == NULL) {
        return;
    }
    if (trial->windows != NULL) {
        windows_free(trial->windows);
    }
    worker_unbind(&trial->worker);
    outcome_free(trial->batch->outcome);
    batch_free(trial->batch);
    ruleset_drop(&trial->ruleset);
    arena_free(trial->arena);
    memory_free(trial->alerts);
    memory_free(trial->hits);
    memory_free(trial);
}

const struct rule_set *trial_rules(const struct trial *trial)
{
    return trial->ruleset->rules;
}

const struct plan *trial_plan(const struct trial *trial)
{
    return trial->ruleset->plan;
}

field_id trial_field(const struct trial *trial, struct str name)
{
    return field_find(trial->ruleset->fields, name);
}

uint32_t trial_fields_count(const struct trial *trial)
{
    return field_count(trial->ruleset->fields);
}

struct str trial_field_name(const struct trial *trial, field_id id)
{
    return field_name(trial->ruleset->fields, id);
}

void trial_begin(struct trial *trial)
{
    if (trial->windows != NULL) {
        windows_free(trial->windows);
        trial->windows = NULL;
    }
    memset(trial->hits, 0, trial->ruleset->rules->rules_count * sizeof *trial->hits);
    arena_reset(trial->arena);
    trial->alerts_count = 0;
    trial->fed = 0;
    trial->events = 0;
    trial->fault = RECORD_FAULT_NONE;
}

static void keep_alert(struct trial *trial, const struct alert *alert)
{
    MEMORY_GROW(trial->alerts, trial->alerts_count, trial->alerts_capacity);
    trial->alerts[trial->alerts_count++] = alert_copy(trial->arena, alert);
}

/* window_emit_fn. That memory is short is not what a trial is about. */
static void keep_correlation(void *context, const struct alert *alert)
{
    struct trial *trial = context;
    if (alert->rule == &window_flood_rule) {
        return;
    }
    trial->hits[alert->rule - trial->ruleset->rules->rules]++;
    keep_alert(trial, alert);
}

/* The batch's one chunk is input. */
static void fill(struct trial *trial, const struct trial_input *input)
{
    struct outcome *outcome = trial->batch->outcome;
    batch_clear(trial->batch);
    trial->stream.name = input->source;
    trial->stream.decoder = input->decoder;
    trial->stream.logsource = input->logsource;
    struct chunk *chunk = batch_add_chunk(trial->batch, &trial->stream, input->bytes);
    chunk->message = true;
    chunk->offset = trial->fed++;
    chunk->reference_ns = input->reference_ns;
    outcome->ruleset = trial->ruleset;
    outcome->framing = &trial->options.source.framing;
}

static void count_matches(struct trial *trial, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->matched_count; i++) {
        trial->hits[outcome->matched[i]]++;
    }
    for (uint32_t i = 0; i < outcome->outputs_count; i++) {
        const struct alert *alert = outcome->outputs[i].alert;
        if (alert != NULL && alert->exception != NULL) {
            trial->hits[alert->rule - trial->ruleset->rules->rules]--;
        } else if (alert != NULL) {
            keep_alert(trial, alert);
        }
    }
    for (uint32_t i = 0; i < outcome->matches.count; i++) {
        if (trial->windows == NULL) {
            trial->windows = windows_new(trial->ruleset->rules, &trial->options.window);
        }
        window_add(trial->windows, &outcome->matches.items[i]);
    }
}

void trial_feed(struct trial *trial, const struct trial_input *input)
{
    fill(trial, input);
    worker_run(&trial->worker, trial->batch);
    count_matches(trial, trial->batch->outcome);
    trial->events += trial->batch->chunks[0].tally.outcomes[RECORD_EVALUATED];
    for (uint32_t i = 0; i < trial->batch->records_count; i++) {
        if (trial->fault == RECORD_FAULT_NONE) {
            trial->fault = trial->batch->records[i].fault;
        }
    }
}

void trial_end(struct trial *trial)
{
    if (trial->windows != NULL) {
        window_finish(trial->windows, keep_correlation, trial);
    }
}

uint64_t trial_hits(const struct trial *trial, uint32_t rule)
{
    return trial->hits[rule];
}

struct trial_alerts trial_alerts(const struct trial *trial)
{
    return (struct trial_alerts){trial->alerts, trial->alerts_count};
}

void trial_visit_windows(const struct trial *trial, window_visit_fn *visit, void *context)
{
    if (trial->windows != NULL) {
        windows_visit(trial->windows, visit, context);
    }
}

uint64_t trial_events(const struct trial *trial)
{
    return trial->events;
}

enum record_fault trial_fault(const struct trial *trial)
{
    return trial->fault;
}

bool trial_hold(struct trial *trial, const struct trial_input *input, enum record_fault *fault)
{
    /* An empty batch binds the worker to the rules. */
    fill(trial, &(struct trial_input){.source = input->source, .reference_ns = TIMESTAMP_NONE});
    worker_run(&trial->worker, trial->batch);
    fill(trial, input);
    framing_run(trial->batch, &trial->options.source.framing);
    *fault = RECORD_FAULT_NONE;
    if (trial->batch->records_count == 0) {
        return false;
    }
    struct worker *worker = &trial->worker;
    struct record *record = &trial->batch->records[0];
    *fault = record->fault;
    if (record->outcome == RECORD_FILTERED || *fault != RECORD_FAULT_NONE) {
        return false;
    }
    worker->decoder.arena = trial->batch->arena;
    enum decode_verdict verdict =
        decoder_run(&worker->decoder, trial->batch->chunks, record, &worker->event);
    if (verdict == DECODE_EVENT && worker->event.partial) {
        verdict = decoder_complete(&worker->decoder, record, &worker->event);
    }
    *fault = record->fault;
    if (verdict != DECODE_EVENT) {
        return false;
    }
    match_hold(worker->matcher, &worker->event, trial->batch->arena);
    return true;
}

struct matcher *trial_matcher(const struct trial *trial)
{
    return trial->worker.matcher;
}

const struct event *trial_event(const struct trial *trial)
{
    return &trial->worker.event;
}
