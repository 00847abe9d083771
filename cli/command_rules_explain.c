/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_explain.c - `tocsin rules explain`: why a rule matches an event or not
 * (workbench/explain_question.h); and without such a question the rules that are evaluated for
 * every event of their log source, why, and what that takes.
 */
#include "base/memory.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/rules_command_internal.h"
#include "cli/workbench/explain_question.h"
#include "ingest/decode/decoder.h"

#include <inttypes.h>
#include <string.h>

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

/* The question's options; what else there is, the way without a question reads again. */
static void take_option(struct explain_question *question, struct options *options)
{
    if (options_is(options, "event")) {
        question->event = options->value;
    } else if (options_is(options, "on")) {
        question->logs[question->logs_count++] = options->value;
    } else if (options_is(options, "rules")) {
        test_paths_add_apart(&question->rules, options->value);
    } else if (options_is(options, "pipeline")) {
        test_paths_add(&question->pipelines, options->value);
    } else if (options_is(options, "format")) {
        question->json = strcmp(options->value, "json") == 0;
    } else if (options_is(options, "decoder")) {
        question->decoder = options_decoder(options);
    }
}

static int ask(struct explain_question *question, struct options *options, int argc, char **argv)
{
    bool asks = question->event != NULL || question->logs_count > 0;
    if (options->stopped) {
        return options->exit_code;
    }
    if (!asks && question->rules.count == 0) {
        struct rules_request request = {.command = &command_rules_explain};
        return rules_command_run(&request, explain, argc, argv);
    }
    if (!asks || (question->event != NULL && question->logs_count > 0)) {
        return options_wrong(&command_rules_explain, "ask with one of --event and --on");
    }
    if (options->first == argc) {
        return options_wrong(&command_rules_explain, "name a rule: by file, id, name or title");
    }
    question->picks = (const char *const *)argv + options->first;
    question->picks_count = (uint32_t)(argc - options->first);
    return explain_question_answer(question);
}

static int run_explain(int argc, char **argv)
{
    struct explain_question question = {0};
    struct options options;
    question.logs = memory_new((size_t)argc + 1, sizeof *question.logs);
    options_begin(&options, &command_rules_explain, argc, argv);
    while (options_next(&options)) {
        take_option(&question, &options);
    }
    int code = ask(&question, &options, argc, argv);
    test_paths_release(&question.rules);
    test_paths_release(&question.pipelines);
    memory_free(question.logs);
    return code;
}

static const struct option_row explain_options[] = {
    {"event", "EVENT", NULL, "explain RULEs by a record: FILE, FILE:LINE, or - (stdin)"},
    {"on", "LOGS", NULL, "explain correlations by what their windows have; may be repeated"},
    {"rules", "PATH", NULL, "with these: where RULEs are looked for; may be repeated"},
    {"decoder", "NAME", NULL, "with these: format; default by content (version --decoders)"},
    {"all", NULL, NULL, "list every rule, not only those without an index"},
    {"format", "NAME", "text json", "how the rules are printed; default text"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_explain = {
    "rules explain",
    "say why a rule matches an event or not, and which rules cost time",
    "[PATH]... | RULE... --event EVENT | RULE... --on LOGS",
    explain_options,
    "With --event: each part of the rule's condition, whether it holds for the record, what the\n"
    "record has there, and the first clause that fails. With --on, for correlations: the groups\n"
    "that are watched when the logs end, the nearest to an alert first. RULE is a file, "
    "FILE:NAME,\n"
    "or an id, name or title of the rules in --rules (default: those that come with the\n"
    "program).\n\n"
    "Without both, rules that cost time are listed. A rule that no value, text or field leads to "
    "is evaluated for every event of its log source.\n"
    "Each is a line: file:line: title: how it is reached; what an evaluation takes at most; the\n"
    "part of its condition that has no index. `tocsin rules profile` measures the time.\n\n"
    "exit codes: 0 done; 2 wrong usage, or no such rule; 3 a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules explain my-rules/user.yml --event event.json\n"
    "  tocsin rules explain 'IAM user created' --event trail.jsonl:17\n"
    "  tocsin rules explain my-rules/guessing.yml --rules my-rules/ --on /var/log/auth.log\n"
    "  tocsin rules explain my-rules/\n"
    "  tocsin rules explain --all --format json | jq '.rules[] | select(.regexes > 0).title'\n",
    run_explain,
};
