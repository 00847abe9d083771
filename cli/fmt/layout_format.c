/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_format.c - see layout.h: reads, writes, and compares what came out with what went in.
 */
#include "base/memory.h"
#include "base/yaml.h"
#include "cli/fmt/layout.h"

#include <stdlib.h>

/* The text with \n at the end of its lines; false when YAML would see other line ends in it. */
static bool unify_lines(struct str text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        struct str rest = str_slice(text, i, text.len);
        if (str_starts_with(rest, STR("\r\n"))) {
            continue;
        }
        if (rest.ptr[0] == '\r' || str_starts_with(rest, STR("\xC2\x85")) ||
            str_starts_with(rest, STR("\xE2\x80\xA8")) ||
            str_starts_with(rest, STR("\xE2\x80\xA9")) ||
            str_starts_with(rest, STR("\xEF\xBB\xBF"))) {
            return false;
        }
        buffer_add_byte(out, rest.ptr[0]);
    }
    if (out->len > 0 && out->ptr[out->len - 1] != '\n') {
        buffer_add_byte(out, '\n');
    }
    return true;
}

/* Equal but for the order of maps. Depth: at most LIMIT_RULE_DEPTH, which yaml_parse sees to. */
static bool same_tree(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a->kind != b->kind || a->count != b->count || a->quoted != b->quoted ||
        !str_equal(a->text, b->text)) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        bool map = a->kind == YAML_MAPPING;
        const struct yaml_node *left = map ? a->pairs[i].value : a->items[i];
        const struct yaml_node *right = map ? yaml_get_str(b, a->pairs[i].key->text) : b->items[i];
        if (right == NULL || !same_tree(left, right)) {
            return false;
        }
    }
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool same_comments(struct layout_comments *a, struct layout_comments *b)
{
    if (a->count != b->count) {
        return false;
    }
    if (a->count > 0) {
        qsort(a->items, a->count, sizeof *a->items, compare_texts);
        qsort(b->items, b->count, sizeof *b->items, compare_texts);
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!str_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

/* Compares the result with what it was made of. */
static int check(struct layout *layout, const char *name, struct str result, struct err *err)
{
    struct arena *arena = layout->arena;
    struct yaml_documents before = {0};
    struct yaml_documents after = {0};
    struct layout again = {0};
    if (yaml_parse(arena, name, layout->source.text, &before, err) != 0) {
        return err->code;
    }
    bool same = yaml_parse(arena, name, result, &after, err) == 0 && before.count == after.count;
    for (size_t i = 0; same && i < before.count; i++) {
        same = same_tree(before.roots[i], after.roots[i]);
    }
    if (!same) {
        return err_set(err, ERR_CONFIG,
                       "%s:1: its meaning would change: a text over several lines "
                       "is written in an unusual way",
                       name);
    }
    same = layout_read(&again, arena, name, result, err) == 0 &&
           layout_attach_comments(&again, name, err) == 0 &&
           same_comments(&layout->comments, &again.comments);
    layout_release(&again);
    return same ? 0 : err_set(err, ERR_CONFIG, "%s:1: a comment would be lost", name);
}

int layout_format(const char *name, struct str text, struct buffer *out, struct err *err)
{
    struct layout layout = {0};
    struct buffer unified = {0};
    struct arena *arena = arena_new(0);
    size_t start = out->len;
    int failed = 0;
    if (!unify_lines(text, &unified)) {
        failed = err_set(err, ERR_CONFIG,
                         "%s:1: it has line ends other than LF and CRLF, or a "
                         "byte order mark",
                         name);
    }
    if (failed == 0) {
        failed = layout_read(&layout, arena, name, buffer_str(&unified), err);
    }
    if (failed == 0) {
        failed = layout_attach_comments(&layout, name, err);
    }
    if (failed == 0 && layout.documents_count > 0) {
        layout_write(&layout, out);
        failed = check(&layout, name, str_slice(buffer_str(out), start, out->len), err);
    } else if (failed == 0) {
        buffer_add(out, text);
    }
    out->len = failed == 0 ? out->len : start;
    layout_release(&layout);
    buffer_release(&unified);
    arena_free(arena);
    return failed;
}
