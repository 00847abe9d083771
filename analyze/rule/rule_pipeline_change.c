/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_change.c - transformations that change what a rule asks, or refuse it: a row each.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/memory.h"

static bool check_nothing(struct rule_builder *builder, const struct pipeline_item *item)
{
    (void)builder;
    (void)item;
    return true;
}

static bool check_message(struct rule_builder *builder, const struct pipeline_item *item)
{
    return pipeline_text(item->node, "message").len > 0 ||
           rule_problem_add(builder, RULE_ERROR, item->node, "%s needs a message",
                            item->type->name);
}

static bool drop_line(struct pipeline_run *run, struct pipeline_line *line)
{
    if (line->pair != NULL) {
        line->pair->key = run->builder->dropped;
    } else {
        *line->slot = run->builder->dropped;
    }
    return true;
}

static bool fail_line(struct pipeline_run *run, struct pipeline_line *line)
{
    const struct yaml_node *at = line->pair != NULL ? line->pair->key : *line->slot;
    return rule_problem_add(run->builder, RULE_UNSUPPORTED, at, "pipeline '%.*s': %.*s",
                            STR_ARG(run->item->pipeline->name),
                            STR_ARG(pipeline_text(run->item->node, "message")));
}

static bool fail_rule(struct pipeline_run *run)
{
    return rule_problem_add(run->builder, RULE_UNSUPPORTED, run->document, "pipeline '%.*s': %.*s",
                            STR_ARG(run->item->pipeline->name),
                            STR_ARG(pipeline_text(run->item->node, "message")));
}

static bool check_logsource(struct rule_builder *builder, const struct pipeline_item *item)
{
    return pipeline_text(item->node, "category").len + pipeline_text(item->node, "product").len +
                   pipeline_text(item->node, "service").len >
               0 ||
           rule_problem_add(builder, RULE_ERROR, item->node,
                            "%s needs category, product or service", item->type->name);
}

/* The new log source has what the item says, and nothing of the old one. */
static bool change_logsource(struct pipeline_run *run)
{
    static const char *const parts[] = {"category", "product", "service"};
    struct arena *arena = run->builder->arena;
    struct yaml_node *old = yaml_get(run->document, "logsource");
    if (old == NULL) {
        return true; /* a correlation */
    }
    struct yaml_node *made = arena_take_zeroed(arena, 1, sizeof *made);
    *made = (struct yaml_node){.kind = YAML_MAPPING, .line = old->line, .column = old->column};
    for (size_t i = 0; i < 3; i++) {
        struct yaml_node *part = yaml_get(run->item->node, parts[i]);
        if (part != NULL) {
            pipeline_set(arena, made, str_of(parts[i]), part);
        }
    }
    pipeline_set(arena, run->document, STR("logsource"), made);
    return true;
}

/* The rule is also for events of that log source. */
static bool add_logsource(struct pipeline_run *run)
{
    struct arena *arena = run->builder->arena;
    struct yaml_node *logsource = yaml_get(run->document, "logsource");
    if (logsource == NULL || logsource->kind != YAML_MAPPING) {
        return true;
    }
    const struct yaml_node *old = yaml_get(logsource, RULE_ALSO_KEY);
    size_t count = old != NULL && old->kind == YAML_SEQUENCE ? old->count : 0;
    struct yaml_node *list = arena_take_zeroed(arena, 1, sizeof *list);
    *list = (struct yaml_node){.kind = YAML_SEQUENCE,
                               .line = logsource->line,
                               .column = logsource->column,
                               .count = count + 1};
    list->items = arena_take(arena, list->count * sizeof(struct yaml_node *));
    for (size_t i = 0; i < count; i++) {
        list->items[i] = old->items[i];
    }
    list->items[count] = yaml_copy(arena, run->item->node);
    pipeline_set(arena, logsource, STR(RULE_ALSO_KEY), list);
    return true;
}

static bool check_conditions(struct rule_builder *builder, const struct pipeline_item *item)
{
    const struct yaml_node *lines = yaml_get(item->node, "conditions");
    return (lines != NULL && lines->kind == YAML_MAPPING && lines->count > 0) ||
           rule_problem_add(builder, RULE_ERROR, item->node,
                            "add_condition needs conditions: a map from fields to values");
}

