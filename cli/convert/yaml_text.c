/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml_text.c - see yaml_text.h.
 */
#include "cli/convert/yaml_text.h"

#include "base/utf8.h"
#include "base/yaml.h"

/* What YAML allows in a text without an escape, tabs left out. */
static bool is_printable(uint32_t code)
{
    return (code >= 0x20 && code < 0x7F) || (code >= 0xA0 && code < 0x2028) ||
           (code > 0x2029 && code < 0xFEFF) || (code > 0xFEFF && code < 0xFFFE) ||
           (code >= 0x10000 && code <= 0x10FFFF);
}

static bool needs_double(struct str text)
{
    size_t at = 0;
    while (at < text.len) {
        uint32_t code = 0;
        at += utf8_decode(str_slice(text, at, text.len), &code);
        if (!is_printable(code)) {
            return true;
        }
    }
    return false;
}

static void add_double(struct buffer *out, struct str text)
{
    size_t at = 0;
    buffer_add_byte(out, '"');
    while (at < text.len) {
        uint32_t code = 0;
        size_t len = utf8_decode(str_slice(text, at, text.len), &code);
        if (code == '"' || code == '\\') {
            buffer_printf(out, "\\%c", (int)code);
        } else if (is_printable(code)) {
            buffer_add(out, str_slice(text, at, len));
        } else if (code == '\n') {
            buffer_add_text(out, "\\n");
        } else if (code == '\t') {
            buffer_add_text(out, "\\t");
        } else {
            buffer_printf(out, "\\u%04X", code > 0xFFFF ? 0xFFFDU : code);
        }
        at += len;
    }
    buffer_add_byte(out, '"');
}

/* Texts that YAML 1.1 readers take for something else than a string; ours reads yes and on as
 * texts, but the rules may be read by others, too. */
static bool is_word_of_yaml(struct str text)
{
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_equal_fold(text, str_of(words[i]))) {
            return true;
        }
    }
    struct yaml_node node = {.kind = YAML_SCALAR, .text = text};
    return yaml_scalar_type(&node) != YAML_STRING;
}

static bool can_be_plain(struct str text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (text.len == 0 || text.ptr[text.len - 1] == ' ' || strchr(letters, text.ptr[0]) == NULL ||
        is_word_of_yaml(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool letter = strchr(letters, text.ptr[i]) != NULL && text.ptr[i] != '\0';
        if (!letter && strchr(" ,./()=+;$-|@%*^", text.ptr[i]) == NULL) {
            return false;
        }
    }
    /* 2024-01-02 and 10:20 are dates and numbers for YAML 1.1. */
    return !byte_is_digit(text.ptr[0]) || text.len > 20;
}

static void add_single(struct buffer *out, struct str text)
{
    buffer_add_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            buffer_add_byte(out, '\'');
        }
        buffer_add_byte(out, text.ptr[i]);
    }
    buffer_add_byte(out, '\'');
}

void yaml_text_add(struct buffer *out, struct str text)
{
    if (needs_double(text)) {
        add_double(out, text);
    } else if (can_be_plain(text)) {
        buffer_add(out, text);
    } else {
        add_single(out, text);
    }
}
