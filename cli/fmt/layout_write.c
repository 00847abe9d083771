/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_write.c - see layout.h: entries in canonical order, indented by four.
 */
#include "cli/fmt/layout.h"

#include "base/memory.h"

#define INDENT 4

/* The order of a map's keys. Those before NULL come first, in this order; "*" stands for all
 * others, in the order of the text. */
static const char *const document_order[] = {
    "action",         "title",     "id",         "name",        "related", "taxonomy", "status",
    "description",    "license",   "references", "author",      "date",    "modified", "tags",
    "scope",          "logsource", "detection",  "correlation", "filter",  "*",        "fields",
    "falsepositives", "level",     "generate",   "tocsin",      NULL};
static const char *const logsource_order[] = {"category", "product",    "service",
                                              "*",        "definition", NULL};
static const char *const detection_order[] = {"rules", "*", "timeframe", "condition", NULL};
static const char *const correlation_order[] = {"type",     "rules", "aliases",   "group-by",
                                                "timespan", "*",     "condition", NULL};
static const char *const given_order[] = {"*", NULL};

struct order_row {
    const char *key; /* of the document */
    const char *const *order;
};

static const struct order_row order_rows[] = {
    {"logsource", logsource_order},
    {"detection", detection_order},
    {"filter", detection_order},
    {"correlation", correlation_order},
    {NULL, given_order},
};

static const char *const *order_of(struct str key)
{
    const struct order_row *row = order_rows;
    while (row->key != NULL && !str_equal(key, str_of(row->key))) {
        row++;
    }
    return row->order;
}

static void add_spaces(struct buffer *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_add_byte(out, ' ');
    }
}

static void add_comments(const struct layout_comments *comments, uint32_t indent,
                         struct buffer *out)
{
    for (uint32_t i = 0; i < comments->count; i++) {
        add_spaces(out, indent);
        buffer_add(out, comments->items[i]);
        buffer_add_byte(out, '\n');
    }
}

static void add_behind(const struct layout_entry *entry, struct buffer *out)
{
    if (entry->behind.len > 0) {
        add_spaces(out, entry->behind_space);
        buffer_add(out, entry->behind);
    }
}

/* White space in front of a line, at most so much. */
static uint32_t indent_of(struct str line)
{
    uint32_t count = 0;
    while (count < line.len && line.ptr[count] == ' ') {
        count++;
    }
    return count;
}

/* Takes a line off the front of text, without its end. */
static struct str take_line(struct str *text)
{
    size_t end = str_find_byte(*text, '\n');
    struct str line = str_slice(*text, 0, end);
    *text = end == STR_NOT_FOUND ? STR("") : str_slice(*text, end + 1, text->len);
    return line;
}

/* What stands behind | or >, each line indented anew, and nothing behind the last one with text. */
static void add_block(struct str text, uint32_t indent, struct buffer *out)
{
    struct str header = str_trim(take_line(&text));
    bool keeps = str_find_byte(str_slice(header, 0, 3), '+') != STR_NOT_FOUND;
    uint32_t old = UINT32_MAX;
    uint32_t empty = 0;
    buffer_add(out, header);
    buffer_add_byte(out, '\n');
    while (text.len > 0) {
        struct str line = take_line(&text);
        bool blank = indent_of(line) == line.len;
        if (old == UINT32_MAX && !blank) {
            old = indent_of(line);
        }
        struct str rest = str_slice(line, old == UINT32_MAX ? line.len : old, line.len);
        if (rest.len == 0 && !keeps) {
            empty++;
            continue;
        }
        for (; empty > 0; empty--) {
            buffer_add_byte(out, '\n');
        }
        add_spaces(out, rest.len > 0 ? indent : 0);
        buffer_add(out, rest);
        buffer_add_byte(out, '\n');
    }
}

/* A scalar, [ ] or { }: its further lines indented anew. */
static void add_text(const struct layout_entry *entry, uint32_t indent, struct buffer *out)
{
    struct str text = entry->value->text;
    if (text.len > 0) {
        buffer_add_byte(out, ' ');
    }
    if (entry->value->is_block) {
        add_block(text, indent, out);
        return;
    }
    buffer_add(out, take_line(&text));
    while (text.len > 0) {
        struct str line = str_trim(take_line(&text));
        buffer_add_byte(out, '\n');
        add_spaces(out, line.len > 0 ? indent : 0);
        buffer_add(out, line);
    }
    add_behind(entry, out);
    buffer_add_byte(out, '\n');
}

