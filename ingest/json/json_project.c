/* SPDX-License-Identifier: Apache-2.0
 *
 * json_project.c - the walk over an indexed text: into wanted values, past the others.
 *
 * The cursor is a pair: `at`, a byte, and `next`, the first index position at or after it. Both
 * move forward only. In what the walk touches, only white space may lie between tokens, so that a
 * value can't hide behind junk. Containers on the way to wanted paths are on a stack; all others
 * are skipped by counting brackets in the index.
 */
#include "ingest/json/json_paths_internal.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/json/json_index_internal.h"

struct frame {
    const struct json_node *node;
    uint32_t start; /* byte of the opening bracket */
    bool array;
    bool empty;
};

struct json_scanner {
    struct json_index index;
    struct frame frames[LIMIT_JSON_DEPTH];
    uint64_t skipped_arrays[LIMIT_JSON_DEPTH / 64 + 1]; /* one bit a level being skipped */
    struct arena *keys;                                 /* keys that were written with escapes */
    size_t error_at;
};

struct walk {
    struct json_scanner *scanner;
    const struct json_paths *paths;
    struct event *event;
    struct str text;
    const uint32_t *positions;
    uint32_t count;
    uint32_t next;
    uint32_t depth; /* frames in use */
    size_t at;
};

struct json_scanner *json_scanner_new(void)
{
    struct json_scanner *scanner = memory_new(1, sizeof *scanner);
    scanner->keys = arena_new(4096);
    return scanner;
}

void json_scanner_free(struct json_scanner *scanner)
{
    if (scanner != NULL) {
        json_index_release(&scanner->index);
        arena_free(scanner->keys);
        memory_free(scanner);
    }
}

size_t json_error_at(const struct json_scanner *scanner)
{
    return scanner->error_at;
}

static enum json_verdict fail(struct walk *walk, size_t at, enum json_verdict verdict)
{
    walk->scanner->error_at = at < walk->text.len ? at : walk->text.len;
    return verdict;
}

static inline size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n' || text.ptr[at] == '\r' ||
                             text.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

/* Steps over what separates: white space, c, white space. */
static inline bool step_over(struct walk *walk, char c)
{
    size_t at = walk->at;
    if (at < walk->text.len && walk->text.ptr[at] != c) {
        at = skip_space(walk->text, at);
    }
    if (at >= walk->text.len || walk->text.ptr[at] != c) {
        walk->at = at;
        return false;
    }
    at++;
    if (at < walk->text.len && (unsigned char)walk->text.ptr[at] <= ' ') {
        at = skip_space(walk->text, at);
    }
    walk->at = at;
    return true;
}

/* The child of node for the key between the quotes that begin at position next. */
static inline uint32_t find_child(struct walk *walk, const struct json_node *node, struct str key)
{
    if (walk->scanner->index.has_backslash && str_find_byte(key, '\\') != STR_NOT_FOUND) {
        arena_reset(walk->scanner->keys);
        key = json_unescape(walk->scanner->keys, key);
    }
    uint64_t head = 0;
    if (key.len >= 8) {
        head = hash_load(key.ptr, 8);
    } else {
        head = hash_load(key.ptr, key.len);
    }
    return json_child(node, key, head);
}

static inline void add_string(struct walk *walk, field_id field, size_t start, size_t end)
{
    struct str inside = {walk->text.ptr + start, end - start};
    bool escaped =
        walk->scanner->index.has_backslash && str_find_byte(inside, '\\') != STR_NOT_FOUND;
    event_add(walk->event, field, inside.ptr, inside.len, VALUE_STRING, escaped);
}

