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
    [PROBLEM_UNKNOWN_KEY] = {"unknown-key", RULE_WARNING,
                             "A key of the document looks like a slip for another one; as it is, "
                             "it means nothing."},
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
    [PROBLEM_IMPOSSIBLE_EVENT] = {"impossible-event", RULE_WARNING,
                                  "AWS has no such eventSource, or no such eventName of it."},
    [PROBLEM_IMPOSSIBLE_FIELD] = {"impossible-field", RULE_WARNING,
                                  "No event of the rule's log source has the field."},
    [PROBLEM_NEVER_TRUE] = {"never-true", RULE_WARNING,
                            "There is no event for which the condition is true."},
    [PROBLEM_ALWAYS_TRUE] = {"always-true", RULE_WARNING,
                             "The condition is true for every event of the log source."},
    [PROBLEM_MATCHES_WITHOUT] = {"matches-without-fields", RULE_WARNING,
                                 "The condition is true for events that have none of its fields."},
    [PROBLEM_SHADOWED] = {"shadowed", RULE_WARNING,
                          "A filter, or an exception, takes all that the rule can match."},
    [PROBLEM_UNKNOWN_TECHNIQUE] = {"unknown-technique", RULE_WARNING,
                                   "MITRE ATT&CK has no such technique, or retired it."},
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

int rule_problem_compare(const void *a, const void *b)
{
    const struct rule_problem *left = a;
    const struct rule_problem *right = b;
    uint32_t keys[][2] = {{left->document, right->document},
                          {left->line, right->line},
                          {left->column, right->column}};
    int order = str_compare(left->path, right->path);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && order == 0; i++) {
        order = (keys[i][0] > keys[i][1]) - (keys[i][0] < keys[i][1]);
    }
    return order;
}
