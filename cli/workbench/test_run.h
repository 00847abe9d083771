/* SPDX-License-Identifier: Apache-2.0
 *
 * test_run.h - the cases of test files, fed to the engine's way and judged.
 *
 * In:  a trial of the rules, a test file.   Out: a result for each case: passed, or why not.
 * Thread: one.   Owns: nothing; texts are in the arena given.
 * Invariants: (1) a case whose events could not be decoded fails, whatever it expects: it proves
 *                 nothing.
 * Tested: tests/golden/test_rules_test.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_RUN_H
#define TOCSIN_CLI_WORKBENCH_TEST_RUN_H

#include "cli/engine/trial.h"
#include "cli/workbench/test_file.h"

/* Which rules a file's cases are about. */
struct test_subject {
    const uint32_t *rules; /* indexes */
    uint32_t count;
};

struct test_result {
    const struct test_file *file;
    const struct test_case *tested;
    struct str why; /* lines, each with a LF; "": it passed */
    int64_t elapsed_ns;
};

/* The rules that file is about. ERR_CONFIG: none of them is loaded; the text says why. */
int test_run_subject(struct arena *arena, const struct rule_set *rules,
                     const struct test_file *file, struct test_subject *subject, struct err *err);
/* Runs the file's case number index. */
void test_run_case(struct arena *arena, struct trial *trial, const struct test_subject *subject,
                   const struct test_file *file, struct test_result *result);

/* test_expect.c: adds to out what the finished case lacks. */
void test_expect_match(struct trial *trial, const struct test_subject *subject,
                       const struct test_result *result, struct buffer *out);
void test_expect_alerts(struct trial *trial, const struct test_subject *subject,
                        const struct test_case *tested, struct buffer *out);
/* The input of a case's event number index, for trial_feed and trial_hold. */
struct trial_input test_run_input(const struct test_result *result, uint32_t index);
/* Is the rule called name: by id, name or title? */
bool test_run_is_called(const struct rule *rule, struct str name);

#endif
