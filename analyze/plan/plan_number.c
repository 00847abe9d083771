/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_number.c - per field the numeric comparisons that rules wait for, sorted by their bounds.
 *
 * `greater` says yes to a number's bounds from the smallest up, `less` from the largest down: the
 * matcher reads a number once and walks each list up to the first no. Comparisons that no rule
 * waits for are not here: the few that candidates ask for are computed.
 */
#include "analyze/plan/plan_internal.h"

#include "base/memory.h"

#include <stdlib.h>

struct bounds {
    uint32_t *predicates;
    uint32_t count;
    uint32_t capacity;
};

static bool is_below(const struct predicate *source)
{
    return source->kind == PREDICATE_LESS || source->kind == PREDICATE_LESS_EQUAL;
}

static int compare_bounds(const void *a, const void *b, void *context)
{
    const struct plan *plan = context;
    const struct predicate *left = plan->predicates[*(const uint32_t *)a].source;
    const struct predicate *right = plan->predicates[*(const uint32_t *)b].source;
    const struct number *x = is_below(left) ? &right->number : &left->number;
    const struct number *y = is_below(left) ? &left->number : &right->number;
    if (x->is_integer) {
        return (x->integer > y->integer) - (x->integer < y->integer);
    }
    return (x->real > y->real) - (x->real < y->real);
}

void plan_build_numbers(struct plan *plan)
{
    struct bounds *bounds =
        memory_new((size_t)(plan->fields_count + 1) * BOUNDS_LISTS, sizeof *bounds);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        if (predicate->witness != WITNESS_NUMBER || predicate->rules.count == 0) {
            continue;
        }
        uint32_t list = is_below(predicate->source) ? BOUNDS_BELOW : BOUNDS_ABOVE;
        list += predicate->source->number.is_integer ? 0 : 1;
        struct bounds *own = &bounds[predicate->field * BOUNDS_LISTS + list];
        MEMORY_GROW(own->predicates, own->count, own->capacity);
        own->predicates[own->count++] = i;
    }
    struct number_table *table = NULL;
    for (uint32_t i = 0; i < (plan->fields_count + 1) * BOUNDS_LISTS; i++) {
        table = i % BOUNDS_LISTS == 0 ? NULL : table;
        if (bounds[i].count > 0) {
            table = table != NULL ? table : arena_take_zeroed(plan->arena, 1, sizeof *table);
            plan->fields_used[i / BOUNDS_LISTS].numbers = table;
            qsort_r(bounds[i].predicates, bounds[i].count, sizeof *bounds[i].predicates,
                    compare_bounds, plan);
            uint32_t *items = arena_take(plan->arena, bounds[i].count * sizeof *items);
            memcpy(items, bounds[i].predicates, bounds[i].count * sizeof *items);
            table->lists[i % BOUNDS_LISTS] = (struct plan_list){items, bounds[i].count};
        }
        memory_free(bounds[i].predicates);
    }
    memory_free(bounds);
}
