/* SPDX-License-Identifier: Apache-2.0
 *
 * address.c - see address.h.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool set_host(struct str host, struct address *address)
{
    char text[INET6_ADDRSTRLEN + 1];
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    bool bracketed = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    struct str inner = bracketed ? str_slice(host, 1, host.len - 2) : host;
    if (inner.len >= sizeof text) {
        return false;
    }
    snprintf(text, sizeof text, "%.*s", STR_ARG(inner));
    if (!bracketed && inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&address->storage, &v4, sizeof v4);
        address->len = sizeof v4;
        return true;
    }
    if (bracketed && inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(&address->storage, &v6, sizeof v6);
        address->len = sizeof v6;
        return true;
    }
    return false;
}

bool address_parse(struct str text, struct address *address)
{
    uint64_t port = 0;
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }
    *address = (struct address){0};
    if (colon == 0 || !str_to_u64(str_slice(text, colon, text.len), &port) || port > UINT16_MAX) {
        return false;
    }
    address->port = (uint16_t)port;
    return set_host(str_slice(text, 0, colon - 1), address);
}

void address_print(const struct sockaddr_storage *storage, char text[ADDRESS_TEXT_BYTES])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&v4, storage, sizeof v4);
    memcpy(&v6, storage, sizeof v6);
    int family = storage->ss_family;
    const void *bytes = family == AF_INET6 ? (const void *)&v6.sin6_addr : &v4.sin_addr;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        family = AF_INET;
        bytes = &v6.sin6_addr.s6_addr[12];
    }
    if (inet_ntop(family, bytes, text, ADDRESS_TEXT_BYTES) == NULL) {
        snprintf(text, ADDRESS_TEXT_BYTES, "unknown");
    }
}

bool address_is_loopback(const struct address *address)
{
    if (address->storage.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &address->storage, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, &address->storage, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}
