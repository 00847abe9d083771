/* SPDX-License-Identifier: Apache-2.0
 *
 * window_values.c - see window_internal.h: the distinct values of a key, the stalest first out.
 *
 * The values stand in a dense array, linked in time order by indexes. Up to FEW of them are
 * searched one by one; more, through buckets that are chained by index. Bounds: O(1) expected for
 * events in time order; a late one walks back to its place.
 */
#include "analyze/window/window_internal.h"

#include "base/hash.h"
#include "base/memory.h"

#define FEW 16

void window_values_init(struct window_values *values)
{
    *values = (struct window_values){.oldest = WINDOW_VALUE_NONE, .newest = WINDOW_VALUE_NONE};
}

void window_values_release(struct window_values *values)
{
    for (uint32_t i = 0; i < values->count; i++) {
        memory_free(values->items[i].bytes);
    }
    memory_free(values->items);
    memory_free(values->buckets);
    window_values_init(values);
}

static uint32_t *bucket(const struct window_values *values, uint64_t hash)
{
    return &values->buckets[hash & (values->buckets_count - 1)];
}

static void enter_bucket(struct window_values *values, uint32_t index)
{
    uint32_t *head = bucket(values, values->items[index].hash);
    values->items[index].next = *head;
    *head = index;
}

/* Where the index of item index is stored: a bucket's head or an item's next. */
static uint32_t *bucket_link(struct window_values *values, uint32_t index)
{
    uint32_t *link = bucket(values, values->items[index].hash);
    while (*link != index) {
        link = &values->items[*link].next;
    }
    return link;
}

static void make_buckets(struct window_values *values)
{
    memory_free(values->buckets);
    values->buckets_count = values->capacity * 2; /* a power of two, as the capacity is */
    values->buckets = memory_resize(NULL, values->buckets_count, sizeof *values->buckets);
    for (uint32_t i = 0; i < values->buckets_count; i++) {
        values->buckets[i] = WINDOW_VALUE_NONE;
    }
    for (uint32_t i = 0; i < values->count; i++) {
        enter_bucket(values, i);
    }
}

static bool same(const struct window_value *item, struct str value, uint64_t hash)
{
    return item->hash == hash && str_equal((struct str){item->bytes, item->len}, value);
}

static uint32_t find(const struct window_values *values, struct str value, uint64_t hash)
{
    if (values->buckets == NULL) {
        uint32_t at = 0;
        while (at < values->count && !same(&values->items[at], value, hash)) {
            at++;
        }
        return at < values->count ? at : WINDOW_VALUE_NONE;
    }
    uint32_t at = *bucket(values, hash);
    while (at != WINDOW_VALUE_NONE && !same(&values->items[at], value, hash)) {
        at = values->items[at].next;
    }
    return at;
}

static void unlink_time(struct window_values *values, uint32_t index)
{
    uint32_t older = values->items[index].older;
    uint32_t newer = values->items[index].newer;
    *(older == WINDOW_VALUE_NONE ? &values->oldest : &values->items[older].newer) = newer;
    *(newer == WINDOW_VALUE_NONE ? &values->newest : &values->items[newer].older) = older;
}

/* Links the item behind the newest that is not after it. */
static void link_time(struct window_values *values, uint32_t index)
{
    int64_t time_ns = values->items[index].event.time_ns;
    uint32_t older = values->newest;
    while (older != WINDOW_VALUE_NONE && values->items[older].event.time_ns > time_ns) {
        older = values->items[older].older;
    }
    uint32_t *forward = older == WINDOW_VALUE_NONE ? &values->oldest : &values->items[older].newer;
    uint32_t newer = *forward;
    values->items[index].older = older;
    values->items[index].newer = newer;
    *forward = index;
    *(newer == WINDOW_VALUE_NONE ? &values->newest : &values->items[newer].older) = index;
}

/* Moves the last item into place index, which is free, so that items stay dense. */
static void fill_hole(struct window_values *values, uint32_t index)
{
    uint32_t last = values->count - 1;
    if (index != last) {
        if (values->buckets != NULL) {
            *bucket_link(values, last) = index;
        }
        values->items[index] = values->items[last];
        uint32_t older = values->items[index].older;
        uint32_t newer = values->items[index].newer;
        *(older == WINDOW_VALUE_NONE ? &values->oldest : &values->items[older].newer) = index;
        *(newer == WINDOW_VALUE_NONE ? &values->newest : &values->items[newer].older) = index;
    }
    values->count--;
}

static void drop_oldest(struct window_values *values)
{
    uint32_t index = values->oldest;
    if (values->buckets != NULL) {
        *bucket_link(values, index) = values->items[index].next;
    }
    unlink_time(values, index);
    values->bytes -= values->items[index].len + 1;
    memory_free(values->items[index].bytes);
    fill_hole(values, index);
}

static void grow(struct window_values *values)
{
    values->capacity = values->capacity == 0 ? 2 : values->capacity * 2;
    values->items = memory_resize(values->items, values->capacity, sizeof *values->items);
    if (values->capacity > FEW) {
        make_buckets(values);
    }
}

static void append(struct window_values *values, struct str value, uint64_t hash,
                   const struct window_event *event)
{
    if (values->count == values->capacity) {
        grow(values);
    }
    uint32_t index = values->count++;
    values->items[index] = (struct window_value){.event = *event,
                                                 .hash = hash,
                                                 .bytes = memory_copy_str(value),
                                                 .len = (uint32_t)value.len,
                                                 .next = WINDOW_VALUE_NONE};
    values->bytes += value.len + 1;
    if (values->buckets != NULL) {
        enter_bucket(values, index);
    }
    link_time(values, index);
}

bool window_values_add(struct window_values *values, struct str value,
                       const struct window_event *event, uint32_t limit)
{
    uint64_t hash = hash_bytes(value, hash_seed());
    uint32_t index = find(values, value, hash);
    if (index == WINDOW_VALUE_NONE) {
        append(values, value, hash, event);
    } else if (values->items[index].event.time_ns <= event->time_ns) {
        unlink_time(values, index);
        values->items[index].event = *event;
        link_time(values, index);
    }
    if (values->count <= limit) {
        return false;
    }
    drop_oldest(values);
    return true;
}

void window_values_expire(struct window_values *values, int64_t time_ns)
{
    while (values->count > 0 && values->items[values->oldest].event.time_ns < time_ns) {
        drop_oldest(values);
    }
}

/* limit + 1 are held while the stalest is about to go. */
void window_values_reserve(struct window_values *values, uint32_t capacity, uint32_t limit)
{
    while (values->capacity < capacity && values->capacity <= limit) {
        grow(values);
    }
}
