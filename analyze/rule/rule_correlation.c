/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_correlation.c - `correlation:` documents. Their references: rule_references.c.
 *
 * Follows: sigma-correlation-rules-specification 2.1. group-by may be left out (one group for all);
 * ranges are taken; timespan is a whole number of s, m, h, d, w or M.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/memory.h"
#include "base/timestamp.h"

static bool read_kind(struct rule_builder *builder, const struct yaml_node *node,
                      enum correlation_kind *kind)
{
    static const struct {
        const char *name;
        enum correlation_kind kind;
    } kinds[] = {
        {"event_count", CORRELATION_EVENT_COUNT},
        {"value_count", CORRELATION_VALUE_COUNT},
        {"temporal", CORRELATION_TEMPORAL},
        {"temporal_ordered", CORRELATION_TEMPORAL_ORDERED},
        {"value_sum", CORRELATION_VALUE_SUM},
        {"value_avg", CORRELATION_VALUE_AVG},
        {"value_percentile", CORRELATION_VALUE_PERCENTILE},
        {"value_median", CORRELATION_VALUE_PERCENTILE},
    };
    if (node == NULL || node->kind != YAML_SCALAR) {
        return rule_problem_add(builder, RULE_ERROR, node, "the correlation has no type");
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (str_equal(node->text, str_of(kinds[i].name))) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return rule_problem_add(builder, RULE_ERROR, node,
                            "there is no correlation type '%.*s'; use event_count, value_count, "
                            "value_sum, value_avg, value_percentile, value_median, temporal or "
                            "temporal_ordered",
                            STR_ARG(node->text));
}

bool rule_timespan_read(struct rule_builder *builder, const struct yaml_node *node,
                        int64_t *timespan_ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1},     {'m', 60},     {'h', 3600},
                 {'d', 86400}, {'w', 604800}, {'M', 2629746}}; /* M: a twelfth of 365.2425 days */
    uint64_t number = 0;
    if (node != NULL && node->kind == YAML_SCALAR && node->text.len > 1 &&
        str_to_u64(str_slice(node->text, 0, node->text.len - 1), &number) && number > 0) {
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            if (node->text.ptr[node->text.len - 1] == units[i].unit && number <= 36500) {
                *timespan_ns = (int64_t)number * units[i].seconds * TIMESTAMP_SECOND_NS;
                return *timespan_ns <= 3650 * TIMESTAMP_DAY_NS ||
                       rule_problem_add(builder, RULE_ERROR, node, "a timespan of over ten years");
            }
        }
    }
    return rule_problem_add(builder, RULE_ERROR, node,
                            "timespan must be a number above 0 and one of s, m, h, d, w, M: 5m");
}

bool rule_names_read(struct rule_builder *builder, const struct yaml_node *node,
                     struct str_list *names)
{
    *names = (struct str_list){0};
    if (node == NULL) {
        return true;
    }
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    struct str *items = arena_take(builder->arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        if (item->kind != YAML_SCALAR || item->text.len == 0) {
            return rule_problem_add(builder, RULE_ERROR, item, "a name is expected here");
        }
        items[i] = item->text;
    }
    *names = (struct str_list){items, (uint32_t)count};
    return true;
}

static bool read_references(struct rule_builder *builder, const struct yaml_node *rules,
                            struct pending_correlation *pending)
{
    size_t count = rules == NULL ? 0 : rules->kind == YAML_SEQUENCE ? rules->count : 1;
    if (count == 0 || rules->kind == YAML_MAPPING) {
        return rule_problem_add(builder, RULE_ERROR, rules,
                                "the correlation names no rules; list ids or names under rules");
    }
    pending->references = arena_take(builder->arena, count * sizeof *pending->references);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = rules->kind == YAML_SEQUENCE ? rules->items[i] : rules;
        if (item->kind != YAML_SCALAR) {
            return rule_problem_add(builder, RULE_ERROR, item, "a rule's id or name is expected");
        }
        pending->references[i] = (struct pending_reference){item->text, item->line, item->column};
    }
    pending->references_count = (uint32_t)count;
    return true;
}

