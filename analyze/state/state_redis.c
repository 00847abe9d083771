/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis.c - the store of kind "redis": a hash for each partition, PREFIX:p:PARTITION, with
 *   p       "OFFSET MARK", the position
 *   cKEY    "=" and a cell's value, or nothing: deleted
 *   aID     "=" and an alert's body
 * and PREFIX:format. A commit (state_redis_commit.c) is one HSET behind a comparison: one command
 * in the append-only file, which a torn end leaves whole or not at all. Several commands would be
 * wrapped in MULTI and EXEC, which a torn end can part; so a deletion is an empty value, and what
 * is empty is taken away afterwards.
 *
 * Thread: one at a time.   Owns: a connection.
 * Invariants: (1) every command may be repeated: a commit is recognized by its mark, the others say
 *                 what is to be, not what is to change.
 * Bounds: REDIS_SCRIPT_FIELDS fields a script, as Lua's stack bears.
 * Tested: tests/unit/test_state_redis.c, tests/property/test_state_redis_crash.c (a real server).
 */
#include "analyze/state/state_redis_internal.h"

#include "base/map.h"
#include "base/memory.h"

#define SCAN_COUNT STR("1000")

static int open_redis(struct state_store *store, const struct state_options *options,
                      struct err *err)
{
    struct redis_link *link = memory_new(1, sizeof *link);
    int failed = redis_link_init(link, options, err);
    if (failed == 0) {
        redis_link_begin(link);
        failed = redis_link_ready(link, err);
    }
    if (failed != 0) {
        redis_link_release(link);
        memory_free(link);
        return failed;
    }
    store->state = link;
    return 0;
}

static void close_redis(struct state_store *store)
{
    redis_link_release(store->state);
    memory_free(store->state);
}

static void identity_redis(const struct state_store *store, struct buffer *identity)
{
    const struct redis_link *link = store->state;
    buffer_add_text(identity, link->identity);
}

static int acknowledge_redis(struct state_store *store, struct str partition, const struct str *ids,
                             size_t count, struct err *err)
{
    struct redis_link *link = store->state;
    int failed = 0;
    redis_link_begin(link);
    for (size_t done = 0; done < count && failed == 0;) {
        size_t some = count - done < REDIS_SCRIPT_FIELDS ? count - done : REDIS_SCRIPT_FIELDS;
        size_t bytes = 64 + strlen(link->prefix) + partition.len;
        for (size_t i = 0; i < some; i++) {
            bytes += 1 + ids[done + i].len;
        }
        struct redis_command command;
        redis_command_begin(&command, 2 + some, bytes);
        redis_command_add(&command, STR("HDEL"));
        redis_command_key(&command, link, partition);
        for (size_t i = 0; i < some; i++) {
            redis_command_join(&command, STR("a"), ids[done + i]);
        }
        redisReply *reply = NULL;
        failed = redis_link_ask(link, command.parts, command.count, &reply, err);
        freeReplyObject(reply);
        redis_command_release(&command);
        done += some;
    }
    return failed;
}

static int flush_redis(struct state_store *store, struct err *err)
{
    (void)store;
    (void)err;
    return 0;
}

/* HGET of one field. *reply's type is STRING or NIL. */
static int ask_field(struct redis_link *link, struct str partition, struct str letter,
                     struct str name, redisReply **reply, struct err *err)
{
    struct redis_command command;
    redis_command_begin(&command, 3, 64 + strlen(link->prefix) + partition.len + name.len);
    redis_command_add(&command, STR("HGET"));
    redis_command_key(&command, link, partition);
    redis_command_join(&command, letter, name);
    int failed = redis_link_ask(link, command.parts, command.count, reply, err);
    redis_command_release(&command);
    return failed;
}

static int ask_position(struct redis_link *link, struct str partition,
                        struct state_position *position, struct err *err)
{
    redisReply *reply = NULL;
    *position = STATE_POSITION_NONE;
    int failed = ask_field(link, partition, STR("p"), STR(""), &reply, err);
    if (failed == 0 && !redis_parse_position(redis_reply_str(reply), position)) {
        failed = redis_tell_foreign(link, partition, err);
    }
    freeReplyObject(reply);
    return failed;
}

static int position_redis(struct state_store *store, struct str partition,
                          struct state_position *position, struct err *err)
{
    redis_link_begin(store->state);
    return ask_position(store->state, partition, position, err);
}

static int cell_redis(struct state_store *store, struct str partition, struct str key,
                      struct buffer *value, struct err *err)
{
    redisReply *reply = NULL;
    redis_link_begin(store->state);
    int failed = ask_field(store->state, partition, STR("c"), key, &reply, err);
    struct str found = failed == 0 ? redis_reply_str(reply) : STR("");
    buffer_add(value, str_slice(found, 1, SIZE_MAX));
    freeReplyObject(reply);
    return failed != 0 ? failed : found.len > 0 ? 1 : 0;
}

