/* SPDX-License-Identifier: Apache-2.0
 *
 * match_naive.c - the slow, obvious answer: no index, no memo, the trees as they were read. It
 * shares with match_run only what one predicate means.
 */
#include "analyze/match/match_internal.h"

bool match_condition(struct matcher *matcher, const struct condition *condition)
{
    bool any = condition->kind == CONDITION_OR;
    if (condition->kind == CONDITION_PREDICATE) {
        return match_predicate(matcher, &matcher->plan->predicates[condition->predicate]);
    }
    if (condition->kind == CONDITION_NOT) {
        return !match_condition(matcher, condition->children[0]);
    }
    for (uint32_t i = 0; i < condition->children_count; i++) {
        if (match_condition(matcher, condition->children[i]) == any) {
            return any;
        }
    }
    return !any;
}

uint32_t match_naive(struct matcher *matcher, struct event *event, struct arena *arena,
                     const uint32_t **rules)
{
    const struct rule_set *set = matcher->plan->rules;
    match_begin(matcher, event, arena);
    for (uint32_t rule = 0; rule < set->rules_count; rule++) {
        if (plan_allows(matcher->plan, event->logsource, rule) &&
            match_condition(matcher, set->rules[rule].condition)) {
            matcher->matched[matcher->matched_count++] = rule;
        }
    }
    *rules = matcher->matched;
    return matcher->matched_count;
}

void match_hold(struct matcher *matcher, struct event *event, struct arena *arena)
{
    match_begin(matcher, event, arena);
}

bool match_allows(const struct matcher *matcher, uint32_t rule)
{
    return plan_allows(matcher->plan, matcher->event->logsource, rule);
}

struct str match_text_of(struct matcher *matcher, const struct value *value)
{
    return match_value_text(matcher, value);
}
