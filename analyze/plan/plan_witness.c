/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_witness.c - for each rule, what must be seen before it is worth a look.
 *
 * A witness set of a condition: a predicate is its own; OR needs the sets of all its children; AND
 * may take any one child's; NOT has none (absence proves nothing). Among an AND's children the
 * cheapest kind wins, then the field that lies least deep (to see it, every event must be decoded
 * down to it), then the one whose least selective predicate is named by the fewest rules: eventName
 * beats eventSource.
 */
#include "analyze/plan/plan_internal.h"

#include "base/memory.h"
#include "ingest/decode/decoder.h"

struct indexes {
    uint32_t *items;
    uint32_t count;
    uint32_t capacity;
};

struct choice {
    enum witness_kind kind; /* the worst of its predicates */
    uint32_t depth;         /* of its deepest field */
    uint32_t popularity;    /* of its most used predicate */
};

static void indexes_add(struct indexes *list, uint32_t item)
{
    MEMORY_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = item;
}

static struct plan_list indexes_take(struct arena *arena, struct indexes *list)
{
    struct plan_list taken = {0};
    if (list->count > 0) {
        uint32_t *items = arena_take(arena, list->count * sizeof *items);
        memcpy(items, list->items, list->count * sizeof *items);
        taken = (struct plan_list){items, list->count};
    }
    memory_free(list->items);
    *list = (struct indexes){0};
    return taken;
}

static bool better(struct choice a, struct choice b)
{
    if (a.kind != b.kind) {
        return a.kind < b.kind;
    }
    return a.depth != b.depth ? a.depth < b.depth : a.popularity < b.popularity;
}

static uint32_t depth_of(struct str field)
{
    uint32_t dots = 0;
    for (size_t i = 0; i < field.len; i++) {
        dots += field.ptr[i] == '.';
    }
    return dots;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static const struct choice no_choice = {WITNESS_NONE, UINT32_MAX, UINT32_MAX};

/* How good the witness set of condition is. */
static struct choice judge(const struct plan *plan, const uint32_t *popularity,
                           const struct condition *condition)
{
    if (condition->kind == CONDITION_PREDICATE) {
        const struct plan_predicate *predicate = &plan->predicates[condition->predicate];
        return (struct choice){predicate->witness, depth_of(predicate->source->field),
                               popularity[condition->predicate]};
    }
    if (condition->kind == CONDITION_NOT || condition->children_count == 0) {
        return no_choice;
    }
    struct choice sum = judge(plan, popularity, condition->children[0]);
    for (uint32_t i = 1; i < condition->children_count; i++) {
        struct choice child = judge(plan, popularity, condition->children[i]);
        if (condition->kind == CONDITION_AND) {
            sum = better(child, sum) ? child : sum;
        } else {
            sum.kind = child.kind > sum.kind ? child.kind : sum.kind;
            sum.depth = larger(child.depth, sum.depth);
            sum.popularity = larger(child.popularity, sum.popularity);
        }
    }
    return sum;
}

/* Adds the predicates of the set that judge found. */
static void collect(const struct plan *plan, const uint32_t *popularity,
                    const struct condition *condition, struct indexes *set)
{
    if (condition->kind == CONDITION_PREDICATE) {
        indexes_add(set, condition->predicate);
        return;
    }
    if (condition->kind == CONDITION_OR) {
        for (uint32_t i = 0; i < condition->children_count; i++) {
            collect(plan, popularity, condition->children[i], set);
        }
        return;
    }
    const struct condition *best = condition->children[0];
    struct choice best_choice = judge(plan, popularity, best);
    for (uint32_t i = 1; i < condition->children_count; i++) {
        struct choice child = judge(plan, popularity, condition->children[i]);
        if (better(child, best_choice)) {
            best = condition->children[i];
            best_choice = child;
        }
    }
    collect(plan, popularity, best, set);
}

/* In how many places of all rules' conditions each predicate stands: tests are per place. */
static uint32_t *count_uses(const struct plan *plan)
{
    uint32_t *uses = memory_new(plan->rules->predicates_count, sizeof *uses);
    for (uint32_t i = 0; i < plan->tests_count; i++) {
        uses[plan->tests[i].predicate]++;
    }
    return uses;
}

struct draft {
    struct indexes *by_predicate; /* rules */
    struct indexes *by_field;
    struct indexes *by_logsource;
};

static bool allowed_anywhere(const struct plan *plan, uint32_t rule)
{
    for (uint32_t source = 0; source < logsource_count(); source++) {
        if (plan_allows(plan, source, rule)) {
            return true;
        }
    }
    return false;
}

/* Where the rule waits for each predicate of its set. */
static void enlist(const struct plan *plan, struct draft *draft, uint32_t rule,
                   const struct indexes *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[set->items[i]];
        if (predicate->witness == WITNESS_PRESENCE) {
            indexes_add(&draft->by_field[predicate->field], rule);
        } else {
            indexes_add(&draft->by_predicate[set->items[i]], rule);
        }
    }
}