/* Tells one page of HSCAN; emptied cells that a crash has left are swept. */
static int tell_page(struct redis_link *link, struct str partition, const redisReply *page,
                     const struct state_reader *reader, struct err *err)
{
    struct redis_command sweep;
    struct str key = {0};
    size_t bytes = 64 + strlen(link->prefix) + partition.len;
    int failed = 0;
    redis_command_begin(&sweep, 4 + page->elements / 2, bytes);
    redis_command_sweep(&sweep, link, partition);
    for (size_t i = 0; i + 1 < page->elements && failed >= 0; i += 2) {
        struct str field = redis_reply_str(page->element[i]);
        struct str value = redis_reply_str(page->element[i + 1]);
        key = str_slice(field, 1, SIZE_MAX);
        if (value.len == 0 && sweep.count < REDIS_SCRIPT_FIELDS) {
            redis_command_add(&sweep, field);
        } else if (value.len > 0 && field.ptr[0] == 'c') {
            failed = reader->cell(reader->context, key, str_slice(value, 1, SIZE_MAX), err);
        } else if (value.len > 0 && field.ptr[0] == 'a') {
            failed = reader->alert(reader->context, key, str_slice(value, 1, SIZE_MAX), err);
        }
    }
    if (failed >= 0 && sweep.count > 4) {
        redisReply *reply = NULL;
        failed = redis_link_ask(link, sweep.parts, sweep.count, &reply, err);
        freeReplyObject(reply);
    }
    redis_command_release(&sweep);
    return failed < 0 ? failed : 0;
}

/* A scan's reply: the next cursor and a page. The cursor's digits are copied to cursor. */
static bool parse_page(const redisReply *reply, char *cursor, size_t size)
{
    bool fits = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len < size &&
                reply->element[1]->type == REDIS_REPLY_ARRAY;
    if (fits) {
        snprintf(cursor, size, "%s", reply->element[0]->str);
    }
    return fits;
}

static int load_pages(struct redis_link *link, struct str partition,
                      const struct state_reader *reader, struct err *err)
{
    char cursor[32] = "0";
    int failed = 0;
    do {
        struct redis_command command;
        redisReply *reply = NULL;
        redis_command_begin(&command, 5, 64 + strlen(link->prefix) + partition.len);
        redis_command_add(&command, STR("HSCAN"));
        redis_command_key(&command, link, partition);
        redis_command_add(&command, str_of(cursor));
        redis_command_add(&command, STR("COUNT"));
        redis_command_add(&command, SCAN_COUNT);
        redis_link_begin(link); /* each page has the whole time */
        failed = redis_link_ask(link, command.parts, command.count, &reply, err);
        if (failed == 0 && !parse_page(reply, cursor, sizeof cursor)) {
            failed = redis_tell_foreign(link, partition, err);
        }
        failed = failed != 0 ? failed : tell_page(link, partition, reply->element[1], reader, err);
        freeReplyObject(reply);
        redis_command_release(&command);
    } while (failed == 0 && strcmp(cursor, "0") != 0);
    return failed;
}

static int load_redis(struct state_store *store, struct str partition,
                      const struct state_reader *reader, struct state_position *position,
                      struct err *err)
{
    struct redis_link *link = store->state;
    struct state_position after;
    redis_link_begin(link);
    int failed = ask_position(link, partition, position, err);
    uint64_t connections = link->connections;
    failed = failed != 0 ? failed : load_pages(link, partition, reader, err);
    failed = failed != 0 ? failed : ask_position(link, partition, &after, err);
    if (failed != 0) {
        return failed;
    }
    /* A server that was started anew orders its fields anew: its pages may have missed some. */
    return connections == link->connections && state_position_equal(*position, after) ? 0
                                                                                      : STATE_STALE;
}

/* Names found, each once: a scan may give one twice. */
static int find_partitions(struct redis_link *link, struct map *names, struct err *err)
{
    char cursor[32] = "0";
    int failed = 0;
    size_t skip = strlen(link->prefix) + 3;
    uint64_t connections = link->connections;
    struct buffer pattern = {0};
    buffer_printf(&pattern, "%s:p:*", link->prefix);
    do {
        redisReply *reply = NULL;
        struct str parts[] = {STR("SCAN"),          str_of(cursor), STR("MATCH"),
                              buffer_str(&pattern), STR("COUNT"),   SCAN_COUNT};
        redis_link_begin(link);
        failed = redis_link_ask(link, parts, 6, &reply, err);
        if (failed == 0 && !parse_page(reply, cursor, sizeof cursor)) {
            failed = err_set(err, ERR_REDIS, "Redis at %s: SCAN was not understood", link->address);
        }
        for (size_t i = 0; failed == 0 && i < reply->element[1]->elements; i++) {
            map_set(names,
                    str_slice(redis_reply_str(reply->element[1]->element[i]), skip, SIZE_MAX), 0);
        }
        freeReplyObject(reply);
        if (connections != link->connections) {
            connections = link->connections;
            snprintf(cursor, sizeof cursor, "0"); /* as in load_redis */
            continue;
        }
    } while (failed == 0 && strcmp(cursor, "0") != 0);
    buffer_release(&pattern);
    return failed;
}

static int partitions_redis(struct state_store *store, state_partition_fn *tell, void *context,
                            struct err *err)
{
    struct redis_link *link = store->state;
    struct map *names = map_new();
    int failed = find_partitions(link, names, err);
    for (size_t i = 0; failed >= 0 && i < map_count(names); i++) {
        struct state_position position;
        redis_link_begin(link);
        failed = ask_position(link, map_key_at(names, i), &position, err);
        if (failed == 0 && position.offset != STATE_OFFSET_NONE) {
            failed = tell(context, map_key_at(names, i), position, err);
        }
    }
    map_free(names);
    return failed < 0 ? failed : 0;
}

const struct state_ops state_redis = {
    .name = "redis",
    .doc = "hashes of a Redis server",
    .open = open_redis,
    .commit = redis_commit,
    .acknowledge = acknowledge_redis,
    .flush = flush_redis,
    .position = position_redis,
    .load = load_redis,
    .cell = cell_redis,
    .partitions = partitions_redis,
    .identity = identity_redis,
    .close = close_redis,
};
