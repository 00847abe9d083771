/* SPDX-License-Identifier: Apache-2.0
 *
 * json_oracle.h - for tests: what cJSON finds under a path, and what the scanner found, as texts
 * that can be compared.
 *
 * In:  a cJSON tree and a path; an event and a field.   Out: one text each, equal when they agree.
 * Thread: one.   Owns: nothing.
 */
#ifndef TOCSIN_TESTS_JSON_ORACLE_H
#define TOCSIN_TESTS_JSON_ORACLE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ingest/event/event.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* What path names below node, in the order in which the values end, as the scanner gives them. */
static inline void expect_values(const cJSON *node, const char *path, struct buffer *out);

static inline void expect_leaf(const cJSON *node, struct buffer *out)
{
    if (cJSON_IsArray(node)) {
        if (node->child == NULL) {
            buffer_add_text(out, "A|");
        }
        for (const cJSON *item = node->child; item != NULL; item = item->next) {
            expect_leaf(item, out);
        }
    } else if (cJSON_IsString(node)) {
        buffer_printf(out, "S%s|", node->valuestring);
    } else if (cJSON_IsObject(node)) {
        char *text = cJSON_PrintUnformatted(node);
        buffer_printf(out, "O%s|", text);
        free(text);
    } else if (cJSON_IsNumber(node)) {
        buffer_printf(out, "N%.17g|", node->valuedouble);
    } else {
        buffer_add_text(out, cJSON_IsNull(node) ? "0|" : cJSON_IsTrue(node) ? "T|" : "F|");
    }
}

/* An object is added when it ends: after the values inside it. */
static inline void expect_members(const cJSON *object, const char *path, struct buffer *out)
{
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        size_t len = strlen(item->string);
        if (len > 0 && strncmp(item->string, path, len) == 0 && path[len] == '.') {
            expect_values(item, path + len + 1, out);
        }
        if (strcmp(item->string, path) == 0) {
            expect_leaf(item, out);
        }
    }
}

static inline void expect_values(const cJSON *node, const char *path, struct buffer *out)
{
    if (cJSON_IsArray(node)) {
        for (const cJSON *item = node->child; item != NULL; item = item->next) {
            expect_values(item, path, out);
        }
    } else if (cJSON_IsObject(node)) {
        expect_members(node, path, out);
    }
}

static inline void describe_object(struct str raw, struct buffer *out)
{
    cJSON *object = cJSON_ParseWithLength(raw.ptr, raw.len);
    assert_non_null(object);
    char *text = cJSON_PrintUnformatted(object);
    buffer_printf(out, "O%s|", text);
    free(text);
    cJSON_Delete(object);
}

static inline void describe_values(const struct event *event, field_id id, struct arena *arena,
                                   struct buffer *out)
{
    for (const struct value *value = event_first(event, id); value != NULL;
         value = event_next(event, value)) {
        struct str raw = {value->ptr, value->len};
        if (value->kind == VALUE_STRING) {
            struct str text = value_text(value, arena);
            buffer_printf(out, "S%.*s|", STR_ARG(text));
        } else if (value->kind == VALUE_NUMBER) {
            buffer_printf(out, "N%.17g|", strtod(arena_copy(arena, raw).ptr, NULL));
        } else if (value->kind == VALUE_OBJECT) {
            describe_object(raw, out);
        } else if (value->kind == VALUE_ARRAY) {
            buffer_add_text(out, "A|");
        } else if (value->kind == VALUE_NULL) {
            buffer_add_text(out, "0|");
        } else {
            buffer_add_text(out, raw.ptr[0] == 't' ? "T|" : "F|");
        }
    }
}

#endif
