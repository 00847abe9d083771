/* SPDX-License-Identifier: Apache-2.0
 *
 * test_window_cells.c - which cells windows tell, when, and what comes of cells of other rules or
 * that are damaged. That restored windows go on as if nothing had been is shown in
 * tests/property/test_window_keep.c.
 */
#include "analyze/window/window_internal.h"
#include "analyze/window/window_keep.h"
#include "base/map.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND    TIMESTAMP_SECOND_NS
#define CELLS_MAX 5000

static const struct str user_field[] = {{"user", 4}};

struct fixture {
    struct rule rules[3]; /* 0: a detection rule; 1: slides; 2: is judged at its windows' end */
    struct rule_set set;
    struct windows *windows;
    uint32_t alerts;
    uint64_t offset;
    /* the store */
    struct map *names;
    struct buffer values[CELLS_MAX];
    bool there[CELLS_MAX];
    uint32_t written; /* by the last commit */
    uint32_t deleted;
};

static void see(void *context, const struct alert *alert)
{
    (void)alert;
    ((struct fixture *)context)->alerts++;
}

static struct rule make_correlation(const char *id, uint64_t min, bool at_close)
{
    return (struct rule){
        .id = str_of(id),
        .title = str_of(id),
        .digest = 7,
        .correlation = {.kind = CORRELATION_EVENT_COUNT,
                        .timespan_ns = 60 * SECOND,
                        .threshold = {.has_min = true, .min = min, .has_max = at_close, .max = 9},
                        .group_by = user_field,
                        .group_by_count = 1}};
}

static void open_windows(struct fixture *fixture, int64_t lateness_s)
{
    struct window_options options = {.lateness_ns = lateness_s * SECOND};
    fixture->set = (struct rule_set){.rules = fixture->rules, .rules_count = 3};
    fixture->windows = windows_new(&fixture->set, &options);
    windows_keep(fixture->windows, 1000);
}

static void fixture_open(struct fixture *fixture, int64_t lateness_s)
{
    memset(fixture, 0, sizeof *fixture);
    fixture->rules[0] = (struct rule){.id = STR("base"), .title = STR("base")};
    fixture->rules[1] = make_correlation("slides", 3, false);
    fixture->rules[2] = make_correlation("closes", 1, true);
    fixture->names = map_new();
    open_windows(fixture, lateness_s);
}

static void fixture_close(struct fixture *fixture)
{
    windows_free(fixture->windows);
    for (size_t i = 0; i < map_count(fixture->names); i++) {
        buffer_release(&fixture->values[i]);
    }
    map_free(fixture->names);
}

static void add(struct fixture *fixture, uint32_t rule, int64_t second, const char *user)
{
    struct alert_event event = {.time_ns = second * SECOND,
                                .source = STR("a.log"),
                                .partition = -1,
                                .offset = fixture->offset++};
    alert_event_id_at(event.source, -1, event.offset, 0, event.id);
    struct alert alert = {.events = &event,
                          .events_count = 1,
                          .original = STR("a record that is told once"),
                          .original_len = 26};
    struct str group = str_of(user);
    window_add(fixture->windows,
               &(struct match){.correlation = rule, .group = &group, .alert = &alert});
}

static void reach(struct fixture *fixture, int64_t second)
{
    window_watermark(fixture->windows, 0, second * SECOND);
    assert_true(window_advance(fixture->windows, see, fixture));
}

static void store(void *context, struct str key, struct str value, bool deleted)
{
    struct fixture *fixture = context;
    uint32_t index = map_get(fixture->names, key);
    if (index == MAP_NONE) {
        index = (uint32_t)map_count(fixture->names);
        assert_true(index < CELLS_MAX);
        map_set(fixture->names, key, index);
    }
    fixture->there[index] = !deleted;
    fixture->written += deleted ? 0 : 1;
    fixture->deleted += deleted ? 1 : 0;
    buffer_clear(&fixture->values[index]);
    buffer_add(&fixture->values[index], value);
}

static void commit(struct fixture *fixture, size_t cells_max)
{
    fixture->written = 0;
    fixture->deleted = 0;
    windows_tell_changes(fixture->windows, cells_max, store, fixture);
    windows_changes_done(fixture->windows);
}

/* Cells of that kind that are there. */
static uint32_t stored(const struct fixture *fixture, char kind)
{
    uint32_t count = 0;
    for (size_t i = 0; i < map_count(fixture->names); i++) {
        count += fixture->there[i] && map_key_at(fixture->names, i).ptr[0] == kind ? 1 : 0;
    }
    return count;
}

