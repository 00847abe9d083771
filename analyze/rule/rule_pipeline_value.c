/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_value.c - transformations that change values, or say what placeholders stand for.
 *
 * Texts are changed as they are written, Sigma's escapes and wildcards in them. Numbers, networks,
 * regular expressions and names of fields are no texts.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/limits.h"
#include "base/memory.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define REPLACED_BYTES_MAX 65536U

/* The texts that stand for text; false: it stays. */
typedef bool value_fn(struct pipeline_run *run, struct str text, struct text_list *made);

static bool holds_texts(const struct pipeline_line *line)
{
    static const char *const others[] = {"|re", "|cidr", "|exists", "|fieldref"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t at = str_find(line->modifiers, str_of(others[i]));
        size_t end = at + strlen(others[i]);
        if (at != STR_NOT_FOUND &&
            (end == line->modifiers.len || line->modifiers.ptr[end] == '|')) {
            return false;
        }
    }
    return true;
}

static struct yaml_node *new_list(struct arena *arena, const struct yaml_node *like,
                                  const struct text_list *texts)
{
    struct yaml_node *list = arena_take_zeroed(arena, 1, sizeof *list);
    *list = (struct yaml_node){
        .kind = YAML_SEQUENCE, .line = like->line, .column = like->column, .count = texts->count};
    list->items = arena_take(arena, (texts->count + 1) * sizeof(struct yaml_node *));
    for (uint32_t i = 0; i < texts->count; i++) {
        list->items[i] = pipeline_scalar(arena, like, texts->items[i]);
    }
    return list;
}

/* A keyword that several stand for is a line without a name. */
static struct yaml_node *keywords(struct arena *arena, struct yaml_node *list)
{
    struct yaml_node *map = arena_take_zeroed(arena, 1, sizeof *map);
    *map = (struct yaml_node){.kind = YAML_MAPPING, .line = list->line, .column = list->column};
    pipeline_set(arena, map, STR(""), list);
    return map;
}

static bool change_text(struct pipeline_run *run, const struct yaml_node *value, value_fn *call,
                        struct text_list *made)
{
    return value->kind == YAML_SCALAR && yaml_scalar_type(value) == YAML_STRING &&
           call(run, value->text, made);
}

static bool change_values(struct pipeline_run *run, struct pipeline_line *line, value_fn *call)
{
    struct arena *arena = run->builder->arena;
    struct yaml_node *old = *line->slot;
    struct text_list made = {0};
    if (!holds_texts(line) || old->kind == YAML_MAPPING) {
        return true;
    }
    if (old->kind == YAML_SCALAR) {
        if (change_text(run, old, call, &made)) {
            struct yaml_node *list = new_list(arena, old, &made);
            struct yaml_node *several = line->pair != NULL ? list : keywords(arena, list);
            *line->slot = made.count == 1 ? list->items[0] : several;
        }
        return true;
    }
    struct yaml_node *list = arena_take_zeroed(arena, 1, sizeof *list);
    struct yaml_node **items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    for (size_t i = 0; i < old->count; i++) {
        bool changed = change_text(run, old->items[i], call, &made);
        for (uint32_t n = 0; n < (changed ? made.count : 1); n++) {
            MEMORY_GROW(items, count, capacity);
            items[count++] =
                changed ? pipeline_scalar(arena, old->items[i], made.items[n]) : old->items[i];
        }
    }
    *list = *old;
    list->items = arena_take(arena, (count + 1) * sizeof(struct yaml_node *));
    if (count > 0) {
        memcpy(list->items, items, count * sizeof(struct yaml_node *));
    }
    list->count = count;
    memory_free(items);
    *line->slot = list;
    run->lines_made += (uint32_t)(count - old->count);
    return run->lines_made <= PIPELINE_LINES_MAX ||
           rule_problem_add(run->builder, RULE_ERROR, old,
                            "pipelines make more than %u values of this rule", PIPELINE_LINES_MAX);
}

