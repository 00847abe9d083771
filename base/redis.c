/* SPDX-License-Identifier: Apache-2.0
 *
 * redis.c - see redis.h.
 */
#include "base/redis.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/redis_address.h"
#include "base/redis_tls.h"

#include <errno.h>

#define CONNECT_NS_MAX  INT64_C(5000000000)
#define SENTINEL_NS_MAX INT64_C(1000000000) /* an unreachable one costs no more */

/* --- commands and replies --------------------------------------------------------------------- */

/* Of what is left, for hiredis: never 0, which would mean no limit. */
static struct timeval time_left(int64_t deadline_ns, int64_t ns_max)
{
    int64_t left_ns = deadline_ns - clock_monotonic_ns();
    left_ns = left_ns < ns_max ? left_ns : ns_max;
    left_ns = left_ns > 1000000 ? left_ns : 1000000;
    return (struct timeval){left_ns / 1000000000, left_ns % 1000000000 / 1000};
}

void redis_add(redisContext *connection, const struct str *parts, size_t count)
{
    const char **texts = memory_new(count, sizeof(char *));
    size_t *lengths = memory_new(count, sizeof(size_t));
    for (size_t i = 0; i < count; i++) {
        texts[i] = parts[i].ptr != NULL ? parts[i].ptr : "";
        lengths[i] = parts[i].len;
    }
    /* Fails for lack of memory only; the reply is then missing, which redis_reply tells. */
    (void)redisAppendCommandArgv(connection, (int)count, texts, lengths);
    memory_free(texts);
    memory_free(lengths);
}

static bool in_time(redisContext *connection, int64_t deadline_ns)
{
    return clock_monotonic_ns() < deadline_ns &&
           redisSetTimeout(connection, time_left(deadline_ns, INT64_MAX)) == REDIS_OK;
}

/* hiredis' own loop has a timeout for each read: who sends a byte from time to time holds it. */
redisReply *redis_reply(redisContext *connection, int64_t deadline_ns)
{
    void *reply = NULL;
    int sent = 0;
    if (redisGetReplyFromReader(connection, &reply) != REDIS_OK || reply != NULL) {
        return reply;
    }
    while (sent == 0) {
        if (!in_time(connection, deadline_ns) || redisBufferWrite(connection, &sent) != REDIS_OK) {
            return NULL;
        }
    }
    while (reply == NULL) {
        if (!in_time(connection, deadline_ns) || redisBufferRead(connection) != REDIS_OK ||
            redisGetReplyFromReader(connection, &reply) != REDIS_OK) {
            return NULL;
        }
    }
    return reply;
}

const char *redis_reason(const redisContext *connection)
{
    return connection == NULL ? "there is no memory for a connection"
           : connection->err != 0 && strcmp(connection->errstr, strerror(EAGAIN)) != 0
               ? connection->errstr
               : "no answer in time";
}

/* Beginnings of error replies. */
static const struct {
    const char *text;
    enum redis_verdict verdict;
} verdict_table[] = {
    {"LOADING ", REDIS_AGAIN},    /* it reads its file after a start */
    {"BUSY ", REDIS_AGAIN},       /* it runs somebody's script */
    {"MASTERDOWN ", REDIS_AGAIN}, /* a replica that has lost its master */
    {"READONLY ", REDIS_AGAIN},   /* it became a replica: the master is elsewhere */
    {"UNBLOCKED ", REDIS_AGAIN},  /* the same, told to who waited */
    {"NOREPLICAS ", REDIS_AGAIN}, /* fewer than min-replicas-to-write */
    {"OOM ", REDIS_AGAIN},        /* maxmemory is reached: raise it, or free some */
    {"MISCONF ", REDIS_AGAIN},    /* it can't write its file: a full disk */
    {"TRYAGAIN ", REDIS_AGAIN},
    {"CLUSTERDOWN ", REDIS_AGAIN},
    {"ERR max number of clients reached", REDIS_AGAIN},
    {"NOSCRIPT ", REDIS_NO_SCRIPT},
};

enum redis_verdict redis_judge(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ERROR) {
        return REDIS_ANSWER;
    }
    struct str text = {reply->str, reply->len};
    /* Before Redis 7 what a script's command was refused with stands at the end of another error:
     * "ERR Error running script (...): @user_script:1: @user_script: 1: -OOM command not ..." */
    size_t inner =
        str_starts_with(text, STR("ERR Error ")) ? str_find(text, STR(": -")) : STR_NOT_FOUND;
    text = str_slice(text, inner != STR_NOT_FOUND ? inner + 3 : 0, SIZE_MAX);
    for (size_t i = 0; i < sizeof verdict_table / sizeof verdict_table[0]; i++) {
        if (str_starts_with(text, str_of(verdict_table[i].text))) {
            return verdict_table[i].verdict;
        }
    }
    return REDIS_REFUSED;
}

