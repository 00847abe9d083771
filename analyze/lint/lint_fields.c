/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_fields.c - fields that no event of the rule's log source has.
 */
#include "analyze/lint/lint_internal.h"

#include "base/suggest.h"

static void offer(void *context, struct str field)
{
    suggest_offer(context, field);
}

static void warn(struct lint *lint, const struct rule *rule, const struct condition *node,
                 struct str field)
{
    struct suggestion nearest;
    size_t dot = str_find_byte(field, '.');
    suggest_begin(&nearest, str_slice(field, 0, dot));
    lint_each_field(rule, offer, &nearest);
    lint_warn(lint, rule, PROBLEM_IMPOSSIBLE_FIELD, node,
              "no event of the rule's log source has the field '%.*s'", STR_ARG(field));
    if (nearest.name.len > 0) {
        lint->problems[lint->problems_count - 1].hint = arena_printf(
            lint->arena, "did you mean '%.*s%.*s'?", STR_ARG(nearest.name),
            STR_ARG(dot == STR_NOT_FOUND ? STR("") : str_slice(field, dot, field.len)));
    }
}

enum { TOLD_MAX = 16 };

struct walk {
    struct lint *lint;
    const struct rule *rule;
    struct str told[TOLD_MAX]; /* one warning for a field, however often it is asked for */
    uint32_t told_count;
};

static bool is_told(const struct walk *walk, struct str field)
{
    bool told = walk->told_count == TOLD_MAX;
    for (uint32_t i = 0; i < walk->told_count; i++) {
        told = told || str_equal(walk->told[i], field);
    }
    return told;
}

/* Depth is bounded by LIMIT_RULE_DEPTH of conditions and the levels of a selection. */
static void look(struct walk *walk, const struct condition *node)
{
    if (node->kind == CONDITION_PREDICATE) {
        struct str field = walk->lint->rules->predicates[node->predicate].field;
        if (field.len > 0 && !lint_can_have(walk->rule, field) && !is_told(walk, field)) {
            walk->told[walk->told_count++] = field;
            warn(walk->lint, walk->rule, node, field);
        }
    }
    for (uint32_t i = 0; i < node->children_count; i++) {
        look(walk, node->children[i]);
    }
}

void lint_fields(struct lint *lint, const struct rule *rule)
{
    struct walk walk = {.lint = lint, .rule = rule};
    if (rule->unfiltered != NULL) {
        look(&walk, rule->unfiltered);
    }
}
