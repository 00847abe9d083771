/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sink_redis.c - the Redis sink against a real server, started on a socket in a folder of its
 * own. Without a redis-server on the PATH the tests are skipped.
 */
#include "respond/sink/sink.h"
#include "tests/fake_redis.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char address[96];
static pid_t server;
static redisContext *probe;

static void run_server(void)
{
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", address, "--save", "",
           "--dir", folder, (char *)NULL);
    _exit(127);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_redis_XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(address, sizeof address, "%s/socket", folder);
    server = fork();
    if (server == 0) {
        run_server();
    }
    int status = 0;
    for (int i = 0; i < 500; i++) {
        probe = redisConnectUnix(address);
        if (probe != NULL && probe->err == 0) {
            return 0;
        }
        redisFree(probe);
        probe = NULL;
        if (waitpid(server, &status, WNOHANG) == server) {
            server = 0;
            return 0;
        }
        usleep(10000);
    }
    return -1;
}

static int tear_down(void **state)
{
    (void)state;
    if (probe != NULL) {
        redisFree(probe);
        probe = NULL;
    }
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
    unlink(address);
    return rmdir(folder);
}

static long long ask_number(const char *command)
{
    redisReply *reply = redisCommand(probe, command);
    assert_non_null(reply);
    assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
    long long number = reply->integer;
    freeReplyObject(reply);
    return number;
}

static void open_sink(struct sink *sink, struct sink_options options)
{
    struct err err = {0};
    if (probe == NULL) {
        skip();
    }
    options.kind = "redis";
    options.address = address;
    options.stream = "alerts";
    options.timeout_ms = 2000;
    assert_int_equal(sink_open(sink, &options, &err), 0);
}

static void what_is_flushed_is_in_the_stream_byte_by_byte(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_item item = {.key = STR("so%urce"), .json = STR("{\"a\":\"\r\n\0%s\"}\n")};
    open_sink(&sink, (struct sink_options){.dedup_seconds = 60});
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), 0);
    /* Dead letters have no id of their own: both are there. */
    assert_int_equal(ask_number("XLEN alerts"), 2);
    redisReply *reply = redisCommand(probe, "XRANGE alerts - + COUNT 1");
    redisReply *fields = reply->element[0]->element[1];
    assert_int_equal(fields->elements, 4);
    assert_string_equal(fields->element[0]->str, "id");
    assert_string_equal(fields->element[1]->str, "so%urce");
    assert_string_equal(fields->element[2]->str, "json");
    assert_int_equal(fields->element[3]->len, item.json.len - 1);
    assert_memory_equal(fields->element[3]->str, item.json.ptr, item.json.len - 1);
    freeReplyObject(reply);
    sink_close(&sink);
}

static void an_alert_id_is_taken_once_across_runs(void **state)
{
    (void)state;
    static const struct alert alert;
    struct err err = {0};
    struct sink_item item = {.alert = &alert, .key = STR("0011"), .json = STR("{}\n")};
    for (int i = 0; i < 2; i++) {
        struct sink sink;
        open_sink(&sink, (struct sink_options){.dedup_seconds = 60});
        assert_int_equal(sink_write(&sink, &item, &err), 0);
        assert_int_equal(sink_flush(&sink, &err), 0);
        sink_close(&sink);
    }
    assert_int_equal(ask_number("XLEN alerts"), 1);
    assert_int_equal(ask_number("TTL {alerts}:seen:0011"), 60);
}

static void without_dedup_an_alert_may_repeat(void **state)
{
    (void)state;
    static const struct alert alert;
    struct err err = {0};
    struct sink sink;
    struct sink_item item = {.alert = &alert, .key = STR("0011"), .json = STR("{}\n")};
    open_sink(&sink, (struct sink_options){0});
    for (int i = 0; i < 2500; i++) {
        assert_int_equal(sink_write(&sink, &item, &err), 0);
    }
    assert_int_equal(sink_flush(&sink, &err), 0);
    assert_int_equal(ask_number("XLEN alerts"), 2500);
    sink_close(&sink);
}

static void the_stream_is_trimmed_about_its_length(void **state)
{
    (void)state;
    struct err err = {0};
    struct sink sink;
    struct sink_item item = {.key = STR("a"), .json = STR("{}\n")};
    open_sink(&sink, (struct sink_options){.stream_length_max = 100});
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(sink_write(&sink, &item, &err), 0);
    }
    assert_int_equal(sink_flush(&sink, &err), 0);
    long long length = ask_number("XLEN alerts");
    assert_true(length >= 100 && length < 400);
    sink_close(&sink);
}

static void a_refused_command_fails_this_flush_and_every_later_one(void **state)
{
    (void)state;
    struct err err = {0};
    struct sink sink;
    struct sink_item item = {.key = STR("a"), .json = STR("{}\n")};
    open_sink(&sink, (struct sink_options){0});
    freeReplyObject(redisCommand(probe, "SET alerts text"));
    assert_int_equal(sink_write(&sink, &item, &err), 0);
    assert_int_equal(sink_flush(&sink, &err), ERR_REDIS);
    assert_non_null(strstr(err.text, "alerts"));
    freeReplyObject(redisCommand(probe, "DEL alerts"));
    assert_int_equal(sink_write(&sink, &item, &err), ERR_REDIS);
    assert_int_equal(sink_flush(&sink, &err), ERR_REDIS);
    sink_close(&sink);
}

