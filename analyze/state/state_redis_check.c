/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_check.c - see state_redis_internal.h: is this a server that keeps what it is given,
 * and does it have the state that this process began with?
 *
 * In:  a connection that has just been made.   Out: ERR_CONFIG with the setting to change.
 * Thread: as the link.   Owns: nothing.
 */
#include "analyze/state/state_redis_internal.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/timestamp.h"

#include <sys/random.h>

#define WHERE  "analyze/state"
#define FORMAT "1"
/* Since 7 a transaction of one write is one command in the append-only file. */
#define VERSION_MIN 7U

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

static unsigned major_version(struct str info)
{
    uint64_t major = 0;
    size_t at = str_find(info, STR("redis_version:"));
    struct str rest = str_slice(info, at != STR_NOT_FOUND ? at + 14 : info.len, SIZE_MAX);
    (void)str_to_u64(str_slice(rest, 0, str_find_byte(rest, '.')), &major);
    return (unsigned)major;
}

static int check_info(struct redis_link *link, struct err *err)
{
    struct str parts[] = {STR("INFO")};
    redisReply *reply = NULL;
    int failed = redis_link_ask_once(link, parts, 1, &reply, err);
    struct str info = reply != NULL ? (struct str){reply->str, reply->len} : STR("");
    for (size_t i = 0; failed == 0 && i < sizeof fitness_table / sizeof fitness_table[0]; i++) {
        if (str_find(info, str_of(fitness_table[i].line)) == STR_NOT_FOUND) {
            failed = err_set(err, ERR_CONFIG, "%s", fitness_table[i].wrong);
        }
    }
    if (failed == 0 && major_version(info) < VERSION_MIN) {
        failed = err_set(err, ERR_CONFIG,
                         "its version is older than 7: a torn end of its append-only file could "
                         "leave half a commit; take Redis 7 or later, or Valkey");
    }
    freeReplyObject(reply);
    return failed;
}

/* The setting's value, "" when this user may not ask for it. */
static int ask_setting(struct redis_link *link, const char *name, char *value, size_t size,
                       struct err *err)
{
    struct str parts[] = {STR("CONFIG"), STR("GET"), str_of(name)};
    redisReply *reply = NULL;
    struct err refusal = {0};
    int failed = redis_link_ask_once(link, parts, 3, &reply, &refusal);
    bool told = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                reply->element[1]->type == REDIS_REPLY_STRING;
    snprintf(value, size, "%s", told ? reply->element[1]->str : "");
    freeReplyObject(reply);
    if (failed == ERR_REDIS) {
        *err = refusal;
    }
    return failed == ERR_REDIS ? failed : 0;
}

/* What INFO does not tell. */
static int check_settings(struct redis_link *link, struct err *err)
{
    char fsync[16];
    char truncated[16];
    int failed = ask_setting(link, "appendfsync", fsync, sizeof fsync, err);
    if (failed == 0) {
        failed = ask_setting(link, "aof-load-truncated", truncated, sizeof truncated, err);
    }
    if (failed != 0) {
        return failed;
    }
    if (strcmp(fsync, "no") == 0 && !link->unsynced_allowed) {
        return err_set(err, ERR_CONFIG,
                       "its append-only file is never synced: a crash of its machine would undo "
                       "much; set appendfsync everysec or always");
    }
    if (!link->told_settings && fsync[0] == '\0') {
        log_write(
            LOG_WARNING, WHERE,
            "Redis at %s: the user may not CONFIG GET, so it is not known whether appendfsync "
            "is everysec or always, and aof-load-truncated yes, as they should be",
            link->address);
    }
    if (!link->told_settings && strcmp(truncated, "no") == 0) {
        log_write(LOG_WARNING, WHERE,
                  "Redis at %s: aof-load-truncated is no: after a crash that tears the end of its "
                  "file it will not start; a torn end does the state no harm, set it to yes",
                  link->address);
    }
    link->told_settings = true;
    return 0;
}

