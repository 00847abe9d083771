/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_equality.c - per field one hash table of folded texts: one look-up answers all EQUALS
 * predicates of the field.
 */
#include "analyze/plan/plan_fold.h"
#include "analyze/plan/plan_internal.h"
#include "base/memory.h"

/* The entry of text; a new one when there is none. Slots and entries were sized for all. */
static struct equality_entry *equality_find(struct equality_table *table, struct str text)
{
    uint64_t hash = fold_hash(text).hash;
    uint32_t tag = (uint32_t)(hash >> 32);
    uint32_t at = (uint32_t)hash & table->mask;
    for (; table->slots[at].entry != 0; at = (at + 1) & table->mask) {
        struct equality_entry *entry = &table->entries[table->slots[at].entry - 1];
        if (table->slots[at].tag == tag && str_equal(entry->text, text)) {
            return entry;
        }
    }
    table->lengths |= equality_length(text.len);
    table->slots[at] = (struct equality_slot){tag, ++table->entries_count};
    table->entries[table->entries_count - 1].text = text;
    return &table->entries[table->entries_count - 1];
}

static void equality_add(struct plan *plan, struct equality_table *table, uint32_t predicate)
{
    struct str text = rule_fold(plan->arena, plan->predicates[predicate].source->text);
    struct equality_entry *entry = equality_find(table, text);
    uint32_t *items = arena_take(plan->arena, (entry->predicates.count + 1) * sizeof *items);
    if (entry->predicates.count > 0) {
        memcpy(items, entry->predicates.items, entry->predicates.count * sizeof *items);
    }
    items[entry->predicates.count] = predicate;
    entry->predicates = (struct plan_list){items, entry->predicates.count + 1};
}

static bool is_equality(const struct plan_predicate *predicate)
{
    return predicate->source->kind == PREDICATE_EQUALS && predicate->field != FIELD_NONE;
}

void plan_build_equality(struct plan *plan)
{
    struct equality_table **tables = memory_new(plan->fields_count + 1, sizeof *tables);
    uint32_t *counts = memory_new(plan->fields_count + 1, sizeof *counts);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        counts[plan->predicates[i].field] += is_equality(&plan->predicates[i]);
    }
    for (field_id field = 1; field <= plan->fields_count; field++) {
        if (counts[field] == 0) {
            continue;
        }
        struct equality_table *table = arena_take_zeroed(plan->arena, 1, sizeof *table);
        uint32_t slots = 4;
        while (slots < counts[field] * 2) {
            slots *= 2;
        }
        table->mask = slots - 1;
        table->slots = arena_take_zeroed(plan->arena, slots, sizeof *table->slots);
        table->entries = arena_take_zeroed(plan->arena, counts[field], sizeof *table->entries);
        tables[field] = table;
        plan->fields_used[field].equality = table;
    }
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        if (is_equality(&plan->predicates[i])) {
            struct plan_field *field = &plan->fields_used[plan->predicates[i].field];
            equality_add(plan, tables[plan->predicates[i].field], i);
            field->eager = field->eager || plan->predicates[i].rules.count > 0;
        }
    }
    memory_free(tables);
    memory_free(counts);
}
