/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_link.c - see state_redis_internal.h.
 */
#include "analyze/state/state_redis_internal.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/redis.h"

#include <errno.h>
#include <time.h>

#define TIMEOUT_MS_DEFAULT 30000
#define CONNECT_NS_MAX     INT64_C(5000000000)
#define PAUSE_NS_FIRST     INT64_C(20000000)
#define PAUSE_DOUBLINGS    6
#define FORMAT             "1"

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
    if (options->user != NULL && options->password == NULL) {
        return err_set(err, ERR_CONFIG, "the Redis user %s needs a password", options->user);
    }
    int timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    *link = (struct redis_link){
        .address = copy_text(options->address),
        .user = copy_text(options->user),
        .password = copy_text(options->password),
        .prefix = copy_text(options->prefix),
        .timeout_ns = (int64_t)timeout_ms * 1000000,
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
    link->attempts = 0;
}

static int64_t time_left_ns(const struct redis_link *link)
{
    int64_t left_ns = link->deadline_ns - clock_monotonic_ns();
    return left_ns > 1000000 ? left_ns : 1000000;
}

int redis_link_again(struct redis_link *link, const char *reason, struct err *err)
{
    unsigned doublings = link->attempts < PAUSE_DOUBLINGS ? link->attempts : PAUSE_DOUBLINGS;
    int64_t pause_ns = PAUSE_NS_FIRST << doublings;
    link->attempts++;
    link->random = hash_mix(link->random ^ hash_seed(), UINT64_C(0xA0761D6478BD642F));
    /* Half of it by chance: workers that lost one server do not come back in step. */
    pause_ns = pause_ns / 2 + (int64_t)(link->random % (uint64_t)(pause_ns / 2));
    struct err told;
    err_set(&told, ERR_REDIS, "Redis at %s: %s", link->address, reason);
    redis_link_end(link);
    if (clock_monotonic_ns() + pause_ns >= link->deadline_ns) {
        *err = told;
        return ERR_REDIS;
    }
    struct timespec pause = {pause_ns / 1000000000, pause_ns % 1000000000};
    nanosleep(&pause, NULL);
    return 0;
}

static bool reply_begins(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, text, strlen(text)) == 0;
}

bool redis_reply_is_transient(const redisReply *reply)
{
    return reply_begins(reply, "LOADING") || reply_begins(reply, "BUSY");
}

bool redis_reply_is_no_script(const redisReply *reply)
{
    return reply_begins(reply, "NOSCRIPT");
}

void redis_link_add(struct redis_link *link, const struct str *parts, size_t count)
{
    const char **texts = memory_new(count, sizeof(char *));
    size_t *lengths = memory_new(count, sizeof(size_t));
    for (size_t i = 0; i < count; i++) {
        texts[i] = parts[i].ptr != NULL ? parts[i].ptr : "";
        lengths[i] = parts[i].len;
    }
    /* Fails for lack of memory only; the reply is then missing, which redis_link_reply tells. */
    (void)redisAppendCommandArgv(link->connection, (int)count, texts, lengths);
    memory_free(texts);
    memory_free(lengths);
}

redisReply *redis_link_reply(struct redis_link *link)
{
    void *reply = NULL;
    int64_t left_ns = time_left_ns(link);
    struct timeval timeout = {left_ns / 1000000000, left_ns % 1000000000 / 1000};
    if (clock_monotonic_ns() >= link->deadline_ns ||
        redisSetTimeout(link->connection, timeout) != REDIS_OK ||
        redisGetReply(link->connection, &reply) != REDIS_OK) {
        return NULL;
    }
    return reply;
}

const char *redis_link_reason(const struct redis_link *link)
{
    const redisContext *connection = link->connection;
    return connection != NULL && connection->err != 0 &&
                   strcmp(connection->errstr, strerror(EAGAIN)) != 0
               ? connection->errstr
               : "no answer in time";
}

/* A wrong user, password or right, or a command that this server has not; a server that is full or
 * loads its file may come round. */
static bool reply_is_final(const redisReply *reply)
{
    return reply_begins(reply, "NOAUTH") || reply_begins(reply, "WRONGPASS") ||
           reply_begins(reply, "NOPERM") || reply_begins(reply, "ERR");
}

/* One command during the setting up of a connection. ERR_REDIS: worth another try. */
static int ask_once(struct redis_link *link, const struct str *parts, size_t count,
                    redisReply **out, struct err *err)
{
    redis_link_add(link, parts, count);
    redisReply *reply = redis_link_reply(link);
    *out = NULL;
    if (reply == NULL) {
        return err_set(err, ERR_REDIS, "%s", redis_link_reason(link));
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        int code = reply_is_final(reply) ? ERR_CONFIG : ERR_REDIS;
        err_set(err, code, "%s refused: %s", parts[0].ptr, reply->str);
        freeReplyObject(reply);
        return code;
    }
    *out = reply;
    return 0;
}

