/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_redis.c - the sink of kind "redis": one entry of a stream an item, with the fields "id" (an
 * alert's id or a dead letter's source) and "json" (the line without its LF).
 *
 * In:  items.   Out: XADD to one stream.
 * Thread: the deliverer only.   Owns: one connection; items until they are answered.
 * Invariants: (1) commands are pipelined; flush returns 0 only when each was answered without
 *                 error.
 *             (2) with dedup_seconds, an alert id that the server has taken within that time is
 *                 not added again: test and addition are one script, so no crash comes between.
 *             (3) when the connection is lost, or the server refuses what time may heal, what was
 *                 not answered is sent again, in order, for as long as the timeout. Some of it may
 *                 be there already: without dedup_seconds it is there twice then.
 *             (4) after a failure no flush succeeds: what was in the pipeline may be lost.
 * Needs:  SIGPIPE ignored: hiredis writes to a connection that may be gone.
 * Bounds: PIPELINE_MAX commands or PIPELINE_BYTES_MAX wait for their answers.
 * Tested: tests/unit/test_sink_redis.c (a real server, and one that interferes).
 */
#include "respond/sink/sink_table.h"

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/redis.h"

#include <stdio.h>

#define TIMEOUT_MS_DEFAULT 30000
#define PIPELINE_MAX       1000
#define PIPELINE_BYTES_MAX 8388608U

/* KEYS: stream, mark. ARGV: seconds, MAXLEN (0: none), id, json. The mark has the stream's hash
 * tag, so that both keys are in one slot of a cluster. The entry comes before its mark: a torn end
 * of the append-only file can have the first write of a script without the second, and a mark
 * without its entry would keep the alert out for good. */
#define SCRIPT                                                                                     \
    "if ARGV[1] ~= '0' and redis.call('EXISTS', KEYS[2]) == 1 then return 0 end "                  \
    "if ARGV[2] == '0' then redis.call('XADD', KEYS[1], '*', 'id', ARGV[3], 'json', ARGV[4]) "     \
    "else redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'id', ARGV[3], 'json', "        \
    "ARGV[4]) end "                                                                                \
    "if ARGV[1] ~= '0' then redis.call('SET', KEYS[2], '1', 'EX', ARGV[1]) end "                   \
    "return 1"

/* An item without an answer: where its key, and behind it its JSON, are among the bytes. */
struct kept_item {
    size_t at;
    size_t key_len;
    size_t json_len;
    bool alert;
};

struct redis_state {
    redisContext *connection; /* NULL: lost */
    struct kept_item *items;
    uint32_t items_count;
    uint32_t items_capacity;
    uint32_t answered; /* of the items */
    struct buffer bytes;
    struct backoff backoff;
    bool failed;
    char length_max[16];
    char dedup_seconds[24];
    struct buffer mark;
};

static int tell_failure(struct sink *sink, const char *reason, struct err *err)
{
    struct redis_state *redis = sink->state;
    redis->failed = true;
    return err_set(err, ERR_REDIS, "Redis stream %s at %s: %s", sink->options.stream,
                   sink->options.address, reason);
}

static void disconnect(struct redis_state *redis)
{
    redisFree(redis->connection);
    redis->connection = NULL;
}

static void close_redis(struct sink *sink)
{
    struct redis_state *redis = sink->state;
    disconnect(redis);
    memory_free(redis->items);
    buffer_release(&redis->bytes);
    buffer_release(&redis->mark);
    memory_free(redis);
}

static int64_t deadline_ns(const struct sink *sink)
{
    int timeout_ms = sink->options.timeout_ms > 0 ? sink->options.timeout_ms : TIMEOUT_MS_DEFAULT;
    return clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
}

static int open_connection(struct sink *sink, int64_t until_ns, struct err *err)
{
    struct redis_state *redis = sink->state;
    const struct sink_options *options = &sink->options;
    struct redis_options server = {options->address, options->user, options->password};
    int failed = redis_check(&server, err);
    return failed != 0 ? failed : redis_open(&server, until_ns, &redis->connection, err);
}

static int open_redis(struct sink *sink, const struct sink_options *options, struct err *err)
{
    if (options->address == NULL || options->stream == NULL) {
        return err_set(err, ERR_CONFIG, "a Redis sink needs an address and a stream");
    }
    struct redis_state *redis = memory_new(1, sizeof *redis);
    sink->state = redis;
    snprintf(redis->length_max, sizeof redis->length_max, "%u", options->stream_length_max);
    snprintf(redis->dedup_seconds, sizeof redis->dedup_seconds, "%lld",
             (long long)(options->dedup_seconds > 0 ? options->dedup_seconds : 0));
    int failed = open_connection(sink, deadline_ns(sink), err);
    if (failed != 0) {
        close_redis(sink);
        sink->state = NULL;
        err_prefix(err, "Redis stream %s at %s", options->stream, options->address);
    }
    return failed;
}

