/* SPDX-License-Identifier: Apache-2.0
 *
 * window_sketch.c - see window_internal.h: how often keys that were refused have come back.
 *
 * A set of eight counters is one half of a cache line. A counter is 28 bits of a key's hash and 4
 * bits of count. A key that is not in its set takes one off the set's smallest counter, and its
 * place when that is 0 (HeavyKeeper: Yang et al., 2018).
 *
 * Why tags, and not the count-min rows of TinyLFU (Einziger, Friedman, Manes, 2017), whose
 * admission this serves: there, keys share counters, and a key that is new looks like one that came
 * before with a chance of some in ten thousand. A flood tries a million times. With tags the chance
 * is 8 in 2^28 a try, and a key costs half as much memory.
 *
 * Bounds: window_sketch_count is O(1), one cache line, or two when a set's turn to age comes.
 */
#include "analyze/window/window_internal.h"

#include "base/memory.h"

#define SET       8U
#define COUNT_MAX 15U

/* Each set is halved once in so many counts for each of its counters, as in TinyLFU. */
#define COUNTS_A_HALVING 8U

void window_sketch_init(struct window_sketch *sketch, uint64_t keys)
{
    uint64_t sets = SET;
    while (sets * SET < keys && sets * SET < WINDOW_SKETCH_MAX) {
        sets *= 2;
    }
    sketch->counters = memory_new(sets * SET, sizeof *sketch->counters);
    sketch->sets_count = sets;
    sketch->counts = 0;
}

void window_sketch_release(struct window_sketch *sketch)
{
    memory_free(sketch->counters);
    *sketch = (struct window_sketch){0};
}

static void age(struct window_sketch *sketch)
{
    uint64_t turn = sketch->counts / ((uint64_t)SET * COUNTS_A_HALVING);
    uint32_t *set = sketch->counters + (turn & (sketch->sets_count - 1)) * SET;
    for (uint32_t i = 0; i < SET; i++) {
        uint32_t count = (set[i] & COUNT_MAX) / 2;
        set[i] = count == 0 ? 0 : (set[i] & ~COUNT_MAX) | count;
    }
}

/* Takes one off the smallest counter; of equal ones the first from a place that moves on. */
static void take_place(uint32_t *set, uint32_t tag, uint32_t first)
{
    uint32_t smallest = first % SET;
    for (uint32_t i = 1; i < SET; i++) {
        uint32_t at = (first + i) % SET;
        smallest = (set[at] & COUNT_MAX) < (set[smallest] & COUNT_MAX) ? at : smallest;
    }
    uint32_t count = set[smallest] & COUNT_MAX;
    set[smallest] = count > 1 ? set[smallest] - 1 : (tag | 1U);
}

uint32_t window_sketch_count(struct window_sketch *sketch, uint64_t hash)
{
    uint32_t *set = sketch->counters + (hash & (sketch->sets_count - 1)) * SET;
    uint32_t tag = (uint32_t)(hash >> 32) & ~COUNT_MAX;
    if (++sketch->counts % ((uint64_t)SET * COUNTS_A_HALVING) == 0) {
        age(sketch);
    }
    for (uint32_t i = 0; i < SET; i++) {
        if ((set[i] & ~COUNT_MAX) == tag && (set[i] & COUNT_MAX) > 0) {
            set[i] += (set[i] & COUNT_MAX) < COUNT_MAX ? 1 : 0;
            return set[i] & COUNT_MAX;
        }
    }
    take_place(set, tag, (uint32_t)sketch->counts);
    return 1;
}