/* at is on the bracket that position next names. Moves behind its partner. */
static enum json_verdict skip_container(struct walk *walk)
{
    uint64_t *arrays = walk->scanner->skipped_arrays;
    const char *bytes = walk->text.ptr;
    uint32_t next = walk->next;
    uint32_t depth = 0;
    do {
        if (next >= walk->count) {
            return fail(walk, walk->text.len, JSON_INVALID);
        }
        char c = bytes[walk->positions[next]];
        if (c == '"') {
            next += 2;
            continue;
        }
        bool array = c == '[' || c == ']';
        if (c == '{' || c == '[') {
            if (walk->depth + depth >= LIMIT_JSON_DEPTH) {
                return fail(walk, walk->positions[next], JSON_TOO_DEEP);
            }
            uint64_t bit = UINT64_C(1) << (depth % 64);
            arrays[depth / 64] = array ? arrays[depth / 64] | bit : arrays[depth / 64] & ~bit;
            depth++;
        } else {
            depth--;
            if ((arrays[depth / 64] >> (depth % 64) & 1) != (uint64_t)array) {
                return fail(walk, walk->positions[next], JSON_INVALID);
            }
        }
        next++;
    } while (depth > 0);
    walk->next = next;
    walk->at = (size_t)walk->positions[next - 1] + 1;
    return JSON_OK;
}

static inline bool ends_scalar(char c)
{
    return c == ',' || c == '}' || c == ']' || (unsigned char)c <= ' ';
}

static bool number_valid(struct str s)
{
    size_t at = s.len > 0 && s.ptr[0] == '-';
    size_t digits = at;
    while (at < s.len && byte_is_digit(s.ptr[at])) {
        at++;
    }
    if (at == digits || (s.ptr[digits] == '0' && at > digits + 1)) {
        return false;
    }
    if (at < s.len && s.ptr[at] == '.') {
        digits = ++at;
        while (at < s.len && byte_is_digit(s.ptr[at])) {
            at++;
        }
        if (at == digits) {
            return false;
        }
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        at += at + 1 < s.len && (s.ptr[at + 1] == '+' || s.ptr[at + 1] == '-') ? 2 : 1;
        digits = at;
        while (at < s.len && byte_is_digit(s.ptr[at])) {
            at++;
        }
        if (at == digits) {
            return false;
        }
    }
    return at == s.len;
}

/* A number, true, false or null at `at`. */
static enum json_verdict walk_scalar(struct walk *walk, field_id field)
{
    size_t start = walk->at;
    size_t end = start;
    while (end < walk->text.len && !ends_scalar(walk->text.ptr[end])) {
        end++;
    }
    struct str scalar = {walk->text.ptr + start, end - start};
    enum value_kind kind = VALUE_NUMBER;
    if (str_equal(scalar, STR("null"))) {
        kind = VALUE_NULL;
    } else if (str_equal(scalar, STR("true")) || str_equal(scalar, STR("false"))) {
        kind = VALUE_BOOL;
    } else if (!number_valid(scalar)) {
        return fail(walk, start, JSON_INVALID);
    }
    event_add(walk->event, field, scalar.ptr, scalar.len, kind, false);
    walk->at = end;
    return JSON_OK;
}

/* Enters the container at `at`, or skips it when nothing inside is wanted. */
static enum json_verdict walk_container(struct walk *walk, const struct json_node *node, char c)
{
    bool array = c == '[';
    size_t start = walk->at;
    if (node == NULL || (node->children_count == 0 && !array)) {
        enum json_verdict verdict = skip_container(walk);
        if (verdict == JSON_OK && node != NULL) {
            event_add(walk->event, node->field, walk->text.ptr + start, walk->at - start,
                      VALUE_OBJECT, walk->scanner->index.has_backslash);
        }
        return verdict;
    }
    if (walk->depth >= LIMIT_JSON_DEPTH) {
        return fail(walk, start, JSON_TOO_DEEP);
    }
    walk->scanner->frames[walk->depth++] = (struct frame){node, (uint32_t)start, array, true};
    walk->next++;
    walk->at = skip_space(walk->text, start + 1);
    return JSON_OK;
}

