/* SPDX-License-Identifier: Apache-2.0
 *
 * window_keep.c - see window_keep.h: what changed since the last commit, and telling it.
 *
 * In:  keys and matches that come, change and go.   Out: cells.
 * Thread: the deliverer only.   Owns: windows.keep.
 * Invariants: see window_keep_internal.h.
 * Bounds: O(1) a change.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

#define BYTES_FULL ((size_t)LIMIT_STATE_COMMIT_BYTES / 4)

struct window_head window_head_of(const struct windows *windows)
{
    return (struct window_head){windows->horizon_ns, windows->complete_ns, windows->expired_ns,
                                windows->reached_ns};
}

static bool head_changed(const struct windows *windows)
{
    const struct window_head now = window_head_of(windows);
    const struct window_head *told = &windows->keep->head_told;
    return now.horizon_ns != told->horizon_ns || now.expired_ns != told->expired_ns ||
           now.reached_ns != told->reached_ns || now.complete_ns != told->complete_ns ||
           (!windows->keep->head_stored && windows->places_count > 0);
}

void window_keep_bind(struct windows *windows)
{
    struct window_keep *keep = windows->keep;
    map_free(keep->series);
    keep->series = map_new();
    for (uint32_t i = windows->series_count; i > 0; i--) {
        const uint64_t *fingerprint = &windows->series[i - 1].fingerprint;
        map_set(keep->series, (struct str){(const char *)fingerprint, sizeof *fingerprint}, i - 1);
    }
}

void windows_keep(struct windows *windows, size_t changes_max)
{
    ENSURE(windows->keep == NULL && windows->table.keys_count == 0 && windows->heap.count == 0);
    struct window_keep *keep = memory_new(1, sizeof *keep);
    keep->changes_max = changes_max;
    keep->gone = key_set_new();
    keep->garbage = key_set_new();
    keep->names = map_new();
    keep->head_told = window_head_of(windows);
    keep->restoring = (struct window_restoring){
        .pages = map_new(), .bodies_map = map_new(), .arena = arena_new(4096)};
    window_pages_init(keep);
    windows->keep = keep;
    window_keep_bind(windows);
}

void window_keep_free(struct windows *windows)
{
    struct window_keep *keep = windows->keep;
    windows->keep = NULL;
    window_pages_release(keep);
    map_free(keep->series);
    map_free(keep->names);
    key_set_free(keep->gone);
    key_set_free(keep->garbage);
    for (uint32_t i = 0; i < keep->restoring.bodies_count; i++) {
        window_body_drop(windows, keep->restoring.bodies[i]);
    }
    map_free(keep->restoring.pages);
    map_free(keep->restoring.bodies_map);
    memory_free(keep->restoring.bodies);
    memory_free(keep->restoring.places);
    arena_free(keep->restoring.arena);
    memory_free(keep->changed);
    buffer_release(&keep->key);
    buffer_release(&keep->value);
    memory_free(keep);
}

/* --- what changed ----------------------------------------------------------------------------- */

static struct str cell_key_of(struct windows *windows, const struct window_key *key)
{
    struct buffer *out = &windows->keep->key;
    window_cell_key(out, windows->series[key->series].fingerprint,
                    (struct str){key->bytes, key->len});
    return buffer_str(out);
}

void window_keep_created(struct windows *windows, struct window_key *key)
{
    struct window_keep *keep = windows->keep;
    if (key_set_count(keep->gone) + key_set_count(keep->garbage) == 0) {
        return;
    }
    struct str name = cell_key_of(windows, key);
    key->stored = key_set_remove(keep->gone, name) || key_set_remove(keep->garbage, name);
}

void window_keep_changed(struct windows *windows, struct window_key *key)
{
    struct window_keep *keep = windows->keep;
    ENSURE(!keep->told);
    if (key->changed == 0) {
        MEMORY_GROW(keep->changed, keep->changed_count, keep->changed_capacity);
        keep->changed[keep->changed_count++] = key;
        key->changed = keep->changed_count;
        keep->changed_bytes += window_key_bytes(windows, key);
    }
}

void window_keep_unchanged(struct windows *windows, struct window_key *key)
{
    struct window_keep *keep = windows->keep;
    if (keep == NULL) {
        return; /* the windows are freed */
    }
    struct window_key *last = keep->changed[--keep->changed_count];
    keep->changed[key->changed - 1] = last;
    last->changed = key->changed;
    key->changed = 0;
}

static size_t due(const struct windows *windows)
{
    const struct window_keep *keep = windows->keep;
    size_t pages = keep->pages_changed;
    if (keep->pages[WINDOW_PAGE_NONE].count > 0) {
        pages += keep->unpaged_bytes / WINDOW_PAGE_BYTES + 1;
    }
    return keep->changed_count + key_set_count(keep->gone) + pages +
           (windows->places_count - keep->places_told) + (head_changed(windows) ? 1 : 0);
}

