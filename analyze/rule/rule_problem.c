/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_problem.c - see rule_problem.h: the codes.
 */
#include "analyze/rule/rule_problem.h"

static const struct rule_problem_row rows[PROBLEM_CODES] = {
    [PROBLEM_WRONG_RULE] = {"wrong-rule", RULE_ERROR, "The rule is wrong."},
    [PROBLEM_UNSUPPORTED] = {"unsupported", RULE_UNSUPPORTED,
                             "The rule is right, but this version can't evaluate it."},
    [PROBLEM_DOUBTFUL] = {"doubtful", RULE_WARNING,
                          "The rule is loaded, but probably not what its author means."},
    [PROBLEM_INVALID_YAML] = {"invalid-yaml", RULE_ERROR,
                              "The file is not YAML; none of its rules is loaded."},
    [PROBLEM_NOT_A_RULE] = {"not-a-rule", RULE_ERROR,
                            "The document is neither a rule, a correlation nor a filter."},
    [PROBLEM_MISSING_KEY] = {"missing-key", RULE_ERROR, "A key that every rule needs is missing."},
    [PROBLEM_WRONG_TYPE] = {"wrong-type", RULE_ERROR,
                            "The value of a key is of another type than it must be."},
    [PROBLEM_INVALID_LEVEL] = {"invalid-level", RULE_ERROR, "There is no such level."},
    [PROBLEM_INVALID_ACTION] = {"invalid-action", RULE_ERROR,
                                "The document's action is none, or has nothing to act on."},
    [PROBLEM_DUPLICATE_ID] = {"duplicate-id", RULE_ERROR, "Two rules have the same id or name."},
    [PROBLEM_UNKNOWN_TAXONOMY] = {"unknown-taxonomy", RULE_UNSUPPORTED,
                                  "The rule's field names are those of another taxonomy."},
    [PROBLEM_MARKED_UNSUPPORTED] = {"marked-unsupported", RULE_UNSUPPORTED,
                                    "The author marked the rule as unsupported."},
    [PROBLEM_UNKNOWN_LOGSOURCE_KEY] = {"unknown-logsource-key", RULE_WARNING,
                                       "Log sources have a product, a service and a category; "
                                       "another key narrows nothing."},
    [PROBLEM_EMPTY_SELECTION] = {"empty-selection", RULE_ERROR,
                                 "A selection, or a list of values, has nothing in it."},
    [PROBLEM_UNKNOWN_SELECTION] = {"unknown-selection", RULE_ERROR,
                                   "The condition names a selection that does not exist."},
    [PROBLEM_CONDITION_SYNTAX] = {"condition-syntax", RULE_ERROR,
                                  "The condition does not follow its grammar."},
    [PROBLEM_OBSOLETE_AGGREGATION] = {"obsolete-aggregation", RULE_ERROR,
                                      "Aggregations in conditions were replaced by correlations."},
    [PROBLEM_UNKNOWN_MODIFIER] = {"unknown-modifier", RULE_ERROR, "There is no such modifier."},
    [PROBLEM_MODIFIER_CONFLICT] = {"modifier-conflict", RULE_ERROR,
                                   "The modifiers make no sense together."},
    [PROBLEM_USELESS_MODIFIER] = {"useless-modifier", RULE_WARNING,
                                  "The modifier has no effect here."},
    [PROBLEM_INVALID_VALUE] = {"invalid-value", RULE_ERROR,
                               "The value is none that its modifiers can be applied to."},
    [PROBLEM_INVALID_REGEX] = {"invalid-regex", RULE_ERROR,
                               "The pattern is no regular expression, or too long."},
    [PROBLEM_INVALID_NETWORK] = {"invalid-network", RULE_ERROR,
                                 "The value is no network in CIDR notation."},
    [PROBLEM_FILTER_POLARITY] = {"filter-polarity", RULE_WARNING,
                                 "The filter keeps what it describes instead of leaving it out."},
    [PROBLEM_FILTER_WITHOUT_RULE] = {"filter-without-rule", RULE_WARNING,
                                     "The filter names a rule that it can't have an effect on."},
};

const struct rule_problem_row *rule_problem_row(enum rule_problem_code code)
{
    return &rows[code];
}

const char *rule_problem_kind_name(enum rule_problem_kind kind)
{
    static const char *const names[] = {"error", "unsupported", "warning"};
    return names[kind];
}
