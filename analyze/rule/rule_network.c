/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_network.c - networks in CIDR notation, IPv4 (RFC 4632) and IPv6 (RFC 4291 section 2.3).
 */
#include "analyze/rule/rule_builder_internal.h"

#include <arpa/inet.h>

bool rule_cidr_parse(struct str text, struct cidr *cidr)
{
    char address[INET6_ADDRSTRLEN + 1];
    uint64_t bits = 0;
    size_t slash = str_find_byte(text, '/');
    struct str host = str_slice(text, 0, slash);
    *cidr = (struct cidr){0};
    if (slash == STR_NOT_FOUND || host.len == 0 || host.len >= sizeof address ||
        !str_to_u64(str_slice(text, slash + 1, text.len), &bits)) {
        return false;
    }
    memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    if (inet_pton(AF_INET, address, cidr->address) == 1) {
        cidr->family_bytes = 4;
    } else if (inet_pton(AF_INET6, address, cidr->address) == 1) {
        cidr->family_bytes = 16;
    } else {
        return false;
    }
    if (bits > (uint64_t)cidr->family_bytes * 8) {
        return false;
    }
    cidr->prefix_bits = (uint8_t)bits;
    for (uint32_t bit = cidr->prefix_bits; bit < (uint32_t)cidr->family_bytes * 8; bit++) {
        if (cidr->address[bit / 8] >> (7 - bit % 8) & 1) {
            return false;
        }
    }
    return true;
}
