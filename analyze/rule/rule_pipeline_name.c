/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_name.c - transformations that give fields other names: a row for each.
 *
 * They change lines of selections, what fieldref names, the rule's `fields`, and the names by which
 * a correlation knows the fields of a rule that it counts.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/memory.h"

static bool check_mapping(struct rule_builder *builder, const struct pipeline_item *item)
{
    const struct yaml_node *mapping = yaml_get(item->node, "mapping");
    if (mapping == NULL || mapping->kind != YAML_MAPPING) {
        return rule_problem_add(builder, RULE_ERROR, mapping == NULL ? item->node : mapping,
                                "%s needs mapping: a map from names to names or lists of names",
                                item->type->name);
    }
    for (size_t i = 0; i < mapping->count; i++) {
        const struct yaml_node *value = mapping->pairs[i].value;
        struct text_list names = {0};
        if (!pipeline_texts(builder->arena, value, &names) || names.count == 0) {
            return rule_problem_add(builder, RULE_ERROR, value,
                                    "'%.*s' must become a name or a list of names",
                                    STR_ARG(mapping->pairs[i].key->text));
        }
    }
    return true;
}

static bool by_mapping(struct rule_builder *builder, const struct pipeline_item *item,
                       struct str field, struct text_list *names)
{
    const struct yaml_node *target = yaml_get_str(yaml_get(item->node, "mapping"), field);
    return target != NULL && pipeline_texts(builder->arena, target, names);
}

static bool by_prefix_mapping(struct rule_builder *builder, const struct pipeline_item *item,
                              struct str field, struct text_list *names)
{
    const struct yaml_node *mapping = yaml_get(item->node, "mapping");
    for (size_t i = 0; i < mapping->count; i++) {
        struct str prefix = mapping->pairs[i].key->text;
        if (!str_starts_with(field, prefix)) {
            continue;
        }
        struct str rest = str_slice(field, prefix.len, field.len);
        pipeline_texts(builder->arena, mapping->pairs[i].value, names);
        for (uint32_t n = 0; n < names->count; n++) {
            names->items[n] =
                arena_printf(builder->arena, "%.*s%.*s", STR_ARG(names->items[n]), STR_ARG(rest));
        }
        return true;
    }
    return false;
}

static void one_name(struct rule_builder *builder, struct str name, struct text_list *names)
{
    names->items = arena_take(builder->arena, sizeof *names->items);
    names->items[0] = name;
    names->count = 1;
}

static bool check_affix(struct rule_builder *builder, const struct pipeline_item *item)
{
    return pipeline_text(item->node, "prefix").len + pipeline_text(item->node, "suffix").len > 0 ||
           rule_problem_add(builder, RULE_ERROR, item->node, "%s needs a text for%s",
                            item->type->name, item->type->keys);
}

static bool by_affix(struct rule_builder *builder, const struct pipeline_item *item,
                     struct str field, struct text_list *names)
{
    struct str prefix = pipeline_text(item->node, "prefix");
    struct str suffix = pipeline_text(item->node, "suffix");
    one_name(builder,
             arena_printf(builder->arena, "%.*s%.*s%.*s", STR_ARG(prefix), STR_ARG(field),
                          STR_ARG(suffix)),
             names);
    return true;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
    return (char)byte_lower((unsigned char)c);
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static void to_lower(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        buffer_add_byte(out, lower(text.ptr[i]));
    }
}

static void to_upper(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        buffer_add_byte(out, upper(text.ptr[i]));
    }
}

static void to_title(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool first = i == 0 || (lower(text.ptr[i - 1]) == upper(text.ptr[i - 1]));
        buffer_add_byte(out, first ? upper(text.ptr[i]) : lower(text.ptr[i]));
    }
}

