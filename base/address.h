/* SPDX-License-Identifier: Apache-2.0
 *
 * address.h - an address to listen at, as people write it.
 *
 * In:  "127.0.0.1:9180", "[::1]:9180".   Out: a socket's address. Names are not looked up.
 * Thread: any.   Owns: nothing.
 * Tested: tests/unit/test_address.c.
 */
#ifndef TOCSIN_BASE_ADDRESS_H
#define TOCSIN_BASE_ADDRESS_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
    uint16_t port; /* 0: the system chooses one */
};

/* False when text is none. */
bool address_parse(struct str text, struct address *address);
/* Can only this machine reach it? */
bool address_is_loopback(const struct address *address);

#endif
