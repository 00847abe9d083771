/* SPDX-License-Identifier: Apache-2.0
 *
 * window_numbers.c - see window_internal.h: the numbers of a key, their sum and their percentiles.
 *
 * Bounds: window_numbers_add is O(1) for events in time order; a percentile sorts a copy.
 */
#include "analyze/window/window_ring_internal.h"

#include "base/ensure.h"

#include <stdlib.h>

#define NUMBER sizeof(struct window_number)

void window_numbers_release(struct window_numbers *numbers)
{
    memory_free(numbers->ring.items);
    *numbers = (struct window_numbers){0};
}

const struct window_number *window_numbers_at(const struct window_numbers *numbers, uint32_t index)
{
    return window_ring_at(&numbers->ring, index, NUMBER);
}

static void drop_oldest(struct window_numbers *numbers)
{
    numbers->sum -= window_numbers_at(numbers, 0)->value;
    window_ring_drop_oldest(&numbers->ring);
}

bool window_numbers_add(struct window_numbers *numbers, const struct window_number *number,
                        uint32_t limit)
{
    bool full = limit > 0 && numbers->ring.count == limit;
    if (full && number->event.time_ns < window_ring_time(&numbers->ring, 0, NUMBER)) {
        return true;
    }
    numbers->sum += number->value;
    if (limit == 0) {
        return false;
    }
    if (full) {
        drop_oldest(numbers);
    }
    window_ring_add(&numbers->ring, number, limit, NUMBER);
    return full;
}

void window_numbers_expire(struct window_numbers *numbers, int64_t time_ns)
{
    while (numbers->ring.count > 0 && window_ring_time(&numbers->ring, 0, NUMBER) < time_ns) {
        drop_oldest(numbers);
    }
}

void window_numbers_reserve(struct window_numbers *numbers, uint32_t capacity, uint32_t limit)
{
    window_ring_reserve(&numbers->ring, capacity, limit, NUMBER);
}

static int compare(const void *left, const void *right)
{
    const decimal *a = left;
    const decimal *b = right;
    return (*a > *b) - (*a < *b);
}

struct window_measured window_numbers_percentile(const struct window_numbers *numbers,
                                                 uint32_t percentile)
{
    const decimal whole = (decimal)100 * PERCENTILE_ONE;
    ENSURE(numbers->ring.count > 0);
    decimal *sorted = memory_new(numbers->ring.count, sizeof *sorted);
    for (uint32_t i = 0; i < numbers->ring.count; i++) {
        sorted[i] = window_numbers_at(numbers, i)->value;
    }
    qsort(sorted, numbers->ring.count, sizeof *sorted, compare);
    /* Between the two neighbours of this rank, on the straight line that joins them. */
    decimal rank = (decimal)percentile * (numbers->ring.count - 1);
    uint32_t below = (uint32_t)(rank / whole);
    uint32_t above = below + 1 < numbers->ring.count ? below + 1 : below;
    decimal part = rank % whole;
    struct window_measured measured = {
        .numerator = sorted[below] * whole + part * (sorted[above] - sorted[below]),
        .denominator = whole,
    };
    memory_free(sorted);
    return measured;
}
