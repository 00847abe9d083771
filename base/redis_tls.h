/* SPDX-License-Identifier: Apache-2.0
 *
 * redis_tls.h - TLS on a connection to a Redis server, where the hiredis that was there at the
 * build has it (libhiredis_ssl, since hiredis 1.0).
 *
 * In:  a connection without a command.   Out: the same, encrypted; the server's name verified.
 * Thread: as the connection.   Owns: nothing; the connection does.
 * Invariants: (1) the certificate must be for the host of the address and signed by an authority of
 *                 the system, or of the file that the environment's SSL_CERT_FILE names.
 * Tested: tests/golden/test_redis_tls.sh (a real server).
 */
#ifndef TOCSIN_BASE_REDIS_TLS_H
#define TOCSIN_BASE_REDIS_TLS_H

#include "base/error.h"

#include <hiredis/hiredis.h>

/* 0, ERR_REDIS: the handshake failed, or ERR_CONFIG: this program has no TLS for Redis. */
int redis_tls_begin(redisContext *connection, const char *host, struct err *err);

#endif