static int restore(struct fixture *fixture, int64_t lateness_s, uint64_t *left_out, struct err *err)
{
    windows_free(fixture->windows);
    open_windows(fixture, lateness_s);
    for (size_t i = 0; i < map_count(fixture->names); i++) {
        if (fixture->there[i]) {
            assert_int_equal(windows_restore(fixture->windows, map_key_at(fixture->names, i),
                                             buffer_str(&fixture->values[i]), err),
                             0);
        }
    }
    return windows_restored(fixture->windows, left_out, err);
}

static void what_has_not_changed_is_not_told_again(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    assert_true(windows_changes(fixture.windows) == 0);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 1, 101, "bob");
    reach(&fixture, 102);
    assert_true(windows_changes(fixture.windows) == 4); /* two groups, the place, the head */
    commit(&fixture, 100);
    assert_int_equal(fixture.written, 4);
    assert_true(windows_changes(fixture.windows) == 0);
    add(&fixture, 1, 103, "bob");
    reach(&fixture, 104);
    commit(&fixture, 100);
    assert_int_equal(fixture.written, 2);
    assert_int_equal(stored(&fixture, 'w'), 2);
    assert_int_equal(stored(&fixture, 'p'), 1);
    fixture_close(&fixture);
}

static void a_window_that_was_judged_is_deleted_with_its_alert(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    add(&fixture, 2, 100, "eve");
    reach(&fixture, 101);
    commit(&fixture, 100);
    assert_int_equal(stored(&fixture, 'w'), 1);
    reach(&fixture, 161);
    assert_int_equal(fixture.alerts, 1);
    commit(&fixture, 0); /* whatever the room */
    assert_int_equal(fixture.deleted, 1);
    assert_int_equal(stored(&fixture, 'w'), 0);
    fixture_close(&fixture);
}

static void deletions_of_groups_that_expired_wait_for_room(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 1, 100, "bob");
    add(&fixture, 1, 100, "joe");
    reach(&fixture, 101);
    commit(&fixture, 100);
    add(&fixture, 1, 150, "short"); /* is gone before anybody was told of it */
    reach(&fixture, 400);
    assert_true(windows_changes(fixture.windows) == 4);
    commit(&fixture, 2);
    assert_int_equal(fixture.written, 1); /* the head */
    assert_int_equal(fixture.deleted, 1);
    assert_int_equal(stored(&fixture, 'w'), 2);
    commit(&fixture, 2);
    assert_int_equal(fixture.deleted, 2);
    assert_true(windows_changes(fixture.windows) == 0);
    assert_int_equal(stored(&fixture, 'w'), 0);
    fixture_close(&fixture);
}

static void a_group_that_comes_again_is_not_deleted(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    reach(&fixture, 101);
    commit(&fixture, 100);
    reach(&fixture, 400); /* expired, but without room */
    commit(&fixture, 0);
    add(&fixture, 1, 400, "eve");
    reach(&fixture, 401);
    commit(&fixture, 100);
    assert_int_equal(fixture.deleted, 0);
    assert_int_equal(stored(&fixture, 'w'), 1);
    reach(&fixture, 800);
    commit(&fixture, 100);
    assert_int_equal(fixture.deleted, 1);
    assert_int_equal(stored(&fixture, 'w'), 0);
    fixture_close(&fixture);
}

static void what_expired_does_not_count_after_a_restart_though_it_is_still_stored(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 1;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 1, 101, "eve");
    reach(&fixture, 102);
    commit(&fixture, 100);
    reach(&fixture, 400);
    commit(&fixture, 0);
    assert_int_equal(stored(&fixture, 'w'), 1);
    assert_int_equal(restore(&fixture, 0, &left_out, &err), 0);
    assert_true(left_out == 0 && window_counters(fixture.windows).keys == 0);
    add(&fixture, 1, 102, "eve"); /* late: with the two before it would be three */
    reach(&fixture, 401);
    assert_int_equal(fixture.alerts, 0);
    fixture_close(&fixture);
}

