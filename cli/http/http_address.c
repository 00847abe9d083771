/* SPDX-License-Identifier: Apache-2.0
 *
 * http_address.c - see http_address_internal.h.
 */
#include "cli/http/http_address_internal.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool set_host(const char *host, struct http_address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    size_t len = strlen(host);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&address->storage, &v4, sizeof v4);
        return true;
    }
    char inner[INET6_ADDRSTRLEN + 2];
    if (len < 2 || len >= sizeof inner || host[0] != '[' || host[len - 1] != ']') {
        return false;
    }
    snprintf(inner, sizeof inner, "%.*s", (int)(len - 2), host + 1);
    memcpy(&address->storage, &v6, sizeof v6);
    bool right = inet_pton(AF_INET6, inner, &v6.sin6_addr) == 1;
    memcpy(&address->storage, &v6, sizeof v6);
    return right;
}

int http_address_read(const char *text, struct http_address *address, struct err *err)
{
    char host[INET6_ADDRSTRLEN + 4];
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    *address = (struct http_address){0};
    if (colon != NULL && (size_t)(colon - text) < sizeof host &&
        str_to_u64(str_of(colon + 1), &port) && port >= 1 && port <= UINT16_MAX) {
        snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
        address->port = (uint16_t)port;
        if (set_host(host, address)) {
            return 0;
        }
    }
    return err_set(err, ERR_CONFIG,
                   "http.listen %s: write an address and a port, such as 127.0.0.1:9180 or "
                   "[::1]:9180",
                   text);
}

bool http_address_is_loopback(const struct http_address *address)
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
