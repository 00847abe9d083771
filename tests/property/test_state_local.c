/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_local.c - the local store over a disk that fails, loses its power and tears: after
 * every opening the state is that after a prefix of the commits, with all that were answered.
 * TOCSIN_SEEDS sets how many random schedules are run, TOCSIN_SEED the first one.
 */
#include "tests/state_disk.h"
#include "tests/state_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define STEPS_MAX 4096

/* The states that reading may find: from the last one that is safe on. */
struct history {
    struct model states[STEPS_MAX];
    size_t count;
    size_t safe;
};

struct run {
    struct disk disk;
    struct state_files os;
    struct state_store *store;
    struct history history;
    uint64_t journal_bytes_max;
    uint64_t commits;
    uint64_t crashes;
    uint64_t failures;
};

static struct model *last(struct run *run)
{
    return &run->history.states[run->history.count - 1];
}

static struct model *add_step(struct run *run)
{
    struct history *history = &run->history;
    assert_true(history->count < STEPS_MAX);
    history->states[history->count] = history->states[history->count - 1];
    return &history->states[history->count++];
}

static int open_store(struct run *run, struct err *err)
{
    struct state_options options = {.kind = "local",
                                    .path = "/state",
                                    .os = &run->os,
                                    .journal_bytes_max = run->journal_bytes_max};
    return state_open(&options, &run->store, err);
}

static void begin_run(struct run *run, uint64_t seed, uint64_t journal_bytes_max)
{
    memset(&run->history, 0, sizeof run->history);
    run->disk = (struct disk){.random = seed};
    run->os = disk_files(&run->disk);
    run->journal_bytes_max = journal_bytes_max;
    run->store = NULL;
    run->history.states[0] = model_new();
    run->history.count = 1;
}

static void end_run(struct run *run)
{
    state_close(run->store);
    disk_release(&run->disk);
}

/* Opens what is there; it is one of the states that may be. */
static void reopen(struct run *run, const char *where)
{
    struct err err = {0};
    struct history *history = &run->history;
    state_close(run->store);
    run->store = NULL;
    while (run->store == NULL) {
        if (disk_dead(&run->disk)) {
            disk_restart(&run->disk);
            run->crashes++;
        }
        uint64_t begun = run->disk.operations;
        int failed = open_store(run, &err);
        /* Opening may fail or be cut off as well, but finds no damage and goes on later. */
        bool meant = disk_dead(&run->disk) ||
                     (run->disk.fail_at > begun && run->disk.fail_at <= run->disk.operations);
        if (failed != 0 && (failed != ERR_IO || !meant)) {
            fail_msg("%s: %s", where, err.text);
        }
    }
    struct model found = model_read(run->store);
    size_t at = history->safe;
    while (at < history->count && !model_equal(&found, &history->states[at])) {
        at++;
    }
    if (at == history->count) {
        fail_msg("%s: what was read is none of %zu states", where, history->count - history->safe);
    }
    history->states[0] = found;
    history->count = 1;
    history->safe = 0;
}

/* One call of state_commit for some partitions; also writes what waited. */
static int commit_some(struct run *run)
{
    struct err err = {0};
    struct model_commit made[MODEL_PARTITIONS];
    struct state_commit commits[MODEL_PARTITIONS];
    bool stale[MODEL_PARTITIONS];
    size_t count = 0;
    for (int p = 0; p < MODEL_PARTITIONS; p++) {
        if (disk_random(&run->disk, 2) == 0) {
            commits[count] = model_commit_draw(&made[count], last(run), p, &run->disk.random);
            stale[count] = disk_random(&run->disk, 8) == 0;
            commits[count].base.mark ^= stale[count] && commits[count].base.mark != 0 ? 2 : 0;
            stale[count] = stale[count] && commits[count].base.mark != 0;
            count++;
        }
    }
    int failed = state_commit(run->store, commits, count, &err);
    for (size_t i = 0; i < count; i++) {
        if (!stale[i] && commits[i].result != STATE_STALE) {
            model_apply(add_step(run), &made[i], commits[i].mark);
        }
        assert_true(failed != 0 || commits[i].result == (stale[i] ? STATE_STALE : STATE_COMMITTED));
    }
    if (failed == 0 && count > 0) {
        run->commits += count;
        run->history.safe = run->history.count - 1;
    }
    return failed;
}

