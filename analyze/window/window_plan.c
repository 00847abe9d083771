/* SPDX-License-Identifier: Apache-2.0
 *
 * window_plan.c - which correlations count a rule, and from which fields they take group and value.
 *
 * In:  a rule that matched an event.   Out: struct match for each correlation that references it.
 * Thread: built once; read by all workers.   Owns: its tables.
 * Bounds: O(references of the rule * their fields); nothing is allocated but in the arena.
 */
#include "analyze/window/window.h"

#include "base/memory.h"

/* One reference of one correlation, as the rule it references sees it. */
struct counted {
    uint32_t correlation;
    uint32_t reference;
    uint32_t group_first; /* into ids */
    uint32_t group_count;
    uint32_t value_first;
    uint32_t value_count;
    uint32_t carried_first;
    uint32_t carried_count;
    bool counts_rules; /* temporal: the value is the reference */
    bool measures;     /* the value must be a number: its decimal */
};

struct window_plan {
    uint32_t *first; /* by rule: its counted are items[first[rule]..first[rule + 1]) */
    struct counted *items;
    field_id *ids;
    uint32_t ids_count;
    uint32_t ids_capacity;
};

static void add_id(struct window_plan *plan, const struct field_table *fields, struct str name)
{
    MEMORY_GROW(plan->ids, plan->ids_count, plan->ids_capacity);
    plan->ids[plan->ids_count++] = field_find(fields, name);
}

static struct counted bind(struct window_plan *plan, const struct rule_set *rules,
                           const struct field_table *fields, struct counted place)
{
    const struct correlation *correlation = &rules->rules[place.correlation].correlation;
    const struct correlation_reference *reference = &correlation->references[place.reference];
    place.group_first = plan->ids_count;
    place.group_count = correlation->group_by_count;
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        add_id(plan, fields, reference->group_by[i]);
    }
    place.value_first = plan->ids_count;
    place.measures = correlation_measures(correlation->kind);
    if (correlation->kind == CORRELATION_VALUE_COUNT || place.measures) {
        place.value_count = reference->value.count;
        for (uint32_t i = 0; i < reference->value.count; i++) {
            add_id(plan, fields, reference->value.items[i]);
        }
    }
    place.carried_first = plan->ids_count;
    place.carried_count = correlation->carried.count;
    for (uint32_t i = 0; i < place.carried_count; i++) {
        add_id(plan, fields, reference->carried[i]);
    }
    place.counts_rules = correlation->kind == CORRELATION_TEMPORAL;
    return place;
}

/* Calls for every reference of every correlation: counts them per rule, or (fill) binds them. */
static void visit(struct window_plan *plan, const struct rule_set *rules,
                  const struct field_table *fields, bool fill)
{
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct correlation *correlation = &rules->rules[i].correlation;
        for (uint32_t r = 0; r < correlation->references_count; r++) {
            uint32_t rule = correlation->references[r].rule;
            if (fill) {
                struct counted place = {.correlation = i, .reference = r};
                plan->items[plan->first[rule]++] = bind(plan, rules, fields, place);
            } else {
                plan->first[rule + 1]++;
            }
        }
    }
}

struct window_plan *window_plan_new(const struct rule_set *rules, const struct field_table *fields)
{
    struct window_plan *plan = memory_new(1, sizeof *plan);
    plan->first = memory_new((size_t)rules->rules_count + 2, sizeof *plan->first);
    visit(plan, rules, fields, false);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        plan->first[i + 1] += plan->first[i];
    }
    plan->items = memory_new(plan->first[rules->rules_count], sizeof *plan->items);
    visit(plan, rules, fields, true);
    /* Filling has moved each beginning to its end, which is the next one's beginning. */
    for (uint32_t i = rules->rules_count; i > 0; i--) {
        plan->first[i] = plan->first[i - 1];
    }
    plan->first[0] = 0;
    return plan;
}

void window_plan_free(struct window_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    memory_free(plan->first);
    memory_free(plan->items);
    memory_free(plan->ids);
    memory_free(plan);
}

