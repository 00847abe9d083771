/* SPDX-License-Identifier: Apache-2.0
 *
 * list_internal.h - a list's tables, and the steps in which they are made.
 *
 * In:  entries, one by one.   Out: struct list.
 * Thread: one, until list_build.   Owns: the list owns all.
 * Invariants: (1) texts are folded and different; slots is a power of two and never full.
 *             (2) ranges are sorted and don't touch.
 */
#ifndef TOCSIN_ANALYZE_LIST_LIST_INTERNAL_H
#define TOCSIN_ANALYZE_LIST_LIST_INTERNAL_H

#include "analyze/list/list.h"
#include "base/arena.h"

/* An address as 16 bytes; IPv4 is mapped into IPv6, so that one table has both. */
struct list_range {
    uint8_t first[16];
    uint8_t last[16];
};

struct list_slot {
    uint32_t tag;
    uint32_t entry; /* index + 1 into texts; 0: free */
};

struct list {
    enum list_kind kind;
    struct arena *arena; /* of texts */
    struct str *texts;
    uint32_t texts_count;
    uint32_t texts_capacity;
    const char *redis_address; /* in arena; NULL: the file has all entries */
    const char *redis_key;
    struct str *entries; /* as they stand, as long as there are few */
    uint32_t entries_count;
    struct list_slot *slots;
    uint32_t mask;
    struct list_range *ranges;
    uint32_t ranges_count;
    uint32_t ranges_capacity;
};

struct list *list_new(enum list_kind kind);
/* Adds an entry as it stands in the file; NULL, or why it can't be one. */
const char *list_add(struct list *list, struct str entry);
/* list_redis.c: adds the members of the set that the list names. ERR_REDIS or ERR_CONFIG. */
int list_fetch_redis(struct list *list, struct err *err);
/* All entries are added. */
void list_build(struct list *list);

#endif