/* A capital begins a word when a small letter or digit stands before it, or a small one behind. */
static void to_snake_case(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char before = i > 0 ? text.ptr[i - 1] : '_';
        bool small_behind = i + 1 < text.len && !is_upper(text.ptr[i + 1]) &&
                            upper(text.ptr[i + 1]) != text.ptr[i + 1];
        bool begins = is_upper(text.ptr[i]) && before != '_' && before != '.' && before != '-' &&
                      (!is_upper(before) || small_behind);
        if (begins) {
            buffer_add_byte(out, '_');
        }
        buffer_add_byte(out, lower(text.ptr[i]));
    }
}

static const struct {
    const char *name;
    void (*apply)(struct buffer *out, struct str text);
} letter_functions[] = {
    {"lower", to_lower}, {"upper", to_upper}, {"title", to_title}, {"snake_case", to_snake_case}};

static size_t find_function(const struct pipeline_item *item)
{
    struct str wanted = pipeline_text(item->node, "transform_func");
    size_t i = 0;
    while (i < sizeof letter_functions / sizeof letter_functions[0] &&
           !str_equal(wanted, str_of(letter_functions[i].name))) {
        i++;
    }
    return i;
}

static bool check_function(struct rule_builder *builder, const struct pipeline_item *item)
{
    if (find_function(item) == sizeof letter_functions / sizeof letter_functions[0]) {
        return rule_problem_add(builder, RULE_ERROR, item->node,
                                "transform_func must be lower, upper, title or snake_case");
    }
    return yaml_get(item->node, "mapping") == NULL || check_mapping(builder, item);
}

static bool by_function(struct rule_builder *builder, const struct pipeline_item *item,
                        struct str field, struct text_list *names)
{
    if (by_mapping(builder, item, field, names)) {
        return true;
    }
    struct buffer made = {0};
    letter_functions[find_function(item)].apply(&made, field);
    one_name(builder, arena_copy(builder->arena, buffer_str(&made)), names);
    buffer_release(&made);
    return true;
}

const struct pipeline_transformation pipeline_name_types[] = {
    {"field_name_mapping", " mapping ", check_mapping, NULL, NULL, by_mapping},
    {"field_name_prefix_mapping", " mapping ", check_mapping, NULL, NULL, by_prefix_mapping},
    {"field_name_prefix", " prefix ", check_affix, NULL, NULL, by_affix},
    {"field_name_suffix", " suffix ", check_affix, NULL, NULL, by_affix},
    {"field_name_transform", " transform_func mapping ", check_function, NULL, NULL, by_function},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

void rule_pipelines_keep(struct rule_builder *builder, uint32_t rule)
{
    const struct rule_pipelines *now = &builder->applied_now;
    if (now->count == 0) {
        return;
    }
    while (builder->applied_capacity <= rule) {
        uint32_t old = builder->applied_capacity;
        builder->applied_capacity = old == 0 ? 64 : old * 2;
        builder->applied =
            memory_resize(builder->applied, builder->applied_capacity, sizeof *builder->applied);
        memset(builder->applied + old, 0,
               (builder->applied_capacity - old) * sizeof *builder->applied);
    }
    const struct pipeline_item **items =
        arena_take(builder->arena, now->count * sizeof(const struct pipeline_item *));
    memcpy(items, now->items, now->count * sizeof(const struct pipeline_item *));
    builder->applied[rule] = (struct rule_pipelines){items, now->count, now->count};
}

struct str rule_pipelines_name(struct rule_builder *builder, uint32_t rule, struct str field)
{
    if (rule >= builder->applied_capacity) {
        return field;
    }
    const struct rule_pipelines *applied = &builder->applied[rule];
    for (uint32_t i = 0; i < applied->count; i++) {
        const struct pipeline_item *item = applied->items[i];
        struct text_list names = {0};
        if (item->type->rename != NULL && pipeline_field_fits(builder, item, field) &&
            item->type->rename(builder, item, field, &names)) {
            field = names.items[0];
        }
    }
    return field;
}

void rule_pipelines_release(struct rule_builder *builder)
{
    memory_free(builder->pipelines);
    memory_free(builder->applied);
    memory_free(builder->applied_now.items);
}
