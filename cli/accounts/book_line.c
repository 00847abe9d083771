/* SPDX-License-Identifier: Apache-2.0
 *
 * book_line.c - one line of JSON as a line of an account, by cJSON.
 *
 * In:  bytes of any content.   Out: a book_line whose every member is there and in its range, or a
 *      sentence that says what is wrong.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) a number is a whole one that a double holds exactly, or it is refused.
 */
#include "base/timestamp.h"
#include "cli/accounts/book_internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

static bool take_number(const cJSON *object, const char *name, double least, double *number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= least) || item->valuedouble > EXACT_MAX ||
        item->valuedouble != (double)(int64_t)item->valuedouble) {
        return false;
    }
    *number = item->valuedouble;
    return true;
}

static bool take_count(const cJSON *object, const char *name, uint64_t *count)
{
    double number = 0;
    bool taken = take_number(object, name, 0, &number);
    *count = (uint64_t)number;
    return taken;
}

static bool take_text(struct arena *arena, const cJSON *object, const char *name, struct str *text)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item)) {
        return false;
    }
    *text = arena_copy(arena, str_of(item->valuestring));
    return text->len > 0;
}

static bool take_hour(const cJSON *object, int64_t *hour_ns)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "hour");
    size_t used = 0;
    if (!cJSON_IsString(item)) {
        return false;
    }
    struct str text = str_of(item->valuestring);
    *hour_ns = timestamp_parse_rfc3339(text, 0, &used);
    return *hour_ns != TIMESTAMP_NONE && used == text.len &&
           *hour_ns % (3600 * TIMESTAMP_SECOND_NS) == 0;
}

static const char *read_place(struct arena *arena, const cJSON *root, struct book_line *line)
{
    const cJSON *partial = cJSON_GetObjectItemCaseSensitive(root, "partial");
    double partition = -1;
    if (!take_text(arena, root, "account", &line->account) ||
        !take_count(root, "sequence", &line->sequence)) {
        return "it has no account and sequence";
    }
    if (!take_text(arena, root, "kind", &line->kind) ||
        !take_text(arena, root, "source", &line->source) || !take_hour(root, &line->hour_ns) ||
        !cJSON_IsBool(partial)) {
        return "kind, source, hour or partial is missing or wrong";
    }
    if (cJSON_GetObjectItemCaseSensitive(root, "partition") != NULL &&
        (!take_number(root, "partition", 0, &partition) || partition > INT32_MAX)) {
        return "its partition is no number of one";
    }
    line->partial = cJSON_IsTrue(partial) != 0;
    line->partition = (int64_t)partition;
    return NULL;
}

static const char *read_counts(const cJSON *root, struct book_line *line)
{
    double residue = 0;
    for (size_t i = 0; i < BOOK_COUNTS; i++) {
        if (!take_count(root, book_counts[i].name, &line->counts[i])) {
            return "a count is missing or no whole number";
        }
    }
    if (!take_number(root, "residue", -EXACT_MAX, &residue)) {
        return "its residue is missing or no whole number";
    }
    line->residue = (int64_t)residue;
    return NULL;
}

static const char *read_offsets(const cJSON *root, struct book_line *line)
{
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(root, "offsets");
    line->has_offsets = offsets != NULL;
    if (offsets == NULL) {
        return NULL;
    }
    bool taken = take_count(offsets, "first", &line->first);
    taken = take_count(offsets, "last", &line->last) && taken;
    taken = take_count(offsets, "read", &line->read) && taken;
    taken = take_count(offsets, "missing", &line->missing) && taken;
    taken = take_count(offsets, "lost", &line->lost) && taken;
    return taken && line->first <= line->last ? NULL : "its offsets are incomplete or wrong";
}

const char *book_line_read(struct arena *arena, struct str text, struct book_line *line)
{
    const char *end = NULL;
    *line = (struct book_line){0};
    cJSON *root = cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, 0);
    if (!cJSON_IsObject(root) || end != text.ptr + text.len) {
        cJSON_Delete(root);
        return "it is no JSON object";
    }
    const char *wrong = read_place(arena, root, line);
    wrong = wrong != NULL ? wrong : read_counts(root, line);
    wrong = wrong != NULL ? wrong : read_offsets(root, line);
    cJSON_Delete(root);
    return wrong;
}
