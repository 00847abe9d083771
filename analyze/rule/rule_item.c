/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_item.c - one line of a selection: `field|modifiers: value or list of values`.
 */
#include "analyze/rule/rule_builder_internal.h"
#include "analyze/rule/rule_modifier.h"

#include "base/limits.h"
#include "base/memory.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct item {
    struct rule_builder *builder;
    struct str field;
    struct item_modifiers modifiers;
};

static bool read_modifier(struct item *item, const struct yaml_node *key, struct str name)
{
    const struct modifier *row = modifier_find(name);
    if (row == NULL) {
        struct suggestion nearest;
        suggest_begin(&nearest, name);
        for (row = modifier_table; row->name != NULL; row++) {
            suggest_offer(&nearest, str_of(row->name));
        }
        rule_problem_note(item->builder, PROBLEM_UNKNOWN_MODIFIER, key,
                          "there is no modifier '%.*s'; `tocsin version --modifiers` lists "
                          "those there are",
                          STR_ARG(name));
        return rule_problem_suggest(item->builder, &nearest);
    }
    row->apply(&item->modifiers);
    return true;
}

/* A dot may be escaped: a dot matches the one in a key's name anyway. */
static struct str read_field(struct item *item, struct str name)
{
    if (str_find(name, STR("\\.")) == STR_NOT_FOUND) {
        return name;
    }
    char *out = arena_take(item->builder->arena, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        bool escape = name.ptr[i] == '\\' && i + 1 < name.len && name.ptr[i + 1] == '.';
        out[len] = name.ptr[i];
        len += escape ? 0 : 1;
    }
    out[len] = '\0';
    return (struct str){out, len};
}

/* Splits `field|a|b` and applies a and b. */
static bool read_key(struct item *item, const struct yaml_node *key)
{
    struct str rest = key->text;
    size_t bar = str_find_byte(rest, '|');
    item->field = read_field(item, str_slice(rest, 0, bar));
    bool known = true;
    while (bar != STR_NOT_FOUND) {
        struct yaml_node place = *key;
        rest = str_slice(rest, bar + 1, rest.len);
        bar = str_find_byte(rest, '|');
        place.column += rule_column_in(key, rest.ptr);
        known = read_modifier(item, &place, str_slice(rest, 0, bar)) && known;
    }
    if (!known) {
        return false;
    }
    const char *conflict = modifier_conflict(&item->modifiers);
    if (conflict != NULL) {
        return rule_problem_note(item->builder, PROBLEM_MODIFIER_CONFLICT, key, "'%.*s': %s",
                                 STR_ARG(key->text), conflict);
    }
    return true;
}

static bool read_number(struct str text, struct number *number)
{
    char *end = NULL;
    if (text.len > 0 && text.ptr[0] == '+') {
        text = str_slice(text, 1, text.len);
    }
    if (str_to_i64(text, &number->integer)) {
        number->is_integer = true;
        number->real = (double)number->integer;
        return true;
    }
    number->real = strtod(text.ptr, &end); /* YAML texts end with a NUL */
    return text.len > 0 && end == text.ptr + text.len;
}

uint32_t rule_regex_options(uint32_t regex_flags)
{
    /* Invalid UTF-8 in a log line must not make a rule blind: it ends no match attempt. */
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    options |= (regex_flags & REGEX_IGNORE_CASE) != 0 ? PCRE2_CASELESS : 0;
    options |= (regex_flags & REGEX_MULTILINE) != 0 ? PCRE2_MULTILINE : 0;
    options |= (regex_flags & REGEX_DOT_ALL) != 0 ? PCRE2_DOTALL : 0;
    return options;
}

static bool check_regex(struct item *item, const struct yaml_node *value)
{
    if (value->text.len > LIMIT_REGEX_PATTERN_BYTES) {
        return rule_problem_note(item->builder, PROBLEM_INVALID_REGEX, value,
                                 "the pattern has %zu bytes, more than the limit of %d",
                                 value->text.len, LIMIT_REGEX_PATTERN_BYTES);
    }
    int number = 0;
    PCRE2_SIZE offset = 0;
    /* With callouts the code is larger, as it is where the matcher counts steps. */
    uint32_t options = rule_regex_options(item->modifiers.regex_flags) | PCRE2_AUTO_CALLOUT;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)value->text.ptr, value->text.len, options, &number,
                                     &offset, NULL);
    if (code == NULL) {
        PCRE2_UCHAR text[256];
        pcre2_get_error_message(number, text, sizeof text);
        return rule_problem_note(item->builder, PROBLEM_INVALID_REGEX, value,
                                 "not a regular expression: %s at offset %zu", (const char *)text,
                                 (size_t)offset);
    }
    pcre2_code_free(code);
    return true;
}

