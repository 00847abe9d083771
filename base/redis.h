/* SPDX-License-Identifier: Apache-2.0
 *
 * redis.h - a connection to a Redis server, as the state store, sinks and lists all make it, and
 * what its refusals mean.
 *
 * In:  an address, a user, a password.   Out: hiredis' context, which knows its user and has
 *      answered; replies before a deadline.
 * Thread: any; a connection belongs to one.   Owns: nothing; the caller frees with redisFree.
 * Invariants: (1) no function waits past its deadline, however slowly the other side sends; but
 *                 the resolver of host names has its own times, and a handshake of TLS has the time
 *                 for each of its reads.
 *             (2) the password goes to the server, and to a sentinel only when that asks for one.
 *                 No message holds it.
 *             (3) what sentinels name is used only if it says itself that it is a master.
 * Needs:  SIGPIPE ignored.
 * Tested: tests/unit/test_redis.c, tests/unit/test_sink_redis.c, tests/unit/test_state_redis.c
 *         (real servers and sentinels), tests/golden/test_lists.sh.
 */
#ifndef TOCSIN_BASE_REDIS_H
#define TOCSIN_BASE_REDIS_H

#include "base/error.h"
#include "base/str.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

struct redis_options {
    const char *address;  /* see redis_address.h */
    const char *user;     /* an ACL user; NULL: the default one */
    const char *password; /* NULL: none */
};

/* Is the address one, and has a user a password? 0 or ERR_CONFIG. */
int redis_check(const struct redis_options *options, struct err *err);
/* Connects before deadline_ns of the monotonic clock. ERR_REDIS: nobody there, or not ready yet;
 * another attempt may succeed. ERR_CONFIG: it will not; a wrong address or password. */
int redis_open(const struct redis_options *options, int64_t deadline_ns, redisContext **connection,
               struct err *err);

/* Adds a command to those that are sent together. */
void redis_add(redisContext *connection, const struct str *parts, size_t count);
/* Sends what was added, and gives the next reply. NULL: the connection is lost, and redis_reason
 * tells why. The caller frees. */
redisReply *redis_reply(redisContext *connection, int64_t deadline_ns);
const char *redis_reason(const redisContext *connection);

enum redis_verdict {
    REDIS_ANSWER,    /* no error reply */
    REDIS_AGAIN,     /* time may heal it: loading, busy, full, a replica that was the master */
    REDIS_NO_SCRIPT, /* a server that was started anew has not the script */
    REDIS_REFUSED    /* a repetition would be refused as well */
};
/* What the reply says about sending the command again, on a new connection. */
enum redis_verdict redis_judge(const redisReply *reply);

#endif
