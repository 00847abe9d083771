/* SPDX-License-Identifier: Apache-2.0
 *
 * test_redis_sentinel.c - the Redis store behind real sentinels: a master, a replica, a sentinel
 * that wants a password; the master is killed. Without a redis-server the tests are skipped.
 */
#include "base/clock.h"
#include "tests/redis_server.h"
#include "tests/state_contract.h"

static struct redis_server master;
static struct redis_server replica;
static struct redis_server sentinel; /* its folder, port and process */
static char address[96];

static void start_sentinel(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/sentinel.conf", sentinel.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "port %s\ndir %s\nlogfile %s/log\nrequirepass secret\n"
            "sentinel monitor the-master 127.0.0.1 %s 1\n"
            "sentinel down-after-milliseconds the-master 300\n"
            "sentinel failover-timeout the-master 3000\n"
            "sentinel auth-pass the-master secret\n",
            sentinel.port, sentinel.folder, sentinel.folder, master.port);
    fclose(file);
    sentinel.process = fork();
    if (sentinel.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("redis-server", "redis-server", path, "--sentinel", (char *)NULL);
        _exit(127);
    }
}

static bool begin(struct redis_server *server, int port, const char *const *extra)
{
    snprintf(server->port, sizeof server->port, "%d", port);
    for (size_t i = 0; extra[i] != NULL; i++) {
        server->extra[i] = extra[i];
    }
    return redis_server_begin(server);
}

static int start_all(void **state)
{
    (void)state;
    int port = 21000 + (int)getpid() % 3000 * 3;
    const char *const alone[] = {"--masterauth", "secret", NULL};
    const char *const follows[] = {"--masterauth", "secret",    "--requirepass", "secret",
                                   "--replicaof",  "127.0.0.1", master.port,     NULL};
    if (!begin(&master, port, alone)) {
        redis_server_end(&master);
        return 0;
    }
    redis_server_ask(&master, "CONFIG SET requirepass secret");
    assert_true(begin(&replica, port + 1, follows));
    snprintf(sentinel.port, sizeof sentinel.port, "%d", port + 2);
    snprintf(sentinel.folder, sizeof sentinel.folder, "/tmp/tocsin_sentinel_XXXXXX");
    assert_non_null(mkdtemp(sentinel.folder));
    start_sentinel();
    /* The first one is never there: it is passed over. */
    snprintf(address, sizeof address, "sentinel://127.0.0.1:1,127.0.0.1:%s/the-master",
             sentinel.port);
    return 0;
}

static int end_all(void **state)
{
    char path[128];
    (void)state;
    if (address[0] != '\0') {
        redis_server_kill(&sentinel);
        snprintf(path, sizeof path, "%s/sentinel.conf", sentinel.folder);
        unlink(path);
        snprintf(path, sizeof path, "%s/log", sentinel.folder);
        unlink(path);
        rmdir(sentinel.folder);
        redis_server_end(&replica);
        redis_server_end(&master);
    }
    return 0;
}

static void need_servers(void)
{
    if (address[0] == '\0') {
        skip();
    }
    contract_options = (struct state_options){.kind = "redis",
                                              .address = address,
                                              .password = "secret",
                                              .prefix = "tocsin:test",
                                              .timeout_ms = 60000};
}

static redisReply *ask(const char *port, const char *command)
{
    redisContext *probe = redisConnect("127.0.0.1", (int)strtol(port, NULL, 10));
    redisReply *reply = NULL;
    if (probe != NULL && probe->err == 0) {
        freeReplyObject(redisCommand(probe, "AUTH secret"));
        reply = redisCommand(probe, command);
    }
    redisFree(probe);
    return reply;
}

/* Waits until the reply to command has the text; the bound is generous for a busy machine. */
static void wait_for(const char *port, const char *command, const char *text)
{
    for (int i = 0; i < 2000; i++) {
        redisReply *reply = ask(port, command);
        bool there = reply != NULL && reply->str != NULL && strstr(reply->str, text) != NULL;
        freeReplyObject(reply);
        if (there) {
            return;
        }
        usleep(10000);
    }
    fail_msg("%s: no %s", command, text);
}

static void a_name_that_no_sentinel_knows_is_told(void **state)
{
    struct state_store *store = NULL;
    struct err err = {0};
    char wrong[96];
    (void)state;
    need_servers();
    wait_for(sentinel.port, "PING", "PONG");
    snprintf(wrong, sizeof wrong, "sentinel://127.0.0.1:%s/nobody", sentinel.port);
    contract_options.address = wrong;
    contract_options.timeout_ms = 300;
    assert_int_equal(state_open(&contract_options, &store, &err), ERR_REDIS);
    assert_non_null(strstr(err.text, "it knows no such master"));
    assert_null(strstr(err.text, "secret"));
}

static void commits_go_on_at_the_replica_after_the_master_was_killed(void **state)
{
    (void)state;
    need_servers();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_change two = {.key = STR("b"), .value = STR("2")};
    wait_for(replica.port, "INFO replication", "master_link_status:up");
    wait_for(sentinel.port, "INFO sentinel", "status=ok,address=127.0.0.1:");
    wait_for(sentinel.port, "INFO sentinel", "slaves=1");
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    freeReplyObject(ask(master.port, "WAIT 1 20000"));
    redis_server_kill(&master);
    struct state_commit second = contract_commit(first.position, 9, &two);
    if (state_commit(store, &second, 1, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(second.result, STATE_COMMITTED);
    contract_cell_is(store, "a", "1");
    contract_cell_is(store, "b", "2");
    redisReply *there = ask(replica.port, "HLEN tocsin:test:p:trail/0");
    assert_int_equal(there->integer, 3);
    freeReplyObject(there);
    state_close(store);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_no_sentinel_knows_is_told),
        cmocka_unit_test(commits_go_on_at_the_replica_after_the_master_was_killed),
    };
    return cmocka_run_group_tests_name("redis_sentinel", tests, start_all, end_all);
}
