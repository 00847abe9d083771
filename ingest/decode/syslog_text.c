/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_text.c - small readers of message texts.
 */
#include "ingest/decode/syslog_internal.h"

#include <arpa/inet.h>

bool syslog_split(struct str text, struct str separator, struct str *before, struct str *after)
{
    size_t at = str_find(text, separator);
    if (at == STR_NOT_FOUND) {
        return false;
    }
    *before = str_slice(text, 0, at);
    *after = str_slice(text, at + separator.len, text.len);
    return true;
}

bool syslog_split_last(struct str text, struct str separator, struct str *before, struct str *after)
{
    for (size_t at = text.len; at >= separator.len && at > 0; at--) {
        const char *start = text.ptr + at - separator.len;
        if (*start == separator.ptr[0] && memcmp(start, separator.ptr, separator.len) == 0) {
            *before = str_slice(text, 0, at - separator.len);
            *after = str_slice(text, at, text.len);
            return true;
        }
    }
    return false;
}

/* a.b.c.d, each 0..255 without leading zeros. */
static bool is_ipv4(struct str text)
{
    uint32_t parts = 0;
    size_t at = 0;
    while (parts < 4) {
        uint32_t number = 0;
        size_t start = at;
        while (at < text.len && at < start + 3 && byte_is_digit(text.ptr[at])) {
            number = number * 10 + (uint32_t)(text.ptr[at++] - '0');
        }
        if (at == start || number > 255 || (text.ptr[start] == '0' && at > start + 1)) {
            return false;
        }
        parts++;
        if (parts < 4 && (at >= text.len || text.ptr[at++] != '.')) {
            return false;
        }
    }
    return at == text.len;
}

bool syslog_is_address(struct str text)
{
    char copy[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];
    text = syslog_until(text, "%");
    if (text.len < 2 || text.len >= sizeof copy) {
        return false;
    }
    if (str_find_byte(text, ':') == STR_NOT_FOUND) {
        return is_ipv4(text);
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, address) == 1;
}

void syslog_add_source(const struct syslog_event *to, struct str address)
{
    if (syslog_wants(to, SYSLOG_SRC_IP) || syslog_wants(to, SYSLOG_SRC_HOST)) {
        syslog_add(to, syslog_is_address(address) ? SYSLOG_SRC_IP : SYSLOG_SRC_HOST, address);
    }
}
