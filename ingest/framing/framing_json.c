/* SPDX-License-Identifier: Apache-2.0
 *
 * framing_json.c - streams of JSON values: one a line, several lines a value, documents with a
 * list.
 *
 * At the top level a value ends as follows.
 *   1. An object whose key "Records" (or "Events") opens a list, before a line that begins with {,
 *      or a list at the top: its elements are the records, cut one by one however long the document
 *      is.
 *   2. A line that ends with } before a line that begins with { (or before the end) is one value,
 *      or several that follow each other without a line end.
 *   3. A line that is not whole, before a line that begins with {: a broken record, alone.
 *   4. Else the value goes on over the next lines (pretty printing) up to its closing bracket.
 * Each decision waits until the bytes that it rests on are there, so cuts don't matter. Only
 * brackets and strings are looked at; the decoder judges the grammar.
 */
#include "ingest/framing/framing_internal.h"

#include "base/limits.h"
#include "ingest/json/json.h"

/* How far into a value its list may begin: keys before "Records" are few and short. */
#define LIST_SEARCH_BYTES 4096

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at])) {
        at++;
    }
    return at;
}

enum list_search { LIST_FOUND, LIST_NONE, LIST_UNDECIDED };

/* One key of the object and its colon at *at; *key gets it. False when it is not there whole: then
 * *at is where something else stands, or the text's end when only the rest is missing. */
static bool take_key(struct str text, size_t *at, struct str *key)
{
    size_t start = skip_space(text, *at);
    if (start == text.len || text.ptr[start] != '"') {
        *at = start;
        return false;
    }
    size_t end = json_value_end(str_slice(text, start, text.len));
    if (end == STR_NOT_FOUND) {
        *at = text.len;
        return false;
    }
    *key = str_slice(text, start + 1, end - 2);
    *at = skip_space(text, start + end);
    if (*at >= text.len || text.ptr[*at] != ':') {
        return false;
    }
    *at = skip_space(text, *at + 1);
    return *at < text.len;
}

/* Where a list may begin: in the first LIST_SEARCH_BYTES, and before a line that begins like a
 * record. Else each of many broken lines would be searched as far as that. */
static struct str list_head(struct str text)
{
    struct str head = str_slice(text, 0, LIST_SEARCH_BYTES);
    size_t at = 0;
    for (;;) {
        size_t newline = str_find_byte(str_slice(head, at, head.len), '\n');
        if (newline == STR_NOT_FOUND) {
            return head;
        }
        at += newline + 1;
        if (at < text.len && text.ptr[at] == '{') {
            return str_slice(head, 0, at);
        }
    }
}

/* Is text an object with a list of records? *list gets the offset behind the list's bracket. */
static enum list_search find_list(const struct framing *framing, struct str text, size_t *list)
{
    struct str head = list_head(text);
    enum list_search missing = head.len == text.len && !framing->end ? LIST_UNDECIDED : LIST_NONE;
    size_t at = 1;
    for (;;) {
        struct str key;
        if (!take_key(head, &at, &key)) {
            return at < head.len ? LIST_NONE : missing;
        }
        key = json_unescape(framing->batch->arena, key);
        bool wanted = str_equal(key, STR("Records")) || str_equal(key, STR("Events"));
        if (wanted && head.ptr[at] == '[') {
            *list = at + 1;
            return LIST_FOUND;
        }
        size_t value = json_value_end(str_slice(head, at, head.len));
        if (value == STR_NOT_FOUND) {
            return missing;
        }
        at = skip_space(head, at + value);
        if (at >= head.len) {
            return missing;
        }
        if (head.ptr[at] != ',') {
            return LIST_NONE;
        }
        at++;
    }
}

/* What most lines begin with has no list: it is not worth a search. */
static bool is_plain_record(struct str text)
{
    return str_starts_with(text, STR("{\"eventVersion\""));
}

/* Passes over the rest of an over-long element or of a document behind its list. Returns the bytes
 * passed; the value is over when neither a bracket nor a string is open. A backslash takes the next
 * quote's meaning away outside strings, too, as for json_value_end: broken text must end at one
 * place for both. */
