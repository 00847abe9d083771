/* SPDX-License-Identifier: Apache-2.0
 *
 * ruleset.c - see ruleset_internal.h.
 */
#include "cli/engine/ruleset_internal.h"

#include "base/ensure.h"
#include "base/map.h"
#include "base/memory.h"

static void ruleset_free(struct ruleset *ruleset)
{
    window_plan_free(ruleset->windows);
    alert_template_free(ruleset->alerts);
    plan_free(ruleset->plan);
    decoder_set_free(ruleset->decoders);
    field_table_free(ruleset->fields);
    rule_set_free(ruleset->rules);
    memory_free(ruleset);
}

/* The order matters: every name must be in the field table before anything is bound to it. */
static int compile(struct ruleset *ruleset, const struct engine_options *options, struct err *err)
{
    int failed = rule_set_load(options->rules, options->rules_count, &ruleset->rules, err);
    if (failed != 0) {
        return failed;
    }
    rule_set_digest(ruleset->rules, ruleset->digest);
    for (uint32_t i = 0; options->every_match && i < ruleset->rules->rules_count; i++) {
        ruleset->rules->rules[i].silent = false;
    }
    ruleset->fields = field_table_new();
    if (options->every_field) {
        decoder_intern_fields(ruleset->fields);
    }
    alert_intern_fields(ruleset->fields);
    failed = plan_intern_fields(ruleset->rules, ruleset->fields, err);
    if (failed != 0) {
        return failed;
    }
    ruleset->decoders = decoder_set_new(ruleset->fields, &options->decoder);
    ruleset->alerts = alert_template_new(ruleset->fields);
    alert_template_add_rules(ruleset->alerts, ruleset->rules);
    ruleset->windows = window_plan_new(ruleset->rules, ruleset->fields);
    failed = plan_new(ruleset->rules, ruleset->fields, &ruleset->plan, err);
    if (failed == 0) {
        size_t count = (size_t)field_count(ruleset->fields) + 1;
        bool *wanted = memory_new(2 * count, sizeof *wanted);
        plan_first_fields(ruleset->plan, wanted);
        plan_asked_fields(ruleset->plan, wanted + count);
        decoder_set_narrow(ruleset->decoders, wanted, wanted + count);
        memory_free(wanted);
    }
    return failed;
}

int ruleset_new(const struct engine_options *options, uint64_t generation, struct ruleset **ruleset,
                struct err *err)
{
    struct ruleset *made = memory_new(1, sizeof *made);
    made->users = 1;
    made->generation = generation;
    made->throttles = options->throttles;
    made->records_exceptions = options->exceptions_count > 0;
    int failed = compile(made, options, err);
    if (failed != 0) {
        ruleset_free(made);
        made = NULL;
    }
    *ruleset = made;
    return failed;
}

struct ruleset *ruleset_acquire(struct ruleset *ruleset)
{
    ENSURE(ruleset->users > 0);
    ruleset->users++;
    return ruleset;
}

void ruleset_drop(struct ruleset **ruleset)
{
    struct ruleset *dropped = *ruleset;
    *ruleset = NULL;
    if (dropped == NULL) {
        return;
    }
    ENSURE(dropped->users > 0);
    if (--dropped->users == 0) {
        ruleset_free(dropped);
    }
}

int ruleset_check_successor(const struct ruleset *now, const struct ruleset *next, struct err *err)
{
    int failed = 0;
    struct map *running = map_new();
    for (uint32_t i = 0; i < now->rules->rules_count; i++) {
        map_set(running, now->rules->rules[i].path, i);
    }
    for (uint32_t i = 0; i < next->rules->problems_count && failed == 0; i++) {
        const struct rule_problem *problem = &next->rules->problems[i];
        if (problem->kind == RULE_ERROR && !problem->rule_runs &&
            map_get(running, problem->path) != MAP_NONE) {
            failed = err_set(err, ERR_CONFIG, "%.*s:%u: %.*s", STR_ARG(problem->path),
                             problem->line, STR_ARG(problem->reason));
        }
    }
    map_free(running);
    return failed;
}
