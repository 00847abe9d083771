/* SPDX-License-Identifier: Apache-2.0
 *
 * match_network.c - addresses in values, and the networks that they are in.
 *
 * match_in_network is the definition: inet_pton says what an address is. The look-up in a field's
 * ranges reads plain IPv4 addresses itself, as inet_pton does, and leaves the others to it.
 */
#include "analyze/list/list.h"
#include "analyze/match/match_internal.h"

#include <arpa/inet.h>

/* Reads an IPv4 or IPv6 address; an IPv4-mapped IPv6 address is the IPv4 one. A zone is cut. */
static bool parse_address(struct str text, uint8_t address[16], uint8_t *family_bytes)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    char copy[INET6_ADDRSTRLEN + 1];
    size_t zone = str_find_byte(text, '%');
    text = str_slice(text, 0, zone);
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *family_bytes = 4;
    if (inet_pton(AF_INET, copy, address) == 1) {
        return true;
    }
    if (inet_pton(AF_INET6, copy, address) != 1) {
        return false;
    }
    *family_bytes = 16;
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        memmove(address, address + 12, 4);
        *family_bytes = 4;
    }
    return true;
}

bool match_in_network(const struct cidr *cidr, struct str text)
{
    uint8_t address[16];
    uint8_t family_bytes = 0;
    if (!parse_address(text, address, &family_bytes) || family_bytes != cidr->family_bytes) {
        return false;
    }
    uint32_t whole = cidr->prefix_bits / 8;
    uint32_t rest = cidr->prefix_bits % 8;
    if (memcmp(address, cidr->address, whole) != 0) {
        return false;
    }
    return rest == 0 || ((address[whole] ^ cidr->address[whole]) >> (8 - rest)) == 0;
}

/* a.b.c.d without leading zeros, which inet_pton refuses, too. */
static bool parse_v4(struct str text, uint8_t address[16])
{
    uint32_t part = 0;
    uint32_t digits = 0;
    uint32_t parts = 0;
    for (size_t at = 0; at < text.len; at++) {
        uint32_t digit = (unsigned char)text.ptr[at] - (uint32_t)'0';
        if (digit < 10) {
            if (digits > 0 && part == 0) {
                return false;
            }
            part = part * 10 + digit;
            digits++;
            if (part > 255) {
                return false;
            }
            continue;
        }
        if (text.ptr[at] != '.' || digits == 0 || parts == 3) {
            return false;
        }
        address[parts++] = (uint8_t)part;
        part = 0;
        digits = 0;
    }
    address[parts] = (uint8_t)part;
    return parts == 3 && digits > 0;
}

bool match_in_list(const struct list *list, struct str raw, struct str folded)
{
    uint8_t address[16];
    uint8_t family_bytes = 4;
    if (list_kind_of(list) != LIST_CIDR) {
        return list_has_text(list, folded);
    }
    return (parse_v4(raw, address) || parse_address(raw, address, &family_bytes)) &&
           list_has_address(list, address, family_bytes);
}

static const struct plan_list *find_range(const struct network_ranges *ranges,
                                          const uint8_t address[16], size_t family_bytes)
{
    uint32_t from = 0;
    uint32_t count = ranges->count;
    while (count > 1) {
        uint32_t half = count / 2;
        bool above = memcmp(ranges->ranges[from + half].first, address, family_bytes) <= 0;
        from += above ? half : 0;
        count -= half;
    }
    return &ranges->ranges[from].predicates;
}

const struct plan_list *match_find_networks(const struct network_table *table, struct str text)
{
    static const struct plan_list none;
    uint8_t address[16];
    uint8_t family_bytes = 4;
    if (!parse_v4(text, address)) {
        /* Every IPv6 address has a colon, and of IPv4 a zone may be left to cut. */
        bool unusual =
            str_find_byte(text, ':') != STR_NOT_FOUND || str_find_byte(text, '%') != STR_NOT_FOUND;
        if (!unusual || !parse_address(text, address, &family_bytes)) {
            return &none;
        }
    }
    return find_range(family_bytes == 4 ? &table->v4 : &table->v6, address, family_bytes);
}
