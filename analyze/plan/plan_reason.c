/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_reason.c - why a rule has no index, in the words of its author: which part of its condition
 * can be true of an event that has nothing to be found by.
 *
 * It follows the same rules as plan_witness.c: an OR is as bad as its worst branch, an AND as good
 * as its best, a NOT has nothing.
 */
#include "analyze/plan/plan_internal.h"

static bool has_index(const struct plan *plan, const struct condition *condition)
{
    if (condition->kind == CONDITION_PREDICATE) {
        return plan->predicates[condition->predicate].witness != WITNESS_NONE;
    }
    bool all = condition->kind == CONDITION_OR && condition->children_count > 0;
    bool has = all;
    for (uint32_t i = 0; condition->kind != CONDITION_NOT && i < condition->children_count; i++) {
        bool child = has_index(plan, condition->children[i]);
        has = all ? has && child : has || child;
    }
    return has;
}

/* The part that is to blame: of an OR a branch without an index; of an AND, none of whose parts has
 * one, the first that is not just a NOT. */
static const struct condition *find_blame(const struct plan *plan,
                                          const struct condition *condition)
{
    while (condition->kind == CONDITION_AND || condition->kind == CONDITION_OR) {
        const struct condition *next = condition->children[0];
        for (uint32_t i = 0; i < condition->children_count; i++) {
            const struct condition *child = condition->children[i];
            bool blamed = condition->kind == CONDITION_OR ? !has_index(plan, child)
                                                          : child->kind != CONDITION_NOT;
            if (blamed) {
                next = child;
                break;
            }
        }
        condition = next;
    }
    return condition;
}

/* The field, or the keyword, of the first question in condition. */
static void add_subject(const struct plan *plan, const struct condition *condition,
                        struct buffer *out)
{
    while (condition->kind != CONDITION_PREDICATE) {
        condition = condition->children[0];
    }
    const struct predicate *predicate = plan->predicates[condition->predicate].source;
    bool keyword = predicate->field.len == 0;
    buffer_add_text(out, keyword ? "the keyword '" : "the field ");
    buffer_add_printable(out, keyword ? predicate->text : predicate->field);
    buffer_add_text(out, keyword ? "'" : "");
}

void plan_explain_reason(const struct plan *plan, uint32_t rule, struct buffer *out)
{
    if (plan->access[rule] != PLAN_ALWAYS) {
        return;
    }
    const struct condition *blame = find_blame(plan, plan->rules->rules[rule].condition);
    bool negated = blame->kind == CONDITION_NOT;
    bool null = !negated && plan->predicates[blame->predicate].source->kind == PREDICATE_NULL;
    if (negated || null) {
        buffer_add_text(out, "can be true without ");
        add_subject(plan, blame, out);
        buffer_add_text(out, negated ? " (not)" : " (null)");
        return;
    }
    add_subject(plan, blame, out);
    buffer_add_text(out, " has no text to search for");
}

static void add_cost(const struct plan *plan, const struct condition *condition,
                     struct plan_cost *cost)
{
    if (condition->kind == CONDITION_PREDICATE) {
        cost->tests++;
        cost->regexes += plan->predicates[condition->predicate].regex != NULL ? 1 : 0;
    }
    for (uint32_t i = 0; i < condition->children_count; i++) {
        add_cost(plan, condition->children[i], cost);
    }
}

struct plan_cost plan_explain_cost(const struct plan *plan, uint32_t rule)
{
    struct plan_cost cost = {0};
    const struct condition *condition = plan->rules->rules[rule].condition;
    if (condition != NULL) {
        add_cost(plan, condition, &cost);
    }
    return cost;
}
