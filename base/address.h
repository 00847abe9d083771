/* SPDX-License-Identifier: Apache-2.0
 *
 * address.h - an address to listen at, as people write it; a socket's address as text.
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

#define ADDRESS_TEXT_BYTES 64

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
    uint16_t port; /* 0: the system chooses one */
};

/* False when text is none. */
bool address_parse(struct str text, struct address *address);
/* The address without its port, as text; one of IPv4 that came in the form of IPv6 as that of IPv4.
 */
void address_print(const struct sockaddr_storage *storage, char text[ADDRESS_TEXT_BYTES]);
/* Can only this machine reach it? */
bool address_is_loopback(const struct address *address);

#endif
