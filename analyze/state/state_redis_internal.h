/* SPDX-License-Identifier: Apache-2.0
 *
 * state_redis_internal.h - a connection that is made anew until a deadline, to a server that was
 * found fit to keep state, and what is sent there. Private to the folder.
 *
 * In:  commands that may be repeated without harm.   Out: their replies.
 * Thread: one at a time.   Owns: the connection, copies of the options.
 * Invariants: (1) a connection is used only after its server was checked: append-only file on,
 *                 nothing evicted, no replica, no cluster, the state the one that the first
 *                 connection found, the scripts loaded.
 *             (2) no call waits past its deadline.
 * Needs:  SIGPIPE ignored.   Tested: tests/unit/test_state_redis.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_REDIS_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_REDIS_INTERNAL_H

#include "analyze/state/state_internal.h"
#include "base/backoff.h"
#include "base/redis.h"

enum redis_script { SCRIPT_COMMIT, SCRIPT_SWEEP, SCRIPTS };

struct redis_link {
    char *address;
    char *user; /* NULL: the default one */
    char *password;
    char *prefix;
    int64_t timeout_ns;
    redisContext *connection; /* NULL: none */
    char hashes[SCRIPTS][41];
    int64_t deadline_ns;
    uint64_t connections; /* made: a cursor of one is of no use in another */
    struct backoff backoff;
    bool unsynced_allowed;
    bool was_ready;     /* once; what is unfit then is waited for */
    bool told_settings; /* logged */
    char identity[64];  /* of the state, since the first connection; "": not known yet */
};

/* Copies the options; ERR_CONFIG. */
int redis_link_init(struct redis_link *link, const struct state_options *options, struct err *err);
/* The password is wiped. */
void redis_link_release(struct redis_link *link);

/* The deadline of what follows. */
void redis_link_begin(struct redis_link *link);
/* Connects when there is no connection. ERR_REDIS after the deadline; at once ERR_CONFIG, when the
 * first server is not fit or refuses the user, and ERR_DATA. */
int redis_link_ready(struct redis_link *link, struct err *err);
/* Ends the connection, and waits a moment with jitter. ERR_REDIS when the deadline is past; text
 * is the reason then. */
int redis_link_again(struct redis_link *link, const char *reason, struct err *err);
/* Ends the connection with what is on its way. */
void redis_link_end(struct redis_link *link);
/* The next reply, or NULL when the connection is lost, for the reason that the other tells. */
redisReply *redis_link_reply(struct redis_link *link);
const char *redis_link_reason(const struct redis_link *link);
/* Sends one command until it is answered; an error reply is ERR_REDIS. The caller frees. */
int redis_link_ask(struct redis_link *link, const struct str *parts, size_t count,
                   redisReply **reply, struct err *err);
/* One command during the setting up of a connection. ERR_REDIS: worth another try; ERR_CONFIG. */
int redis_link_ask_once(struct redis_link *link, const struct str *parts, size_t count,
                        redisReply **reply, struct err *err);
/* state_redis_check.c. ERR_CONFIG: the server's settings would lose state. */
int redis_link_check_server(struct redis_link *link, struct err *err);
/* ERR_DATA: the state's format is another, or the state is not the one that was there before. */
int redis_link_check_state(struct redis_link *link, struct err *err);
/* Adds a command to those that are sent together. */
void redis_link_add(struct redis_link *link, const struct str *parts, size_t count);

/* --- commands and replies (state_redis_command.c) ----------------------------------------------
 */

/* Fields that one script takes: its arguments must fit on Lua's stack. */
#define REDIS_SCRIPT_FIELDS 3500

/* Parts of a command that are put together, in memory that does not move. */
struct redis_command {
    struct str *parts;
    size_t count;
    struct buffer bytes;
};

/* At most parts parts, with bytes bytes of those that are joined. */
void redis_command_begin(struct redis_command *command, size_t parts, size_t bytes);
void redis_command_release(struct redis_command *command);
/* A part that is borrowed until the command is sent. */
void redis_command_add(struct redis_command *command, struct str part);
/* A part out of two, or a position, or a partition's key. */
void redis_command_join(struct redis_command *command, struct str before, struct str part);
void redis_command_position(struct redis_command *command, struct state_position position);
void redis_command_key(struct redis_command *command, const struct redis_link *link,
                       struct str partition);
/* The beginning of SCRIPT_SWEEP, 4 parts; fields follow. */
void redis_command_sweep(struct redis_command *command, const struct redis_link *link,
                         struct str partition);
/* False: the text is no position; "" is none. */
bool redis_parse_position(struct str text, struct state_position *position);
/* The reply's text; "" when it has none. */
struct str redis_reply_str(const redisReply *reply);
/* ERR_DATA: the partition's key holds what this program does not write. */
int redis_tell_foreign(const struct redis_link *link, struct str partition, struct err *err);

/* --- commits (state_redis_commit.c) ------------------------------------------------------------
 */

/* As state_ops.commit. */
int redis_commit(struct state_store *store, struct state_commit **commits, size_t count,
                 struct err *err);

#endif
