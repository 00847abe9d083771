/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_line.c - the lines of a rule that pipelines change: walking over them, their names.
 *
 * A line that gets several names becomes a group, one line for each: any of them. What asks for
 * absence (`neq`, null, `exists: false`) must hold for all of them, else a name that a log never
 * has would make it true.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/limits.h"
#include "base/memory.h"

struct str pipeline_text(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : (struct str){"", 0};
}

bool pipeline_flag(const struct yaml_node *mapping, const char *key)
{
    return str_equal_fold(pipeline_text(mapping, key), STR("true"));
}

void pipeline_set(struct arena *arena, struct yaml_node *mapping, struct str key,
                  struct yaml_node *value)
{
    for (size_t i = 0; i < mapping->count; i++) {
        if (str_equal(mapping->pairs[i].key->text, key)) {
            mapping->pairs[i].value = value;
            return;
        }
    }
    struct yaml_pair *pairs = arena_take(arena, (mapping->count + 1) * sizeof *pairs);
    if (mapping->count > 0) {
        memcpy(pairs, mapping->pairs, mapping->count * sizeof *pairs);
    }
    pairs[mapping->count] = (struct yaml_pair){pipeline_scalar(arena, mapping, key), value};
    mapping->pairs = pairs;
    mapping->count++;
}

struct yaml_node *pipeline_scalar(struct arena *arena, const struct yaml_node *like,
                                  struct str text)
{
    struct yaml_node *node = arena_take_zeroed(arena, 1, sizeof *node);
    *node = (struct yaml_node){.kind = YAML_SCALAR,
                               .quoted = true,
                               .line = like->line,
                               .column = like->column,
                               .text = arena_copy(arena, text)};
    return node;
}

bool pipeline_texts(struct arena *arena, const struct yaml_node *node, struct text_list *texts)
{
    size_t count = node != NULL && node->kind == YAML_SEQUENCE ? node->count : 1;
    *texts = (struct text_list){arena_take(arena, (count + 1) * sizeof *texts->items), 0};
    if (node == NULL || node->kind == YAML_MAPPING) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        if (item->kind != YAML_SCALAR) {
            return false;
        }
        texts->items[texts->count++] = item->text;
    }
    return true;
}

struct walk {
    struct pipeline_run *run;
    pipeline_line_fn *call;
};

static bool walk_keyword(const struct walk *walk, struct yaml_node **slot)
{
    struct pipeline_line line = {.slot = slot, .field = {"", 0}, .modifiers = {"", 0}};
    if (*slot == walk->run->builder->dropped) {
        return true;
    }
    return !pipeline_line_fits(walk->run, &line) || walk->call(walk->run, &line);
}

static bool walk_pair(const struct walk *walk, struct yaml_pair *pair)
{
    size_t bar = str_find_byte(pair->key->text, '|');
    struct pipeline_line line = {
        .pair = pair,
        .slot = &pair->value,
        .field = str_slice(pair->key->text, 0, bar),
        .modifiers = bar == STR_NOT_FOUND ? (struct str){"", 0}
                                          : str_slice(pair->key->text, bar, pair->key->text.len),
    };
    return !pipeline_line_fits(walk->run, &line) || walk->call(walk->run, &line);
}

static bool walk_node(const struct walk *walk, struct yaml_node **slot, uint32_t depth)
{
    struct rule_builder *builder = walk->run->builder;
    struct yaml_node *node = *slot;
    bool good = true;
    if (node->kind == YAML_SCALAR) {
        return walk_keyword(walk, slot);
    }
    if (depth > LIMIT_RULE_DEPTH) {
        return rule_problem_add(builder, RULE_ERROR, node,
                                "pipelines gave a line several names again and again, more than %d "
                                "levels deep",
                                LIMIT_RULE_DEPTH);
    }
    for (size_t i = 0; good && i < node->count; i++) {
        if (node->kind == YAML_SEQUENCE) {
            good = walk_node(walk, &node->items[i], depth + 1);
        } else if (node->pairs[i].key == builder->group_key) {
            good = walk_node(walk, &node->pairs[i].value, depth + 1);
        } else if (node->pairs[i].key != builder->dropped) {
            good = walk_pair(walk, &node->pairs[i]);
        }
    }
    return good;
}

