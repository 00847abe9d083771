/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_question.h - `rules explain` of given rules: with an event, or with logs.
 *
 * In:  rules as rule_pick.h reads them; an event, or paths of logs.
 * Out: per rule, on stdout: the truth of its condition; for a correlation, what its windows have.
 * Thread: the main thread.   Owns: everything while it runs.
 * Tested: tests/golden/test_rules_explain.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_EXPLAIN_QUESTION_H
#define TOCSIN_CLI_WORKBENCH_EXPLAIN_QUESTION_H

#include "cli/workbench/test_find.h"

#include <stdbool.h>
#include <stdint.h>

struct explain_question {
    const char *const *picks; /* RULE... */
    uint32_t picks_count;
    struct test_paths rules;     /* --rules */
    struct test_paths pipelines; /* --pipeline */
    const char *event;           /* NULL: none */
    const char **logs;
    uint32_t logs_count;
    const char *decoder;
    bool json;
};

/* Returns the exit code. */
int explain_question_answer(struct explain_question *question);

#endif
