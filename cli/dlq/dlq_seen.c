/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_seen.c - see dlq_seen.h: a hash set of 128-bit hashes with a seed that is drawn at random.
 */
#include "cli/dlq/dlq_seen.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/memory.h"

struct mark {
    uint64_t high; /* both 0: free */
    uint64_t low;
};

struct dlq_seen {
    struct mark *slots;
    size_t capacity; /* a power of two */
    size_t count;
    uint64_t seeds[2];
    struct buffer place;
};

struct dlq_seen *dlq_seen_new(void)
{
    struct dlq_seen *seen = memory_new(1, sizeof *seen);
    seen->capacity = 1024;
    seen->slots = memory_new(seen->capacity, sizeof *seen->slots);
    seen->seeds[0] = hash_seed();
    seen->seeds[1] = hash_mix(hash_seed(), UINT64_C(0x9E3779B97F4A7C15));
    return seen;
}

void dlq_seen_free(struct dlq_seen *seen)
{
    memory_free(seen->slots);
    buffer_release(&seen->place);
    memory_free(seen);
}

static struct mark mark_of(struct dlq_seen *seen, const struct dead_letter *letter)
{
    uint64_t halves[2];
    buffer_clear(&seen->place);
    dead_letter_place(letter, &seen->place);
    for (size_t i = 0; i < 2; i++) {
        uint64_t place = hash_bytes(buffer_str(&seen->place), seen->seeds[i]);
        halves[i] = hash_bytes(letter->record, place ^ seen->seeds[i]);
    }
    return (struct mark){halves[0] | 1, halves[1]};
}

/* The mark's slot, or the free one where it belongs. */
static struct mark *slot_of(const struct dlq_seen *seen, struct mark mark)
{
    size_t at = (size_t)mark.low & (seen->capacity - 1);
    while (seen->slots[at].high != 0 &&
           (seen->slots[at].high != mark.high || seen->slots[at].low != mark.low)) {
        at = (at + 1) & (seen->capacity - 1);
    }
    return &seen->slots[at];
}

static void grow(struct dlq_seen *seen)
{
    struct mark *old = seen->slots;
    size_t count = seen->capacity;
    seen->capacity *= 2;
    seen->slots = memory_new(seen->capacity, sizeof *seen->slots);
    for (size_t i = 0; i < count; i++) {
        if (old[i].high != 0) {
            *slot_of(seen, old[i]) = old[i];
        }
    }
    memory_free(old);
}

enum dlq_sight dlq_seen_add(struct dlq_seen *seen, const struct dead_letter *letter)
{
    struct mark mark = mark_of(seen, letter);
    struct mark *slot = slot_of(seen, mark);
    if (slot->high != 0) {
        return DLQ_SEEN;
    }
    if (seen->count == LIMIT_DEAD_LETTER_SEEN) {
        return DLQ_FULL;
    }
    *slot = mark;
    if (++seen->count * 2 > seen->capacity) {
        grow(seen);
    }
    return DLQ_NEW;
}
