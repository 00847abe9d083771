/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_backtest.c - `tocsin rules backtest`: what a rule would have found in given logs.
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/workbench/backtest_fields.h"
#include "cli/workbench/backtest_report.h"
#include "cli/workbench/history.h"
#include "cli/workbench/rule_pick.h"

#include <stdio.h>

enum { TOP_VALUES = 5, NOISY_A_DAY = 10 };

struct backtest_request {
    const char *const *picks;
    uint32_t picks_count;
    struct test_paths rules;
    struct test_paths pipelines; /* --pipeline */
    const char **logs;
    uint32_t logs_count;
    const char *decoder;
    uint64_t top;
    uint64_t noisy;
    bool json;
};

struct backtest {
    const struct backtest_request *request;
    struct rule_pick *picks;
    const struct rule_set *rules;    /* of the run; the reports' are the trial's */
    struct backtest_tally **tallies; /* per rule; NULL: not picked */
    struct trial *trial;
    struct arena *arena;
};

/* Before the first alert: which rules are picked. The trial has the same rules at the same place,
 * as they were loaded from the same files. */
static int begin(void *context, const struct rule_set *rules, struct err *err)
{
    struct backtest *backtest = context;
    uint32_t *picked = memory_new((size_t)rules->rules_count + 1, sizeof *picked);
    int failed = 0;
    backtest->rules = rules;
    backtest->tallies = arena_take_zeroed(backtest->arena, (size_t)rules->rules_count + 1,
                                          sizeof *backtest->tallies);
    if (trial_rules(backtest->trial)->rules_count != rules->rules_count) {
        failed = err_set(err, ERR_IO, "the rules changed while they were read; try again");
    }
    for (uint32_t i = 0; i < backtest->request->picks_count && failed == 0; i++) {
        uint32_t count = 0;
        failed = rule_pick_find(&backtest->picks[i], rules, picked, &count, err);
        for (uint32_t k = 0; k < count && failed == 0; k++) {
            struct backtest_tally **tally = &backtest->tallies[picked[k]];
            if (*tally == NULL) {
                *tally = arena_take(backtest->arena, sizeof **tally);
                tally_init(*tally);
            }
        }
    }
    memory_free(picked);
    return failed;
}

/* engine_alert_fn */
static void take(void *context, const struct alert *alert)
{
    struct backtest *backtest = context;
    struct backtest_tally *tally = backtest->tallies[alert->rule - backtest->rules->rules];
    if (tally != NULL) {
        tally_add_match(tally, alert->time_ns, alert->original);
        backtest_add_fields(tally, backtest->trial, backtest->request->decoder, alert);
    }
}

static void print(const struct backtest *backtest)
{
    const struct rule_set *rules = trial_rules(backtest->trial);
    struct buffer text = {0};
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        if (backtest->tallies[i] == NULL) {
            continue;
        }
        tally_sort(backtest->tallies[i]);
        struct backtest_report report = {.rules = rules,
                                         .rule = &rules->rules[i],
                                         .tally = backtest->tallies[i],
                                         .top = (uint32_t)backtest->request->top,
                                         .noisy = backtest->request->noisy};
        if (backtest->request->json) {
            cJSON_AddItemToArray(list, backtest_report_json(&report));
        } else {
            buffer_add_text(&text, text.len > 0 ? "\n" : "");
            backtest_report_text(&report, &text);
        }
    }
    if (backtest->request->json) {
        json_out_finish(root, &text);
    } else {
        cJSON_Delete(root);
    }
    fwrite(text.ptr, 1, text.len, stdout);
    buffer_release(&text);
}

static int run(struct backtest *backtest, struct err *err)
{
    const struct backtest_request *request = backtest->request;
    struct history_totals totals = {0};
    const char *const *rules = (const char *const *)request->rules.items;
    struct history_request history = {.rules = rules,
                                      .rules_count = request->rules.count,
                                      .logs = request->logs,
                                      .logs_count = request->logs_count,
                                      .decoder = request->decoder,
                                      .every_match = true,
                                      .call = take,
                                      .begin = begin,
                                      .context = backtest};
    int failed = trial_new(rules, request->rules.count, &backtest->trial, err);
    failed = failed != 0 ? failed : history_run(&history, &totals, err);
    if (failed == 0) {
        print(backtest);
    }
    return failed;
}

