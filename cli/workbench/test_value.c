/* SPDX-License-Identifier: Apache-2.0
 *
 * test_value.c - the values of test files: times, durations, counts, names, paths.
 */
#include "cli/workbench/test_file_internal.h"

#include "base/timestamp.h"
#include "cli/units.h"

int test_wrong(const struct test_reader *reader, const struct yaml_node *node, struct err *err,
               const char *sentence)
{
    return err_set(err, ERR_CONFIG, "%s:%u:%u: %s", reader->path, node->line, node->column,
                   sentence);
}

static bool is_listed(struct str key, const char *const *keys)
{
    size_t i = 0;
    while (keys[i] != NULL && !str_equal(key, str_of(keys[i]))) {
        i++;
    }
    return keys[i] != NULL;
}

int test_check_keys(const struct test_reader *reader, const struct yaml_node *mapping,
                    const char *const *keys, struct err *err)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct yaml_node *key = mapping->pairs[i].key;
        if (is_listed(key->text, keys)) {
            continue;
        }
        struct buffer known = {0};
        buffer_add_byte(&known, '`');
        buffer_add_printable(&known, key->text);
        buffer_add_text(&known, "` is not known here; use one of");
        for (size_t k = 0; keys[k] != NULL; k++) {
            buffer_printf(&known, "%s %s", k > 0 ? "," : "", keys[k]);
        }
        buffer_add_byte(&known, '\0');
        int failed = test_wrong(reader, key, err, known.ptr);
        buffer_release(&known);
        return failed;
    }
    return 0;
}

int test_read_time(const struct test_reader *reader, const struct yaml_node *node, int64_t *time_ns,
                   struct err *err)
{
    bool date = false;
    if (node == NULL) {
        return 0;
    }
    int64_t read =
        node->kind == YAML_SCALAR ? timestamp_parse(node->text, 0, &date) : TIMESTAMP_NONE;
    if (read == TIMESTAMP_NONE || !date) {
        return test_wrong(reader, node, err, "write a time as 2026-01-02T03:04:05Z");
    }
    *time_ns = read;
    return 0;
}

int test_read_duration(const struct test_reader *reader, const struct yaml_node *node,
                       int64_t *duration_ns, struct err *err)
{
    if (node == NULL) {
        return 0;
    }
    if (node->kind != YAML_SCALAR || !units_duration(node->text, duration_ns)) {
        return test_wrong(reader, node, err, "write a duration as 500ms, 10s, 5m, 1h or 1d");
    }
    return 0;
}

int test_read_count(const struct test_reader *reader, const struct yaml_node *node, uint64_t *count,
                    struct err *err)
{
    if (node != NULL && (node->kind != YAML_SCALAR || !str_to_u64(node->text, count))) {
        return test_wrong(reader, node, err, "this is a whole number, 0 or more");
    }
    return 0;
}

int test_read_names(const struct test_reader *reader, const struct yaml_node *node,
                    struct str_list *names, struct err *err)
{
    if (node->kind == YAML_MAPPING) {
        return test_wrong(reader, node, err, "this is a name or a list of names");
    }
    uint32_t count = node->kind == YAML_SEQUENCE ? (uint32_t)node->count : 1;
    struct str *items = arena_take_zeroed(reader->arena, (size_t)count + 1, sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        if (item->kind != YAML_SCALAR || item->text.len == 0) {
            return test_wrong(reader, item, err, "this is a name");
        }
        items[i] = item->text;
    }
    *names = (struct str_list){items, count};
    return 0;
}

int test_read_fields(const struct test_reader *reader, const struct yaml_node *node,
                     struct test_fields *fields, struct err *err)
{
    if (node == NULL) {
        return 0;
    }
    if (node->kind != YAML_MAPPING) {
        return test_wrong(reader, node, err, "this is a mapping of names to values");
    }
    struct alert_field *items = arena_take_zeroed(reader->arena, node->count + 1, sizeof *items);
    for (size_t i = 0; i < node->count; i++) {
        if (node->pairs[i].value->kind != YAML_SCALAR) {
            return test_wrong(reader, node->pairs[i].value, err, "this is one value");
        }
        items[i] = (struct alert_field){node->pairs[i].key->text, node->pairs[i].value->text};
    }
    *fields = (struct test_fields){items, (uint32_t)node->count};
    return 0;
}

struct str test_path_from(const struct test_reader *reader, struct str path)
{
    const char *slash = strrchr(reader->path, '/');
    if (slash == NULL || (path.len > 0 && path.ptr[0] == '/')) {
        return arena_copy(reader->arena, path);
    }
    return arena_printf(reader->arena, "%.*s/%.*s", (int)(slash - reader->path), reader->path,
                        STR_ARG(path));
}
