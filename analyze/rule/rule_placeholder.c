/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_placeholder.c - what stands for `%name%` in a value with the modifier expand.
 *
 * Values come from documents of rule files that have the key `placeholders`, a map from names to a
 * text or a list of texts. All files are searched for them before the first rule is read. A name
 * that several documents have gets the values of all; one that none has may be a list's
 * (rule_list.c). `\%` is a percent sign.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/memory.h"

static bool add_values(struct rule_builder *builder, const struct yaml_node *name,
                       const struct yaml_node *values)
{
    size_t count = values->kind == YAML_SEQUENCE ? values->count : 1;
    uint32_t index = map_get(builder->placeholder_ids, name->text);
    if (index == MAP_NONE) {
        index = builder->placeholders_count;
        map_set(builder->placeholder_ids, name->text, index);
        MEMORY_GROW(builder->placeholders, builder->placeholders_count,
                    builder->placeholders_capacity);
        builder->placeholders[builder->placeholders_count++] = (struct text_list){0};
    }
    struct text_list *list = &builder->placeholders[index];
    struct str *items = arena_take(builder->arena, (list->count + count) * sizeof *items);
    for (uint32_t i = 0; i < list->count; i++) {
        items[i] = list->items[i];
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = values->kind == YAML_SEQUENCE ? values->items[i] : values;
        if (item->kind != YAML_SCALAR) {
            return rule_problem_add(builder, RULE_ERROR, item,
                                    "a placeholder stands for a text or a list of texts");
        }
        items[list->count + i] = item->text;
    }
    *list = (struct text_list){items, list->count + (uint32_t)count};
    return true;
}

static void read_document(struct rule_builder *builder, const struct yaml_node *placeholders)
{
    builder->title = STR("placeholders");
    builder->document = placeholders->line;
    if (placeholders->kind != YAML_MAPPING) {
        rule_problem_add(builder, RULE_ERROR, placeholders,
                         "placeholders must be a map from names to lists of texts");
        return;
    }
    bool good = true;
    for (size_t i = 0; i < placeholders->count && good; i++) {
        good = add_values(builder, placeholders->pairs[i].key, placeholders->pairs[i].value);
    }
}

void rule_placeholders_read(struct rule_builder *builder, const struct yaml_documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        const struct yaml_node *placeholders = yaml_get(documents->roots[i], "placeholders");
        if (placeholders != NULL) {
            read_document(builder, placeholders);
        }
    }
}

/* The length of the `%name%` that text begins with; 0: it begins with none. */
static size_t placeholder_len(struct str text)
{
    size_t len = 1;
    if (text.len < 3 || text.ptr[0] != '%') {
        return 0;
    }
    while (len < text.len && (byte_is_digit(text.ptr[len]) || text.ptr[len] == '_' ||
                              text.ptr[len] == '-' || text.ptr[len] == '.' ||
                              (byte_lower((unsigned char)text.ptr[len]) >= 'a' &&
                               byte_lower((unsigned char)text.ptr[len]) <= 'z'))) {
        len++;
    }
    return len > 1 && len < text.len && text.ptr[len] == '%' ? len + 1 : 0;
}

/* Every text gives way to those that it and one of more make together. */
static bool append_all(struct arena *arena, struct text_list *texts, const struct str *more,
                       uint32_t more_count)
{
    uint32_t count = texts->count * more_count;
    if (count > RULE_TEXTS_MAX) {
        return false;
    }
    struct str *items = arena_take(arena, (count + 1) * sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        struct str head = texts->items[i / more_count];
        struct str tail = more[i % more_count];
        items[i] = arena_printf(arena, "%.*s%.*s", STR_ARG(head), STR_ARG(tail));
    }
    *texts = (struct text_list){items, count};
    return true;
}

/* What stands for the name: by pipelines, or by documents. */
static bool find_values(struct rule_builder *builder, struct str name, struct text_list *values)
{
    uint32_t index = map_get(builder->placeholder_ids, name);
    if (rule_pipelines_placeholder(builder, name, values)) {
        return true;
    }
    if (index == MAP_NONE || builder->placeholders[index].count == 0) {
        return false;
    }
    *values = builder->placeholders[index];
    return true;
}

bool rule_placeholder_is_free(struct rule_builder *builder, struct str text, struct str *name)
{
    size_t len = placeholder_len(text);
    struct text_list values = {0};
    *name = len > 0 ? str_slice(text, 1, len - 2) : (struct str){0};
    return len > 0 && len == text.len && !find_values(builder, *name, &values);
}

bool rule_placeholders_expand(struct rule_builder *builder, const struct yaml_node *value,
                              struct text_list *texts)
{
    struct str rest = value->text;
    struct str empty = STR("");
    bool fits = true;
    *texts = (struct text_list){arena_take(builder->arena, sizeof empty), 1};
    texts->items[0] = empty;
    while (rest.len > 0 && fits) {
        size_t len = placeholder_len(rest);
        if (len > 0) {
            struct str name = str_slice(rest, 1, len - 2);
            struct text_list values = {0};
            bool found = find_values(builder, name, &values);
            if (!found && rule_list_is_known(builder, name)) {
                if (!rule_list_texts(builder, value, name, &values)) {
                    return false;
                }
                found = true;
            }
            if (!found) {
                return rule_problem_add(builder, RULE_UNSUPPORTED, value,
                                        "nothing is known of the placeholder %%%.*s%%; add a "
                                        "document with `placeholders: {%.*s: [..]}` or a file "
                                        "lists/%.*s.txt to the rules",
                                        STR_ARG(name), STR_ARG(name), STR_ARG(name));
            }
            fits = append_all(builder->arena, texts, values.items, values.count);
            rest = str_slice(rest, len, rest.len);
            continue;
        }
        bool escaped = rest.len > 1 && rest.ptr[0] == '\\' && rest.ptr[1] == '%';
        size_t next = escaped ? 2 : 1;
        while (!escaped && next < rest.len && rest.ptr[next] != '%' && rest.ptr[next] != '\\') {
            next++;
        }
        struct str plain = escaped ? STR("%") : str_slice(rest, 0, next);
        fits = append_all(builder->arena, texts, &plain, 1);
        rest = str_slice(rest, next, rest.len);
    }
    return fits || rule_problem_add(builder, RULE_ERROR, value,
                                    "the placeholders stand for more than %u texts together",
                                    RULE_TEXTS_MAX);
}
