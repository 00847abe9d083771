/* SPDX-License-Identifier: Apache-2.0
 *
 * test_redis.c - addresses, what refusals mean, and servers that answer half or slowly. Logging in
 * and sentinels are tried with real servers in test_state_redis.c and test_redis_sentinel.c.
 */
#include "base/clock.h"
#include "base/redis.h"
#include "base/redis_address.h"
#include "tests/fake_redis.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static void an_address_has_its_parts(void **state)
{
    (void)state;
    struct redis_address address;
    struct err err = {0};
    assert_int_equal(redis_address_parse("/run/redis.sock", &address, &err), 0);
    assert_string_equal(address.path, "/run/redis.sock");
    assert_int_equal(redis_address_parse("[::1]:6379/0", &address, &err), 0);
    assert_null(address.path);
    assert_int_equal(address.endpoints_count, 1);
    assert_true(str_equal(address.endpoints[0].host, STR("::1")));
    assert_int_equal(address.endpoints[0].port, 6379);
    assert_int_equal(address.master.len, 0);
    assert_false(address.tls);
    assert_int_equal(redis_address_parse("tls://redis.example:6380", &address, &err), 0);
    assert_true(address.tls);
    assert_true(str_equal(address.endpoints[0].host, STR("redis.example")));
    assert_int_equal(address.endpoints[0].port, 6380);
    assert_int_equal(
        redis_address_parse("sentinel://a:1,[fe80::1]:26379,c:3/the-master", &address, &err), 0);
    assert_int_equal(address.endpoints_count, 3);
    assert_true(str_equal(address.endpoints[1].host, STR("fe80::1")));
    assert_int_equal(address.endpoints[1].port, 26379);
    assert_int_equal(address.endpoints[2].port, 3);
    assert_true(str_equal(address.master, STR("the-master")));
}

static void an_address_that_is_none_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        {"", "write host:port"},
        {"localhost", "write host:port"},
        {"localhost:", "write host:port"},
        {":6379", "write host:port"},
        {"localhost:0", "write host:port"},
        {"localhost:65536", "write host:port"},
        {"redis://localhost:6379", "names a database"},
        {"user:secret@localhost:6379", "write host:port"},
        {"localhost:6379/1", "only database 0"},
        {"sentinel://a:1,b:2", "no name of a master"},
        {"sentinel://a:1,b:2/", "no name of a master"},
        {"sentinel://a:1,,b:2/m", "a sentinel that is none"},
        {"sentinel:///m", "a sentinel that is none"},
        {"sentinel://a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1/m",
         "more than 16"},
    };
    struct redis_address address;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        assert_int_equal(redis_address_parse(rows[i].text, &address, &err), ERR_CONFIG);
        if (strstr(err.text, rows[i].said) == NULL) {
            fail_msg("%s: %s", rows[i].text, err.text);
        }
    }
}

static void a_refusal_that_time_heals_is_told_from_one_that_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum redis_verdict verdict;
    } rows[] = {
        {"LOADING Redis is loading the dataset in memory", REDIS_AGAIN},
        {"BUSY Redis is busy running a script.", REDIS_AGAIN},
        {"MASTERDOWN Link with MASTER is down", REDIS_AGAIN},
        {"READONLY You can't write against a read only replica.", REDIS_AGAIN},
        {"NOREPLICAS Not enough good replicas to write.", REDIS_AGAIN},
        {"OOM command not allowed when used memory > 'maxmemory'.", REDIS_AGAIN},
        {"MISCONF Errors writing to the AOF file: No space left on device", REDIS_AGAIN},
        {"ERR max number of clients reached", REDIS_AGAIN},
        {"ERR Error running script (call to f_00): @user_script:1: @user_script: 1: -OOM command "
         "not allowed when used memory > 'maxmemory'.",
         REDIS_AGAIN},
        {"NOSCRIPT No matching script. Please use EVAL.", REDIS_NO_SCRIPT},
        {"ERR unknown command 'EVALSHA'", REDIS_REFUSED},
        {"ERR Error running script: too many results to unpack", REDIS_REFUSED},
        {"ERR OOM is only a word of this text", REDIS_REFUSED},
        {"LOADINGS", REDIS_REFUSED},
        {"NOPERM this user has no permissions", REDIS_REFUSED},
        {"WRONGTYPE Operation against a key", REDIS_REFUSED},
        {"MOVED 3999 127.0.0.1:6381", REDIS_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s", rows[i].text);
        redisReply reply = {.type = REDIS_REPLY_ERROR, .str = text};
        reply.len = strlen(text);
        if (redis_judge(&reply) != rows[i].verdict) {
            fail_msg("%s", text);
        }
        reply.type = REDIS_REPLY_STRING;
        assert_int_equal(redis_judge(&reply), REDIS_ANSWER);
    }
}