/* Large commits are transactions: may this user have them? */
static int check_rights(struct redis_link *link, struct err *err)
{
    struct buffer key = {0};
    buffer_printf(&key, "%s:format", link->prefix);
    const struct str commands[][2] = {
        {STR("WATCH"), buffer_str(&key)}, {STR("UNWATCH")}, {STR("MULTI")}, {STR("EXEC")}};
    int failed = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && failed == 0; i++) {
        redisReply *reply = NULL;
        failed =
            redis_link_ask_once(link, commands[i], commands[i][1].len > 0 ? 2 : 1, &reply, err);
        freeReplyObject(reply);
    }
    buffer_release(&key);
    return failed;
}

int redis_link_check_server(struct redis_link *link, struct err *err)
{
    int failed = check_info(link, err);
    failed = failed != 0 ? failed : check_settings(link, err);
    return failed != 0 ? failed : check_rights(link, err);
}

/* --- the state's identity --------------------------------------------------------------------- */

/* Writes the format, with an identity that is new, unless it is there. */
static int create(struct redis_link *link, struct str key, struct err *err)
{
    char value[64];
    uint64_t id = 0;
    redisReply *reply = NULL;
    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) {
        id = hash_mix((uint64_t)clock_now_ns(), hash_seed());
    }
    int len = snprintf(value, sizeof value, FORMAT " %016llx %lld", (unsigned long long)id,
                       (long long)(clock_now_ns() / TIMESTAMP_SECOND_NS));
    struct str set[] = {STR("SET"), key, {value, (size_t)len}, STR("NX")};
    int failed = redis_link_ask_once(link, set, 4, &reply, err);
    freeReplyObject(reply);
    return failed;
}

/* The reply to GET of the format: "" when there is none. */
static int ask_format(struct redis_link *link, struct str key, char *value, size_t size,
                      struct err *err)
{
    redisReply *reply = NULL;
    struct str get[] = {STR("GET"), key};
    int failed = redis_link_ask_once(link, get, 2, &reply, err);
    snprintf(value, size, "%s",
             reply != NULL && reply->type == REDIS_REPLY_STRING ? reply->str : "");
    freeReplyObject(reply);
    return failed;
}

/* Text behind "1 ". */
static int take_identity(struct redis_link *link, const char *value, struct err *err)
{
    if (strncmp(value, FORMAT " ", 2) != 0) {
        return err_set(err, ERR_DATA,
                       "the state under %s has the format \"%.40s\", this tocsin reads " FORMAT
                       "; run the version that wrote it",
                       link->prefix, value);
    }
    if (link->identity[0] != '\0' && strcmp(link->identity, value + 2) != 0) {
        return err_set(err, ERR_DATA,
                       "the state under %s is another than before (was %s, is %.40s): the server "
                       "lost it, or is another one",
                       link->prefix, link->identity, value + 2);
    }
    snprintf(link->identity, sizeof link->identity, "%s", value + 2);
    return 0;
}

int redis_link_check_state(struct redis_link *link, struct err *err)
{
    struct buffer key = {0};
    char value[64] = "";
    buffer_printf(&key, "%s:format", link->prefix);
    int failed = ask_format(link, buffer_str(&key), value, sizeof value, err);
    if (failed == 0 && value[0] == '\0' && link->identity[0] != '\0') {
        failed = err_set(err, ERR_DATA,
                         "the state under %s is gone (it was %s): the server lost it, or is "
                         "another one",
                         link->prefix, link->identity);
    } else if (failed == 0 && value[0] == '\0') {
        failed = create(link, buffer_str(&key), err);
        failed =
            failed != 0 ? failed : ask_format(link, buffer_str(&key), value, sizeof value, err);
    }
    failed = failed != 0 ? failed : take_identity(link, value, err);
    buffer_release(&key);
    return failed;
}
