/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_event.c - see explain_event.h.
 */
#include "cli/workbench/explain_event.h"

#include "analyze/rule/rule_extension.h"
#include "cli/json_out.h"
#include "cli/workbench/clause.h"
#include "ingest/decode/decoder.h"

#include <inttypes.h>

static const char *const kind_names[] = {"and", "or", "not", "test"};

bool explain_event_matches(struct trial *trial, uint32_t rule)
{
    return match_allows(trial_matcher(trial), rule) &&
           match_condition(trial_matcher(trial), trial_rules(trial)->rules[rule].condition);
}

/* --- text ------------------------------------------------------------------------------------- */

static void add_node(struct trial *trial, const struct condition *condition, uint32_t depth,
                     struct buffer *out);

static void add_children(struct trial *trial, const struct condition *condition, uint32_t depth,
                         struct buffer *out)
{
    uint32_t passed_over = 0;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < condition->children_count; i++) {
        const struct condition *child = condition->children[i];
        bool listed = condition->kind != CONDITION_OR || shown < EXPLAIN_ALTERNATIVES ||
                      match_condition(trial_matcher(trial), child);
        if (listed) {
            add_node(trial, child, depth, out);
            shown++;
        } else {
            passed_over++;
        }
    }
    if (passed_over > 0) {
        buffer_printf(out, "no   %*s... %" PRIu32 " more\n", (int)(2 * depth), "", passed_over);
    }
}

/* Recursive: the depth of a condition is bounded when it is read. */
static void add_node(struct trial *trial, const struct condition *condition, uint32_t depth,
                     struct buffer *out)
{
    bool holds = match_condition(trial_matcher(trial), condition);
    buffer_printf(out, "%s %*s", holds ? "yes " : "no  ", (int)(2 * depth), "");
    buffer_add_printable(out, condition->selection);
    buffer_add_text(out, condition->selection.len > 0 ? ": " : "");
    if (condition->kind != CONDITION_PREDICATE) {
        buffer_printf(out, "%s\n", kind_names[condition->kind]);
        add_children(trial, condition, depth + 1, out);
        return;
    }
    const struct predicate *predicate = &trial_rules(trial)->predicates[condition->predicate];
    clause_add_predicate(predicate, out);
    if (predicate->field.len > 0) {
        buffer_add_text(out, " -- ");
        clause_add_values(trial, predicate, out);
    }
    buffer_add_byte(out, '\n');
}

void explain_event_text(struct trial *trial, uint32_t rule, struct buffer *out)
{
    const struct rule *explained = &trial_rules(trial)->rules[rule];
    const struct event *event = trial_event(trial);
    buffer_add_printable(out, explained->title);
    buffer_add_text(out, " (");
    buffer_add_printable(out, explained->path);
    buffer_printf(out, ":%" PRIu32 ")\n", explained->line);
    buffer_printf(out, "reached by: %s", plan_access_name(plan_explain(trial_plan(trial), rule)));
    buffer_printf(out, "\nevent: %s, ", logsource_table[event->logsource].name);
    if ((event->flags & EVENT_TIMELESS) != 0) {
        buffer_add_text(out, "without a time");
    } else {
        buffer_add_time(out, event->time_ns);
    }
    buffer_add_byte(out, '\n');
    if (explain_event_matches(trial, rule)) {
        const struct rule_exception *exception = match_exception(trial_matcher(trial), rule);
        buffer_add_text(out, "matches");
        if (exception != NULL) {
            buffer_add_text(out, ", but an exception covers it: ");
            buffer_add_printable(out, exception->reason);
        }
        buffer_add_text(out, "\n\n");
    } else {
        buffer_add_text(out, "does not match: ");
        clause_add_failure(trial, rule, out);
        buffer_add_text(out, "\n\n");
    }
    add_node(trial, explained->condition, 0, out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_text(cJSON *json, const char *name, struct buffer *text)
{
    json_out_text(json, name, buffer_str(text));
    buffer_release(text);
}

static void add_values(struct trial *trial, struct str name, cJSON *json)
{
    const struct value *value = event_first(trial_event(trial), trial_field(trial, name));
    json_out_text(json, "field", name);
    cJSON *values = cJSON_AddArrayToObject(json, "values");
    for (; value != NULL; value = event_next(trial_event(trial), value)) {
        struct buffer text = {0};
        if (value->kind == VALUE_NULL) {
            cJSON_AddItemToArray(values, cJSON_CreateNull());
            continue;
        }
        buffer_add_json_string(&text, match_text_of(trial_matcher(trial), value));
        buffer_add_byte(&text, '\0');
        cJSON_AddItemToArray(values, cJSON_CreateRaw(text.ptr));
        buffer_release(&text);
    }
}

/* Recursive: as add_node. */
static cJSON *node_json(struct trial *trial, const struct condition *condition)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddBoolToObject(json, "holds", match_condition(trial_matcher(trial), condition));
    json_out_text(json, "kind", str_of(kind_names[condition->kind]));
    if (condition->selection.len > 0) {
        json_out_text(json, "selection", condition->selection);
    }
    if (condition->kind == CONDITION_PREDICATE) {
        const struct predicate *predicate = &trial_rules(trial)->predicates[condition->predicate];
        struct buffer text = {0};
        clause_add_predicate(predicate, &text);
        add_text(json, "test", &text);
        if (predicate->field.len > 0) {
            add_values(trial, predicate->field, json);
        }
        return json;
    }
    cJSON *children = cJSON_AddArrayToObject(json, "children");
    for (uint32_t i = 0; i < condition->children_count; i++) {
        cJSON_AddItemToArray(children, node_json(trial, condition->children[i]));
    }
    return json;
}

cJSON *explain_event_json(struct trial *trial, uint32_t rule)
{
    const struct rule *explained = &trial_rules(trial)->rules[rule];
    const struct event *event = trial_event(trial);
    cJSON *json = cJSON_CreateObject();
    struct buffer reason = {0};
    json_out_text(json, "id", explained->id);
    json_out_text(json, "title", explained->title);
    json_out_text(json, "path", explained->path);
    json_out_count(json, "line", explained->line);
    json_out_text(json, "reached_by",
                  str_of(plan_access_name(plan_explain(trial_plan(trial), rule))));
    json_out_text(json, "logsource", str_of(logsource_table[event->logsource].name));
    bool matches = explain_event_matches(trial, rule);
    const struct rule_exception *exception =
        matches ? match_exception(trial_matcher(trial), rule) : NULL;
    cJSON_AddBoolToObject(json, "matches", matches);
    if (exception != NULL) {
        json_out_text(json, "exception", exception->reason);
    }
    clause_add_failure(trial, rule, &reason);
    add_text(json, "reason", &reason);
    cJSON_AddItemToObject(json, "condition", node_json(trial, explained->condition));
    return json;
}