static int acknowledge_one(struct run *run)
{
    struct err err = {0};
    int p = (int)disk_random(&run->disk, MODEL_PARTITIONS);
    int alert = (int)disk_random(&run->disk, MODEL_ALERTS);
    char id[16];
    struct str ids[] = {model_name(id, 'a', alert)};
    char partition[16];
    int failed = state_acknowledge(run->store, model_name(partition, 'p', p), ids, 1, &err);
    if (last(run)->partitions[p].alerts[alert] >= 0) {
        add_step(run)->partitions[p].alerts[alert] = -1;
    }
    return failed;
}

static int do_something(struct run *run)
{
    struct err err = {0};
    uint64_t what = disk_random(&run->disk, 16);
    if (what < 10) {
        return commit_some(run);
    }
    if (what < 14) {
        return acknowledge_one(run);
    }
    int failed = state_flush(run->store, &err);
    run->history.safe = failed == 0 ? run->history.count - 1 : run->history.safe;
    return failed;
}

static void run_schedule(struct run *run, uint64_t seed)
{
    struct err err;
    char where[64];
    snprintf(where, sizeof where, "TOCSIN_SEED=%llu", (unsigned long long)seed);
    begin_run(run, seed * 2654435761U + 1, 300 + seed % 7 * 500);
    run->disk.crash_at = seed % 3 == 0 ? 1 + disk_random(&run->disk, 12) : 0;
    (void)open_store(run, &err);
    for (int i = 0; i < 60; i++) {
        uint64_t soon = run->disk.operations + 1 + disk_random(&run->disk, 25);
        uint64_t what = disk_random(&run->disk, 8);
        run->disk.crash_at = what == 0 && run->disk.crash_at == 0 ? soon : run->disk.crash_at;
        run->disk.fail_at = what == 1 ? soon : run->disk.fail_at;
        int failed = run->store == NULL || do_something(run) != 0;
        run->failures += failed != 0;
        /* After a failure nothing more is taken. */
        assert_true(!failed || run->store == NULL || state_flush(run->store, &err) == ERR_IO);
        if (failed != 0 || what == 2) {
            reopen(run, where);
        }
    }
    reopen(run, where);
    end_run(run);
}

static uint64_t number_of(const char *name, uint64_t other)
{
    uint64_t value = other;
    const char *text = getenv(name);
    return text != NULL && str_to_u64(str_of(text), &value) ? value : other;
}

static struct run the_run;

static void whatever_fails_when_a_prefix_with_all_answered_commits_is_read(void **state)
{
    (void)state;
    uint64_t first = number_of("TOCSIN_SEED", 0);
    uint64_t seeds = number_of("TOCSIN_SEEDS", getenv("TOCSIN_SEED") != NULL ? 1 : 3000);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        run_schedule(&the_run, seed);
    }
    print_message("%llu schedules: %llu commits, %llu crashes, %llu failed calls\n",
                  (unsigned long long)seeds, (unsigned long long)the_run.commits,
                  (unsigned long long)the_run.crashes, (unsigned long long)the_run.failures);
    if (seeds >= 1000) {
        assert_true(the_run.commits > 10 * seeds && the_run.crashes > seeds &&
                    the_run.failures > seeds);
    }
}

/* A fixed schedule, once for every operation that can fail or be the last one. */
static void every_operation_fails_once_and_is_the_last_one_once(void **state)
{
    (void)state;
    struct run *run = &the_run;
    struct err err;
    for (uint64_t at = 1, operations = 2; at <= operations; at++) {
        for (int crash = 0; crash < 2; crash++) {
            begin_run(run, 77, 700);
            run->disk.fail_at = crash == 0 ? at : 0;
            run->disk.crash_at = crash == 1 ? at : 0;
            (void)open_store(run, &err);
            for (int i = 0; i < 20; i++) {
                if (run->store == NULL || do_something(run) != 0) {
                    reopen(run, "every operation");
                }
            }
            operations = at == 1 && crash == 0 ? run->disk.operations : operations;
            assert_true(operations > 60);
            end_run(run);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_when_a_prefix_with_all_answered_commits_is_read),
        cmocka_unit_test(every_operation_fails_once_and_is_the_last_one_once),
    };
    return cmocka_run_group_tests_name("state_local", tests, NULL, NULL);
}
