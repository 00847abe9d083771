/* SPDX-License-Identifier: Apache-2.0
 *
 * source_text.h - a text whose lines can be found, and changes of it by place.
 *
 * In:  a text, places in it.   Out: offsets; the text with all changes.
 * Thread: one.   Owns: its lists until source_text_release; changes' texts are the caller's.
 * Invariants: (1) changes do not overlap, and are added in the order of their places.
 * Bounds: linear in the text.
 */
#ifndef TOCSIN_CLI_CONVERT_SOURCE_TEXT_H
#define TOCSIN_CLI_CONVERT_SOURCE_TEXT_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdint.h>

struct source_change {
    size_t offset;
    size_t removed;
    struct str added;
};

struct source_text {
    struct str text;
    size_t *lines; /* offset of each line's beginning; one more for the end */
    uint32_t lines_count;
    uint32_t lines_capacity;
    struct source_change *changes;
    uint32_t changes_count;
    uint32_t changes_capacity;
};

void source_text_init(struct source_text *source, struct str text);
void source_text_release(struct source_text *source);
/* The offset of a place as YAML counts: line and column, in characters, from 1. */
size_t source_text_offset(const struct source_text *source, uint32_t line, uint32_t column);
/* The line with its end; "" behind the last. */
struct str source_text_line(const struct source_text *source, uint32_t line);
void source_text_change(struct source_text *source, size_t offset, size_t removed,
                        struct str added);
/* Adds the text with its changes to out. */
void source_text_write(const struct source_text *source, struct buffer *out);

#endif
