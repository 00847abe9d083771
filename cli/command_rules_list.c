/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_list.c - `tocsin rules list`: the rules that can be used, and how they are reached.
 */
#include "analyze/rule/rule_extension.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/navigator.h"
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/rules_command_internal.h"

#include <stdio.h>
#include <string.h>

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

static void list_text(const struct plan *plan, const struct rules_filter *filter,
                      struct buffer *out)
{
    const struct rule_set *rules = plan_rules(plan);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (!rules_filter_fits(filter, rule)) {
            continue;
        }
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

static void list_json(const struct plan *plan, const struct rules_filter *filter,
                      struct buffer *out)
{
    const struct rule_set *rules = plan_rules(plan);
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (!rules_filter_fits(filter, rule)) {
            continue;
        }
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
        list_json(plan, &request->filter, out);
    } else {
        list_text(plan, &request->filter, out);
    }
}

static int list(const struct rules_request *request, const struct rule_set *rules)
{
    if (strcmp(request->format, "navigator") == 0) {
        struct buffer text = {0};
        navigator_layer(rules, &request->filter, &text);
        fwrite(text.ptr, 1, text.len, stdout);
        buffer_release(&text);
        return EXIT_DONE;
    }
    return rules_command_plan(request, rules, list_plan);
}

static int run_list(int argc, char **argv)
{
    struct rules_request request = {.command = &command_rules_list};
    return rules_command_run(&request, list, argc, argv);
}

static const struct option_row list_options[] = {
    {"level", "NAME", "informational low medium high critical", "only of this level or above"},
    {"tag", "PATTERN", NULL, "only with such a tag: attack.t1078*"},
    {"criterion", "PATTERN", NULL, "only for such a criterion: CC7.*"},
    {"source", "PATTERN", NULL, "only for such a product, service, category or product/service"},
    {"status", "NAME", NULL, "only of this status"},
    {"format", "NAME", "text json navigator", "how the rules are printed; default text"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {NULL, NULL, NULL, NULL},
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
    "(always), or never, when no decoder makes such events. Patterns have * and ?, and ignore "
    "case.\n"
    "navigator is a layer of MITRE's ATT&CK Navigator: how many rules each technique has.\n\n"
    "exit codes: 0 done; 2 wrong usage; 3 a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules list\n"
    "  tocsin rules list --level high --source aws/cloudtrail\n"
    "  tocsin rules list --format navigator >layer.json\n"
    "  tocsin rules list --format json my-rules/ | jq -r '.rules[] | select(.level == "
    "\"high\").title'\n",
    run_list,
};
