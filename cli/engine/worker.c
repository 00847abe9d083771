/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.c - see worker_internal.h. Read worker_run, then judge, then evaluate.
 */
#include "cli/engine/worker_internal.h"

#include "analyze/rule/rule_extension.h"
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/dead_letter/dead_letter.h"

/* Room that an outcome keeps for its lines. One batch of huge dead letters must not stay resident.
 */
#define JSON_KEEP_BYTES 8388608

struct outcome *outcome_new(void)
{
    return memory_new(1, sizeof(struct outcome));
}

void outcome_free(struct outcome *outcome)
{
    if (outcome == NULL) {
        return;
    }
    memory_free(outcome->outputs);
    memory_free(outcome->matched);
    memory_free(outcome->excepted);
    memory_free(outcome->times);
    buffer_release(&outcome->json);
    memory_free(outcome);
}

static void outcome_clear(struct outcome *outcome, uint32_t chunks_count)
{
    outcome->outputs_count = 0;
    outcome->matched_count = 0;
    outcome->excepted_count = 0;
    outcome->matches = (struct match_list){0};
    if (outcome->json.capacity > JSON_KEEP_BYTES) {
        buffer_release(&outcome->json);
    }
    buffer_clear(&outcome->json);
    memset(outcome->decoders, 0, sizeof outcome->decoders);
    memset(outcome->faults, 0, sizeof outcome->faults);
    outcome->future = 0;
    if (outcome->times_capacity < chunks_count) {
        outcome->times = memory_resize(outcome->times, chunks_count, sizeof *outcome->times);
        outcome->times_capacity = chunks_count;
    }
    for (uint32_t i = 0; i < chunks_count; i++) {
        outcome->times[i] = TIMESTAMP_NONE;
    }
}

static struct output *add_output(struct outcome *outcome, const struct chunk *chunk)
{
    MEMORY_GROW(outcome->outputs, outcome->outputs_count, outcome->outputs_capacity);
    struct output *output = &outcome->outputs[outcome->outputs_count++];
    *output = (struct output){.chunk = chunk, .json_at = outcome->json.len};
    return output;
}

void worker_unbind(struct worker *worker)
{
    if (worker->bound) {
        matcher_free(worker->matcher);
        event_release(&worker->event);
        decoder_context_release(&worker->decoder);
        __atomic_store_n(&worker->matcher, NULL, __ATOMIC_RELEASE);
        worker->bound = false;
    }
}

const struct match_profile *worker_profile(const struct worker *worker)
{
    const struct matcher *matcher = __atomic_load_n(&worker->matcher, __ATOMIC_ACQUIRE);
    return matcher != NULL ? matcher_profile(matcher) : NULL;
}

static void worker_bind(struct worker *worker, const struct ruleset *ruleset)
{
    if (worker->bound) {
        ENSURE(worker->generation == ruleset->generation);
        return;
    }
    decoder_context_init(&worker->decoder, ruleset->decoders);
    event_init(&worker->event, field_count(ruleset->fields));
    struct matcher *matcher = matcher_new(ruleset->plan);
    matcher_throttle(matcher, ruleset->throttles);
    __atomic_store_n(&worker->matcher, matcher, __ATOMIC_RELEASE);
    worker->generation = ruleset->generation;
    worker->bound = true;
}

/* Where the chunk's stream has come to. An event far ahead of the moment at which its message was
 * written is not believed: one wrong clock would make all other events late. */
static void note_time(struct outcome *outcome, struct chunk *chunk, uint32_t chunk_index,
                      const struct event *event)
{
    int64_t ahead_max_ns = LIMIT_EVENT_AHEAD_SECONDS * TIMESTAMP_SECOND_NS;
    if ((event->flags & EVENT_TIMELESS) != 0 || event->time_ns == TIMESTAMP_NONE) {
        return;
    }
    if (chunk->message && chunk->reference_ns != TIMESTAMP_NONE &&
        event->time_ns > chunk->reference_ns &&
        event->time_ns - chunk->reference_ns > ahead_max_ns) {
        outcome->future++;
        chunk->tally.future++;
        return;
    }
    if (event->time_ns > outcome->times[chunk_index]) {
        outcome->times[chunk_index] = event->time_ns;
    }
}

static void write_alert(struct outcome *outcome, const struct chunk *chunk,
                        const struct alert *alert)
{
    struct output *output = add_output(outcome, chunk);
    output->alert = alert;
    alert_render_json(alert, &outcome->json);
    output->json_len = outcome->json.len - output->json_at;
}

static void except(struct outcome *outcome, const struct rule_exception *exception)
{
    MEMORY_GROW(outcome->excepted, outcome->excepted_count, outcome->excepted_capacity);
    outcome->excepted[outcome->excepted_count++] = exception->number;
}

