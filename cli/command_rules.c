/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules.c - `tocsin rules check` and `tocsin rules list`: what the rules say and need.
 */
#include "analyze/rule/rule_extension.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "cli/rules_command_internal.h"

#include <stdio.h>

static const char *const kind_names[] = {"error", "unsupported", "warning"};

static void print_out(struct buffer *text)
{
    fwrite(text->ptr, 1, text->len, stdout);
    buffer_release(text);
}

static void add_problem(const struct rule_problem *problem, struct buffer *out)
{
    buffer_add_printable(out, problem->path);
    buffer_printf(out, ":%u:%u: %s: ", problem->line, problem->column, kind_names[problem->kind]);
    if (problem->rule.len > 0) {
        buffer_add_printable(out, problem->rule);
        buffer_add_text(out, ": ");
    }
    buffer_add_printable(out, problem->reason);
    buffer_add_byte(out, '\n');
}

static cJSON *problem_json(const struct rule_problem *problem)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "kind", str_of(kind_names[problem->kind]));
    json_out_text(json, "path", problem->path);
    json_out_count(json, "line", problem->line);
    json_out_count(json, "column", problem->column);
    json_out_text(json, "rule", problem->rule);
    json_out_text(json, "reason", problem->reason);
    return json;
}

static void check_json(const struct rule_set *rules, const uint32_t *counts, struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    json_out_count(root, "files", rules->files_count);
    json_out_count(root, "rules", rules->rules_count);
    json_out_count(root, "errors", counts[RULE_ERROR]);
    json_out_count(root, "unsupported", counts[RULE_UNSUPPORTED]);
    json_out_count(root, "warnings", counts[RULE_WARNING]);
    cJSON *list = cJSON_AddArrayToObject(root, "problems");
    for (uint32_t i = 0; i < rules->problems_count; i++) {
        cJSON_AddItemToArray(list, problem_json(&rules->problems[i]));
    }
    json_out_finish(root, out);
}

static int check(const struct rules_request *request, const struct rule_set *rules)
{
    uint32_t counts[RULE_WARNING + 1] = {0};
    struct buffer text = {0};
    for (uint32_t i = 0; i < rules->problems_count; i++) {
        counts[rules->problems[i].kind]++;
        if (!request->json) {
            add_problem(&rules->problems[i], &text);
        }
    }
    if (request->json) {
        check_json(rules, counts, &text);
    } else {
        buffer_printf(&text, "%u files: %u rules loaded, %u errors, %u unsupported, %u warnings\n",
                      rules->files_count, rules->rules_count, counts[RULE_ERROR],
                      counts[RULE_UNSUPPORTED], counts[RULE_WARNING]);
    }
    print_out(&text);
    bool bad = counts[RULE_ERROR] > 0 || (request->strict && counts[RULE_UNSUPPORTED] > 0);
    return bad ? EXIT_FOUND : EXIT_DONE;
}

static void add_logsource(const struct rule *rule, struct buffer *out)
{
    const struct str parts[] = {rule->logsource.category, rule->logsource.product,
                                rule->logsource.service};
    const char *separator = "";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len > 0) {
            buffer_add_text(out, separator);
            buffer_add_printable(out, parts[i]);
            separator = "/";
        }
    }
    if (separator[0] == '\0') {
        buffer_add_text(out, "any");
    }
}

static void list_text(const struct plan *plan, struct buffer *out)
{
    const struct rule_set *rules = plan_rules(plan);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        buffer_add_printable(out, rule->id);
        buffer_printf(out, "  %-13s %-11s ", rule_level_name(rule->level),
                      rules_command_access(plan, i));
        add_logsource(rule, out);
        buffer_add_text(out, "  ");
        buffer_add_printable(out, rule->title);
        buffer_add_byte(out, '\n');
    }
}

/* What the rule says under `tocsin:`. */
static void add_extension(cJSON *json, const struct rule_extension *extension)
{
    if (extension == NULL) {
        return;
    }
    cJSON *criteria = cJSON_AddArrayToObject(json, "criterion");
    for (uint32_t i = 0; i < extension->criteria.count; i++) {
        cJSON_AddItemToArray(criteria, cJSON_CreateString(extension->criteria.items[i].ptr));
    }
    if (extension->has_risk) {
        json_out_count(json, "risk_score", extension->risk_score);
    }
}

static void list_json(const struct plan *plan, struct buffer *out)
{
    const struct rule_set *rules = plan_rules(plan);
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        cJSON *json = cJSON_CreateObject();
        json_out_text(json, "id", rule->id);
        json_out_text(json, "title", rule->title);
        json_out_text(json, "level", str_of(rule_level_name(rule->level)));
        json_out_text(json, "category", rule->logsource.category);
        json_out_text(json, "product", rule->logsource.product);
        json_out_text(json, "service", rule->logsource.service);
        add_extension(json, rule->extension);
        json_out_text(json, "reached_by", str_of(rules_command_access(plan, i)));
        json_out_text(json, "path", rule->path);
        json_out_count(json, "line", rule->line);
        cJSON_AddItemToArray(list, json);
    }
    json_out_finish(root, out);
}

static void list_plan(const struct rules_request *request, const struct plan *plan,
                      struct buffer *out)
{
    if (request->json) {
        list_json(plan, out);
    } else {
        list_text(plan, out);
    }
}

static int list(const struct rules_request *request, const struct rule_set *rules)
{
    return rules_command_plan(request, rules, list_plan);
}

static int run_check(int argc, char **argv)
{
    struct rules_request request = {.command = &command_rules_check};
    return rules_command_run(&request, check, argc, argv);
}

static int run_list(int argc, char **argv)
{
    struct rules_request request = {.command = &command_rules_list};
    return rules_command_run(&request, list, argc, argv);
}

static const struct option_row check_options[] = {
    {"strict", NULL, NULL, "rules that this version can't evaluate are problems, too"},
    {"format", "NAME", "text json", "how the result is printed; default text"},
    {NULL, NULL, NULL, NULL},
};
static const struct option_row list_options[] = {
    {"format", "NAME", "text json", "how the rules are printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_check = {
    "rules check",
    "say what is wrong with rules",
    "[PATH]...",
    check_options,
    "Each problem is a line: file:line:column: kind: rule: reason. Without PATH the rules that "
    "come\n"
    "with the program are checked.\n\n"
    "exit codes:\n"
    "  0  no errors\n"
    "  1  errors; with --strict also unsupported rules\n"
    "  2  wrong usage\n"
    "  3  a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules check my-rules/\n"
    "  tocsin rules check --strict --format json my-rules/ | jq '.problems[].path'\n",
    run_check,
};

const struct command command_rules_list = {
    "rules list",
    "list rules with their level, log source and how they are reached",
    "[PATH]...",
    list_options,
    "The third column says how the engine finds a rule: by an exact value (equality), an address "
    "in\n"
    "a network, a literal, a number's bound, a field's presence, for every event of its log "
    "source\n"
    "(always), or never, when no decoder makes such events.\n\n"
    "exit codes: 0 done; 2 wrong usage; 3 a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules list\n"
    "  tocsin rules list --format json my-rules/ | jq -r '.rules[] | select(.level == "
    "\"high\").title'\n",
    run_list,
};
