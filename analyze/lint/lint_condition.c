/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_condition.c - conditions that are never true, always true, or true for events that have
 * nothing of what the rule asks for.
 */
#include "analyze/lint/lint_internal.h"

/* Is the condition true for an event without any field? Depth: LIMIT_RULE_DEPTH and a few. */
static bool holds_for_nothing(const struct rule_set *rules, const struct condition *node)
{
    bool all = node->kind == CONDITION_AND;
    if (node->kind == CONDITION_PREDICATE) {
        return rules->predicates[node->predicate].kind == PREDICATE_NULL;
    }
    if (node->kind == CONDITION_NOT) {
        return !holds_for_nothing(rules, node->children[0]);
    }
    for (uint32_t i = 0; i < node->children_count; i++) {
        if (holds_for_nothing(rules, node->children[i]) != all) {
            return !all;
        }
    }
    return all;
}

void lint_condition(struct lint *lint, const struct rule *rule)
{
    struct lint_question question = {
        .rules = lint->rules, .rule = rule, .both = {rule->unfiltered, NULL}};
    if (rule->unfiltered == NULL) {
        return;
    }
    if (lint_prove(&question) == LINT_NEVER) {
        lint_warn(lint, rule, PROBLEM_NEVER_TRUE, NULL,
                  "the condition can't be true: what it asks for excludes itself");
        return;
    }
    question.negated[0] = true;
    if (lint_prove(&question) == LINT_NEVER) {
        lint_warn(lint, rule, PROBLEM_ALWAYS_TRUE, NULL,
                  "the condition is true for every event of the log source");
        return;
    }
    if (holds_for_nothing(lint->rules, rule->unfiltered)) {
        lint_warn(lint, rule, PROBLEM_MATCHES_WITHOUT, NULL,
                  "the condition is true for every event that has none of the fields it names; add "
                  "a selection that says which events are meant");
    }
}
