/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension.c - the map under `tocsin:`: its keys, and what their readers share.
 */
#include "analyze/rule/rule_extension_internal.h"

#include "base/suggest.h"

struct extension_key {
    const char *name;
    bool (*read)(struct extension_reading *reading, const struct yaml_node *value);
};

static const struct extension_key key_table[] = {
    {"criterion", extension_read_criterion},
    {"risk", extension_read_risk},
    {"suppress", extension_read_suppress},
    {"exceptions", extension_read_exceptions},
};
#define KEYS (sizeof key_table / sizeof key_table[0])

bool extension_check_keys(struct rule_builder *builder, const struct yaml_node *map,
                          const char *const *names, const char *what)
{
    if (map->kind != YAML_MAPPING || map->count == 0) {
        return rule_problem_add(builder, RULE_ERROR, map, "%s must be a map", what);
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = map->pairs[i].key;
        struct suggestion near;
        bool known = false;
        suggest_begin(&near, key->text);
        for (size_t n = 0; names[n] != NULL; n++) {
            known = known || str_equal(key->text, str_of(names[n]));
            suggest_offer(&near, str_of(names[n]));
        }
        if (!known && near.name.len > 0) {
            return rule_problem_add(builder, RULE_ERROR, key,
                                    "%s has no key '%.*s'; did you mean '%.*s'?", what,
                                    STR_ARG(key->text), STR_ARG(near.name));
        }
        if (!known) {
            return rule_problem_add(builder, RULE_ERROR, key,
                                    "%s has no key '%.*s'; docs/EXTENSIONS.md lists those there "
                                    "are",
                                    what, STR_ARG(key->text));
        }
    }
    return true;
}

bool extension_read_texts(struct rule_builder *builder, const struct yaml_node *value,
                          const char *what, struct str_list *texts)
{
    size_t count = value->kind == YAML_SEQUENCE ? value->count : 1;
    struct str *items = arena_take(builder->arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = value->kind == YAML_SEQUENCE ? value->items[i] : value;
        if (item->kind != YAML_SCALAR || item->text.len == 0 ||
            yaml_scalar_type(item) == YAML_NULL) {
            return rule_problem_add(builder, RULE_ERROR, item, "%s is expected here, as a text",
                                    what);
        }
        for (size_t n = 0; n < i; n++) {
            if (str_equal(items[n], item->text)) {
                return rule_problem_add(builder, RULE_ERROR, item, "'%.*s' stands here twice",
                                        STR_ARG(item->text));
            }
        }
        items[i] = item->text;
    }
    *texts = (struct str_list){items, (uint32_t)count};
    return count > 0 || rule_problem_add(builder, RULE_ERROR, value, "the list is empty");
}

static bool has_text(const struct yaml_node *texts, struct str text)
{
    if (texts == NULL || texts->kind == YAML_SCALAR) {
        return texts != NULL && str_equal(texts->text, text);
    }
    bool found = false;
    for (size_t i = 0; texts->kind == YAML_SEQUENCE && i < texts->count && !found; i++) {
        found = str_equal(texts->items[i]->text, text);
    }
    return found;
}

bool extension_read_fields(struct extension_reading *reading, const struct yaml_node *value,
                           struct str_list *fields)
{
    const struct yaml_node *correlation = yaml_get(reading->document, "correlation");
    const struct yaml_node *group_by = yaml_get(correlation, "group-by");
    if (!extension_read_texts(reading->builder, value, "the name of a field", fields)) {
        return false;
    }
    for (uint32_t i = 0; correlation != NULL && i < fields->count; i++) {
        if (!has_text(group_by, fields->items[i])) {
            return rule_problem_add(reading->builder, RULE_ERROR, value,
                                    "'%.*s' is not among the correlation's group-by names, the "
                                    "only ones that all of its events share",
                                    STR_ARG(fields->items[i]));
        }
    }
    return true;
}

bool rule_extension_read(struct rule_builder *builder, const struct yaml_node *document,
                         struct rule *rule)
{
    const struct yaml_node *map = yaml_get(document, "tocsin");
    const char *names[KEYS + 1] = {NULL};
    if (map == NULL) {
        return true;
    }
    if (yaml_get(document, "filter") != NULL) {
        return rule_problem_add(builder, RULE_ERROR, map,
                                "a filter has no use for `tocsin:`; write it in the rules");
    }
    for (size_t i = 0; i < KEYS; i++) {
        names[i] = key_table[i].name;
    }
    if (!extension_check_keys(builder, map, names, "tocsin")) {
        return false;
    }
    struct rule_extension *extension = arena_take_zeroed(builder->arena, 1, sizeof *extension);
    struct extension_reading reading = {builder, document, extension};
    for (size_t i = 0; i < KEYS; i++) {
        const struct yaml_node *value = yaml_get(map, names[i]);
        if (value != NULL && !key_table[i].read(&reading, value)) {
            return false;
        }
    }
    rule->extension = extension;
    return true;
}
