/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_question.c - see explain_question.h.
 */
#include "cli/workbench/explain_question.h"

#include "base/memory.h"
#include "cli/command.h"
#include "cli/engine/engine.h"
#include "cli/json_out.h"
#include "cli/scan_defaults.h"
#include "cli/workbench/explain_event.h"
#include "cli/workbench/explain_input.h"
#include "cli/workbench/near_miss.h"
#include "cli/workbench/rule_pick.h"

#include <inttypes.h>
#include <stdio.h>

struct answer {
    struct explain_question *question;
    struct arena *arena;
    struct rule_pick *picks;
    struct buffer text;
    cJSON *json; /* the array of answers */
};

typedef int pick_fn(struct answer *answer, uint32_t rule, void *context, struct err *err);

/* Calls call for every picked rule. */
static int for_each_rule(struct answer *answer, const struct rule_set *rules, pick_fn *call,
                         void *context, struct err *err)
{
    int failed = 0;
    uint32_t *picked = memory_new((size_t)rules->rules_count + 1, sizeof *picked);
    for (uint32_t i = 0; i < answer->question->picks_count && failed == 0; i++) {
        uint32_t count = 0;
        failed = rule_pick_find(&answer->picks[i], rules, picked, &count, err);
        for (uint32_t k = 0; k < count && failed == 0; k++) {
            failed = call(answer, picked[k], context, err);
        }
    }
    memory_free(picked);
    return failed;
}

/* --- an event --------------------------------------------------------------------------------- */

/* pick_fn; context is the trial. */
static int add_event(struct answer *answer, uint32_t rule, void *context, struct err *err)
{
    struct trial *trial = context;
    const struct rule *picked = &trial_rules(trial)->rules[rule];
    if (picked->condition == NULL) {
        return err_set(err, ERR_USAGE,
                       "%.*s is a correlation: no event alone is one of its; use "
                       "--on LOGS",
                       STR_ARG(picked->title));
    }
    if (answer->question->json) {
        cJSON_AddItemToArray(answer->json, explain_event_json(trial, rule));
        return 0;
    }
    buffer_add_text(&answer->text, answer->text.len > 0 ? "\n" : "");
    explain_event_text(trial, rule, &answer->text);
    return 0;
}

static int answer_event(struct answer *answer, struct err *err)
{
    const struct explain_question *question = answer->question;
    struct trial *trial = NULL;
    struct trial_input input = {.decoder = question->decoder};
    enum record_fault fault = RECORD_FAULT_NONE;
    int failed = explain_input_read(answer->arena, question->event, &input, err);
    if (failed == 0) {
        failed = trial_new((const char *const *)question->rules.items, question->rules.count,
                           &trial, err);
    }
    if (failed == 0 && !trial_hold(trial, &input, &fault)) {
        failed = err_set(err, ERR_DATA, "%s: the record is no event: %s", question->event,
                         fault == RECORD_FAULT_NONE ? "there is nothing to analyse in it"
                                                    : record_fault_sentence(fault));
    }
    if (failed == 0) {
        failed = for_each_rule(answer, trial_rules(trial), add_event, trial, err);
    }
    trial_free(trial);
    return failed;
}

/* --- logs ------------------------------------------------------------------------------------- */

struct history {
    const struct engine *engine;
    struct engine_summary summary;
};

static void add_counts(struct answer *answer, const struct history *history,
                       const struct rule *rule)
{
    struct buffer *out = &answer->text;
    const struct rule *rules = engine_rules(history->engine)->rules;
    buffer_add_printable(out, rule->title);
    buffer_add_text(out, " (");
    buffer_add_printable(out, rule->path);
    buffer_printf(out, ":%" PRIu32 ")\n", rule->line);
    for (uint32_t i = 0; i < rule->correlation.references_count; i++) {
        uint32_t counted = rule->correlation.references[i].rule;
        buffer_add_text(out, "counts ");
        buffer_add_printable(out, rules[counted].title);
        if (rules[counted].condition != NULL && history->summary.profile != NULL) {
            buffer_printf(out, ": %" PRIu64 " matches",
                          history->summary.profile->rules[counted].matches);
        }
        buffer_add_byte(out, '\n');
    }
    buffer_printf(out, "alerts: %" PRIu64 "\n", history->summary.alerts_by_rule[rule - rules]);
}

/* pick_fn; context is a struct history. */
static int add_history(struct answer *answer, uint32_t index, void *context, struct err *err)
{
    const struct history *history = context;
    const struct rule *rule = &engine_rules(history->engine)->rules[index];
    if (rule->correlation.kind == CORRELATION_NONE) {
        return err_set(err, ERR_USAGE, "%.*s is no correlation: it has no windows; use --event",
                       STR_ARG(rule->title));
    }
    struct near_misses misses = {.rule_id = rule->id, .arena = arena_new(0)};
    engine_visit_windows(history->engine, near_misses_visit, &misses);
    if (answer->question->json) {
        cJSON *json = near_misses_json(&misses, rule);
        json_out_text(json, "id", rule->id);
        json_out_text(json, "title", rule->title);
        json_out_count(json, "alerts", history->summary.alerts_by_rule[index]);
        cJSON_AddItemToArray(answer->json, json);
    } else {
        buffer_add_text(&answer->text, answer->text.len > 0 ? "\n" : "");
        add_counts(answer, history, rule);
        near_misses_text(&misses, rule, &answer->text);
    }
    near_misses_release(&misses);
    return 0;
}

static int answer_logs(struct answer *answer, struct err *err)
{
    const struct explain_question *question = answer->question;
    struct engine_options options = {0};
    struct engine *engine = NULL;
    scan_defaults(&options);
    options.rules = (const char *const *)question->rules.items;
    options.rules_count = question->rules.count;
    options.source.paths = question->logs;
    options.source.paths_count = question->logs_count;
    options.source.decoder = question->decoder;
    int failed = engine_new(&options, &engine, err);
    failed = failed != 0 ? failed : engine_run(engine, err);
    if (failed == 0) {
        struct history history = {.engine = engine};
        engine_summarize(engine, &history.summary);
        failed = for_each_rule(answer, engine_rules(engine), add_history, &history, err);
        if (failed == 0 && history.summary.input_errors > 0) {
            failed = err_set(err, ERR_IO, "%" PRIu64 " files could not be read",
                             history.summary.input_errors);
        }
    }
    if (engine != NULL) {
        engine_free(engine);
    }
    return failed;
}

int explain_question_answer(struct explain_question *question)
{
    struct err err = {0};
    struct answer answer = {.question = question, .arena = arena_new(0)};
    answer.picks = memory_new((size_t)question->picks_count + 1, sizeof *answer.picks);
    cJSON *root = cJSON_CreateObject();
    answer.json = cJSON_AddArrayToObject(root, "rules");
    rule_picks_parse(answer.arena, question->picks, question->picks_count, answer.picks,
                     &question->rules);
    test_paths_add_pipelines(&question->rules, &question->pipelines);
    int failed = question->event != NULL ? answer_event(&answer, &err) : answer_logs(&answer, &err);
    if (question->json && failed == 0) {
        json_out_finish(root, &answer.text);
    } else {
        cJSON_Delete(root);
    }
    if (answer.text.len > 0) {
        fwrite(answer.text.ptr, 1, answer.text.len, stdout);
    }
    buffer_release(&answer.text);
    memory_free(answer.picks);
    arena_free(answer.arena);
    return failed != 0 ? command_fail(&err) : EXIT_DONE;
}
