/* SPDX-License-Identifier: Apache-2.0
 *
 * redis.h - a connection to a Redis server by an address as configurations have it.
 *
 * In:  host:port, [v6]:port, or the path of a socket.   Out: hiredis' context.
 * Thread: any; a connection belongs to one.   Owns: nothing; the caller frees with redisFree.
 * Tested: tests/unit/test_sink_redis.c, tests/golden/test_lists.sh (a real server).
 */
#ifndef TOCSIN_BASE_REDIS_H
#define TOCSIN_BASE_REDIS_H

#include <hiredis/hiredis.h>

/* NULL: address is none. Else connection->err tells whether it worked. Every command fails when the
 * server does not answer for timeout_ms. */
redisContext *redis_connect(const char *address, int timeout_ms);

#endif
