/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report.h - what `rules test` found, for people, programs and CI.
 *
 * In:  results.   Out: text, JSON, JUnit XML.
 * Thread: one.   Owns: nothing.
 * Tested: tests/golden/test_rules_test.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_REPORT_H
#define TOCSIN_CLI_WORKBENCH_TEST_REPORT_H

#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "cli/workbench/test_run.h"

/* A test file that could not be used, and why. */
struct test_broken {
    struct str path;
    struct str why;
};

struct test_report {
    uint32_t files_count;
    struct test_result *results; /* file by file */
    uint32_t results_count;
    uint32_t results_capacity;
    struct test_broken *broken;
    uint32_t broken_count;
    uint32_t broken_capacity;
    const struct rule_set *rules;
    const bool *covered; /* per rule: a test is about it; NULL: not asked */
};

uint32_t test_report_failed(const struct test_report *report);
void test_report_text(const struct test_report *report, struct buffer *out);
void test_report_json(const struct test_report *report, struct buffer *out);
void test_report_junit(const struct test_report *report, struct buffer *out);

#endif
