/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_program.c - condition trees to decision chains.
 *
 * Each predicate of a condition becomes one test that knows where to go on yes and on no, so that
 * evaluation is a loop without a stack. The chain of a tree is built from its end: AND sends yes of
 * a child to the next child and no to the end; OR the other way; NOT swaps the two. Depth is
 * bounded by LIMIT_RULE_DEPTH where rules are read.
 */
#include "analyze/plan/plan_internal.h"

#include "analyze/rule/rule_extension.h"
#include "base/memory.h"

struct program {
    struct plan_test *tests;
    uint32_t count;
    uint32_t capacity;
};

/* Returns the index of the first test of condition, given where its answers lead. */
static uint32_t compile(struct program *program, const struct condition *condition,
                        uint32_t on_true, uint32_t on_false)
{
    if (condition->kind == CONDITION_PREDICATE) {
        MEMORY_GROW(program->tests, program->count, program->capacity);
        program->tests[program->count] =
            (struct plan_test){condition->predicate, on_true, on_false};
        return program->count++;
    }
    if (condition->kind == CONDITION_NOT) {
        return compile(program, condition->children[0], on_false, on_true);
    }
    bool all = condition->kind == CONDITION_AND;
    uint32_t first = all ? on_true : on_false; /* of an empty list, which rules can't have */
    for (uint32_t i = condition->children_count; i > 0; i--) {
        const struct condition *child = condition->children[i - 1];
        bool last = i == condition->children_count;
        first = compile(program, child, all && !last ? first : on_true,
                        !all && !last ? first : on_false);
    }
    return first;
}

static void compile_exceptions(struct plan *plan, struct program *program)
{
    const struct rule_set *rules = plan->rules;
    plan->exceptions =
        arena_take_zeroed(plan->arena, rules->exceptions_count, sizeof *plan->exceptions);
    for (uint32_t rule = 0; rule < rules->rules_count; rule++) {
        const struct rule_extension *extension = rules->rules[rule].extension;
        for (uint32_t i = 0; extension != NULL && i < extension->exceptions_count; i++) {
            const struct rule_exception *exception = &extension->exceptions[i];
            plan->exceptions[exception->number] =
                compile(program, exception->condition, PLAN_END_TRUE, PLAN_END_FALSE);
        }
    }
}

void plan_compile_programs(struct plan *plan)
{
    struct program program = {0};
    plan->entries = arena_take_zeroed(plan->arena, plan->rules->rules_count, sizeof *plan->entries);
    for (uint32_t rule = 0; rule < plan->rules->rules_count; rule++) {
        const struct condition *condition = plan->rules->rules[rule].condition;
        plan->entries[rule] = condition == NULL
                                  ? PLAN_END_FALSE
                                  : compile(&program, condition, PLAN_END_TRUE, PLAN_END_FALSE);
    }
    compile_exceptions(plan, &program);
    plan->tests_count = program.count;
    plan->tests = arena_take_zeroed(plan->arena, program.count, sizeof *plan->tests);
    if (program.count > 0) {
        memcpy(plan->tests, program.tests, program.count * sizeof *plan->tests);
    }
    memory_free(program.tests);
}
