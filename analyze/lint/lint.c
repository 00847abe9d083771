/* SPDX-License-Identifier: Apache-2.0
 *
 * lint.c - see lint.h: the kinds of findings, and how one is noted.
 */
#include "analyze/lint/lint_actions_internal.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

static lint_look_fn *const look_table[] = {
    lint_fields, lint_condition, lint_shadow, lint_events, lint_tags,
};

void lint_warn(struct lint *lint, const struct rule *rule, enum rule_problem_code code,
               const struct condition *at, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bool placed = at != NULL && at->line > 0;
    MEMORY_GROW(lint->problems, lint->problems_count, lint->problems_capacity);
    lint->problems[lint->problems_count++] = (struct rule_problem){
        .code = code,
        .kind = rule_problem_row(code)->kind,
        .path = rule->path,
        .line = placed ? at->line : rule->line,
        .column = placed ? at->column : 1,
        .document = rule->line,
        .rule = rule->title,
        .reason = arena_copy(lint->arena, str_of(text)),
        .hint = {"", 0},
    };
}

struct str lint_written(const struct lint *lint, const struct rule *rule,
                        const struct condition *at, struct str text)
{
    struct str line = rule_set_line(lint->rules, rule->path, at->line);
    for (size_t quote = 0; quote < 2 && at->column > 0; quote++) {
        struct str written = str_slice(line, at->column - 1 + quote, text.len);
        if (str_equal_fold(written, text)) {
            return written;
        }
    }
    return text;
}

void lint_rules(const struct rule_set *rules, struct lint *lint)
{
    *lint = (struct lint){.rules = rules, .arena = arena_new(0)};
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        for (size_t n = 0; n < sizeof look_table / sizeof look_table[0]; n++) {
            look_table[n](lint, &rules->rules[i]);
        }
    }
}

void lint_release(struct lint *lint)
{
    lint_actions_free(lint->actions);
    arena_free(lint->arena);
    memory_free(lint->problems);
    *lint = (struct lint){0};
}
