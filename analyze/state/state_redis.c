/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis.c - the store of kind "redis": a hash for each partition, PREFIX:p:PARTITION, with
 *   p       "OFFSET MARK", the position
 *   cKEY    "=" and a cell's value, or nothing: deleted
 *   aID     "=" and an alert's body
 * and PREFIX:format. A commit is one HSET behind a comparison, in one script: one command in the
 * append-only file, which a torn end leaves whole or not at all. Several commands in a script would
 * be wrapped in MULTI and EXEC, which a torn end can part; so a deletion is an empty value, and
 * what is empty is taken away afterwards.
 *
 * Thread: one at a time.   Owns: a connection.
 * Invariants: (1) every command may be repeated: a commit is recognized by its mark, the others say
 *                 what is to be, not what is to change.
 * Bounds: a commit is one command of at most LIMIT_STATE_COMMIT_CELLS fields, as Lua's stack bears.
 * Tested: tests/unit/test_state_redis.c, tests/property/test_state_redis_crash.c (a real server).
 */
#include "analyze/state/state_redis_internal.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

#define SCAN_COUNT STR("1000")

/* Parts of a command that are put together, in memory that does not move. */
struct command {
    struct str *parts;
    size_t count;
    struct buffer bytes;
};

static void command_begin(struct command *command, size_t parts, size_t bytes)
{
    *command = (struct command){.parts = memory_new(parts, sizeof(struct str))};
    buffer_reserve(&command->bytes, bytes + 1);
}

static void command_release(struct command *command)
{
    memory_free(command->parts);
    buffer_release(&command->bytes);
}

static void add_plain(struct command *command, struct str part)
{
    command->parts[command->count++] = part;
}

static void add_joined(struct command *command, struct str before, struct str part)
{
    size_t from = command->bytes.len;
    ENSURE(command->bytes.capacity - from > before.len + part.len);
    buffer_add(&command->bytes, before);
    buffer_add(&command->bytes, part);
    add_plain(command, str_slice(buffer_str(&command->bytes), from, SIZE_MAX));
}

static void add_position(struct command *command, struct state_position position)
{
    char text[48];
    int len = snprintf(text, sizeof text, "%lld %llu", (long long)position.offset,
                       (unsigned long long)position.mark);
    bool none = position.offset == STATE_OFFSET_NONE;
    add_joined(command, STR(""), (struct str){text, none ? 0 : (size_t)len});
}

static bool parse_position(struct str text, struct state_position *position)
{
    size_t space = str_find_byte(text, ' ');
    if (text.len == 0) {
        *position = STATE_POSITION_NONE;
        return true;
    }
    return space != STR_NOT_FOUND && str_to_i64(str_slice(text, 0, space), &position->offset) &&
           str_to_u64(str_slice(text, space + 1, SIZE_MAX), &position->mark) &&
           position->offset >= 0 && position->mark != 0;
}

static void add_key(struct command *command, const struct redis_link *link, struct str partition)
{
    size_t from = command->bytes.len;
    add_joined(command, str_of(link->prefix), STR(":p:"));
    buffer_add(&command->bytes, partition);
    command->parts[command->count - 1] = str_slice(buffer_str(&command->bytes), from, SIZE_MAX);
}

static struct str reply_str(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct str){reply->str, reply->len} : STR("");
}

static int tell_foreign(const struct redis_link *link, struct str partition, struct err *err)
{
    return err_set(err, ERR_DATA, "Redis at %s: %s:p:%.*s is not a partition's state",
                   link->address, link->prefix, STR_ARG(partition));
}

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

/* What the commit's parts may take, generously. */
static size_t commit_bytes(const struct redis_link *link, const struct state_commit *commit)
{
    size_t bytes = 256 + strlen(link->prefix) + commit->partition.len;
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        bytes += 2 + change->key.len + (change->deleted ? 0 : change->value.len);
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        bytes += 2 + commit->alerts[i].id.len + commit->alerts[i].body.len;
    }
    return bytes;
}

