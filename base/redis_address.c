/* SPDX-License-Identifier: Apache-2.0
 *
 * redis_address.c - see redis_address.h.
 */
#include "base/redis_address.h"

#define FORMS "write host:port, sentinel://host:port,host:port/master-name, or the path of a socket"

static int refuse(struct err *err, const char *text, const char *reason)
{
    return err_set(err, ERR_CONFIG, "the Redis address \"%s\" %s", text, reason);
}

static bool parse_endpoint(struct str text, struct redis_endpoint *endpoint)
{
    size_t colon = STR_NOT_FOUND;
    uint64_t port = 0;
    for (size_t i = 0; i < text.len; i++) {
        colon = text.ptr[i] == ':' ? i : colon;
    }
    if (colon == STR_NOT_FOUND || !str_to_u64(str_slice(text, colon + 1, SIZE_MAX), &port) ||
        port == 0 || port > UINT16_MAX) {
        return false;
    }
    struct str host = str_slice(text, 0, colon);
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = str_slice(host, 1, host.len - 2);
    }
    *endpoint = (struct redis_endpoint){host, (uint16_t)port};
    return host.len > 0 && str_find_byte(host, '/') == STR_NOT_FOUND &&
           str_find_byte(host, '@') == STR_NOT_FOUND;
}

static int parse_sentinels(const char *text, struct str rest, struct redis_address *address,
                           struct err *err)
{
    size_t slash = str_find_byte(rest, '/');
    if (slash == STR_NOT_FOUND || slash + 1 == rest.len) {
        return refuse(err, text, "has no name of a master; " FORMS);
    }
    address->master = str_slice(rest, slash + 1, SIZE_MAX);
    rest = str_slice(rest, 0, slash);
    for (bool more = true; more;) {
        size_t comma = str_find_byte(rest, ',');
        more = comma != STR_NOT_FOUND;
        if (address->endpoints_count == REDIS_SENTINELS_MAX) {
            return refuse(err, text, "has more than 16 sentinels");
        }
        if (!parse_endpoint(str_slice(rest, 0, comma),
                            &address->endpoints[address->endpoints_count++])) {
            return refuse(err, text, "has a sentinel that is none; " FORMS);
        }
        rest = more ? str_slice(rest, comma + 1, SIZE_MAX) : rest;
    }
    return 0;
}

/* host:port/0 is how many write the database that every server has. */
static int strip_database(const char *text, struct str *rest, struct err *err)
{
    size_t slash = str_find_byte(*rest, '/');
    if (slash == STR_NOT_FOUND) {
        return 0;
    }
    if (!str_equal(str_slice(*rest, slash + 1, SIZE_MAX), STR("0"))) {
        return refuse(err, text,
                      "names a database; only database 0 is used: what tocsin keeps has prefixes "
                      "and names of its own");
    }
    *rest = str_slice(*rest, 0, slash);
    return 0;
}

int redis_address_parse(const char *text, struct redis_address *address, struct err *err)
{
    struct str rest = str_of(text);
    *address = (struct redis_address){.master = STR("")};
    if (text[0] == '/') {
        address->path = text;
        return 0;
    }
    if (str_starts_with(rest, STR("sentinel://"))) {
        return parse_sentinels(text, str_slice(rest, 11, SIZE_MAX), address, err);
    }
    address->tls = str_starts_with(rest, STR("tls://"));
    rest = str_slice(rest, address->tls ? 6 : 0, SIZE_MAX);
    int failed = strip_database(text, &rest, err);
    if (failed == 0 && !parse_endpoint(rest, &address->endpoints[address->endpoints_count++])) {
        failed = refuse(err, text, "is none: " FORMS);
    }
    return failed;
}