/* Opens a connection to a server that plays the steps. */
static int open_fake(const struct fake_step *steps, size_t count, const char *password,
                     int64_t timeout_ms, struct err *err)
{
    struct fake_redis fake;
    redisContext *connection = NULL;
    fake_redis_begin(&fake, steps, count);
    struct redis_options options = {.address = fake.address, .password = password};
    int failed = redis_open(&options, clock_monotonic_ns() + timeout_ms * MS, &connection, err);
    assert_true((failed == 0) == (connection != NULL));
    redisFree(connection);
    fake_redis_end(&fake);
    return failed;
}

static void what_a_server_says_first_decides_whether_to_come_again(void **state)
{
    (void)state;
    static const struct {
        struct fake_step step;
        int code;
        const char *said;
    } rows[] = {
        {{"PING", "-LOADING Redis is loading\r\n", FAKE_GOES_ON, false}, ERR_REDIS, "LOADING"},
        {{"PING", "-ERR max number of clients reached\r\n", FAKE_CLOSES, false}, ERR_REDIS, "max"},
        {{"PING", "-NOAUTH Authentication required.\r\n", FAKE_GOES_ON, false},
         ERR_CONFIG,
         "wants a password"},
        {{"PING", "-DENIED Redis is running in protected mode\r\n", FAKE_CLOSES, false},
         ERR_CONFIG,
         "protected mode"},
        {{"PING", "-NOPERM no ping for you\r\n", FAKE_GOES_ON, false}, 0, ""},
        {{"PING", "", FAKE_CLOSES, false}, ERR_REDIS, "closed"},
        {{"PING", "+PO", FAKE_CLOSES, false}, ERR_REDIS, "closed"},
        {{"PING", "HTTP/1.1 400 Bad Request\r\n", FAKE_CLOSES, false}, ERR_REDIS, "Protocol"},
        {{"AUTH", "-WRONGPASS invalid username-password pair\r\n", FAKE_GOES_ON, false},
         ERR_CONFIG,
         "WRONGPASS"},
        {{"AUTH", "-ERR Client sent AUTH, but no password is set\r\n", FAKE_GOES_ON, false},
         ERR_CONFIG,
         "no password is set"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        int failed = open_fake(&rows[i].step, 1, "hunter2", 5000, &err);
        if (failed != rows[i].code || strstr(err.text, rows[i].said) == NULL) {
            fail_msg("row %zu: %d %s", i, failed, err.text);
        }
        assert_null(strstr(err.text, "hunter2"));
    }
}

static void a_server_that_hangs_or_drips_costs_the_timeout(void **state)
{
    (void)state;
    static const struct fake_step steps[] = {
        {"PING", "+PO", FAKE_HANGS, false},
        {"PING", "+", FAKE_DRIPS, false}, /* hiredis alone would wait for ever */
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct err err = {0};
        int64_t begun_ns = clock_monotonic_ns();
        assert_int_equal(open_fake(&steps[i], 1, NULL, 200, &err), ERR_REDIS);
        assert_string_equal(err.text, "no answer in time");
        assert_in_range((clock_monotonic_ns() - begun_ns) / MS, 150, 2000);
    }
}

static void an_answer_that_is_there_is_taken_after_the_deadline_too(void **state)
{
    (void)state;
    struct fake_redis fake;
    struct err err = {0};
    redisContext *connection = NULL;
    fake_redis_begin(&fake, NULL, 0);
    struct redis_options options = {.address = fake.address};
    struct str ping[] = {STR("PING")};
    assert_int_equal(redis_open(&options, clock_monotonic_ns() + 5000 * MS, &connection, &err), 0);
    redis_add(connection, ping, 1);
    redis_add(connection, ping, 1);
    redisReply *first = redis_reply(connection, clock_monotonic_ns() + 5000 * MS);
    assert_string_equal(first->str, "PONG");
    freeReplyObject(first);
    redis_add(connection, ping, 1);
    redisReply *late = redis_reply(connection, clock_monotonic_ns() - 1);
    if (late != NULL) { /* both replies came in one read */
        freeReplyObject(late);
        late = redis_reply(connection, clock_monotonic_ns() - 1);
    }
    assert_null(late);
    assert_string_equal(redis_reason(connection), "no answer in time");
    redisFree(connection);
    fake_redis_end(&fake);
}

static void a_user_without_a_password_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct redis_options options = {.address = "127.0.0.1:6379", .user = "worker"};
    assert_int_equal(redis_check(&options, &err), ERR_CONFIG);
    assert_string_equal(err.text, "the Redis user worker needs a password");
    options.password = "x";
    assert_int_equal(redis_check(&options, &err), 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_its_parts),
        cmocka_unit_test(an_address_that_is_none_is_told),
        cmocka_unit_test(a_refusal_that_time_heals_is_told_from_one_that_stays),
        cmocka_unit_test(what_a_server_says_first_decides_whether_to_come_again),
        cmocka_unit_test(a_server_that_hangs_or_drips_costs_the_timeout),
        cmocka_unit_test(an_answer_that_is_there_is_taken_after_the_deadline_too),
        cmocka_unit_test(a_user_without_a_password_is_refused),
    };
    return cmocka_run_group_tests_name("redis", tests, NULL, NULL);
}
