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
#include "ingest/json/json_guess_internal.h"

#include "base/limits.h"
#include "base/memory.h"
#include "ingest/json/json_index_internal.h"

struct frame {
    const struct json_node *node;
    const char *start;      /* the opening bracket */
    uint64_t owner;         /* of the guesses of its keys */
    uint32_t *link;         /* where the guess of its next key is, and what it was goes */
    struct json_guess *key; /* of the member that is walked; NULL: it is not remembered */
    char close;             /* the bracket that ends it */
};

struct json_scanner {
    struct json_index index;
    struct frame frames[LIMIT_JSON_DEPTH];
    uint64_t skipped_arrays[LIMIT_JSON_DEPTH / 64 + 1]; /* one bit a level being skipped */
    struct json_guess guesses[JSON_GUESSES];
    uint32_t first_guess; /* of a text's first key */
    uint32_t no_guess;    /* the link behind a key that is not remembered; always 0 when read */
    struct arena *keys;   /* keys that were written with escapes */
    size_t error_at;
};

struct walk {
    struct json_scanner *scanner;
    const struct json_node *nodes;
    uint64_t owner; /* of the guesses of the root's keys */
    struct event *event;
    const struct json_index *index;
    const char *text;
    const char *last; /* the last bracket */
    uint32_t depth;   /* frames in use */
    bool opened;      /* the value just walked was an opening bracket */
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

static const char *fail(struct walk *walk, const char *at, enum json_verdict verdict)
{
    walk->scanner->error_at = (size_t)(at - walk->text);
    walk->verdict = verdict;
    return NULL; /* the cursor of a walk that has failed */
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

/* The first 8 bytes of the key, zeros behind its end. */
static inline uint64_t key_head(const struct walk *walk, struct str key)
{
    if (key.len >= 8) {
        return hash_load(key.ptr, 8);
    }
    if (key.ptr >= walk->text && key.ptr + 8 <= walk->last) {
        /* Eight bytes of the text, without those behind the key. */
        return hash_load(key.ptr, 8) & ((UINT64_C(1) << (8 * key.len)) - 1);
    }
    return hash_load(key.ptr, key.len);
}

/* From now on the guess of the frame's next key is the one that followed `key` last time. */
static inline void follow(struct walk *walk, struct frame *frame, struct json_guess *key)
{
    frame->key = key;
    frame->link = key != NULL ? &key->next : &walk->scanner->no_guess;
}

/* The child for a key that was not guessed, or NULL. Unless it has escapes, it will be guessed. */
static const struct json_node *find_child(struct walk *walk, struct frame *frame, struct str key)
{
    struct json_scanner *scanner = walk->scanner;
    bool escaped = walk->has_backslash && str_find_byte(key, '\\') != STR_NOT_FOUND;
    if (escaped) {
        arena_reset(scanner->keys);
        key = json_unescape(scanner->keys, key);
    }
    uint64_t head = key_head(walk, key);
    uint32_t found = json_child(frame->node, key, head);
    const struct json_node *child = found == 0 ? NULL : &walk->nodes[found];
    uint32_t slot = escaped ? 0 : json_guess_slot(frame->owner, head, key.len);
    struct json_guess *guess = NULL;
    if (slot != 0) {
        guess = &scanner->guesses[slot];
        if (!json_guess_is(guess, frame->owner, key)) {
            json_guess_learn(guess, frame->owner, key, child);
        }
    }
    *frame->link = slot;
    scanner->no_guess = 0;
    follow(walk, frame, guess);
    return child;
}

static inline void add_string(struct walk *walk, field_id field, struct str inside)
{
    bool escaped = walk->has_backslash && str_find_byte(inside, '\\') != STR_NOT_FOUND;
    event_add(walk->event, field, inside.ptr, inside.len, VALUE_STRING, escaped);
}

/* The closing quote of the string that opens at `at`. */
static inline const char *string_end(const struct walk *walk, const char *at)
{
    return walk->text + json_next_structural(walk->index, (size_t)(at - walk->text));
}

/* `at` is a bracket that opens. Moves behind its partner. */
static const char *skip_container(struct walk *walk, const char *at)
{
    uint64_t *outer = walk->scanner->skipped_arrays;
    uint64_t arrays = 0; /* a bit a level, the innermost lowest; those of 64 levels go to outer */
    uint32_t depth = 0;
    for (;;) {
        char c = *at;
        uint64_t array = (c & 0x20) == 0 ? 1 : 0; /* [ and ] lack the bit that { and } have */
        if ((c & 2) != 0) {                       /* { and [ have it, } and ] have not */
            if (walk->depth + depth >= LIMIT_JSON_DEPTH) {
                return fail(walk, at, JSON_TOO_DEEP);
            }
            if (depth % 64 == 0) {
                outer[depth / 64] = arrays;
            }
            arrays = arrays << 1 | array;
            depth++;
        } else {
            /* The last bracket closes the root, so it can't be reached in here. */
            if ((arrays & 1) != array || at == walk->last) {
                return fail(walk, at, JSON_INVALID);
            }
            depth--;
            if (depth == 0) {
                return at + 1;
            }
            arrays = depth % 64 == 0 ? outer[depth / 64] : arrays >> 1;
        }
        if (at == walk->last) {
            return fail(walk, at, JSON_INVALID);
        }
        at = walk->text + json_next_bracket(walk->index, (size_t)(at - walk->text));
    }
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
static const char *walk_scalar(struct walk *walk, const char *at, field_id field)
{
    /* The usual ones, which need no look at every byte. There are four: the root's end is behind.
     */
    bool usual = at + 4 < walk->last && ends_scalar(at[4]);
    if (usual && memcmp(at, "true", 4) == 0) {
        event_add(walk->event, field, at, 4, VALUE_BOOL, false);
        return at + 4;
    }
    if (usual && memcmp(at, "null", 4) == 0) {
        event_add(walk->event, field, at, 4, VALUE_NULL, false);
        return at + 4;
    }
    const char *end = at;
    while (!ends_scalar(*end)) {
        end++;
    }
    struct str scalar = {at, (size_t)(end - at)};
    enum value_kind kind = VALUE_NUMBER;
    if (str_equal(scalar, STR("null"))) {
        kind = VALUE_NULL;
    } else if (str_equal(scalar, STR("true")) || str_equal(scalar, STR("false"))) {
        kind = VALUE_BOOL;
    } else if (!number_valid(scalar)) {
        return fail(walk, at, JSON_INVALID);
    }
    event_add(walk->event, field, scalar.ptr, scalar.len, kind, false);
    return end;
}

/* Makes the container that opens at `at` the innermost frame. */
static void enter(struct walk *walk, const char *at, const struct json_node *node)
{
    struct frame *outer = &walk->scanner->frames[walk->depth - 1];
    struct frame *frame = &walk->scanner->frames[walk->depth++];
    /* An array's elements begin as the value of the array's key does. */
    uint32_t *link = outer->close == ']'  ? outer->link
                     : outer->key == NULL ? &walk->scanner->no_guess
                                          : &outer->key->inside;
    *frame = (struct frame){
        .node = node,
        .start = at,
        .owner = walk->owner + (uint64_t)(node - walk->nodes),
        .link = link,
        .close = *at == '{' ? '}' : ']',
    };
    walk->opened = true;
}

/* Enters the container at `at`, or skips it when nothing inside is wanted. */
static const char *walk_container(struct walk *walk, const char *at, const struct json_node *node)
{
    char c = *at;
    if (node == NULL || (node->children_count == 0 && c == '{')) {
        const char *end = skip_container(walk, at);
        if (end != NULL && node != NULL) {
            event_add(walk->event, node->field, at, (size_t)(end - at), VALUE_OBJECT,
                      walk->has_backslash);
        }
        return end;
    }
    if (walk->depth >= LIMIT_JSON_DEPTH) {
        return fail(walk, at, JSON_TOO_DEEP);
    }
    enter(walk, at, node);
    return at + 1;
}

/* The value at `at`; node is its place in the trie, or NULL when nobody wants it. */
static inline const char *walk_value(struct walk *walk, const char *at,
                                     const struct json_node *node)
{
    if (*at == '"') {
        const char *end = string_end(walk, at);
        if (node != NULL && node->field != FIELD_NONE) {
            add_string(walk, node->field, (struct str){at + 1, (size_t)(end - at) - 1});
        }
        return end + 1;
    }
    if (*at == '{' || *at == '[') {
        return walk_container(walk, at, node);
    }
    return walk_scalar(walk, at, node == NULL ? FIELD_NONE : node->field);
}

/* A key that was not guessed, and its colon. *child gets the key's node or NULL. */
static const char *walk_unknown_key(struct walk *walk, struct frame *frame, const char *at,
                                    const struct json_node **child)
{
    if (*at != '"') {
        return fail(walk, at, JSON_INVALID);
    }
    const char *end = string_end(walk, at);
    *child = find_child(walk, frame, (struct str){at + 1, (size_t)(end - at) - 1});
    at = skip_space(end + 1);
    return *at == ':' ? at + 1 : fail(walk, at, JSON_INVALID);
}

/* The key at `at` and its colon. */
static inline const char *walk_key(struct walk *walk, struct frame *frame, const char *at,
                                   const struct json_node **child)
{
    struct json_guess *guess = &walk->scanner->guesses[*frame->link];
    if (walk->last - at < (ptrdiff_t)JSON_GUESS_BYTES ||
        !json_guess_holds(guess, frame->owner, at)) {
        return walk_unknown_key(walk, frame, at, child);
    }
    *child = guess->child;
    follow(walk, frame, guess);
    return at + guess->len;
}

/* The members of an object, from the key at `at`: ends behind a value that is not followed by a
 * comma and another key at once, or behind a bracket that opened. */
static const char *walk_members(struct walk *walk, const char *at)
{
    struct frame *frame = &walk->scanner->frames[walk->depth - 1];
    for (;;) {
        const struct json_node *node = NULL;
        at = walk_key(walk, frame, at, &node);
        if (at == NULL) {
            return NULL;
        }
        if ((unsigned char)*at <= ' ') {
            at = skip_space(at);
        }
        at = walk_value(walk, at, node);
        if (at == NULL || walk->opened || at[0] != ',' || at[1] != '"') {
            return at;
        }
        at++;
    }
}

/* The closing bracket at `at` ends the innermost frame. */
static const char *leave(struct walk *walk, const char *at, bool empty)
{
    const struct frame *frame = &walk->scanner->frames[--walk->depth];
    size_t len = (size_t)(at + 1 - frame->start);
    if (frame->node->field != FIELD_NONE && frame->close == '}') {
        event_add(walk->event, frame->node->field, frame->start, len, VALUE_OBJECT,
                  walk->has_backslash);
    } else if (frame->node->field != FIELD_NONE && empty) {
        event_add(walk->event, frame->node->field, frame->start, len, VALUE_ARRAY, false);
    }
    if (walk->depth > 0 && at == walk->last) {
        return fail(walk, at, JSON_INVALID);
    }
    return at + 1;
}

/* From behind a value to the next member or element: over commas and closing brackets. The walk is
 * over when no frame is left. */
static inline const char *walk_on(struct walk *walk, const char *at)
{
    bool empty = walk->opened;
    walk->opened = false;
    for (;;) {
        if ((unsigned char)*at <= ' ') {
            at = skip_space(at);
        }
        if (*at == walk->scanner->frames[walk->depth - 1].close) {
            at = leave(walk, at, empty);
            empty = false;
            if (at == NULL || walk->depth == 0) {
                return at;
            }
            continue;
        }
        if (empty) {
            return at;
        }
        if (*at != ',') {
            return fail(walk, at, JSON_INVALID);
        }
        at++;
        return (unsigned char)*at <= ' ' ? skip_space(at) : at;
    }
}

/* Is the text something that the walk may enter: { first, } last? Else why not. */
static enum json_verdict check_ends(struct json_scanner *scanner, struct str text, size_t *start,
                                    size_t *last)
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
    if (index->in_string || end < first + 2 || text.ptr[end - 1] != '}') {
        scanner->error_at = end > first ? end - 1 : first;
        return JSON_INVALID;
    }
    *start = first;
    *last = end - 1;
    return JSON_OK;
}

enum json_verdict json_project(struct json_scanner *scanner, const struct json_paths *paths,
                               struct str text, struct event *event)
{
    struct json_index *index = &scanner->index;
    size_t start = 0;
    size_t last = 0;
    json_index_build(index, text);
    enum json_verdict verdict = check_ends(scanner, text, &start, &last);
    if (verdict != JSON_OK) {
        return verdict;
    }
    struct walk walk = {
        .scanner = scanner,
        .nodes = paths->nodes,
        .owner = paths->serial << 32,
        .event = event,
        .index = index,
        .text = text.ptr,
        .last = text.ptr + last,
        .depth = 1,
        .opened = true,
        .has_backslash = index->has_backslash,
    };
    scanner->frames[0] = (struct frame){.node = &paths->nodes[0],
                                        .start = text.ptr + start,
                                        .owner = walk.owner,
                                        .link = &scanner->first_guess,
                                        .close = '}'};
    const char *at = walk_on(&walk, text.ptr + start + 1);
    while (at != NULL && walk.depth > 0) {
        const struct frame *frame = &scanner->frames[walk.depth - 1];
        at = frame->close == '}' ? walk_members(&walk, at) : walk_value(&walk, at, frame->node);
        if (at != NULL) {
            at = walk_on(&walk, at);
        }
    }
    if (at != NULL && at != walk.last + 1) {
        fail(&walk, at, JSON_INVALID);
    }
    return walk.verdict;
}
