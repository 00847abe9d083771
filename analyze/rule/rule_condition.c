/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_condition.c - the grammar of `condition:`.
 *
 *   or   := and { "or" and }
 *   and  := not { "and" not }
 *   not  := "not" not | "(" or ")" | count "of" pattern | name
 *   count := "1" | "any" | "all";  pattern := "them" | a name with * in it | a name
 *
 * Words are separated by white space and parentheses, so a name may hold any other character.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/limits.h"
#include "base/memory.h"

struct parser {
    struct rule_builder *builder;
    const struct yaml_node *at;
    struct str rest;
    struct str word; /* the current one; "" at the end */
    uint32_t depth;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next_word(struct parser *parser)
{
    struct str rest = parser->rest;
    size_t start = 0;
    while (start < rest.len && is_space(rest.ptr[start])) {
        start++;
    }
    size_t end = start;
    if (end < rest.len && (rest.ptr[end] == '(' || rest.ptr[end] == ')')) {
        end++;
    } else {
        while (end < rest.len && !is_space(rest.ptr[end]) && rest.ptr[end] != '(' &&
               rest.ptr[end] != ')') {
            end++;
        }
    }
    parser->word = str_slice(rest, start, end - start);
    parser->rest = str_slice(rest, end, rest.len);
}

static bool at_word(const struct parser *parser, const char *word)
{
    return str_equal(parser->word, str_of(word));
}

static const struct condition *parse_or(struct parser *parser);

/* Each * first takes nothing, and one byte more whenever what follows it does not fit. */
static bool pattern_matches(struct str pattern, struct str name)
{
    size_t at = 0;
    size_t retry = 0; /* where in name the last * is tried next */
    size_t star = STR_NOT_FOUND;
    size_t in_pattern = 0;
    while (at < name.len) {
        if (in_pattern < pattern.len && pattern.ptr[in_pattern] == '*') {
            star = in_pattern++;
            retry = at;
        } else if (in_pattern < pattern.len && pattern.ptr[in_pattern] == name.ptr[at]) {
            in_pattern++;
            at++;
        } else if (star != STR_NOT_FOUND) {
            in_pattern = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.len && pattern.ptr[in_pattern] == '*') {
        in_pattern++;
    }
    return in_pattern == pattern.len;
}

/* `them` leaves out names that begin with _, and so does a pattern that doesn't begin with it. */
static bool chosen(struct str pattern, struct str name)
{
    bool hidden = str_starts_with(name, STR("_"));
    if (str_equal(pattern, STR("them"))) {
        return !hidden;
    }
    return pattern_matches(pattern, name) && (!hidden || str_starts_with(pattern, STR("_")));
}

static const struct condition *parse_quantified(struct parser *parser, enum condition_kind kind)
{
    struct rule_builder *builder = parser->builder;
    next_word(parser); /* of */
    next_word(parser);
    struct str pattern = parser->word;
    const struct condition **found = memory_new(builder->selections_count, sizeof *found);
    uint32_t count = 0;
    for (uint32_t i = 0; i < builder->selections_count; i++) {
        if (chosen(pattern, builder->selections[i].name)) {
            found[count++] = builder->selections[i].condition;
        }
    }
    const struct condition *joined = NULL;
    if (count == 0) {
        rule_problem_add(builder, RULE_ERROR, parser->at, "no selection is named '%.*s'",
                         STR_ARG(pattern));
    } else {
        joined = rule_condition_join(builder, kind, found, count);
    }
    memory_free(found);
    next_word(parser);
    return joined;
}

static const struct condition *find_selection(struct parser *parser)
{
    struct rule_builder *builder = parser->builder;
    for (uint32_t i = 0; i < builder->selections_count; i++) {
        if (str_equal(builder->selections[i].name, parser->word)) {
            next_word(parser);
            return builder->selections[i].condition;
        }
    }
    if (parser->word.len == 0) {
        rule_problem_add(builder, RULE_ERROR, parser->at, "the condition ends too early");
    } else if (at_word(parser, "|") || at_word(parser, "near")) {
        rule_problem_add(builder, RULE_ERROR, parser->at,
                         "aggregations behind | and near are obsolete; write a correlation rule "
                         "(event_count, value_count, temporal) that names this rule");
    } else {
        rule_problem_add(builder, RULE_ERROR, parser->at,
                         "the condition names '%.*s', but no selection has that name",
                         STR_ARG(parser->word));
    }
    return NULL;
}

static bool of_follows(const struct parser *parser)
{
    struct parser ahead = *parser;
    next_word(&ahead);
    return at_word(&ahead, "of");
}

static const struct condition *parse_primary(struct parser *parser)
{
    if (at_word(parser, "(")) {
        next_word(parser);
        const struct condition *inner = parse_or(parser);
        if (inner != NULL && !at_word(parser, ")")) {
            rule_problem_add(parser->builder, RULE_ERROR, parser->at,
                             "a ( of the condition is not closed");
            return NULL;
        }
        next_word(parser);
        return inner;
    }
    if (of_follows(parser)) {
        if (at_word(parser, "all")) {
            return parse_quantified(parser, CONDITION_AND);
        }
        if (at_word(parser, "1") || at_word(parser, "any")) {
            return parse_quantified(parser, CONDITION_OR);
        }
        rule_problem_add(parser->builder, RULE_ERROR, parser->at,
                         "'%.*s of': only 1, any and all can stand before of",
                         STR_ARG(parser->word));
        return NULL;
    }
    return find_selection(parser);
}

static const struct condition *parse_not(struct parser *parser)
{
    bool negated = false;
    while (at_word(parser, "not")) {
        negated = !negated;
        next_word(parser);
    }
    const struct condition *inner = parse_primary(parser);
    return inner != NULL && negated ? rule_condition_not(parser->builder, inner) : inner;
}

/* Children of one operator, gathered until another word comes. */
static const struct condition *parse_chain(struct parser *parser, const char *word,
                                           enum condition_kind kind,
                                           const struct condition *(*parse)(struct parser *))
{
    const struct condition **children = NULL;
    uint32_t count = 0;
    uint32_t capacity = 0;
    const struct condition *child = parse(parser);
    while (child != NULL) {
        MEMORY_GROW(children, count, capacity);
        children[count++] = child;
        if (!at_word(parser, word)) {
            break;
        }
        next_word(parser);
        child = parse(parser);
    }
    if (child != NULL) {
        child = rule_condition_join(parser->builder, kind, children, count);
    }
    memory_free(children);
    return child;
}

static const struct condition *parse_and(struct parser *parser)
{
    return parse_chain(parser, "and", CONDITION_AND, parse_not);
}

static const struct condition *parse_or(struct parser *parser)
{
    if (parser->depth++ == LIMIT_RULE_DEPTH + 1) {
        rule_problem_add(parser->builder, RULE_ERROR, parser->at,
                         "the condition has more than %d nested parentheses", LIMIT_RULE_DEPTH);
        return NULL;
    }
    const struct condition *parsed = parse_chain(parser, "or", CONDITION_OR, parse_and);
    parser->depth--;
    return parsed;
}

static const struct condition *parse_text(struct rule_builder *builder,
                                          const struct yaml_node *node)
{
    struct parser parser = {.builder = builder, .at = node, .rest = node->text};
    if (node->kind != YAML_SCALAR || str_trim(node->text).len == 0) {
        rule_problem_add(builder, RULE_ERROR, node, "the condition is empty");
        return NULL;
    }
    next_word(&parser);
    const struct condition *parsed = parse_or(&parser);
    if (parsed != NULL && parser.word.len > 0) {
        bool aggregation = str_starts_with(parser.word, STR("|"));
        rule_problem_add(builder, RULE_ERROR, node,
                         aggregation
                             ? "'%.*s': aggregations behind | are obsolete; write a correlation "
                               "rule (event_count, value_count, temporal) that names this rule"
                             : "'%.*s' is not expected here; join selections by lower-case and, or",
                         STR_ARG(parser.word));
        return NULL;
    }
    return parsed;
}

static const struct condition *parse_all(struct rule_builder *builder,
                                         const struct yaml_node *condition)
{
    if (condition->kind != YAML_SEQUENCE) {
        return parse_text(builder, condition);
    }
    const struct condition *joined = NULL;
    const struct condition **parts = memory_new(condition->count, sizeof *parts);
    size_t count = 0;
    while (count < condition->count &&
           (parts[count] = parse_text(builder, condition->items[count])) != NULL) {
        count++;
    }
    if (count == condition->count && count > 0) {
        joined = rule_condition_join(builder, CONDITION_OR, parts, (uint32_t)count);
    } else if (count == 0 && condition->count == 0) {
        rule_problem_add(builder, RULE_ERROR, condition, "the list of conditions is empty");
    }
    memory_free(parts);
    return joined;
}

const struct condition *rule_condition_read(struct rule_builder *builder,
                                            const struct yaml_node *condition)
{
    const struct condition *parsed = parse_all(builder, condition);
    if (parsed != NULL && parsed == builder->nothing) {
        rule_problem_add(builder, RULE_UNSUPPORTED, condition,
                         "pipelines dropped all that the condition asks");
        return NULL;
    }
    return parsed;
}