/* A value of an item with re, cidr, exists or a comparison. */
static bool read_special(struct item *item, const struct yaml_node *value,
                         struct predicate *predicate)
{
    const struct item_modifiers *modifiers = &item->modifiers;
    enum yaml_type type = yaml_scalar_type(value);
    if (item->field.len == 0 && !modifiers->regex) {
        return rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                                 "cidr, comparisons and parts of a time need a field");
    }
    predicate->text = value->text;
    if (modifiers->regex) {
        predicate->kind = PREDICATE_REGEX;
        predicate->regex_flags = modifiers->regex_flags;
        return check_regex(item, value);
    }
    if (modifiers->cidr) {
        predicate->kind = PREDICATE_CIDR;
        return rule_cidr_parse(value->text, &predicate->cidr) ||
               rule_problem_note(item->builder, PROBLEM_INVALID_NETWORK, value,
                                 "'%.*s' is not a network: write address/bits, the bits behind the "
                                 "prefix being 0",
                                 STR_ARG(value->text));
    }
    if (modifiers->time) {
        predicate->kind = PREDICATE_TIME;
        predicate->part = modifiers->part;
        predicate->comparison = modifiers->numeric ? modifiers->comparison : PREDICATE_EQUALS;
    } else {
        predicate->kind = modifiers->comparison;
    }
    return ((type == YAML_INTEGER || type == YAML_FLOAT) &&
            read_number(value->text, &predicate->number)) ||
           rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                             "'%.*s' is not a number; comparisons need one, without quotes",
                             STR_ARG(value->text));
}

static const struct condition *read_exists(struct item *item, const struct yaml_node *value)
{
    struct predicate predicate = {.kind = PREDICATE_EXISTS, .field = item->field};
    if (value->kind != YAML_SCALAR || yaml_scalar_type(value) != YAML_BOOL ||
        item->field.len == 0) {
        rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                          "exists takes true or false, without quotes, and needs a field");
        return NULL;
    }
    const struct condition *there = rule_condition_predicate(item->builder, &predicate);
    bool wanted = byte_lower((unsigned char)value->text.ptr[0]) == 't';
    return wanted ? there : rule_condition_not(item->builder, there);
}

/* The question whether the field has, or has in it, the text of another. */
static const struct condition *ask_field(struct item *item, const struct yaml_node *value)
{
    const struct item_modifiers *modifiers = &item->modifiers;
    struct predicate predicate = {
        .kind = PREDICATE_FIELD,
        .field = item->field,
        .cased = modifiers->cased,
        .comparison = modifiers->contains      ? PREDICATE_CONTAINS
                      : modifiers->starts_with ? PREDICATE_PREFIX
                      : modifiers->ends_with   ? PREDICATE_SUFFIX
                                               : PREDICATE_EQUALS,
    };
    if (!rule_value_plain(item->builder, value->text, &predicate.text) || predicate.text.len == 0 ||
        item->field.len == 0 || yaml_scalar_type(value) == YAML_NULL) {
        rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                          "fieldref takes the name of one field, without wildcards, and needs a "
                          "field to compare it with");
        return NULL;
    }
    predicate.text = read_field(item, predicate.text);
    return rule_condition_predicate(item->builder, &predicate);
}

/* The question for one text. */
static const struct condition *ask_text(struct item *item, struct str text, bool plain)
{
    const struct item_modifiers *modifiers = &item->modifiers;
    struct predicate predicate = {.field = item->field, .cased = modifiers->cased};
    bool keyword = item->field.len == 0; /* stands anywhere in the record */
    struct value_reading how = {
        .plain = plain,
        .open_front = keyword || modifiers->contains || modifiers->ends_with,
        .open_back = keyword || modifiers->contains || modifiers->starts_with,
    };
    rule_value_pattern(item->builder, text, how, &predicate);
    return rule_condition_predicate(item->builder, &predicate);
}

