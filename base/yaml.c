/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml.c - see yaml.h. libyaml composes each document; its nodes are copied into the arena, aliases
 * as often as they are used. Depth and number of copies are bounded, which also ends an anchor that
 * contains itself.
 */
#include "base/yaml.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct copier {
    struct arena *arena;
    const char *name;
    struct err *err;
    yaml_document_t *document;
    size_t nodes; /* copied so far, over all documents */
    size_t bytes; /* of scalars, likewise */
    bool failed;
};

static const char too_many_aliases[] =
    "aliases blow the file up beyond the limit; write fewer of them";

static struct yaml_node *fail_at(struct copier *copier, const yaml_mark_t *mark, const char *what)
{
    err_set(copier->err, ERR_CONFIG, "%s:%zu:%zu: %s", copier->name, mark->line + 1,
            mark->column + 1, what);
    copier->failed = true;
    return NULL;
}

static struct yaml_node *copy_node(struct copier *copier, int index, uint32_t depth);

static void copy_scalar(struct copier *copier, const yaml_node_t *from, struct yaml_node *node)
{
    struct str text = {(const char *)from->data.scalar.value, from->data.scalar.length};
    copier->bytes += text.len;
    if (copier->bytes > 2 * (size_t)LIMIT_RULE_FILE_BYTES) {
        fail_at(copier, &from->start_mark, too_many_aliases);
        return;
    }
    node->text = arena_copy(copier->arena, text);
    node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->one_line = from->start_mark.line == from->end_mark.line;
}

static void copy_sequence(struct copier *copier, const yaml_node_t *from, struct yaml_node *node,
                          uint32_t depth)
{
    const yaml_node_item_t *start = from->data.sequence.items.start;
    node->count = (size_t)(from->data.sequence.items.top - start);
    node->items = arena_take_zeroed(copier->arena, node->count, sizeof *node->items);
    for (size_t i = 0; i < node->count && !copier->failed; i++) {
        node->items[i] = copy_node(copier, start[i], depth + 1);
    }
}

static void copy_mapping(struct copier *copier, const yaml_node_t *from, struct yaml_node *node,
                         uint32_t depth)
{
    const yaml_node_pair_t *start = from->data.mapping.pairs.start;
    struct map *keys = map_new();
    node->count = (size_t)(from->data.mapping.pairs.top - start);
    node->pairs = arena_take_zeroed(copier->arena, node->count, sizeof *node->pairs);
    for (size_t i = 0; i < node->count && !copier->failed; i++) {
        const yaml_node_t *key = yaml_document_get_node(copier->document, start[i].key);
        node->pairs[i].key = copy_node(copier, start[i].key, depth + 1);
        if (copier->failed) {
            break;
        }
        if (node->pairs[i].key->kind != YAML_SCALAR) {
            fail_at(copier, &key->start_mark, "a key must be a plain text, not a list or a map");
        } else if (map_get(keys, node->pairs[i].key->text) != MAP_NONE) {
            fail_at(copier, &key->start_mark,
                    "this key stands twice in one map; remove or rename one of them");
        } else {
            map_set(keys, node->pairs[i].key->text, (uint32_t)i);
            node->pairs[i].value = copy_node(copier, start[i].value, depth + 1);
        }
    }
    map_free(keys);
}

static struct yaml_node *copy_node(struct copier *copier, int index, uint32_t depth)
{
    const yaml_node_t *from = yaml_document_get_node(copier->document, index);
    if (depth >= LIMIT_RULE_DEPTH) {
        return fail_at(copier, &from->start_mark,
                       "nested too deep, or an anchor that contains itself");
    }
    if (++copier->nodes > LIMIT_RULE_FILE_BYTES) {
        return fail_at(copier, &from->start_mark, too_many_aliases);
    }
    struct yaml_node *node = arena_take_zeroed(copier->arena, 1, sizeof *node);
    node->line = (uint32_t)from->start_mark.line + 1;
    node->column = (uint32_t)from->start_mark.column + 1;
    if (from->type == YAML_SEQUENCE_NODE) {
        node->kind = YAML_SEQUENCE;
        copy_sequence(copier, from, node, depth);
    } else if (from->type == YAML_MAPPING_NODE) {
        node->kind = YAML_MAPPING;
        copy_mapping(copier, from, node, depth);
    } else {
        node->kind = YAML_SCALAR;
        copy_scalar(copier, from, node);
    }
    return copier->failed ? NULL : node;
}

