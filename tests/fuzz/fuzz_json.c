/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_json.c - any bytes through the scanner. What the full grammar accepts, the scanner accepts;
 * every index implementation agrees; helpers stay inside the text.
 */
#include "base/ensure.h"
#include "ingest/event/event.h"
#include "ingest/json/json.h"
#include "ingest/json/json_index_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct field_table *fields;
    static struct json_paths *paths;
    static struct json_scanner *scanner;
    static struct event event;
    static struct arena *arena;
    static struct json_index plain;
    static struct json_index other;
    if (fields == NULL) {
        fields = field_table_new();
        field_intern(fields, STR("a"));
        field_intern(fields, STR("a.b"));
        field_intern(fields, STR("userIdentity.sessionContext.attributes.mfaAuthenticated"));
        paths = json_paths_new(fields, NULL);
        scanner = json_scanner_new();
        event_init(&event, field_count(fields));
        arena = arena_new(0);
    }
    struct str text = {(const char *)data, size};
    size_t error_at = 0;
    arena_reset(arena);
    event_clear(&event);
    enum json_verdict verdict = json_project(scanner, paths, text, &event);
    ENSURE(verdict == JSON_OK || json_error_at(scanner) <= size);
    if (json_check(text, &error_at)) {
        ENSURE(verdict == JSON_OK || verdict == JSON_NO_OBJECT);
        ENSURE(json_check(json_compact(arena, text), &error_at));
    }
    ENSURE(json_value_end(text) == STR_NOT_FOUND || json_value_end(text) <= size);
    json_unescape(arena, text);
    json_index_plain(&plain, text);
    for (const struct json_index_row *row = json_index_table; row->name != NULL; row++) {
        if (row->usable()) {
            row->build(&other, text);
            ENSURE(other.count == plain.count && other.in_string == plain.in_string);
            ENSURE(memcmp(other.blocks, plain.blocks, plain.count * sizeof *plain.blocks) == 0);
        }
    }
    return 0;
}
