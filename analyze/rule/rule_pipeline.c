/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline.c - documents with `transformations`: read, put in order, applied to rules.
 *
 * Follows: the processing pipelines of pySigma, as YAML. docs/PIPELINES.md has what is taken.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/memory.h"

#include <stdio.h>

/* Keys that mean something to programs that write queries; here they have no effect. */
static const char *const query_keys[] = {"postprocessing", "finalizers", "allowed_backends"};
static const char *const pipeline_keys[] = {"name",     "description", "author",
                                            "priority", "vars",        "transformations",
                                            "taxonomy", "id",          "references"};
/* Keys that every item may have. */
static const char item_keys[] =
    " id type description rule_conditions rule_cond_op rule_cond_not detection_item_conditions "
    "detection_item_cond_op detection_item_cond_not field_name_conditions field_name_cond_op "
    "field_name_cond_not ";

static bool is_one_of(struct str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* Is name a word of words, which has spaces around each? */
static bool has_word(const char *words, struct str name)
{
    char spaced[64];
    int len = snprintf(spaced, sizeof spaced, " %.*s ", STR_ARG(name));
    return len > 2 && (size_t)len < sizeof spaced && strstr(words, spaced) != NULL;
}

static const struct pipeline_transformation *find_type(struct str name)
{
    const struct pipeline_transformation *const tables[] = {
        pipeline_rule_types, pipeline_name_types, pipeline_value_types};
    for (size_t table = 0; table < sizeof tables / sizeof tables[0]; table++) {
        for (const struct pipeline_transformation *row = tables[table]; row->name != NULL; row++) {
            if (str_equal(name, str_of(row->name))) {
                return row;
            }
        }
    }
    return NULL;
}

/* The types there are, for a message. */
static struct str list_types(struct rule_builder *builder)
{
    const struct pipeline_transformation *const tables[] = {
        pipeline_rule_types, pipeline_name_types, pipeline_value_types};
    buffer_clear(builder->scratch);
    for (size_t table = 0; table < sizeof tables / sizeof tables[0]; table++) {
        for (const struct pipeline_transformation *row = tables[table]; row->name != NULL; row++) {
            buffer_printf(builder->scratch, "%s%s", builder->scratch->len > 0 ? ", " : "",
                          row->name);
        }
    }
    return buffer_str(builder->scratch);
}

static bool check_keys(struct rule_builder *builder, const struct pipeline_item *item)
{
    for (size_t i = 0; i < item->node->count; i++) {
        const struct yaml_node *key = item->node->pairs[i].key;
        if (!has_word(item_keys, key->text) && !has_word(item->type->keys, key->text)) {
            return rule_problem_add(builder, RULE_ERROR, key,
                                    "%s has no '%.*s'; it takes:%s(and id, rule_conditions, "
                                    "detection_item_conditions, field_name_conditions)",
                                    item->type->name, STR_ARG(key->text), item->type->keys);
        }
    }
    return true;
}

static bool read_conditions(struct rule_builder *builder, const struct yaml_node *node,
                            const char *const keys[3], struct pipeline_conditions *conditions)
{
    const struct yaml_node *operator= yaml_get(node, keys[1]);
    conditions->list = yaml_get(node, keys[0]);
    conditions->negated = pipeline_flag(node, keys[2]);
    conditions->any = operator!= NULL && str_equal(operator->text, STR("or"));
    if (operator!= NULL && !conditions->any && !str_equal(operator->text, STR("and"))) {
        return rule_problem_add(builder, RULE_ERROR, operator, "%s must be and, or or", keys[1]);
    }
    return true;
}

static bool read_item(struct rule_builder *builder, const struct yaml_node *node,
                      struct pipeline_item *item)
{
    static const char *const keys[3][3] = {
        {"rule_conditions", "rule_cond_op", "rule_cond_not"},
        {"detection_item_conditions", "detection_item_cond_op", "detection_item_cond_not"},
        {"field_name_conditions", "field_name_cond_op", "field_name_cond_not"},
    };
    struct str type = pipeline_text(node, "type");
    item->node = node;
    item->id = pipeline_text(node, "id");
    item->type = find_type(type);
    if (node->kind != YAML_MAPPING || type.len == 0) {
        return rule_problem_add(builder, RULE_ERROR, node,
                                "a transformation is a map with a type: %.*s",
                                STR_ARG(list_types(builder)));
    }
    if (item->type == NULL) {
        struct str types = list_types(builder);
        return rule_problem_add(builder, RULE_ERROR, yaml_get(node, "type"),
                                "there is no transformation '%.*s'; there are: %.*s", STR_ARG(type),
                                STR_ARG(types));
    }
    return check_keys(builder, item) && read_conditions(builder, node, keys[0], &item->of_rule) &&
           read_conditions(builder, node, keys[1], &item->of_line) &&
           read_conditions(builder, node, keys[2], &item->of_field) &&
           pipeline_conditions_check(builder, item) && item->type->check(builder, item);
}

static bool check_pipeline_keys(struct rule_builder *builder, const struct yaml_node *document)
{
    for (size_t i = 0; i < document->count; i++) {
        const struct yaml_node *key = document->pairs[i].key;
        if (is_one_of(key->text, query_keys, sizeof query_keys / sizeof query_keys[0])) {
            rule_problem_add(builder, RULE_WARNING, key, "%.*s is about queries; no effect here",
                             STR_ARG(key->text));
        } else if (!is_one_of(key->text, pipeline_keys,
                              sizeof pipeline_keys / sizeof pipeline_keys[0])) {
            return rule_problem_add(builder, RULE_ERROR, key, "a pipeline has no key '%.*s'",
                                    STR_ARG(key->text));
        }
    }
    return true;
}

static bool read_pipeline(struct rule_builder *builder, const struct yaml_node *document,
                          struct pipeline *pipeline)
{
    const struct yaml_node *list = yaml_get(document, "transformations");
    const struct yaml_node *priority = yaml_get(document, "priority");
    if (!check_pipeline_keys(builder, document)) {
        return false;
    }
    if (priority != NULL &&
        (priority->kind != YAML_SCALAR || !str_to_i64(priority->text, &pipeline->priority))) {
        return rule_problem_add(builder, RULE_ERROR, priority, "priority must be a whole number");
    }
    if (pipeline->vars != NULL && pipeline->vars->kind != YAML_MAPPING) {
        return rule_problem_add(builder, RULE_ERROR, pipeline->vars,
                                "vars must be a map from names to lists of texts");
    }
    if (list->kind != YAML_SEQUENCE) {
        return rule_problem_add(builder, RULE_ERROR, list, "transformations must be a list");
    }
    pipeline->items = arena_take_zeroed(builder->arena, list->count + 1, sizeof *pipeline->items);
    for (size_t i = 0; i < list->count; i++) {
        pipeline->items[i].pipeline = pipeline;
        if (!read_item(builder, list->items[i], &pipeline->items[i])) {
            return false;
        }
    }
    pipeline->items_count = (uint32_t)list->count;
    return true;
}

/* Behind those of the same priority, which came from paths before. */
static void add_pipeline(struct rule_builder *builder, const struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < builder->pipelines_count; i++) {
        if (builder->pipelines[i]->digest == pipeline->digest) {
            return;
        }
    }
    MEMORY_GROW(builder->pipelines, builder->pipelines_count, builder->pipelines_capacity);
    uint32_t at = builder->pipelines_count++;
    while (at > 0 && builder->pipelines[at - 1]->priority > pipeline->priority) {
        builder->pipelines[at] = builder->pipelines[at - 1];
        at--;
    }
    builder->pipelines[at] = pipeline;
}

