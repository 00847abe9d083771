/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipeline_condition.c - when an item of a pipeline applies: a row for each condition.
 *
 * Conditions of rules look at the rule as the items before have left it. Those of lines and of
 * field names may stand in either list. A keyword has no name: it is never included, and never
 * excluded.
 */
#include "analyze/rule/rule_pipeline_internal.h"

#include "base/limits.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct rule_test {
    const char *name;
    const char *keys; /* of which it needs one at least; "" if it takes none */
    bool (*holds)(struct pipeline_run *run, const struct yaml_node *node);
};

/* What a condition of a line sees; value is NULL where only a name is known. */
struct line_view {
    struct rule_builder *builder;
    struct str field;
    const struct yaml_node *value;
};

struct line_test {
    const char *name;
    const char *keys;
    bool needs_value;
    bool (*holds)(const struct line_view *line, const struct yaml_node *node);
};

bool pipeline_regex_check(struct rule_builder *builder, const struct yaml_node *pattern)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    PCRE2_UCHAR text[256];
    if (pattern == NULL || pattern->kind != YAML_SCALAR) {
        return rule_problem_add(builder, RULE_ERROR, pattern, "a regular expression is missing");
    }
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern->text.ptr, pattern->text.len,
                                     rule_regex_options(0), &number, &offset, NULL);
    if (code == NULL) {
        pcre2_get_error_message(number, text, sizeof text);
        return rule_problem_add(builder, RULE_ERROR, pattern,
                                "not a regular expression: %s at offset %zu", (const char *)text,
                                (size_t)offset);
    }
    pcre2_code_free(code);
    return true;
}

bool pipeline_regex_finds(struct str pattern, struct str text)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, rule_regex_options(0),
                                     &number, &offset, NULL);
    if (code == NULL) {
        return false;
    }
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, LIMIT_REGEX_PLAIN_STEPS);
    bool finds = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, found, context) >= 0;
    pcre2_match_context_free(context);
    pcre2_match_data_free(found);
    pcre2_code_free(code);
    return finds;
}

static bool same_part(const struct yaml_node *node, const struct yaml_node *logsource,
                      const char *key)
{
    struct str wanted = pipeline_text(node, key);
    return wanted.len == 0 || str_equal_fold(wanted, pipeline_text(logsource, key));
}

static bool has_logsource(struct pipeline_run *run, const struct yaml_node *node)
{
    const struct yaml_node *logsource = yaml_get(run->document, "logsource");
    return same_part(node, logsource, "category") && same_part(node, logsource, "product") &&
           same_part(node, logsource, "service");
}

static bool has_tag(struct pipeline_run *run, const struct yaml_node *node)
{
    struct text_list tags = {0};
    pipeline_texts(run->builder->arena, yaml_get(run->document, "tags"), &tags);
    for (uint32_t i = 0; i < tags.count; i++) {
        if (str_equal_fold(tags.items[i], pipeline_text(node, "tag"))) {
            return true;
        }
    }
    return false;
}

static bool is_correlation(struct pipeline_run *run, const struct yaml_node *node)
{
    (void)node;
    return yaml_get(run->document, "correlation") != NULL;
}

static bool is_rule(struct pipeline_run *run, const struct yaml_node *node)
{
    return !is_correlation(run, node);
}

static bool has_attribute(struct pipeline_run *run, const struct yaml_node *node)
{
    struct str key = pipeline_text(node, "attribute");
    const struct yaml_node *value = yaml_get_str(run->document, key);
    return value != NULL && value->kind == YAML_SCALAR &&
           str_equal(value->text, pipeline_text(node, "value"));
}

static bool was_applied(struct pipeline_run *run, const struct yaml_node *node)
{
    struct str id = pipeline_text(node, "processing_item_id");
    for (uint32_t i = 0; i < run->applied->count; i++) {
        if (str_equal(run->applied->items[i]->id, id)) {
            return true;
        }
    }
    return false;
}

static bool values_have(const struct yaml_node *values, struct str wanted)
{
    if (values->kind == YAML_SCALAR) {
        return str_equal_fold(values->text, wanted);
    }
    for (size_t i = 0; values->kind == YAML_SEQUENCE && i < values->count; i++) {
        if (values->items[i]->kind == YAML_SCALAR &&
            str_equal_fold(values->items[i]->text, wanted)) {
            return true;
        }
    }
    return false;
}

