/* SPDX-License-Identifier: Apache-2.0
 *
 * source_text.c - see source_text.h.
 */
#include "cli/convert/source_text.h"

#include "base/ensure.h"
#include "base/memory.h"
#include "base/utf8.h"

static void add_line(struct source_text *source, size_t offset)
{
    MEMORY_GROW(source->lines, source->lines_count, source->lines_capacity);
    source->lines[source->lines_count++] = offset;
}

void source_text_init(struct source_text *source, struct str text)
{
    *source = (struct source_text){.text = text};
    add_line(source, 0);
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '\n') {
            add_line(source, i + 1);
        }
    }
    add_line(source, text.len);
    source->lines_count--;
}

void source_text_release(struct source_text *source)
{
    memory_free(source->lines);
    memory_free(source->changes);
    *source = (struct source_text){0};
}

struct str source_text_line(const struct source_text *source, uint32_t line)
{
    if (line == 0 || line > source->lines_count) {
        return (struct str){source->text.ptr + source->text.len, 0};
    }
    size_t start = source->lines[line - 1];
    return str_slice(source->text, start, source->lines[line] - start);
}

size_t source_text_offset(const struct source_text *source, uint32_t line, uint32_t column)
{
    struct str rest = source_text_line(source, line);
    for (uint32_t i = 1; i < column && rest.len > 0; i++) {
        uint32_t code = 0;
        size_t len = utf8_decode(rest, &code);
        rest = (struct str){rest.ptr + len, rest.len - len};
    }
    return (size_t)(rest.ptr - source->text.ptr);
}

void source_text_change(struct source_text *source, size_t offset, size_t removed, struct str added)
{
    MEMORY_GROW(source->changes, source->changes_count, source->changes_capacity);
    source->changes[source->changes_count++] = (struct source_change){offset, removed, added};
}

void source_text_write(const struct source_text *source, struct buffer *out)
{
    size_t at = 0;
    for (uint32_t i = 0; i < source->changes_count; i++) {
        const struct source_change *change = &source->changes[i];
        ENSURE(change->offset >= at && change->offset + change->removed <= source->text.len);
        buffer_add(out, str_slice(source->text, at, change->offset - at));
        buffer_add(out, change->added);
        at = change->offset + change->removed;
    }
    buffer_add(out, str_slice(source->text, at, source->text.len));
}
