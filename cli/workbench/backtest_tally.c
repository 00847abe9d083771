/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_tally.c - see backtest_tally.h.
 */
#include "cli/workbench/backtest_tally.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <stdlib.h>

void tally_init(struct backtest_tally *tally)
{
    *tally = (struct backtest_tally){.arena = arena_new(0), .names = map_new()};
}

void tally_release(struct backtest_tally *tally)
{
    for (uint32_t i = 0; i < tally->fields_count; i++) {
        map_free(tally->fields[i].index);
        memory_free(tally->fields[i].values);
    }
    memory_free(tally->fields);
    memory_free(tally->days);
    map_free(tally->names);
    arena_free(tally->arena);
}

/* Logs are mostly in order: the day is looked for from the end. */
static void add_day(struct backtest_tally *tally, int64_t time_ns)
{
    int64_t day = time_ns / TIMESTAMP_DAY_NS - (time_ns % TIMESTAMP_DAY_NS < 0 ? 1 : 0);
    uint32_t at = tally->days_count;
    while (at > 0 && tally->days[at - 1].day > day) {
        at--;
    }
    if (at > 0 && tally->days[at - 1].day == day) {
        tally->days[at - 1].matches++;
        return;
    }
    MEMORY_GROW(tally->days, tally->days_count, tally->days_capacity);
    memmove(&tally->days[at + 1], &tally->days[at], (tally->days_count - at) * sizeof *tally->days);
    tally->days[at] = (struct tally_day){day, 1};
    tally->days_count++;
}

void tally_add_match(struct backtest_tally *tally, int64_t time_ns, struct str record)
{
    if (tally->matches == 0 || time_ns < tally->first_ns) {
        tally->first_ns = time_ns;
    }
    if (tally->matches == 0 || time_ns > tally->last_ns) {
        tally->last_ns = time_ns;
    }
    tally->matches++;
    add_day(tally, time_ns);
    if (tally->samples_count < TALLY_SAMPLES_MAX) {
        tally->samples[tally->samples_count++] = arena_copy(tally->arena, record);
    }
}

static struct tally_field *find_field(struct backtest_tally *tally, struct str name)
{
    uint32_t index = map_get(tally->names, name);
    if (index == MAP_NONE && tally->fields_count < TALLY_FIELDS_MAX) {
        index = tally->fields_count;
        MEMORY_GROW(tally->fields, tally->fields_count, tally->fields_capacity);
        tally->fields[tally->fields_count++] =
            (struct tally_field){.name = arena_copy(tally->arena, name), .index = map_new()};
        map_set(tally->names, name, index);
    }
    return index == MAP_NONE ? NULL : &tally->fields[index];
}

void tally_add_field(struct backtest_tally *tally, struct str name, struct str value)
{
    struct tally_field *field = find_field(tally, name);
    struct str text = str_slice(value, 0, TALLY_TEXT_MAX);
    if (field == NULL) {
        tally->fields_beyond++;
        return;
    }
    field->matches += field->last != tally->matches ? 1 : 0;
    field->last = tally->matches;
    uint32_t index = map_get(field->index, text);
    if (index == MAP_NONE && field->values_count == TALLY_VALUES_MAX) {
        field->others++;
        return;
    }
    if (index == MAP_NONE) {
        index = field->values_count;
        MEMORY_GROW(field->values, field->values_count, field->values_capacity);
        field->values[field->values_count++] =
            (struct tally_value){.text = arena_copy(tally->arena, text)};
        map_set(field->index, text, index);
    }
    ENSURE(index < field->values_count);
    struct tally_value *counted = &field->values[index];
    counted->matches += counted->last != tally->matches ? 1 : 0;
    counted->last = tally->matches;
}

static int compare_values(const void *a, const void *b)
{
    const struct tally_value *left = a;
    const struct tally_value *right = b;
    if (left->matches != right->matches) {
        return left->matches > right->matches ? -1 : 1;
    }
    return str_compare(left->text, right->text);
}

static int compare_fields(const void *a, const void *b)
{
    const struct tally_field *left = a;
    const struct tally_field *right = b;
    return str_compare(left->name, right->name);
}

void tally_sort(struct backtest_tally *tally)
{
    for (uint32_t i = 0; i < tally->fields_count; i++) {
        struct tally_field *field = &tally->fields[i];
        qsort(field->values, field->values_count, sizeof *field->values, compare_values);
    }
    if (tally->fields_count > 1) {
        qsort(tally->fields, tally->fields_count, sizeof *tally->fields, compare_fields);
    }
}
