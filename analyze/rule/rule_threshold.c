/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_threshold.c - the bounds of a correlation's condition: of counts and of measures.
 *
 * Counts are whole, so that `gt: 5` is kept as 6 or more. Measures (sums, averages, percentiles)
 * are decimals: "above 5" is not "5 and a bit".
 */
#include "analyze/rule/rule_builder_internal.h"

enum bound { BOUND_GT, BOUND_GTE, BOUND_LT, BOUND_LTE, BOUND_EQ, BOUND_NEQ, BOUNDS };

static const char *const bound_names[BOUNDS] = {"gt", "gte", "lt", "lte", "eq", "neq"};

static bool find_bound(struct rule_builder *builder, const struct yaml_node *key, enum bound *bound)
{
    for (uint32_t i = 0; i < BOUNDS; i++) {
        if (str_equal(key->text, str_of(bound_names[i]))) {
            *bound = (enum bound)i;
            return true;
        }
    }
    return rule_problem_add(builder, RULE_ERROR, key,
                            "'%.*s' is no bound; use gt, gte, lt, lte, eq or neq",
                            STR_ARG(key->text));
}

static bool bound_count(struct rule_builder *builder, const struct yaml_pair *pair,
                        struct threshold *threshold)
{
    uint64_t number = 0;
    enum bound bound = BOUNDS;
    if (pair->value->kind != YAML_SCALAR || !str_to_u64(pair->value->text, &number) ||
        number == UINT64_MAX) {
        return rule_problem_add(builder, RULE_ERROR, pair->value,
                                "a count must be a whole number, 0 or more");
    }
    if (!find_bound(builder, pair->key, &bound)) {
        return false;
    }
    if (bound == BOUND_LT && number == 0) {
        return rule_problem_add(builder, RULE_ERROR, pair->key, "no count is less than 0");
    }
    if (bound == BOUND_NEQ) {
        threshold->has_not = true;
        threshold->not_equal = number;
    }
    if (bound == BOUND_GT || bound == BOUND_GTE || bound == BOUND_EQ) {
        threshold->has_min = true;
        threshold->min = number + (bound == BOUND_GT ? 1 : 0);
    }
    if (bound == BOUND_LT || bound == BOUND_LTE || bound == BOUND_EQ) {
        threshold->has_max = true;
        threshold->max = number - (bound == BOUND_LT ? 1 : 0);
    }
    return true;
}

static bool bound_measure(struct rule_builder *builder, const struct yaml_pair *pair,
                          struct measure *measure)
{
    decimal number = 0;
    enum bound bound = BOUNDS;
    if (pair->value->kind != YAML_SCALAR || !decimal_parse(pair->value->text, &number)) {
        return rule_problem_add(builder, RULE_ERROR, pair->value,
                                "a bound must be a number such as 10 or 0.5");
    }
    if (!find_bound(builder, pair->key, &bound)) {
        return false;
    }
    if (bound == BOUND_NEQ) {
        measure->has_not = true;
        measure->not_equal = number;
    }
    if (bound == BOUND_GT || bound == BOUND_GTE || bound == BOUND_EQ) {
        measure->has_min = true;
        measure->above = bound == BOUND_GT;
        measure->min = number;
    }
    if (bound == BOUND_LT || bound == BOUND_LTE || bound == BOUND_EQ) {
        measure->has_max = true;
        measure->below = bound == BOUND_LT;
        measure->max = number;
    }
    return true;
}

static bool bounds_exclude(const struct correlation *correlation)
{
    const struct threshold *threshold = &correlation->threshold;
    const struct measure *measure = &correlation->measure;
    if (threshold->has_min && threshold->has_max && threshold->min > threshold->max) {
        return true;
    }
    bool open = measure->above || measure->below;
    return measure->has_min && measure->has_max &&
           (measure->min > measure->max || (open && measure->min == measure->max));
}

bool rule_threshold_read(struct rule_builder *builder, const struct yaml_node *condition,
                         struct correlation *correlation)
{
    bool measures = correlation_measures(correlation->kind);
    bool any = false;
    if (condition == NULL || condition->kind != YAML_MAPPING) {
        return rule_problem_add(builder, RULE_ERROR, condition,
                                "the correlation's condition must be a map such as `gte: 10`");
    }
    for (size_t i = 0; i < condition->count; i++) {
        const struct yaml_pair *pair = &condition->pairs[i];
        if (str_equal(pair->key->text, STR("field")) ||
            (measures && str_equal(pair->key->text, STR("percentile")))) {
            continue;
        }
        if (!(measures ? bound_measure(builder, pair, &correlation->measure)
                       : bound_count(builder, pair, &correlation->threshold))) {
            return false;
        }
        any = true;
    }
    if (bounds_exclude(correlation)) {
        return rule_problem_add(builder, RULE_ERROR, condition,
                                "the condition's bounds exclude each other");
    }
    return any || rule_problem_add(builder, RULE_ERROR, condition,
                                   "the condition has no bound; add one such as `gte: 10`");
}

bool rule_percentile_read(struct rule_builder *builder, const struct yaml_node *condition,
                          struct correlation *correlation)
{
    const struct yaml_node *node = yaml_get(condition, "percentile");
    bool percentile = correlation->kind == CORRELATION_VALUE_PERCENTILE;
    decimal number = 0;
    if (percentile) {
        correlation->percentile = PERCENTILE_ONE * 50;
    }
    if (node == NULL) {
        return true;
    }
    if (!percentile) {
        return rule_problem_add(builder, RULE_ERROR, node,
                                "only value_percentile takes a percentile");
    }
    if (node->kind != YAML_SCALAR || !decimal_parse(node->text, &number) || number < 0 ||
        number > (decimal)100 * DECIMAL_ONE || number % (DECIMAL_ONE / PERCENTILE_ONE) != 0) {
        return rule_problem_add(builder, RULE_ERROR, node,
                                "percentile must be a number from 0 to 100, with at most %d "
                                "decimal places",
                                PERCENTILE_PLACES);
    }
    correlation->percentile = (uint32_t)(number / (DECIMAL_ONE / PERCENTILE_ONE));
    return true;
}