static bool check_replacement(struct rule_builder *builder, const struct pipeline_item *item)
{
    const struct yaml_node *regex = yaml_get(item->node, "regex");
    const struct yaml_node *replacement = yaml_get(item->node, "replacement");
    if (regex == NULL || replacement == NULL || replacement->kind != YAML_SCALAR) {
        return rule_problem_add(builder, RULE_ERROR, item->node,
                                "replace_string needs regex and replacement");
    }
    return pipeline_regex_check(builder, regex);
}

/* A replacement with \1, \g<name> and \\ as PCRE2 writes them. */
static void translate(struct str text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        size_t close = str_find_byte(str_slice(text, i, text.len), '>');
        if (text.ptr[i] == '\\' && byte_is_digit(next)) {
            buffer_printf(out, "${%c}", next);
            i++;
        } else if (text.ptr[i] == '\\' && next == 'g' && close != STR_NOT_FOUND && close > 3) {
            buffer_printf(out, "${%.*s}", (int)(close - 3), text.ptr + i + 3);
            i += close;
        } else if (text.ptr[i] == '\\' && next == '\\') {
            buffer_add_byte(out, '\\');
            i++;
        } else {
            buffer_add_text(out, text.ptr[i] == '$' ? "$" : "");
            buffer_add_byte(out, text.ptr[i]);
        }
    }
}

/* The text after all replacements in it; the text itself when the pattern goes too far. */
static struct str substitute(struct pipeline_run *run, const pcre2_code *code,
                             const struct buffer *replacement, struct str text)
{
    static const uint32_t options = PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_UNSET_EMPTY;
    PCRE2_SIZE len = REPLACED_BYTES_MAX;
    PCRE2_UCHAR *room = memory_new(REPLACED_BYTES_MAX, 1);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, LIMIT_REGEX_PLAIN_STEPS);
    int count = pcre2_substitute(code, (PCRE2_SPTR)text.ptr, text.len, 0, options, NULL, context,
                                 (PCRE2_SPTR)(replacement->len > 0 ? replacement->ptr : ""),
                                 replacement->len, room, &len);
    struct str made =
        count > 0 ? arena_copy(run->builder->arena, (struct str){(const char *)room, len}) : text;
    pcre2_match_context_free(context);
    memory_free(room);
    return made;
}

/* The length of what has no wildcard at text's beginning. */
static size_t plain_len(struct str text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '*' && text.ptr[len] != '?') {
        len += text.ptr[len] == '\\' && len + 1 < text.len ? 2 : 1;
    }
    return len;
}

static bool replace_text(struct pipeline_run *run, struct str text, struct text_list *made)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    struct buffer replacement = {0};
    struct buffer out = {0};
    struct str pattern = pipeline_text(run->item->node, "regex");
    bool skips = pipeline_flag(run->item->node, "skip_special");
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, rule_regex_options(0),
                                     &number, &offset, NULL);
    if (code == NULL) {
        return false;
    }
    translate(pipeline_text(run->item->node, "replacement"), &replacement);
    while (text.len > 0) {
        size_t len = skips ? plain_len(text) : text.len;
        if (len > 0) {
            buffer_add(&out, substitute(run, code, &replacement, str_slice(text, 0, len)));
        }
        text = str_slice(text, len, text.len);
        if (text.len > 0) {
            buffer_add_byte(&out, *text.ptr);
            text = str_slice(text, 1, text.len);
        }
    }
    *made = (struct text_list){arena_take(run->builder->arena, sizeof *made->items), 1};
    made->items[0] = arena_copy(run->builder->arena, buffer_str(&out));
    pcre2_code_free(code);
    buffer_release(&replacement);
    buffer_release(&out);
    return true;
}

static bool replace_string(struct pipeline_run *run, struct pipeline_line *line)
{
    return change_values(run, line, replace_text);
}

