/* SPDX-License-Identifier: Apache-2.0
 *
 * key_set.h - byte strings, each once, of which the one that was added first comes first.
 *
 * Thread: one at a time.   Owns: copies of its keys.
 * Invariants: (1) the order is that of adding: nothing that is written depends on a hash.
 * Bounds: O(1) expected per call; a key costs its bytes and about 48 more.
 * Tested: tests/unit/test_key_set.c.
 */
#ifndef TOCSIN_BASE_KEY_SET_H
#define TOCSIN_BASE_KEY_SET_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct key_set;
struct key_set_item;

struct key_set *key_set_new(void);
void key_set_free(struct key_set *set);
size_t key_set_count(const struct key_set *set);
/* False: it was there already, and keeps its place. */
bool key_set_add(struct key_set *set, struct str key);
/* False: it was not there. */
bool key_set_remove(struct key_set *set, struct str key);
/* Removes so many of the oldest. */
void key_set_drop(struct key_set *set, size_t count);

/* The oldest item and the one after an item; NULL: there is none. */
const struct key_set_item *key_set_oldest(const struct key_set *set);
const struct key_set_item *key_set_newer(const struct key_set_item *item);
/* Lives until the item is removed. */
struct str key_set_key(const struct key_set_item *item);

#endif