static void waiting_matches_stand_on_pages_with_each_record_once(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 1;
    fixture_open(&fixture, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        add(&fixture, 1, 100 + i / 10, "eve");
        fixture.offset--; /* both rules count the same event */
        add(&fixture, 2, 100 + i / 10, "eve");
    }
    reach(&fixture, 200);
    commit(&fixture, 100);
    uint32_t pages = stored(&fixture, 'm');
    size_t bytes = 0;
    for (size_t i = 0; i < map_count(fixture.names); i++) {
        bytes += fixture.values[i].len;
    }
    assert_in_range(pages, 3, 8);
    assert_true(bytes < 1000 * (2 * 100 + 80));
    assert_int_equal(restore(&fixture, 1000, &left_out, &err), 0);
    assert_true(window_counters(fixture.windows).pending == 2000);
    reach(&fixture, 5000);
    commit(&fixture, 100);
    assert_int_equal(stored(&fixture, 'm'), 0);
    fixture_close(&fixture);
}

static void a_match_that_comes_and_goes_between_commits_is_never_told(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 5);
    for (uint32_t i = 0; i < 100; i++) {
        add(&fixture, 1, 100 + i, "eve");
    }
    reach(&fixture, 300);
    commit(&fixture, 100);
    for (size_t i = 0; i < map_count(fixture.names); i++) {
        assert_true(map_key_at(fixture.names, i).ptr[0] != 'm');
    }
    fixture_close(&fixture);
}

static void a_page_that_has_lost_half_of_its_matches_gives_way_to_others(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    for (uint32_t round = 0; round < 50; round++) {
        add(&fixture, 1, 100 + round, "eve");
        add(&fixture, 1, 1000 + round, "eve"); /* waits for long */
        window_watermark(fixture.windows, 0, (99 + round) * SECOND);
        assert_true(window_advance(fixture.windows, see, &fixture));
        commit(&fixture, 1000);
        assert_in_range(stored(&fixture, 'm'), 1, 3);
    }
    fixture_close(&fixture);
}

static void after_the_end_of_the_input_a_start_goes_on_behind_it(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 1;
    fixture_open(&fixture, 10);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 1, 101, "eve");
    assert_true(window_finish(fixture.windows, see, &fixture));
    commit(&fixture, 100);
    assert_int_equal(restore(&fixture, 10, &left_out, &err), 0);
    assert_true(window_advance(fixture.windows, see, &fixture));
    add(&fixture, 1, 102, "eve");
    add(&fixture, 2, 102, "eve");
    reach(&fixture, 113);
    assert_int_equal(fixture.alerts, 1);
    assert_true(window_counters(fixture.windows).late == 0);
    assert_true(window_counters(fixture.windows).keys == 2);
    fixture_close(&fixture);
}

static void groups_of_a_changed_rule_are_left_out_and_deleted_in_time(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 0;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 2, 100, "eve");
    add(&fixture, 2, 100, "bob");
    add(&fixture, 1, 300, "waits");
    add(&fixture, 2, 300, "waits");
    reach(&fixture, 101);
    commit(&fixture, 100);
    fixture.rules[2].digest = 8;
    assert_int_equal(restore(&fixture, 0, &left_out, &err), 0);
    assert_true(left_out == 3);
    assert_true(window_counters(fixture.windows).keys == 1);
    assert_true(window_counters(fixture.windows).pending == 1);
    assert_true(windows_changes(fixture.windows) == 2);
    commit(&fixture, 100);
    assert_int_equal(fixture.deleted, 2);
    assert_int_equal(stored(&fixture, 'w'), 1);
    fixture_close(&fixture);
}

static void a_change_of_rules_keeps_the_cells_of_those_that_stay(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 1;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    add(&fixture, 1, 101, "eve");
    add(&fixture, 2, 100, "eve");
    add(&fixture, 1, 110, "eve");
    reach(&fixture, 102);
    commit(&fixture, 100);
    /* The correlation that slides is now the only one, and has another number. */
    struct rule rules[3] = {fixture.rules[0], fixture.rules[0], fixture.rules[1]};
    rules[1].id = STR("base2");
    struct rule_set other = {.rules = rules, .rules_count = 3};
    assert_true(windows_change_rules(fixture.windows, &other, see, &fixture) == 1);
    assert_true(windows_changes(fixture.windows) == 1);
    commit(&fixture, 100);
    assert_int_equal(fixture.written, 0);
    assert_int_equal(fixture.deleted, 1);
    memcpy(fixture.rules, rules, sizeof rules);
    assert_int_equal(restore(&fixture, 0, &left_out, &err), 0);
    assert_true(left_out == 0);
    reach(&fixture, 111);
    assert_int_equal(fixture.alerts, 1);
    fixture_close(&fixture);
}