static bool check_map(struct rule_builder *builder, const struct pipeline_item *item)
{
    const struct yaml_node *mapping = yaml_get(item->node, "mapping");
    bool good = mapping != NULL && mapping->kind == YAML_MAPPING;
    for (size_t i = 0; good && i < mapping->count; i++) {
        struct text_list texts = {0};
        good = pipeline_texts(builder->arena, mapping->pairs[i].value, &texts) && texts.count > 0;
    }
    return good || rule_problem_add(builder, RULE_ERROR, item->node,
                                    "map_string needs mapping: a map from texts to texts or lists "
                                    "of texts");
}

static bool look_up(struct pipeline_run *run, struct str text, struct text_list *made)
{
    const struct yaml_node *target = yaml_get_str(yaml_get(run->item->node, "mapping"), text);
    return target != NULL && pipeline_texts(run->builder->arena, target, made);
}

static bool map_string(struct pipeline_run *run, struct pipeline_line *line)
{
    return change_values(run, line, look_up);
}

static bool check_value(struct rule_builder *builder, const struct pipeline_item *item)
{
    const struct yaml_node *value = yaml_get(item->node, "value");
    return (value != NULL && value->kind != YAML_MAPPING) ||
           rule_problem_add(builder, RULE_ERROR, item->node, "set_value needs value");
}

static bool set_value(struct pipeline_run *run, struct pipeline_line *line)
{
    struct yaml_node *value = yaml_get(run->item->node, "value");
    if (line->pair != NULL || value->kind == YAML_SCALAR) {
        *line->slot = value;
    } else {
        *line->slot = keywords(run->builder->arena, value);
    }
    return true;
}

static bool check_placeholders(struct rule_builder *builder, const struct pipeline_item *item)
{
    if (item->of_line.list != NULL || item->of_field.list != NULL) {
        return rule_problem_add(builder, RULE_ERROR, item->node,
                                "%s is for whole rules: it takes rule_conditions only",
                                item->type->name);
    }
    return true;
}

/* What they stand for is looked up where a value with the modifier expand is read. */
static bool note_placeholders(struct pipeline_run *run)
{
    (void)run;
    return true;
}

const struct pipeline_transformation pipeline_value_types[] = {
    {"replace_string", " regex replacement skip_special ", check_replacement, NULL, replace_string,
     NULL},
    {"map_string", " mapping ", check_map, NULL, map_string, NULL},
    {"set_value", " value ", check_value, NULL, set_value, NULL},
    {"value_placeholders", " include exclude ", check_placeholders, note_placeholders, NULL, NULL},
    {"wildcard_placeholders", " include exclude ", check_placeholders, note_placeholders, NULL,
     NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static bool is_listed(struct rule_builder *builder, const struct yaml_node *list, struct str name)
{
    struct text_list names = {0};
    bool found = false;
    pipeline_texts(builder->arena, list, &names);
    for (uint32_t i = 0; list != NULL && i < names.count && !found; i++) {
        found = str_equal(names.items[i], name);
    }
    return found;
}

bool rule_pipelines_placeholder(struct rule_builder *builder, struct str name,
                                struct text_list *values)
{
    static struct str any = {"*", 1};
    for (uint32_t i = 0; i < builder->applied_now.count; i++) {
        const struct pipeline_item *item = builder->applied_now.items[i];
        const struct yaml_node *include = yaml_get(item->node, "include");
        const struct yaml_node *vars = yaml_get_str(item->pipeline->vars, name);
        if (item->type->change_rule != note_placeholders ||
            (include != NULL && !is_listed(builder, include, name)) ||
            is_listed(builder, yaml_get(item->node, "exclude"), name)) {
            continue;
        }
        if (str_equal(str_of(item->type->name), STR("wildcard_placeholders"))) {
            *values = (struct text_list){&any, 1};
            return true;
        }
        if (vars != NULL && pipeline_texts(builder->arena, vars, values) && values->count > 0) {
            return true;
        }
    }
    return false;
}
