/* SPDX-License-Identifier: Apache-2.0
 *
 * window_restore.c - see window_keep.h: windows from the cells that other ones have told.
 *
 * In:  cells, in any order.   Out: windows as they were, under the rules of today.
 * Thread: the deliverer only.   Owns: windows.keep.restoring.
 * Invariants: (1) places have the numbers that they had: remembered events name them. (2) a key
 *                 whose deletion was put off is forgotten again before anything is counted with it.
 * Bounds: O(bytes + cells * log cells).
 * Tested: tests/unit/test_window_keep.c, tests/property/test_window_keep.c,
 *         tests/fuzz/fuzz_window_keep.c.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

#include <stdlib.h>

#define FINGERPRINT_AT  1U
#define FINGERPRINT_END 9U

uint32_t window_keep_series(const struct window_keep *keep, uint64_t fingerprint)
{
    return map_get(keep->series, (struct str){(const char *)&fingerprint, sizeof fingerprint});
}

static bool restore_group(struct windows *windows, struct str key, struct str value)
{
    struct window_keep *keep = windows->keep;
    struct unpack in = unpack_of(str_slice(key, FINGERPRINT_AT, key.len));
    uint32_t series = window_keep_series(keep, unpack_u64(&in));
    if (in.failed) {
        return false;
    }
    if (series == MAP_NONE) {
        keep->restoring.left_out += key_set_add(keep->garbage, key) ? 1 : 0;
        return true;
    }
    return window_read_group(windows, series, key, value);
}

static bool restore_page(struct windows *windows, struct str key, struct str value)
{
    struct map *seen = windows->keep->restoring.pages;
    if (map_get(seen, key) != MAP_NONE) {
        return true;
    }
    map_set(seen, key, 0);
    return window_read_page(windows, key, value);
}

static bool restore_place(struct windows *windows, struct str key, struct str value)
{
    struct window_restoring *restoring = &windows->keep->restoring;
    struct unpack name = unpack_of(str_slice(key, 1, key.len));
    struct unpack in = unpack_of(value);
    uint64_t number = unpack_u64(&name);
    bool known = unpack_u8(&in) == WINDOW_CELL_FORMAT;
    struct window_place place = {.partition = (int32_t)unpack_u32(&in)};
    place.source = arena_copy(restoring->arena, unpack_str(&in));
    place.logsource = arena_copy(restoring->arena, unpack_str(&in));
    place.rule = arena_copy(restoring->arena, unpack_str(&in));
    if (!known || name.failed || name.left > 0 || in.failed || in.left > 0 ||
        number >= UINT32_MAX) {
        return false;
    }
    MEMORY_GROW(restoring->places, restoring->places_count, restoring->places_capacity);
    restoring->places[restoring->places_count++] =
        (struct window_place_cell){(uint32_t)number, place};
    return true;
}

static bool restore_head(struct windows *windows, struct str key, struct str value)
{
    struct unpack in = unpack_of(value);
    bool known = unpack_u8(&in) == WINDOW_CELL_FORMAT && key.len == 1;
    windows->horizon_ns = unpack_i64(&in);
    windows->complete_ns = unpack_i64(&in);
    windows->expired_ns = unpack_i64(&in);
    windows->reached_ns = unpack_i64(&in);
    windows->keep->restoring.head = true;
    return known && !in.failed && in.left == 0;
}

static const struct {
    char kind;
    const char *name;
    bool (*restore)(struct windows *windows, struct str key, struct str value);
} kinds[] = {
    {WINDOW_CELL_GROUP, "a group", restore_group},
    {WINDOW_CELL_PAGE, "waiting matches", restore_page},
    {WINDOW_CELL_PLACE, "a place", restore_place},
    {WINDOW_CELL_HEAD, "the windows' head", restore_head},
};

int windows_restore(struct windows *windows, struct str key, struct str value, struct err *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (key.len == 0 || key.ptr[0] != kinds[i].kind) {
            continue;
        }
        if (!kinds[i].restore(windows, key, value)) {
            return err_set(err, ERR_DATA,
                           "the cell of %s is damaged, or of a newer version: restore the state "
                           "from a backup, or begin without it",
                           kinds[i].name);
        }
        return 0;
    }
    return err_set(err, ERR_DATA,
                   "the state has a cell of an unknown kind: a newer version has written it; run "
                   "that version, or begin without the state");
}

/* --- all cells have come ---------------------------------------------------------------------- */

static int compare_places(const void *left, const void *right)
{
    const struct window_place_cell *a = left;
    const struct window_place_cell *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

/* False: some are missing, or two are the same. */
static bool restore_places(struct windows *windows)
{
    struct window_restoring *restoring = &windows->keep->restoring;
    if (restoring->places_count > 1) {
        qsort(restoring->places, restoring->places_count, sizeof *restoring->places,
              compare_places);
    }
    for (uint32_t i = 0; i < restoring->places_count; i++) {
        const struct window_place_cell *cell = &restoring->places[i];
        if (i > 0 && cell->number == cell[-1].number) {
            continue; /* the store may tell a cell twice */
        }
        struct alert_event event = {.source = cell->place.source,
                                    .partition = cell->place.partition};
        uint32_t number = window_place_of(windows, &event, cell->place.logsource, cell->place.rule);
        if (number != cell->number) {
            return false;
        }
    }
    windows->keep->places_told = windows->places_count;
    return restoring->places_needed <= windows->places_count;
}

/* Forgets again what was forgotten before, but is still in the store: keys that were too old for
 * the series' newest match, or when expiry was last done. */
static bool restore_lists(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->series_count; i++) {
        struct window_series *series = &windows->series[i];
        if (!window_keys_sort(series)) {
            return false;
        }
        if (series->newest == NULL) {
            continue;
        }
        int64_t newest_ns = series->newest->time_ns;
        if (newest_ns > windows->reached_ns) {
            return false;
        }
        window_expire_keys(windows, series,
                           newest_ns > windows->expired_ns ? newest_ns : windows->expired_ns);
    }
    return true;
}

static void forget_cells(struct windows *windows)
{
    struct window_restoring *restoring = &windows->keep->restoring;
    for (uint32_t i = 0; i < restoring->bodies_count; i++) {
        window_body_drop(windows, restoring->bodies[i]);
    }
    map_free(restoring->pages);
    map_free(restoring->bodies_map);
    memory_free(restoring->bodies);
    memory_free(restoring->places);
    arena_free(restoring->arena);
    *restoring = (struct window_restoring){0};
}

int windows_restored(struct windows *windows, uint64_t *left_out, struct err *err)
{
    struct window_keep *keep = windows->keep;
    *left_out = keep->restoring.left_out;
    /* While all matches still wait there is no head: nothing was processed. */
    if (windows->table.keys_count > 0 && !keep->restoring.head) {
        return err_set(err, ERR_DATA,
                       "the state has groups of correlations, but not how far they are");
    }
    if (!restore_places(windows)) {
        return err_set(err, ERR_DATA,
                       "the state lacks some of the places that groups of correlations name");
    }
    if (!restore_lists(windows)) {
        return err_set(err, ERR_DATA,
                       "the times of groups of correlations contradict each other in the state");
    }
    keep->head_stored = keep->restoring.head;
    keep->head_told = window_head_of(windows);
    forget_cells(windows);
    if (windows->complete_ns ==
        INT64_MAX) { /* after window_finish the input goes on all the same */
        windows->complete_ns = windows->expired_ns;
        windows->horizon_ns = windows->reached_ns;
    }
    windows->next_close_ns = INT64_MIN; /* found anew when it is asked for */
    return 0;
}
