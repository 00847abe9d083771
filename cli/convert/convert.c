/* SPDX-License-Identifier: Apache-2.0
 *
 * convert.c - see convert.h: the formats, and what they have in common.
 */
#include "cli/convert/convert.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>

const struct convert_format convert_format_table[] = {
    {"sigma", ".yml", ".yaml", convert_sigma},
    {"sagan", ".rules", "classification.config", convert_sagan},
    {"wazuh", ".xml", NULL, convert_wazuh},
    {NULL, NULL, NULL, NULL},
};

const struct convert_format *convert_format_find(struct str name)
{
    for (const struct convert_format *row = convert_format_table; row->name != NULL; row++) {
        if (str_equal(name, str_of(row->name))) {
            return row;
        }
    }
    return NULL;
}

static const char *const kind_names[] = {"not converted", "left out", "mind"};

void convert_note(struct convert *convert, const struct convert_file *file, uint32_t line,
                  enum convert_kind kind, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buffer_add_printable(&convert->notes, file->path);
    buffer_printf(&convert->notes, ":%u: %s: ", line, kind_names[kind]);
    buffer_add_printable(&convert->notes, str_of(text));
    buffer_add_byte(&convert->notes, '\n');
    convert->notes_count++;
    convert->losses_count += kind != CONVERT_MIND;
}

void convert_add_id(struct buffer *out, struct str text)
{
    uint64_t high = hash_bytes(text, 1);
    uint64_t low = hash_bytes(text, high);
    buffer_printf(out, "%08x-%04x-8%03x-8%03x-%012llx", (unsigned)(high >> 32),
                  (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFF), (unsigned)(low >> 52),
                  (unsigned long long)(low & 0xFFFFFFFFFFFF));
}

void convert_add_name(struct buffer *out, struct str text)
{
    bool gap = false;
    size_t start = out->len;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)byte_lower((unsigned char)text.ptr[i]);
        if (!byte_is_digit(c) && (c < 'a' || c > 'z')) {
            gap = true;
            continue;
        }
        if (gap && out->len > start) {
            buffer_add_byte(out, '_');
        }
        gap = false;
        buffer_add_byte(out, c);
    }
    if (out->len == start) {
        buffer_add_text(out, "rule");
    }
}
