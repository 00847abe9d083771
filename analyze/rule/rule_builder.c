/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_builder.c - problems, interned predicates and condition nodes of a rule_set in the making.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 4, 0))) static bool add_problem(struct rule_builder *builder,
                                                              enum rule_problem_code code,
                                                              const struct yaml_node *at,
                                                              const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    struct rule_set *set = builder->set;
    MEMORY_GROW(set->problems, set->problems_count, builder->problems_capacity);
    set->problems[set->problems_count++] = (struct rule_problem){
        .code = code,
        .kind = rule_problem_row(code)->kind,
        .path = builder->path,
        .line = at == NULL ? 0 : at->line,
        .column = at == NULL ? 0 : at->column,
        .document = builder->document,
        .rule = builder->title,
        .reason = arena_copy(builder->arena, str_of(text)),
        .hint = (struct str){"", 0},
    };
    return false;
}

bool rule_problem_add(struct rule_builder *builder, enum rule_problem_kind kind,
                      const struct yaml_node *at, const char *format, ...)
{
    static const enum rule_problem_code codes[] = {PROBLEM_WRONG_RULE, PROBLEM_UNSUPPORTED,
                                                   PROBLEM_DOUBTFUL};
    va_list arguments;
    va_start(arguments, format);
    add_problem(builder, codes[kind], at, format, arguments);
    va_end(arguments);
    return false;
}

bool rule_problem_note(struct rule_builder *builder, enum rule_problem_code code,
                       const struct yaml_node *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_problem(builder, code, at, format, arguments);
    va_end(arguments);
    return false;
}

bool rule_problem_suggest(struct rule_builder *builder, const struct suggestion *suggestion)
{
    if (suggestion->name.len > 0) {
        builder->set->problems[builder->set->problems_count - 1].hint =
            arena_printf(builder->arena, "did you mean '%.*s'?", STR_ARG(suggestion->name));
    }
    return false;
}

uint32_t rule_column_in(const struct yaml_node *scalar, const char *byte)
{
    uint32_t offset = scalar->quoted ? 1 : 0;
    for (const char *at = scalar->text.ptr; at < byte; at++) {
        offset += ((unsigned char)*at & 0xC0) != 0x80 ? 1 : 0; /* columns are characters */
    }
    return scalar->one_line && byte >= scalar->text.ptr ? offset : 0;
}

static void add_part(struct buffer *out, struct str part)
{
    buffer_add_u64(out, part.len);
    buffer_add_byte(out, ':');
    buffer_add(out, part);
}

/* Equal predicates have equal bytes here. */
static struct str canonical(struct buffer *out, const struct predicate *predicate)
{
    buffer_clear(out);
    buffer_add_u64(out, predicate->kind);
    buffer_add_byte(out, predicate->cased ? 'c' : '-');
    buffer_add_u64(out, predicate->regex_flags);
    buffer_add_byte(out, '.');
    buffer_add_u64(out, predicate->comparison);
    buffer_add_byte(out, '.');
    buffer_add_u64(out, predicate->part);
    add_part(out, predicate->field);
    if (predicate->kind == PREDICATE_GLOB) {
        for (uint32_t i = 0; i < predicate->tokens_count; i++) {
            buffer_add_u64(out, predicate->tokens[i].kind);
            add_part(out, predicate->tokens[i].text);
        }
    } else {
        add_part(out, predicate->text);
    }
    return buffer_str(out);
}

uint32_t rule_predicate_intern(struct rule_builder *builder, const struct predicate *predicate)
{
    struct rule_set *set = builder->set;
    struct str key = canonical(builder->scratch, predicate);
    uint32_t index = map_get(builder->predicate_ids, key);
    if (index != MAP_NONE) {
        return index;
    }
    MEMORY_GROW(set->predicates, set->predicates_count, builder->predicates_capacity);
    index = set->predicates_count++;
    set->predicates[index] = *predicate;
    map_set(builder->predicate_ids, key, index);
    return index;
}

const struct condition *rule_condition_predicate(struct rule_builder *builder,
                                                 const struct predicate *predicate)
{
    struct condition *node = arena_take_zeroed(builder->arena, 1, sizeof *node);
    node->kind = CONDITION_PREDICATE;
    node->predicate = rule_predicate_intern(builder, predicate);
    if (builder->value != NULL) {
        node->line = builder->value->line;
        node->column = builder->value->column;
    }
    return node;
}

const struct condition *rule_condition_not(struct rule_builder *builder,
                                           const struct condition *child)
{
    return rule_condition_join(builder, CONDITION_NOT, &child, 1);
}

const struct condition *rule_condition_join(struct rule_builder *builder, enum condition_kind kind,
                                            const struct condition *const *children, uint32_t count)
{
    uint32_t kept = 0;
    if (count == 1 && kind != CONDITION_NOT) {
        return children[0];
    }
    const struct condition **copy = arena_take(builder->arena, count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++) {
        copy[kept] = children[i];
        kept += children[i] != builder->nothing ? 1 : 0;
    }
    if (kept == 0) {
        return builder->nothing;
    }
    if (kept == 1 && kind != CONDITION_NOT) {
        return copy[0];
    }
    struct condition *node = arena_take_zeroed(builder->arena, 1, sizeof *node);
    node->kind = kind;
    node->children = copy;
    node->children_count = kept;
    return node;
}
