/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_redis.c - the Redis store against a real server: the contract, servers that are not
 * fit, and servers that are slow, gone and back. Without a redis-server the tests are skipped.
 */
#include "tests/redis_server.h"
#include "tests/state_contract.h"

#include "base/clock.h"

static struct redis_server server;

static int start_all(void **state)
{
    (void)state;
    snprintf(server.port, sizeof server.port, "%d", 20000 + (int)getpid() % 20000);
    if (!redis_server_begin(&server)) {
        redis_server_end(&server);
        server.address[0] = '\0';
    }
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    if (server.address[0] != '\0') {
        redis_server_end(&server);
    }
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    if (server.address[0] != '\0') {
        redis_server_ask(&server, "FLUSHALL");
    }
    contract_options = (struct state_options){
        .kind = "redis", .address = server.address, .prefix = "tocsin:test", .timeout_ms = 5000};
    return 0;
}

static void need_server(void)
{
    if (server.address[0] == '\0') {
        skip();
    }
}

static void refused(int code, const char *text)
{
    struct state_store *store = NULL;
    struct err err = {0};
    contract_options.timeout_ms = 300;
    assert_int_equal(state_open(&contract_options, &store, &err), code);
    assert_null(store);
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, err.text);
    }
}

static void a_server_that_would_lose_state_is_refused(void **state)
{
    (void)state;
    need_server();
    redis_server_ask(&server, "CONFIG SET appendonly no");
    refused(ERR_CONFIG, "appendonly yes");
    redis_server_ask(&server, "CONFIG SET appendonly yes");
    redis_server_ask(&server, "CONFIG SET maxmemory-policy allkeys-lru");
    refused(ERR_CONFIG, "maxmemory-policy noeviction");
    redis_server_ask(&server, "CONFIG SET maxmemory-policy noeviction");
    redis_server_ask(&server, "REPLICAOF 127.0.0.1 1");
    refused(ERR_CONFIG, "replica");
    redis_server_ask(&server, "REPLICAOF NO ONE");
    state_close(contract_open());
}

static void a_newer_format_is_refused(void **state)
{
    (void)state;
    need_server();
    redis_server_ask(&server, "SET tocsin:test:format 2");
    refused(ERR_DATA, "format \"2\"");
    redis_server_ask(&server, "DEL tocsin:test:format");
    redis_server_ask(&server, "SET tocsin:test:p:trail/0 text");
    struct state_store *store = contract_open();
    struct state_position position;
    struct err err = {0};
    assert_int_equal(state_position_get(store, STR("trail/0"), &position, &err), ERR_REDIS);
    redis_server_ask(&server, "DEL tocsin:test:p:trail/0");
    redis_server_ask(&server, "HSET tocsin:test:p:trail/0 p soon");
    assert_int_equal(state_position_get(store, STR("trail/0"), &position, &err), ERR_DATA);
    state_close(store);
}

static void users_passwords_and_ports_are_used(void **state)
{
    (void)state;
    need_server();
    char address[32];
    redis_server_ask(&server,
                     "ACL SETUSER worker on >secret ~tocsin:test:* +evalsha +script|load "
                     "+hget +hset +hdel +hscan +scan +info +set +get +watch +unwatch +multi "
                     "+exec");
    contract_options.user = "worker";
    contract_options.password = "wrong";
    refused(ERR_CONFIG, "WRONGPASS");
    contract_options.password = NULL;
    refused(ERR_CONFIG, "needs a password");
    contract_options.password = "secret";
    contract_options.timeout_ms = 5000;
    snprintf(address, sizeof address, "127.0.0.1:%s", server.port);
    contract_options.address = address;
    it_says_what_the_slow_and_obvious_store_says(NULL);
    contract_options.prefix = "other";
    refused(ERR_CONFIG, "NOPERM");
    redis_server_ask(&server, "ACL DELUSER worker");
}

static void wrong_options_are_told(void **state)
{
    (void)state;
    contract_options.prefix = "a*";
    refused(ERR_CONFIG, "prefix");
    contract_options.prefix = "a";
    contract_options.address = "localhost";
    refused(ERR_CONFIG, "host:port");
    contract_options.address = NULL;
    refused(ERR_CONFIG, "address");
    contract_options.address = "127.0.0.1:1";
    refused(ERR_REDIS, "127.0.0.1:1");
}

static void a_commit_whose_answer_was_lost_is_recognized(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    uint64_t mark = commit.mark;
    redis_server_ask(&server, "HDEL tocsin:test:p:trail/0 ca");
    commit.result = STATE_UNKNOWN;
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    assert_int_equal(commit.position.mark, mark);
    contract_cell_is(store, "a", NULL); /* it was not written again */
    state_close(store);
}

static void forgotten_scripts_are_loaded_again(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    redis_server_ask(&server, "SCRIPT FLUSH");
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    contract_cell_is(store, "a", "1");
    state_close(store);
}