void window_keep_gone(struct windows *windows, const struct window_key *key, enum window_gone why)
{
    struct window_keep *keep = windows->keep;
    ENSURE(!keep->told);
    if (!key->stored) {
        return;
    }
    bool now = why == WINDOW_GONE_JUDGED ||
               (why == WINDOW_GONE_EVICTED && due(windows) < keep->changes_max);
    key_set_add(now ? keep->gone : keep->garbage, cell_key_of(windows, key));
}

void window_keep_waits(struct windows *windows, struct window_pending *pending)
{
    ENSURE(!windows->keep->told);
    window_page_put(windows->keep, WINDOW_PAGE_NONE, pending);
}

void window_keep_left(struct windows *windows, struct window_pending *pending)
{
    ENSURE(!windows->keep->told);
    window_page_take(windows->keep, pending);
}

size_t windows_changes(const struct windows *windows)
{
    const struct window_keep *keep = windows->keep;
    size_t garbage = key_set_count(keep->garbage);
    size_t share = keep->changes_max / 2;
    size_t changes = due(windows) + (garbage < share ? garbage : share);
    size_t bytes =
        keep->changed_bytes + keep->unpaged_bytes + (size_t)keep->pages_changed * WINDOW_PAGE_BYTES;
    return bytes > BYTES_FULL && changes < keep->changes_max ? keep->changes_max : changes;
}

bool window_keep_is_full(const struct windows *windows)
{
    return windows_changes(windows) >= windows->keep->changes_max;
}

/* --- telling it ------------------------------------------------------------------------------- */

static size_t tell_head(struct windows *windows, state_cell_fn *tell, void *context)
{
    static const char name = WINDOW_CELL_HEAD;
    struct buffer *value = &windows->keep->value;
    if (!head_changed(windows)) {
        return 0;
    }
    buffer_clear(value);
    pack_u8(value, WINDOW_CELL_FORMAT);
    pack_i64(value, windows->horizon_ns);
    pack_i64(value, windows->complete_ns);
    pack_i64(value, windows->expired_ns);
    pack_i64(value, windows->reached_ns);
    tell(context, (struct str){&name, 1}, buffer_str(value), false);
    return 1;
}

static size_t tell_places(struct windows *windows, state_cell_fn *tell, void *context)
{
    struct window_keep *keep = windows->keep;
    for (uint32_t i = keep->places_told; i < windows->places_count; i++) {
        const struct window_place *place = &windows->places[i];
        window_cell_numbered(&keep->key, WINDOW_CELL_PLACE, i);
        buffer_clear(&keep->value);
        pack_u8(&keep->value, WINDOW_CELL_FORMAT);
        pack_u32(&keep->value, (uint32_t)place->partition);
        pack_str(&keep->value, place->source);
        pack_str(&keep->value, place->logsource);
        pack_str(&keep->value, place->rule);
        tell(context, buffer_str(&keep->key), buffer_str(&keep->value), false);
    }
    return windows->places_count - keep->places_told;
}

static size_t tell_keys(struct windows *windows, state_cell_fn *tell, void *context)
{
    struct window_keep *keep = windows->keep;
    for (uint32_t i = 0; i < keep->changed_count; i++) {
        struct str name = cell_key_of(windows, keep->changed[i]);
        window_cell_group(&keep->value, windows, keep->changed[i]);
        tell(context, name, buffer_str(&keep->value), false);
    }
    return keep->changed_count;
}

static size_t tell_deleted(const struct key_set *set, size_t count, state_cell_fn *tell,
                           void *context)
{
    const struct key_set_item *item = key_set_oldest(set);
    size_t told = 0;
    for (; item != NULL && told < count; item = key_set_newer(item)) {
        tell(context, key_set_key(item), (struct str){0}, true);
        told++;
    }
    return told;
}

void windows_tell_changes(struct windows *windows, size_t cells_max, state_cell_fn *tell,
                          void *context)
{
    struct window_keep *keep = windows->keep;
    ENSURE(!keep->told);
    window_forget_last_body(windows); /* nothing that is not told may count in a limit */
    size_t told = tell_head(windows, tell, context);
    told += tell_places(windows, tell, context);
    told += tell_keys(windows, tell, context);
    told += window_pages_tell(windows, tell, context);
    told += tell_deleted(keep->gone, SIZE_MAX, tell, context);
    size_t room = cells_max > told ? cells_max - told : 0;
    keep->garbage_told = tell_deleted(keep->garbage, room, tell, context);
    keep->told = true;
}

void windows_changes_done(struct windows *windows)
{
    struct window_keep *keep = windows->keep;
    ENSURE(keep->told);
    for (uint32_t i = 0; i < keep->changed_count; i++) {
        keep->changed[i]->changed = 0;
        keep->changed[i]->stored = true;
    }
    keep->changed_count = 0;
    keep->changed_bytes = 0;
    key_set_drop(keep->gone, key_set_count(keep->gone));
    key_set_drop(keep->garbage, keep->garbage_told);
    keep->places_told = windows->places_count;
    keep->head_stored = keep->head_stored || head_changed(windows);
    keep->head_told = window_head_of(windows);
    window_pages_done(keep);
    keep->told = false;
}
