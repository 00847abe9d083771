/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_flood.c - somebody floods the log with random groups, so that one that fills slowly
 * may be forgotten before it is full.
 */
#include "analyze/window/window_internal.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND TIMESTAMP_SECOND_NS
#define HOUR   (3600 * SECOND)
#define NEEDED 8U
#define CAP    10000U

static const struct str user_field[] = {{"user", 4}};

struct world {
    struct rule rules[3]; /* 0: a detection rule; 1: the slow group's; 2: another */
    struct rule_set set;
    struct windows *windows;
    uint64_t offset;
    uint64_t random;
    uint32_t slow_alerts;
    uint32_t flood_alerts; /* of window_flood_rule */
    uint32_t others;
    int64_t slow_start_ns;
};

static void see(void *context, const struct alert *alert)
{
    struct world *world = context;
    if (alert->rule == &window_flood_rule) {
        world->flood_alerts++;
    } else if (str_equal(alert->group[0].value, STR("slow"))) {
        world->slow_alerts++;
        world->slow_start_ns = alert->window_start_ns;
    } else {
        world->others++;
    }
}

static void world_open(struct world *world, enum correlation_kind kind, uint64_t cap)
{
    *world = (struct world){.random = 1};
    world->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    for (uint32_t i = 1; i < 3; i++) {
        world->rules[i] =
            (struct rule){.id = i == 1 ? STR("one") : STR("two"),
                          .title = STR("count"),
                          .correlation = {.kind = kind,
                                          .timespan_ns = 24 * HOUR,
                                          .threshold = {.has_min = true, .min = NEEDED},
                                          .group_by = user_field,
                                          .group_by_count = 1}};
    }
    world->set = (struct rule_set){.rules = world->rules, .rules_count = 3};
    world->windows = windows_new(&world->set, &(struct window_options){.lateness_ns = 0});
    world->windows->seed = 12345;
    windows_set_limits(world->windows, &(struct window_limits){.keys = cap,
                                                               .values = 1000,
                                                               .state_bytes = UINT64_MAX,
                                                               .pending = 1000000,
                                                               .pending_bytes = UINT64_MAX});
}

static void world_close(struct world *world)
{
    windows_free(world->windows);
}

static uint64_t next_random(struct world *world)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return world->random;
}

static void add(struct world *world, uint32_t rule, int64_t time_ns, struct str group)
{
    struct alert_event event = {
        .time_ns = time_ns, .source = STR("a.log"), .partition = -1, .offset = world->offset++};
    for (size_t i = 0; i < EVENT_ID_TEXT; i++) {
        event.id[i] = "0123456789abcdef"[event.offset >> (4 * (i % 16)) & 15];
    }
    struct alert alert = {.rule = &world->rules[0],
                          .logsource = STR("linux/sshd"),
                          .events = &event,
                          .events_count = 1};
    struct match match = {
        .correlation = rule,
        .group = &group,
        .value = {(const char *)&event.offset, sizeof event.offset},
        .alert = &alert,
    };
    window_add(world->windows, &match);
}

static void reach(struct world *world, int64_t time_ns)
{
    window_watermark(world->windows, 0, time_ns);
    window_advance(world->windows, see, world);
}

struct flood {
    uint32_t rule;
    uint64_t keys;
    uint32_t times; /* each, one behind the other */
};

/* The slow group gets its NEEDED events spread over a timespan, the first before the flood and the
 * last behind it. */
static void run(struct world *world, const struct flood *flood, uint32_t before)
{
    const int64_t step_ns = 24 * HOUR / (int64_t)(flood->keys * flood->times + 2 * NEEDED);
    int64_t now_ns = HOUR;
    for (uint32_t i = 0; i < before; i++) {
        add(world, 1, now_ns += step_ns, STR("slow"));
    }
    uint64_t pause = flood->keys / (NEEDED - before);
    for (uint64_t i = 0; i < flood->keys; i++) {
        uint64_t key = next_random(world);
        for (uint32_t n = 0; n < flood->times; n++) {
            add(world, flood->rule, now_ns += step_ns,
                (struct str){(const char *)&key, sizeof key});
        }
        if (i % pause == pause - 1) {
            add(world, 1, now_ns += step_ns, STR("slow"));
        }
        if (i % 1000 == 999) {
            reach(world, now_ns);
        }
    }
    reach(world, now_ns + 1);
}

static void a_slow_group_outlives_five_million_of_its_own_rule(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, CORRELATION_EVENT_COUNT, CAP);
    run(&world, &(struct flood){.rule = 1, .keys = 5000000, .times = 1}, 1);
    assert_int_equal(world.slow_alerts, 1);
    assert_true(world.slow_start_ns < HOUR + SECOND); /* all of its events were counted */
    assert_int_equal(world.others, 0);
    struct window_counters counters = window_counters(world.windows);
    assert_true(counters.keys == CAP);
    assert_true(counters.refused + counters.evicted > 4980000);
    assert_true(counters.evicted < 10);          /* by one of the sketch's rare errors */
    assert_in_range(world.flood_alerts, 23, 25); /* one an hour */
    world_close(&world);
}

static void a_slow_group_outlives_five_million_of_another_rule(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, CORRELATION_EVENT_COUNT, CAP);
    struct flood flood = {.rule = 2, .keys = 5000000, .times = 1};
    run(&world, &flood, 0); /* it begins when the table is full */
    assert_int_equal(world.slow_alerts, 1);
    assert_int_equal(world.others, 0);
    assert_true(window_counters(world.windows).keys == CAP);
    world_close(&world);
}

