/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_explain.c - `tocsin rules explain`: the rules that are evaluated for every event of
 * their log source, why, and what that takes.
 */
#include "cli/json_out.h"
#include "cli/rules_command_internal.h"

#include <inttypes.h>

static bool is_listed(const struct rules_request *request, const struct plan *plan, uint32_t rule)
{
    return request->all || plan_explain(plan, rule) == PLAN_ALWAYS;
}

static const char *inactivity_of(const struct plan *plan, uint32_t rule)
{
    bool correlates = plan_rules(plan)->rules[rule].correlation.kind != CORRELATION_NONE;
    bool never = !correlates && plan_explain(plan, rule) == PLAN_NEVER;
    return never ? "no decoder makes events of its log source" : "";
}

static void add_reason(const struct plan *plan, uint32_t rule, struct buffer *out)
{
    buffer_add_text(out, inactivity_of(plan, rule));
    plan_explain_reason(plan, rule, out);
}

static void explain_text(const struct rules_request *request, const struct plan *plan,
                         struct buffer *out)
{
    const struct rule_set *rules = plan_rules(plan);
    uint32_t always = 0;
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        struct plan_cost cost = plan_explain_cost(plan, i);
        always += plan_explain(plan, i) == PLAN_ALWAYS ? 1 : 0;
        if (!is_listed(request, plan, i)) {
            continue;
        }
        buffer_add_printable(out, rule->path);
        buffer_printf(out, ":%" PRIu32 ": ", rule->line);
        buffer_add_printable(out, rule->title);
        buffer_printf(out, ": %s; tests %" PRIu32 ", regular expressions %" PRIu32,
                      rules_command_access(plan, i), cost.tests, cost.regexes);
        size_t start = out->len + 2;
        buffer_add_text(out, "; ");
        add_reason(plan, i, out);
        out->len -= out->len == start ? 2 : 0;
        buffer_add_byte(out, '\n');
    }
    buffer_printf(out,
                  "%" PRIu32 " of %" PRIu32 " rules are evaluated for every event of their "
                  "log source\n",
                  always, rules->rules_count);
}

static cJSON *rule_json(const struct plan *plan, uint32_t index)
{
    const struct rule *rule = &plan_rules(plan)->rules[index];
    struct plan_cost cost = plan_explain_cost(plan, index);
    struct buffer reason = {0};
    cJSON *json = cJSON_CreateObject();
    add_reason(plan, index, &reason);
    json_out_text(json, "id", rule->id);
    json_out_text(json, "title", rule->title);
    json_out_text(json, "path", rule->path);
    json_out_count(json, "line", rule->line);
    json_out_text(json, "reached_by", str_of(rules_command_access(plan, index)));
    json_out_count(json, "tests", cost.tests);
    json_out_count(json, "regexes", cost.regexes);
    json_out_text(json, "reason", buffer_str(&reason));
    buffer_release(&reason);
    return json;
}

static void explain_plan(const struct rules_request *request, const struct plan *plan,
                         struct buffer *out)
{
    if (!request->json) {
        explain_text(request, plan, out);
        return;
    }
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < plan_rules(plan)->rules_count; i++) {
        if (is_listed(request, plan, i)) {
            cJSON_AddItemToArray(list, rule_json(plan, i));
        }
    }
    json_out_finish(root, out);
}

static int explain(const struct rules_request *request, const struct rule_set *rules)
{
    return rules_command_plan(request, rules, explain_plan);
}

static int run_explain(int argc, char **argv)
{
    struct rules_request request = {.command = &command_rules_explain};
    return rules_command_run(&request, explain, argc, argv);
}

static const struct option_row explain_options[] = {
    {"all", NULL, NULL, "list every rule, not only those without an index"},
    {"format", "NAME", "text json", "how the rules are printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_explain = {
    "rules explain",
    "say which rules cost time for every event, and why",
    "[PATH]...",
    explain_options,
    "A rule that no value, text or field leads to is evaluated for every event of its log source.\n"
    "Each is a line: file:line: title: how it is reached; what an evaluation takes at most; the\n"
    "part of its condition that has no index. `tocsin rules profile` measures the time.\n\n"
    "exit codes: 0 done; 2 wrong usage; 3 a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules explain my-rules/\n"
    "  tocsin rules explain --all --format json | jq '.rules[] | select(.regexes > 0).title'\n",
    run_explain,
};
