/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_redis_faults.c - commits to a server that refuses, answers half, or goes away at any
 * byte of its answer: each is resolved by its mark, none is applied twice.
 */
#include "base/clock.h"
#include "tests/fake_redis.h"
#include "tests/state_contract.h"

#include <signal.h>

static struct fake_redis fake;

static struct state_store *open_fake(const struct fake_step *steps, size_t count, int timeout_ms)
{
    fake_redis_begin(&fake, steps, count);
    contract_options = (struct state_options){.kind = "redis",
                                              .address = fake.address,
                                              .prefix = "tocsin:test",
                                              .timeout_ms = timeout_ms};
    return contract_open();
}

static void close_fake(struct state_store *store)
{
    state_close(store);
    fake_redis_end(&fake);
}

static void a_refusal_that_time_heals_is_tried_again_on_a_new_connection(void **state)
{
    (void)state;
    static const char *const refusals[] = {
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-BUSY Redis is busy running a script. You can only call SCRIPT KILL\r\n",
        "-READONLY You can't write against a read only replica.\r\n",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
        "-OOM command not allowed when used memory > 'maxmemory'. script: 01\r\n",
        "-MISCONF Errors writing to the AOF file: No space left on device\r\n",
        "-NOREPLICAS Not enough good replicas to write.\r\n",
        "-NOSCRIPT No matching script. Please use EVAL.\r\n",
        "-ERR Error running script (call to f_01): @user_script:1: -OOM command not allowed\r\n",
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct fake_step step = {"EVALSHA", refusals[i], FAKE_GOES_ON, false};
        struct err err = {0};
        struct state_store *store = open_fake(&step, 1, 20000);
        struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, NULL);
        if (state_commit(store, &commit, 1, &err) != 0) {
            fail_msg("%s: %s", refusals[i], err.text);
        }
        assert_int_equal(commit.result, STATE_COMMITTED);
        assert_int_equal(fake.commits, 1);
        assert_int_equal(fake.connections, 2);
        close_fake(store);
    }
}

static void any_other_refusal_ends_the_call_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int code;
        const char *said;
    } rows[] = {
        {"-NOPERM this user has no permissions to run the 'evalsha' command\r\n", ERR_REDIS,
         "NOPERM"},
        {"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", ERR_REDIS,
         "WRONGTYPE"},
        {"-MOVED 3999 127.0.0.1:6381\r\n", ERR_REDIS, "MOVED"},
        {":1\r\n", ERR_DATA, "not a partition's state"},
        {"*2\r\n:1\r\n$4\r\nsoon\r\n", ERR_DATA, "not a partition's state"},
        {"*2\r\n$1\r\n1\r\n$3\r\n5 1\r\n", ERR_DATA, "not a partition's state"},
        {"*1\r\n:1\r\n", ERR_DATA, "not a partition's state"},
        {"*-1\r\n", ERR_DATA, "not a partition's state"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake_step step = {"EVALSHA", rows[i].bytes, FAKE_GOES_ON, false};
        struct err err = {0};
        struct state_store *store = open_fake(&step, 1, 20000);
        struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, NULL);
        int64_t begun_ns = clock_monotonic_ns();
        assert_int_equal(state_commit(store, &commit, 1, &err), rows[i].code);
        assert_true(clock_monotonic_ns() - begun_ns < INT64_C(5000000000));
        assert_int_equal(commit.result, STATE_UNKNOWN);
        assert_non_null(strstr(err.text, rows[i].said));
        assert_non_null(strstr(err.text, fake.address));
        close_fake(store);
    }
}

/* The answer to a commit is lost after each of its bytes, before and after it was applied. */
static void an_answer_that_is_cut_at_any_byte_is_resolved_by_the_mark(void **state)
{
    (void)state;
    static const char answer[] = "*2\r\n:1\r\n$22\r\n5 12345678901234567890\r\n";
    for (size_t cut = 0; cut + 1 < sizeof answer; cut++) {
        for (int applies = 0; applies < 2; applies++) {
            char part[sizeof answer];
            snprintf(part, sizeof part, "%.*s", (int)cut, answer);
            struct fake_step step = {"EVALSHA", part, FAKE_CLOSES, applies == 1};
            struct err err = {0};
            struct state_store *store = open_fake(&step, 1, 20000);
            struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, NULL);
            if (state_commit(store, &commit, 1, &err) != 0) {
                fail_msg("cut at %zu: %s", cut, err.text);
            }
            assert_int_equal(commit.result, STATE_COMMITTED);
            assert_int_equal(commit.position.mark, commit.mark);
            assert_int_equal(fake.commits, 1);
            assert_int_equal(fake.connections, 2);
            close_fake(store);
        }
    }
}

