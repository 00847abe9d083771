/* SPDX-License-Identifier: Apache-2.0
 *
 * suppress.c - see suppress.h.
 *
 * Entries stand in a hash table of chains and in a list by when their period began, which gives the
 * stalest one without a search.
 */
#include "analyze/alert/suppress_internal.h"

#include "base/ensure.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/timestamp.h"

#include <string.h>

#define BUCKETS_MIN 64U

struct suppressor *suppressor_new(uint32_t keys_max)
{
    struct suppressor *suppressor = memory_new(1, sizeof *suppressor);
    ENSURE(keys_max > 0);
    suppressor->count_max = keys_max;
    suppressor->mask = BUCKETS_MIN - 1;
    suppressor->buckets = memory_new(BUCKETS_MIN, sizeof *suppressor->buckets);
    return suppressor;
}

void suppressor_free(struct suppressor *suppressor)
{
    if (suppressor == NULL) {
        return;
    }
    while (suppressor->oldest != NULL) {
        struct suppress_entry *entry = suppressor->oldest;
        suppressor->oldest = entry->newer;
        memory_free(entry);
    }
    suppress_keep_release(suppressor);
    memory_free(suppressor->buckets);
    memory_free(suppressor);
}

uint64_t suppressor_evicted(const struct suppressor *suppressor)
{
    return suppressor->evicted;
}

static void unlink_age(struct suppressor *suppressor, struct suppress_entry *entry)
{
    struct suppress_entry **before =
        entry->older != NULL ? &entry->older->newer : &suppressor->oldest;
    struct suppress_entry **after =
        entry->newer != NULL ? &entry->newer->older : &suppressor->newest;
    *before = entry->newer;
    *after = entry->older;
}

void suppress_link_newest(struct suppressor *suppressor, struct suppress_entry *entry)
{
    struct suppress_entry **place =
        suppressor->newest != NULL ? &suppressor->newest->newer : &suppressor->oldest;
    *place = entry;
    entry->older = suppressor->newest;
    entry->newer = NULL;
    suppressor->newest = entry;
    entry->turn = ++suppressor->turns;
}

static void evict_oldest(struct suppressor *suppressor)
{
    struct suppress_entry *entry = suppressor->oldest;
    ENSURE(entry != NULL);
    if (suppressor->keeps) {
        suppress_keep_evicted(suppressor, entry);
    }
    struct suppress_entry **place = &suppressor->buckets[entry->hash & suppressor->mask];
    while (*place != entry) {
        place = &(*place)->next;
    }
    *place = entry->next;
    unlink_age(suppressor, entry);
    memory_free(entry);
    suppressor->count--;
    suppressor->evicted++;
}

void suppress_evict(struct suppressor *suppressor, uint32_t count_max)
{
    while (suppressor->count > count_max) {
        evict_oldest(suppressor);
    }
}

static void grow(struct suppressor *suppressor)
{
    uint32_t size = (suppressor->mask + 1) * 2;
    struct suppress_entry **buckets = memory_new(size, sizeof *buckets);
    for (struct suppress_entry *entry = suppressor->oldest; entry != NULL; entry = entry->newer) {
        struct suppress_entry **place = &buckets[entry->hash & (size - 1)];
        entry->next = *place;
        *place = entry;
    }
    memory_free(suppressor->buckets);
    suppressor->buckets = buckets;
    suppressor->mask = size - 1;
}

static uint64_t hash_of(struct str rule, struct str key)
{
    return hash_bytes(key, hash_bytes(rule, 0));
}

struct suppress_entry *suppress_add(struct suppressor *suppressor, struct str rule, struct str key)
{
    uint64_t hash = hash_of(rule, key);
    if (suppressor->count > suppressor->mask) {
        grow(suppressor);
    }
    struct suppress_entry *entry = memory_new(1, sizeof *entry + rule.len + key.len);
    entry->hash = hash;
    entry->rule_len = (uint32_t)rule.len;
    entry->len = (uint32_t)(rule.len + key.len);
    entry->began_ns = TIMESTAMP_NONE;
    memcpy(entry->bytes, rule.ptr, rule.len);
    if (key.len > 0) {
        memcpy(entry->bytes + rule.len, key.ptr, key.len);
    }
    entry->next = suppressor->buckets[hash & suppressor->mask];
    suppressor->buckets[hash & suppressor->mask] = entry;
    suppress_link_newest(suppressor, entry);
    suppressor->count++;
    if (suppressor->keeps) {
        suppress_keep_created(suppressor, entry);
    }
    return entry;
}

struct suppress_entry *suppress_find(struct suppressor *suppressor, struct str rule, struct str key)
{
    uint64_t hash = hash_of(rule, key);
    struct suppress_entry *entry = suppressor->buckets[hash & suppressor->mask];
    while (entry != NULL) {
        struct str own_rule = {entry->bytes, entry->rule_len};
        struct str own_key = {entry->bytes + entry->rule_len, entry->len - entry->rule_len};
        if (entry->hash == hash && str_equal(own_rule, rule) && str_equal(own_key, key)) {
            return entry;
        }
        entry = entry->next;
    }
    return NULL;
}

/* Does the time lie in the entry's period? What is a little earlier does, too: files and streams
 * are not in order. */
static bool is_in_period(const struct suppress_entry *entry, int64_t time_ns, int64_t period_ns)
{
    if (entry->began_ns == TIMESTAMP_NONE) {
        return false;
    }
    uint64_t apart = time_ns >= entry->began_ns ? (uint64_t)time_ns - (uint64_t)entry->began_ns
                                                : (uint64_t)entry->began_ns - (uint64_t)time_ns;
    return apart < (uint64_t)period_ns;
}

bool suppressor_tells(struct suppressor *suppressor, const struct rule *rule, struct str key,
                      int64_t time_ns, uint64_t *suppressed)
{
    const struct rule_suppress *suppress = &rule->extension->suppress;
    *suppressed = 0;
    if (time_ns == TIMESTAMP_NONE) {
        return true;
    }
    if (suppressor->unsorted) {
        suppress_keep_sort(suppressor);
    }
    struct suppress_entry *entry = suppress_find(suppressor, rule->id, key);
    if (entry == NULL) {
        suppress_evict(suppressor, suppressor->count_max - 1);
        entry = suppress_add(suppressor, rule->id, key);
    }
    if (suppressor->keeps) {
        suppress_keep_changed(suppressor, entry);
    }
    if (!is_in_period(entry, time_ns, suppress->period_ns)) {
        unlink_age(suppressor, entry);
        suppress_link_newest(suppressor, entry);
        entry->began_ns = time_ns;
        entry->told = 0;
    }
    if (entry->told >= suppress->alerts_max) {
        entry->suppressed++;
        return false;
    }
    entry->told++;
    *suppressed = entry->suppressed;
    entry->suppressed = 0;
    return true;
}
