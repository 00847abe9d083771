/* SPDX-License-Identifier: Apache-2.0
 *
 * key_set.c - see key_set.h. Items stand in chains of a hash table and in a list by their age.
 */
#include "base/key_set.h"

#include "base/ensure.h"
#include "base/hash.h"
#include "base/memory.h"

#define BUCKETS_MIN 16U

struct key_set_item {
    struct key_set_item *next; /* of the bucket */
    struct key_set_item *older;
    struct key_set_item *newer;
    uint64_t hash;
    size_t len;
    char bytes[];
};

struct key_set {
    struct key_set_item **buckets;
    size_t buckets_count; /* a power of two */
    size_t count;
    struct key_set_item *oldest;
    struct key_set_item *newest;
    uint64_t seed;
};

struct key_set *key_set_new(void)
{
    struct key_set *set = memory_new(1, sizeof *set);
    set->seed = hash_seed();
    set->buckets_count = BUCKETS_MIN;
    set->buckets = memory_new(BUCKETS_MIN, sizeof(struct key_set_item *));
    return set;
}

void key_set_free(struct key_set *set)
{
    if (set == NULL) {
        return;
    }
    while (set->oldest != NULL) {
        struct key_set_item *item = set->oldest;
        set->oldest = item->newer;
        memory_free(item);
    }
    memory_free(set->buckets);
    memory_free(set);
}

size_t key_set_count(const struct key_set *set)
{
    return set->count;
}

/* The link that leads to the key's item, or the end of the chain where it belongs. */
static struct key_set_item **find_link(const struct key_set *set, struct str key, uint64_t hash)
{
    struct key_set_item **link = &set->buckets[hash & (set->buckets_count - 1)];
    while (*link != NULL &&
           ((*link)->hash != hash || !str_equal((struct str){(*link)->bytes, (*link)->len}, key))) {
        link = &(*link)->next;
    }
    return link;
}

static void grow(struct key_set *set)
{
    size_t count = set->buckets_count * 2;
    struct key_set_item **buckets = memory_new(count, sizeof(struct key_set_item *));
    for (struct key_set_item *item = set->oldest; item != NULL; item = item->newer) {
        struct key_set_item **head = &buckets[item->hash & (count - 1)];
        item->next = *head;
        *head = item;
    }
    memory_free(set->buckets);
    set->buckets = buckets;
    set->buckets_count = count;
}

bool key_set_add(struct key_set *set, struct str key)
{
    uint64_t hash = hash_bytes(key, set->seed);
    if (*find_link(set, key, hash) != NULL) {
        return false;
    }
    if (set->count == set->buckets_count) {
        grow(set);
    }
    struct key_set_item *item = memory_new(1, sizeof *item + key.len);
    item->hash = hash;
    item->len = key.len;
    if (key.len > 0) {
        memcpy(item->bytes, key.ptr, key.len);
    }
    *find_link(set, key, hash) = item;
    item->older = set->newest;
    *(set->newest == NULL ? &set->oldest : &set->newest->newer) = item;
    set->newest = item;
    set->count++;
    return true;
}

static void remove_at(struct key_set *set, struct key_set_item **link)
{
    struct key_set_item *item = *link;
    ENSURE(item != NULL);
    *link = item->next;
    *(item->older == NULL ? &set->oldest : &item->older->newer) = item->newer;
    *(item->newer == NULL ? &set->newest : &item->newer->older) = item->older;
    set->count--;
    memory_free(item);
}

bool key_set_remove(struct key_set *set, struct str key)
{
    struct key_set_item **link = find_link(set, key, hash_bytes(key, set->seed));
    if (*link == NULL) {
        return false;
    }
    remove_at(set, link);
    return true;
}

void key_set_drop(struct key_set *set, size_t count)
{
    ENSURE(count <= set->count);
    for (size_t i = 0; i < count; i++) {
        const struct key_set_item *item = set->oldest;
        ENSURE(item != NULL);
        remove_at(set, find_link(set, (struct str){item->bytes, item->len}, item->hash));
    }
}

const struct key_set_item *key_set_oldest(const struct key_set *set)
{
    return set->oldest;
}

const struct key_set_item *key_set_newer(const struct key_set_item *item)
{
    return item->newer;
}

struct str key_set_key(const struct key_set_item *item)
{
    return (struct str){item->bytes, item->len};
}