/* $category, $product and $service of a template. */
static struct str fill_template(struct pipeline_run *run, struct str text)
{
    static const char *const parts[] = {"category", "product", "service"};
    const struct yaml_node *logsource = yaml_get(run->document, "logsource");
    struct buffer made = {0};
    while (text.len > 0) {
        size_t used = 1;
        for (size_t i = 0; *text.ptr == '$' && i < 3 && used == 1; i++) {
            if (str_starts_with(str_slice(text, 1, text.len), str_of(parts[i]))) {
                buffer_add(&made, pipeline_text(logsource, parts[i]));
                used += strlen(parts[i]);
            }
        }
        if (used == 1) {
            buffer_add_byte(&made, *text.ptr);
        }
        text = str_slice(text, used, text.len);
    }
    struct str filled = arena_copy(run->builder->arena, buffer_str(&made));
    buffer_release(&made);
    return filled;
}

static void fill_values(struct pipeline_run *run, struct yaml_node *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct yaml_node *value = lines->pairs[i].value;
        if (value->kind == YAML_SCALAR) {
            value->text = fill_template(run, value->text);
        }
        for (size_t n = 0; value->kind == YAML_SEQUENCE && n < value->count; n++) {
            value->items[n]->text = fill_template(run, value->items[n]->text);
        }
    }
}

/* "added and (text)", or "not added and (text)". */
static struct yaml_node *guard(struct pipeline_run *run, struct str name, struct yaml_node *text)
{
    const char *word = pipeline_flag(run->item->node, "negated") ? "not " : "";
    if (text->kind != YAML_SCALAR || str_trim(text->text).len == 0) {
        return text;
    }
    struct yaml_node *made = pipeline_scalar(run->builder->arena, text, text->text);
    made->text = arena_printf(run->builder->arena, "%s%.*s and (%.*s)", word, STR_ARG(name),
                              STR_ARG(text->text));
    return made;
}

static bool add_condition(struct pipeline_run *run)
{
    struct arena *arena = run->builder->arena;
    struct yaml_node *condition = yaml_get(run->body, "condition");
    struct str name = pipeline_text(run->item->node, "name");
    if (condition == NULL) {
        return true;
    }
    if (name.len == 0 || yaml_get_str(run->body, name) != NULL) {
        name = arena_printf(arena, "_pipeline_%zu", run->body->count);
    }
    struct yaml_node *lines = yaml_copy(arena, yaml_get(run->item->node, "conditions"));
    if (pipeline_flag(run->item->node, "template")) {
        fill_values(run, lines);
    }
    if (condition->kind == YAML_SEQUENCE) {
        for (size_t i = 0; i < condition->count; i++) {
            condition->items[i] = guard(run, name, condition->items[i]);
        }
    } else {
        condition = guard(run, name, condition);
    }
    pipeline_set(arena, run->body, STR("condition"), condition);
    pipeline_set(arena, run->body, name, lines);
    return true;
}

static bool check_attribute(struct rule_builder *builder, const struct pipeline_item *item)
{
    return (pipeline_text(item->node, "attribute").len > 0 &&
            yaml_get(item->node, "value") != NULL) ||
           rule_problem_add(builder, RULE_ERROR, item->node,
                            "set_custom_attribute needs attribute and value");
}

static bool set_attribute(struct pipeline_run *run)
{
    pipeline_set(run->builder->arena, run->document, pipeline_text(run->item->node, "attribute"),
                 yaml_get(run->item->node, "value"));
    return true;
}

const struct pipeline_transformation pipeline_rule_types[] = {
    {"add_condition", " conditions name template negated ", check_conditions, add_condition, NULL,
     NULL},
    {"change_logsource", " category product service ", check_logsource, change_logsource, NULL,
     NULL},
    {"add_logsource", " category product service ", check_logsource, add_logsource, NULL, NULL},
    {"set_custom_attribute", " attribute value ", check_attribute, set_attribute, NULL, NULL},
    {"rule_failure", " message ", check_message, fail_rule, NULL, NULL},
    {"drop_detection_item", " ", check_nothing, NULL, drop_line, NULL},
    {"detection_item_failure", " message ", check_message, NULL, fail_line, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
