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
        if (memcmp(text.ptr + at - separator.len, separator.ptr, separator.len) == 0) {
            *before = str_slice(text, 0, at - separator.len);
            *after = str_slice(text, at, text.len);
            return true;
        }
    }
    return false;
}

struct str syslog_until(struct str text, const char *stops)
{
    size_t len = 0;
    while (len < text.len && (text.ptr[len] == '\0' || strchr(stops, text.ptr[len]) == NULL)) {
        len++;
    }
    return str_slice(text, 0, len);
}

bool syslog_is_address(struct str text)
{
    char copy[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];
    text = syslog_until(text, "%");
    if (text.len < 2 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

void syslog_add_source(const struct syslog_event *to, struct str address)
{
    syslog_add(to, syslog_is_address(address) ? SYSLOG_SRC_IP : SYSLOG_SRC_HOST, address);
}