/* The first value of the field; false when there is none: absent, null or an empty array. */
static bool first_text(const struct event *event, field_id id, struct arena *arena,
                       struct str *text)
{
    const struct value *value = event_first(event, id);
    if (value == NULL || value->kind == VALUE_NULL || value->kind == VALUE_ARRAY) {
        return false;
    }
    *text = value_text(value, arena);
    return true;
}

static const struct str *collect_texts(const struct event *event, struct arena *arena,
                                       const field_id *ids, uint32_t count)
{
    struct str *texts = arena_take(arena, (count + 1) * sizeof *texts);
    for (uint32_t i = 0; i < count; i++) {
        if (!first_text(event, ids[i], arena, &texts[i])) {
            return NULL;
        }
    }
    return texts;
}

/* The same for fields that may be absent: ptr is NULL then. */
static const struct str *collect_carried(const struct event *event, struct arena *arena,
                                         const field_id *ids, uint32_t count)
{
    struct str *texts = count == 0 ? NULL : arena_take(arena, count * sizeof *texts);
    for (uint32_t i = 0; i < count; i++) {
        if (!first_text(event, ids[i], arena, &texts[i])) {
            texts[i] = (struct str){0};
        } else if (texts[i].len == 0) {
            texts[i] = STR("");
        }
    }
    return texts;
}

/* One value is itself; several are a tuple: each after its length in 4 bytes. */
static struct str join_tuple(const struct str *texts, uint32_t count, struct arena *arena)
{
    if (count == 1) {
        return texts[0];
    }
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        len += sizeof(uint32_t) + texts[i].len;
    }
    char *tuple = arena_take(arena, len + 1);
    char *at = tuple;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = (uint32_t)texts[i].len;
        memcpy(at, &part, sizeof part);
        at += sizeof part;
        if (part > 0) {
            memcpy(at, texts[i].ptr, part);
        }
        at += part;
    }
    return (struct str){tuple, len};
}

/* What is counted; false when a number is wanted and the text is none. */
static bool make_value(const struct counted *counted, const struct str *texts, struct arena *arena,
                       struct str *value)
{
    if (counted->counts_rules) {
        *value = (struct str){(const char *)&counted->reference, sizeof counted->reference};
        return true;
    }
    if (counted->measures) {
        decimal *number = arena_take(arena, sizeof *number);
        *value = (struct str){(const char *)number, sizeof *number};
        return decimal_parse(texts[0], number);
    }
    *value = join_tuple(texts, counted->value_count, arena);
    return true;
}

static struct match *add_match(struct match_list *matches, struct arena *arena)
{
    if (matches->count == matches->capacity) {
        uint32_t capacity = matches->capacity == 0 ? 16 : matches->capacity * 2;
        struct match *items = arena_take(arena, capacity * sizeof *items);
        if (matches->count > 0) {
            memcpy(items, matches->items, matches->count * sizeof *items);
        }
        matches->items = items;
        matches->capacity = capacity;
    }
    return &matches->items[matches->count++];
}

void window_collect(const struct window_plan *plan, struct arena *arena, uint32_t rule,
                    const struct event *event, struct alert *alert, struct match_list *matches)
{
    for (uint32_t i = plan->first[rule]; i < plan->first[rule + 1]; i++) {
        const struct counted *counted = &plan->items[i];
        const struct str *group =
            collect_texts(event, arena, plan->ids + counted->group_first, counted->group_count);
        const struct str *value =
            collect_texts(event, arena, plan->ids + counted->value_first, counted->value_count);
        struct str text = {0};
        if (group == NULL || value == NULL || !make_value(counted, value, arena, &text)) {
            matches->skipped++;
            continue;
        }
        *add_match(matches, arena) = (struct match){
            .correlation = counted->correlation,
            .reference = counted->reference,
            .group = group,
            .value = text,
            .carried = collect_carried(event, arena, plan->ids + counted->carried_first,
                                       counted->carried_count),
            .alert = alert};
    }
}