/* Decides which candidates match: alerts to the outputs, what correlations count to the matches. */
static void evaluate(struct worker *worker, struct outcome *outcome, struct arena *arena,
                     struct record *record, struct chunk *chunk)
{
    const struct ruleset *ruleset = outcome->ruleset;
    const uint32_t *rules = NULL;
    uint32_t count = match_decide(worker->matcher, &rules);
    if (count > 0) {
        ENSURE(decoder_complete(&worker->decoder, record, &worker->event) == DECODE_EVENT);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct rule *rule = &ruleset->rules->rules[rules[i]];
        MEMORY_GROW(outcome->matched, outcome->matched_count, outcome->matched_capacity);
        outcome->matched[outcome->matched_count++] = rules[i];
        const struct rule_exception *exception = match_exception(worker->matcher, rules[i]);
        if (exception != NULL) {
            except(outcome, exception);
        }
        if (exception != NULL && !ruleset->records_exceptions) {
            continue;
        }
        struct alert *alert = alert_make(ruleset->alerts, arena, rule, &worker->event, chunk);
        alert->exception = exception;
        if (!rule->silent || exception != NULL) {
            struct alert_evidence evidence[LIMIT_ALERT_EVIDENCE];
            alert->evidence_count = match_evidence(worker->matcher, rules[i], evidence);
            alert->evidence = evidence;
            chunk->tally.alerts += exception == NULL ? 1 : 0;
            write_alert(outcome, chunk, alert);
            alert->evidence_count = 0; /* the line is rendered */
            alert->evidence = NULL;
        }
        if (exception != NULL) {
            continue;
        }
        uint32_t collected = outcome->matches.count;
        window_collect(ruleset->windows, arena, rules[i], &worker->event, alert, &outcome->matches);
        for (; collected < outcome->matches.count; collected++) {
            outcome->matches.items[collected].stream = chunk->stream;
        }
    }
}

static enum record_outcome bury(const struct worker *worker, struct outcome *outcome,
                                const struct chunk *chunk, const struct record *record)
{
    ENSURE(record->fault != RECORD_FAULT_NONE && record->fault < RECORD_FAULTS);
    outcome->faults[record->fault]++;
    if (worker->renders_dead_letters) {
        struct output *output = add_output(outcome, chunk);
        output->dead = record;
        dead_letter_render(record, chunk, &outcome->json);
        output->json_len = outcome->json.len - output->json_at;
    }
    return RECORD_DEAD;
}

/* Counts the event that the worker holds. */
static void note_event(struct worker *worker, struct outcome *outcome, struct chunk *chunk,
                       uint32_t chunk_index)
{
    ENSURE(worker->event.decoder < DECODERS_MAX);
    outcome->decoders[worker->event.decoder]++;
    chunk->tally.malformed += (worker->event.flags & EVENT_MALFORMED) != 0 ? 1 : 0;
    chunk->tally.timeless += (worker->event.flags & EVENT_TIMELESS) != 0 ? 1 : 0;
    note_time(outcome, chunk, chunk_index, &worker->event);
}

/* Decides what becomes of one record, and does it. Most events have no candidate rule and are never
 * decoded beyond the few fields that show it. */
static enum record_outcome judge(struct worker *worker, struct batch *batch, struct record *record)
{
    struct outcome *outcome = batch->outcome;
    struct chunk *chunk = &batch->chunks[record->chunk];
    if (record->outcome == RECORD_FILTERED) {
        return RECORD_FILTERED;
    }
    if (chunk->duplicate) {
        return RECORD_DUPLICATE;
    }
    if (record->fault != RECORD_FAULT_NONE) {
        return bury(worker, outcome, chunk, record);
    }
    switch (decoder_run(&worker->decoder, chunk, record, &worker->event)) {
    case DECODE_FILTERED:
        return RECORD_FILTERED;
    case DECODE_FAULT:
    case DECODE_NOT_MINE:
        return bury(worker, outcome, chunk, record);
    case DECODE_EVENT:
        break;
    }
    bool candidates = match_find(worker->matcher, &worker->event, batch->arena) > 0;
    if (candidates && !worker->event.decidable &&
        decoder_complete(&worker->decoder, record, &worker->event) != DECODE_EVENT) {
        return bury(worker, outcome, chunk, record);
    }
    note_event(worker, outcome, chunk, record->chunk);
    if (candidates) {
        evaluate(worker, outcome, batch->arena, record, chunk);
    }
    return RECORD_EVALUATED;
}

void worker_run(struct worker *worker, struct batch *batch)
{
    struct outcome *outcome = batch->outcome;
    worker_bind(worker, outcome->ruleset);
    outcome_clear(outcome, batch->chunks_count);
    worker->decoder.arena = batch->arena;
    if (outcome->framing != NULL) {
        framing_run(batch, outcome->framing);
    }
    for (uint32_t i = 0; i < batch->records_count; i++) {
        struct record *record = &batch->records[i];
        enum record_outcome decided = judge(worker, batch, record);
        record->outcome = (uint8_t)decided;
        batch->chunks[record->chunk].tally.outcomes[decided]++;
    }
}
