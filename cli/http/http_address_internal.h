/* SPDX-License-Identifier: Apache-2.0
 *
 * http_address_internal.h - an address to listen at, as people write it.
 *
 * In:  "127.0.0.1:9180", "[::1]:9180".   Out: a socket's address. Names are not looked up.
 * Thread: any.   Owns: nothing.
 * Tested: tests/unit/test_http_address.c.
 */
#ifndef TOCSIN_CLI_HTTP_HTTP_ADDRESS_INTERNAL_H
#define TOCSIN_CLI_HTTP_HTTP_ADDRESS_INTERNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct http_address {
    struct sockaddr_storage storage;
    uint16_t port;
};

/* ERR_CONFIG, with what is wrong. */
int http_address_read(const char *text, struct http_address *address, struct err *err);
/* Can only this machine reach it? */
bool http_address_is_loopback(const struct http_address *address);

#endif
