/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_report.h - what a rule's matches over logs look like, and what of them is likely noise.
 *
 * In:  a sorted tally.   Out: text, JSON.
 * Thread: one.   Owns: nothing.
 * Invariants: (1) an exception is only suggested for a field that says who or where, that the rule
 *                 does not compare itself, and of which one value has more than NOISE_PERCENT of
 *                 the matches.
 * Bounds: BACKTEST_DAYS_SHOWN days, `top` values of a field, in text; JSON has all days.
 * Tested: tests/golden/test_rules_backtest.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_BACKTEST_REPORT_H
#define TOCSIN_CLI_WORKBENCH_BACKTEST_REPORT_H

#include "analyze/rule/rule.h"
#include "base/buffer.h"
#include "cli/workbench/backtest_tally.h"

#include <cjson/cJSON.h>

#define BACKTEST_DAYS_SHOWN 31
#define NOISE_PERCENT       80
#define NOISE_MATCHES_MIN   5 /* fewer say nothing about what dominates */
#define NOISE_SHOWN         3

struct backtest_report {
    const struct rule_set *rules;
    const struct rule *rule;
    const struct backtest_tally *tally;
    uint32_t top;   /* values shown of a field */
    uint64_t noisy; /* more matches a day than this are likely noise */
};

void backtest_report_text(const struct backtest_report *report, struct buffer *out);
cJSON *backtest_report_json(const struct backtest_report *report);

#endif
