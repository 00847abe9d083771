/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_redis_large.c - commits that are larger than a script, and many cells that go at once,
 * with a real server: one write each, whole or not at all after any cut of the append-only file.
 * Without a redis-server those tests are skipped.
 */
#include "tests/fake_redis.h"
#include "tests/redis_server.h"
#include "tests/state_contract.h"

#include "base/hash.h"

#include <sys/stat.h>

#define CELLS 20000U

static struct redis_server server;
static bool has_server;
static struct state_change changes[LIMIT_STATE_COMMIT_CELLS];
static char keys[LIMIT_STATE_COMMIT_CELLS][16];

static int start_all(void **state)
{
    (void)state;
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
        redis_server_ask(&server, "FLUSHALL");
    }
    contract_options = (struct state_options){
        .kind = "redis", .address = server.address, .prefix = "tocsin:test", .timeout_ms = 60000};
    return 0;
}

static void need_server(void)
{
    if (!has_server) {
        skip();
    }
}

/* A commit of the cells with numbers from first on. */
static struct state_commit large(struct state_position base, int64_t next, unsigned first,
                                 unsigned count, bool deleted)
{
    for (unsigned i = 0; i < count; i++) {
        int len = snprintf(keys[i], sizeof keys[i], "user-%07u", first + i);
        changes[i] = (struct state_change){{keys[i], (size_t)len}, STR("12345678"), deleted};
    }
    struct state_commit commit = contract_commit(base, next, changes);
    commit.changes_count = count;
    return commit;
}

static struct state_position committed(struct state_store *store, struct state_commit commit)
{
    struct err err = {0};
    if (state_commit(store, &commit, 1, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(commit.result, STATE_COMMITTED);
    return commit.position;
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

static size_t load(struct state_store *store, struct state_position *position)
{
    struct err err = {0};
    size_t cells = 0;
    struct state_reader reader = {count_cell, count_cell, &cells};
    assert_int_equal(state_load(store, STR("trail/0"), &reader, position, &err), 0);
    return cells;
}

static void a_large_commit_is_judged_as_a_small_one(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_store *store = contract_open();
    struct state_commit first = large(STATE_POSITION_NONE, 5, 0, CELLS, false);
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    assert_int_equal(first.result, STATE_COMMITTED);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), CELLS + 1);
    /* Its answer was lost: it is recognized. */
    first.result = STATE_UNKNOWN;
    redis_server_ask(&server, "HDEL tocsin:test:p:trail/0 cuser-0000000");
    assert_int_equal(state_commit(store, &first, 1, &err), 0);
    assert_int_equal(first.result, STATE_COMMITTED);
    contract_cell_is(store, "user-0000000", NULL);
    /* Another base: nothing is written, and the small one behind it is not held up. */
    struct state_commit both[2] = {large(STATE_POSITION_NONE, 6, CELLS, CELLS, false),
                                   contract_commit(STATE_POSITION_NONE, 7, NULL)};
    both[1].partition = STR("trail/1");
    assert_int_equal(state_commit(store, both, 2, &err), 0);
    assert_int_equal(both[0].result, STATE_STALE);
    assert_int_equal(both[0].position.mark, first.mark);
    assert_int_equal(both[1].result, STATE_COMMITTED);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), CELLS);
    struct state_position position;
    assert_int_equal(load(store, &position), CELLS - 1);
    state_close(store);
}

/* Path of the file that only grows. */
static void aof_path(char *path, size_t size)
{
    snprintf(path, size, "%s/appendonlydir/appendonly.aof.1.incr.aof", server.folder);
}

static char *read_file(const char *path, size_t *len)
{
    struct stat status;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = memory_new((size_t)status.st_size + 1, 1);
    *len = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void a_cut_of_the_file_leaves_a_large_commit_whole_or_not_at_all(void **state)
{
    (void)state;
    need_server();
    char path[160];
    size_t before = 0;
    size_t after = 0;
    struct state_store *store = contract_open();
    struct state_position small = committed(store, contract_commit(STATE_POSITION_NONE, 5, NULL));
    aof_path(path, sizeof path);
    memory_free(read_file(path, &before));
    committed(store, large(small, 9, 0, CELLS, false));
    state_close(store);
    redis_server_kill(&server);
    char *bytes = read_file(path, &after);
    struct str added = {bytes + before, after - before};
    assert_true(added.len > CELLS * 20);
    assert_int_equal(str_find(added, STR("MULTI")), STR_NOT_FOUND);
    for (uint64_t i = 0; i < 6; i++) {
        size_t cut = i == 0 ? 1 : 1 + hash_mix(i, UINT64_C(0x9E3779B97F4A7C15)) % (added.len - 1);
        write_file(path, bytes, after - cut);
        for (int starts = 0; starts < 2; starts++) {
            assert_true(redis_server_start(&server));
            struct state_position position;
            store = contract_open();
            assert_int_equal(load(store, &position), 0);
            assert_int_equal(position.mark, small.mark);
            state_close(store);
            redis_server_kill(&server);
        }
    }
    memory_free(bytes);
    assert_true(redis_server_start(&server));
}

static void two_hundred_thousand_cells_go_and_leave_nothing_behind(void **state)
{
    (void)state;
    need_server();
    unsigned most = LIMIT_STATE_COMMIT_CELLS;
    struct state_store *store = contract_open();
    struct state_position at = committed(store, large(STATE_POSITION_NONE, 1, 0, most, false));
    at = committed(store, large(at, 2, most, most, false));
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 200001);
    at = committed(store, large(at, 3, 0, most, true));
    at = committed(store, large(at, 4, most, most, true));
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 1);
    struct state_position position;
    assert_int_equal(load(store, &position), 0);
    assert_int_equal(position.offset, 4);
    state_close(store);
}

