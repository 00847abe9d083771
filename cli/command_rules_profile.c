/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_profile.c - `tocsin rules profile`: what each rule costs on given logs.
 */
#include "base/memory.h"
#include "cli/command.h"
#include "cli/engine/engine.h"
#include "cli/options.h"
#include "cli/profile_table.h"
#include "cli/progress.h"
#include "cli/rule_paths.h"
#include "cli/scan_defaults.h"
#include "cli/signals.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PROFILE_RULES = 20 };

struct profile_request {
    struct engine_options engine;
    struct rule_paths rules;
    const char **inputs;
    uint32_t top;
    bool json;
};

static void take_option(struct profile_request *request, struct options *options)
{
    int64_t number = 0;
    if (options_is(options, "rules")) {
        rule_paths_add(&request->rules, options->value);
    } else if (options_is(options, "pipeline")) {
        rule_paths_add_pipeline(&request->rules, options->value);
    } else if (options_is(options, "input")) {
        request->inputs[request->engine.source.paths_count++] = options->value;
    } else if (options_is(options, "decoder")) {
        request->engine.source.decoder = options_decoder(options);
    } else if (options_is(options, "format")) {
        request->json = strcmp(options->value, "json") == 0;
    } else if (options_is(options, "top")) {
        if (!str_to_i64(str_of(options->value), &number) || number < 0 || number > UINT32_MAX) {
            options_refuse(options, "use a whole number; 0 means all");
        }
        request->top = (uint32_t)number;
    }
}

static void print_profile(const struct profile_request *request, const struct engine *engine,
                          const struct match_profile *profile)
{
    struct buffer text = {0};
    if (request->json) {
        profile_table_json(profile, engine_plan(engine), request->top, &text);
    } else {
        profile_table_text(profile, engine_plan(engine), request->top, &text);
    }
    fwrite(text.ptr, 1, text.len, stdout);
    buffer_release(&text);
}

static int profile(const struct profile_request *request)
{
    struct err err = {0};
    struct engine *engine = NULL;
    struct engine_summary summary;
    struct progress progress;
    if (engine_new(&request->engine, &engine, &err) != 0) {
        return command_fail(&err);
    }
    progress_begin(&progress, true);
    engine_on_progress(engine, progress_draw, &progress);
    signals_begin(engine, false);
    int failed = engine_run(engine, &err);
    signals_end();
    progress_end(&progress);
    engine_summarize(engine, &summary);
    print_profile(request, engine, summary.profile);
    int code = summary.input_errors > 0 || signals_stopped() ? EXIT_WORLD : EXIT_DONE;
    engine_free(engine);
    return failed != 0 ? command_fail(&err) : code;
}

static int run_profile(int argc, char **argv)
{
    struct profile_request request = {.top = PROFILE_RULES};
    struct options options;
    scan_defaults(&request.engine);
    request.inputs = memory_new((size_t)argc + 1, sizeof *request.inputs);
    options_begin(&options, &command_rules_profile, argc, argv);
    while (options_next(&options)) {
        take_option(&request, &options);
    }
    for (int i = options.first; !options.stopped && i < argc; i++) {
        request.inputs[request.engine.source.paths_count++] = argv[i];
    }
    rule_paths_finish(&request.rules);
    request.engine.rules = request.rules.items;
    request.engine.rules_count = request.rules.count;
    request.engine.source.paths = request.inputs;
    int code = options.exit_code;
    if (!options.stopped && request.engine.source.paths_count == 0) {
        code = options_wrong(&command_rules_profile,
                             "name at least one file or directory of logs (- is stdin)");
    } else if (!options.stopped) {
        code = profile(&request);
    }
    rule_paths_release(&request.rules);
    memory_free(request.inputs);
    return code;
}

static const struct option_row profile_options[] = {
    {"rules", "PATH", NULL, "rules: a file or directory; may be repeated"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {"input", "PATH", NULL, "logs: a file or directory; may be repeated, as arguments too"},
    {"decoder", "NAME", NULL, "format of all input; default by content (version --decoders)"},
    {"top", "N", NULL, "list the N most expensive rules; default 20; 0: all"},
    {"format", "NAME", "text json", "how the table is printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_profile = {
    "rules profile",
    "measure what each rule costs on given logs",
    "[INPUT]...",
    profile_options,
    "Reads the logs as scan does, without alerts, and prints the rules by cost. Without --rules\n"
    "the rules that come with the program are measured. Columns: estimated time in all, its\n"
    "share, and for one candidate; candidates (events for which an index named the rule); of\n"
    "these, those that were evaluated in full; matches; candidates for which a regular expression\n"
    "could not decide; how the rule is reached. A rule that asks what another one asked before\n"
    "gets the answer for nothing. Finding candidates is work for all rules together. Counts are\n"
    "exact, times are samples.\n\n"
    "exit codes: 0 done; 2 wrong usage; 3 a file could not be read, or interrupted\n\n"
    "examples:\n"
    "  tocsin rules profile --rules my-rules/ /var/log/auth.log\n"
    "  tocsin rules profile --top 0 --format json logs/ | jq '.rules[] | select(.undecided > 0)'\n",
    run_profile,
};
