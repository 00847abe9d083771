/* SPDX-License-Identifier: Apache-2.0
 *
 * redis_address.h - where a Redis server is, as configurations say it.
 *
 * In:  one of                                        Out: its parts.
 *          /path/of.sock
 *          host:port                                      [v6]:port, too
 *          tls://host:port                                TLS, as redis_tls.h has it
 *          sentinel://host:port,host:port/master-name     asks those for the server's place
 * Thread: any.   Owns: the parts are slices of the text.
 * Tested: tests/unit/test_redis.c.
 */
#ifndef TOCSIN_BASE_REDIS_ADDRESS_H
#define TOCSIN_BASE_REDIS_ADDRESS_H

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define REDIS_SENTINELS_MAX 16U

struct redis_endpoint {
    struct str host; /* without brackets */
    uint16_t port;
};

struct redis_address {
    const char *path;  /* of a socket; NULL: endpoints */
    bool tls;          /* to the one endpoint */
    struct str master; /* its name; "": the endpoint is the server, else all are sentinels */
    struct redis_endpoint endpoints[REDIS_SENTINELS_MAX];
    uint32_t endpoints_count;
};

/* 0, or ERR_CONFIG: what is wrong, and what to write. text must live as long as *address. */
int redis_address_parse(const char *text, struct redis_address *address, struct err *err);

#endif