static int parser_error(const yaml_parser_t *parser, const char *name, struct err *err)
{
    const char *problem = parser->problem == NULL ? "not readable as YAML" : parser->problem;
    const yaml_mark_t *mark = &parser->problem_mark;
    if (parser->error == YAML_READER_ERROR) {
        return err_set(err, ERR_CONFIG, "%s: byte %zu: %s; the file must be UTF-8", name,
                       parser->problem_offset, problem);
    }
    return err_set(err, ERR_CONFIG, "%s:%zu:%zu: %s%s%s", name, mark->line + 1, mark->column + 1,
                   problem, parser->context == NULL ? "" : " ",
                   parser->context == NULL ? "" : parser->context);
}

int yaml_parse(struct arena *arena, const char *name, struct str text,
               struct yaml_documents *documents, struct err *err)
{
    yaml_parser_t parser;
    struct yaml_node **roots = NULL;
    size_t count = 0;
    size_t capacity = 0;
    struct copier copier = {.arena = arena, .name = name, .err = err};
    *documents = (struct yaml_documents){0};
    if (!yaml_parser_initialize(&parser)) {
        return err_set(err, ERR_INTERNAL, "%s: libyaml has no memory", name);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    bool more = true;
    while (more && !copier.failed) {
        yaml_document_t document;
        if (!yaml_parser_load(&parser, &document)) {
            parser_error(&parser, name, err);
            copier.failed = true;
            break;
        }
        copier.document = &document;
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        more = root != NULL;
        bool empty = root != NULL && root->type == YAML_SCALAR_NODE &&
                     root->data.scalar.length == 0 &&
                     root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        if (more && !empty) {
            MEMORY_GROW(roots, count, capacity);
            roots[count++] = copy_node(&copier, 1, 0);
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (!copier.failed && count > 0) {
        documents->roots = arena_take(arena, count * sizeof *roots);
        memcpy(documents->roots, roots, count * sizeof *roots);
        documents->count = count;
    }
    memory_free(roots);
    return copier.failed ? err->code : 0;
}

int yaml_parse_file(struct arena *arena, const char *path, size_t limit,
                    struct yaml_documents *documents, struct err *err)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        int reason = errno;
        if (file >= 0) {
            close(file);
        }
        return err_set(err, ERR_IO, "%s: %s", path, strerror(reason));
    }
    size_t size = status.st_size > 0 ? (size_t)status.st_size : 0;
    if (size > limit) {
        close(file);
        return err_set(err, ERR_CONFIG, "%s: %zu bytes, more than the limit of %zu", path, size,
                       limit);
    }
    char *bytes = arena_take(arena, size + 1);
    size_t len = 0;
    ssize_t got = 1;
    while (len < size && (got = read(file, bytes + len, size - len)) > 0) {
        len += (size_t)got;
    }
    int reason = errno;
    close(file);
    if (got < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(reason));
    }
    int failed = yaml_parse(arena, path, (struct str){bytes, len}, documents, err);
    documents->source = (struct str){bytes, len};
    return failed;
}

struct yaml_node *yaml_get_str(const struct yaml_node *node, struct str key)
{
    if (node == NULL || node->kind != YAML_MAPPING) {
        return NULL;
    }
    for (size_t i = 0; i < node->count; i++) {
        if (str_equal(node->pairs[i].key->text, key)) {
            return node->pairs[i].value;
        }
    }
    return NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *node, const char *key)
{
    return yaml_get_str(node, str_of(key));
}

