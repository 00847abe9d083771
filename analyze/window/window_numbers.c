/* SPDX-License-Identifier: Apache-2.0
 *
 * window_numbers.c - see window_internal.h: the numbers of a key, their sum and their percentiles.
 *
 * Bounds: window_numbers_add is O(1) for events in time order; a percentile sorts a copy.
 */
#include "analyze/window/window_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

#include <stdlib.h>

void window_numbers_release(struct window_numbers *numbers)
{
    memory_free(numbers->items);
    *numbers = (struct window_numbers){0};
}

static struct window_number *slot(const struct window_numbers *numbers, uint32_t index)
{
    uint32_t at = numbers->first + index;
    return &numbers->items[at >= numbers->capacity ? at - numbers->capacity : at];
}

const struct window_number *window_numbers_at(const struct window_numbers *numbers, uint32_t index)
{
    return slot(numbers, index);
}

static void grow(struct window_numbers *numbers, uint32_t limit)
{
    uint32_t capacity = numbers->capacity == 0 ? 1 : numbers->capacity * 2;
    capacity = capacity > limit ? limit : capacity;
    struct window_number *items = memory_resize(NULL, capacity, sizeof *items);
    for (uint32_t i = 0; i < numbers->count; i++) {
        items[i] = *slot(numbers, i);
    }
    memory_free(numbers->items);
    numbers->items = items;
    numbers->first = 0;
    numbers->capacity = capacity;
}

static void drop_oldest(struct window_numbers *numbers)
{
    numbers->sum -= slot(numbers, 0)->value;
    numbers->first = numbers->first + 1 == numbers->capacity ? 0 : numbers->first + 1;
    numbers->count--;
}

bool window_numbers_add(struct window_numbers *numbers, const struct window_number *number,
                        uint32_t limit)
{
    bool full = limit > 0 && numbers->count == limit;
    if (full && number->event.time_ns < slot(numbers, 0)->event.time_ns) {
        return true;
    }
    numbers->sum += number->value;
    if (limit == 0) {
        return false;
    }
    if (full) {
        drop_oldest(numbers);
    } else if (numbers->count == numbers->capacity) {
        grow(numbers, limit);
    }
    uint32_t at = numbers->count++;
    while (at > 0 && slot(numbers, at - 1)->event.time_ns > number->event.time_ns) {
        *slot(numbers, at) = *slot(numbers, at - 1);
        at--;
    }
    *slot(numbers, at) = *number;
    return full;
}

void window_numbers_expire(struct window_numbers *numbers, int64_t time_ns)
{
    while (numbers->count > 0 && slot(numbers, 0)->event.time_ns < time_ns) {
        drop_oldest(numbers);
    }
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
    ENSURE(numbers->count > 0);
    decimal *sorted = memory_new(numbers->count, sizeof *sorted);
    for (uint32_t i = 0; i < numbers->count; i++) {
        sorted[i] = slot(numbers, i)->value;
    }
    qsort(sorted, numbers->count, sizeof *sorted, compare);
    /* Between the two neighbours of this rank, on the straight line that joins them. */
    decimal rank = (decimal)percentile * (numbers->count - 1);
    uint32_t below = (uint32_t)(rank / whole);
    uint32_t above = below + 1 < numbers->count ? below + 1 : below;
    decimal part = rank % whole;
    struct window_measured measured = {
        .numerator = sorted[below] * whole + part * (sorted[above] - sorted[below]),
        .denominator = whole,
    };
    memory_free(sorted);
    return measured;
}