static void the_windows_stop_when_enough_has_changed_and_go_on_after_the_commit(void **state)
{
    (void)state;
    static struct fixture fixture;
    fixture_open(&fixture, 0);
    windows_free(fixture.windows);
    fixture.windows = windows_new(&fixture.set, &(struct window_options){.lateness_ns = 0});
    windows_keep(fixture.windows, 12);
    for (uint32_t i = 0; i < 40; i++) {
        char user[8];
        snprintf(user, sizeof user, "u%u", i);
        add(&fixture, 1, 100 + i, user);
    }
    window_watermark(fixture.windows, 0, 150 * SECOND);
    uint32_t calls = 1;
    while (!window_advance(fixture.windows, see, &fixture)) {
        assert_in_range(windows_changes(fixture.windows), 12, 13);
        commit(&fixture, 100);
        calls++;
    }
    assert_in_range(calls, 4, 6);
    commit(&fixture, 100);
    assert_int_equal(stored(&fixture, 'w'), 40);
    fixture_close(&fixture);
}

static void a_long_group_has_a_short_cell_key_and_comes_back_whole(void **state)
{
    (void)state;
    static struct fixture fixture;
    static char user[5000];
    struct err err = {0};
    uint64_t left_out = 1;
    memset(user, 'u', sizeof user - 1);
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, user);
    reach(&fixture, 101);
    commit(&fixture, 100);
    assert_int_equal(stored(&fixture, 'w'), 1);
    for (size_t i = 0; i < map_count(fixture.names); i++) {
        assert_in_range(map_key_at(fixture.names, i).len, 1, 42);
    }
    assert_int_equal(restore(&fixture, 0, &left_out, &err), 0);
    add(&fixture, 1, 102, user);
    add(&fixture, 1, 103, user);
    reach(&fixture, 104);
    assert_int_equal(fixture.alerts, 1);
    fixture_close(&fixture);
}

static void cells_that_nobody_told_are_refused(void **state)
{
    (void)state;
    static struct fixture fixture;
    struct err err = {0};
    uint64_t left_out = 0;
    fixture_open(&fixture, 0);
    add(&fixture, 1, 100, "eve");
    reach(&fixture, 101);
    commit(&fixture, 100);
    assert_int_equal(windows_restore(fixture.windows, STR("x"), STR(""), &err), ERR_DATA);
    assert_non_null(strstr(err.text, "unknown kind"));
    assert_int_equal(windows_restore(fixture.windows, STR(""), STR(""), &err), ERR_DATA);
    for (size_t i = 0; i < map_count(fixture.names); i++) {
        struct str whole = buffer_str(&fixture.values[i]);
        for (size_t len = 0; len < whole.len; len++) { /* cut anywhere */
            windows_free(fixture.windows);
            open_windows(&fixture, 0);
            assert_int_equal(windows_restore(fixture.windows, map_key_at(fixture.names, i),
                                             str_slice(whole, 0, len), &err),
                             ERR_DATA);
            assert_non_null(strstr(err.text, "damaged"));
        }
    }
    for (size_t i = 0; i < map_count(fixture.names); i++) { /* one is missing */
        char kind = map_key_at(fixture.names, i).ptr[0];
        fixture.there[i] = false;
        int failed = restore(&fixture, 0, &left_out, &err);
        assert_int_equal(failed, kind == 'w' ? 0 : ERR_DATA);
        fixture.there[i] = true;
    }
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_not_changed_is_not_told_again),
        cmocka_unit_test(a_window_that_was_judged_is_deleted_with_its_alert),
        cmocka_unit_test(deletions_of_groups_that_expired_wait_for_room),
        cmocka_unit_test(a_group_that_comes_again_is_not_deleted),
        cmocka_unit_test(what_expired_does_not_count_after_a_restart_though_it_is_still_stored),
        cmocka_unit_test(waiting_matches_stand_on_pages_with_each_record_once),
        cmocka_unit_test(a_match_that_comes_and_goes_between_commits_is_never_told),
        cmocka_unit_test(a_page_that_has_lost_half_of_its_matches_gives_way_to_others),
        cmocka_unit_test(after_the_end_of_the_input_a_start_goes_on_behind_it),
        cmocka_unit_test(groups_of_a_changed_rule_are_left_out_and_deleted_in_time),
        cmocka_unit_test(a_change_of_rules_keeps_the_cells_of_those_that_stay),
        cmocka_unit_test(the_windows_stop_when_enough_has_changed_and_go_on_after_the_commit),
        cmocka_unit_test(a_long_group_has_a_short_cell_key_and_comes_back_whole),
        cmocka_unit_test(cells_that_nobody_told_are_refused),
    };
    return cmocka_run_group_tests_name("window cells", tests, NULL, NULL);
}