static void a_commit_without_an_answer_in_time_is_unknown_and_then_recognized(void **state)
{
    (void)state;
    static const struct fake_step steps[] = {
        {"EVALSHA", "*2\r\n:1", FAKE_HANGS, true},
        {"EVALSHA", "*", FAKE_DRIPS, false},
    };
    struct err err = {0};
    struct state_store *store = open_fake(steps, 2, 200);
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, NULL);
    for (int i = 0; i < 2; i++) {
        int64_t begun_ns = clock_monotonic_ns();
        assert_int_equal(state_commit(store, &commit, 1, &err), ERR_REDIS);
        assert_in_range((clock_monotonic_ns() - begun_ns) / 1000000, 100, 3000);
        assert_non_null(strstr(err.text, "no answer in time"));
        assert_int_equal(commit.result, STATE_UNKNOWN);
    }
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    assert_int_equal(fake.commits, 1);
    close_fake(store);
}

static void another_writer_meanwhile_makes_the_unknown_commit_stale(void **state)
{
    (void)state;
    static const struct fake_step step = {"EVALSHA", "", FAKE_HANGS, false};
    struct err err = {0};
    struct state_store *store = open_fake(&step, 1, 200);
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, NULL);
    assert_int_equal(state_commit(store, &commit, 1, &err), ERR_REDIS);
    snprintf(fake_position(&fake, "tocsin:test:p:trail/0"), 64, "5 77");
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_STALE);
    assert_int_equal(commit.position.mark, 77);
    assert_int_equal(fake.commits, 0);
    close_fake(store);
}

static void partitions_that_were_answered_are_not_sent_again(void **state)
{
    (void)state;
    /* The second of three is applied and its answer lost. */
    static const struct fake_step steps[] = {
        {"EVALSHA", "*2\r\n:0\r\n$4\r\n9 77\r\n", FAKE_GOES_ON, false},
        {"EVALSHA", "*2\r\n:1\r\n$", FAKE_CLOSES, true},
    };
    struct err err = {0};
    struct state_store *store = open_fake(steps, 2, 20000);
    struct state_commit commits[3];
    static const char *const names[] = {"t/0", "t/1", "t/2"};
    for (size_t i = 0; i < 3; i++) {
        commits[i] = contract_commit(STATE_POSITION_NONE, 5, NULL);
        commits[i].partition = str_of(names[i]);
    }
    assert_int_equal(state_commit(store, commits, 3, &err), 0);
    assert_int_equal(commits[0].result, STATE_STALE);
    assert_int_equal(commits[0].position.mark, 77);
    assert_int_equal(commits[1].result, STATE_COMMITTED);
    assert_int_equal(commits[2].result, STATE_COMMITTED);
    assert_int_equal(fake.commits, 2);
    assert_int_equal(fake.connections, 2);
    close_fake(store);
}

static int count_cell(void *context, struct str key, struct str value, struct err *err)
{
    size_t *count = context;
    (void)key;
    (void)value;
    (void)err;
    ++*count;
    return 0;
}

static void a_load_goes_on_after_a_lost_connection_and_says_so(void **state)
{
    (void)state;
    static const struct fake_step steps[] = {
        {"HSCAN", "*2\r\n$1\r\n7\r\n*2\r\n$2\r\nca\r\n$2\r\n=1\r\n", FAKE_GOES_ON, false},
        {"HSCAN", "*2\r\n$1\r\n0\r\n*2\r\n$2", FAKE_CLOSES, false},
        {"HSCAN", "*2\r\n$1\r\n0\r\n*0\r\n", FAKE_GOES_ON, false},
    };
    struct err err = {0};
    size_t cells = 0;
    struct state_reader reader = {count_cell, count_cell, &cells};
    struct state_position position;
    struct state_store *store = open_fake(steps, 3, 20000);
    assert_int_equal(state_load(store, STR("t/0"), &reader, &position, &err), STATE_STALE);
    assert_int_equal(cells, 1);
    assert_int_equal(fake.connections, 2);
    close_fake(store);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_that_time_heals_is_tried_again_on_a_new_connection),
        cmocka_unit_test(any_other_refusal_ends_the_call_at_once),
        cmocka_unit_test(an_answer_that_is_cut_at_any_byte_is_resolved_by_the_mark),
        cmocka_unit_test(a_commit_without_an_answer_in_time_is_unknown_and_then_recognized),
        cmocka_unit_test(another_writer_meanwhile_makes_the_unknown_commit_stale),
        cmocka_unit_test(partitions_that_were_answered_are_not_sent_again),
        cmocka_unit_test(a_load_goes_on_after_a_lost_connection_and_says_so),
    };
    return cmocka_run_group_tests_name("state_redis_faults", tests, NULL, NULL);
}