static int answer(struct backtest_request *request)
{
    struct err err = {0};
    struct backtest backtest = {.request = request, .arena = arena_new(0)};
    backtest.picks = memory_new((size_t)request->picks_count + 1, sizeof *backtest.picks);
    rule_picks_parse(backtest.arena, request->picks, request->picks_count, backtest.picks,
                     &request->rules);
    test_paths_add_pipelines(&request->rules, &request->pipelines);
    int failed = run(&backtest, &err);
    uint32_t count = backtest.tallies == NULL ? 0 : trial_rules(backtest.trial)->rules_count;
    for (uint32_t i = 0; i < count; i++) {
        if (backtest.tallies[i] != NULL) {
            tally_release(backtest.tallies[i]);
        }
    }
    trial_free(backtest.trial);
    memory_free(backtest.picks);
    arena_free(backtest.arena);
    return failed != 0 ? command_fail(&err) : EXIT_DONE;
}

static void take_number(struct options *options, uint64_t *number)
{
    if (!str_to_u64(str_of(options->value), number) || *number > UINT32_MAX) {
        options_refuse(options, "use a whole number");
    }
}

static void take_option(struct backtest_request *request, struct options *options)
{
    if (options_is(options, "on")) {
        request->logs[request->logs_count++] = options->value;
    } else if (options_is(options, "rules")) {
        test_paths_add_apart(&request->rules, options->value);
    } else if (options_is(options, "pipeline")) {
        test_paths_add(&request->pipelines, options->value);
    } else if (options_is(options, "top")) {
        take_number(options, &request->top);
    } else if (options_is(options, "noisy")) {
        take_number(options, &request->noisy);
    } else if (options_is(options, "format")) {
        request->json = strcmp(options->value, "json") == 0;
    } else if (options_is(options, "decoder")) {
        request->decoder = options_decoder(options);
    }
}

static int run_backtest(int argc, char **argv)
{
    struct backtest_request request = {.top = TOP_VALUES, .noisy = NOISY_A_DAY};
    struct options options;
    request.logs = memory_new((size_t)argc + 1, sizeof *request.logs);
    options_begin(&options, &command_rules_backtest, argc, argv);
    while (options_next(&options)) {
        take_option(&request, &options);
    }
    int code = options.exit_code;
    if (!options.stopped && options.first == argc) {
        code = options_wrong(&command_rules_backtest, "name a rule: by file, id, name or title");
    } else if (!options.stopped && request.logs_count == 0) {
        code = options_wrong(&command_rules_backtest, "name logs by --on");
    } else if (!options.stopped) {
        request.picks = (const char *const *)argv + options.first;
        request.picks_count = (uint32_t)(argc - options.first);
        code = answer(&request);
    }
    test_paths_release(&request.rules);
    test_paths_release(&request.pipelines);
    memory_free(request.logs);
    return code;
}

static const struct option_row backtest_options[] = {
    {"on", "LOGS", NULL, "logs: a file or folder; may be repeated"},
    {"rules", "PATH", NULL, "where RULEs are looked for, and those they name; may be repeated"},
    {"decoder", "NAME", NULL, "format of all logs; default by content (version --decoders)"},
    {"top", "N", NULL, "show the N most frequent values of a field; default 5"},
    {"noisy", "N", NULL, "more than N matches a day are likely noise; default 10"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {"format", "NAME", "text json", "how the result is printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_backtest = {
    "rules backtest",
    "say what a rule would have found in given logs, and what of it is noise",
    "RULE... --on LOGS",
    backtest_options,
    "Per rule: matches a day; fields of the matching records with their most frequent values;\n"
    "what is likely noise: many matches a day, or one user, address or program that has more than\n"
    "80 % of them; samples. Of a correlation the alerts are counted. Matches that an exception\n"
    "covers are left out. RULE is a file, FILE:NAME, or an id, name or title of the rules in\n"
    "--rules (default: those that come with the program).\n\n"
    "exit codes: 0 done; 2 wrong usage, or no such rule; 3 a file could not be read, or\n"
    "interrupted\n\n"
    "examples:\n"
    "  tocsin rules backtest my-rules/user.yml --on cloudtrail/\n"
    "  tocsin rules backtest my-rules/ --on logs/ --format json |\n"
    "    jq '.rules[] | select(.noisy).title'\n",
    run_backtest,
};
