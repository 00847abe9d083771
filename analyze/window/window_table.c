/* SPDX-License-Identifier: Apache-2.0
 *
 * window_table.c - see window_internal.h: where keys are found by series and name.
 *
 * Open addressing with linear probing; a removal shifts followers back, so that there are no
 * tombstones. When there is no more room, a table of twice the size takes over; each new key then
 * moves some of the old one's slots, so that no match waits until millions of keys are moved.
 *
 * Bounds: O(1) expected; at most 3/4 of the slots are used. The old table is empty long before the
 * new one is full: MOVED_EACH * 3/4 of its slots are moved for each slot that is filled.
 */
#include "analyze/window/window_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

#define SLOTS_MIN  64U
#define MOVED_EACH 4U /* slots; 2 would do */

static void place(struct window_slots *slots, struct window_key *key)
{
    size_t mask = slots->count - 1;
    size_t at = (size_t)key->hash & mask;
    while (slots->keys[at] != NULL) {
        at = (at + 1) & mask;
    }
    slots->keys[at] = key;
}

/* Empties the slot and moves back those behind it that were pushed past it. */
static void empty_slot(struct window_slots *slots, size_t hole)
{
    size_t mask = slots->count - 1;
    for (size_t at = (hole + 1) & mask; slots->keys[at] != NULL; at = (at + 1) & mask) {
        size_t home = (size_t)slots->keys[at]->hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            slots->keys[hole] = slots->keys[at];
            hole = at;
        }
    }
    slots->keys[hole] = NULL;
}

static struct window_key *find_in(const struct window_slots *slots, uint64_t hash, uint32_t series,
                                  struct str bytes)
{
    size_t mask = slots->count - 1;
    for (size_t at = (size_t)hash & mask; slots->count > 0 && slots->keys[at] != NULL;
         at = (at + 1) & mask) {
        struct window_key *key = slots->keys[at];
        if (key->hash == hash && key->series == series &&
            str_equal((struct str){key->bytes, key->len}, bytes)) {
            return key;
        }
    }
    return NULL;
}

static bool remove_from(struct window_slots *slots, const struct window_key *key)
{
    size_t mask = slots->count - 1;
    for (size_t at = (size_t)key->hash & mask; slots->count > 0 && slots->keys[at] != NULL;
         at = (at + 1) & mask) {
        if (slots->keys[at] == key) {
            empty_slot(slots, at);
            return true;
        }
    }
    return false;
}

static void forget(struct window_slots *slots)
{
    memory_free(slots->keys);
    *slots = (struct window_slots){0};
}

/* Moves the next slots of the old table. Those before are empty. */
static void move_some(struct window_table *table)
{
    for (uint32_t i = 0; i < MOVED_EACH && table->old.count > 0; i++) {
        while (table->old.keys[table->old_at] != NULL) {
            struct window_key *key = table->old.keys[table->old_at];
            empty_slot(&table->old, table->old_at);
            place(&table->now, key);
        }
        if (++table->old_at == table->old.count) {
            forget(&table->old);
        }
    }
}

void window_table_add(struct window_table *table, struct window_key *key)
{
    if ((table->keys_count + 1) * 4 > table->now.count * 3) {
        ENSURE(table->old.count == 0);
        table->old = table->now;
        table->old_at = 0;
        table->now.count = table->old.count == 0 ? SLOTS_MIN : table->old.count * 2;
        table->now.keys = memory_new(table->now.count, sizeof(struct window_key *));
    }
    move_some(table);
    place(&table->now, key);
    table->keys_count++;
}

struct window_key *window_table_find(const struct window_table *table, uint64_t hash,
                                     uint32_t series, struct str bytes)
{
    struct window_key *key = find_in(&table->now, hash, series, bytes);
    return key == NULL && table->old.count > 0 ? find_in(&table->old, hash, series, bytes) : key;
}

void window_table_remove(struct window_table *table, const struct window_key *key)
{
    ENSURE(remove_from(&table->now, key) || remove_from(&table->old, key));
    table->keys_count--;
}

void window_table_clear(struct window_table *table)
{
    forget(&table->old);
    for (size_t i = 0; i < table->now.count; i++) {
        table->now.keys[i] = NULL;
    }
    table->keys_count = 0;
}

void window_table_release(struct window_table *table)
{
    forget(&table->old);
    forget(&table->now);
    table->keys_count = 0;
}