/* The selections of exceptions under `tocsin:`. They lose no line: they would cover more. */
static bool walk_exceptions(const struct walk *walk)
{
    struct pipeline_run *run = walk->run;
    struct yaml_node *list = yaml_get(yaml_get(run->document, "tocsin"), "exceptions");
    bool drops = str_equal(str_of(run->item->type->name), STR("drop_detection_item"));
    bool good = true;
    if (list == NULL || list->kind != YAML_SEQUENCE || drops) {
        return true;
    }
    for (size_t i = 0; good && i < list->count; i++) {
        struct yaml_node *exception = list->items[i];
        for (size_t n = 0; good && exception->kind == YAML_MAPPING && n < exception->count; n++) {
            struct yaml_pair *pair = &exception->pairs[n];
            good =
                !str_equal(pair->key->text, STR("selection")) || walk_node(walk, &pair->value, 0);
        }
    }
    return good;
}

bool pipeline_each_line(struct pipeline_run *run, pipeline_line_fn *call)
{
    const struct walk walk = {run, call};
    bool filter = yaml_get(run->document, "filter") != NULL;
    bool good = true;
    for (size_t i = 0; run->body != NULL && good && i < run->body->count; i++) {
        struct str name = run->body->pairs[i].key->text;
        if (!str_equal(name, STR("condition")) && !str_equal(name, STR("timeframe")) &&
            !(filter && str_equal(name, STR("rules")))) {
            good = walk_node(&walk, &run->body->pairs[i].value, 0);
        }
    }
    return good && walk_exceptions(&walk);
}

/* A mapping of one line. */
static struct yaml_node *make_line(struct pipeline_run *run, const struct pipeline_line *line,
                                   struct str name)
{
    struct arena *arena = run->builder->arena;
    struct yaml_node *map = arena_take_zeroed(arena, 1, sizeof *map);
    struct str key = arena_printf(arena, "%.*s%.*s", STR_ARG(name), STR_ARG(line->modifiers));
    *map = (struct yaml_node){.kind = YAML_MAPPING,
                              .line = line->pair->key->line,
                              .column = line->pair->key->column,
                              .count = 1};
    map->pairs = arena_take(arena, sizeof *map->pairs);
    map->pairs[0] = (struct yaml_pair){pipeline_scalar(arena, line->pair->key, key), *line->slot};
    return map;
}

static bool has_modifier(const struct pipeline_line *line, const char *name)
{
    struct str rest = line->modifiers;
    while (rest.len > 0) {
        rest = str_slice(rest, 1, rest.len);
        size_t bar = str_find_byte(rest, '|');
        if (str_equal(str_slice(rest, 0, bar), str_of(name))) {
            return true;
        }
        rest = bar == STR_NOT_FOUND ? (struct str){"", 0} : str_slice(rest, bar, rest.len);
    }
    return false;
}

static bool has_null(const struct yaml_node *value)
{
    for (size_t i = 0; value->kind == YAML_SEQUENCE && i < value->count; i++) {
        if (value->items[i]->kind == YAML_SCALAR &&
            yaml_scalar_type(value->items[i]) == YAML_NULL) {
            return true;
        }
    }
    return value->kind == YAML_SCALAR && yaml_scalar_type(value) == YAML_NULL;
}

static bool asks_for_absence(const struct pipeline_line *line)
{
    const struct yaml_node *value = *line->slot;
    bool exists = has_modifier(line, "exists");
    return exists ? value->kind == YAML_SCALAR && str_equal_fold(value->text, STR("false"))
                  : has_modifier(line, "neq") || has_null(value);
}

