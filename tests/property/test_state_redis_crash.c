/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_redis_crash.c - the Redis store over a server that is killed, and whose append-only
 * file then loses its end at any byte: what is read is the state after a prefix of the commits,
 * with all that were answered when nothing was cut. Each cut is followed by two starts, since a
 * torn end can do its harm in the second. TOCSIN_ROUNDS sets how many, TOCSIN_SEED what is drawn.
 * Without a redis-server the test is skipped.
 */
#include "tests/redis_server.h"
#include "tests/state_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#define STATES_MAX 20000

struct run {
    struct redis_server server;
    struct state_store *store;
    struct model *states;
    size_t count;
    uint64_t random;
    uint64_t lost; /* commits and acknowledgements that cuts took */
};

static struct model *add_step(struct run *run)
{
    assert_true(run->count < STATES_MAX);
    run->states[run->count] = run->states[run->count - 1];
    return &run->states[run->count++];
}

static void open_store(struct run *run)
{
    struct err err = {0};
    struct state_options options = {
        .kind = "redis", .address = run->server.address, .prefix = "tocsin", .timeout_ms = 10000};
    if (state_open(&options, &run->store, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

/* A commit to some partitions, and an acknowledgement. */
static void do_something(struct run *run)
{
    struct err err = {0};
    struct model_commit made[MODEL_PARTITIONS];
    struct state_commit commits[MODEL_PARTITIONS];
    struct model last = run->states[run->count - 1];
    size_t count = 0;
    for (int p = 0; p < MODEL_PARTITIONS; p++) {
        if (model_random(&run->random, 2) == 0) {
            commits[count] = model_commit_draw(&made[count], &last, p, &run->random);
            count++;
        }
    }
    assert_int_equal(state_commit(run->store, commits, count, &err), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(commits[i].result, STATE_COMMITTED);
        model_apply(add_step(run), &made[i], commits[i].mark);
    }
    int p = (int)model_random(&run->random, MODEL_PARTITIONS);
    int alert = (int)model_random(&run->random, MODEL_ALERTS);
    char id[16];
    char partition[16];
    struct str ids[] = {model_name(id, 'a', alert)};
    assert_int_equal(state_acknowledge(run->store, model_name(partition, 'p', p), ids, 1, &err), 0);
    add_step(run)->partitions[p].alerts[alert] = -1;
}

/* Cuts 0 to 3,000 bytes; not into what was there before the first commit. */
static bool cut_file(struct run *run)
{
    char path[160];
    struct stat status;
    snprintf(path, sizeof path, "%s/appendonlydir/appendonly.aof.1.incr.aof", run->server.folder);
    assert_int_equal(stat(path, &status), 0);
    off_t cut = (off_t)model_random(&run->random, 3000);
    cut = cut < status.st_size - 100 ? cut : 0;
    assert_int_equal(truncate(path, status.st_size - cut), 0);
    return cut > 0;
}

static void check(struct run *run, size_t safe, uint64_t round)
{
    struct model found = model_read(run->store);
    size_t at = run->count;
    while (at > safe && !model_equal(&found, &run->states[at - 1])) {
        at--;
    }
    if (at == safe) {
        fail_msg("round %llu: what was read is none of %zu states", (unsigned long long)round,
                 run->count - safe);
    }
    run->lost += run->count - at;
    run->count = at;
}

static uint64_t number_of(const char *name, uint64_t other)
{
    uint64_t value = other;
    const char *text = getenv(name);
    return text != NULL && str_to_u64(str_of(text), &value) ? value : other;
}

static void run_rounds(bool every_second)
{
    struct run run = {.server.every_second = every_second};
    uint64_t rounds = number_of("TOCSIN_ROUNDS", 10);
    run.random = number_of("TOCSIN_SEED", 1);
    if (!redis_server_begin(&run.server)) {
        redis_server_end(&run.server);
        skip();
    }
    run.states = memory_new(STATES_MAX, sizeof *run.states);
    run.states[0] = model_new();
    run.count = 1;
    open_store(&run);
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t steps = 5 + model_random(&run.random, 40);
        for (uint64_t i = 0; i < steps; i++) {
            do_something(&run);
        }
        redis_server_kill(&run.server);
        bool cut = round % 3 != 0 && cut_file(&run);
        assert_true(redis_server_start(&run.server));
        check(&run, cut || every_second ? 0 : run.count - 1, round);
        do_something(&run);
        redis_server_kill(&run.server);
        assert_true(redis_server_start(&run.server));
        check(&run, every_second ? 0 : run.count - 1, round);
    }
    print_message("%llu rounds, %llu steps lost by cuts\n", (unsigned long long)rounds,
                  (unsigned long long)run.lost);
    assert_true(rounds < 10 || run.lost > 20);
    state_close(run.store);
    memory_free(run.states);
    redis_server_end(&run.server);
}

static void whatever_is_cut_off_a_prefix_of_the_commits_is_read(void **state)
{
    (void)state;
    run_rounds(false);
}

static void a_server_that_syncs_every_second_has_a_prefix_too(void **state)
{
    (void)state;
    run_rounds(true);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_cut_off_a_prefix_of_the_commits_is_read),
        cmocka_unit_test(a_server_that_syncs_every_second_has_a_prefix_too),
    };
    return cmocka_run_group_tests_name("state_redis_crash", tests, NULL, NULL);
}