static void send_commit(struct redis_link *link, const struct state_commit *commit)
{
    struct command command;
    size_t parts = 6 + 2 * (commit->changes_count + commit->alerts_count);
    command_begin(&command, parts, commit_bytes(link, commit));
    add_plain(&command, STR("EVALSHA"));
    add_plain(&command, str_of(link->hashes[SCRIPT_COMMIT]));
    add_plain(&command, STR("1"));
    add_key(&command, link, commit->partition);
    add_position(&command, commit->base);
    add_position(&command, (struct state_position){commit->next, commit->mark});
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        add_joined(&command, STR("c"), change->key);
        if (change->deleted) {
            add_plain(&command, STR(""));
        } else {
            add_joined(&command, STR("="), change->value);
        }
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        add_joined(&command, STR("a"), commit->alerts[i].id);
        add_joined(&command, STR("="), commit->alerts[i].body);
    }
    ENSURE(command.count == parts);
    redis_link_add(link, command.parts, command.count);
    command_release(&command);
}

static bool has_deletions(const struct state_commit *commit)
{
    bool has = false;
    for (size_t i = 0; i < commit->changes_count && !has; i++) {
        has = commit->changes[i].deleted;
    }
    return has;
}

/* Takes away what the commit before it has emptied. */
static void send_sweep(struct redis_link *link, const struct state_commit *commit)
{
    struct command command;
    command_begin(&command, 4 + commit->changes_count, commit_bytes(link, commit));
    add_plain(&command, STR("EVALSHA"));
    add_plain(&command, str_of(link->hashes[SCRIPT_SWEEP]));
    add_plain(&command, STR("1"));
    add_key(&command, link, commit->partition);
    for (size_t i = 0; i < commit->changes_count; i++) {
        if (commit->changes[i].deleted) {
            add_joined(&command, STR("c"), commit->changes[i].key);
        }
    }
    redis_link_add(link, command.parts, command.count);
    command_release(&command);
}

/* 1: the connection must be made anew; *reason says why. */
static int read_answer(struct redis_link *link, struct state_commit *commit, char *reason,
                       struct err *err)
{
    redisReply *reply = redis_link_reply(link);
    int failed = 0;
    bool told = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                reply->element[0]->type == REDIS_REPLY_INTEGER;
    enum redis_verdict verdict = reply != NULL ? redis_judge(reply) : REDIS_AGAIN;
    if (verdict == REDIS_AGAIN || verdict == REDIS_NO_SCRIPT) {
        snprintf(reason, ERR_TEXT_MAX, "%s", reply != NULL ? reply->str : redis_link_reason(link));
        failed = 1;
    } else if (verdict == REDIS_REFUSED) {
        failed = err_set(err, ERR_REDIS, "Redis at %s: the commit was refused: %s", link->address,
                         reply->str);
    } else if (!told || !parse_position(reply_str(reply->element[1]), &commit->position)) {
        failed = tell_foreign(link, commit->partition, err);
    } else {
        commit->result = reply->element[0]->integer == 1 ? STATE_COMMITTED : STATE_STALE;
    }
    freeReplyObject(reply);
    return failed;
}

/* A sweep that fails is done by a later load. */
static void skip_answer(struct redis_link *link)
{
    freeReplyObject(redis_link_reply(link));
}

/* Sends those without an answer together, and reads. */
static int commit_round(struct redis_link *link, struct state_commit **commits, size_t count,
                        char *reason, struct err *err)
{
    bool *sent = memory_new(count, sizeof(bool));
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        sent[i] = commits[i]->result == STATE_UNKNOWN;
        if (sent[i]) {
            send_commit(link, commits[i]);
        }
        if (sent[i] && has_deletions(commits[i])) {
            send_sweep(link, commits[i]);
        }
    }
    for (size_t i = 0; i < count && failed == 0; i++) {
        failed = sent[i] ? read_answer(link, commits[i], reason, err) : 0;
        if (failed == 0 && sent[i] && has_deletions(commits[i])) {
            skip_answer(link);
        }
    }
    memory_free(sent);
    return failed;
}

static int commit_redis(struct state_store *store, struct state_commit **commits, size_t count,
                        struct err *err)
{
    struct redis_link *link = store->state;
    char reason[ERR_TEXT_MAX];
    int failed = 1;
    redis_link_begin(link);
    while (failed == 1) {
        failed = redis_link_ready(link, err);
        failed = failed != 0 ? failed : commit_round(link, commits, count, reason, err);
        if (failed == 1 && redis_link_again(link, reason, err) != 0) {
            failed = ERR_REDIS;
        }
    }
    if (failed != 0) {
        redis_link_end(link);
    }
    return failed;
}

