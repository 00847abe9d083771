/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_alert.c - any bytes in an alert's texts: the JSON line parses, is one line, and gives the
 * texts back (bytes that are not UTF-8 as U+FFFD; texts with NUL only parse, as cJSON's end there).
 */
#include "analyze/alert/alert.h"
#include "base/ensure.h"
#include "base/timestamp.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next text of the input: up to a byte 0xFE. */
static struct str next_text(struct str *rest)
{
    size_t end = str_find_byte(*rest, (char)0xFE);
    struct str text = str_slice(*rest, 0, end);
    *rest = end == STR_NOT_FOUND ? (struct str){0} : str_slice(*rest, end + 1, rest->len);
    return text;
}

static void check_text(const cJSON *parent, const char *key, struct str want)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, key);
    ENSURE(cJSON_IsString(item));
    if (want.len == 0) {
        ENSURE(item->valuestring[0] == '\0');
    } else if (utf8_valid(want) && str_find_byte(want, '\0') == STR_NOT_FOUND) {
        ENSURE(str_equal(str_of(item->valuestring), want));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct str tags[2] = {next_text(&rest), next_text(&rest)};
    struct rule rule = {.id = next_text(&rest),
                        .title = next_text(&rest),
                        .description = next_text(&rest),
                        .author = next_text(&rest),
                        .level = RULE_LOW,
                        .tags = {tags, 2},
                        .references = {tags, 2},
                        .correlation = {.kind = CORRELATION_VALUE_COUNT}};
    struct alert_field fields[] = {
        {STR("event.action"), next_text(&rest)},     {STR("message"), next_text(&rest)},
        {STR("process.pid"), next_text(&rest)},      {STR("source.geo.city"), next_text(&rest)},
        {STR("tocsin.record_id"), next_text(&rest)},
    };
    struct alert_field group[] = {{next_text(&rest), next_text(&rest)}};
    struct alert_event event = {.source = next_text(&rest), .partition = -1};
    struct alert alert = {.rule = &rule,
                          .time_ns = 0,
                          .events = &event,
                          .events_count = 1,
                          .fields = fields,
                          .fields_count = 5,
                          .group = group,
                          .group_count = 1,
                          .original = rest,
                          .original_len = rest.len};
    struct buffer out = {0};
    alert_render_json(&alert, &out);
    ENSURE(memchr(out.ptr, '\n', out.len) == out.ptr + out.len - 1);
    cJSON *root = cJSON_ParseWithLength(out.ptr, out.len);
    ENSURE(root != NULL);
    check_text(cJSON_GetObjectItem(root, "rule"), "id", rule.id);
    check_text(cJSON_GetObjectItem(root, "rule"), "name", rule.title);
    check_text(cJSON_GetObjectItem(root, "event"), "action", fields[0].value);
    check_text(cJSON_GetObjectItem(root, "event"), "original", rest);
    check_text(root, "message", fields[1].value);
    check_text(cJSON_GetObjectItem(root, "tocsin"), "record_id", fields[4].value);
    check_text(cJSON_GetObjectItem(root, "tocsin"), "source", event.source);
    cJSON_Delete(root);
    buffer_release(&out);
    return 0;
}
