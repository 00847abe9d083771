/* SPDX-License-Identifier: Apache-2.0
 *
 * test_backoff.c - pauses between attempts.
 */
#include "base/backoff.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static void pauses_double_up_to_a_bound_and_half_of_each_is_chance(void **state)
{
    (void)state;
    static const int64_t longest_ms[] = {20, 40, 80, 160, 320, 640, 1280, 1280, 1280};
    struct backoff backoff = {0};
    for (size_t i = 0; i < sizeof longest_ms / sizeof longest_ms[0]; i++) {
        int64_t pause_ns = backoff_next_ns(&backoff);
        assert_true(pause_ns >= longest_ms[i] * MS / 2);
        assert_true(pause_ns < longest_ms[i] * MS);
    }
    backoff.attempts = 0;
    assert_true(backoff_next_ns(&backoff) < 20 * MS);
}

static void two_processes_do_not_pause_in_step(void **state)
{
    (void)state;
    struct backoff one = {.random = 1};
    struct backoff other = {.random = 2};
    int equal = 0;
    for (int i = 0; i < 8; i++) {
        equal += backoff_next_ns(&one) == backoff_next_ns(&other);
    }
    assert_int_equal(equal, 0);
}

static void a_pause_that_would_pass_the_deadline_is_not_begun(void **state)
{
    (void)state;
    struct backoff backoff = {0};
    int64_t begun_ns = clock_monotonic_ns();
    assert_int_equal(backoff_wait(&backoff, begun_ns + 10000 * MS), 0);
    assert_true(clock_monotonic_ns() - begun_ns >= 10 * MS);
    backoff.attempts = 6;
    begun_ns = clock_monotonic_ns();
    assert_true(backoff_wait(&backoff, begun_ns + 500 * MS) < 0);
    assert_true(clock_monotonic_ns() - begun_ns < 400 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_a_bound_and_half_of_each_is_chance),
        cmocka_unit_test(two_processes_do_not_pause_in_step),
        cmocka_unit_test(a_pause_that_would_pass_the_deadline_is_not_begun),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
