/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rules_check.c - `tocsin rules check`: all that is wrong with rules, in one go.
 */
#include "cli/check/check_report.h"
#include "cli/rule_paths.h"
#include "cli/rules_command_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    check_format_fn *add;
} formats[] = {
    {"text", check_format_text},
    {"json", check_format_json},
    {"sarif", check_format_sarif},
};

static int check(const struct rules_request *request, const struct rule_set *rules)
{
    struct check_style style = {
        .colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL,
        .strict = request->strict,
    };
    struct buffer text = {0};
    struct check_report report;
    check_report_make(rules, &report);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(request->format, formats[i].name) == 0) {
            formats[i].add(&report, &style, &text);
        }
    }
    fwrite(text.ptr, 1, text.len, stdout);
    buffer_release(&text);
    bool bad = report.by_kind[RULE_ERROR] > 0 || (request->strict && report.problems_count > 0);
    check_report_release(&report);
    return bad ? EXIT_FOUND : EXIT_DONE;
}

static int run_check(int argc, char **argv)
{
    struct rules_request request = {.command = &command_rules_check};
    return rules_command_run(&request, check, argc, argv);
}

static const struct option_row check_options[] = {
    {"strict", NULL, NULL, "rules that this version can't evaluate, and warnings, count, too"},
    {"format", "NAME", "text json sarif", "how the result is printed; default text"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {NULL, NULL, NULL, NULL},
};

const struct command command_rules_check = {
    "rules check",
    "say what is wrong with rules",
    "[PATH]...",
    check_options,
    "Each problem is a line: file:line:column: kind: rule: reason [code], and below it the source\n"
    "and a hint, if there is one. Without PATH the rules that come with the program are checked.\n"
    "json also says of every rule whether it is loaded, inactive (no decoder makes events of its\n"
    "log source) or rejected. sarif is SARIF 2.1.0, for editors and code scanners.\n\n"
    "exit codes:\n"
    "  0  no errors\n"
    "  1  errors; with --strict also unsupported rules and warnings\n"
    "  2  wrong usage\n"
    "  3  a file could not be read\n\n"
    "examples:\n"
    "  tocsin rules check my-rules/\n"
    "  tocsin rules check --strict --format json my-rules/ | jq '.problems[].path'\n"
    "  tocsin rules check --format json my-rules/ | jq '.report[] | select(.state != "
    "\"loaded\")'\n",
    run_check,
};