/* Recursion ends at LIMIT_RULE_DEPTH, as that of pipeline_each_line. */
static bool tree_has(const struct rule_builder *builder, const struct yaml_node *tree,
                     const struct yaml_node *wanted)
{
    struct str field = pipeline_text(wanted, "field");
    const struct yaml_node *value = yaml_get(wanted, "value");
    bool found = false;
    for (size_t i = 0; tree->kind != YAML_SCALAR && i < tree->count && !found; i++) {
        if (tree->kind == YAML_SEQUENCE) {
            found = tree_has(builder, tree->items[i], wanted);
            continue;
        }
        const struct yaml_node *key = tree->pairs[i].key;
        struct str name = str_slice(key->text, 0, str_find_byte(key->text, '|'));
        if (key == builder->group_key) {
            found = tree_has(builder, tree->pairs[i].value, wanted);
        } else if (key != builder->dropped && str_equal(name, field)) {
            found = value == NULL || values_have(tree->pairs[i].value, value->text);
        }
    }
    return found;
}

static bool has_line(struct pipeline_run *run, const struct yaml_node *node)
{
    for (size_t i = 0; run->body != NULL && i < run->body->count; i++) {
        if (!str_equal(run->body->pairs[i].key->text, STR("condition")) &&
            tree_has(run->builder, run->body->pairs[i].value, node)) {
            return true;
        }
    }
    return false;
}

static const struct rule_test rule_tests[] = {
    {"logsource", " category product service ", has_logsource},
    {"contains_detection_item", " field value ", has_line},
    {"contains_field", " field ", has_line},
    {"tag", " tag ", has_tag},
    {"rule_attribute", " attribute value ", has_attribute},
    {"is_sigma_rule", " ", is_rule},
    {"is_sigma_correlation_rule", " ", is_correlation},
    {"processing_item_applied", " processing_item_id ", was_applied},
};

static bool is_listed(const struct line_view *line, const struct yaml_node *node)
{
    struct text_list fields = {0};
    bool patterns = str_equal(pipeline_text(node, "mode"), STR("re"));
    pipeline_texts(line->builder->arena, yaml_get(node, "fields"), &fields);
    for (uint32_t i = 0; line->field.len > 0 && i < fields.count; i++) {
        if (patterns ? pipeline_regex_finds(fields.items[i], line->field)
                     : str_equal(fields.items[i], line->field)) {
            return true;
        }
    }
    return false;
}

static bool is_not_listed(const struct line_view *line, const struct yaml_node *node)
{
    return !is_listed(line, node);
}

/* cond: any value, or all of them. */
static bool each_value(const struct line_view *line, const struct yaml_node *node,
                       bool (*holds)(const struct yaml_node *value, const struct yaml_node *node))
{
    bool all = str_equal(pipeline_text(node, "cond"), STR("all"));
    const struct yaml_node *values = line->value;
    if (values->kind == YAML_SCALAR) {
        return holds(values, node);
    }
    for (size_t i = 0; values->kind == YAML_SEQUENCE && i < values->count; i++) {
        if (holds(values->items[i], node) != all) {
            return !all;
        }
    }
    return all;
}

static bool value_matches(const struct yaml_node *value, const struct yaml_node *node)
{
    return value->kind == YAML_SCALAR &&
           pipeline_regex_finds(pipeline_text(node, "pattern"), value->text) !=
               pipeline_flag(node, "negate");
}

static bool value_equals(const struct yaml_node *value, const struct yaml_node *node)
{
    return value->kind == YAML_SCALAR && str_equal(value->text, pipeline_text(node, "value"));
}

static bool value_is_null(const struct yaml_node *value, const struct yaml_node *node)
{
    (void)node;
    return value->kind == YAML_SCALAR && yaml_scalar_type(value) == YAML_NULL;
}

static bool value_has_wildcard(const struct yaml_node *value, const struct yaml_node *node)
{
    (void)node;
    for (size_t i = 0; value->kind == YAML_SCALAR && i < value->text.len; i++) {
        char c = value->text.ptr[i];
        i += c == '\\' ? 1 : 0;
        if (c == '*' || c == '?') {
            return true;
        }
    }
    return false;
}

static bool matches_string(const struct line_view *line, const struct yaml_node *node)
{
    return each_value(line, node, value_matches);
}

static bool matches_value(const struct line_view *line, const struct yaml_node *node)
{
    return each_value(line, node, value_equals);
}

static bool is_null(const struct line_view *line, const struct yaml_node *node)
{
    return each_value(line, node, value_is_null);
}

static bool has_wildcard(const struct line_view *line, const struct yaml_node *node)
{
    return each_value(line, node, value_has_wildcard);
}

static const struct line_test line_tests[] = {
    {"include_fields", " fields mode ", false, is_listed},
    {"exclude_fields", " fields mode ", false, is_not_listed},
    {"match_string", " pattern cond negate ", true, matches_string},
    {"match_value", " value cond ", true, matches_value},
    {"contains_wildcard", " cond ", true, has_wildcard},
    {"is_null", " cond ", true, is_null},
};

static const struct rule_test *find_rule_test(struct str name)
{
    for (size_t i = 0; i < sizeof rule_tests / sizeof rule_tests[0]; i++) {
        if (str_equal(name, str_of(rule_tests[i].name))) {
            return &rule_tests[i];
        }
    }
    return NULL;
}