static void a_server_that_died_fails_the_flush(void **state)
{
    (void)state;
    struct err err = {0};
    struct sink sink;
    struct sink_item item = {.key = STR("a"), .json = STR("{}\n")};
    open_sink(&sink, (struct sink_options){0});
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    server = 0;
    (void)sink_write(&sink, &item, &err);
    assert_int_equal(sink_flush(&sink, &err), ERR_REDIS);
    sink_close(&sink);
}

/* Kills the server and lets another begin after a moment, at the same place and empty. */
static void restart_server(void)
{
    redisFree(probe);
    probe = NULL;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    unlink(address);
    server = fork();
    if (server == 0) {
        usleep(200000);
        run_server();
    }
}

static void what_was_not_answered_is_sent_again_to_a_server_that_comes_back(void **state)
{
    (void)state;
    static const struct alert alert;
    struct err err = {0};
    struct sink sink;
    open_sink(&sink, (struct sink_options){.dedup_seconds = 60});
    restart_server();
    for (int i = 0; i < 30; i++) {
        char key[8];
        snprintf(key, sizeof key, "%04d", i);
        struct sink_item item = {.alert = &alert, .key = {key, 4}, .json = STR("{}\n")};
        assert_int_equal(sink_write(&sink, &item, &err), 0);
    }
    if (sink_flush(&sink, &err) != 0) {
        fail_msg("%s", err.text);
    }
    probe = redisConnectUnix(address);
    assert_int_equal(ask_number("XLEN alerts"), 30);
    redisReply *reply = redisCommand(probe, "XRANGE alerts - +");
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(strtol(reply->element[i]->element[1]->element[1]->str, NULL, 10), i);
    }
    freeReplyObject(reply);
    sink_close(&sink);
}

/* Writes three dead letters to a server that plays the steps; how many EVALs it was sent. */
static unsigned play(const struct fake_step *steps, size_t count, int code, const char *said)
{
    struct fake_redis fake;
    struct sink sink;
    struct err err = {0};
    struct sink_item item = {.key = STR("a"), .json = STR("{}\n")};
    fake_redis_begin(&fake, steps, count);
    struct sink_options options = {
        .kind = "redis", .address = fake.address, .stream = "alerts", .timeout_ms = 5000};
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sink_write(&sink, &item, &err), 0);
    }
    assert_int_equal(sink_flush(&sink, &err), code);
    assert_non_null(strstr(err.text, said));
    assert_int_equal(fake.step, count);
    sink_close(&sink);
    unsigned evals = fake.evals;
    fake_redis_end(&fake);
    return evals;
}

static void an_answered_item_is_not_sent_again_and_a_lost_one_is(void **state)
{
    (void)state;
    static const struct fake_step cut[] = {{"EVAL", ":1\r\n", FAKE_GOES_ON, false},
                                           {"EVAL", ":", FAKE_CLOSES, false}};
    assert_int_equal(play(cut, 2, 0, ""), 4);
    static const struct fake_step full[] = {{"EVAL", ":1\r\n", FAKE_GOES_ON, false},
                                            {"EVAL", ":1\r\n", FAKE_GOES_ON, false},
                                            {"EVAL", "-OOM full\r\n", FAKE_GOES_ON, false},
                                            {"PING", "-LOADING a\r\n", FAKE_GOES_ON, false},
                                            {"PING", "", FAKE_CLOSES, false}};
    assert_int_equal(play(full, 5, 0, ""), 4);
    static const struct fake_step refuses[] = {{"EVAL", ":1\r\n", FAKE_GOES_ON, false},
                                               {"EVAL", "-NOPERM no\r\n", FAKE_GOES_ON, false}};
    play(refuses, 2, ERR_REDIS, "NOPERM");
}

static void an_address_that_is_none_is_said(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = {.kind = "redis", .address = "localhost", .stream = "s"};
    assert_int_equal(sink_open(&sink, &options, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "localhost"));
    options.address = "/nonexistent.sock";
    assert_int_equal(sink_open(&sink, &options, &err), ERR_REDIS);
    options.address = "127.0.0.1:1";
    assert_int_equal(sink_open(&sink, &options, &err), ERR_REDIS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    signal(SIGPIPE, SIG_IGN); /* as engine_new does */
    const struct CMUnitTest tests[] = {
        TEST(what_is_flushed_is_in_the_stream_byte_by_byte),
        TEST(an_alert_id_is_taken_once_across_runs),
        TEST(without_dedup_an_alert_may_repeat),
        TEST(the_stream_is_trimmed_about_its_length),
        TEST(a_refused_command_fails_this_flush_and_every_later_one),
        TEST(a_server_that_died_fails_the_flush),
        TEST(what_was_not_answered_is_sent_again_to_a_server_that_comes_back),
        cmocka_unit_test(an_answered_item_is_not_sent_again_and_a_lost_one_is),
        cmocka_unit_test(an_address_that_is_none_is_said),
    };
    return cmocka_run_group_tests_name("sink_redis", tests, NULL, NULL);
}
