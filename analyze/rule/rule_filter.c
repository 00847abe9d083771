/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_filter.c - Sigma filters: conditions that are added to rules which others have written.
 *
 * A filter names rules, or any, and a logsource. Every detection that it names and whose logsource
 * has all that the filter's says matches only what the filter's condition lets through, too:
 * `(rule) and (filter)`. So a filter that is to exclude says `condition: not selection`. Rules
 * inside correlations are filtered as all others are.
 *
 * Follows: sigma-filters-specification 2.1; `rules: any` or no list means all of the logsource.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/hash.h"
#include "base/memory.h"

static bool has_not(const struct condition *condition)
{
    bool found = condition->kind == CONDITION_NOT;
    for (uint32_t i = 0; i < condition->children_count && !found; i++) {
        found = has_not(condition->children[i]);
    }
    return found;
}

bool rule_filter_read(struct rule_builder *builder, const struct yaml_node *document,
                      const struct rule *rule)
{
    const struct yaml_node *filter = yaml_get(document, "filter");
    const struct yaml_node *condition = yaml_get(filter, "condition");
    const struct yaml_node *rules = yaml_get(filter, "rules");
    const struct yaml_node *logsource = yaml_get(document, "logsource");
    if (filter->kind != YAML_MAPPING || condition == NULL) {
        return rule_problem_note(builder, PROBLEM_WRONG_TYPE, filter,
                                 "filter must be a map with rules, selections and a condition");
    }
    if (logsource == NULL || logsource->kind != YAML_MAPPING) {
        return rule_problem_note(builder, PROBLEM_MISSING_KEY, document,
                                 "the filter has no logsource");
    }
    if (rules != NULL && rules->kind == YAML_MAPPING) {
        return rule_problem_note(builder, PROBLEM_WRONG_TYPE, rules,
                                 "rules must be a list of ids and names, or any");
    }
    bool good = rule_detection_read(builder, yaml_without(builder->arena, filter, "rules"));
    const struct condition *read = rule_condition_read(builder, condition);
    if (!good || read == NULL) {
        return false;
    }
    if (!has_not(read)) {
        rule_problem_note(builder, PROBLEM_FILTER_POLARITY, condition,
                          "the rules will only match events that this filter matches; to leave out "
                          "what it describes, write `condition: not ...`");
    }
    MEMORY_GROW(builder->filters, builder->filters_count, builder->filters_capacity);
    builder->filters[builder->filters_count++] = (struct pending_filter){
        .path = builder->path,
        .title = builder->title,
        .line = document->line,
        .rules = rules,
        .logsource = rule->logsource,
        .condition = read,
        .digest = rule->digest,
    };
    return true;
}

static bool part_has(struct str filter, struct str rule)
{
    return filter.len == 0 || str_equal_fold(filter, rule);
}

static bool logsource_has(const struct rule_logsource *filter, const struct rule_logsource *rule)
{
    return part_has(filter->category, rule->category) && part_has(filter->product, rule->product) &&
           part_has(filter->service, rule->service);
}

static void apply(struct rule_builder *builder, const struct pending_filter *filter,
                  struct rule *rule)
{
    const struct condition *both[] = {rule->condition, filter->condition};
    rule->condition = rule_condition_join(builder, CONDITION_AND, both, 2);
    rule->digest = hash_mix(rule->digest ^ UINT64_C(0x9E3779B97F4A7C15), filter->digest | 1);
}

static void apply_to_all(struct rule_builder *builder, const struct pending_filter *filter)
{
    for (uint32_t i = 0; i < builder->set->rules_count; i++) {
        struct rule *rule = &builder->set->rules[i];
        if (rule->condition != NULL && logsource_has(&filter->logsource, &rule->logsource)) {
            apply(builder, filter, rule);
        }
    }
}

/* One name of the filter's list. */
static void apply_to_named(struct rule_builder *builder, const struct pending_filter *filter,
                           const struct yaml_node *name)
{
    uint32_t index =
        name->kind == YAML_SCALAR ? map_get(builder->ids, name->text) : (uint32_t)MAP_NONE;
    if (index == MAP_NONE) {
        rule_problem_note(
            builder, PROBLEM_FILTER_WITHOUT_RULE, name,
            "no loaded rule has the id or name '%.*s'; the filter has no effect on it",
            STR_ARG(name->text));
        return;
    }
    struct rule *rule = &builder->set->rules[index];
    if (rule->condition == NULL) {
        rule_problem_note(builder, PROBLEM_FILTER_WITHOUT_RULE, name,
                          "'%.*s' is a correlation; name the rules that it counts",
                          STR_ARG(name->text));
    } else if (!logsource_has(&filter->logsource, &rule->logsource)) {
        rule_problem_note(builder, PROBLEM_FILTER_WITHOUT_RULE, name,
                          "the logsource of '%.*s' has not all that the filter's says; the filter "
                          "has no effect on it",
                          STR_ARG(name->text));
    } else {
        apply(builder, filter, rule);
    }
}

void rule_filters_apply(struct rule_builder *builder)
{
    for (uint32_t i = 0; i < builder->filters_count; i++) {
        const struct pending_filter *filter = &builder->filters[i];
        const struct yaml_node *rules = filter->rules;
        builder->path = filter->path;
        builder->title = filter->title;
        builder->document = filter->line;
        if (rules == NULL || (rules->kind == YAML_SEQUENCE && rules->count == 0) ||
            (rules->kind == YAML_SCALAR && str_equal(rules->text, STR("any")))) {
            apply_to_all(builder, filter);
        } else if (rules->kind == YAML_SCALAR) {
            apply_to_named(builder, filter, rules);
        } else {
            for (size_t n = 0; n < rules->count; n++) {
                apply_to_named(builder, filter, rules->items[n]);
            }
        }
    }
}