static const struct line_test *find_line_test(struct str name)
{
    for (size_t i = 0; i < sizeof line_tests / sizeof line_tests[0]; i++) {
        if (str_equal(name, str_of(line_tests[i].name))) {
            return &line_tests[i];
        }
    }
    return NULL;
}

/* Has the condition keys that it knows only, and one of them, if there are any? */
static bool check_keys(struct rule_builder *builder, const struct yaml_node *node, const char *keys)
{
    bool has_one = str_trim(str_of(keys)).len == 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->pairs[i].key;
        struct str spaced = arena_printf(builder->arena, " %.*s ", STR_ARG(key->text));
        bool known = str_find(str_of(keys), spaced) != STR_NOT_FOUND;
        has_one = has_one || known;
        if (!known && !str_equal(key->text, STR("type"))) {
            return rule_problem_add(builder, RULE_ERROR, key, "the condition %.*s has no '%.*s'",
                                    STR_ARG(pipeline_text(node, "type")), STR_ARG(key->text));
        }
    }
    const struct yaml_node *fields = yaml_get(node, "fields");
    bool patterns = str_equal(pipeline_text(node, "mode"), STR("re"));
    for (size_t i = 0;
         patterns && fields != NULL && fields->kind == YAML_SEQUENCE && i < fields->count; i++) {
        if (!pipeline_regex_check(builder, fields->items[i])) {
            return false;
        }
    }
    const struct yaml_node *pattern = yaml_get(node, "pattern");
    return (has_one || str_equal(str_of(keys), STR(" cond ")) ||
            rule_problem_add(builder, RULE_ERROR, node, "the condition %.*s needs one of:%s",
                             STR_ARG(pipeline_text(node, "type")), keys)) &&
           (pattern == NULL || pipeline_regex_check(builder, pattern));
}

static bool check_list(struct rule_builder *builder, const struct yaml_node *list, bool of_rule)
{
    if (list != NULL && list->kind != YAML_SEQUENCE) {
        return rule_problem_add(builder, RULE_ERROR, list,
                                "conditions are a list of maps, each with a type");
    }
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct yaml_node *node = list->items[i];
        struct str type = pipeline_text(node, "type");
        const struct rule_test *rule_test = of_rule ? find_rule_test(type) : NULL;
        const struct line_test *line_test = of_rule ? NULL : find_line_test(type);
        if (node->kind != YAML_MAPPING || (rule_test == NULL && line_test == NULL)) {
            return rule_problem_add(
                builder, RULE_ERROR, node, "there is no condition '%.*s' here; there are: %s",
                STR_ARG(type),
                of_rule ? "logsource, contains_detection_item, contains_field, tag, "
                          "rule_attribute, is_sigma_rule, is_sigma_correlation_rule, "
                          "processing_item_applied"
                        : "include_fields, exclude_fields, match_string, match_value, "
                          "contains_wildcard, is_null");
        }
        if (!check_keys(builder, node, of_rule ? rule_test->keys : line_test->keys)) {
            return false;
        }
    }
    return true;
}

bool pipeline_conditions_check(struct rule_builder *builder, const struct pipeline_item *item)
{
    return check_list(builder, item->of_rule.list, true) &&
           check_list(builder, item->of_line.list, false) &&
           check_list(builder, item->of_field.list, false);
}

bool pipeline_rule_fits(struct pipeline_run *run)
{
    const struct pipeline_conditions *conditions = &run->item->of_rule;
    if (conditions->list == NULL || conditions->list->count == 0) {
        return true;
    }
    bool fits = !conditions->any;
    for (size_t i = 0; i < conditions->list->count && fits != conditions->any; i++) {
        const struct yaml_node *node = conditions->list->items[i];
        fits = find_rule_test(pipeline_text(node, "type"))->holds(run, node);
    }
    return fits != conditions->negated;
}

static bool line_fits(const struct pipeline_conditions *conditions, const struct line_view *line)
{
    if (conditions->list == NULL || conditions->list->count == 0) {
        return true;
    }
    bool fits = !conditions->any;
    for (size_t i = 0; i < conditions->list->count && fits != conditions->any; i++) {
        const struct yaml_node *node = conditions->list->items[i];
        const struct line_test *test = find_line_test(pipeline_text(node, "type"));
        fits = (!test->needs_value || line->value != NULL) && test->holds(line, node);
    }
    return fits != conditions->negated;
}

bool pipeline_line_fits(struct pipeline_run *run, struct pipeline_line *line)
{
    const struct line_view view = {run->builder, line->field, *line->slot};
    return line_fits(&run->item->of_line, &view) && line_fits(&run->item->of_field, &view);
}

bool pipeline_field_fits(struct rule_builder *builder, const struct pipeline_item *item,
                         struct str field)
{
    const struct line_view view = {builder, field, NULL};
    return line_fits(&item->of_field, &view);
}
