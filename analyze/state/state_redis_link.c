/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_link.c - see state_redis_internal.h.
 */
#include "analyze/state/state_redis_internal.h"

#include "base/clock.h"
#include "base/memory.h"

#define TIMEOUT_MS_DEFAULT 30000

/* KEYS: a partition. ARGV: base, new position, then fields and values. One write: the append-only
 * file has it as one command, which a torn end leaves whole or not at all. */
#define COMMIT_TEXT                                                                                \
    "local at = redis.call('HGET', KEYS[1], 'p') or '' "                                           \
    "if at == ARGV[2] then return {1, at} end "                                                    \
    "if at ~= ARGV[1] then return {0, at} end "                                                    \
    "redis.call('HSET', KEYS[1], 'p', unpack(ARGV, 2)) "                                           \
    "return {1, ARGV[2]}"

/* ARGV: fields. Removes those that a commit has marked as deleted, by an empty value: nothing that
 * is read changes. */
#define SWEEP_TEXT                                                                                 \
    "local gone = {} "                                                                             \
    "for i = 1, #ARGV do "                                                                         \
    "if redis.call('HGET', KEYS[1], ARGV[i]) == '' then gone[#gone + 1] = ARGV[i] end end "        \
    "if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end "                             \
    "return #gone"

static const char *const script_texts[SCRIPTS] = {COMMIT_TEXT, SWEEP_TEXT};

static char *copy_text(const char *text)
{
    return text != NULL ? memory_copy_str(str_of(text)) : NULL;
}

static bool prefix_fits(const char *prefix)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_.:";
    size_t len = prefix != NULL ? strlen(prefix) : 0;
    return len > 0 && len <= 128 && strspn(prefix, allowed) == len;
}

int redis_link_init(struct redis_link *link, const struct state_options *options, struct err *err)
{
    if (options->address == NULL || options->address[0] == '\0') {
        return err_set(err, ERR_CONFIG, "a Redis state store needs an address");
    }
    if (!prefix_fits(options->prefix)) {
        return err_set(err, ERR_CONFIG,
                       "a Redis state store needs a prefix of its keys out of letters, digits and "
                       "- _ . :");
    }
    struct redis_options server = {options->address, options->user, options->password};
    if (redis_check(&server, err) != 0) {
        return ERR_CONFIG;
    }
    int timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    *link = (struct redis_link){
        .address = copy_text(options->address),
        .user = copy_text(options->user),
        .password = copy_text(options->password),
        .prefix = copy_text(options->prefix),
        .timeout_ns = (int64_t)timeout_ms * 1000000,
        .unsynced_allowed = options->unsynced_allowed,
    };
    return 0;
}

void redis_link_end(struct redis_link *link)
{
    if (link->connection != NULL) {
        redisFree(link->connection);
        link->connection = NULL;
    }
}

void redis_link_release(struct redis_link *link)
{
    redis_link_end(link);
    if (link->password != NULL) {
        explicit_bzero(link->password, strlen(link->password));
    }
    memory_free(link->address);
    memory_free(link->user);
    memory_free(link->password);
    memory_free(link->prefix);
}

void redis_link_begin(struct redis_link *link)
{
    link->deadline_ns = clock_monotonic_ns() + link->timeout_ns;
    link->backoff.attempts = 0;
}

int redis_link_again(struct redis_link *link, const char *reason, struct err *err)
{
    struct err told; /* reason may be the connection's own */
    err_set(&told, ERR_REDIS, "Redis at %s: %s", link->address, reason);
    redis_link_end(link);
    if (backoff_wait(&link->backoff, link->deadline_ns) != 0) {
        *err = told;
        return ERR_REDIS;
    }
    return 0;
}

void redis_link_add(struct redis_link *link, const struct str *parts, size_t count)
{
    redis_add(link->connection, parts, count);
}

redisReply *redis_link_reply(struct redis_link *link)
{
    return redis_reply(link->connection, link->deadline_ns);
}

const char *redis_link_reason(const struct redis_link *link)
{
    return redis_reason(link->connection);
}

int redis_link_ask_once(struct redis_link *link, const struct str *parts, size_t count,
                        redisReply **out, struct err *err)
{
    redis_link_add(link, parts, count);
    redisReply *reply = redis_link_reply(link);
    *out = NULL;
    if (reply == NULL) {
        return err_set(err, ERR_REDIS, "%s", redis_link_reason(link));
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        int code = redis_judge(reply) == REDIS_AGAIN ? ERR_REDIS : ERR_CONFIG;
        err_set(err, code, "%s refused: %s", parts[0].ptr, reply->str);
        freeReplyObject(reply);
        return code;
    }
    *out = reply;
    return 0;
}

static int load_scripts(struct redis_link *link, struct err *err)
{
    int failed = 0;
    for (int i = 0; i < SCRIPTS && failed == 0; i++) {
        struct str parts[] = {STR("SCRIPT"), STR("LOAD"), str_of(script_texts[i])};
        redisReply *reply = NULL;
        failed = redis_link_ask_once(link, parts, 3, &reply, err);
        if (reply != NULL) {
            snprintf(link->hashes[i], sizeof link->hashes[i], "%s",
                     reply->type == REDIS_REPLY_STRING ? reply->str : "");
        }
        freeReplyObject(reply);
    }
    return failed;
}

static int connect_once(struct redis_link *link, struct err *err)
{
    struct redis_options server = {link->address, link->user, link->password};
    int failed = redis_open(&server, link->deadline_ns, &link->connection, err);
    if (failed != 0) {
        return failed;
    }
    link->connections++;
    failed = redis_link_check_server(link, err);
    failed = failed != 0 ? failed : redis_link_check_state(link, err);
    failed = failed != 0 ? failed : load_scripts(link, err);
    link->was_ready = link->was_ready || failed == 0;
    return failed;
}

int redis_link_ready(struct redis_link *link, struct err *err)
{
    int failed = 0;
    while (failed == 0 && link->connection == NULL) {
        struct err once = {0};
        int outcome = connect_once(link, &once);
        /* A server that was fit once may be made so again. */
        if (outcome == ERR_REDIS || (outcome == ERR_CONFIG && link->was_ready)) {
            failed = redis_link_again(link, once.text, err);
        } else if (outcome != 0) {
            redis_link_end(link);
            *err = once;
            failed = err_prefix(err, "Redis at %s", link->address);
        }
    }
    return failed;
}

int redis_link_ask(struct redis_link *link, const struct str *parts, size_t count, redisReply **out,
                   struct err *err)
{
    *out = NULL;
    for (;;) {
        int failed = redis_link_ready(link, err);
        if (failed != 0) {
            return failed;
        }
        redis_link_add(link, parts, count);
        redisReply *reply = redis_link_reply(link);
        enum redis_verdict verdict = reply != NULL ? redis_judge(reply) : REDIS_AGAIN;
        bool again = verdict == REDIS_AGAIN || verdict == REDIS_NO_SCRIPT;
        if (verdict == REDIS_ANSWER) {
            *out = reply;
            return 0;
        }
        failed = again ? redis_link_again(link,
                                          reply != NULL ? reply->str : redis_link_reason(link), err)
                       : err_set(err, ERR_REDIS, "Redis at %s: %s refused: %s", link->address,
                                 parts[0].ptr, reply->str);
        freeReplyObject(reply);
        if (failed != 0) {
            return failed;
        }
    }
}