/* Adds the item's command to those that are sent together. */
static void add_command(struct sink *sink, const struct kept_item *item)
{
    struct redis_state *redis = sink->state;
    struct str bytes = buffer_str(&redis->bytes);
    struct str key = str_slice(bytes, item->at, item->key_len);
    buffer_clear(&redis->mark);
    buffer_printf(&redis->mark, "{%s}:seen:", sink->options.stream);
    buffer_add(&redis->mark, key);
    /* A dead letter has no id of its own: each is added. */
    const char *seconds = item->alert ? redis->dedup_seconds : "0";
    struct str parts[] = {
        STR("EVAL"),
        STR(SCRIPT),
        STR("2"),
        str_of(sink->options.stream),
        buffer_str(&redis->mark),
        str_of(seconds),
        str_of(redis->length_max),
        key,
        str_slice(bytes, item->at + item->key_len, item->json_len),
    };
    redis_add(redis->connection, parts, sizeof parts / sizeof parts[0]);
}

/* The connection is made anew, and what has no answer is sent again; until the deadline. reason is
 * why. */
static int recover(struct sink *sink, const char *reason, int64_t until_ns, struct err *err)
{
    struct redis_state *redis = sink->state;
    struct err trouble;
    int failed = err_set(&trouble, ERR_REDIS, "%s", reason); /* it may be the connection's own */
    disconnect(redis);
    while (failed == ERR_REDIS && backoff_wait(&redis->backoff, until_ns) == 0) {
        failed = open_connection(sink, until_ns, &trouble);
    }
    if (failed != 0) {
        return tell_failure(sink, trouble.text, err);
    }
    for (uint32_t i = redis->answered; i < redis->items_count; i++) {
        add_command(sink, &redis->items[i]);
    }
    return 0;
}

/* One answer, or a new connection. until_ns is set anew with each answer. */
static int take_answer(struct sink *sink, int64_t *until_ns, struct err *err)
{
    struct redis_state *redis = sink->state;
    redisReply *reply = redis_reply(redis->connection, *until_ns);
    enum redis_verdict verdict = reply != NULL ? redis_judge(reply) : REDIS_AGAIN;
    int failed = 0;
    if (verdict == REDIS_ANSWER) {
        redis->answered++;
        redis->backoff.attempts = 0;
        *until_ns = deadline_ns(sink);
    } else if (verdict == REDIS_AGAIN) {
        failed = recover(sink, reply != NULL ? reply->str : redis_reason(redis->connection),
                         *until_ns, err);
    } else {
        failed = tell_failure(sink, reply->str, err);
    }
    freeReplyObject(reply);
    return failed;
}

/* Reads the answers of all commands that were sent. */
static int drain(struct sink *sink, struct err *err)
{
    struct redis_state *redis = sink->state;
    int64_t until_ns = deadline_ns(sink);
    int failed = 0;
    while (failed == 0 && redis->answered < redis->items_count) {
        failed = take_answer(sink, &until_ns, err);
    }
    redis->items_count = redis->answered = 0;
    buffer_clear(&redis->bytes);
    return failed;
}

static int write_redis(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct redis_state *redis = sink->state;
    if (redis->failed) {
        return tell_failure(sink, "an earlier command failed", err);
    }
    struct str json = str_slice(item->json, 0, item->json.len > 0 ? item->json.len - 1 : 0);
    MEMORY_GROW(redis->items, redis->items_count, redis->items_capacity);
    struct kept_item *kept = &redis->items[redis->items_count++];
    *kept = (struct kept_item){redis->bytes.len, item->key.len, json.len, sink_item_is_alert(item)};
    buffer_add(&redis->bytes, item->key);
    buffer_add(&redis->bytes, json);
    add_command(sink, kept);
    return redis->items_count < PIPELINE_MAX && redis->bytes.len < PIPELINE_BYTES_MAX
               ? 0
               : drain(sink, err);
}

static int flush_redis(struct sink *sink, struct err *err)
{
    struct redis_state *redis = sink->state;
    return redis->failed ? tell_failure(sink, "an earlier command failed", err) : drain(sink, err);
}

static void close_flushed(struct sink *sink)
{
    struct redis_state *redis = sink->state;
    struct err ignored;
    if (!redis->failed) {
        (void)drain(sink, &ignored);
    }
    close_redis(sink);
}

const struct sink_ops sink_redis = {
    .name = "redis",
    .doc = "a Redis stream",
    .open = open_redis,
    .write = write_redis,
    .flush = flush_redis,
    .close = close_flushed,
};
