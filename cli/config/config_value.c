/* SPDX-License-Identifier: Apache-2.0
 *
 * config_value.c - see config_internal.h: single values, by their type.
 */
#include "base/memory.h"
#include "base/secret.h"
#include "cli/config/config_internal.h"
#include "cli/units.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 128 };

int config_refuse(const struct config_reader *reader, const struct yaml_node *node,
                  const char *format, ...)
{
    char reason[ERR_TEXT_MAX / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    struct buffer text = {0};
    buffer_add_printable(&text, str_of(reason));
    err_set(reader->err, ERR_CONFIG, "%s:%u:%u: %.*s", reader->name, node->line, node->column,
            STR_ARG(buffer_str(&text)));
    buffer_release(&text);
    return ERR_CONFIG;
}

int config_expand(const struct config_reader *reader, const struct yaml_node *node,
                  const char **text)
{
    if (node->kind != YAML_SCALAR || yaml_scalar_type(node) == YAML_NULL) {
        return config_refuse(reader, node, "a single value is needed here");
    }
    if (str_find_byte(node->text, '\0') != STR_NOT_FOUND) {
        return config_refuse(reader, node, "the value holds a NUL byte; take it out");
    }
    struct buffer out = {0};
    struct str rest = node->text;
    int failed = 0;
    for (size_t at = str_find(rest, STR("${")); at != STR_NOT_FOUND;
         at = str_find(rest, STR("${"))) {
        char name[NAME_BYTES] = "";
        buffer_add(&out, str_slice(rest, 0, at));
        rest = str_slice(rest, at + 2, rest.len);
        size_t end = str_find_byte(rest, '}');
        if (end == STR_NOT_FOUND || end == 0 || end >= sizeof name) {
            failed = config_refuse(reader, node, "\"${\" begins no ${NAME}; write ${NAME}");
            break;
        }
        memcpy(name, rest.ptr, end);
        const char *value = getenv(name);
        if (value == NULL) {
            failed = config_refuse(reader, node, "the environment has no %s; set it", name);
            break;
        }
        buffer_add_text(&out, value);
        rest = str_slice(rest, end + 1, rest.len);
    }
    buffer_add(&out, rest);
    *text = arena_copy(reader->arena, buffer_str(&out)).ptr;
    buffer_release(&out);
    return failed;
}

int config_read_secret(const struct config_reader *reader, const struct yaml_node *node,
                       const char **text)
{
    int failed = config_expand(reader, node, text);
    if (failed != 0 || !str_starts_with(str_of(*text), STR("file:"))) {
        return failed;
    }
    struct buffer secret = {0};
    struct err trouble = {0};
    failed = secret_read(*text, &secret, &trouble);
    if (failed != 0) {
        failed = config_refuse(reader, node, "%s", trouble.text);
    } else {
        *text = arena_copy(reader->arena, buffer_str(&secret)).ptr;
        explicit_bzero(secret.ptr, secret.len);
    }
    buffer_release(&secret);
    return failed;
}

static int set_list(const struct config_reader *reader, const struct yaml_node *node,
                    struct config_list *list)
{
    if (node->kind != YAML_SEQUENCE) {
        list->items = arena_take_zeroed(reader->arena, 1, sizeof *list->items);
        list->count = 1;
        return config_expand(reader, node, &list->items[0]);
    }
    list->items = arena_take_zeroed(reader->arena, node->count + 1, sizeof *list->items);
    for (list->count = 0; list->count < node->count; list->count++) {
        int failed = config_expand(reader, node->items[list->count], &list->items[list->count]);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

static int set_map(const struct config_reader *reader, const struct yaml_node *node,
                   struct config_map *map)
{
    if (node->kind != YAML_MAPPING) {
        return config_refuse(reader, node, "a map of names to values is needed here");
    }
    map->items = arena_take_zeroed(reader->arena, node->count + 1, sizeof *map->items);
    for (map->count = 0; map->count < node->count; map->count++) {
        struct source_property *item = &map->items[map->count];
        item->name = node->pairs[map->count].key->text.ptr;
        int failed = config_read_secret(reader, node->pairs[map->count].value, &item->value);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

static int set_sinks(const struct config_reader *reader, const struct yaml_node *node,
                     struct config_sinks *sinks)
{
    if (node->kind != YAML_SEQUENCE) {
        return config_refuse(reader, node, "a list of sinks is needed here: \"- kind: ...\"");
    }
    sinks->items = arena_take_zeroed(reader->arena, node->count + 1, sizeof *sinks->items);
    for (sinks->count = 0; sinks->count < node->count; sinks->count++) {
        struct config_sink *sink = &sinks->items[sinks->count];
        sink->node = node->items[sinks->count];
        int failed = config_set_defaults(reader, config_sink_keys, sink);
        if (failed == 0) {
            failed = config_read_mapping(reader, config_sink_keys, sink->node, "", sink);
        }
        if (failed == 0 && sink->kind == NULL) {
            failed = config_refuse(reader, sink->node, "a sink without kind; add \"kind: file\"");
        }
        if (failed == 0) {
            failed = config_check_kind(reader, config_sink_keys, sink->node, "", sink->kind);
        }
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

bool config_is_word(const char *words, struct str value)
{
    struct str rest = str_of(words);
    while (rest.len > 0) {
        size_t space = str_find_byte(rest, ' ');
        struct str word = str_slice(rest, 0, space == STR_NOT_FOUND ? rest.len : space);
        if (str_equal(word, value)) {
            return true;
        }
        rest = str_slice(rest, word.len + 1, rest.len);
    }
    return false;
}

/* A value of one scalar; text is its expanded text. */
static int set_scalar(const struct config_reader *reader, const struct config_key *key,
                      const struct yaml_node *node, void *value)
{
    const char *text = NULL;
    int failed = key->type == CONFIG_SECRET ? config_read_secret(reader, node, &text)
                                            : config_expand(reader, node, &text);
    if (failed != 0) {
        return failed;
    }
    struct str str = str_of(text);
    bool yes = str_equal(str, STR("true"));
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_SECRET:
        *(const char **)value = text;
        return str.len > 0 ? 0 : config_refuse(reader, node, "%s: must not be empty", key->name);
    case CONFIG_CHOICE:
        *(const char **)value = text;
        return config_is_word(key->choices, str)
                   ? 0
                   : config_refuse(reader, node, "%s: use one of: %s", key->name, key->choices);
    case CONFIG_BOOL:
        *(bool *)value = yes;
        return yes || str_equal(str, STR("false"))
                   ? 0
                   : config_refuse(reader, node, "%s: use true or false", key->name);
    case CONFIG_NUMBER:
        return str_to_i64(str, value) && *(int64_t *)value >= 0 && *(int64_t *)value <= UINT32_MAX
                   ? 0
                   : config_refuse(reader, node, "%s: use a whole number", key->name);
    case CONFIG_SIZE:
        return units_bytes(str, value) && *(uint64_t *)value > 0
                   ? 0
                   : config_refuse(reader, node, "%s: use a size such as 64MiB", key->name);
    case CONFIG_DURATION:
        return units_duration(str, value)
                   ? 0
                   : config_refuse(reader, node, "%s: use a duration such as 30s", key->name);
    case CONFIG_ZONE:
        return units_zone(str, value)
                   ? 0
                   : config_refuse(reader, node, "%s: use UTC or +hh:mm", key->name);
    case CONFIG_LIST:
    case CONFIG_MAP:
    case CONFIG_SINKS:
    case CONFIG_TYPES:
        break;
    }
    return err_set(reader->err, ERR_INTERNAL, "%s is no single value", key->name);
}

int config_set(const struct config_reader *reader, const struct config_key *key,
               const struct yaml_node *node, void *values)
{
    void *value = (char *)values + key->offset;
    switch (key->type) {
    case CONFIG_LIST:
        return set_list(reader, node, value);
    case CONFIG_MAP:
        return set_map(reader, node, value);
    case CONFIG_SINKS:
        return set_sinks(reader, node, value);
    case CONFIG_TEXT:
    case CONFIG_SECRET:
    case CONFIG_CHOICE:
    case CONFIG_BOOL:
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_ZONE:
    case CONFIG_TYPES:
        break;
    }
    return set_scalar(reader, key, node, value);
}