/* --- connecting ------------------------------------------------------------------------------- */

struct opening {
    const struct redis_options *options;
    struct redis_address address;
    int64_t deadline_ns;
};

/* One command of the setting up. */
static redisReply *ask(redisContext *connection, const struct str *parts, size_t count,
                       int64_t deadline_ns)
{
    redis_add(connection, parts, count);
    return redis_reply(connection, deadline_ns);
}

/* The handshake, too, has what is left of the time. */
static int encrypt(const struct opening *opening, redisContext *connection, const char *host,
                   struct err *err)
{
    if (!opening->address.tls) {
        return 0;
    }
    return redisSetTimeout(connection, time_left(opening->deadline_ns, CONNECT_NS_MAX)) == REDIS_OK
               ? redis_tls_begin(connection, host, err)
               : err_set(err, ERR_REDIS, "%s", redis_reason(connection));
}

static int connect_to(const struct opening *opening, const struct redis_endpoint *endpoint,
                      redisContext **connection, struct err *err)
{
    struct timeval timeout = time_left(opening->deadline_ns, CONNECT_NS_MAX);
    char *host = memory_copy_str(endpoint->host);
    *connection = opening->address.path != NULL
                      ? redisConnectUnixWithTimeout(opening->address.path, timeout)
                      : redisConnectWithTimeout(host, endpoint->port, timeout);
    int failed = 0;
    if (*connection == NULL || (*connection)->err != 0) {
        failed = err_set(err, ERR_REDIS, "%s",
                         *connection != NULL ? redis_reason(*connection) : "out of memory");
    } else {
        failed = encrypt(opening, *connection, host, err);
    }
    memory_free(host);
    return failed;
}

static int log_in(const struct opening *opening, redisContext *connection, struct err *err)
{
    const struct redis_options *options = opening->options;
    struct str parts[3] = {STR("AUTH")};
    size_t count = 1;
    if (options->password == NULL) {
        return 0;
    }
    if (options->user != NULL) {
        parts[count++] = str_of(options->user);
    }
    parts[count++] = str_of(options->password);
    redisReply *reply = ask(connection, parts, count, opening->deadline_ns);
    int failed = 0;
    if (reply == NULL) {
        failed = err_set(err, ERR_REDIS, "%s", redis_reason(connection));
    } else if (reply->type == REDIS_REPLY_ERROR) {
        failed = err_set(err, redis_judge(reply) == REDIS_AGAIN ? ERR_REDIS : ERR_CONFIG,
                         "AUTH refused: %s", reply->str);
    }
    freeReplyObject(reply);
    return failed;
}

/* Does it take commands of ours? */
static int greet(redisContext *connection, int64_t deadline_ns, struct err *err)
{
    struct str parts[] = {STR("PING")};
    redisReply *reply = ask(connection, parts, 1, deadline_ns);
    struct str text = reply != NULL ? (struct str){reply->str, reply->len} : STR("");
    int failed = 0;
    if (reply == NULL) {
        failed = err_set(err, ERR_REDIS, "%s", redis_reason(connection));
    } else if (str_starts_with(text, STR("NOAUTH"))) {
        failed = err_set(err, ERR_CONFIG, "the server wants a password, and none is configured");
    } else if (reply->type == REDIS_REPLY_ERROR && !str_starts_with(text, STR("NOPERM"))) {
        failed = err_set(err, redis_judge(reply) == REDIS_AGAIN ? ERR_REDIS : ERR_CONFIG, "%s",
                         reply->str);
    }
    freeReplyObject(reply);
    return failed;
}

/* --- sentinels -------------------------------------------------------------------------------- */

struct master {
    char host[256];
    struct redis_endpoint endpoint;
};

/* Takes the answer of SENTINEL get-master-addr-by-name. */
static bool take_master(const redisReply *reply, struct master *master)
{
    uint64_t port = 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING || reply->element[0]->len == 0 ||
        reply->element[0]->len >= sizeof master->host ||
        reply->element[1]->type != REDIS_REPLY_STRING ||
        !str_to_u64((struct str){reply->element[1]->str, reply->element[1]->len}, &port) ||
        port == 0 || port > UINT16_MAX) {
        return false;
    }
    size_t len = reply->element[0]->len;
    memcpy(master->host, reply->element[0]->str, len);
    master->endpoint = (struct redis_endpoint){{master->host, len}, (uint16_t)port};
    return true;
}

