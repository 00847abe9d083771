/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_correlation.c - `correlation:` documents, and their references once all files are read.
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

/* A scalar or a list of scalars; a missing node is an empty list. */
static bool read_names(struct rule_builder *builder, const struct yaml_node *node,
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
        !read_names(builder, yaml_get(node, "group-by"), &group_by) ||
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

/* The path that stands for a group-by name in one referenced rule. */
static struct str resolve_alias(const struct pending_correlation *pending, struct str name,
                                const struct rule *target, struct str reference)
{
    const struct yaml_node *aliases = pending->aliases;
    for (size_t i = 0; aliases != NULL && aliases->kind == YAML_MAPPING && i < aliases->count;
         i++) {
        const struct yaml_node *fields = aliases->pairs[i].value;
        if (!str_equal(aliases->pairs[i].key->text, name) || fields->kind != YAML_MAPPING) {
            continue;
        }
        for (size_t n = 0; n < fields->count; n++) {
            struct str rule = fields->pairs[n].key->text;
            bool mine = str_equal(rule, reference) || str_equal(rule, target->id) ||
                        (target->name.len > 0 && str_equal(rule, target->name));
            if (mine && fields->pairs[n].value->kind == YAML_SCALAR) {
                return fields->pairs[n].value->text;
            }
        }
    }
    return name;
}

/* The counted fields, as the events of the rule call them. */
static bool name_values(struct rule_builder *builder, struct correlation_reference *reference)
{
    uint32_t count = reference->value.count;
    struct str *names = arena_take(builder->arena, (count + 1) * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = rule_pipelines_name(builder, reference->rule, reference->value.items[i]);
    }
    reference->value.items = names;
    return true;
}

static bool resolve_reference(struct rule_builder *builder,
                              const struct pending_correlation *pending,
                              const struct pending_reference *from,
                              struct correlation_reference *reference)
{
    struct yaml_node place = {.line = from->line, .column = from->column};
    const struct rule *owner = &builder->set->rules[pending->rule];
    reference->rule = map_get(builder->ids, from->target);
    if (reference->rule == MAP_NONE) {
        return rule_problem_add(builder, RULE_ERROR, &place,
                                "no rule that was loaded has the id or name '%.*s'",
                                STR_ARG(from->target));
    }
    const struct rule *target = &builder->set->rules[reference->rule];
    if (target->correlation.kind != CORRELATION_NONE) {
        return rule_problem_add(builder, RULE_UNSUPPORTED, &place,
                                "'%.*s' is a correlation; correlations of correlations are not "
                                "supported yet",
                                STR_ARG(from->target));
    }
    uint32_t count = owner->correlation.group_by_count;
    struct str *group_by = arena_take(builder->arena, (count + 1) * sizeof *group_by);
    for (uint32_t i = 0; i < count; i++) {
        struct str name =
            resolve_alias(pending, owner->correlation.group_by[i], target, from->target);
        group_by[i] = rule_pipelines_name(builder, reference->rule, name);
    }
    reference->group_by = group_by;
    return read_names(builder, pending->fields, &reference->value) &&
           name_values(builder, reference);
}

static bool resolve_correlation(struct rule_builder *builder,
                                const struct pending_correlation *pending)
{
    struct rule *owner = &builder->set->rules[pending->rule];
    struct correlation_reference *references =
        arena_take_zeroed(builder->arena, pending->references_count, sizeof *references);
    builder->path = owner->path;
    builder->title = owner->title;
    builder->document = owner->line;
    for (uint32_t i = 0; i < pending->references_count; i++) {
        if (!resolve_reference(builder, pending, &pending->references[i], &references[i])) {
            return false;
        }
    }
    owner->correlation.references = references;
    owner->correlation.references_count = pending->references_count;
    return true;
}

void rule_correlations_resolve(struct rule_builder *builder)
{
    struct rule_set *set = builder->set;
    bool *generates = memory_new(set->rules_count, sizeof *generates);
    bool *counted = memory_new(set->rules_count, sizeof *counted);
    bool *broken = memory_new(set->rules_count, sizeof *broken);
    for (uint32_t i = 0; i < builder->correlations_count; i++) {
        const struct pending_correlation *pending = &builder->correlations[i];
        const struct correlation *correlation = &set->rules[pending->rule].correlation;
        if (!resolve_correlation(builder, pending)) {
            broken[pending->rule] = true;
            continue;
        }
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            counted[correlation->references[n].rule] = true;
            generates[correlation->references[n].rule] |= correlation->generate;
        }
    }
    for (uint32_t i = 0; i < set->rules_count; i++) {
        set->rules[i].silent = counted[i] && !generates[i];
    }
    /* Broken correlations leave; the others keep their order and their references move along. */
    uint32_t *moved = memory_new(set->rules_count, sizeof *moved);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->rules_count; i++) {
        moved[i] = kept;
        if (!broken[i]) {
            set->rules[kept++] = set->rules[i];
        }
    }
    set->rules_count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        struct correlation *correlation = &set->rules[i].correlation;
        for (uint32_t n = 0; n < correlation->references_count; n++) {
            struct correlation_reference *reference =
                (struct correlation_reference *)(uintptr_t)&correlation->references[n];
            reference->rule = moved[reference->rule];
        }
    }
    memory_free(moved);
    memory_free(broken);
    memory_free(counted);
    memory_free(generates);
}
