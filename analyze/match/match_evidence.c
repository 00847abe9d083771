/* SPDX-License-Identifier: Apache-2.0
 *
 * match_evidence.c - which values of an event made a rule match.
 *
 * In:  the matcher's event, a rule that matches it.   Out: selection, field and value of each test
 *      that the match rests on: all parts of an AND, the first that holds of an OR, nothing of a
 *      NOT, which rests on what is not there.
 * Thread: one worker.   Owns: nothing; texts belong to the event.
 * Bounds: LIMIT_ALERT_EVIDENCE tests; truths come from the matcher's memo.
 * Tested: tests/golden/test_evidence.sh.
 */
#include "analyze/match/match_internal.h"

#include "base/limits.h"

struct evidence {
    struct matcher *matcher;
    struct alert_evidence *items;
    uint32_t count;
};

static void add_test(struct evidence *evidence, const struct condition *condition,
                     struct str selection)
{
    const struct plan_predicate *predicate =
        &evidence->matcher->plan->predicates[condition->predicate];
    const struct value *value = match_deciding_value(evidence->matcher, predicate);
    if (evidence->count == LIMIT_ALERT_EVIDENCE) {
        return;
    }
    struct alert_evidence *item = &evidence->items[evidence->count++];
    *item = (struct alert_evidence){.selection = selection, .field = predicate->source->field};
    if (value != NULL) {
        item->value = match_value_text(evidence->matcher, value);
    } else if (predicate->source->field.len == 0) {
        item->value = predicate->source->text;
    }
}

/* Recursive: a condition's depth is bounded when it is read. Returns the condition's truth; what it
 * adds for one that turns out false is taken back. */
static bool add_condition(struct evidence *evidence, const struct condition *condition,
                          struct str selection)
{
    struct str within = condition->selection.len > 0 ? condition->selection : selection;
    uint32_t begin = evidence->count;
    if (condition->kind == CONDITION_PREDICATE) {
        bool holds = match_ask(evidence->matcher, condition->predicate);
        if (holds) {
            add_test(evidence, condition, within);
        }
        return holds;
    }
    if (condition->kind == CONDITION_NOT) {
        bool holds = !add_condition(evidence, condition->children[0], within);
        evidence->count = begin;
        return holds;
    }
    bool any = condition->kind == CONDITION_OR;
    for (uint32_t i = 0; i < condition->children_count; i++) {
        if (add_condition(evidence, condition->children[i], within) == any) {
            evidence->count = any ? evidence->count : begin;
            return any;
        }
    }
    return !any;
}

uint32_t match_evidence(struct matcher *matcher, uint32_t rule, struct alert_evidence *items)
{
    struct evidence evidence = {matcher, items, 0};
    add_condition(&evidence, matcher->plan->rules->rules[rule].condition, (struct str){0});
    return evidence.count;
}