/* What the sentinel answers; a sentinel that wants a password is given ours. */
static redisReply *ask_sentinel(const struct opening *opening, redisContext *sentinel)
{
    struct str parts[] = {STR("SENTINEL"), STR("get-master-addr-by-name"), opening->address.master};
    struct err ignored;
    redisReply *reply = ask(sentinel, parts, 3, opening->deadline_ns);
    if (reply == NULL || reply->type != REDIS_REPLY_ERROR ||
        strncmp(reply->str, "NOAUTH", 6) != 0 || opening->options->password == NULL) {
        return reply;
    }
    freeReplyObject(reply);
    return log_in(opening, sentinel, &ignored) == 0 ? ask(sentinel, parts, 3, opening->deadline_ns)
                                                    : NULL;
}

static int find_master(const struct opening *opening, const struct redis_endpoint *endpoint,
                       struct master *master, struct err *err)
{
    redisContext *sentinel = NULL;
    struct opening soon = *opening;
    int64_t until_ns = clock_monotonic_ns() + SENTINEL_NS_MAX;
    soon.deadline_ns = until_ns < opening->deadline_ns ? until_ns : opening->deadline_ns;
    int failed = connect_to(&soon, endpoint, &sentinel, err);
    redisReply *reply = failed == 0 ? ask_sentinel(&soon, sentinel) : NULL;
    if (failed == 0 && (reply == NULL || !take_master(reply, master))) {
        const char *reason = reply == NULL                      ? redis_reason(sentinel)
                             : reply->type == REDIS_REPLY_NIL   ? "it knows no such master"
                             : reply->type == REDIS_REPLY_ERROR ? reply->str
                                                                : "its answer is none";
        failed = err_set(err, ERR_REDIS, "%s", reason);
    }
    freeReplyObject(reply);
    redisFree(sentinel);
    return failed;
}

/* A sentinel may not know yet that its master became a replica. */
static int check_role(redisContext *connection, int64_t deadline_ns, struct err *err)
{
    struct str parts[] = {STR("ROLE")};
    redisReply *reply = ask(connection, parts, 1, deadline_ns);
    int failed = 0;
    if (reply == NULL) {
        failed = err_set(err, ERR_REDIS, "%s", redis_reason(connection));
    } else if (reply->type == REDIS_REPLY_ERROR) {
        failed = err_set(err, ERR_CONFIG, "ROLE refused: %s", reply->str);
    } else if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
               reply->element[0]->type != REDIS_REPLY_STRING ||
               strcmp(reply->element[0]->str, "master") != 0) {
        failed = err_set(err, ERR_REDIS, "it is named as the master, and is none (yet)");
    }
    freeReplyObject(reply);
    return failed;
}

static int open_server(const struct opening *opening, const struct redis_endpoint *endpoint,
                       redisContext **connection, struct err *err)
{
    int failed = connect_to(opening, endpoint, connection, err);
    failed = failed != 0 ? failed : log_in(opening, *connection, err);
    failed = failed != 0 ? failed : greet(*connection, opening->deadline_ns, err);
    if (failed == 0 && opening->address.master.len > 0) {
        failed = check_role(*connection, opening->deadline_ns, err);
    }
    if (failed != 0) {
        redisFree(*connection);
        *connection = NULL;
    }
    return failed;
}

/* Asks one after the other, until one names a master that is one. */
static int open_by_sentinels(const struct opening *opening, redisContext **connection,
                             struct err *err)
{
    int failed = ERR_REDIS;
    for (uint32_t i = 0; i < opening->address.endpoints_count && failed == ERR_REDIS; i++) {
        const struct redis_endpoint *endpoint = &opening->address.endpoints[i];
        struct master master = {0};
        failed = find_master(opening, endpoint, &master, err);
        if (failed != 0) {
            err_prefix(err, "the sentinel %.*s:%u", STR_ARG(endpoint->host), endpoint->port);
            continue;
        }
        failed = open_server(opening, &master.endpoint, connection, err);
        if (failed != 0) {
            err_prefix(err, "the server %.*s:%u", STR_ARG(master.endpoint.host),
                       master.endpoint.port);
        }
    }
    return failed;
}

int redis_check(const struct redis_options *options, struct err *err)
{
    struct redis_address address;
    if (options->user != NULL && options->password == NULL) {
        return err_set(err, ERR_CONFIG, "the Redis user %s needs a password", options->user);
    }
    return redis_address_parse(options->address, &address, err);
}

int redis_open(const struct redis_options *options, int64_t deadline_ns, redisContext **connection,
               struct err *err)
{
    struct opening opening = {.options = options, .deadline_ns = deadline_ns};
    *connection = NULL;
    int failed = redis_address_parse(options->address, &opening.address, err);
    if (failed == 0 && opening.address.master.len > 0) {
        return open_by_sentinels(&opening, connection, err);
    }
    return failed != 0 ? failed
                       : open_server(&opening, &opening.address.endpoints[0], connection, err);
}
