/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_problem.h - what can be wrong with rules: the codes, and one problem at its place.
 *
 * In:  a code.   Out: its name, how bad it is, what it means.
 * Thread: any.   Owns: nothing; a problem's texts are in its rule_set's arena.
 * Invariants: (1) a code's name never changes: files that suppress problems, and the state that
 * code scanners keep, are about names. Tested: tests/unit/test_check_report.c,
 * tests/golden/test_rules_check.sh.
 */
#ifndef TOCSIN_ANALYZE_RULE_RULE_PROBLEM_H
#define TOCSIN_ANALYZE_RULE_RULE_PROBLEM_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum rule_problem_kind {
    RULE_ERROR,       /* the file is wrong: not YAML, unknown modifier, undefined selection */
    RULE_UNSUPPORTED, /* right, but this version can't evaluate it */
    RULE_WARNING      /* loaded, but probably not what the author means */
};

/* A row of the table in rule_problem.c for each. */
enum rule_problem_code {
    PROBLEM_WRONG_RULE,
    PROBLEM_UNSUPPORTED,
    PROBLEM_DOUBTFUL,
    PROBLEM_INVALID_YAML,
    PROBLEM_NOT_A_RULE,
    PROBLEM_MISSING_KEY,
    PROBLEM_WRONG_TYPE,
    PROBLEM_INVALID_LEVEL,
    PROBLEM_INVALID_ACTION,
    PROBLEM_DUPLICATE_ID,
    PROBLEM_UNKNOWN_TAXONOMY,
    PROBLEM_MARKED_UNSUPPORTED,
    PROBLEM_UNKNOWN_LOGSOURCE_KEY,
    PROBLEM_UNKNOWN_KEY,
    PROBLEM_EMPTY_SELECTION,
    PROBLEM_UNKNOWN_SELECTION,
    PROBLEM_CONDITION_SYNTAX,
    PROBLEM_OBSOLETE_AGGREGATION,
    PROBLEM_UNKNOWN_MODIFIER,
    PROBLEM_MODIFIER_CONFLICT,
    PROBLEM_USELESS_MODIFIER,
    PROBLEM_INVALID_VALUE,
    PROBLEM_INVALID_REGEX,
    PROBLEM_INVALID_NETWORK,
    PROBLEM_FILTER_POLARITY,
    PROBLEM_FILTER_WITHOUT_RULE,
    PROBLEM_IMPOSSIBLE_EVENT,
    PROBLEM_IMPOSSIBLE_FIELD,
    PROBLEM_NEVER_TRUE,
    PROBLEM_ALWAYS_TRUE,
    PROBLEM_MATCHES_WITHOUT,
    PROBLEM_SHADOWED,
    PROBLEM_UNKNOWN_TECHNIQUE,
    PROBLEM_CODES
};

struct rule_problem_row {
    const char *name;
    enum rule_problem_kind kind;
    const char *meaning; /* a sentence for people who meet the code elsewhere */
};
const struct rule_problem_row *rule_problem_row(enum rule_problem_code code);
/* "error", "unsupported", "warning". */
const char *rule_problem_kind_name(enum rule_problem_kind kind);

struct rule_problem {
    enum rule_problem_code code;
    enum rule_problem_kind kind;
    struct str path;
    uint32_t line; /* from 1; 0: unknown */
    uint32_t column;
    uint32_t document; /* line of the document's beginning; 0: the file as a whole */
    struct str rule;   /* title or id, or "" */
    bool rule_runs;    /* an error that does not keep the rule from running */
    struct str reason; /* what is wrong and what to do */
    struct str hint;   /* what was probably meant, or "" */
};

/* For qsort: by path, document, line and column. */
int rule_problem_compare(const void *a, const void *b);

/* Is the rule that has the problem missing in the set for its sake? */
static inline bool rule_problem_drops(const struct rule_problem *problem)
{
    return problem->kind != RULE_WARNING && !problem->rule_runs;
}

#endif
