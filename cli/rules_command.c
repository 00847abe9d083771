/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_command.c - see rules_command_internal.h.
 */
#include "cli/options.h"
#include "cli/rule_paths.h"
#include "cli/rules_command_internal.h"
#include "ingest/decode/decoder.h"

#include <stdio.h>
#include <string.h>

static int load(const struct options *options, struct rule_paths *paths, struct rule_set **rules)
{
    struct err err = {0};
    for (int i = options->first; i < options->argc; i++) {
        rule_paths_add(paths, options->argv[i]);
    }
    rule_paths_finish(paths);
    int failed = rule_set_load(paths->items, paths->count, rules, &err);
    return failed != 0 ? command_fail(&err) : EXIT_DONE;
}

int rules_command_run(struct rules_request *request, rules_fn *call, int argc, char **argv)
{
    struct options options;
    request->format = "text";
    struct rule_paths paths = {0};
    options_begin(&options, request->command, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "format")) {
            request->format = options.value;
            request->json = strcmp(options.value, "json") == 0;
        } else if (options_is(&options, "strict")) {
            request->strict = true;
        } else if (options_is(&options, "all")) {
            request->all = true;
        } else if (options_is(&options, "pipeline")) {
            rule_paths_add_pipeline(&paths, options.value);
        } else {
            rules_filter_take(&request->filter, &options);
        }
    }
    struct rule_set *rules = NULL;
    int code = options.stopped ? options.exit_code : load(&options, &paths, &rules);
    if (rules != NULL) {
        code = call(request, rules);
        rule_set_free(rules);
    }
    rule_paths_release(&paths);
    return code;
}

int rules_command_plan(const struct rules_request *request, const struct rule_set *rules,
                       rules_plan_fn *call)
{
    struct err err = {0};
    struct plan *plan = NULL;
    struct field_table *fields = field_table_new();
    decoder_intern_fields(fields);
    int failed = plan_intern_fields(rules, fields, &err);
    if (failed == 0) {
        failed = plan_new(rules, fields, &plan, &err);
    }
    if (failed == 0) {
        struct buffer text = {0};
        call(request, plan, &text);
        fwrite(text.ptr, 1, text.len, stdout);
        buffer_release(&text);
    }
    plan_free(plan);
    field_table_free(fields);
    return failed != 0 ? command_fail(&err) : EXIT_DONE;
}

const char *rules_command_access(const struct plan *plan, uint32_t rule)
{
    bool correlates = plan_rules(plan)->rules[rule].correlation.kind != CORRELATION_NONE;
    return correlates ? "correlation" : plan_access_name(plan_explain(plan, rule));
}
