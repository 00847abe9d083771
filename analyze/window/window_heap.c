/* SPDX-License-Identifier: Apache-2.0
 *
 * window_heap.c - see window_internal.h: matches that wait, and the bodies they share.
 *
 * Bounds: push and pop are O(log n).
 */
#include "analyze/window/window_internal.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

/* Total over different matches: (time, level, rank, event id, correlation, reference). */
static bool before(const struct window_heap_entry *a, const struct window_heap_entry *b)
{
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns;
    }
    if (a->place != b->place) {
        return a->place < b->place;
    }
    int order = memcmp(a->pending->id, b->pending->id, sizeof a->pending->id);
    if (order != 0) {
        return order < 0;
    }
    if (a->pending->series != b->pending->series) {
        return a->pending->series < b->pending->series;
    }
    return a->pending->reference < b->pending->reference;
}

_Static_assert(CORRELATION_STEPS_MAX <= UINT8_MAX, "a rank is one byte of a place");
_Static_assert(LIMIT_RULE_DEPTH <= UINT8_MAX, "so is a level");

static uint64_t place_of(const struct window_pending *pending)
{
    uint64_t place = (uint64_t)pending->level << 8 | pending->rank;
    for (size_t i = 0; i < 6; i++) {
        place = place << 8 | pending->id[i];
    }
    return place;
}

void window_heap_push(struct window_heap *heap, struct window_pending *pending)
{
    MEMORY_GROW(heap->entries, heap->count, heap->capacity);
    struct window_heap_entry entry = {pending->event.time_ns, place_of(pending), pending};
    size_t at = heap->count++;
    while (at > 0 && before(&entry, &heap->entries[(at - 1) / 2])) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->entries[at] = entry;
}

struct window_pending *window_heap_pop(struct window_heap *heap)
{
    ENSURE(heap->count > 0);
    struct window_pending *first = heap->entries[0].pending;
    struct window_heap_entry last = heap->entries[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && before(&heap->entries[child + 1], &heap->entries[child])) {
            child++;
        }
        if (!before(&heap->entries[child], &last)) {
            break;
        }
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    heap->entries[at] = last;
    if (heap->count > 0) {
        /* The next one lies where it was made, long ago. */
        __builtin_prefetch(heap->entries[0].pending);
        __builtin_prefetch(heap->entries[0].pending->bytes);
    }
    return first;
}

/* One block: the struct, the fields, then the bytes of all texts. Names of fields outlive alerts
 * (alert.h) and are not copied. Records are most of what waits, and the least of what is needed:
 * when half of the room is used they are left out, so that the order can be kept for longer. */
struct window_body *window_body_new(struct windows *windows, const struct alert *alert)
{
    bool bare = windows->bodies_bytes > windows->limits.pending_bytes / 2;
    windows->counters.bare += bare ? 1 : 0;
    struct window_body *body =
        window_body_make(windows, alert, bare ? (struct str){0} : alert->original);
    body->number = ++windows->bodies_made;
    return body;
}

struct window_body *window_body_make(struct windows *windows, const struct alert *alert,
                                     struct str original)
{
    size_t fields_bytes = alert->fields_count * sizeof(struct alert_field);
    size_t bytes = sizeof(struct window_body) + fields_bytes + original.len;
    for (uint32_t i = 0; i < alert->fields_count; i++) {
        bytes += alert->fields[i].value.len;
    }
    struct window_body *body = memory_resize(NULL, bytes, 1);
    windows->bodies_bytes += bytes;
    *body = (struct window_body){.refs = 1,
                                 .fields_count = alert->fields_count,
                                 .fields = (struct alert_field *)(body + 1),
                                 .original_len = alert->original_len,
                                 .bytes = bytes};
    char *at = (char *)(body + 1) + fields_bytes;
    for (uint32_t i = 0; i <= alert->fields_count; i++) {
        bool field = i < alert->fields_count;
        struct str text = field ? alert->fields[i].value : original;
        if (text.len > 0) {
            memcpy(at, text.ptr, text.len);
        }
        struct str copy = {at, text.len};
        at += text.len;
        if (field) {
            body->fields[i] = (struct alert_field){alert->fields[i].name, copy};
        } else {
            body->original = copy;
        }
    }
    return body;
}

void window_body_drop(struct windows *windows, struct window_body *body)
{
    if (body != NULL && --body->refs == 0) {
        windows->bodies_bytes -= body->bytes;
        memory_free(body);
    }
}
