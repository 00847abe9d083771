/* SPDX-License-Identifier: Apache-2.0
 *
 * json_project.c - the walk over an indexed text: into wanted values, past the others.
 *
 * The cursor is a pair: `at`, a byte, and `next`, the first index position at or after it. Both
 * move forward only. In what the walk touches, only white space may lie between tokens, so that a
 * value can't hide behind junk. Containers on the way to wanted paths are on a stack; all others
 * are skipped by counting brackets in the index.
 *
 * Nothing asks for the end of the text: before the walk begins, the last position is known to be a
 * bracket with only white space behind it, and every step stops at a bracket. A step that consumes
 * that last position must leave no container open.
 */
#include "ingest/json/json_paths_internal.h"

#include "base/limits.h"
#include "base/memory.h"
#include "ingest/json/json_index_internal.h"

struct frame {
    const struct json_node *node;
    const char *start; /* the opening bracket */
    char close;        /* the bracket that ends it */
};

struct json_scanner {
    struct json_index index;
    struct frame frames[LIMIT_JSON_DEPTH];
    uint64_t skipped_arrays[LIMIT_JSON_DEPTH / 64 + 1]; /* one bit a level being skipped */
    struct arena *keys;                                 /* keys that were written with escapes */
    size_t error_at;
};

struct cursor {
    const char *at; /* NULL: the walk has failed */
    const uint32_t *next;
};

