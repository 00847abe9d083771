/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_dispatch.c - the tables that turn an event's values into true predicates.
 *
 * Equality: per field one hash table of folded texts. Literals: per field (and for the whole
 * record) a bitmap of 4-byte grams, one of each literal's, and the literals behind each gram. A
 * literal's gram is the one whose bytes are the least common in logs, so that the bitmap is rarely
 * hit for nothing.
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

static void build_equality(struct plan *plan)
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

/* How common a byte is in log text, roughly: letters of English words most, signs and digits of
 * identifiers less, the rest hardly. */
static uint32_t byte_commonness(unsigned char c)
{
    static const char common[] = "etaoinsrlcdupm. -/";
    if (c >= 'a' && c <= 'z') {
        return strchr(common, c) != NULL ? 8 : 4;
    }
    if (byte_is_digit((char)c)) {
        return 5;
    }
    return c != '\0' && strchr(common, c) != NULL ? 7 : 2;
}

static uint32_t rarest_gram(struct str literal)
{
    uint32_t best = 0;
    uint32_t best_commonness = UINT32_MAX;
    for (uint32_t at = 0; at + GRAM <= literal.len; at++) {
        uint32_t commonness = 0;
        for (uint32_t i = 0; i < GRAM; i++) {
            commonness += byte_commonness((unsigned char)literal.ptr[at + i]);
        }
        if (commonness < best_commonness) {
            best_commonness = commonness;
            best = at;
        }
    }
    return best;
}

static void literal_add(struct literal_filter *filter, struct str literal, uint32_t predicate)
{
    uint32_t offset = rarest_gram(literal);
    uint32_t gram = 0;
    memcpy(&gram, literal.ptr + offset, GRAM);
    uint32_t hash = gram_hash(gram);
    uint32_t *bucket = &filter->buckets[hash & filter->buckets_mask];
    filter->bitmap[hash / 64] |= UINT64_C(1) << (hash % 64);
    filter->entries[filter->entries_count++] =
        (struct literal_entry){gram, offset, predicate, *bucket};
    *bucket = filter->entries_count;
}

static void build_literals(struct plan *plan)
{
    struct literal_filter **filters = memory_new(plan->fields_count + 1, sizeof *filters);
    uint32_t *counts = memory_new(plan->fields_count + 1, sizeof *counts);
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        counts[predicate->field] +=
            predicate->witness == WITNESS_LITERAL && predicate->rules.count > 0;
    }
    for (field_id field = 0; field <= plan->fields_count; field++) {
        if (counts[field] > 0) {
            struct literal_filter *filter = arena_take_zeroed(plan->arena, 1, sizeof *filter);
            uint32_t buckets = 16;
            while (buckets < counts[field] * 2 && buckets < 1U << LITERAL_BITMAP_BITS) {
                buckets *= 2;
            }
            filter->buckets_mask = buckets - 1;
            filter->buckets = arena_take_zeroed(plan->arena, buckets, sizeof *filter->buckets);
            filter->entries =
                arena_take_zeroed(plan->arena, counts[field], sizeof *filter->entries);
            filters[field] = filter;
            plan->fields_used[field].literals = filter;
        }
    }
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        const struct plan_predicate *predicate = &plan->predicates[i];
        if (predicate->witness == WITNESS_LITERAL && predicate->rules.count > 0) {
            /* The filter is this function's until the plan is done. */
            literal_add(filters[predicate->field], predicate->literal, i);
        }
    }
    memory_free(filters);
    memory_free(counts);
}

void plan_build_dispatch(struct plan *plan)
{
    build_equality(plan);
    build_literals(plan);
}
