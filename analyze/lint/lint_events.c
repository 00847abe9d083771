/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_events.c - eventSource and eventName that no CloudTrail event has together. A rule often
 * names several of both: a name is dead if it goes with none of the sources of any case in which
 * the rule could match.
 */
#include "analyze/lint/lint_actions_internal.h"

#include "base/memory.h"

/* One value of eventName, or eventSource, that the rule asks for. */
struct asked {
    const struct condition *node;
    struct str source; /* of the last case; "" for any */
    bool lives;
};

struct cases {
    const struct rule_set *rules;
    const struct lint_actions *actions;
    struct asked *asked;
    uint32_t count;
    uint32_t capacity;
};

static const struct predicate *predicate_of(const struct cases *cases,
                                            const struct lint_literal *literal, const char *field)
{
    const struct predicate *predicate = &cases->rules->predicates[literal->node->predicate];
    bool fits = !literal->negated && str_equal(predicate->field, str_of(field)) &&
                predicate->kind <= PREDICATE_GLOB;
    return fits ? predicate : NULL;
}

static struct asked *asked_of(struct cases *cases, const struct condition *node)
{
    for (uint32_t i = 0; i < cases->count; i++) {
        if (cases->asked[i].node == node) {
            return &cases->asked[i];
        }
    }
    MEMORY_GROW(cases->asked, cases->count, cases->capacity);
    cases->asked[cases->count] = (struct asked){.node = node, .source = {"", 0}};
    return &cases->asked[cases->count++];
}

/* lint_case_fn: notes which names can be in this case. All cases are wanted. */
static bool look_at_case(void *context, const struct lint_case *how)
{
    struct cases *cases = context;
    struct str source = {"", 0};
    for (uint32_t i = 0; i < how->count; i++) {
        const struct predicate *from = predicate_of(cases, &how->literals[i], "eventSource");
        if (from != NULL && from->kind == PREDICATE_EQUALS && !from->cased) {
            source = from->text;
        }
    }
    for (uint32_t i = 0; i < how->count; i++) {
        const struct predicate *name = predicate_of(cases, &how->literals[i], "eventName");
        if (name != NULL) {
            struct asked *asked = asked_of(cases, how->literals[i].node);
            asked->source = source;
            asked->lives = asked->lives || lint_actions_can_be(cases->actions, source, name);
        }
    }
    return false;
}

static void warn(struct lint *lint, const struct rule *rule, const struct cases *cases,
                 const struct asked *asked)
{
    struct str text = lint->rules->predicates[asked->node->predicate].text;
    bool elsewhere = asked->source.len > 0 &&
                     lint_actions_can_be(cases->actions, (struct str){"", 0},
                                         &lint->rules->predicates[asked->node->predicate]);
    struct str near = lint_actions_near(cases->actions, asked->source, text);
    lint_warn(lint, rule, PROBLEM_IMPOSSIBLE_EVENT, asked->node,
              asked->source.len == 0 ? "AWS has no action '%.*s'%.*s"
              : elsewhere            ? "AWS has the action '%.*s' in other services, not in %.*s"
                                     : "AWS has no action '%.*s' in %.*s",
              STR_ARG(lint_written(lint, rule, asked->node, text)), STR_ARG(asked->source));
    if (near.len > 0 && !str_equal_fold(near, text)) {
        lint->problems[lint->problems_count - 1].hint =
            arena_printf(lint->arena, "did you mean '%.*s'?", STR_ARG(near));
    }
}

/* Depth is bounded by LIMIT_RULE_DEPTH and the levels of a selection. */
static void look_at_sources(struct lint *lint, const struct rule *rule,
                            const struct condition *node)
{
    if (node->kind == CONDITION_PREDICATE) {
        const struct predicate *predicate = &lint->rules->predicates[node->predicate];
        struct str near = {"", 0};
        if (predicate->kind == PREDICATE_EQUALS && !predicate->cased &&
            str_equal(predicate->field, STR("eventSource")) &&
            !lint_actions_source_can_be(lint->actions, predicate->text, &near)) {
            lint_warn(lint, rule, PROBLEM_IMPOSSIBLE_EVENT, node,
                      "no AWS service writes the eventSource '%.*s'", STR_ARG(predicate->text));
            lint->problems[lint->problems_count - 1].hint =
                near.len == 0 ? near
                              : arena_printf(lint->arena, "did you mean '%.*s.amazonaws.com'?",
                                             STR_ARG(near));
        }
    }
    for (uint32_t i = 0; i < node->children_count; i++) {
        look_at_sources(lint, rule, node->children[i]);
    }
}

void lint_events(struct lint *lint, const struct rule *rule)
{
    if (rule->unfiltered == NULL || !lint_is_only_for(rule, "aws/cloudtrail")) {
        return;
    }
    if (lint->actions == NULL) {
        lint->actions = lint_actions_new();
    }
    struct cases cases = {.rules = lint->rules, .actions = lint->actions};
    struct lint_question question = {
        .rules = lint->rules,
        .rule = rule,
        .both = {rule->unfiltered, NULL},
        .enough = look_at_case,
        .context = &cases,
    };
    lint_prove(&question);
    for (uint32_t i = 0; i < cases.count && !question.gave_up; i++) {
        if (!cases.asked[i].lives) {
            warn(lint, rule, &cases, &cases.asked[i]);
        }
    }
    memory_free(cases.asked);
    look_at_sources(lint, rule, rule->unfiltered);
}
