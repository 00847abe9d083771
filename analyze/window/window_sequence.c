/* SPDX-License-Identifier: Apache-2.0
 *
 * window_sequence.c - see window_internal.h: how far a group has come in an ordered list of rules.
 *
 * For every beginning of the list the occurrence is kept that started last: whatever comes can
 * complete it if it can complete any other, and it stays in the window for longest. A step's
 * occurrence has the events of all steps before it, so an alert can name them.
 *
 * Bounds: steps * (steps + 1) / 2 events; O(steps) a match.
 */
#include "analyze/window/window_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

static size_t events_before(uint32_t step)
{
    return (size_t)step * (step + 1) / 2;
}

size_t window_sequence_bytes(const struct window_sequence *sequence)
{
    return sizeof *sequence + events_before(sequence->steps_count) * sizeof(struct window_event);
}

struct window_sequence *window_sequence_new(uint32_t steps_count)
{
    ENSURE(steps_count > 0 && steps_count <= CORRELATION_STEPS_MAX);
    size_t events_bytes = events_before(steps_count) * sizeof(struct window_event);
    struct window_sequence *sequence = memory_new(1, sizeof *sequence + events_bytes);
    sequence->steps_count = steps_count;
    sequence->newest_ns = INT64_MIN;
    return sequence;
}

const struct window_event *window_sequence_events(const struct window_sequence *sequence,
                                                  uint32_t step)
{
    return &sequence->events[events_before(step)];
}

void window_sequence_set(struct window_sequence *sequence, uint32_t step,
                         const struct window_event *events)
{
    memcpy(&sequence->events[events_before(step)], events, (step + 1) * sizeof *events);
    sequence->reached[step] = true;
}

/* When the occurrence of the steps up to this one began; INT64_MIN: there is none. */
static int64_t start_of(const struct window_sequence *sequence, uint32_t step)
{
    return sequence->reached[step] ? window_sequence_events(sequence, step)->time_ns : INT64_MIN;
}

bool window_sequence_add(struct window_sequence *sequence, uint32_t step,
                         const struct window_event *event, int64_t begin_ns)
{
    struct window_event *events = &sequence->events[events_before(step)];
    sequence->newest_ns =
        event->time_ns > sequence->newest_ns ? event->time_ns : sequence->newest_ns;
    if (step > 0) {
        const struct window_event *before = window_sequence_events(sequence, step - 1);
        int64_t start_ns = start_of(sequence, step - 1);
        if (!sequence->reached[step - 1] || start_ns < begin_ns ||
            before[step - 1].time_ns > event->time_ns || start_ns < start_of(sequence, step)) {
            return false;
        }
        memcpy(events, before, step * sizeof *events);
    } else if (sequence->reached[0] && events[0].time_ns > event->time_ns) {
        return false;
    }
    events[step] = *event;
    sequence->reached[step] = true;
    return step + 1 == sequence->steps_count;
}
