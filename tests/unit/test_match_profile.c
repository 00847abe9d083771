/* SPDX-License-Identifier: Apache-2.0
 *
 * test_match_profile.c - sums, estimates and the order of rules by cost.
 */
#include "analyze/match/match_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void samples_stand_for_all_evaluations(void **state)
{
    (void)state;
    static const uint64_t counts[] = {16, 1024, 10000, 1000000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint64_t weights = 0;
        uint64_t timed = 0;
        for (uint64_t number = 0; number < counts[i]; number++) {
            weights += match_profile_weight(number);
            timed += match_profile_weight(number) > 0 ? 1 : 0;
        }
        /* Within 3 % of the count; few are timed. */
        assert_in_range(weights * 100, counts[i] * 97, counts[i] * 103);
        assert_true(timed <= 16 + 1024 / 7 + counts[i] / 60);
    }
}

static void every_other_event_is_sampled_fairly(void **state)
{
    (void)state;
    uint64_t even = 0;
    uint64_t odd = 0;
    for (uint64_t number = 1024; number < 1000000; number += 2) {
        even += match_profile_weight(number);
        odd += match_profile_weight(number + 1);
    }
    assert_in_range(even * 100, odd * 97, odd * 103);
}

static void the_first_evaluations_are_all_timed(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 16; number++) {
        assert_int_equal(match_profile_weight(number), 1);
    }
}

static void workers_are_summed(void **state)
{
    (void)state;
    struct match_profile *sum = match_profile_new(2);
    struct match_profile *more = match_profile_new(2);
    more->rules[1] = (struct rule_profile){
        .candidates = 7, .evaluations = 6, .matches = 5, .undecided = 4, .throttled = 3, .ns = 2};
    more->counters = (struct match_counters){.events = 9, .regex_faults = 8, .find_ns = 7};
    match_profile_add(sum, more);
    match_profile_add(sum, more);
    assert_int_equal(sum->rules[0].candidates, 0);
    assert_int_equal(sum->rules[1].candidates, 14);
    assert_int_equal(sum->rules[1].evaluations, 12);
    assert_int_equal(sum->rules[1].matches, 10);
    assert_int_equal(sum->rules[1].undecided, 8);
    assert_int_equal(sum->rules[1].throttled, 6);
    assert_int_equal(sum->rules[1].ns, 4);
    assert_int_equal(sum->counters.events, 18);
    assert_int_equal(sum->counters.regex_faults, 16);
    assert_int_equal(sum->counters.find_ns, 14);
    match_profile_clear(sum);
    assert_int_equal(sum->rules[1].ns, 0);
    assert_int_equal(sum->counters.events, 0);
    match_profile_free(sum);
    match_profile_free(more);
}

static void the_costliest_rule_comes_first(void **state)
{
    (void)state;
    struct match_profile *profile = match_profile_new(5);
    uint32_t order[5];
    profile->rules[0] = (struct rule_profile){.candidates = 9, .ns = 10};
    profile->rules[2] = (struct rule_profile){.candidates = 1, .ns = 30};
    profile->rules[3] = (struct rule_profile){.candidates = 2, .ns = 10};
    profile->rules[4] = (struct rule_profile){.candidates = 9, .ns = 10};
    assert_int_equal(match_profile_order(profile, order), 4);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 0);
    assert_int_equal(order[2], 4);
    assert_int_equal(order[3], 3);
    match_profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_stand_for_all_evaluations),
        cmocka_unit_test(every_other_event_is_sampled_fairly),
        cmocka_unit_test(the_first_evaluations_are_all_timed),
        cmocka_unit_test(workers_are_summed),
        cmocka_unit_test(the_costliest_rule_comes_first),
    };
    return cmocka_run_group_tests_name("match_profile", tests, NULL, NULL);
}