static size_t pass_over(struct str text, struct framer *framer)
{
    size_t at = 0;
    for (; at < text.len && (framer->skip_depth > 0 || framer->skip_string); at++) {
        char c = text.ptr[at];
        bool escaped = framer->skip_escape;
        framer->skip_escape = c == '\\' && !escaped;
        if (c == '"') {
            framer->skip_string ^= !escaped;
        } else if (!framer->skip_string && (c == '{' || c == '[')) {
            framer->skip_depth++;
        } else if (!framer->skip_string && (c == '}' || c == ']')) {
            framer->skip_depth--;
        }
    }
    framer->skip_value = framer->skip_depth > 0 || framer->skip_string;
    return at;
}

/* The element at `at` is longer than the limit and not whole yet: its beginning is dead-lettered,
 * the rest will be passed over. */
static size_t cut_long_element(struct framing *framing, struct framer *framer, struct str text,
                               size_t at)
{
    struct str rest = str_slice(text, at, text.len);
    framing_emit_fault(framing, text, at, rest.len, RECORD_FAULT_OVERSIZE);
    framer->skip_string = text.ptr[at] == '"';
    framer->skip_depth = framer->skip_string ? 0 : 1;
    framer->skip_escape = false;
    pass_over(str_slice(rest, 1, rest.len), framer);
    return text.len;
}

/* The end of what is no object or list: up to the next comma, closing bracket or white space. */
static size_t junk_end(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && !is_space(text.ptr[end]) && strchr(",]}{[", text.ptr[end]) == NULL) {
        end++;
    }
    return end;
}

/* One element of the list at `at`. Returns the offset behind it, or `at` when it is not whole. */
static size_t take_element(struct framing *framing, struct framer *framer, struct str text,
                           size_t at)
{
    struct str rest = str_slice(text, at, text.len);
    char c = text.ptr[at];
    if (c != '{' && c != '[' && c != '"') {
        size_t end = junk_end(text, at);
        if (end == text.len && !framing->end) {
            return at;
        }
        framing_emit(framing, text, at, end - at);
        return end;
    }
    size_t len = json_value_end(rest);
    if (len != STR_NOT_FOUND && len <= framing->options->document_record_bytes_max) {
        framing_emit(framing, text, at, len);
        return at + len;
    }
    if (len != STR_NOT_FOUND) {
        framing_emit_fault(framing, text, at, len, RECORD_FAULT_OVERSIZE);
        return at + len;
    }
    if (rest.len > framing->options->document_record_bytes_max) {
        return cut_long_element(framing, framer, text, at);
    }
    if (framing->end) {
        framing_emit_fault(framing, text, at, rest.len, RECORD_FAULT_TRUNCATED);
    }
    return framing->end ? text.len : at;
}

/* The list from `at` on. */
static size_t take_list(struct framing *framing, struct framer *framer, struct str text, size_t at)
{
    while (at < text.len) {
        at = skip_space(text, at);
        if (at < text.len && text.ptr[at] == ',') {
            at++;
            continue;
        }
        if (at >= text.len) {
            return at;
        }
        if (text.ptr[at] == ']') {
            framer->in_list = false;
            framer->skip_depth = framer->list_bare ? 0 : 1;
            framer->skip_string = framer->skip_escape = false;
            framer->skip_value = !framer->list_bare;
            return at + 1;
        }
        size_t next = take_element(framing, framer, text, at);
        if (next == at || framer->skip_value) {
            return next;
        }
        at = next;
    }
    return at;
}

/* Does a line that begins like a new record follow at `at`? False also when nothing follows;
 * *known: the bytes to tell are there. */
static bool new_record_follows(struct str text, size_t at, bool end, bool *known)
{
    while (at < text.len && (text.ptr[at] == '\n' || text.ptr[at] == '\r')) {
        at++;
    }
    *known = at < text.len || end;
    return at >= text.len || text.ptr[at] == '{';
}

/* A line longer than a record may be: perhaps values without line ends between them. */
static size_t take_long_line(struct framing *framing, struct framer *framer, struct str text,
                             size_t at, size_t len, bool newline)
{
    size_t limit = framing->options->record_bytes_max;
    size_t value = json_value_end(str_slice(text, at, limit));
    if (value != STR_NOT_FOUND) {
        framing_emit(framing, text, at, value);
        return at + value;
    }
    framing_emit_fault(framing, text, at, len, RECORD_FAULT_OVERSIZE);
    framer->skip_line = !newline;
    return at + len;
}