struct walk {
    struct json_scanner *scanner;
    const struct json_node *nodes;
    struct event *event;
    const char *text;
    const uint32_t *last; /* the last position */
    uint32_t depth;       /* frames in use */
    bool opened;          /* the value just walked was an opening bracket */
    bool has_backslash;
    enum json_verdict verdict;
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

static struct cursor fail(struct walk *walk, const char *at, enum json_verdict verdict)
{
    walk->scanner->error_at = (size_t)(at - walk->text);
    walk->verdict = verdict;
    return (struct cursor){NULL, NULL};
}

static inline bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *skip_space(const char *at)
{
    while (is_space(*at)) {
        at++;
    }
    return at;
}

/* The child of node for the key, or 0. */
static inline uint32_t find_child(struct walk *walk, const struct json_node *node, struct str key)
{
    if (walk->has_backslash && str_find_byte(key, '\\') != STR_NOT_FOUND) {
        arena_reset(walk->scanner->keys);
        key = json_unescape(walk->scanner->keys, key);
    }
    uint64_t head = 0;
    if (key.len >= 8) {
        head = hash_load(key.ptr, 8);
    } else if (key.ptr >= walk->text && key.ptr + 8 <= walk->text + *walk->last) {
        /* Eight bytes of the text, without those behind the key. */
        head = hash_load(key.ptr, 8) & ((UINT64_C(1) << (8 * key.len)) - 1);
    } else {
        head = hash_load(key.ptr, key.len);
    }
    return json_child(node, key, head);
}

static inline void add_string(struct walk *walk, field_id field, struct str inside)
{
    bool escaped = walk->has_backslash && str_find_byte(inside, '\\') != STR_NOT_FOUND;
    event_add(walk->event, field, inside.ptr, inside.len, VALUE_STRING, escaped);
}

/* cursor.at is on the bracket that cursor.next names. Moves behind its partner. */
static struct cursor skip_container(struct walk *walk, struct cursor cursor)
{
    uint64_t *arrays = walk->scanner->skipped_arrays;
    const uint32_t *next = cursor.next;
    uint32_t depth = 0;
    do {
        char c = walk->text[*next];
        if (c == '"') {
            next += 2;
            continue;
        }
        bool array = (c & 0x20) == 0; /* [ and ] lack the bit that { and } have */
        if (c == '{' || c == '[') {
            if (walk->depth + depth >= LIMIT_JSON_DEPTH) {
                return fail(walk, walk->text + *next, JSON_TOO_DEEP);
            }
            uint64_t bit = UINT64_C(1) << (depth % 64);
            arrays[depth / 64] = array ? arrays[depth / 64] | bit : arrays[depth / 64] & ~bit;
            depth++;
        } else {
            depth--;
            /* The last position closes the root, so it can't be reached in here. */
            if ((arrays[depth / 64] >> (depth % 64) & 1) != (uint64_t)array || next == walk->last) {
                return fail(walk, walk->text + *next, JSON_INVALID);
            }
        }
        next++;
    } while (depth > 0 && next <= walk->last);
    if (depth > 0) {
        return fail(walk, walk->text + *walk->last, JSON_INVALID);
    }
    return (struct cursor){walk->text + next[-1] + 1, next};
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

/* A number, true, false or null. */
static struct cursor walk_scalar(struct walk *walk, struct cursor cursor, field_id field)
{
    const char *end = cursor.at;
    while (!ends_scalar(*end)) {
        end++;
    }
    struct str scalar = {cursor.at, (size_t)(end - cursor.at)};
    enum value_kind kind = VALUE_NUMBER;
    if (str_equal(scalar, STR("null"))) {
        kind = VALUE_NULL;
    } else if (str_equal(scalar, STR("true")) || str_equal(scalar, STR("false"))) {
        kind = VALUE_BOOL;
    } else if (!number_valid(scalar)) {
        return fail(walk, cursor.at, JSON_INVALID);
    }
    event_add(walk->event, field, scalar.ptr, scalar.len, kind, false);
    return (struct cursor){end, cursor.next};
}

/* Enters the container at the cursor, or skips it when nothing inside is wanted. */
static struct cursor walk_container(struct walk *walk, struct cursor cursor,
                                    const struct json_node *node)
{
    char c = *cursor.at;
    if (node == NULL || (node->children_count == 0 && c == '{')) {
        const char *start = cursor.at;
        cursor = skip_container(walk, cursor);
        if (cursor.at != NULL && node != NULL) {
            event_add(walk->event, node->field, start, (size_t)(cursor.at - start), VALUE_OBJECT,
                      walk->has_backslash);
        }
        return cursor;
    }
    if (walk->depth >= LIMIT_JSON_DEPTH) {
        return fail(walk, cursor.at, JSON_TOO_DEEP);
    }
    walk->scanner->frames[walk->depth++] = (struct frame){node, cursor.at, c == '{' ? '}' : ']'};
    walk->opened = true;
    return (struct cursor){cursor.at + 1, cursor.next + 1};
}

/* The value at the cursor; node is its place in the trie, or NULL when nobody wants it. */
static inline struct cursor walk_value(struct walk *walk, struct cursor cursor,
                                       const struct json_node *node)
{
    if (*cursor.at == '"') {
        const char *end = walk->text + cursor.next[1];
        if (node != NULL && node->field != FIELD_NONE) {
            add_string(walk, node->field,
                       (struct str){cursor.at + 1, (size_t)(end - cursor.at) - 1});
        }
        return (struct cursor){end + 1, cursor.next + 2};
    }
    if (*cursor.at == '{' || *cursor.at == '[') {
        return walk_container(walk, cursor, node);
    }
    return walk_scalar(walk, cursor, node == NULL ? FIELD_NONE : node->field);
}

/* The key at the cursor and its colon. *child gets the key's node or NULL. */
static inline struct cursor walk_key(struct walk *walk, struct cursor cursor,
                                     const struct json_node *node, const struct json_node **child)
{
    const char *at = cursor.at;
    if (*at != '"') {
        return fail(walk, at, JSON_INVALID);
    }
    const char *end = walk->text + cursor.next[1];
    uint32_t found = find_child(walk, node, (struct str){at + 1, (size_t)(end - at) - 1});
    *child = found == 0 ? NULL : &walk->nodes[found];
    at = end + 1;
    if (*at != ':') {
        at = skip_space(at);
        if (*at != ':') {
            return fail(walk, at, JSON_INVALID);
        }
    }
    at++;
    return (struct cursor){(unsigned char)*at <= ' ' ? skip_space(at) : at, cursor.next + 2};
}

/* The closing bracket at the cursor ends the innermost frame. */
static struct cursor leave(struct walk *walk, struct cursor cursor, bool empty)
{
    const struct frame *frame = &walk->scanner->frames[--walk->depth];
    const char *end = cursor.at + 1;
    size_t len = (size_t)(end - frame->start);
    if (frame->node->field != FIELD_NONE && frame->close == '}') {
        event_add(walk->event, frame->node->field, frame->start, len, VALUE_OBJECT,
                  walk->has_backslash);
    } else if (frame->node->field != FIELD_NONE && empty) {
        event_add(walk->event, frame->node->field, frame->start, len, VALUE_ARRAY, false);
    }
    if (walk->depth > 0 && cursor.next == walk->last) {
        return fail(walk, cursor.at, JSON_INVALID);
    }
    return (struct cursor){end, cursor.next + 1};
}

/* From behind a value to the next member or element: over commas and closing brackets. The walk is
 * over when no frame is left. */
static inline struct cursor walk_on(struct walk *walk, struct cursor cursor)
{
    bool empty = walk->opened;
    walk->opened = false;
    for (;;) {
        if ((unsigned char)*cursor.at <= ' ') {
            cursor.at = skip_space(cursor.at);
        }
        if (*cursor.at == walk->scanner->frames[walk->depth - 1].close) {
            cursor = leave(walk, cursor, empty);
            empty = false;
            if (cursor.at == NULL || walk->depth == 0) {
                return cursor;
            }
            continue;
        }
        if (empty) {
            return cursor;
        }
        if (*cursor.at != ',') {
            return fail(walk, cursor.at, JSON_INVALID);
        }
        cursor.at++;
        if ((unsigned char)*cursor.at <= ' ') {
            cursor.at = skip_space(cursor.at);
        }
        return cursor;
    }
}

/* Is the text something that the walk may enter: { first, } last? Else why not. */
static enum json_verdict check_ends(struct json_scanner *scanner, struct str text, size_t *start)
{
    const struct json_index *index = &scanner->index;
    size_t first = 0;
    size_t end = text.len;
    while (first < text.len && is_space(text.ptr[first])) {
        first++;
    }
    while (end > first && is_space(text.ptr[end - 1])) {
        end--;
    }
    if (first < text.len && text.ptr[first] != '{') {
        scanner->error_at = first;
        return json_check(text, &scanner->error_at) ? JSON_NO_OBJECT : JSON_INVALID;
    }
    if (index->in_string || index->count < 2 || index->positions[index->count - 1] + 1 != end ||
        text.ptr[end - 1] != '}') {
        scanner->error_at = index->in_string ? index->positions[index->count - 1]
                            : end > first    ? end - 1
                                             : first;
        return JSON_INVALID;
    }
    *start = first;
    return JSON_OK;
}

enum json_verdict json_project(struct json_scanner *scanner, const struct json_paths *paths,
                               struct str text, struct event *event)
{
    struct json_index *index = &scanner->index;
    size_t start = 0;
    json_index_build(index, text);
    enum json_verdict verdict = check_ends(scanner, text, &start);
    if (verdict != JSON_OK) {
        return verdict;
    }
    struct walk walk = {
        .scanner = scanner,
        .nodes = paths->nodes,
        .event = event,
        .text = text.ptr,
        .last = index->positions + index->count - 1,
        .depth = 1,
        .opened = true,
        .has_backslash = index->has_backslash,
    };
    scanner->frames[0] = (struct frame){&paths->nodes[0], text.ptr + start, '}'};
    struct cursor cursor =
        walk_on(&walk, (struct cursor){text.ptr + start + 1, index->positions + 1});
    while (cursor.at != NULL && walk.depth > 0) {
        const struct frame *frame = &scanner->frames[walk.depth - 1];
        const struct json_node *node = frame->node;
        if (frame->close == '}') {
            cursor = walk_key(&walk, cursor, frame->node, &node);
            if (cursor.at == NULL) {
                break;
            }
        }
        cursor = walk_value(&walk, cursor, node);
        if (cursor.at != NULL) {
            cursor = walk_on(&walk, cursor);
        }
    }
    if (cursor.at != NULL && cursor.next != walk.last + 1) {
        fail(&walk, cursor.at, JSON_INVALID);
    }
    return walk.verdict;
}
