/* SPDX-License-Identifier: Apache-2.0
 *
 * near_miss.c - see near_miss.h.
 */
#include "cli/workbench/near_miss.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/json_out.h"

#include <inttypes.h>
#include <stdlib.h>

void near_misses_visit(void *context, const struct window_view *view)
{
    struct near_misses *misses = context;
    if (!str_equal(view->rule->id, misses->rule_id)) {
        return;
    }
    struct alert_field *group =
        arena_take_zeroed(misses->arena, (size_t)view->group_count + 1, sizeof *group);
    for (uint32_t i = 0; i < view->group_count; i++) {
        group[i].name = arena_copy(misses->arena, view->group[i].name);
        group[i].value = arena_copy(misses->arena, view->group[i].value);
    }
    MEMORY_GROW(misses->items, misses->count, misses->capacity);
    misses->items[misses->count++] = (struct near_miss){.group = group,
                                                        .group_count = view->group_count,
                                                        .count = view->count,
                                                        .measured = view->measured,
                                                        .start_ns = view->start_ns,
                                                        .expires_ns = view->expires_ns,
                                                        .now_ns = view->now_ns,
                                                        .silent_until_ns = view->silent_until_ns};
}

void near_misses_release(struct near_misses *misses)
{
    memory_free(misses->items);
    arena_free(misses->arena);
    *misses = (struct near_misses){0};
}

/* The highest count first, of equal ones the latest. */
static int compare(const void *a, const void *b)
{
    const struct near_miss *left = a;
    const struct near_miss *right = b;
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    if (left->start_ns != right->start_ns) {
        return left->start_ns > right->start_ns ? -1 : 1;
    }
    return 0;
}

static void sort(struct near_misses *misses)
{
    if (misses->count > 1) {
        qsort(misses->items, misses->count, sizeof *misses->items, compare);
    }
}

static void add_duration(int64_t duration_ns, struct buffer *out)
{
    int64_t seconds = duration_ns / TIMESTAMP_SECOND_NS;
    if (seconds >= 86400) {
        buffer_printf(out, "%" PRId64 " d %" PRId64 " h", seconds / 86400, seconds % 86400 / 3600);
    } else if (seconds >= 3600) {
        buffer_printf(out, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds % 3600 / 60);
    } else if (seconds >= 60) {
        buffer_printf(out, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
    } else {
        buffer_printf(out, "%" PRId64 " s", seconds);
    }
}

static void add_group(const struct near_miss *miss, struct buffer *out)
{
    for (uint32_t i = 0; i < miss->group_count; i++) {
        buffer_add_text(out, i > 0 ? ", " : "");
        buffer_add_printable(out, miss->group[i].name);
        buffer_add_byte(out, '=');
        buffer_add_printable(out, miss->group[i].value);
    }
    buffer_add_text(out, miss->group_count == 0 ? "all events" : "");
}

static void add_miss(const struct near_miss *miss, const struct correlation *correlation,
                     struct buffer *out)
{
    const struct threshold *threshold = &correlation->threshold;
    buffer_add_text(out, "  ");
    add_group(miss, out);
    buffer_printf(out, ": %" PRIu64, miss->count);
    if (threshold->has_min) {
        buffer_printf(out, " of %" PRIu64, threshold->min);
    }
    if (correlation_measures(correlation->kind)) {
        buffer_add_text(out, " events, measured ");
        buffer_add_decimal(out, miss->measured);
    }
    if (miss->silent_until_ns > miss->now_ns) {
        buffer_add_text(out, ", has alerted");
    }
    bool over = miss->expires_ns < miss->now_ns;
    buffer_add_text(out, over ? ", expired " : ", expires in ");
    add_duration(over ? miss->now_ns - miss->expires_ns : miss->expires_ns - miss->now_ns, out);
    buffer_add_text(out, over ? " ago (first at " : " (first at ");
    buffer_add_time(out, miss->start_ns);
    buffer_add_text(out, ")\n");
}

void near_misses_text(struct near_misses *misses, const struct rule *rule, struct buffer *out)
{
    sort(misses);
    buffer_printf(out, "%" PRIu32 " groups are watched at the end", misses->count);
    if (misses->count > 0) {
        buffer_add_text(out, ", at ");
        buffer_add_time(out, misses->items[0].now_ns);
    }
    buffer_add_byte(out, '\n');
    for (uint32_t i = 0; i < misses->count && i < NEAR_MISSES_SHOWN; i++) {
        add_miss(&misses->items[i], &rule->correlation, out);
    }
    if (misses->count > NEAR_MISSES_SHOWN) {
        buffer_printf(out, "  and %" PRIu32 " more\n", misses->count - NEAR_MISSES_SHOWN);
    }
}

void near_misses_add_nearest(struct near_misses *misses, const struct rule *rule,
                             struct buffer *out)
{
    sort(misses);
    if (misses->count > 0) {
        add_miss(&misses->items[0], &rule->correlation, out);
    }
}

static void add_time(cJSON *json, const char *name, int64_t time_ns)
{
    struct buffer text = {0};
    buffer_add_time(&text, time_ns);
    json_out_text(json, name, buffer_str(&text));
    buffer_release(&text);
}

cJSON *near_misses_json(struct near_misses *misses, const struct rule *rule)
{
    const struct threshold *threshold = &rule->correlation.threshold;
    cJSON *json = cJSON_CreateObject();
    sort(misses);
    json_out_count(json, "groups", misses->count);
    if (threshold->has_min) {
        json_out_count(json, "needed", threshold->min);
    }
    cJSON *list = cJSON_AddArrayToObject(json, "nearest");
    for (uint32_t i = 0; i < misses->count && i < NEAR_MISSES_SHOWN; i++) {
        const struct near_miss *miss = &misses->items[i];
        cJSON *item = cJSON_CreateObject();
        cJSON *group = cJSON_AddObjectToObject(item, "group");
        for (uint32_t k = 0; k < miss->group_count; k++) {
            struct buffer name = {0};
            buffer_add(&name, miss->group[k].name);
            buffer_add_byte(&name, '\0');
            json_out_text(group, name.ptr, miss->group[k].value);
            buffer_release(&name);
        }
        json_out_count(item, "count", miss->count);
        cJSON_AddBoolToObject(item, "alerted", miss->silent_until_ns > miss->now_ns);
        add_time(item, "first", miss->start_ns);
        add_time(item, "expires", miss->expires_ns);
        add_time(item, "now", miss->now_ns);
        cJSON_AddItemToArray(list, item);
    }
    return json;
}
