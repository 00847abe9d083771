/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension.h - what a rule says under its own key `tocsin:`, beyond Sigma.
 *
 * In:  the map under `tocsin:` of a rule.   Out: struct rule_extension.
 * Thread: read by one, immutable then.   Owns: nothing; all is in the rule_set's arena.
 * Invariants: (1) a key that is not in the table of rule_extension.c is an error of its rule.
 * To add a key: a row there, a file rule_extension_<key>.c, a section of docs/EXTENSIONS.md.
 * Tested: tests/unit/test_rule_extension.c.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_EXTENSION_H
#define TOCSIN_ANALYZE_RULE_RULE_EXTENSION_H

#include "analyze/rule/rule.h"

#define RULE_RISK_MAX 100U

/* Matches of the rule that raise no alert. */
struct rule_exception {
    uint32_t number; /* among all exceptions of the rule_set */
    uint32_t line;
    struct str reason;
    struct str owner;
    struct str approved_by;
    struct str expires; /* YYYY-MM-DD: the last day */
    const struct condition *condition;
};

/* Alerts of one key are told alerts_max times in a period of event time. */
struct rule_suppress {
    struct str_list
        key;           /* fields; of a correlation: group-by names. None: all alerts of the rule */
    int64_t period_ns; /* 0: nothing is suppressed */
    uint64_t alerts_max;
};

struct rule_extension {
    struct str_list criteria; /* of the Trust Services Criteria: "CC7.2" */
    bool has_risk;
    uint32_t risk_score;           /* at most RULE_RISK_MAX */
    struct str_list risk_entities; /* fields whose values bear the risk; of a correlation: group-by
                                    * names */
    struct rule_suppress suppress;
    const struct rule_exception *exceptions; /* those that hold today, in the rule's order */
    uint32_t exceptions_count;
};

#endif
