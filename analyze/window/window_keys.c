/* SPDX-License-Identifier: Apache-2.0
 *
 * window_keys.c - see window_internal.h: keys and their lists by time.
 *
 * The hash is seeded per process: who writes logs can not choose collisions.
 * Bounds: O(1) expected; limits.keys keys.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>

uint64_t window_key_hash(const struct windows *windows, uint32_t series, struct str bytes)
{
    return hash_bytes(bytes, hash_mix(windows->seed ^ series, UINT64_C(0xD6E8FEB86659FD93)));
}

void window_keys_rehash(struct windows *windows)
{
    window_table_clear(&windows->table);
    for (uint32_t i = 0; i < windows->series_count; i++) {
        for (struct window_key *key = windows->series[i].oldest; key != NULL; key = key->newer) {
            key->hash = window_key_hash(windows, i, (struct str){key->bytes, key->len});
            window_table_add(&windows->table, key);
        }
    }
}

struct window_key *window_key_find(struct windows *windows, uint32_t series, struct str bytes)
{
    return window_table_find(&windows->table, window_key_hash(windows, series, bytes), series,
                             bytes);
}

static void unlink_key(struct windows *windows, struct window_key *key)
{
    struct window_series *series = &windows->series[key->series];
    series->hand = series->hand == key ? key->newer : series->hand;
    *(key->older == NULL ? &series->oldest : &key->older->newer) = key->newer;
    *(key->newer == NULL ? &series->newest : &key->newer->older) = key->older;
}

/* Puts the key behind all others of its series. */
static void append_key(struct window_series *series, struct window_key *key)
{
    key->older = series->newest;
    key->newer = NULL;
    *(key->older == NULL ? &series->oldest : &key->older->newer) = key;
    series->newest = key;
}

static void link_key(struct windows *windows, struct window_key *key)
{
    struct window_series *series = &windows->series[key->series];
    if (series->newest != NULL && series->newest->time_ns > key->time_ns) {
        key->time_ns = series->newest->time_ns;
    }
    key->turn = ++windows->turns;
    append_key(series, key);
}

void window_key_touch(struct windows *windows, struct window_key *key, int64_t time_ns)
{
    unlink_key(windows, key);
    key->time_ns = time_ns;
    link_key(windows, key);
}

/* In the table, and in no list. */
static struct window_key *make_key(struct windows *windows, uint32_t series, struct str bytes)
{
    struct window_key *key = memory_new(1, sizeof *key + bytes.len);
    key->hash = window_key_hash(windows, series, bytes);
    key->silent_until_ns = INT64_MIN;
    key->series = series;
    key->len = (uint32_t)bytes.len;
    if (bytes.len > 0) {
        memcpy(key->bytes, bytes.ptr, bytes.len);
    }
    const struct correlation *correlation = &windows->series[series].rule->correlation;
    if (correlation->kind == CORRELATION_TEMPORAL_ORDERED) {
        key->sequence = window_sequence_new(correlation->references_count);
    }
    if (correlation->kind == CORRELATION_VALUE_COUNT || correlation->kind == CORRELATION_TEMPORAL) {
        key->values = memory_new(1, sizeof *key->values);
        window_values_init(key->values);
    }
    if (correlation_measures(correlation->kind)) {
        key->numbers = memory_new(1, sizeof *key->numbers);
    }
    window_table_add(&windows->table, key);
    windows->series[series].keys_count++;
    window_key_account(windows, key, 0);
    return key;
}

struct window_key *window_key_new(struct windows *windows, uint32_t series, struct str bytes,
                                  int64_t time_ns)
{
    struct window_key *key = make_key(windows, series, bytes);
    key->time_ns = time_ns;
    link_key(windows, key);
    if (windows->keep != NULL) {
        window_keep_created(windows, key);
    }
    return key;
}

struct window_key *window_key_restore(struct windows *windows, uint32_t series, struct str bytes)
{
    struct window_key *key = make_key(windows, series, bytes);
    append_key(&windows->series[series], key);
    key->stored = true;
    return key;
}

static int compare_turns(const void *left, const void *right)
{
    const struct window_key *a = *(struct window_key *const *)left;
    const struct window_key *b = *(struct window_key *const *)right;
    return (a->turn > b->turn) - (a->turn < b->turn);
}

bool window_keys_sort(struct window_series *series)
{
    struct window_key **keys = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool in_order = true;
    for (struct window_key *key = series->oldest; key != NULL; key = key->newer) {
        MEMORY_GROW(keys, count, capacity);
        keys[count++] = key;
    }
    if (count > 1) {
        qsort(keys, count, sizeof *keys, compare_turns);
    }
    series->oldest = NULL;
    series->newest = NULL;
    for (size_t i = 0; i < count; i++) {
        append_key(series, keys[i]);
        in_order = in_order && (i == 0 || keys[i - 1]->time_ns <= keys[i]->time_ns);
    }
    memory_free(keys);
    return in_order;
}

void window_key_free(struct windows *windows, struct window_key *key)
{
    if (key->changed != 0) {
        window_keep_unchanged(windows, key);
    }
    window_table_remove(&windows->table, key);
    unlink_key(windows, key);
    windows->series[key->series].keys_count--;
    windows->state_bytes -= window_key_bytes(windows, key);
    windows->series[key->series].bytes -= window_key_bytes(windows, key);
    window_events_release(&key->events);
    if (key->values != NULL) {
        window_values_release(key->values);
        memory_free(key->values);
    }
    if (key->numbers != NULL) {
        window_numbers_release(key->numbers);
        memory_free(key->numbers);
    }
    memory_free(key->sequence);
    window_carried_release(windows, key);
    window_body_drop(windows, key->body);
    memory_free(key);
}

size_t window_key_bytes(const struct windows *windows, const struct window_key *key)
{
    size_t bytes = sizeof *key + key->len + key->events.capacity * sizeof(struct window_event);
    if (key->values != NULL) {
        bytes += sizeof *key->values + key->values->capacity * sizeof *key->values->items +
                 key->values->buckets_count * sizeof *key->values->buckets + key->values->bytes;
    }
    if (key->numbers != NULL) {
        bytes += sizeof *key->numbers + key->numbers->ring.capacity * sizeof(struct window_number);
    }
    bytes += key->sequence != NULL ? window_sequence_bytes(key->sequence) : 0;
    bytes += key->carried != NULL ? window_carried_bytes(windows, key) : 0;
    return bytes + (key->body != NULL ? key->body->bytes : 0);
}
