/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_shadow.c - rules of which a filter, or an exception, takes all matches.
 */
#include "analyze/lint/lint_internal.h"

#include "analyze/rule/rule_extension.h"

static bool is_possible(const struct lint *lint, const struct rule *rule,
                        const struct condition *condition, const struct condition *except)
{
    struct lint_question question = {
        .rules = lint->rules,
        .rule = rule,
        .both = {condition, except},
        .negated = {false, true},
    };
    return lint_prove(&question) == LINT_POSSIBLE;
}

static void look_at_exceptions(struct lint *lint, const struct rule *rule)
{
    const struct rule_extension *extension = rule->extension;
    for (uint32_t i = 0; extension != NULL && i < extension->exceptions_count; i++) {
        const struct rule_exception *exception = &extension->exceptions[i];
        struct condition place = {.line = exception->line, .column = 1};
        if (!is_possible(lint, rule, rule->condition, exception->condition)) {
            lint_warn(lint, rule, PROBLEM_SHADOWED, &place,
                      "this exception covers all that the rule can match");
        }
    }
}

void lint_shadow(struct lint *lint, const struct rule *rule)
{
    if (rule->condition == NULL || !is_possible(lint, rule, rule->unfiltered, NULL)) {
        return; /* a correlation, or dead by itself */
    }
    if (rule->condition != rule->unfiltered && !is_possible(lint, rule, rule->condition, NULL)) {
        lint_warn(lint, rule, PROBLEM_SHADOWED, NULL,
                  "the filters of this rule leave nothing that it can match");
        return;
    }
    look_at_exceptions(lint, rule);
}