static int log_in(struct redis_link *link, struct err *err)
{
    struct str parts[3] = {STR("AUTH")};
    size_t count = 1;
    if (link->password == NULL) {
        return 0;
    }
    if (link->user != NULL) {
        parts[count++] = str_of(link->user);
    }
    parts[count++] = str_of(link->password);
    redisReply *reply = NULL;
    int failed = ask_once(link, parts, count, &reply, err);
    freeReplyObject(reply);
    return failed;
}

/* What INFO must say, and what is wrong otherwise. */
static const struct {
    const char *line;
    const char *wrong;
} fitness_table[] = {
    {"\naof_enabled:1\r", "its append-only file is off: a restart would lose the state; set "
                          "appendonly yes"},
    {"\nmaxmemory_policy:noeviction\r", "it evicts keys when its memory is full, which would lose "
                                        "state; set maxmemory-policy noeviction"},
    {"\nrole:master\r", "it is a replica and takes no writes; name its master"},
    {"\ncluster_enabled:0\r", "it is a cluster's node; the state needs a server of its own"},
};

static int check_fitness(struct redis_link *link, struct err *err)
{
    struct str parts[] = {STR("INFO")};
    redisReply *reply = NULL;
    int failed = ask_once(link, parts, 1, &reply, err);
    struct str info = reply != NULL ? (struct str){reply->str, reply->len} : STR("");
    for (size_t i = 0; failed == 0 && i < sizeof fitness_table / sizeof fitness_table[0]; i++) {
        if (str_find(info, str_of(fitness_table[i].line)) == STR_NOT_FOUND) {
            failed =
                err_set(err, ERR_CONFIG, "Redis at %s: %s", link->address, fitness_table[i].wrong);
        }
    }
    freeReplyObject(reply);
    return failed;
}

static int check_format(struct redis_link *link, struct err *err)
{
    struct buffer key = {0};
    redisReply *reply = NULL;
    buffer_printf(&key, "%s:format", link->prefix);
    struct str set[] = {STR("SET"), buffer_str(&key), STR(FORMAT), STR("NX")};
    struct str get[] = {STR("GET"), buffer_str(&key)};
    int failed = ask_once(link, set, 4, &reply, err);
    freeReplyObject(reply);
    reply = NULL;
    failed = failed != 0 ? failed : ask_once(link, get, 2, &reply, err);
    if (failed == 0 && reply != NULL &&
        (reply->type != REDIS_REPLY_STRING || strcmp(reply->str, FORMAT) != 0)) {
        failed = err_set(err, ERR_DATA,
                         "the state under %s has the format \"%s\", this tocsin reads " FORMAT
                         "; run the version that wrote it",
                         link->prefix, reply->type == REDIS_REPLY_STRING ? reply->str : "");
    }
    freeReplyObject(reply);
    buffer_release(&key);
    return failed;
}

static int load_scripts(struct redis_link *link, struct err *err)
{
    int failed = 0;
    for (int i = 0; i < SCRIPTS && failed == 0; i++) {
        struct str parts[] = {STR("SCRIPT"), STR("LOAD"), str_of(script_texts[i])};
        redisReply *reply = NULL;
        failed = ask_once(link, parts, 3, &reply, err);
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
    int64_t left_ns = time_left_ns(link);
    left_ns = left_ns < CONNECT_NS_MAX ? left_ns : CONNECT_NS_MAX;
    link->connection = redis_connect(link->address, (int)(left_ns / 1000000));
    if (link->connection == NULL) {
        return err_set(err, ERR_CONFIG,
                       "the address is none: write host:port or the path of a socket");
    }
    if (link->connection->err != 0) {
        return err_set(err, ERR_REDIS, "%s", link->connection->errstr);
    }
    link->connections++;
    int failed = log_in(link, err);
    failed = failed != 0 ? failed : check_fitness(link, err);
    failed = failed != 0 ? failed : check_format(link, err);
    return failed != 0 ? failed : load_scripts(link, err);
}

int redis_link_ready(struct redis_link *link, struct err *err)
{
    int failed = 0;
    while (failed == 0 && link->connection == NULL) {
        struct err once = {0};
        int outcome = connect_once(link, &once);
        if (outcome == ERR_REDIS) {
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
        bool again =
            reply == NULL || redis_reply_is_transient(reply) || redis_reply_is_no_script(reply);
        if (!again && reply->type != REDIS_REPLY_ERROR) {
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