static void write_node(const struct layout_node *node, const char *const *order, uint32_t indent,
                       bool inline_first, struct buffer *out);

static void write_entry(const struct layout_entry *entry, bool in_list, uint32_t indent,
                        bool is_inline, struct buffer *out)
{
    bool is_root = indent == 0 && !in_list;
    add_spaces(out, is_inline ? 0 : indent);
    if (in_list) {
        buffer_add_byte(out, '-');
    } else {
        buffer_add(out, entry->key);
        buffer_add_byte(out, ':');
    }
    if (entry->value->kind == LAYOUT_TEXT) {
        add_text(entry, indent + (in_list ? 2 : INDENT), out);
        return;
    }
    if (in_list) { /* its first entry stands behind the dash */
        buffer_add_byte(out, ' ');
        write_node(entry->value, given_order, indent + 2, true, out);
        return;
    }
    add_behind(entry, out);
    buffer_add_byte(out, '\n');
    write_node(entry->value, is_root ? order_of(entry->key) : given_order, indent + INDENT, false,
               out);
}

static bool is_named(const char *const *order, struct str key)
{
    for (; *order != NULL; order++) {
        if (str_equal(key, str_of(*order))) {
            return true;
        }
    }
    return false;
}

/* The comments in front of an entry; of a list's item also those of its first entry, which stands
 * behind the dash, and what has no place behind the item itself. */
static void add_before(const struct layout_entry *entry, bool in_list, uint32_t indent,
                       struct buffer *out)
{
    bool opens = in_list && entry->value->kind != LAYOUT_TEXT;
    add_comments(&entry->before, indent, out);
    if (entry->behind.len > 0 && (opens || entry->value->is_block)) {
        const struct layout_comments behind = {
            .items = &(struct str){entry->behind.ptr, entry->behind.len}, .count = 1};
        add_comments(&behind, indent, out);
    }
    if (opens) {
        add_before(&entry->value->entries[0], entry->value->kind == LAYOUT_LIST, indent, out);
    }
}

/* Where the next entry of a node is written. */
enum write_place { WRITE_INLINE, WRITE_FIRST, WRITE_LATER };

static void write_one(const struct layout_node *node, uint32_t i, uint32_t indent,
                      enum write_place place, struct buffer *out)
{
    const struct layout_entry *entry = &node->entries[i];
    bool in_list = node->kind == LAYOUT_LIST;
    if (place != WRITE_INLINE) {
        if (entry->gap && indent > 0 && place == WRITE_LATER) {
            buffer_add_byte(out, '\n');
        }
        add_before(entry, in_list, indent, out);
    }
    write_entry(entry, in_list, indent, place == WRITE_INLINE, out);
}

static void write_node(const struct layout_node *node, const char *const *order, uint32_t indent,
                       bool inline_first, struct buffer *out)
{
    enum write_place place = inline_first ? WRITE_INLINE : WRITE_FIRST;
    for (const char *const *wanted = order; *wanted != NULL; wanted++) {
        bool others = strcmp(*wanted, "*") == 0;
        for (uint32_t i = 0; i < node->count; i++) {
            struct str key = node->entries[i].key;
            bool now = others ? node->kind == LAYOUT_LIST || !is_named(order, key)
                              : node->kind == LAYOUT_MAP && str_equal(key, str_of(*wanted));
            if (now) {
                write_one(node, i, indent, place, out);
                place = WRITE_LATER;
            }
        }
    }
    add_comments(&node->after, indent, out);
}

void layout_write(const struct layout *layout, struct buffer *out)
{
    for (uint32_t i = 0; i < layout->documents_count; i++) {
        const struct layout_document *document = &layout->documents[i];
        if (i > 0) {
            buffer_add_text(out, "---\n");
        }
        add_comments(&document->head, 0, out);
        write_node(document->root, document_order, 0, false, out);
    }
}