static enum plan_access access_of(enum witness_kind kind)
{
    static const enum plan_access access[] = {PLAN_EQUALITY, PLAN_NETWORK,  PLAN_LITERAL,
                                              PLAN_NUMBER,   PLAN_PRESENCE, PLAN_ALWAYS};
    return access[kind];
}

static void choose_for_rule(struct plan *plan, const uint32_t *popularity, struct draft *draft,
                            uint32_t rule)
{
    const struct condition *condition = plan->rules->rules[rule].condition;
    if (condition == NULL || !allowed_anywhere(plan, rule)) {
        plan->access[rule] = PLAN_NEVER;
        return;
    }
    struct choice choice = judge(plan, popularity, condition);
    plan->access[rule] = access_of(choice.kind);
    if (choice.kind != WITNESS_NONE) {
        struct indexes set = {0};
        collect(plan, popularity, condition, &set);
        enlist(plan, draft, rule, &set);
        memory_free(set.items);
        return;
    }
    for (uint32_t source = 0; source < logsource_count(); source++) {
        if (plan_allows(plan, source, rule)) {
            indexes_add(&draft->by_logsource[source], rule);
        }
    }
}

/* Does any rule of the logsource wait for a literal of the whole record? */
static bool waits_for_record(const struct plan *plan, uint32_t source)
{
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        for (uint32_t n = 0; predicate->field == FIELD_NONE && n < predicate->rules.count; n++) {
            if (plan_allows(plan, source, predicate->rules.items[n])) {
                return true;
            }
        }
    }
    return false;
}

static void take_lists(struct plan *plan, struct draft *draft)
{
    uint32_t sources = logsource_count();
    plan->fields_used =
        arena_take_zeroed(plan->arena, plan->fields_count + 1, sizeof *plan->fields_used);
    plan->always = arena_take_zeroed(plan->arena, sources, sizeof *plan->always);
    plan->searches_record = arena_take_zeroed(plan->arena, sources, sizeof *plan->searches_record);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        plan->predicates[i].rules = indexes_take(plan->arena, &draft->by_predicate[i]);
    }
    for (field_id field = 0; field <= plan->fields_count; field++) {
        plan->fields_used[field].presence = indexes_take(plan->arena, &draft->by_field[field]);
    }
    for (uint32_t source = 0; source < sources; source++) {
        plan->always[source] = indexes_take(plan->arena, &draft->by_logsource[source]);
        plan->searches_record[source] = waits_for_record(plan, source);
    }
}

void plan_choose_witnesses(struct plan *plan)
{
    uint32_t *popularity = count_uses(plan);
    struct draft draft = {
        .by_predicate = memory_new(plan->rules->predicates_count, sizeof *draft.by_predicate),
        .by_field = memory_new(plan->fields_count + 1, sizeof *draft.by_field),
        .by_logsource = memory_new(logsource_count(), sizeof *draft.by_logsource),
    };
    plan->access = arena_take_zeroed(plan->arena, plan->rules->rules_count, sizeof *plan->access);
    for (uint32_t rule = 0; rule < plan->rules->rules_count; rule++) {
        choose_for_rule(plan, popularity, &draft, rule);
    }
    take_lists(plan, &draft);
    memory_free(draft.by_predicate);
    memory_free(draft.by_field);
    memory_free(draft.by_logsource);
    memory_free(popularity);
}