static void deleted_cells_leave_the_server(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct model model = model_new();
    struct state_change change = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, &change);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    assert_int_equal(redis_server_ask(&server, "HEXISTS tocsin:test:p:trail/0 ca"), 1);
    change.deleted = true;
    struct state_commit second = contract_commit(first.position, 6, &change);
    assert_int_equal(state_commit(store, &second, 1, &err), 0);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 1);
    /* What a crash between the two has left goes with the next load. */
    struct model_reading reading = {&model, 0};
    struct state_reader reader = {model_cell, model_alert, &reading};
    struct state_position position;
    redisContext *probe = redisConnectUnix(server.address);
    freeReplyObject(redisCommand(probe, "HSET tocsin:test:p:trail/0 cb %b", "", (size_t)0));
    redisFree(probe);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 2);
    assert_int_equal(state_load(store, STR("trail/0"), &reader, &position, &err), 0);
    assert_int_equal(position.offset, 6);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 1);
    state_close(store);
}

struct meddler {
    struct state_store *store;
    struct state_commit commit;
};

static int meddle(void *context, struct str key, struct str value, struct err *err)
{
    struct meddler *meddler = context;
    (void)key;
    (void)value;
    return meddler->commit.mark == 0 ? state_commit(meddler->store, &meddler->commit, 1, err) : 0;
}

static void a_load_that_another_writer_disturbs_is_told(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    struct meddler meddler = {contract_open(), contract_commit(first.position, 6, NULL)};
    struct state_reader reader = {meddle, meddle, &meddler};
    struct state_position position;
    assert_int_equal(state_load(store, STR("trail/0"), &reader, &position, &err), STATE_STALE);
    assert_int_equal(meddler.commit.result, STATE_COMMITTED);
    assert_int_equal(state_load(store, STR("trail/0"), &reader, &position, &err), 0);
    assert_int_equal(position.offset, 6);
    state_close(meddler.store);
    state_close(store);
}

static void a_stopped_server_costs_the_timeout_and_the_commit_is_tried_again(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    contract_options.timeout_ms = 400;
    struct state_store *store = contract_open();
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    kill(server.process, SIGSTOP);
    int64_t begun_ns = clock_monotonic_ns();
    int failed = state_commit(store, &commit, 1, &err);
    int64_t took_ms = (clock_monotonic_ns() - begun_ns) / 1000000;
    kill(server.process, SIGCONT);
    assert_int_equal(failed, ERR_REDIS);
    assert_int_equal(commit.result, STATE_UNKNOWN);
    assert_non_null(strstr(err.text, server.address));
    assert_in_range(took_ms, 200, 2000);
    /* The server has read what had been sent; it is not applied twice. */
    uint64_t mark = commit.mark;
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    assert_int_equal(commit.position.mark, mark);
    state_close(store);
}

static void a_server_that_comes_back_in_time_is_waited_for(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    contract_options.timeout_ms = 20000;
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    redis_server_kill(&server);
    server.delay_ms = 300;
    redis_server_launch(&server);
    server.delay_ms = 0;
    struct state_commit second = contract_commit(first.position, 6, &one);
    assert_int_equal(state_commit(store, &second, 1, &err), 0);
    assert_int_equal(second.result, STATE_COMMITTED);
    contract_cell_is(store, "a", "1");
    state_close(store);
}

#define WHEN_THERE(name)                                                                           \
    static void with_server_##name(void **state)                                                   \
    {                                                                                              \
        need_server();                                                                             \
        name(state);                                                                               \
    }

WHEN_THERE(a_commit_is_there_after_opening_again)
WHEN_THERE(another_base_is_stale_and_writes_nothing)
WHEN_THERE(of_two_writers_at_one_offset_one_gets_on)
WHEN_THERE(a_commit_that_has_its_answer_is_left_alone)
WHEN_THERE(partitions_of_one_call_are_judged_one_by_one)
WHEN_THERE(an_acknowledged_alert_leaves_the_outbox)
WHEN_THERE(a_commit_past_the_limits_is_told_and_not_written)
WHEN_THERE(it_says_what_the_slow_and_obvious_store_says)

int main(void)
{
#define TEST(name)     cmocka_unit_test_setup(name, set_up)
#define CONTRACT(name) cmocka_unit_test_setup(with_server_##name, set_up)
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        CONTRACT_TESTS(CONTRACT),
        TEST(a_server_that_would_lose_state_is_refused),
        TEST(a_newer_format_is_refused),
        TEST(users_passwords_and_ports_are_used),
        TEST(wrong_options_are_told),
        TEST(a_commit_whose_answer_was_lost_is_recognized),
        TEST(forgotten_scripts_are_loaded_again),
        TEST(deleted_cells_leave_the_server),
        TEST(a_load_that_another_writer_disturbs_is_told),
        TEST(a_stopped_server_costs_the_timeout_and_the_commit_is_tried_again),
        TEST(a_server_that_comes_back_in_time_is_waited_for),
    };
    return cmocka_run_group_tests_name("state_redis", tests, start_all, end_all);
}