/* Decimal for 0x1F and 0o17, no plus sign, and the text that numbers of events have. */
static struct str number_text(struct item *item, const struct yaml_node *value)
{
    struct str text = value->text;
    bool hexadecimal = str_starts_with(text, STR("0x"));
    if (hexadecimal || str_starts_with(text, STR("0o"))) {
        return arena_printf(item->builder->arena, "%llu",
                            strtoull(text.ptr + 2, NULL, hexadecimal ? 16 : 8));
    }
    text = str_starts_with(text, STR("+")) ? str_slice(text, 1, text.len) : text;
    return rule_number_text(item->builder->arena, text);
}

/* The question for a value as it stands; for a number also as others write it. */
static const struct condition *ask_plain(struct item *item, const struct yaml_node *value)
{
    const struct condition *asked[2] = {ask_text(item, value->text, false), NULL};
    enum yaml_type type = yaml_scalar_type(value);
    if (type != YAML_INTEGER && type != YAML_FLOAT) {
        return asked[0];
    }
    struct str text = number_text(item, value);
    if (str_equal(text, value->text)) {
        return asked[0];
    }
    asked[1] = ask_text(item, text, false);
    return rule_condition_join(item->builder, CONDITION_OR, asked, 2);
}

/* Every text gives way to those that the transform makes of it. */
static bool transform_all(struct item *item, const struct yaml_node *value,
                          const struct transform *transform, struct text_list *texts)
{
    struct str all[RULE_TEXTS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < texts->count; i++) {
        struct text_list made = {0};
        const char *reason = transform->apply(item->builder->arena, texts->items[i], &made);
        if (reason == NULL && count + made.count > RULE_TEXTS_MAX) {
            reason = "too many texts would have to be looked for; cut the value into several";
        }
        if (reason != NULL) {
            return rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value, "%s", reason);
        }
        memcpy(all + count, made.items, made.count * sizeof *all);
        count += made.count;
    }
    texts->items = arena_take(item->builder->arena, count * sizeof *all);
    texts->count = count;
    memcpy(texts->items, all, count * sizeof *all);
    return true;
}

/* The question for any of the texts that the transforms make of a value. */
static const struct condition *read_transformed(struct item *item, const struct yaml_node *value)
{
    const struct condition *asked[RULE_TEXTS_MAX];
    struct str text = value->text;
    struct text_list texts = {&text, 1};
    bool plain = false;
    for (uint32_t i = 0; i < item->modifiers.transforms_count; i++) {
        const struct transform *transform = item->modifiers.transforms[i];
        for (uint32_t n = 0; !plain && !transform->keeps_wildcards && n < texts.count; n++) {
            if (!rule_value_plain(item->builder, texts.items[n], &texts.items[n])) {
                rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                                  "a wildcard can't be encoded by %s; escape it (\\*) or cut the "
                                  "value",
                                  transform->name);
                return NULL;
            }
        }
        plain = plain || !transform->keeps_wildcards;
        if (!transform_all(item, value, transform, &texts)) {
            return NULL;
        }
    }
    for (uint32_t n = 0; n < texts.count; n++) {
        asked[n] = ask_text(item, texts.items[n], plain);
    }
    return rule_condition_join(item->builder, CONDITION_OR, asked, texts.count);
}

static const struct condition *read_text(struct item *item, const struct yaml_node *value)
{
    const struct item_modifiers *modifiers = &item->modifiers;
    struct predicate predicate = {.field = item->field, .cased = modifiers->cased};
    bool places = modifiers->contains || modifiers->starts_with || modifiers->ends_with;
    if (value->kind != YAML_SCALAR) {
        rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                          "a value must be a text, a number, true, false or null");
        return NULL;
    }
    if (modifiers->other_field) {
        return ask_field(item, value);
    }
    if (modifiers->regex || modifiers->cidr || modifiers->numeric || modifiers->time) {
        return read_special(item, value, &predicate)
                   ? rule_condition_predicate(item->builder, &predicate)
                   : NULL;
    }
    bool null = yaml_scalar_type(value) == YAML_NULL;
    if (null && (places || modifiers->transforms_count > 0 || item->field.len == 0)) {
        rule_problem_note(item->builder, PROBLEM_INVALID_VALUE, value,
                          "null can't be part of a text");
        return NULL;
    }
    if (null) {
        predicate.kind = PREDICATE_NULL;
        return rule_condition_predicate(item->builder, &predicate);
    }
    return modifiers->transforms_count > 0 ? read_transformed(item, value) : ask_plain(item, value);
}

