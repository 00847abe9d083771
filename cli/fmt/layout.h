/* SPDX-License-Identifier: Apache-2.0
 *
 * layout.h - a YAML file as it is laid out: entries with their comments, values as they stand.
 *
 * In:  a text.   Out: the same in canonical order and indentation.
 * Thread: one.   Owns: nothing; all is in the caller's arena.
 * Invariants: (1) the text of scalars and of [ ] and { } is kept, but for its indentation.
 *             (2) every comment is in the result, once.
 * Bounds: LIMIT_RULE_FILE_BYTES; nesting LIMIT_RULE_DEPTH; linear but for the keys of one map.
 * Tested: tests/property/test_fmt_meaning.c, tests/golden/test_fmt.sh, tests/fuzz/fuzz_fmt.c.
 */
#ifndef TOCSIN_CLI_FMT_LAYOUT_H
#define TOCSIN_CLI_FMT_LAYOUT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/convert/source_text.h"

#include <stdbool.h>
#include <stdint.h>

enum layout_kind { LAYOUT_TEXT, LAYOUT_MAP, LAYOUT_LIST };

/* Comments, each with its # and without white space around it. */
struct layout_comments {
    struct str *items;
    uint32_t count;
    uint32_t capacity;
};

struct layout_node;

struct layout_entry {
    struct str key; /* of a map: as it stands; "" in a list */
    uint32_t line;  /* where the entry begins, from 1 */
    uint32_t column;
    struct layout_comments before;
    struct str behind;     /* the comment on its line, or "" */
    uint32_t behind_space; /* white space before that: comments may be aligned */
    bool gap;              /* an empty line stood before it */
    struct layout_node *value;
};

struct layout_node {
    enum layout_kind kind;
    struct str text; /* LAYOUT_TEXT */
    bool is_block;   /* LAYOUT_TEXT behind | or > */
    uint32_t end_line;
    struct layout_node *parent;
    struct layout_entry *entries;
    uint32_t count;
    uint32_t capacity;
    struct layout_comments after; /* behind the last entry */
};

struct layout_document {
    uint32_t line; /* of its ---; 0: it has none */
    struct layout_comments head;
    struct layout_node *root; /* a map */
};

/* A range of the text that is a key or a value, and so has no comment. */
struct layout_range {
    size_t start;
    size_t end;
};

/* An entry in the order of the text. */
struct layout_place {
    struct layout_node *parent;
    uint32_t index;
    uint32_t document;
};

struct layout {
    struct arena *arena;
    struct source_text source;
    struct layout_comments comments; /* all of them, in the order of the text */
    struct layout_document *documents;
    uint32_t documents_count;
    uint32_t documents_capacity;
    struct layout_range *ranges;
    uint32_t ranges_count;
    uint32_t ranges_capacity;
    struct layout_place *places;
    uint32_t places_count;
    uint32_t places_capacity;
};

/* ERR_CONFIG with "name:line: why it can't be laid out anew". */
int layout_read(struct layout *layout, struct arena *arena, const char *name, struct str text,
                struct err *err);
void layout_release(struct layout *layout);
/* layout_comments.c: gives every comment its place. ERR_CONFIG likewise. */
int layout_attach_comments(struct layout *layout, const char *name, struct err *err);
/* layout_write.c */
void layout_write(const struct layout *layout, struct buffer *out);

/* The text in canonical form, in out. ERR_CONFIG: it can't be brought there without losing
 * something; err says what, and where. */
int layout_format(const char *name, struct str text, struct buffer *out, struct err *err);

#endif