bool rule_pipelines_read(struct rule_builder *builder, const struct yaml_documents *documents)
{
    bool only = documents->count > 0;
    for (size_t i = 0; i < documents->count; i++) {
        const struct yaml_node *document = documents->roots[i];
        if (yaml_get(document, "transformations") == NULL) {
            only = false;
            continue;
        }
        struct pipeline *pipeline = arena_take_zeroed(builder->arena, 1, sizeof *pipeline);
        *pipeline = (struct pipeline){
            .path = builder->path,
            .name = pipeline_text(document, "name"),
            .taxonomy = pipeline_text(document, "taxonomy"),
            .vars = yaml_get(document, "vars"),
            .digest = rule_document_digest(document),
        };
        builder->title = pipeline->name;
        if (read_pipeline(builder, document, pipeline)) {
            add_pipeline(builder, pipeline);
        }
    }
    return only;
}

bool rule_pipelines_know(const struct rule_builder *builder, struct str taxonomy)
{
    for (uint32_t i = 0; i < builder->pipelines_count; i++) {
        if (str_equal(builder->pipelines[i]->taxonomy, taxonomy)) {
            return true;
        }
    }
    return false;
}

/* A copy of the document whose selections may be changed. */
static void begin_run(struct pipeline_run *run, const struct yaml_node *document)
{
    static const char *const bodies[] = {"detection", "filter"};
    run->document = yaml_copy(run->builder->arena, document);
    for (size_t i = 0; i < 2 && run->body == NULL; i++) {
        struct yaml_node *body = yaml_get(run->document, bodies[i]);
        run->body = body != NULL && body->kind == YAML_MAPPING ? body : NULL;
    }
}

static bool apply_item(struct pipeline_run *run)
{
    const struct pipeline_transformation *type = run->item->type;
    if (!pipeline_rule_fits(run)) {
        return true;
    }
    struct rule_pipelines *applied = run->applied;
    MEMORY_GROW(applied->items, applied->count, applied->capacity);
    applied->items[applied->count++] = run->item;
    if (type->change_rule != NULL) {
        return type->change_rule(run);
    }
    return type->rename != NULL ? pipeline_rename(run) : pipeline_each_line(run, type->change_line);
}

const struct yaml_node *rule_pipelines_apply(struct rule_builder *builder,
                                             const struct yaml_node *document)
{
    struct pipeline_run run = {.builder = builder, .applied = &builder->applied_now};
    struct str taxonomy = pipeline_text(document, "taxonomy");
    bool good = true;
    builder->applied_now.count = 0;
    if (builder->pipelines_count == 0) {
        return document;
    }
    begin_run(&run, document);
    for (uint32_t i = 0; i < builder->pipelines_count && good; i++) {
        const struct pipeline *pipeline = builder->pipelines[i];
        bool mine = pipeline->taxonomy.len == 0 || str_equal(pipeline->taxonomy, taxonomy);
        for (uint32_t n = 0; mine && good && n < pipeline->items_count; n++) {
            run.item = &pipeline->items[n];
            good = apply_item(&run);
        }
    }
    return good ? run.document : NULL;
}
