/* SPDX-License-Identifier: Apache-2.0
 *
 * list_redis.c - the members of a Redis set as entries of a list.
 *
 * In:  a list that names a server and a key.   Out: its entries, all or none.
 * Thread: that of the load.   Owns: a connection, while it reads.
 * Bounds: LIST_REDIS_TIMEOUT_MS an answer; LIMIT_LIST_FILE_BYTES of members.
 * Tested: tests/golden/test_lists.sh, with a real server where there is one.
 */
#include "analyze/list/list_internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/redis.h"
#include "base/secret.h"

#include <stdlib.h>

#define LIST_REDIS_TIMEOUT_MS 10000

struct scan {
    redisContext *connection;
    struct list *list;
    char cursor[24];
    size_t bytes;
};

static int refuse(const struct list *list, const char *reason, struct err *err)
{
    return err_set(err, ERR_REDIS, "Redis set %s at %s: %s", list->redis_key, list->redis_address,
                   reason);
}

static int add_member(struct scan *scan, const redisReply *member, struct err *err)
{
    struct str text = {member->str, member->len};
    scan->bytes += text.len;
    if (scan->bytes > LIMIT_LIST_FILE_BYTES) {
        return refuse(scan->list, "its members are larger than LIST_FILE_BYTES", err);
    }
    const char *reason = text.len == 0 ? NULL : list_add(scan->list, text);
    if (reason == NULL) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "Redis set %s at %s: '%.*s' %s", scan->list->redis_key,
                   scan->list->redis_address, (int)(text.len < 80 ? text.len : 80), text.ptr,
                   reason);
}

/* A page of SSCAN: the next cursor, and members. */
static int read_page(struct scan *scan, const redisReply *reply, struct err *err)
{
    if (reply == NULL) {
        return refuse(scan->list, redis_reason(scan->connection), err);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        return refuse(scan->list, reply->str, err);
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[0]->len >= sizeof scan->cursor ||
        reply->element[1]->type != REDIS_REPLY_ARRAY) {
        return refuse(scan->list, "the server's answer to SSCAN is none", err);
    }
    const redisReply *members = reply->element[1];
    memcpy(scan->cursor, reply->element[0]->str, reply->element[0]->len + 1);
    int failed = 0;
    for (size_t i = 0; i < members->elements && failed == 0; i++) {
        bool text = members->element[i]->type == REDIS_REPLY_STRING;
        failed = text ? add_member(scan, members->element[i], err) : 0;
    }
    return failed;
}

static int64_t deadline_ns(void)
{
    return clock_monotonic_ns() + (int64_t)LIST_REDIS_TIMEOUT_MS * 1000000;
}

/* A list stands among rules, which may be somebody else's: it has no password, and gets one only
 * for the server that the operator names in the environment. */
static int connect_to(const struct list *list, redisContext **connection, struct err *err)
{
    struct redis_options server = {.address = list->redis_address};
    struct buffer password = {0};
    const char *address = getenv("TOCSIN_LISTS_ADDRESS");
    const char *secret = getenv("TOCSIN_LISTS_PASSWORD");
    int failed = 0;
    if (address != NULL && strcmp(address, list->redis_address) == 0) {
        server.user = getenv("TOCSIN_LISTS_USER");
        failed = secret != NULL ? secret_read(secret, &password, err) : 0;
        buffer_add_byte(&password, '\0');
        server.password = password.len > 1 ? password.ptr : NULL;
    }
    failed = failed != 0 ? failed : redis_check(&server, err);
    failed = failed != 0 ? failed : redis_open(&server, deadline_ns(), connection, err);
    if (password.len > 0) {
        explicit_bzero(password.ptr, password.len);
    }
    buffer_release(&password);
    return failed;
}

int list_fetch_redis(struct list *list, struct err *err)
{
    struct scan scan = {.list = list, .cursor = "0"};
    struct str parts[] = {
        STR("SSCAN"), str_of(list->redis_key), STR(""), STR("COUNT"), STR("1000"),
    };
    int failed = connect_to(list, &scan.connection, err);
    if (failed != 0) {
        return err_prefix(err, "Redis set %s at %s", list->redis_key, list->redis_address);
    }
    for (bool more = true; more;) {
        parts[2] = str_of(scan.cursor);
        redis_add(scan.connection, parts, sizeof parts / sizeof parts[0]);
        redisReply *reply = redis_reply(scan.connection, deadline_ns());
        failed = read_page(&scan, reply, err);
        freeReplyObject(reply);
        more = failed == 0 && strcmp(scan.cursor, "0") != 0;
    }
    redisFree(scan.connection);
    return failed;
}
