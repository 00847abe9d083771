/* SPDX-License-Identifier: Apache-2.0
 *
 * state_contract.h - for tests: what every kind of state store keeps to, as cmocka tests over the
 * options in contract_options. The store is empty when one begins.
 *
 * Thread: one at a time.   Owns: nothing.
 */
#ifndef TOCSIN_TESTS_STATE_CONTRACT_H
#define TOCSIN_TESTS_STATE_CONTRACT_H

#include "analyze/state/state.h"
#include "base/limits.h"
#include "base/memory.h"
#include "tests/state_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct state_options contract_options;

static inline struct state_store *contract_open(void)
{
    struct state_store *store = NULL;
    struct err err = {0};
    if (state_open(&contract_options, &store, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return store;
}

static inline struct state_commit contract_commit(struct state_position base, int64_t next,
                                                  const struct state_change *change)
{
    return (struct state_commit){.partition = STR("trail/0"),
                                 .base = base,
                                 .next = next,
                                 .changes = change,
                                 .changes_count = change != NULL ? 1 : 0};
}

static inline void contract_cell_is(struct state_store *store, const char *key, const char *want)
{
    struct buffer value = {0};
    struct err err = {0};
    int found = state_cell_get(store, STR("trail/0"), str_of(key), &value, &err);
    assert_int_equal(found, want != NULL);
    if (want != NULL) {
        assert_true(str_equal(buffer_str(&value), str_of(want)));
    }
    buffer_release(&value);
}

static inline void a_commit_is_there_after_opening_again(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_change changes[] = {{.key = STR("a"), .value = STR("1")},
                                     {.key = STR("b\0c"), .value = STR("")},
                                     {.key = STR("gone"), .value = STR("x")}};
    struct state_store *store = contract_open();
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 7, changes);
    commit.changes_count = 3;
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    assert_int_equal(commit.position.offset, 7);
    struct state_change deletion = {.key = STR("gone"), .deleted = true};
    struct state_commit next = contract_commit(commit.position, 9, &deletion);
    assert_int_equal(state_commit(store, &next, 1, &err), 0);
    state_close(store);
    store = contract_open();
    struct state_position position;
    assert_int_equal(state_position_get(store, STR("trail/0"), &position, &err), 0);
    assert_int_equal(position.offset, 9);
    assert_int_equal(position.mark, next.position.mark);
    contract_cell_is(store, "a", "1");
    contract_cell_is(store, "gone", NULL);
    struct buffer value = {0};
    assert_int_equal(state_cell_get(store, STR("trail/0"), STR("b\0c"), &value, &err), 1);
    assert_int_equal(value.len, 0);
    buffer_release(&value);
    state_close(store);
}

static inline void another_base_is_stale_and_writes_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_change two = {.key = STR("a"), .value = STR("2")};
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 7, &one);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    /* Another offset; no position; the same offset by another commit. */
    struct state_position bases[] = {{8, first.mark}, STATE_POSITION_NONE, {7, first.mark + 1}};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct state_commit stale = contract_commit(bases[i], 10, &two);
        assert_int_equal(state_commit(store, &stale, 1, &err), 0);
        assert_int_equal(stale.result, STATE_STALE);
        assert_int_equal(stale.position.offset, 7);
        assert_int_equal(stale.position.mark, first.mark);
        contract_cell_is(store, "a", "1");
    }
    state_close(store);
}

static inline void of_two_writers_at_one_offset_one_gets_on(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, NULL);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    /* A commit that does not move the offset is one, too. */
    struct state_commit idle = contract_commit(first.position, 5, &one);
    assert_int_equal(state_commit(store, &idle, 1, &err), 0);
    assert_int_equal(idle.result, STATE_COMMITTED);
    struct state_commit zombie = contract_commit(first.position, 5, NULL);
    assert_int_equal(state_commit(store, &zombie, 1, &err), 0);
    assert_int_equal(zombie.result, STATE_STALE);
    assert_int_equal(zombie.position.mark, idle.mark);
    state_close(store);
}

static inline void a_commit_that_has_its_answer_is_left_alone(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    struct state_commit again = commit;
    assert_int_equal(state_commit(store, &again, 1, &err), 0);
    assert_int_equal(again.result, STATE_COMMITTED);
    assert_int_equal(again.position.mark, commit.mark);
    state_close(store);
}

static inline int contract_count(void *context, struct str partition,
                                 struct state_position position, struct err *err)
{
    size_t *seen = context;
    (void)err;
    assert_true(partition.len == 6 && partition.ptr[5] == 'x');
    seen[0]++;
    seen[1] += (size_t)position.offset;
    return 0;
}

