/* SPDX-License-Identifier: Apache-2.0
 *
 * suppress_keep.c - see suppress.h: entries of suppression as cells of a store, and back.
 *
 * In:  entries that change and go; cells.   Out: cells; entries.
 * Thread: the deliverer.   Owns: which entries changed.
 * Invariants: (1) a suppressor that was restored from its cells answers as the one that told them.
 *             (2) an entry that was never told is not deleted.
 * Bounds: O(1) a change; the first alert after a restore sorts all entries.
 * Tested: tests/unit/test_suppress_keep.c, tests/fuzz/fuzz_suppress_keep.c.
 */
#include "analyze/alert/suppress_internal.h"
#include "base/ensure.h"
#include "base/memory.h"
#include "base/pack.h"

#include <stdlib.h>

#define CELL_FORMAT 1

void suppressor_keep(struct suppressor *suppressor)
{
    ENSURE(!suppressor->keeps && suppressor->count == 0);
    suppressor->keeps = true;
    suppressor->gone = key_set_new();
}

void suppress_keep_release(struct suppressor *suppressor)
{
    key_set_free(suppressor->gone);
    memory_free(suppressor->changed);
    buffer_release(&suppressor->key);
    buffer_release(&suppressor->value);
}

/* The id's length keeps an id and a key apart. */
static struct str cell_key(struct suppressor *suppressor, struct str rule, struct str key)
{
    struct buffer *name = &suppressor->value;
    buffer_clear(name);
    pack_str(name, rule);
    buffer_add(name, key);
    buffer_clear(&suppressor->key);
    pack_u8(&suppressor->key, SUPPRESS_CELL);
    state_cell_add_name(&suppressor->key, buffer_str(name));
    return buffer_str(&suppressor->key);
}

static struct str rule_of(const struct suppress_entry *entry)
{
    return (struct str){entry->bytes, entry->rule_len};
}

static struct str key_of(const struct suppress_entry *entry)
{
    return (struct str){entry->bytes + entry->rule_len, entry->len - entry->rule_len};
}

/* --- what changed ----------------------------------------------------------------------------- */

void suppress_keep_created(struct suppressor *suppressor, struct suppress_entry *entry)
{
    if (key_set_count(suppressor->gone) > 0) {
        struct str name = cell_key(suppressor, rule_of(entry), key_of(entry));
        entry->stored = key_set_remove(suppressor->gone, name);
    }
}

void suppress_keep_changed(struct suppressor *suppressor, struct suppress_entry *entry)
{
    ENSURE(!suppressor->telling);
    if (entry->changed == 0) {
        MEMORY_GROW(suppressor->changed, suppressor->changed_count, suppressor->changed_capacity);
        suppressor->changed[suppressor->changed_count++] = entry;
        entry->changed = suppressor->changed_count;
    }
}

void suppress_keep_evicted(struct suppressor *suppressor, struct suppress_entry *entry)
{
    ENSURE(!suppressor->telling);
    if (entry->changed != 0) {
        struct suppress_entry *last = suppressor->changed[--suppressor->changed_count];
        suppressor->changed[entry->changed - 1] = last;
        last->changed = entry->changed;
    }
    if (entry->stored) {
        key_set_add(suppressor->gone, cell_key(suppressor, rule_of(entry), key_of(entry)));
    }
}

/* --- telling it ------------------------------------------------------------------------------- */

size_t suppressor_changes(const struct suppressor *suppressor)
{
    return suppressor->changed_count + key_set_count(suppressor->gone);
}

static void tell_entry(struct suppressor *suppressor, const struct suppress_entry *entry,
                       state_cell_fn *tell, void *context)
{
    struct str name = cell_key(suppressor, rule_of(entry), key_of(entry));
    struct buffer *value = &suppressor->value;
    buffer_clear(value);
    pack_u8(value, CELL_FORMAT);
    pack_str(value, rule_of(entry));
    pack_str(value, key_of(entry));
    pack_u64(value, entry->turn);
    pack_i64(value, entry->began_ns);
    pack_u64(value, entry->told);
    pack_u64(value, entry->suppressed);
    tell(context, name, buffer_str(value), false);
}

void suppressor_tell_changes(struct suppressor *suppressor, state_cell_fn *tell, void *context)
{
    ENSURE(suppressor->keeps && !suppressor->telling);
    for (uint32_t i = 0; i < suppressor->changed_count; i++) {
        tell_entry(suppressor, suppressor->changed[i], tell, context);
    }
    const struct key_set_item *item = key_set_oldest(suppressor->gone);
    for (; item != NULL; item = key_set_newer(item)) {
        tell(context, key_set_key(item), (struct str){0}, true);
    }
    suppressor->telling = true;
}

void suppressor_changes_done(struct suppressor *suppressor)
{
    ENSURE(suppressor->telling);
    for (uint32_t i = 0; i < suppressor->changed_count; i++) {
        suppressor->changed[i]->changed = 0;
        suppressor->changed[i]->stored = true;
    }
    suppressor->changed_count = 0;
    key_set_drop(suppressor->gone, key_set_count(suppressor->gone));
    suppressor->telling = false;
}

/* --- restoring -------------------------------------------------------------------------------- */

int suppressor_restore(struct suppressor *suppressor, struct str key, struct str value,
                       struct err *err)
{
    struct unpack in = unpack_of(value);
    bool known = unpack_u8(&in) == CELL_FORMAT;
    struct str rule = unpack_str(&in);
    struct str own_key = unpack_str(&in);
    uint64_t turn = unpack_u64(&in);
    int64_t began_ns = unpack_i64(&in);
    uint64_t told = unpack_u64(&in);
    uint64_t suppressed = unpack_u64(&in);
    ENSURE(suppressor->keeps);
    if (!known || in.failed || in.left > 0 ||
        !str_equal(cell_key(suppressor, rule, own_key), key)) {
        return err_set(err, ERR_DATA,
                       "the cell of a suppressed alert is damaged, or of a newer version: restore "
                       "the state from a backup, or begin without it");
    }
    if (suppress_find(suppressor, rule, own_key) != NULL) {
        return 0; /* the store may tell a cell twice */
    }
    struct suppress_entry *entry = suppress_add(suppressor, rule, own_key);
    entry->turn = turn;
    entry->began_ns = began_ns;
    entry->told = told;
    entry->suppressed = suppressed;
    entry->stored = true;
    suppressor->unsorted = true;
    return 0;
}

static int compare_turns(const void *left, const void *right)
{
    const struct suppress_entry *a = *(struct suppress_entry *const *)left;
    const struct suppress_entry *b = *(struct suppress_entry *const *)right;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

void suppress_keep_sort(struct suppressor *suppressor)
{
    uint32_t count = suppressor->count;
    struct suppress_entry **entries = memory_new(count, sizeof *entries);
    uint32_t filled = 0;
    for (struct suppress_entry *entry = suppressor->oldest; entry != NULL; entry = entry->newer) {
        entries[filled++] = entry;
    }
    ENSURE(filled == count);
    qsort(entries, count, sizeof *entries, compare_turns);
    suppressor->oldest = NULL;
    suppressor->newest = NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t turn = entries[i]->turn;
        suppress_link_newest(suppressor, entries[i]);
        entries[i]->turn = turn; /* as its cell has it */
        suppressor->turns = turn;
    }
    memory_free(entries);
    suppressor->unsorted = false;
    suppress_evict(suppressor, suppressor->count_max);
}