struct yaml_node *yaml_without(struct arena *arena, const struct yaml_node *mapping,
                               const char *key)
{
    struct yaml_node *rest = arena_take(arena, sizeof *rest);
    *rest = *mapping;
    rest->pairs = arena_take(arena, mapping->count * sizeof *rest->pairs);
    rest->count = 0;
    for (size_t i = 0; i < mapping->count; i++) {
        if (!str_equal(mapping->pairs[i].key->text, str_of(key))) {
            rest->pairs[rest->count++] = mapping->pairs[i];
        }
    }
    return rest;
}

/* Recursion ends at LIMIT_RULE_DEPTH, which the reader keeps. */
struct yaml_node *yaml_copy(struct arena *arena, const struct yaml_node *node)
{
    struct yaml_node *copy = arena_take(arena, sizeof *copy);
    *copy = *node;
    if (node->kind == YAML_MAPPING) {
        copy->pairs = arena_take(arena, (node->count + 1) * sizeof *copy->pairs);
    } else if (node->kind == YAML_SEQUENCE) {
        copy->items = arena_take(arena, (node->count + 1) * sizeof(struct yaml_node *));
    }
    for (size_t i = 0; node->kind != YAML_SCALAR && i < node->count; i++) {
        if (node->kind == YAML_MAPPING) {
            copy->pairs[i].key = yaml_copy(arena, node->pairs[i].key);
            copy->pairs[i].value = yaml_copy(arena, node->pairs[i].value);
        } else {
            copy->items[i] = yaml_copy(arena, node->items[i]);
        }
    }
    return copy;
}

static bool is_one_of(struct str text, const char *const *words)
{
    while (*words != NULL && !str_equal(text, str_of(*words))) {
        words++;
    }
    return *words != NULL;
}

/* [-+]? digits, or 0o.. and 0x.., as the core schema has them. */
static bool is_integer(struct str text)
{
    static const char octal[] = "01234567";
    static const char hexadecimal[] = "0123456789abcdefABCDEF";
    const char *digits = "0123456789";
    if (str_starts_with(text, STR("0o")) || str_starts_with(text, STR("0x"))) {
        digits = text.ptr[1] == 'o' ? octal : hexadecimal;
        text = str_slice(text, 2, text.len);
    } else if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
        text = str_slice(text, 1, text.len);
    }
    size_t good = 0;
    while (good < text.len && text.ptr[good] != '\0' && strchr(digits, text.ptr[good]) != NULL) {
        good++;
    }
    return good > 0 && good == text.len;
}

static size_t count_digits(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && byte_is_digit(text.ptr[end])) {
        end++;
    }
    return end - at;
}

static bool is_float(struct str text)
{
    static const char *const names[] = {".inf",  ".Inf",  ".INF",  "-.inf", "-.Inf",
                                        "-.INF", "+.inf", "+.Inf", "+.INF", ".nan",
                                        ".NaN",  ".NAN",  NULL};
    if (is_one_of(text, names)) {
        return true;
    }
    size_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    size_t digits = count_digits(text, at);
    at += digits;
    if (at < text.len && text.ptr[at] == '.') {
        size_t fraction = count_digits(text, at + 1);
        digits += fraction;
        at += 1 + fraction;
    }
    if (digits > 0 && at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        at += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+');
        size_t exponent = count_digits(text, at);
        digits = exponent > 0 ? digits : 0;
        at += exponent;
    }
    return digits > 0 && at == text.len;
}

enum yaml_type yaml_scalar_type(const struct yaml_node *node)
{
    static const char *const nulls[] = {"null", "Null", "NULL", "~", "", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (node->quoted) {
        return YAML_STRING;
    }
    if (is_one_of(node->text, nulls)) {
        return YAML_NULL;
    }
    if (is_one_of(node->text, bools)) {
        return YAML_BOOL;
    }
    if (is_integer(node->text)) {
        return YAML_INTEGER;
    }
    return is_float(node->text) ? YAML_FLOAT : YAML_STRING;
}
