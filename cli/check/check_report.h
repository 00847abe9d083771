/* SPDX-License-Identifier: Apache-2.0
 *
 * check_report.h - what `tocsin rules check` has to say, and the formats it says it in.
 *
 * In:  a rule_set with its problems.   Out: text for people, JSON for programs, SARIF for editors
 * and code scanners.   Thread: one.   Owns: the list of documents; rules must outlive the report.
 * Invariants: (1) every document of the files is in the report once: loaded, inactive or rejected.
 * (2) all formats tell the same problems in the same order.
 * Tested: tests/unit/test_check_report.c, tests/golden/test_rules_check.sh.
 */
#ifndef TOCSIN_CLI_CHECK_CHECK_REPORT_H
#define TOCSIN_CLI_CHECK_CHECK_REPORT_H

#include "analyze/lint/lint.h"
#include "base/buffer.h"

enum check_state {
    CHECK_LOADED,
    CHECK_INACTIVE, /* loaded, but no decoder makes events of its log source */
    CHECK_REJECTED,
    CHECK_STATES
};
const char *check_state_name(enum check_state state);

/* One rule, or what should have been one. */
struct check_document {
    enum check_state state;
    const struct rule *rule; /* NULL: rejected */
    struct str path;
    uint32_t line;   /* where the document begins; 0: the file as a whole is rejected */
    struct str name; /* title, or "" */
    const struct rule_problem *problems; /* those of the document */
    uint32_t problems_count;
};

struct check_report {
    const struct rule_set *rules;
    struct lint lint;
    struct rule_problem *problems; /* those of loading and of lint, by path, document and line */
    uint32_t problems_count;
    uint32_t by_kind[RULE_WARNING + 1];
    uint32_t by_state[CHECK_STATES];
    struct check_document *documents; /* in the order of path and line */
    uint32_t documents_count;
};

void check_report_make(const struct rule_set *rules, struct check_report *report);
void check_report_release(struct check_report *report);

struct check_style {
    bool colour; /* text: with escape sequences */
    bool strict; /* sarif: warnings and unsupported rules are errors */
};
typedef void check_format_fn(const struct check_report *report, const struct check_style *style,
                             struct buffer *out);
check_format_fn check_format_text;
check_format_fn check_format_json;
check_format_fn check_format_sarif;

#endif