/* Does the item ask for whole values, so that a list can answer it? */
static bool is_whole(const struct item *item)
{
    const struct item_modifiers *m = &item->modifiers;
    return item->field.len > 0 && !m->contains && !m->starts_with && !m->ends_with && !m->cased &&
           !m->regex && !m->numeric && !m->time && !m->other_field && m->transforms_count == 0;
}

/* The question whether the field is in the list of that name. */
static const struct condition *ask_list(struct item *item, const struct yaml_node *value,
                                        struct str name)
{
    struct predicate predicate = {.kind = PREDICATE_LIST, .field = item->field, .text = name};
    predicate.list = rule_list_read(item->builder, value, name);
    if (predicate.list == NULL) {
        return NULL;
    }
    if (item->modifiers.cidr && list_kind_of(predicate.list) != LIST_CIDR) {
        rule_problem_add(item->builder, RULE_ERROR, value,
                         "the list %%%.*s%% has no networks; write `# kind: cidr` at its beginning",
                         STR_ARG(name));
        return NULL;
    }
    return rule_condition_predicate(item->builder, &predicate);
}

/* expand: the question for any of the texts that the value stands for. */
static const struct condition *read_expanded(struct item *item, const struct yaml_node *value)
{
    const struct condition *asked[RULE_TEXTS_MAX];
    struct text_list texts = {0};
    struct str name;
    if (is_whole(item) && rule_placeholder_is_free(item->builder, value->text, &name) &&
        rule_list_is_known(item->builder, name)) {
        return ask_list(item, value, name);
    }
    item->builder->expands_pattern = item->modifiers.regex;
    if (!rule_placeholders_expand(item->builder, value, &texts)) {
        return NULL;
    }
    for (uint32_t i = 0; i < texts.count; i++) {
        struct yaml_node text = *value;
        text.text = texts.items[i];
        asked[i] = read_text(item, &text);
        if (asked[i] == NULL) {
            return NULL;
        }
    }
    return rule_condition_join(item->builder, CONDITION_OR, asked, texts.count);
}

static const struct condition *read_value(struct item *item, const struct yaml_node *value)
{
    item->builder->value = value;
    return item->modifiers.expand && value->kind == YAML_SCALAR ? read_expanded(item, value)
                                                                : read_text(item, value);
}

static const struct condition *read_list(struct item *item, const struct yaml_node *list)
{
    const struct condition **children = NULL;
    const struct condition *joined = NULL;
    size_t count = 0;
    if (list->count == 0) {
        rule_problem_note(item->builder, PROBLEM_EMPTY_SELECTION, list,
                          "the list of values is empty");
        return NULL;
    }
    children = memory_new(list->count, sizeof *children);
    for (size_t i = 0; i < list->count; i++) {
        children[count] = read_value(item, list->items[i]);
        count += children[count] != NULL ? 1 : 0;
    }
    if (count == list->count) {
        joined =
            rule_condition_join(item->builder, item->modifiers.all ? CONDITION_AND : CONDITION_OR,
                                children, (uint32_t)count);
    }
    memory_free(children);
    return joined;
}

static const struct condition *read_values(struct item *item, const struct yaml_node *values)
{
    item->builder->value = values;
    if (item->modifiers.exists) {
        return read_exists(item, values);
    }
    if (values->kind == YAML_SEQUENCE) {
        return read_list(item, values);
    }
    if (item->modifiers.all) {
        rule_problem_note(item->builder, PROBLEM_USELESS_MODIFIER, values,
                          "'all' with a single value says nothing");
    }
    return read_value(item, values);
}

const struct condition *rule_item_read(struct rule_builder *builder, const struct yaml_node *key,
                                       const struct yaml_node *values)
{
    struct item item = {.builder = builder};
    if (!read_key(&item, key)) {
        return NULL;
    }
    const struct condition *condition = read_values(&item, values);
    return condition != NULL && item.modifiers.negated ? rule_condition_not(builder, condition)
                                                       : condition;
}

const struct condition *rule_keyword_read(struct rule_builder *builder,
                                          const struct yaml_node *value)
{
    struct item item = {.builder = builder};
    return read_value(&item, value);
}
