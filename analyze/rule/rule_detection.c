/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_detection.c - the selections of a `detection:`: maps, lists of maps, keywords, mixed lists.
 *
 * A map is the AND of its lines; a list is the OR of its members; a text or number in a list is a
 * keyword (sigma-specification, "Detection"). Pipelines put groups of lines in the place of one and
 * mark what they have dropped.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/memory.h"

static const struct condition *read_line(struct rule_builder *builder, const struct yaml_pair *pair)
{
    if (pair->key == builder->dropped) {
        return builder->nothing;
    }
    return pair->key == builder->group_key ? rule_selection_read(builder, pair->value)
                                           : rule_item_read(builder, pair->key, pair->value);
}

static const struct condition *read_map(struct rule_builder *builder, const struct yaml_node *map)
{
    const struct condition *joined = NULL;
    size_t count = 0;
    if (map->count == 0) {
        rule_problem_note(builder, PROBLEM_EMPTY_SELECTION, map, "the selection is empty");
        return NULL;
    }
    const struct condition **items = memory_new(map->count, sizeof *items);
    for (size_t i = 0; i < map->count; i++) { /* to the end: every line's problem is told */
        items[count] = read_line(builder, &map->pairs[i]);
        count += items[count] != NULL ? 1 : 0;
    }
    if (count == map->count) {
        joined = rule_condition_join(builder, CONDITION_AND, items, (uint32_t)count);
    }
    memory_free(items);
    return joined;
}

static const struct condition *read_member(struct rule_builder *builder,
                                           const struct yaml_node *member)
{
    if (member == builder->dropped) {
        return builder->nothing;
    }
    return member->kind == YAML_MAPPING ? read_map(builder, member)
                                        : rule_keyword_read(builder, member);
}

static const struct condition *read_list(struct rule_builder *builder, const struct yaml_node *list)
{
    const struct condition *joined = NULL;
    size_t count = 0;
    if (list->count == 0) {
        rule_problem_note(builder, PROBLEM_EMPTY_SELECTION, list, "the selection is empty");
        return NULL;
    }
    const struct condition **members = memory_new(list->count, sizeof *members);
    for (size_t i = 0; i < list->count; i++) {
        members[count] = read_member(builder, list->items[i]);
        count += members[count] != NULL ? 1 : 0;
    }
    if (count == list->count) {
        joined = rule_condition_join(builder, CONDITION_OR, members, (uint32_t)count);
    }
    memory_free(members);
    return joined;
}

const struct condition *rule_selection_read(struct rule_builder *builder,
                                            const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_MAPPING:
        return read_map(builder, node);
    case YAML_SEQUENCE:
        return read_list(builder, node);
    case YAML_SCALAR:
    default:
        return read_member(builder, node);
    }
}

/* The same condition, which knows the selection that it is. */
static const struct condition *name_condition(struct rule_builder *builder,
                                              const struct condition *condition, struct str name)
{
    if (condition == builder->nothing) {
        return condition;
    }
    struct condition *named = arena_take(builder->arena, sizeof *named);
    *named = *condition;
    named->selection = name;
    return named;
}

bool rule_detection_read(struct rule_builder *builder, const struct yaml_node *detection)
{
    /* Stands for a selection with a problem, so that the condition can be read nevertheless. */
    static const struct condition broken = {.kind = CONDITION_AND};
    bool good = true;
    builder->selections_count = 0;
    for (size_t i = 0; i < detection->count; i++) {
        struct str name = detection->pairs[i].key->text;
        if (str_equal(name, STR("condition"))) {
            continue;
        }
        if (str_equal(name, STR("timeframe"))) {
            good =
                rule_problem_note(builder, PROBLEM_OBSOLETE_AGGREGATION, detection->pairs[i].key,
                                  "timeframe belongs to the obsolete aggregations: `tocsin rules "
                                  "convert FILE` makes a rule and a correlation of this one");
            continue;
        }
        const struct condition *condition = rule_selection_read(builder, detection->pairs[i].value);
        good = good && condition != NULL;
        MEMORY_GROW(builder->selections, builder->selections_count, builder->selections_capacity);
        builder->selections[builder->selections_count++] = (struct selection){
            .name = name,
            .condition = name_condition(builder, condition != NULL ? condition : &broken, name),
        };
    }
    if (builder->selections_count == 0) {
        good = rule_problem_note(builder, PROBLEM_EMPTY_SELECTION, detection,
                                 "detection has no selection");
    }
    return good;
}