/* The value at `at`; node is its place in the trie, or NULL when nobody wants it. */
static inline enum json_verdict walk_value(struct walk *walk, const struct json_node *node)
{
    if (walk->at >= walk->text.len) {
        return fail(walk, walk->at, JSON_INVALID);
    }
    char c = walk->text.ptr[walk->at];
    if (c == '"') {
        size_t end = walk->positions[walk->next + 1];
        if (node != NULL && node->field != FIELD_NONE) {
            add_string(walk, node->field, walk->at + 1, end);
        }
        walk->next += 2;
        walk->at = end + 1;
        return JSON_OK;
    }
    if (c == '{' || c == '[') {
        return walk_container(walk, node, c);
    }
    return walk_scalar(walk, node == NULL ? FIELD_NONE : node->field);
}

/* The closing bracket at `at` ends the innermost frame. */
static void leave(struct walk *walk)
{
    const struct frame *frame = &walk->scanner->frames[--walk->depth];
    walk->next++;
    walk->at++;
    if (frame->node->field == FIELD_NONE) {
        return;
    }
    if (!frame->array) {
        event_add(walk->event, frame->node->field, walk->text.ptr + frame->start,
                  walk->at - frame->start, VALUE_OBJECT, walk->scanner->index.has_backslash);
    } else if (frame->empty) {
        event_add(walk->event, frame->node->field, walk->text.ptr + frame->start,
                  walk->at - frame->start, VALUE_ARRAY, false);
    }
}

/* One member or element of the innermost frame, or its end. */
static inline enum json_verdict walk_step(struct walk *walk)
{
    struct frame *frame = &walk->scanner->frames[walk->depth - 1];
    const char *bytes = walk->text.ptr;
    char close = frame->array ? ']' : '}';
    size_t at = walk->at;
    if (at < walk->text.len && (unsigned char)bytes[at] <= ' ') {
        at = skip_space(walk->text, at);
        walk->at = at;
    }
    if (at < walk->text.len && bytes[at] == close) {
        leave(walk);
        return JSON_OK;
    }
    if (!frame->empty && !step_over(walk, ',')) {
        return fail(walk, walk->at, JSON_INVALID);
    }
    frame->empty = false;
    if (frame->array) {
        return walk_value(walk, frame->node);
    }
    at = walk->at;
    if (walk->next >= walk->count || walk->positions[walk->next] != at || bytes[at] != '"') {
        return fail(walk, at, JSON_INVALID);
    }
    size_t end = walk->positions[walk->next + 1];
    uint32_t child = find_child(walk, frame->node, (struct str){bytes + at + 1, end - at - 1});
    walk->next += 2;
    walk->at = end + 1;
    if (!step_over(walk, ':')) {
        return fail(walk, walk->at, JSON_INVALID);
    }
    return walk_value(walk, child == 0 ? NULL : &walk->paths->nodes[child]);
}

enum json_verdict json_project(struct json_scanner *scanner, const struct json_paths *paths,
                               struct str text, struct event *event)
{
    struct json_index *index = &scanner->index;
    json_index_build(index, text);
    struct walk walk = {
        .scanner = scanner,
        .paths = paths,
        .event = event,
        .text = text,
        .positions = index->positions,
        .count = index->count,
    };
    if (index->in_string) {
        return fail(&walk, index->positions[index->count - 1], JSON_INVALID);
    }
    walk.at = skip_space(text, 0);
    if (walk.at >= text.len) {
        return fail(&walk, walk.at, JSON_INVALID);
    }
    if (text.ptr[walk.at] != '{') {
        return fail(&walk, walk.at,
                    json_check(text, &scanner->error_at) ? JSON_NO_OBJECT : JSON_INVALID);
    }
    scanner->frames[0] = (struct frame){&paths->nodes[0], (uint32_t)walk.at, false, true};
    walk.depth = 1;
    walk.next = 1;
    walk.at++;
    while (walk.depth > 0) {
        enum json_verdict verdict = walk_step(&walk);
        if (verdict != JSON_OK) {
            return verdict;
        }
    }
    walk.at = skip_space(text, walk.at);
    return walk.at == text.len ? JSON_OK : fail(&walk, walk.at, JSON_INVALID);
}
