/* SPDX-License-Identifier: Apache-2.0
 *
 * redis.c - see redis.h.
 */
#include "base/redis.h"

#include "base/memory.h"
#include "base/str.h"

static redisContext *connect_to(const char *address, struct timeval timeout)
{
    if (address[0] == '/') {
        return redisConnectUnixWithTimeout(address, timeout);
    }
    const char *colon = strrchr(address, ':');
    uint64_t port = 0;
    if (colon == NULL || !str_to_u64(str_of(colon + 1), &port) || port == 0 || port > 65535) {
        return NULL;
    }
    struct str host = {address, (size_t)(colon - address)};
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = str_slice(host, 1, host.len - 2);
    }
    char *name = memory_copy_str(host);
    redisContext *connection = redisConnectWithTimeout(name, (int)port, timeout);
    memory_free(name);
    return connection;
}

redisContext *redis_connect(const char *address, int timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000L};
    redisContext *connection = connect_to(address, timeout);
    if (connection != NULL && connection->err == 0) {
        (void)redisSetTimeout(connection, timeout); /* sets connection->err */
    }
    return connection;
}
