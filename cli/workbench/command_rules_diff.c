/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_diff.c - `tocsin rules diff`: what a change of rules does to the alerts of logs.
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/workbench/history.h"
#include "cli/workbench/rule_diff.h"
#include "cli/workbench/test_find.h"

#include <stdio.h>

struct diff_request {
    const char *before;
    const char *after;
    struct test_paths pipelines; /* --pipeline */
    const char **logs;
    uint32_t logs_count;
    const char *decoder;
    bool json;
};

static int run_side(const struct diff_request *request, struct rule_diff *diff, struct err *err)
{
    struct test_paths rules = {0};
    test_paths_add(&rules, diff->is_after ? request->after : request->before);
    test_paths_add_pipelines(&rules, &request->pipelines);
    struct history_totals totals = {0};
    struct history_request history = {.rules = (const char *const *)rules.items,
                                      .rules_count = rules.count,
                                      .logs = request->logs,
                                      .logs_count = request->logs_count,
                                      .decoder = request->decoder,
                                      .call = rule_diff_take,
                                      .context = diff};
    int failed = history_run(&history, &totals, err);
    test_paths_release(&rules);
    return failed;
}

static int compare(const struct diff_request *request)
{
    struct err err = {0};
    struct rule_diff diff;
    struct buffer text = {0};
    rule_diff_init(&diff);
    int failed = run_side(request, &diff, &err);
    diff.is_after = true;
    failed = failed != 0 ? failed : run_side(request, &diff, &err);
    int code = failed != 0 ? command_fail(&err) : EXIT_DONE;
    if (failed == 0) {
        code = rule_diff_count(&diff) > 0 ? EXIT_FOUND : EXIT_DONE;
        if (request->json) {
            json_out_finish(rule_diff_json(&diff), &text);
        } else {
            rule_diff_text(&diff, &text);
        }
        fwrite(text.ptr, 1, text.len, stdout);
        buffer_release(&text);
    }
    rule_diff_release(&diff);
    return code;
}

static void take_option(struct diff_request *request, struct options *options)
{
    if (options_is(options, "on")) {
        request->logs[request->logs_count++] = options->value;
    } else if (options_is(options, "pipeline")) {
        test_paths_add(&request->pipelines, options->value);
    } else if (options_is(options, "format")) {
        request->json = strcmp(options->value, "json") == 0;
    } else if (options_is(options, "decoder")) {
        request->decoder = options_decoder(options);
    }
}

static int run_diff(int argc, char **argv)
{
    struct diff_request request = {0};
    struct options options;
    request.logs = memory_new((size_t)argc + 1, sizeof *request.logs);
    options_begin(&options, &command_rules_diff, argc, argv);
    while (options_next(&options)) {
        take_option(&request, &options);
    }
    int code = options.exit_code;
    if (!options.stopped && argc - options.first != 2) {
        code = options_wrong(&command_rules_diff, "name two files or folders of rules");
    } else if (!options.stopped && request.logs_count == 0) {
        code = options_wrong(&command_rules_diff, "name logs by --on");
    } else if (!options.stopped) {
        request.before = argv[options.first];
        request.after = argv[options.first + 1];
        code = compare(&request);
    }
    test_paths_release(&request.pipelines);
    memory_free(request.logs);
    return code;
}

static const struct option_row diff_options[] = {
    {"on", "LOGS", NULL, "logs to compare on: a file or folder; may be repeated"},
    {"decoder", "NAME", NULL, "format of all logs; default by content (version --decoders)"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {"format", "NAME", "text json", "how the difference is printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_diff = {
    "rules diff",
    "say which alerts a change of rules adds and removes on given logs",
    "BEFORE AFTER --on LOGS",
    diff_options,
    "BEFORE and AFTER are files or folders of rules. The logs are read with each, and alerts are\n"
    "compared by their ids: an alert is the same when its rule has the same `id:` and it is of "
    "the\n"
    "same event, or of the same group and window. Per rule the first 10 alerts of each kind are\n"
    "listed, with time, id and place; --format json has all.\n\n"
    "exit codes:\n"
    "  0  the same alerts\n"
    "  1  a difference\n"
    "  2  wrong usage\n"
    "  3  a file could not be read, or interrupted\n\n"
    "examples:\n"
    "  tocsin rules diff rules/ changed-rules/ --on logs/\n"
    "  tocsin rules diff user.yml new.yml --on logs/ --format json | jq '.alerts[].place'\n",
    run_diff,
};
