/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_commit.c - see state_redis_internal.h: commits to the Redis store.
 *
 * A commit is one HSET of the new position, cells and alerts, if the position is still its base.
 *     up to REDIS_SCRIPT_FIELDS fields   a script compares and writes; those of all partitions are
 *                                        sent together
 *     more                               WATCH and HGET, then MULTI, HSET, EXEC: Lua's stack could
 *                                        not hold them. One partition after the other.
 * Since Redis 7 a transaction of one write stands in the append-only file as that one command,
 * without MULTI and EXEC, as a script's only write does: a torn end leaves it whole or not at all.
 *
 * In:  commits without a result.   Out: their results.
 * Thread: as the link.   Owns: nothing.
 * Invariants: (1) every step may be repeated: a commit that is there is recognized by its mark.
 * Tested: tests/unit/test_state_redis*.c, tests/property/test_state_redis_crash.c.
 */
#include "analyze/state/state_redis_internal.h"

#include "base/ensure.h"
#include "base/memory.h"

/* A step's result beside 0 and the negative ones: the connection must be made anew, all that has no
 * result be tried again. */
#define AGAIN 1

static size_t fields_of(const struct state_commit *commit)
{
    return commit->changes_count + commit->alerts_count;
}

static bool is_large(const struct state_commit *commit)
{
    return fields_of(commit) > REDIS_SCRIPT_FIELDS;
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

static void add_fields(struct redis_command *command, const struct state_commit *commit)
{
    redis_command_position(command, (struct state_position){commit->next, commit->mark});
    for (size_t i = 0; i < commit->changes_count; i++) {
        const struct state_change *change = &commit->changes[i];
        redis_command_join(command, STR("c"), change->key);
        if (change->deleted) {
            redis_command_add(command, STR(""));
        } else {
            redis_command_join(command, STR("="), change->value);
        }
    }
    for (size_t i = 0; i < commit->alerts_count; i++) {
        redis_command_join(command, STR("a"), commit->alerts[i].id);
        redis_command_join(command, STR("="), commit->alerts[i].body);
    }
}

/* 0: an answer; AGAIN, with the reason; or refused. */
static int judge(const struct redis_link *link, const redisReply *reply, char *reason,
                 struct err *err)
{
    enum redis_verdict verdict = reply != NULL ? redis_judge(reply) : REDIS_AGAIN;
    if (verdict == REDIS_AGAIN || verdict == REDIS_NO_SCRIPT) {
        snprintf(reason, ERR_TEXT_MAX, "%s", reply != NULL ? reply->str : redis_link_reason(link));
        return AGAIN;
    }
    return verdict == REDIS_REFUSED
               ? err_set(err, ERR_REDIS, "Redis at %s: the commit was refused: %s", link->address,
                         reply->str)
               : 0;
}

/* --- emptied cells ---------------------------------------------------------------------------- */

/* Takes away what the commit has emptied, at most REDIS_SCRIPT_FIELDS a script. Returns how many
 * scripts were sent. */
static size_t send_sweeps(struct redis_link *link, const struct state_commit *commit)
{
    size_t sent = 0;
    for (size_t i = 0; i < commit->changes_count;) {
        struct redis_command command;
        redis_command_begin(&command, 4 + REDIS_SCRIPT_FIELDS, commit_bytes(link, commit));
        redis_command_sweep(&command, link, commit->partition);
        for (; i < commit->changes_count && command.count < 4 + REDIS_SCRIPT_FIELDS; i++) {
            if (commit->changes[i].deleted) {
                redis_command_join(&command, STR("c"), commit->changes[i].key);
            }
        }
        if (command.count > 4) {
            redis_link_add(link, command.parts, command.count);
            sent++;
        }
        redis_command_release(&command);
    }
    return sent;
}

/* A sweep that fails is done by a later load. */
static void skip_answers(struct redis_link *link, size_t count)
{
    for (; count > 0; count--) {
        freeReplyObject(redis_link_reply(link));
    }
}

/* --- by a script ------------------------------------------------------------------------------ */

static void send_script(struct redis_link *link, const struct state_commit *commit)
{
    struct redis_command command;
    size_t parts = 6 + 2 * fields_of(commit);
    redis_command_begin(&command, parts, commit_bytes(link, commit));
    redis_command_add(&command, STR("EVALSHA"));
    redis_command_add(&command, str_of(link->hashes[SCRIPT_COMMIT]));
    redis_command_add(&command, STR("1"));
    redis_command_key(&command, link, commit->partition);
    redis_command_position(&command, commit->base);
    add_fields(&command, commit);
    ENSURE(command.count == parts);
    redis_link_add(link, command.parts, command.count);
    redis_command_release(&command);
}

static int read_script(struct redis_link *link, struct state_commit *commit, char *reason,
                       struct err *err)
{
    redisReply *reply = redis_link_reply(link);
    int failed = judge(link, reply, reason, err);
    bool told = failed == 0 && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                reply->element[0]->type == REDIS_REPLY_INTEGER &&
                redis_parse_position(redis_reply_str(reply->element[1]), &commit->position);
    if (told) {
        commit->result = reply->element[0]->integer == 1 ? STATE_COMMITTED : STATE_STALE;
    } else if (failed == 0) {
        failed = redis_tell_foreign(link, commit->partition, err);
    }
    freeReplyObject(reply);
    return failed;
}

/* Sends those without an answer together, and reads. */
static int commit_small(struct redis_link *link, struct state_commit **commits, size_t count,
                        char *reason, struct err *err)
{
    struct sent {
        bool sent;
        size_t sweeps;
    } *sent = memory_new(count, sizeof *sent);
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        sent[i].sent = commits[i]->result == STATE_UNKNOWN && !is_large(commits[i]);
        if (sent[i].sent) {
            send_script(link, commits[i]);
            sent[i].sweeps = send_sweeps(link, commits[i]);
        }
    }
    for (size_t i = 0; i < count && failed == 0; i++) {
        failed = sent[i].sent ? read_script(link, commits[i], reason, err) : 0;
        if (failed == 0) {
            skip_answers(link, sent[i].sweeps);
        }
    }
    memory_free(sent);
    return failed;
}

