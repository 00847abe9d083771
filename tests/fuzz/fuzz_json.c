/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_json.c - any bytes as JSON: what the full grammar accepts, the scanner accepts; every index
 * implementation agrees with the plain one; a scanner that has seen other records finds what a new
 * one finds; white space changes nothing; cJSON and the full grammar take the same texts, but for
 * what is known (see tests/property/json_corpus.h); helpers stay inside the text.
 */
#include "base/ensure.h"
#include "base/utf8.h"
#include "ingest/event/event.h"
#include "ingest/json/json.h"
#include "ingest/json/json_index_internal.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct field_table *fields;
static struct json_paths *paths;
static struct json_scanner *scanner; /* used for input after input */
static struct event event;
static struct event other_event;
static struct arena *arena;

static void start(void)
{
    fields = field_table_new();
    field_intern(fields, STR("a"));
    field_intern(fields, STR("a.b"));
    field_intern(fields, STR("userIdentity.sessionContext.attributes.mfaAuthenticated"));
    field_intern(fields, STR("eventName"));
    paths = json_paths_new(fields, NULL);
    scanner = json_scanner_new();
    event_init(&event, field_count(fields));
    event_init(&other_event, field_count(fields));
    arena = arena_new(0);
}

static void check_same_values(void)
{
    for (field_id id = 1; id <= field_count(fields); id++) {
        const struct value *left = event_first(&event, id);
        const struct value *right = event_first(&other_event, id);
        while (left != NULL && right != NULL) {
            struct str one = json_compact(arena, (struct str){left->ptr, left->len});
            struct str two = json_compact(arena, (struct str){right->ptr, right->len});
            bool text = left->kind == VALUE_STRING;
            ENSURE(left->kind == right->kind);
            ENSURE(text ? left->len == right->len && memcmp(left->ptr, right->ptr, left->len) == 0
                        : str_equal(one, two));
            left = event_next(&event, left);
            right = event_next(&other_event, right);
        }
        ENSURE(left == NULL && right == NULL);
    }
}

/* Projects text with a new scanner and expects what is in event. */
static void check_again(struct str text, enum json_verdict verdict)
{
    struct json_scanner *fresh = json_scanner_new();
    event_clear(&other_event);
    ENSURE(json_project(fresh, paths, text, &other_event) == verdict);
    if (verdict == JSON_OK) {
        check_same_values();
    }
    json_scanner_free(fresh);
}

static void check_indexes(struct str text)
{
    static struct json_index plain;
    static struct json_index other;
    json_index_plain(&plain, text);
    size_t end = json_end_plain(text);
    ENSURE(end == STR_NOT_FOUND || end <= text.len);
    for (const struct json_index_row *row = json_index_table; row->name != NULL; row++) {
        if (row->usable()) {
            row->build(&other, text);
            ENSURE(other.count == plain.count && other.in_string == plain.in_string);
            ENSURE(memcmp(other.blocks, plain.blocks, plain.count * sizeof *plain.blocks) == 0);
            ENSURE(row->container_end(text) == end);
        }
    }
}

/* cJSON bears neither lone surrogates nor 1,000 levels, and is lax in many ways; but what it prints
 * of what it read is JSON. */
static void check_with_cjson(struct str text, bool valid)
{
    size_t open = 0;
    size_t error_at = 0;
    for (size_t i = 0; i < text.len; i++) {
        open += text.ptr[i] == '[' || text.ptr[i] == '{';
    }
    if (open > 900) {
        return;
    }
    cJSON *tree = cJSON_ParseWithLength(text.ptr, text.len);
    bool surrogates = str_find(text, STR("\\ud")) != STR_NOT_FOUND ||
                      str_find(text, STR("\\uD")) != STR_NOT_FOUND;
    ENSURE(!valid || surrogates || tree != NULL);
    if (tree != NULL) {
        char *printed = cJSON_PrintUnformatted(tree);
        ENSURE(printed != NULL);
        ENSURE(!utf8_valid(str_of(printed)) || json_check(str_of(printed), &error_at));
        free(printed);
    }
    cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fields == NULL) {
        start();
    }
    struct str text = {(const char *)data, size};
    size_t error_at = 0;
    arena_reset(arena);
    event_clear(&event);
    enum json_verdict verdict = json_project(scanner, paths, text, &event);
    ENSURE(verdict == JSON_OK || json_error_at(scanner) <= size);
    check_again(text, verdict);
    bool valid = json_check(text, &error_at);
    ENSURE(error_at <= size);
    if (valid) {
        struct str compact = json_compact(arena, text);
        ENSURE(verdict == JSON_OK || verdict == JSON_NO_OBJECT);
        ENSURE(json_check(compact, &error_at));
        check_again(compact, verdict);
    }
    ENSURE(json_value_end(text) == STR_NOT_FOUND || json_value_end(text) <= size);
    json_unescape(arena, text);
    check_indexes(text);
    check_with_cjson(text, valid);
    return 0;
}
