/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_comments.c - see layout.h: to which entry a comment belongs.
 *
 * One behind something belongs to that. One on a line of its own belongs to the entry below it,
 * unless it stands further right than that: then to the end of the map or list above.
 */
#include "cli/fmt/layout.h"

#include "base/memory.h"

struct comment {
    struct str text;
    uint32_t line;
    uint32_t column;
    uint32_t space; /* white space before it */
    bool alone;     /* nothing stands before it on its line */
};

struct attacher {
    struct layout *layout;
    uint32_t next;     /* the first place whose entry begins behind the comment */
    uint32_t document; /* of the comment */
};

static struct layout_entry *entry_at(const struct layout *layout, uint32_t place)
{
    return &layout->places[place].parent->entries[layout->places[place].index];
}

static void add(struct layout *layout, struct layout_comments *comments, struct str text)
{
    comments->items = arena_grow(layout->arena, comments->items, comments->count,
                                 &comments->capacity, sizeof *comments->items);
    comments->items[comments->count++] = text;
}

/* The map or list above the comment to whose end it belongs, from that of the last entry on. */
static struct layout_node *container_of(const struct layout *layout, uint32_t last, uint32_t column)
{
    struct layout_node *node = layout->places[last].parent;
    while (node->parent != NULL && node->entries[0].column > column) {
        node = node->parent;
    }
    return node;
}

static bool is_around(const struct layout_node *outer, const struct layout_node *inner)
{
    while (inner != NULL && inner != outer) {
        inner = inner->parent;
    }
    return inner == outer;
}

static void attach_alone(struct attacher *attacher, const struct comment *comment)
{
    struct layout *layout = attacher->layout;
    struct layout_document *document = &layout->documents[attacher->document];
    bool has_last =
        attacher->next > 0 && layout->places[attacher->next - 1].document == attacher->document;
    bool has_next = attacher->next < layout->places_count &&
                    layout->places[attacher->next].document == attacher->document;
    if (!has_last) {
        add(layout, &document->head, comment->text);
        return;
    }
    struct layout_node *above = container_of(layout, attacher->next - 1, comment->column);
    if (!has_next) {
        add(layout, &above->after, comment->text);
        return;
    }
    struct layout_entry *next = entry_at(layout, attacher->next);
    bool deeper =
        comment->column > next->column && !is_around(above, layout->places[attacher->next].parent);
    add(layout, deeper ? &above->after : &next->before, comment->text);
}

static void attach_behind(struct attacher *attacher, const struct comment *comment)
{
    struct layout *layout = attacher->layout;
    if (attacher->next == 0 || layout->places[attacher->next - 1].document != attacher->document) {
        add(layout, &layout->documents[attacher->document].head, comment->text); /* behind --- */
        return;
    }
    struct layout_entry *entry = entry_at(layout, attacher->next - 1);
    if (entry->behind.len > 0) {
        add(layout, &entry->before, entry->behind);
    }
    entry->behind = comment->text;
    entry->behind_space = comment->space;
}

static void attach(struct attacher *attacher, const struct comment *comment)
{
    struct layout *layout = attacher->layout;
    add(layout, &layout->comments, comment->text);
    while (attacher->next < layout->places_count &&
           entry_at(layout, attacher->next)->line <= comment->line) {
        attacher->next++;
    }
    while (attacher->document + 1 < layout->documents_count &&
           layout->documents[attacher->document + 1].line <= comment->line) {
        attacher->document++;
    }
    if (comment->alone) {
        attach_alone(attacher, comment);
    } else {
        attach_behind(attacher, comment);
    }
}

/* Looks at one byte of the text that is neither key nor value. False: it can't be laid out. */
static bool look(const struct layout *layout, size_t at, size_t line_start, struct comment *comment)
{
    struct str text = layout->source.text;
    char before = at > line_start ? text.ptr[at - 1] : ' ';
    comment->text = STR("");
    if (text.ptr[at] == '?') {
        return false;
    }
    if (text.ptr[at] == '#' && (before == ' ' || before == '\t')) {
        struct str rest = str_slice(text, at, text.len);
        struct str head = str_slice(text, line_start, at - line_start);
        comment->text = str_trim(str_slice(rest, 0, str_find_byte(rest, '\n')));
        comment->alone = str_trim(head).len == 0;
        while (comment->space < head.len &&
               strchr(" \t", head.ptr[head.len - comment->space - 1]) != NULL) {
            comment->space++;
        }
        comment->column = (uint32_t)(at - line_start) + 1;
    }
    return true;
}

static void mark_gaps(struct layout *layout)
{
    for (uint32_t i = 0; i < layout->places_count; i++) {
        struct layout_entry *entry = entry_at(layout, i);
        uint32_t above = entry->line - 1;
        while (above > 0 &&
               str_starts_with(str_trim(source_text_line(&layout->source, above)), STR("#"))) {
            above--;
        }
        entry->gap = above > 0 && str_trim(source_text_line(&layout->source, above)).len == 0;
    }
}

int layout_attach_comments(struct layout *layout, const char *name, struct err *err)
{
    struct attacher attacher = {.layout = layout};
    struct str text = layout->source.text;
    uint32_t range = 0;
    uint32_t line = 1;
    size_t line_start = 0;
    for (size_t at = 0; at < text.len && layout->documents_count > 0; at++) {
        while (range < layout->ranges_count && at >= layout->ranges[range].end) {
            range++;
        }
        bool inside = range < layout->ranges_count && at >= layout->ranges[range].start;
        struct comment comment = {.line = line};
        if (!inside && !look(layout, at, line_start, &comment)) {
            return err_set(err, ERR_CONFIG, "%s:%u: a key that begins with ?", name, line);
        }
        if (!inside && comment.text.len > 0) {
            attach(&attacher, &comment);
            size_t end = str_find_byte(str_slice(text, at, text.len), '\n');
            at = end == STR_NOT_FOUND ? text.len - 1 : at + end;
        }
        if (text.ptr[at] == '\n') {
            line++;
            line_start = at + 1;
        }
    }
    mark_gaps(layout);
    return 0;
}