static inline void partitions_of_one_call_are_judged_one_by_one(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_store *store = contract_open();
    struct state_commit commits[3] = {{.partition = STR("*[a]\0x"), .next = 1},
                                      {.partition = STR("b  \n x"), .next = 10},
                                      {.partition = STR("c\r\n{}x"), .next = 100}};
    for (size_t i = 0; i < 3; i++) {
        commits[i].base = STATE_POSITION_NONE;
    }
    commits[1].base = (struct state_position){3, 4};
    assert_int_equal(state_commit(store, commits, 3, &err), 0);
    assert_int_equal(commits[0].result, STATE_COMMITTED);
    assert_int_equal(commits[1].result, STATE_STALE);
    assert_int_equal(commits[1].position.offset, STATE_OFFSET_NONE);
    assert_int_equal(commits[2].result, STATE_COMMITTED);
    size_t seen[2] = {0};
    assert_int_equal(state_partitions(store, contract_count, seen, &err), 0);
    assert_int_equal(seen[0], 2);
    assert_int_equal(seen[1], 101);
    state_close(store);
}

static inline void an_acknowledged_alert_leaves_the_outbox(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_store *store = contract_open();
    struct model model = model_new();
    struct state_alert alerts[] = {{STR("a\0"
                                        "0"),
                                    STR("5")},
                                   {STR("a\0"
                                        "1"),
                                    STR("6")}};
    struct state_commit commit = {.partition = STR("p/1"),
                                  .base = STATE_POSITION_NONE,
                                  .next = 1,
                                  .alerts = alerts,
                                  .alerts_count = 2};
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    struct str ids[] = {STR("a\0"
                            "1"),
                        STR("unknown")};
    assert_int_equal(state_acknowledge(store, STR("p/1"), ids, 2, &err), 0);
    assert_int_equal(state_acknowledge(store, STR("nowhere"), ids, 2, &err), 0);
    model.partitions[1].position = commit.position;
    model.partitions[1].alerts[0] = 5;
    for (int i = 0; i < 2; i++) {
        struct model found = model_read(store);
        assert_true(model_equal(&found, &model));
        state_close(store);
        store = contract_open();
    }
    state_close(store);
}

static inline void a_commit_past_the_limits_is_told_and_not_written(void **state)
{
    (void)state;
    struct err err = {0};
    struct state_store *store = contract_open();
    size_t count = LIMIT_STATE_COMMIT_CELLS + 1;
    struct state_change *changes = memory_new(count, sizeof *changes);
    char(*keys)[8] = memory_new(count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        int len = snprintf(keys[i], sizeof keys[i], "%zu", i);
        changes[i] = (struct state_change){{keys[i], (size_t)len}, STR("v"), false};
    }
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 1, changes);
    commit.changes_count = count;
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_TOO_LARGE);
    contract_cell_is(store, "1", NULL);
    struct state_commit largest = contract_commit(STATE_POSITION_NONE, 1, changes);
    largest.changes_count = count - 1;
    assert_int_equal(state_commit(store, &largest, 1, &err), 0);
    assert_int_equal(largest.result, STATE_COMMITTED);
    contract_cell_is(store, "3499", "v");
    memory_free(keys);
    memory_free(changes);
    state_close(store);
}

static inline void it_says_what_the_slow_and_obvious_store_says(void **state)
{
    (void)state;
    struct err err = {0};
    struct model model = model_new();
    struct state_store *store = contract_open();
    uint64_t random = 20261124;
    for (int i = 0; i < 400; i++) {
        struct model_commit made[MODEL_PARTITIONS];
        struct state_commit commits[MODEL_PARTITIONS];
        size_t count = 0;
        for (int p = 0; p < MODEL_PARTITIONS; p++) {
            if (model_random(&random, 2) == 0) {
                commits[count] = model_commit_draw(&made[count], &model, p, &random);
                count++;
            }
        }
        assert_int_equal(state_commit(store, commits, count, &err), 0);
        for (size_t k = 0; k < count; k++) {
            model_apply(&model, &made[k], commits[k].mark);
        }
        int alert = (int)model_random(&random, MODEL_ALERTS);
        int partition = (int)model_random(&random, MODEL_PARTITIONS);
        char id[16];
        char name[16];
        struct str ids[] = {model_name(id, 'a', alert)};
        assert_int_equal(state_acknowledge(store, model_name(name, 'p', partition), ids, 1, &err),
                         0);
        model.partitions[partition].alerts[alert] = -1;
        if (i % 20 == 0) {
            struct model found = model_read(store);
            assert_true(model_equal(&found, &model));
        }
        if (i % 50 == 0) {
            state_close(store);
            store = contract_open();
        }
    }
    state_close(store);
}

#define CONTRACT_TESTS(TEST)                                                                       \
    TEST(a_commit_is_there_after_opening_again), TEST(another_base_is_stale_and_writes_nothing),   \
        TEST(of_two_writers_at_one_offset_one_gets_on),                                            \
        TEST(a_commit_that_has_its_answer_is_left_alone),                                          \
        TEST(partitions_of_one_call_are_judged_one_by_one),                                        \
        TEST(an_acknowledged_alert_leaves_the_outbox),                                             \
        TEST(a_commit_past_the_limits_is_told_and_not_written),                                    \
        TEST(it_says_what_the_slow_and_obvious_store_says)

#endif
