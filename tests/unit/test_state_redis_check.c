/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_redis_check.c - what the Redis store asks of its server before it trusts it, with real
 * servers: settings, the rights of a user out of an ACL file, the state's identity. Without a
 * redis-server the tests are skipped.
 */
#include "tests/redis_server.h"
#include "tests/state_contract.h"

#define RIGHTS                                                                                     \
    "+evalsha +script|load +hget +hset +hdel +hscan +scan +info +set +get +watch +unwatch +multi " \
    "+exec"

static struct redis_server server;
static bool has_server;

static int start_all(void **state)
{
    char path[128];
    static char acl[128];
    (void)state;
    redis_server_make_folder(&server);
    snprintf(path, sizeof path, "%s/users.acl", server.folder);
    snprintf(acl, sizeof acl, "%s", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    /* "default" is the operator, whom redis_server_ask speaks for. */
    fprintf(file, "user default on nopass ~* &* +@all\n"
                  "user worker on >secret ~tocsin:test:* " RIGHTS "\n"
                  "user careful on >secret ~tocsin:test:* " RIGHTS " +ping +config|get\n");
    fclose(file);
    server.extra[0] = "--aclfile";
    server.extra[1] = acl;
    has_server = redis_server_begin(&server);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    redis_server_end(&server);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    if (has_server) {
        redis_server_ask(&server, "CONFIG SET appendfsync always");
        redis_server_ask(&server, "FLUSHALL");
    }
    contract_options = (struct state_options){
        .kind = "redis", .address = server.address, .prefix = "tocsin:test", .timeout_ms = 5000};
    return 0;
}

static void need_server(void)
{
    if (!has_server) {
        skip();
    }
}

static void log_in(const char *user)
{
    contract_options.user = user;
    contract_options.password = "secret";
}

static void refused(int code, const char *text)
{
    struct state_store *store = NULL;
    struct err err = {0};
    assert_int_equal(state_open(&contract_options, &store, &err), code);
    assert_null(store);
    if (strstr(err.text, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, err.text);
    }
}

static void a_file_that_is_never_synced_is_refused_unless_that_is_allowed(void **state)
{
    (void)state;
    need_server();
    redis_server_ask(&server, "CONFIG SET appendfsync no");
    refused(ERR_CONFIG, "set appendfsync everysec or always");
    log_in("careful");
    refused(ERR_CONFIG, "set appendfsync everysec or always");
    contract_options.unsynced_allowed = true;
    state_close(contract_open());
    contract_options.unsynced_allowed = false;
    redis_server_ask(&server, "CONFIG SET appendfsync everysec");
    state_close(contract_open());
}

static void the_rights_in_the_documentation_are_enough(void **state)
{
    (void)state;
    need_server();
    log_in("worker");
    it_says_what_the_slow_and_obvious_store_says(NULL);
}

static void a_user_who_may_not_see_settings_is_let_in(void **state)
{
    (void)state;
    need_server();
    redis_server_ask(&server, "CONFIG SET appendfsync no");
    log_in("worker");
    state_close(contract_open()); /* it can't be known; a warning says so */
}

/* Each right is needed: without it the store says which. */
static void a_right_that_is_missing_is_named(void **state)
{
    (void)state;
    need_server();
    static const char *const rights[] = {"info",  "get",     "set",   "script|load",
                                         "watch", "unwatch", "multi", "exec"};
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        char command[160];
        redis_server_ask(&server, "FLUSHALL");
        redis_server_ask(&server, "ACL SETUSER lacking reset on >secret ~tocsin:test:* " RIGHTS);
        snprintf(command, sizeof command, "ACL SETUSER lacking -%s", rights[i]);
        redis_server_ask(&server, command);
        log_in("lacking");
        snprintf(command, sizeof command, "'%s' command", rights[i]);
        refused(ERR_CONFIG, command);
    }
    redis_server_ask(&server, "ACL DELUSER lacking");
}

static void a_state_keeps_its_identity_until_it_is_lost(void **state)
{
    (void)state;
    need_server();
    struct buffer first = {0};
    struct buffer second = {0};
    struct state_store *store = contract_open();
    state_identity(store, &first);
    state_close(store);
    assert_int_equal(str_find_byte(buffer_str(&first), ' '), 16);
    store = contract_open();
    state_identity(store, &second);
    state_close(store);
    assert_true(str_equal(buffer_str(&first), buffer_str(&second)));
    redis_server_ask(&server, "FLUSHALL");
    store = contract_open();
    buffer_clear(&second);
    state_identity(store, &second);
    state_close(store);
    assert_false(str_equal(buffer_str(&first), buffer_str(&second)));
    buffer_release(&first);
    buffer_release(&second);
}

static void a_server_that_comes_back_empty_is_told_and_not_begun_anew(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_store *store = contract_open();
    struct state_commit first = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    redis_server_ask(&server, "FLUSHALL");
    redis_server_kill(&server);
    assert_true(redis_server_start(&server));
    struct state_commit second = contract_commit(first.position, 6, &one);
    assert_int_equal(state_commit(store, &second, 1, &err), ERR_DATA);
    assert_int_equal(second.result, STATE_UNKNOWN);
    assert_non_null(strstr(err.text, "is gone"));
    assert_int_equal(redis_server_ask(&server, "DBSIZE"), 0);
    state_close(contract_open()); /* somebody begins anew */
    assert_int_equal(state_commit(store, &second, 1, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "another than before"));
    state_close(store);
}

static void a_server_that_comes_back_unfit_is_waited_for(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    contract_options.timeout_ms = 300;
    struct state_store *store = contract_open();
    redis_server_ask(&server, "CONFIG SET maxmemory-policy allkeys-lru");
    redis_server_ask(&server, "CLIENT KILL TYPE normal SKIPME yes");
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    assert_int_equal(state_commit(store, &commit, 1, &err), ERR_REDIS); /* not ERR_CONFIG */
    assert_non_null(strstr(err.text, "maxmemory-policy noeviction"));
    assert_int_equal(commit.result, STATE_UNKNOWN);
    redis_server_ask(&server, "CONFIG SET maxmemory-policy noeviction");
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    state_close(store);
}

static void a_full_server_is_waited_for(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    contract_options.timeout_ms = 300;
    struct state_store *store = contract_open();
    redis_server_ask(&server, "CONFIG SET maxmemory 1000");
    struct state_commit commit = contract_commit(STATE_POSITION_NONE, 5, &one);
    int failed = state_commit(store, &commit, 1, &err);
    redis_server_ask(&server, "CONFIG SET maxmemory 0");
    assert_int_equal(failed, ERR_REDIS);
    assert_non_null(strstr(err.text, "OOM"));
    assert_int_equal(commit.result, STATE_UNKNOWN);
    assert_int_equal(state_commit(store, &commit, 1, &err), 0);
    assert_int_equal(commit.result, STATE_COMMITTED);
    contract_cell_is(store, "a", "1");
    state_close(store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_never_synced_is_refused_unless_that_is_allowed),
        TEST(the_rights_in_the_documentation_are_enough),
        TEST(a_user_who_may_not_see_settings_is_let_in),
        TEST(a_right_that_is_missing_is_named),
        TEST(a_state_keeps_its_identity_until_it_is_lost),
        TEST(a_server_that_comes_back_empty_is_told_and_not_begun_anew),
        TEST(a_server_that_comes_back_unfit_is_waited_for),
        TEST(a_full_server_is_waited_for),
    };
    return cmocka_run_group_tests_name("state_redis_check", tests, start_all, end_all);
}