/* event_count, value_count and the measures. */
static bool read_counting(struct rule_builder *builder, const struct yaml_node *node,
                          struct pending_correlation *pending, struct correlation *correlation)
{
    const struct yaml_node *condition = yaml_get(node, "condition");
    const struct yaml_node *type = yaml_get(node, "type");
    bool measures = correlation_measures(correlation->kind);
    if (!rule_threshold_read(builder, condition, correlation)) {
        return false;
    }
    pending->fields = yaml_get(condition, "field");
    if ((measures || correlation->kind == CORRELATION_VALUE_COUNT) && pending->fields == NULL) {
        return rule_problem_add(builder, RULE_ERROR, condition,
                                "%.*s needs the field that it counts: `field: name`",
                                STR_ARG(type->text));
    }
    if (!measures) {
        return true;
    }
    if (pending->fields->kind == YAML_SEQUENCE && pending->fields->count != 1) {
        return rule_problem_add(builder, RULE_ERROR, pending->fields,
                                "a %.*s has one field, with a number in it", STR_ARG(type->text));
    }
    if (str_equal(type->text, STR("value_median")) && yaml_get(condition, "percentile") != NULL) {
        return rule_problem_add(builder, RULE_ERROR, yaml_get(condition, "percentile"),
                                "value_median is the percentile 50; use value_percentile");
    }
    return rule_percentile_read(builder, condition, correlation);
}

bool correlation_at_close(const struct correlation *correlation)
{
    const struct threshold *threshold = &correlation->threshold;
    const struct measure *measure = &correlation->measure;
    return correlation->negates || threshold->has_max || threshold->has_not || measure->has_max ||
           measure->has_not || correlation->kind == CORRELATION_VALUE_AVG ||
           correlation->kind == CORRELATION_VALUE_PERCENTILE;
}

static bool is_true(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SCALAR && yaml_scalar_type(node) == YAML_BOOL &&
           byte_lower((unsigned char)node->text.ptr[0]) == 't';
}

bool rule_correlation_read(struct rule_builder *builder, const struct yaml_node *document,
                           struct rule *rule)
{
    const struct yaml_node *node = yaml_get(document, "correlation");
    struct correlation *correlation = &rule->correlation;
    struct pending_correlation pending = {.rule = builder->set->rules_count};
    struct str_list group_by = {0};
    const struct yaml_node *condition = yaml_get(node, "condition");
    if (node->kind != YAML_MAPPING) {
        return rule_problem_add(builder, RULE_ERROR, node, "correlation must be a map");
    }
    if (!read_kind(builder, yaml_get(node, "type"), &correlation->kind)) {
        return false;
    }
    bool temporal = correlation->kind == CORRELATION_TEMPORAL ||
                    correlation->kind == CORRELATION_TEMPORAL_ORDERED;
    bool names_rules = temporal && condition != NULL && condition->kind == YAML_SCALAR &&
                       yaml_get(node, "rules") == NULL;
    if (!rule_timespan_read(builder, yaml_get(node, "timespan"), &correlation->timespan_ns) ||
        !rule_names_read(builder, yaml_get(node, "group-by"), &group_by) ||
        !(names_rules || read_references(builder, yaml_get(node, "rules"), &pending))) {
        return false;
    }
    if (!(temporal ? rule_temporal_read(builder, node, &pending, correlation)
                   : read_counting(builder, node, &pending, correlation))) {
        return false;
    }
    pending.aliases = yaml_get(node, "aliases");
    correlation->group_by = group_by.items;
    correlation->group_by_count = group_by.count;
    correlation->generate =
        is_true(yaml_get(node, "generate")) || is_true(yaml_get(document, "generate"));
    MEMORY_GROW(builder->correlations, builder->correlations_count, builder->correlations_capacity);
    builder->correlations[builder->correlations_count++] = pending;
    return true;
}