/* A value over several lines. Returns the offset behind it, or `at`. */
static size_t take_lines(struct framing *framing, struct framer *framer, struct str text, size_t at)
{
    struct str rest = str_slice(text, at, text.len);
    size_t limit = framing->options->record_bytes_max;
    size_t value = json_value_end(rest);
    if (value != STR_NOT_FOUND && value <= limit) {
        framing_emit(framing, text, at, value);
        return at + value;
    }
    if (value != STR_NOT_FOUND) {
        framing_emit_fault(framing, text, at, value, RECORD_FAULT_OVERSIZE);
        return at + value;
    }
    if (rest.len > limit) {
        return cut_long_element(framing, framer, text, at);
    }
    if (framing->end) {
        framing_emit_fault(framing, text, at, rest.len, RECORD_FAULT_TRUNCATED);
    }
    return framing->end ? text.len : at;
}

/* The first line of a value. */
struct first_line {
    size_t len;
    bool newline; /* its end is there */
    bool seam;    /* see framing_line.c */
};

/* A value without list. Returns the offset behind it, or `at` to wait. */
static size_t take_value(struct framing *framing, struct framer *framer, struct str text, size_t at,
                         struct first_line first)
{
    size_t len = first.len;
    bool newline = first.newline;
    struct str line = str_trim(str_slice(text, at, len));
    bool known = false;
    bool follows = new_record_follows(text, at + len, framing->end, &known);
    if (len > framing->options->record_bytes_max) {
        return take_long_line(framing, framer, text, at, len, newline);
    }
    if (!known && newline && json_value_end(line) == line.len) {
        /* Whole by itself, whatever follows: a followed file's last line must not wait. */
        framing_emit(framing, text, at, line.len);
        return at + len;
    }
    if (!known || (!newline && !framing->end)) {
        return at;
    }
    if (follows && line.ptr[line.len - 1] == '}' && !first.seam) {
        framing_emit(framing, text, at, line.len);
        return at + len;
    }
    size_t value = json_value_end(line);
    if (value != STR_NOT_FOUND) {
        framing_emit(framing, text, at, value);
        return at + value;
    }
    if (follows && newline) {
        framing_emit(framing, text, at, line.len); /* broken: the decoder says where */
        return at + len;
    }
    return take_lines(framing, framer, text, at);
}

/* What begins at `at`, which is no white space. Returns the offset behind it, or `at` to wait. */
static size_t take_top(struct framing *framing, struct framer *framer, struct str text, size_t at)
{
    struct str rest = str_slice(text, at, text.len);
    size_t list = 0;
    bool seam = false;
    size_t newline = framing_line_end(rest, &seam);
    bool line_whole = newline != STR_NOT_FOUND || framing->end;
    size_t len = newline != STR_NOT_FOUND ? newline : rest.len;
    if (rest.ptr[0] == '[') {
        framer->in_list = framer->list_bare = true;
        return at + 1;
    }
    if (rest.ptr[0] != '{') {
        /* A line of something else among JSON. */
        if (len > framing->options->record_bytes_max) {
            framing_emit_fault(framing, text, at, len, RECORD_FAULT_OVERSIZE);
            framer->skip_line = newline == STR_NOT_FOUND;
            return at + len;
        }
        if (line_whole) {
            framing_emit(framing, text, at, str_trim(str_slice(rest, 0, len)).len);
        }
        return line_whole ? at + len : at;
    }
    if (!is_plain_record(rest)) {
        enum list_search search = find_list(framing, rest, &list);
        if (search == LIST_FOUND) {
            framer->in_list = true;
            framer->list_bare = false;
            return at + list;
        }
        if (search == LIST_UNDECIDED) {
            return at; /* even if the line is whole: what it goes on with may be in the next one */
        }
    }
    struct first_line first = {len, newline != STR_NOT_FOUND, seam};
    return take_value(framing, framer, text, at, first);
}

size_t framing_json(struct framing *framing, struct framer *framer, struct str text)
{
    size_t at = 0;
    for (;;) {
        if (framer->skip_line) {
            size_t newline = str_find_byte(str_slice(text, at, text.len), '\n');
            framer->skip_line = newline == STR_NOT_FOUND;
            at = newline == STR_NOT_FOUND ? text.len : at + newline + 1;
        }
        if (framer->skip_value) {
            at += pass_over(str_slice(text, at, text.len), framer);
        }
        at = skip_space(text, at);
        if (at >= text.len) {
            return text.len;
        }
        size_t next = framer->in_list ? take_list(framing, framer, text, at)
                                      : take_top(framing, framer, text, at);
        if (next == at) {
            return at;
        }
        at = next;
    }
}
