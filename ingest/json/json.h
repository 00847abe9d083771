/* SPDX-License-Identifier: Apache-2.0
 *
 * json.h - the on-demand JSON scanner: one pass over a record, only wanted values are kept.
 *
 * In:  one JSON text (RFC 8259) and a compiled set of wanted paths.   Out: values in an event.
 * Thread: struct json_paths is immutable and shared; struct json_scanner belongs to one worker.
 * Owns:   the scanner owns its index of structural characters, reused record after record.
 * Invariants: (1) the same text gives the same values for every implementation of the index.
 *             (2) a key written with escapes is the same key; of equal keys in one object each
 *                 value is kept, in order ("any of them matches": an attacker can't hide one).
 *             (3) what is skipped is checked for balanced brackets and closed strings, not for
 *                 grammar; json_check checks all of it.
 * Bounds: O(length); LIMIT_JSON_DEPTH levels; no recursion.
 * Tested: tests/property/test_json.c (against cJSON and a plain implementation), fuzz_json.c.
 */
#ifndef TOCSIN_INGEST_JSON_JSON_H
#define TOCSIN_INGEST_JSON_JSON_H

#include "base/arena.h"
#include "base/str.h"
#include "ingest/event/event.h"
#include "ingest/field/field.h"

#include <stddef.h>

enum json_verdict {
    JSON_OK,
    JSON_INVALID,  /* not JSON, at scanner's error_at */
    JSON_TOO_DEEP, /* LIMIT_JSON_DEPTH */
    JSON_NO_OBJECT /* JSON, but not an object at its top */
};

struct json_paths;

/* Compiles every name of fields as a path. A name is looked up literally first ("a.b" as one key),
 * then by its dots as nesting; arrays are walked through at any level. The result is immutable;
 * json_paths_free frees it. wanted: per field id, which names to compile; NULL: all. */
struct json_paths *json_paths_new(const struct field_table *fields, const bool *wanted);
void json_paths_free(struct json_paths *paths);

struct json_scanner;

struct json_scanner *json_scanner_new(void);
void json_scanner_free(struct json_scanner *scanner);

/* Adds the wanted values of text (one JSON object, white space around it allowed) to event. A
 * wanted object is added as VALUE_OBJECT with its raw text (and walked for wanted paths in it); of
 * a wanted array every element is added, an empty one as VALUE_ARRAY. */
enum json_verdict json_project(struct json_scanner *scanner, const struct json_paths *paths,
                               struct str text, struct event *event);

/* Byte position in the text of the last verdict that was not JSON_OK. */
size_t json_error_at(const struct json_scanner *scanner);

/* The end of the JSON value that begins at text[0] (after white space): the offset one past it,
 * STR_NOT_FOUND when text ends first. Brackets and strings only, no grammar. O(length). */
size_t json_value_end(struct str text);

/* Undoes the escapes of a JSON string's inside. Lone surrogates become U+FFFD; an escape that is
 * none stays as it is. The result is in arena (or text itself when it has no backslash). */
struct str json_unescape(struct arena *arena, struct str text);

/* The text without white space between its tokens, in arena. */
struct str json_compact(struct arena *arena, struct str text);

/* Full grammar and UTF-8 check of one JSON text: true, or false and *error_at. */
bool json_check(struct str text, size_t *error_at);

/* The name of the index implementation in use: "avx2", "sse42", "sse2", "pmull", "neon", "plain".
 */
const char *json_implementation(void);

#endif
