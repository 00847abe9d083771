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
    bool failed; /* a name is unknown; the rest is read nevertheless, for its problems */
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

/* Where the current word stands. */
static struct yaml_node place_of(const struct parser *parser)
{
    struct yaml_node place = *parser->at;
    place.column += rule_column_in(parser->at, parser->word.ptr);
    return place;
}

/* Behind an unknown name nothing is sure: that it stands there has been told. */
static void add_syntax_problem(const struct parser *parser, const char *reason)
{
    if (parser->failed) {
        return;
    }
    struct yaml_node place = place_of(parser);
    rule_problem_note(parser->builder, PROBLEM_CONDITION_SYNTAX, &place, "%s", reason);
}

/* Stands for a selection that does not exist. */
static const struct condition *add_unknown(struct parser *parser, const char *before,
                                           const char *behind)
{
    static const struct condition nothing = {.kind = CONDITION_AND};
    struct rule_builder *builder = parser->builder;
    struct yaml_node place = place_of(parser);
    struct suggestion nearest;
    suggest_begin(&nearest, parser->word);
    for (uint32_t i = 0; i < builder->selections_count; i++) {
        suggest_offer(&nearest, builder->selections[i].name);
    }
    rule_problem_note(builder, PROBLEM_UNKNOWN_SELECTION, &place, "%s '%.*s'%s", before,
                      STR_ARG(parser->word), behind);
    rule_problem_suggest(builder, &nearest);
    parser->failed = true;
    return &nothing;
}

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
        joined = add_unknown(parser, "no selection is named", "");
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
        add_syntax_problem(parser, "the condition ends too early");
    } else if (str_find_byte(parser->word, '|') != STR_NOT_FOUND || at_word(parser, "near")) {
        struct yaml_node place = place_of(parser);
        rule_problem_note(builder, PROBLEM_OBSOLETE_AGGREGATION, &place,
                          "aggregations behind | and near are obsolete: `tocsin rules convert "
                          "FILE` makes a rule and a correlation of this one");
    } else {
        const struct condition *nothing =
            add_unknown(parser, "the condition names",
                        builder->selects_rules ? ", but it is not under `rules`"
                                               : ", but no selection has that name");
        next_word(parser);
        return nothing;
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
            add_syntax_problem(parser, "a ( of the condition is not closed");
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
        struct yaml_node place = place_of(parser);
        rule_problem_note(parser->builder, PROBLEM_CONDITION_SYNTAX, &place,
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
        rule_problem_note(parser->builder, PROBLEM_CONDITION_SYNTAX, parser->at,
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
        rule_problem_note(builder, PROBLEM_CONDITION_SYNTAX, node, "the condition is empty");
        return NULL;
    }
    next_word(&parser);
    const struct condition *parsed = parse_or(&parser);
    if (parsed != NULL && parser.word.len > 0 && !parser.failed) {
        bool aggregation = str_starts_with(parser.word, STR("|"));
        struct yaml_node place = place_of(&parser);
        rule_problem_note(
            builder, aggregation ? PROBLEM_OBSOLETE_AGGREGATION : PROBLEM_CONDITION_SYNTAX, &place,
            aggregation ? "'%.*s': aggregations behind | are obsolete: `tocsin rules convert "
                          "FILE` makes a rule and a correlation of this one"
                        : "'%.*s' is not expected here; join selections by lower-case and, or",
            STR_ARG(parser.word));
        return NULL;
    }
    return parser.failed ? NULL : parsed;
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
    for (size_t i = 0; i < condition->count; i++) {
        parts[count] = parse_text(builder, condition->items[i]);
        count += parts[count] != NULL ? 1 : 0;
    }
    if (count == condition->count && count > 0) {
        joined = rule_condition_join(builder, CONDITION_OR, parts, (uint32_t)count);
    } else if (count == 0 && condition->count == 0) {
        rule_problem_note(builder, PROBLEM_CONDITION_SYNTAX, condition,
                          "the list of conditions is empty");
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

/* Words of the grammar, which no rule of a condition over rules' names may have as its name. */
static bool is_operator(struct str word)
{
    static const char *const words[] = {"and", "or", "not", "(", ")"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        found = found || str_equal(word, str_of(words[i]));
    }
    return found;
}

bool rule_condition_names(struct rule_builder *builder, const struct yaml_node *condition,
                          struct str_list *names)
{
    struct parser parser = {.builder = builder, .at = condition, .rest = condition->text};
    struct str *items = arena_take(builder->arena, (condition->text.len + 1) * sizeof *items);
    uint32_t count = 0;
    for (next_word(&parser); parser.word.len > 0; next_word(&parser)) {
        uint32_t known = 0;
        if (at_word(&parser, "of")) {
            return rule_problem_add(builder, RULE_ERROR, condition,
                                    "'%.*s': `of` chooses from the names under `rules`, and there "
                                    "are none",
                                    STR_ARG(condition->text));
        }
        while (known < count && !str_equal(items[known], parser.word)) {
            known++;
        }
        if (known == count && !is_operator(parser.word)) {
            items[count++] = parser.word;
        }
    }
    *names = (struct str_list){items, count};
    return true;
}