static void each_kind_of_correlation_is_protected(void **state)
{
    (void)state;
    static const enum correlation_kind kinds[] = {CORRELATION_VALUE_COUNT, CORRELATION_EVENT_COUNT};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (uint32_t rule = 1; rule <= 2; rule++) {
            struct world world;
            world_open(&world, kinds[i], 2000);
            run(&world, &(struct flood){.rule = rule, .keys = 300000, .times = 1}, 1);
            assert_int_equal(world.slow_alerts, 1);
            world_close(&world);
        }
    }
}

/* Who wants to push out a group must bring more of each of many others than it has. */
static void a_flood_of_pairs_does_not_push_out_who_came_twice(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, CORRELATION_EVENT_COUNT, CAP);
    run(&world, &(struct flood){.rule = 1, .keys = 1000000, .times = 2}, 2);
    assert_int_equal(world.slow_alerts, 1);
    assert_true(world.slow_start_ns < HOUR + SECOND);
    world_close(&world);
}

static void a_group_that_begins_in_a_flood_gets_in_when_it_comes_again(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, CORRELATION_EVENT_COUNT, CAP);
    int64_t now_ns = HOUR;
    for (uint32_t i = 0; i < 200000; i++) {
        uint64_t key = next_random(&world);
        add(&world, 1, now_ns += 1000, (struct str){(const char *)&key, sizeof key});
        if (i >= 100000 && i % 1000 == 0 && i / 1000 <= 100 + NEEDED) {
            add(&world, 1, now_ns += 1000, STR("slow"));
        }
        if (i % 1000 == 999) {
            reach(&world, now_ns);
        }
    }
    /* The first is lost, the second to the ninth fire. */
    assert_int_equal(world.slow_alerts, 1);
    assert_true(world.slow_start_ns > HOUR + 101000 * 1000);
    world_close(&world);
}

/* Groups come and go. Returns how many lived at most. */
static uint64_t live(struct world *world, uint64_t seed)
{
    uint64_t most = 0;
    int64_t now_ns = HOUR;
    world->random = seed;
    for (uint32_t i = 0; i < 4000; i++) {
        uint16_t name = (uint16_t)(next_random(world) >> 50);
        name = (uint16_t)(next_random(world) >> 63 == 0 ? name & 7 : name & 1023);
        uint64_t pause = next_random(world) >> 33;
        now_ns += (int64_t)(pause % (pause % 64 == 0 ? 40000 : 600)) * SECOND;
        now_ns += (int64_t)(next_random(world) % SECOND);
        add(world, 1 + (name & 1), now_ns, (struct str){(const char *)&name, sizeof name});
        reach(world, now_ns + 1);
        uint64_t keys = window_counters(world->windows).keys;
        most = keys > most ? keys : most;
    }
    return most;
}

static void nothing_changes_while_those_that_live_fit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct world roomy;
        world_open(&roomy, CORRELATION_EVENT_COUNT, 1000000);
        uint64_t most = live(&roomy, seed);
        assert_true(roomy.others > 20 && most > 100);
        for (uint32_t less = 0; less <= 1; less++) {
            struct world tight;
            world_open(&tight, CORRELATION_EVENT_COUNT, most - less);
            live(&tight, seed);
            struct window_counters counters = window_counters(tight.windows);
            assert_int_equal(counters.refused + counters.evicted > 0, less);
            assert_int_equal(tight.flood_alerts > 0, less);
            assert_true(tight.others == roomy.others || less == 1);
            world_close(&tight);
        }
        world_close(&roomy);
    }
}

static void the_sketch_takes_hardly_any_new_key_for_an_old_one(void **state)
{
    (void)state;
    struct world world = {.random = 7};
    struct window_sketch sketch = {0};
    window_sketch_init(&sketch, CAP);
    uint32_t wrong = 0;
    uint32_t forgotten = 0;
    for (uint32_t i = 0; i < 3000000; i++) {
        uint64_t hash = hash_mix(next_random(&world), UINT64_C(0x9E3779B97F4A7C15));
        wrong += window_sketch_count(&sketch, hash) != 1 ? 1 : 0;
        if (i % 1000 == 0) { /* comes back when a tenth of the counters are used anew */
            forgotten += i > 0 && window_sketch_count(&sketch, UINT64_C(0xABCDEF0123456789)) < 2;
        }
    }
    assert_in_range(wrong, 0, 3);
    assert_in_range(forgotten, 1, 10);
    window_sketch_release(&sketch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_group_outlives_five_million_of_its_own_rule),
        cmocka_unit_test(a_slow_group_outlives_five_million_of_another_rule),
        cmocka_unit_test(each_kind_of_correlation_is_protected),
        cmocka_unit_test(a_flood_of_pairs_does_not_push_out_who_came_twice),
        cmocka_unit_test(a_group_that_begins_in_a_flood_gets_in_when_it_comes_again),
        cmocka_unit_test(nothing_changes_while_those_that_live_fit),
        cmocka_unit_test(the_sketch_takes_hardly_any_new_key_for_an_old_one),
    };
    log_level_set(LOG_ERROR); /* each hour of a flood is logged */
    return cmocka_run_group_tests_name("window flood", tests, NULL, NULL);
}
