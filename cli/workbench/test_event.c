/* SPDX-License-Identifier: Apache-2.0
 *
 * test_event.c - see test_event.h.
 */
#include "cli/workbench/test_event.h"

#include "base/buffer.h"
#include "base/timestamp.h"

#include <inttypes.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void add_number(struct buffer *out, const struct test_moment *moment)
{
    buffer_add_u64(out, moment->number);
}

static void add_time(struct buffer *out, const struct test_moment *moment)
{
    buffer_add_time(out, moment->time_ns);
}

static void add_clf_time(struct buffer *out, const struct test_moment *moment)
{
    struct timestamp_fields at = timestamp_to_fields(moment->time_ns);
    buffer_printf(out, "%02" PRIu32 "/%s/%04" PRId32 ":%02" PRIu32 ":%02" PRIu32 ":%02" PRIu32,
                  at.day, months[at.month - 1], at.year, at.hour, at.minute, at.second);
    buffer_add_text(out, " +0000");
}

/* A row: what stands in the text, and what takes its place. */
struct placeholder {
    const char *text;
    void (*add)(struct buffer *out, const struct test_moment *moment);
};
static const struct placeholder placeholders[] = {
    {"{n}", add_number},
    {"{time}", add_time},
    {"{time:clf}", add_clf_time},
};

/* The bytes that stand at text's beginning and were replaced; 0: none. */
static size_t replace(struct buffer *out, struct str text, const struct test_moment *moment)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        struct str name = str_of(placeholders[i].text);
        if (str_starts_with(text, name)) {
            placeholders[i].add(out, moment);
            return name.len;
        }
    }
    return 0;
}

static void add_filled(struct buffer *out, struct str text, const struct test_moment *moment)
{
    size_t at = 0;
    while (at < text.len) {
        size_t replaced = replace(out, str_slice(text, at, text.len), moment);
        if (replaced == 0) {
            buffer_add_byte(out, text.ptr[at++]);
        }
        at += replaced;
    }
}

static void add_string(struct buffer *out, struct str text, const struct test_moment *moment)
{
    struct buffer filled = {0};
    add_filled(&filled, text, moment);
    buffer_add_json_string(out, buffer_str(&filled));
    buffer_release(&filled);
}

/* A YAML number may be written as JSON does not allow: +1, 0x1f, .5, 007. Such a one is a string.
 */
static bool is_json_number(struct str text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    size_t digits = at;
    while (at < text.len && byte_is_digit(text.ptr[at])) {
        at++;
    }
    bool whole = at > digits && (text.ptr[digits] != '0' || at == digits + 1);
    if (whole && at < text.len && text.ptr[at] == '.') {
        size_t point = ++at;
        while (at < text.len && byte_is_digit(text.ptr[at])) {
            at++;
        }
        whole = at > point;
    }
    return whole && at == text.len;
}

static void add_scalar(struct buffer *out, const struct yaml_node *node,
                       const struct test_moment *moment)
{
    enum yaml_type type = yaml_scalar_type(node);
    if (type == YAML_NULL) {
        buffer_add_text(out, "null");
    } else if (type == YAML_BOOL) {
        buffer_add_text(out,
                        byte_lower((unsigned char)node->text.ptr[0]) == 't' ? "true" : "false");
    } else if ((type == YAML_INTEGER || type == YAML_FLOAT) && is_json_number(node->text)) {
        buffer_add(out, node->text);
    } else {
        add_string(out, node->text, moment);
    }
}

static void add_json(struct buffer *out, const struct yaml_node *node,
                     const struct yaml_node *defaults, const struct test_moment *moment);

static void add_pair(struct buffer *out, const struct yaml_pair *pair,
                     const struct test_moment *moment)
{
    if (out->ptr[out->len - 1] != '{') {
        buffer_add_byte(out, ',');
    }
    buffer_add_json_string(out, pair->key->text);
    buffer_add_byte(out, ':');
    add_json(out, pair->value, NULL, moment);
}

static void add_mapping(struct buffer *out, const struct yaml_node *node,
                        const struct yaml_node *defaults, const struct test_moment *moment)
{
    buffer_add_byte(out, '{');
    for (size_t i = 0; defaults != NULL && i < defaults->count; i++) {
        if (yaml_get_str(node, defaults->pairs[i].key->text) == NULL) {
            add_pair(out, &defaults->pairs[i], moment);
        }
    }
    for (size_t i = 0; i < node->count; i++) {
        add_pair(out, &node->pairs[i], moment);
    }
    buffer_add_byte(out, '}');
}

/* Recursive: the depth of a YAML tree is bounded by its parser. */
static void add_json(struct buffer *out, const struct yaml_node *node,
                     const struct yaml_node *defaults, const struct test_moment *moment)
{
    if (node->kind == YAML_SCALAR) {
        add_scalar(out, node, moment);
    } else if (node->kind == YAML_MAPPING) {
        add_mapping(out, node, defaults, moment);
    } else {
        buffer_add_byte(out, '[');
        for (size_t i = 0; i < node->count; i++) {
            if (i > 0) {
                buffer_add_byte(out, ',');
            }
            add_json(out, node->items[i], NULL, moment);
        }
        buffer_add_byte(out, ']');
    }
}

struct str test_event_text(struct arena *arena, const struct yaml_node *event,
                           const struct yaml_node *defaults, const struct test_moment *moment)
{
    struct buffer text = {0};
    if (event->kind == YAML_SCALAR) {
        add_filled(&text, event->text, moment);
    } else {
        add_json(&text, event, defaults, moment);
    }
    struct str kept = arena_copy(arena, buffer_str(&text));
    buffer_release(&text);
    return kept;
}
