/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_temporal.c - which rules of a temporal or temporal_ordered must match: a bound of their
 * number, or a condition over their names (`(a or b) and not c`), in the grammar of detections.
 *
 * Such a condition is a tree whose leaves are numbers of references. The rules that it names need
 * not be listed under `rules`.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/memory.h"

static bool is_expression(const struct yaml_node *condition)
{
    return condition != NULL && condition->kind == YAML_SCALAR;
}

/* The names of the condition stand for `rules`, if there are none. */
static bool take_names(struct rule_builder *builder, const struct yaml_node *condition,
                       struct pending_correlation *pending)
{
    struct str_list names = {0};
    if (pending->references_count > 0) {
        return true;
    }
    if (!rule_condition_names(builder, condition, &names)) {
        return false;
    }
    pending->references =
        arena_take(builder->arena, (names.count + 1) * sizeof *pending->references);
    for (uint32_t i = 0; i < names.count; i++) {
        pending->references[i] =
            (struct pending_reference){names.items[i], condition->line, condition->column};
    }
    pending->references_count = names.count;
    return true;
}

static bool check_unique(struct rule_builder *builder, const struct pending_correlation *pending)
{
    for (uint32_t i = 0; i < pending->references_count; i++) {
        for (uint32_t n = 0; n < i; n++) {
            const struct pending_reference *twice = &pending->references[i];
            struct yaml_node place = {.line = twice->line, .column = twice->column};
            if (str_equal(twice->target, pending->references[n].target)) {
                return rule_problem_add(builder, RULE_ERROR, &place, "'%.*s' is named twice",
                                        STR_ARG(twice->target));
            }
        }
    }
    return true;
}

static bool negates(const struct condition *condition)
{
    bool negated = condition->kind == CONDITION_NOT;
    for (uint32_t i = 0; i < condition->children_count && !negated; i++) {
        negated = negates(condition->children[i]);
    }
    return negated;
}

bool correlation_expression_holds(const struct condition *expression, uint64_t matched)
{
    if (expression->kind == CONDITION_PREDICATE) {
        return (matched >> expression->predicate & 1U) != 0;
    }
    bool decisive = expression->kind == CONDITION_OR; /* one such child decides */
    for (uint32_t i = 0; i < expression->children_count; i++) {
        bool child = correlation_expression_holds(expression->children[i], matched);
        if (expression->kind == CONDITION_NOT) {
            return !child;
        }
        if (child == decisive) {
            return decisive;
        }
    }
    return !decisive;
}

static bool read_expression(struct rule_builder *builder, const struct yaml_node *condition,
                            const struct pending_correlation *pending,
                            struct correlation *correlation)
{
    uint32_t count = pending->references_count;
    if (correlation->kind == CORRELATION_TEMPORAL_ORDERED) {
        return rule_problem_add(builder, RULE_UNSUPPORTED, condition,
                                "a temporal_ordered takes no condition over the rules' names: it "
                                "needs all of its rules, in the order of `rules`");
    }
    if (count > CORRELATION_EXPRESSION_RULES_MAX) {
        return rule_problem_add(builder, RULE_ERROR, condition,
                                "a condition over rules' names is over at most %d rules",
                                CORRELATION_EXPRESSION_RULES_MAX);
    }
    builder->selections_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct condition *leaf = arena_take_zeroed(builder->arena, 1, sizeof *leaf);
        *leaf = (struct condition){.kind = CONDITION_PREDICATE,
                                   .predicate = i,
                                   .selection = pending->references[i].target};
        MEMORY_GROW(builder->selections, builder->selections_count, builder->selections_capacity);
        builder->selections[builder->selections_count++] =
            (struct selection){pending->references[i].target, leaf};
    }
    builder->selects_rules = true;
    correlation->expression = rule_condition_read(builder, condition);
    builder->selects_rules = false;
    if (correlation->expression == NULL) {
        return false;
    }
    correlation->negates = negates(correlation->expression);
    return !correlation_expression_holds(correlation->expression, 0) ||
           rule_problem_add(builder, RULE_ERROR, condition,
                            "the condition holds without any event, and what does not happen opens "
                            "no window; add a rule that must match: `a and not b`");
}

bool rule_temporal_read(struct rule_builder *builder, const struct yaml_node *node,
                        struct pending_correlation *pending, struct correlation *correlation)
{
    const struct yaml_node *condition = yaml_get(node, "condition");
    bool ordered = correlation->kind == CORRELATION_TEMPORAL_ORDERED;
    if ((is_expression(condition) && !take_names(builder, condition, pending)) ||
        !check_unique(builder, pending)) {
        return false;
    }
    if (is_expression(condition)) {
        return read_expression(builder, condition, pending, correlation);
    }
    uint32_t count = pending->references_count;
    if (ordered && count > CORRELATION_STEPS_MAX) {
        return rule_problem_add(builder, RULE_ERROR, condition,
                                "a temporal_ordered has at most %d rules", CORRELATION_STEPS_MAX);
    }
    correlation->threshold = (struct threshold){.has_min = true, .min = count};
    if (condition == NULL) {
        return true;
    }
    correlation->threshold = (struct threshold){0};
    if (!rule_threshold_read(builder, condition, correlation)) {
        return false;
    }
    const struct threshold *threshold = &correlation->threshold;
    bool all =
        threshold->has_min && threshold->min == count && !threshold->has_max && !threshold->has_not;
    return !ordered || all ||
           rule_problem_add(builder, RULE_ERROR, condition,
                            "a temporal_ordered needs all of its rules: leave the condition out");
}