/* What a crash between commit and sweep leaves. */
static void leave_emptied(int count)
{
    redisContext *probe = redisConnectUnix(server.address);
    redisReply *reply = redisCommand(
        probe, "EVAL %s 1 tocsin:test:p:trail/0 %d",
        "for i = 1, ARGV[1] do redis.call('HSET', KEYS[1], 'cuser-' .. i, '') end", count);
    assert_int_equal(reply->type, REDIS_REPLY_NIL);
    freeReplyObject(reply);
    redisFree(probe);
}

static void two_hundred_thousand_emptied_cells_go_with_the_next_load(void **state)
{
    (void)state;
    need_server();
    struct state_store *store = contract_open();
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_position position;
    committed(store, contract_commit(STATE_POSITION_NONE, 5, &one));
    leave_emptied(200000);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 200002);
    assert_int_equal(load(store, &position), 1);
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 2);
    contract_cell_is(store, "a", "1");
    state_close(store);
}

struct setter {
    struct state_store *store;
    struct state_commit commit;
};

/* While a page is told, before its emptied cells are swept, another writer sets them all. */
static int set_emptied(void *context, struct str key, struct str value, struct err *err)
{
    struct setter *setter = context;
    (void)key;
    (void)value;
    return setter->commit.mark == 0 ? state_commit(setter->store, &setter->commit, 1, err) : 0;
}

static void a_cell_that_is_set_while_emptied_ones_are_swept_stays(void **state)
{
    (void)state;
    need_server();
    struct err err = {0};
    struct state_store *store = contract_open();
    struct state_change one = {.key = STR("a"), .value = STR("1")};
    struct state_position at = committed(store, contract_commit(STATE_POSITION_NONE, 5, &one));
    leave_emptied(3);
    struct state_change anew[] = {{.key = STR("user-1"), .value = STR("x")},
                                  {.key = STR("user-2"), .value = STR("y")}};
    struct setter setter = {contract_open(), contract_commit(at, 6, anew)};
    setter.commit.changes_count = 2;
    struct state_reader reader = {set_emptied, set_emptied, &setter};
    struct state_position position;
    assert_int_equal(state_load(store, STR("trail/0"), &reader, &position, &err), STATE_STALE);
    assert_int_equal(setter.commit.result, STATE_COMMITTED);
    contract_cell_is(store, "user-1", "x");
    contract_cell_is(store, "user-2", "y");
    assert_int_equal(redis_server_ask(&server, "HLEN tocsin:test:p:trail/0"), 4);
    state_close(setter.store);
    state_close(store);
}

/* --- a server that interferes ------------------------------------------------------------------
 */

static void play(const struct fake_step *steps, size_t count, int code, const char *said)
{
    struct fake_redis fake;
    struct err err = {0};
    fake_redis_begin(&fake, steps, count);
    contract_options.address = fake.address;
    contract_options.timeout_ms = 20000;
    struct state_store *store = contract_open();
    struct state_commit commit = large(STATE_POSITION_NONE, 5, 0, CELLS, false);
    assert_int_equal(state_commit(store, &commit, 1, &err), code);
    assert_int_equal(commit.result, code == 0 ? STATE_COMMITTED : STATE_UNKNOWN);
    assert_non_null(strstr(err.text, said));
    assert_int_equal(fake.step, count);
    state_close(store);
    fake_redis_end(&fake);
}

static void a_transaction_that_somebody_disturbs_is_begun_again(void **state)
{
    (void)state;
    /* The first EXEC of each connection tries the user's rights. */
    static const struct fake_step nothing[] = {
        {"EXEC", "*0\r\n", FAKE_GOES_ON, false}, {"EXEC", "*-1\r\n", FAKE_GOES_ON, false},
        {"EXEC", "*0\r\n", FAKE_GOES_ON, false}, {"HSET", "-OOM full\r\n", FAKE_GOES_ON, false},
        {"EXEC", "*0\r\n", FAKE_GOES_ON, false}, {"EXEC", "*1\r\n:2", FAKE_CLOSES, false},
        {"EXEC", "*0\r\n", FAKE_GOES_ON, false}, {"EXEC", "*1\r\n:20001\r\n", FAKE_GOES_ON, false},
    };
    play(nothing, sizeof nothing / sizeof nothing[0], 0, "");
}

static void a_transaction_that_is_refused_is_told(void **state)
{
    (void)state;
    static const struct fake_step steps[] = {
        {"EXEC", "*0\r\n", FAKE_GOES_ON, false},
        {"EXEC", "*1\r\n-WRONGTYPE Operation against a key\r\n", FAKE_GOES_ON, false},
    };
    play(steps, 2, ERR_REDIS, "WRONGTYPE");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_large_commit_is_judged_as_a_small_one),
        TEST(a_cut_of_the_file_leaves_a_large_commit_whole_or_not_at_all),
        TEST(two_hundred_thousand_cells_go_and_leave_nothing_behind),
        TEST(two_hundred_thousand_emptied_cells_go_with_the_next_load),
        TEST(a_cell_that_is_set_while_emptied_ones_are_swept_stays),
        TEST(a_transaction_that_somebody_disturbs_is_begun_again),
        TEST(a_transaction_that_is_refused_is_told),
    };
    return cmocka_run_group_tests_name("state_redis_large", tests, start_all, end_all);
}
