/* SPDX-License-Identifier: Apache-2.0
 *
 * test_suppress_keep.c - suppression that is killed and restored answers as if it had not been.
 */
#include "analyze/alert/suppress.h"
#include "base/map.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define CELLS_MAX 2000
#define KEYS_MAX  12

struct store {
    struct map *names;
    struct buffer values[CELLS_MAX];
    bool there[CELLS_MAX];
    uint32_t written;
    uint32_t deleted;
};

static const struct rule_extension twice = {
    .suppress = {.period_ns = 60 * TIMESTAMP_SECOND_NS, .alerts_max = 2}};
static const struct rule rules[2] = {{.id = {"a", 1}, .extension = &twice},
                                     {.id = {"ab", 2}, .extension = &twice}};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % bound);
}

static void keep(void *context, struct str key, struct str value, bool deleted)
{
    struct store *store = context;
    uint32_t index = map_get(store->names, key);
    assert_in_range(key.len, 2, 514);
    if (index == MAP_NONE) {
        assert_false(deleted);
        index = (uint32_t)map_count(store->names);
        assert_true(index < CELLS_MAX);
        map_set(store->names, key, index);
    }
    assert_true(store->there[index] || !deleted);
    store->there[index] = !deleted;
    store->written += deleted ? 0 : 1;
    store->deleted += deleted ? 1 : 0;
    buffer_clear(&store->values[index]);
    buffer_add(&store->values[index], value);
}

static void store_open(struct store *store)
{
    memset(store, 0, sizeof *store);
    store->names = map_new();
}

static void store_close(struct store *store)
{
    for (size_t i = 0; i < map_count(store->names); i++) {
        buffer_release(&store->values[i]);
    }
    map_free(store->names);
}

static void commit(struct suppressor *suppressor, struct store *store)
{
    size_t changes = suppressor_changes(suppressor);
    store->written = 0;
    store->deleted = 0;
    suppressor_tell_changes(suppressor, keep, store);
    assert_true(store->written + store->deleted == changes);
    suppressor_changes_done(suppressor);
    assert_true(suppressor_changes(suppressor) == 0);
}

static struct suppressor *restore(const struct store *store)
{
    struct suppressor *suppressor = suppressor_new(KEYS_MAX);
    struct err err = {0};
    size_t count = map_count(store->names);
    suppressor_keep(suppressor);
    size_t first = count > 0 ? random_below((uint32_t)count) : 0;
    for (size_t i = 0; i < 2 * count; i++) { /* each of them twice */
        size_t at = (first + i * 7) % count;
        if (store->there[at]) {
            assert_int_equal(suppressor_restore(suppressor, map_key_at(store->names, at),
                                                buffer_str(&store->values[at]), &err),
                             0);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (store->there[i]) {
            assert_int_equal(suppressor_restore(suppressor, map_key_at(store->names, i),
                                                buffer_str(&store->values[i]), &err),
                             0);
        }
    }
    assert_true(suppressor_changes(suppressor) == 0);
    return suppressor;
}

static bool alert(struct suppressor *suppressor, uint32_t number, int64_t second,
                  uint64_t *suppressed)
{
    static char long_key[3000];
    char key[16];
    memset(long_key, 'x', sizeof long_key);
    snprintf(key, sizeof key, "%u", number / 2);
    struct str name = number == 3 ? (struct str){long_key, sizeof long_key} : str_of(key);
    return suppressor_tells(suppressor, &rules[number % 2], name, second * TIMESTAMP_SECOND_NS,
                            suppressed);
}

static void a_killed_suppressor_answers_as_one_that_was_not(void **state)
{
    (void)state;
    static struct store store;
    uint64_t evicted = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        random_state = seed;
        store_open(&store);
        uint32_t keys = 4 + random_below(20);
        struct suppressor *whole = suppressor_new(KEYS_MAX);
        struct suppressor *killed = restore(&store);
        for (int64_t second = 1; second < 200; second += random_below(3)) {
            uint32_t number = random_below(keys);
            uint64_t want = 0;
            uint64_t got = 0;
            bool told = alert(whole, number, second, &want);
            assert_int_equal(alert(killed, number, second, &got), told);
            assert_true(got == want);
            if (random_below(8) == 0) {
                commit(killed, &store);
                suppressor_free(killed);
                killed = restore(&store);
            } else if (random_below(4) == 0) {
                commit(killed, &store);
            }
        }
        evicted += suppressor_evicted(whole);
        suppressor_free(killed);
        suppressor_free(whole);
        uint32_t there = 0;
        for (size_t i = 0; i < map_count(store.names); i++) {
            there += store.there[i] ? 1 : 0;
        }
        assert_true(there <= KEYS_MAX);
        store_close(&store);
    }
    assert_true(evicted > 1000);
}

static void only_what_changed_is_told_and_only_what_was_told_is_deleted(void **state)
{
    (void)state;
    static struct store store;
    uint64_t suppressed = 0;
    random_state = 1;
    store_open(&store);
    struct suppressor *suppressor = restore(&store);
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        alert(suppressor, 10 + i, 1000, &suppressed);
    }
    commit(suppressor, &store);
    assert_int_equal(store.written, KEYS_MAX);
    alert(suppressor, 21, 1001, &suppressed);
    commit(suppressor, &store);
    assert_int_equal(store.written, 1);
    alert(suppressor, 50, 1002, &suppressed); /* 10 goes */
    alert(suppressor, 10, 1002, &suppressed); /* and is back; 11 goes */
    alert(suppressor, 51, 1002, &suppressed); /* 12 goes */
    commit(suppressor, &store);
    assert_int_equal(store.written, 3);
    assert_int_equal(store.deleted, 2);
    for (uint32_t i = 0; i < 2 * KEYS_MAX; i++) {
        alert(suppressor, 100 + i, 1003, &suppressed); /* half of them are never told */
    }
    commit(suppressor, &store);
    assert_int_equal(store.written, KEYS_MAX);
    assert_int_equal(store.deleted, KEYS_MAX);
    suppressor_free(suppressor);
    store_close(&store);
}

static void cells_that_nobody_told_are_refused(void **state)
{
    (void)state;
    static struct store store;
    uint64_t suppressed = 0;
    struct err err = {0};
    store_open(&store);
    struct suppressor *suppressor = restore(&store);
    alert(suppressor, 1, 1000, &suppressed);
    commit(suppressor, &store);
    struct str key = map_key_at(store.names, 0);
    struct str value = buffer_str(&store.values[0]);
    for (size_t len = 0; len < value.len; len++) {
        assert_int_equal(suppressor_restore(suppressor, key, str_slice(value, 0, len), &err),
                         ERR_DATA);
    }
    assert_int_equal(suppressor_restore(suppressor, str_slice(key, 0, key.len - 1), value, &err),
                     ERR_DATA);
    assert_non_null(strstr(err.text, "damaged"));
    assert_int_equal(suppressor_restore(suppressor, key, value, &err), 0);
    suppressor_free(suppressor);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_suppressor_answers_as_one_that_was_not),
        cmocka_unit_test(only_what_changed_is_told_and_only_what_was_told_is_deleted),
        cmocka_unit_test(cells_that_nobody_told_are_refused),
    };
    return cmocka_run_group_tests_name("suppress keep", tests, NULL, NULL);
}
