/* SPDX-License-Identifier: Apache-2.0
 *
 * check_json.c - problems, and the state of every rule, for programs.
 */
#include "cli/check/check_report.h"
#include "cli/json_out.h"

static cJSON *problem_json(const struct rule_problem *problem)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "kind", str_of(rule_problem_kind_name(problem->kind)));
    json_out_text(json, "code", str_of(rule_problem_row(problem->code)->name));
    json_out_text(json, "path", problem->path);
    json_out_count(json, "line", problem->line);
    json_out_count(json, "column", problem->column);
    json_out_text(json, "rule", problem->rule);
    json_out_text(json, "reason", problem->reason);
    if (problem->hint.len > 0) {
        json_out_text(json, "hint", problem->hint);
    }
    return json;
}

static cJSON *document_json(const struct check_document *document)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "state", str_of(check_state_name(document->state)));
    json_out_text(json, "path", document->path);
    json_out_count(json, "line", document->line);
    json_out_text(json, "title", document->name);
    if (document->rule != NULL) {
        json_out_text(json, "id", document->rule->id);
    }
    if (document->state == CHECK_INACTIVE) {
        json_out_text(json, "reason", STR("no decoder makes events of its log source"));
    }
    for (uint32_t i = 0; i < document->problems_count && document->rule == NULL; i++) {
        if (rule_problem_drops(&document->problems[i])) {
            json_out_text(json, "reason", document->problems[i].reason); /* the first of them */
            break;
        }
    }
    return json;
}

void check_format_json(const struct check_report *report, const struct check_style *style,
                       struct buffer *out)
{
    const struct rule_set *rules = report->rules;
    cJSON *root = cJSON_CreateObject();
    (void)style;
    json_out_count(root, "files", rules->files_count - rules->pipeline_files_count);
    json_out_count(root, "rules", rules->rules_count);
    json_out_count(root, "inactive", report->by_state[CHECK_INACTIVE]);
    json_out_count(root, "rejected", report->by_state[CHECK_REJECTED]);
    json_out_count(root, "errors", report->by_kind[RULE_ERROR]);
    json_out_count(root, "unsupported", report->by_kind[RULE_UNSUPPORTED]);
    json_out_count(root, "warnings", report->by_kind[RULE_WARNING]);
    cJSON *problems = cJSON_AddArrayToObject(root, "problems");
    for (uint32_t i = 0; i < report->problems_count; i++) {
        cJSON_AddItemToArray(problems, problem_json(&report->problems[i]));
    }
    cJSON *documents = cJSON_AddArrayToObject(root, "report");
    for (uint32_t i = 0; i < report->documents_count; i++) {
        cJSON_AddItemToArray(documents, document_json(&report->documents[i]));
    }
    json_out_finish(root, out);
}