static void make_group(struct pipeline_run *run, struct pipeline_line *line,
                       const struct text_list *names)
{
    struct arena *arena = run->builder->arena;
    struct yaml_node *group = arena_take_zeroed(arena, 1, sizeof *group);
    bool all = asks_for_absence(line);
    *group = (struct yaml_node){.kind = all ? YAML_MAPPING : YAML_SEQUENCE,
                                .line = line->pair->key->line,
                                .column = line->pair->key->column,
                                .count = names->count};
    if (all) {
        group->pairs = arena_take(arena, names->count * sizeof *group->pairs);
    } else {
        group->items = arena_take(arena, names->count * sizeof(struct yaml_node *));
    }
    for (uint32_t i = 0; i < names->count; i++) {
        struct yaml_node *made = make_line(run, line, names->items[i]);
        if (all) {
            group->pairs[i] = made->pairs[0];
        } else {
            group->items[i] = made;
        }
    }
    *line->pair = (struct yaml_pair){run->builder->group_key, group};
}

/* A list of names, each as it is called now. */
static struct yaml_node *rename_list(struct pipeline_run *run, struct yaml_node *node)
{
    struct arena *arena = run->builder->arena;
    struct text_list old;
    if (!pipeline_texts(arena, node, &old)) {
        return node;
    }
    struct yaml_node *list = arena_take_zeroed(arena, 1, sizeof *list);
    size_t capacity = 0;
    struct yaml_node **items = NULL;
    *list = (struct yaml_node){.kind = YAML_SEQUENCE, .line = node->line, .column = node->column};
    for (uint32_t i = 0; i < old.count; i++) {
        struct text_list names = {&old.items[i], 1};
        if (pipeline_field_fits(run->builder, run->item, old.items[i])) {
            run->item->type->rename(run->builder, run->item, old.items[i], &names);
        }
        for (uint32_t n = 0; n < names.count; n++) {
            MEMORY_GROW(items, list->count, capacity);
            items[list->count++] = pipeline_scalar(arena, node, names.items[n]);
        }
    }
    list->items = arena_take(arena, (list->count + 1) * sizeof(struct yaml_node *));
    if (list->count > 0) {
        memcpy(list->items, items, list->count * sizeof(struct yaml_node *));
    }
    memory_free(items);
    return list;
}

static bool rename_line(struct pipeline_run *run, struct pipeline_line *line)
{
    struct text_list names = {0};
    if (line->pair == NULL) {
        return true;
    }
    if (has_modifier(line, "fieldref")) {
        *line->slot = rename_list(run, *line->slot);
    }
    if (line->field.len == 0 ||
        !run->item->type->rename(run->builder, run->item, line->field, &names)) {
        return true;
    }
    run->lines_made += names.count;
    if (run->lines_made > PIPELINE_LINES_MAX) {
        return rule_problem_add(run->builder, RULE_ERROR, line->pair->key,
                                "pipelines make more than %u lines of this rule",
                                PIPELINE_LINES_MAX);
    }
    if (names.count == 1) {
        line->pair->key = make_line(run, line, names.items[0])->pairs[0].key;
    } else {
        make_group(run, line, &names);
    }
    return true;
}

/* The names under a key of a mapping; what else stands there is told when the rule is read. */
static void rename_under(struct pipeline_run *run, struct yaml_node *mapping, const char *key)
{
    struct yaml_node *names = yaml_get(mapping, key);
    if (names != NULL && (names->kind == YAML_SCALAR ? names->text.len : names->count) > 0) {
        pipeline_set(run->builder->arena, mapping, str_of(key), rename_list(run, names));
    }
}

bool pipeline_rename(struct pipeline_run *run)
{
    struct yaml_node *tocsin = yaml_get(run->document, "tocsin");
    rename_under(run, run->document, "fields");
    if (yaml_get(run->document, "correlation") == NULL) {
        /* A correlation names its own group-by there. */
        rename_under(run, yaml_get(tocsin, "risk"), "entity");
        rename_under(run, yaml_get(tocsin, "suppress"), "key");
    }
    return pipeline_each_line(run, rename_line);
}
