/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_counts.c - see dlq_counts.h.
 */
#include "cli/dlq/dlq_counts.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "cli/json_out.h"

#include <stdlib.h>

struct row {
    uint64_t letters;
    uint32_t name; /* its place in the map */
};

struct dlq_counts {
    struct map *names; /* reason, NUL, source */
    struct row *rows;
    uint32_t count;
    uint32_t capacity;
    uint64_t others;
    struct buffer key;
};

struct dlq_counts *dlq_counts_new(void)
{
    struct dlq_counts *counts = memory_new(1, sizeof *counts);
    counts->names = map_new();
    return counts;
}

void dlq_counts_free(struct dlq_counts *counts)
{
    map_free(counts->names);
    memory_free(counts->rows);
    buffer_release(&counts->key);
    memory_free(counts);
}

void dlq_counts_add(struct dlq_counts *counts, struct str reason, struct str source)
{
    buffer_clear(&counts->key);
    buffer_add(&counts->key, reason);
    buffer_add_byte(&counts->key, '\0');
    buffer_add(&counts->key, source);
    uint32_t found = map_get(counts->names, buffer_str(&counts->key));
    if (found == MAP_NONE && counts->count == LIMIT_DEAD_LETTER_ROWS) {
        counts->others++;
        return;
    }
    if (found == MAP_NONE) {
        MEMORY_GROW(counts->rows, counts->count, counts->capacity);
        found = counts->count++;
        counts->rows[found] = (struct row){.name = found};
        map_set(counts->names, buffer_str(&counts->key), found);
    }
    counts->rows[found].letters++;
}

/* Of equally many the one that came first. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *first = a;
    const struct row *second = b;
    return first->letters != second->letters ? (first->letters < second->letters ? 1 : -1)
                                             : (first->name > second->name ? 1 : -1);
}

static struct row *sorted_rows(const struct dlq_counts *counts)
{
    struct row *rows = memory_new((size_t)counts->count + 1, sizeof *rows);
    if (counts->count > 0) {
        memcpy(rows, counts->rows, counts->count * sizeof *rows);
        qsort(rows, counts->count, sizeof *rows, compare_rows);
    }
    return rows;
}

static void split(const struct dlq_counts *counts, const struct row *row, struct str *reason,
                  struct str *source)
{
    struct str both = map_key_at(counts->names, row->name);
    size_t len = str_find_byte(both, '\0');
    *reason = str_slice(both, 0, len);
    *source = str_slice(both, len + 1, both.len);
}

void dlq_counts_text(const struct dlq_counts *counts, const struct dlq_totals *totals,
                     struct buffer *out)
{
    struct row *rows = sorted_rows(counts);
    for (uint32_t i = 0; i < counts->count; i++) {
        struct str reason;
        struct str source;
        size_t from = out->len;
        split(counts, &rows[i], &reason, &source);
        buffer_printf(out, "%10llu  ", (unsigned long long)rows[i].letters);
        buffer_add_printable(out, reason);
        while (out->len < from + 28) {
            buffer_add_byte(out, ' ');
        }
        buffer_add_text(out, "  ");
        buffer_add_printable(out, source);
        buffer_add_byte(out, '\n');
    }
    if (counts->others > 0) {
        buffer_printf(out, "%10llu  of further sources\n", (unsigned long long)counts->others);
    }
    buffer_printf(out, "%llu of %llu dead letters", (unsigned long long)totals->selected,
                  (unsigned long long)(totals->lines - totals->unreadable));
    if (totals->unreadable > 0) {
        buffer_printf(out, "; unreadable lines: %llu", (unsigned long long)totals->unreadable);
    }
    buffer_add_byte(out, '\n');
    memory_free(rows);
}

void dlq_counts_json(const struct dlq_counts *counts, const struct dlq_totals *totals,
                     struct buffer *out)
{
    struct row *rows = sorted_rows(counts);
    cJSON *root = cJSON_CreateObject();
    json_out_count(root, "selected", totals->selected);
    json_out_count(root, "letters", totals->lines - totals->unreadable);
    json_out_count(root, "unreadable", totals->unreadable);
    cJSON *list = cJSON_AddArrayToObject(root, "counts");
    for (uint32_t i = 0; i < counts->count; i++) {
        struct str reason;
        struct str source;
        cJSON *row = cJSON_CreateObject();
        split(counts, &rows[i], &reason, &source);
        json_out_text(row, "reason", reason);
        json_out_text(row, "source", source);
        json_out_count(row, "letters", rows[i].letters);
        cJSON_AddItemToArray(list, row);
    }
    json_out_count(root, "others", counts->others);
    json_out_finish(root, out);
    memory_free(rows);
}
