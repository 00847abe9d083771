/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_command_internal.h - what the commands that read rules and nothing else have in common.
 *
 * In:  a command line.   Out: the rules, or their plan, for the command's own function.
 * Thread: the main thread.   Owns: rules and plan while the function runs.
 */
#ifndef TOCSIN_CLI_RULES_COMMAND_INTERNAL_H
#define TOCSIN_CLI_RULES_COMMAND_INTERNAL_H

#include "analyze/plan/plan.h"
#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "cli/command.h"
#include "cli/rules_filter.h"

struct rules_request {
    const struct command *command;
    const char *format; /* "text" unless it was chosen */
    bool json;          /* format is "json" */
    bool strict;
    bool all;
    struct rules_filter filter; /* of rules list */
};

/* Returns the exit code. */
typedef int rules_fn(const struct rules_request *request, const struct rule_set *rules);
/* Adds what is to be printed. */
typedef void rules_plan_fn(const struct rules_request *request, const struct plan *plan,
                           struct buffer *out);

/* Reads the options, loads the rules that are named behind them, calls call. The exit code. */
int rules_command_run(struct rules_request *request, rules_fn *call, int argc, char **argv);
/* Makes the plan of rules and prints what call says of it. The exit code. */
int rules_command_plan(const struct rules_request *request, const struct rule_set *rules,
                       rules_plan_fn *call);
/* "equality", ..., or "correlation". */
const char *rules_command_access(const struct plan *plan, uint32_t rule);

#endif
