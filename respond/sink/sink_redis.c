/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_redis.c - the sink of kind "redis": one entry of a stream an item, with the fields "id" (an
 * alert's id or a dead letter's source) and "json" (the line without its LF).
 *
 * In:  items.   Out: XADD to one stream.
 * Thread: the deliverer only.   Owns: one connection.
 * Invariants: (1) commands are pipelined; flush returns 0 only when each was answered without
 * error. (2) with dedup_seconds, an alert id that the server has taken within that time is not
 *                 added again: test and addition are one script, so no crash comes between.
 *             (3) after a failure no flush succeeds: what was in the pipeline may be lost.
 * Needs:  SIGPIPE ignored: hiredis writes to a connection that may be gone.
 * Bounds: PIPELINE_MAX commands wait for their answers.
 * Tested: tests/unit/test_sink_redis.c (a real server).
 */
#include "respond/sink/sink_table.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/redis.h"

#include <stdio.h>

#define TIMEOUT_MS_DEFAULT 30000
#define PIPELINE_MAX       1000

/* KEYS: stream, mark. ARGV: seconds, MAXLEN (0: none), id, json. The mark has the stream's hash
 * tag, so that both keys are in one slot of a cluster. */
#define SCRIPT                                                                                     \
    "if ARGV[1] ~= '0' and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then "         \
    "return 0 end "                                                                                \
    "if ARGV[2] == '0' then redis.call('XADD', KEYS[1], '*', 'id', ARGV[3], 'json', ARGV[4]) "     \
    "else redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'id', ARGV[3], 'json', "        \
    "ARGV[4]) end "                                                                                \
    "return 1"

struct redis_state {
    redisContext *connection;
    uint32_t waiting; /* commands without an answer yet */
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

static void close_redis(struct sink *sink)
{
    struct redis_state *redis = sink->state;
    if (redis->connection != NULL) {
        redisFree(redis->connection);
    }
    buffer_release(&redis->mark);
    memory_free(redis);
}

static int64_t deadline_ns(const struct sink *sink)
{
    int timeout_ms = sink->options.timeout_ms > 0 ? sink->options.timeout_ms : TIMEOUT_MS_DEFAULT;
    return clock_monotonic_ns() + (int64_t)timeout_ms * 1000000;
}

static int open_connection(struct sink *sink, struct err *err)
{
    struct redis_state *redis = sink->state;
    const struct sink_options *options = &sink->options;
    struct redis_options server = {options->address, options->user, options->password};
    int failed = redis_check(&server, err);
    if (failed == 0) {
        failed = redis_open(&server, deadline_ns(sink), &redis->connection, err);
    }
    return failed != 0 ? err_prefix(err, "Redis stream %s at %s", options->stream, options->address)
                       : 0;
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
    int failed = open_connection(sink, err);
    if (failed != 0) {
        close_redis(sink);
        sink->state = NULL;
    }
    return failed;
}

/* Reads the answers of all commands that were sent. */
static int drain(struct sink *sink, struct err *err)
{
    struct redis_state *redis = sink->state;
    while (redis->waiting > 0) {
        redisReply *reply = redis_reply(redis->connection, deadline_ns(sink));
        if (reply == NULL) {
            return tell_failure(sink, redis_reason(redis->connection), err);
        }
        redis->waiting--;
        int failed = reply->type == REDIS_REPLY_ERROR ? tell_failure(sink, reply->str, err) : 0;
        freeReplyObject(reply);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

static int write_redis(struct sink *sink, const struct sink_item *item, struct err *err)
{
    struct redis_state *redis = sink->state;
    if (redis->failed) {
        return tell_failure(sink, "an earlier command failed", err);
    }
    buffer_clear(&redis->mark);
    buffer_printf(&redis->mark, "{%s}:seen:", sink->options.stream);
    buffer_add(&redis->mark, item->key);
    /* A dead letter has no id of its own: each is added. */
    const char *seconds = item->alert != NULL ? redis->dedup_seconds : "0";
    struct str parts[] = {
        STR("EVAL"),
        STR(SCRIPT),
        STR("2"),
        str_of(sink->options.stream),
        buffer_str(&redis->mark),
        str_of(seconds),
        str_of(redis->length_max),
        item->key,
        {item->json.ptr, item->json.len > 0 ? item->json.len - 1 : 0},
    };
    redis_add(redis->connection, parts, sizeof parts / sizeof parts[0]);
    redis->waiting++;
    return redis->waiting < PIPELINE_MAX ? 0 : drain(sink, err);
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