/* --- by a transaction ------------------------------------------------------------------------- */

/* One command and its reply, which is an answer and is to be freed if 0 is returned. */
static int step(struct redis_link *link, const struct redis_command *command, redisReply **reply,
                char *reason, struct err *err)
{
    redis_link_add(link, command->parts, command->count);
    *reply = redis_link_reply(link);
    int failed = judge(link, *reply, reason, err);
    if (failed != 0) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return failed;
}

static int plain_step(struct redis_link *link, struct str name, char *reason, struct err *err)
{
    redisReply *reply = NULL;
    struct redis_command command = {.parts = &name, .count = 1};
    int failed = step(link, &command, &reply, reason, err);
    freeReplyObject(reply);
    return failed;
}

/* Where the partition is; a write to it from now on makes EXEC do nothing. */
static int watch(struct redis_link *link, struct state_commit *commit, char *reason,
                 struct err *err)
{
    redisReply *reply = NULL;
    struct redis_command command;
    redis_command_begin(&command, 3, commit_bytes(link, commit));
    redis_command_add(&command, STR("WATCH"));
    redis_command_key(&command, link, commit->partition);
    int failed = step(link, &command, &reply, reason, err);
    freeReplyObject(reply);
    reply = NULL;
    if (failed == 0) {
        command.parts[0] = STR("HGET");
        redis_command_add(&command, STR("p"));
        failed = step(link, &command, &reply, reason, err);
    }
    if (failed == 0 && !redis_parse_position(redis_reply_str(reply), &commit->position)) {
        failed = redis_tell_foreign(link, commit->partition, err);
    }
    freeReplyObject(reply);
    redis_command_release(&command);
    return failed;
}

static int write_watched(struct redis_link *link, struct state_commit *commit, char *reason,
                         struct err *err)
{
    redisReply *reply = NULL;
    struct redis_command command;
    struct redis_command exec = {.parts = &STR("EXEC"), .count = 1};
    redis_command_begin(&command, 4 + 2 * fields_of(commit), commit_bytes(link, commit));
    redis_command_add(&command, STR("HSET"));
    redis_command_key(&command, link, commit->partition);
    redis_command_add(&command, STR("p"));
    add_fields(&command, commit);
    int failed = plain_step(link, STR("MULTI"), reason, err);
    failed = failed != 0 ? failed : step(link, &command, &reply, reason, err);
    freeReplyObject(reply);
    reply = NULL;
    redis_command_release(&command);
    failed = failed != 0 ? failed : step(link, &exec, &reply, reason, err);
    if (failed == 0 && reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
        failed = judge(link, reply->element[0], reason, err);
        commit->result = failed == 0 ? STATE_COMMITTED : STATE_UNKNOWN;
        commit->position = (struct state_position){commit->next, commit->mark};
    } else if (failed == 0) {
        snprintf(reason, ERR_TEXT_MAX, "another process wrote to the partition meanwhile");
        failed = AGAIN;
    }
    freeReplyObject(reply);
    return failed;
}

static int commit_large(struct redis_link *link, struct state_commit *commit, char *reason,
                        struct err *err)
{
    struct state_position mine = {commit->next, commit->mark};
    int failed = watch(link, commit, reason, err);
    if (failed != 0) {
        return failed;
    }
    if (state_position_equal(commit->position, commit->base)) {
        failed = write_watched(link, commit, reason, err);
        if (failed == 0) {
            skip_answers(link, send_sweeps(link, commit));
        }
        return failed;
    }
    commit->result = state_position_equal(commit->position, mine) ? STATE_COMMITTED : STATE_STALE;
    return plain_step(link, STR("UNWATCH"), reason, err);
}

/* --- both ------------------------------------------------------------------------------------- */

static int commit_round(struct redis_link *link, struct state_commit **commits, size_t count,
                        char *reason, struct err *err)
{
    int failed = commit_small(link, commits, count, reason, err);
    for (size_t i = 0; i < count && failed == 0; i++) {
        if (commits[i]->result == STATE_UNKNOWN) {
            failed = commit_large(link, commits[i], reason, err);
        }
    }
    return failed;
}

int redis_commit(struct state_store *store, struct state_commit **commits, size_t count,
                 struct err *err)
{
    struct redis_link *link = store->state;
    char reason[ERR_TEXT_MAX];
    int failed = AGAIN;
    redis_link_begin(link);
    while (failed == AGAIN) {
        failed = redis_link_ready(link, err);
        failed = failed != 0 ? failed : commit_round(link, commits, count, reason, err);
        if (failed == AGAIN && redis_link_again(link, reason, err) != 0) {
            failed = ERR_REDIS;
        }
    }
    if (failed != 0) {
        redis_link_end(link);
    }
    return failed;
}
