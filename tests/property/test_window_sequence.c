/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_sequence.c - an ordered list of rules against a search through all events: complete
 * exactly when events in the list's order, the last one the newest, lie within the timespan, and
 * then from the latest beginning that there is.
 */
#include "analyze/window/window_internal.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define EVENTS 60
#define SPAN   20

struct seen {
    uint32_t step;
    int64_t time_ns;
};

static uint64_t random_state = 7;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % limit;
}

/* The latest start of an occurrence of steps 0..step whose last event is one of the first count
 * events; INT64_MIN: there is none that began at begin_ns or later. */
static int64_t latest_start(const struct seen *events, uint32_t count, uint32_t step,
                            int64_t end_ns, int64_t begin_ns)
{
    int64_t latest = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].step != step || events[i].time_ns > end_ns || events[i].time_ns < begin_ns) {
            continue;
        }
        int64_t start = step == 0 ? events[i].time_ns
                                  : latest_start(events, i, step - 1, events[i].time_ns, begin_ns);
        latest = start > latest ? start : latest;
    }
    return latest;
}

/* Events come in the order of (time, step), as the heap gives them. */
static uint32_t run_round(uint32_t steps)
{
    struct seen events[EVENTS];
    struct window_sequence *sequence = window_sequence_new(steps);
    int64_t now_ns = 0;
    uint32_t completed = 0;
    uint32_t least_step = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t pause = random_below(4);
        now_ns += pause;
        least_step = pause > 0 ? 0 : least_step;
        events[i] = (struct seen){least_step + random_below(steps - least_step), now_ns};
        least_step = events[i].step;
        struct window_event event = {.time_ns = now_ns, .offset = i};
        bool complete = window_sequence_add(sequence, events[i].step, &event, now_ns - SPAN);
        int64_t expected = INT64_MIN;
        if (events[i].step == steps - 1) {
            expected =
                steps == 1 ? now_ns : latest_start(events, i, steps - 2, now_ns, now_ns - SPAN);
        }
        assert_int_equal(complete, expected != INT64_MIN);
        if (complete) {
            const struct window_event *list = window_sequence_events(sequence, steps - 1);
            assert_true(list[0].time_ns == expected);
            assert_true(list[steps - 1].offset == i);
            for (uint32_t n = 0; n < steps; n++) {
                assert_int_equal(events[list[n].offset].step, n);
                assert_true(n == 0 || list[n].time_ns >= list[n - 1].time_ns);
            }
            completed++;
        }
    }
    memory_free(sequence);
    return completed;
}

static void a_list_is_complete_exactly_when_a_search_finds_it(void **state)
{
    (void)state;
    uint32_t completed = 0;
    for (uint32_t round = 0; round < 600; round++) {
        completed += run_round(1 + round % 4);
    }
    assert_true(completed > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_complete_exactly_when_a_search_finds_it),
    };
    return cmocka_run_group_tests_name("window_sequence", tests, NULL, NULL);
}