static int acknowledge_redis(struct state_store *store, struct str partition, const struct str *ids,
                             size_t count, struct err *err)
{
    struct redis_link *link = store->state;
    int failed = 0;
    redis_link_begin(link);
    for (size_t done = 0; done < count && failed == 0;) {
        size_t some =
            count - done < LIMIT_STATE_COMMIT_CELLS ? count - done : LIMIT_STATE_COMMIT_CELLS;
        size_t bytes = 64 + strlen(link->prefix) + partition.len;
        for (size_t i = 0; i < some; i++) {
            bytes += 1 + ids[done + i].len;
        }
        struct command command;
        command_begin(&command, 2 + some, bytes);
        add_plain(&command, STR("HDEL"));
        add_key(&command, link, partition);
        for (size_t i = 0; i < some; i++) {
            add_joined(&command, STR("a"), ids[done + i]);
        }
        redisReply *reply = NULL;
        failed = redis_link_ask(link, command.parts, command.count, &reply, err);
        freeReplyObject(reply);
        command_release(&command);
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
    struct command command;
    command_begin(&command, 3, 64 + strlen(link->prefix) + partition.len + name.len);
    add_plain(&command, STR("HGET"));
    add_key(&command, link, partition);
    add_joined(&command, letter, name);
    int failed = redis_link_ask(link, command.parts, command.count, reply, err);
    command_release(&command);
    return failed;
}

static int ask_position(struct redis_link *link, struct str partition,
                        struct state_position *position, struct err *err)
{
    redisReply *reply = NULL;
    *position = STATE_POSITION_NONE;
    int failed = ask_field(link, partition, STR("p"), STR(""), &reply, err);
    if (failed == 0 && !parse_position(reply_str(reply), position)) {
        failed = tell_foreign(link, partition, err);
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
    struct str found = failed == 0 ? reply_str(reply) : STR("");
    buffer_add(value, str_slice(found, 1, SIZE_MAX));
    freeReplyObject(reply);
    return failed != 0 ? failed : found.len > 0 ? 1 : 0;
}

/* Tells one page of HSCAN; emptied cells that a crash has left are swept. */
static int tell_page(struct redis_link *link, struct str partition, const redisReply *page,
                     const struct state_reader *reader, struct err *err)
{
    struct command sweep;
    struct str key = {0};
    size_t bytes = 64 + strlen(link->prefix) + partition.len;
    int failed = 0;
    command_begin(&sweep, 4 + page->elements / 2, bytes);
    add_plain(&sweep, STR("EVALSHA"));
    add_plain(&sweep, str_of(link->hashes[SCRIPT_SWEEP]));
    add_plain(&sweep, STR("1"));
    add_key(&sweep, link, partition);
    for (size_t i = 0; i + 1 < page->elements && failed >= 0; i += 2) {
        struct str field = reply_str(page->element[i]);
        struct str value = reply_str(page->element[i + 1]);
        key = str_slice(field, 1, SIZE_MAX);
        if (value.len == 0 && sweep.count < LIMIT_STATE_COMMIT_CELLS) {
            add_plain(&sweep, field);
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
    command_release(&sweep);
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
        struct command command;
        redisReply *reply = NULL;
        command_begin(&command, 5, 64 + strlen(link->prefix) + partition.len);
        add_plain(&command, STR("HSCAN"));
        add_key(&command, link, partition);
        add_plain(&command, str_of(cursor));
        add_plain(&command, STR("COUNT"));
        add_plain(&command, SCAN_COUNT);
        redis_link_begin(link); /* each page has the whole time */
        failed = redis_link_ask(link, command.parts, command.count, &reply, err);
        if (failed == 0 && !parse_page(reply, cursor, sizeof cursor)) {
            failed = tell_foreign(link, partition, err);
        }
        failed = failed != 0 ? failed : tell_page(link, partition, reply->element[1], reader, err);
        freeReplyObject(reply);
        command_release(&command);
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
            map_set(names, str_slice(reply_str(reply->element[1]->element[i]), skip, SIZE_MAX), 0);
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
    .commit = commit_redis,
    .acknowledge = acknowledge_redis,
    .flush = flush_redis,
    .position = position_redis,
    .load = load_redis,
    .cell = cell_redis,
    .partitions = partitions_redis,
    .identity = identity_redis,
    .close = close_redis,
};
