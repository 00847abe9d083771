/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_sigma.c - obsolete aggregations of Sigma rules to correlations.
 *
 * The file's text is changed in few places, so that comments, order and everything else stay as
 * they are: the condition loses what stands behind its |, timeframe goes, `name` comes. Behind the
 * document stands the correlation, with the metadata that an alert shows, copied line by line.
 * Tested: tests/golden/test_convert_sigma.sh, tests/fuzz/fuzz_convert.c.
 */
#include "base/map.h"
#include "base/yaml.h"
#include "cli/convert/sigma_internal.h"

struct str sigma_scalar(const struct yaml_node *mapping, const char *key)
{
    const struct yaml_node *node = yaml_get(mapping, key);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : STR("");
}

const struct yaml_pair *sigma_pair(const struct yaml_node *mapping, const char *key)
{
    for (size_t i = 0; mapping != NULL && i < mapping->count; i++) {
        if (str_equal(mapping->pairs[i].key->text, str_of(key))) {
            return &mapping->pairs[i];
        }
    }
    return NULL;
}

/* Where a scalar ends that stands on one line; STR_NOT_FOUND: it does not, or has escapes. */
static size_t scalar_end(const struct source_text *source, const struct yaml_node *node)
{
    size_t offset = source_text_offset(source, node->line, node->column);
    size_t end = offset + node->text.len;
    struct str rest = str_slice(source->text, offset, source->text.len);
    if (node->quoted) {
        bool same = rest.len > node->text.len + 1 &&
                    str_equal(str_slice(rest, 1, node->text.len), node->text) &&
                    rest.ptr[0] == rest.ptr[node->text.len + 1];
        return same && (rest.ptr[0] == '\'' || rest.ptr[0] == '"') ? end + 2 : STR_NOT_FOUND;
    }
    return str_starts_with(rest, node->text) ? end : STR_NOT_FOUND;
}

/* A YAML document begins behind the line --- before it and ends before the next one. */
static bool is_separator(struct str line)
{
    return str_starts_with(line, STR("---")) || str_starts_with(line, STR("..."));
}

uint32_t sigma_document_end(const struct source_text *source, const struct yaml_node *root)
{
    uint32_t line = root->line;
    while (line <= source->lines_count && !is_separator(source_text_line(source, line))) {
        line++;
    }
    return line;
}

/* One that can be changed line by line: NULL, or what stands against it. */
static const char *find_obstacle(const struct sigma_document *document)
{
    const struct yaml_node *root = document->root;
    const struct yaml_pair *timeframe = sigma_pair(document->detection, "timeframe");
    const struct source_text *source = document->source;
    if (document->has_actions) {
        return "the file has action documents: write what they add into the rule first";
    }
    struct str first = source_text_line(source, root->line);
    first = str_skip(str_skip(first, '"'), '\'');
    if (root->column != 1 || !str_starts_with(first, root->pairs[0].key->text)) {
        return "the document is not written with a key a line";
    }
    if (sigma_scalar(root, "title").len == 0) {
        return "the rule has no title";
    }
    if (scalar_end(source, document->condition->value) == STR_NOT_FOUND ||
        document->condition->value->line != document->condition->key->line) {
        return "the condition is not on one line: write it on one";
    }
    if (timeframe != NULL &&
        (timeframe->value->line != timeframe->key->line || timeframe->value->kind != YAML_SCALAR ||
         scalar_end(source, timeframe->value) == STR_NOT_FOUND)) {
        return "the timeframe is not on one line: write it on one";
    }
    return NULL;
}

static bool is_timespan(struct str text)
{
    return text.len > 1 && byte_is_digit(text.ptr[0]) &&
           strchr("smhdwM", text.ptr[text.len - 1]) != NULL;
}

static const char *check_meaning(struct sigma_document *document, struct str standard_timespan)
{
    const struct aggregation *aggregation = &document->aggregation;
    struct str timeframe = sigma_scalar(document->detection, "timeframe");
    document->timespan = timeframe.len > 0 ? timeframe : standard_timespan;
    if (document->timespan.len == 0) {
        return "it has no timeframe, and a correlation needs one: add it to detection, or give "
               "--timespan";
    }
    if (!is_timespan(document->timespan)) {
        return "the timeframe is not a number with s, m, h, d, w or M behind it";
    }
    bool above = aggregation->comparison != NULL && aggregation->comparison[0] == 'g';
    bool below = aggregation->comparison != NULL && aggregation->comparison[0] == 'l';
    document->plain = (str_equal(aggregation->function, STR("max")) && above) ||
                      (str_equal(aggregation->function, STR("min")) && below);
    if (!document->plain && (str_equal(aggregation->function, STR("max")) ||
                             str_equal(aggregation->function, STR("min")))) {
        return "of max only > and >=, of min only < and <= can be told event by event";
    }
    return NULL;
}

static void change_value(struct sigma_document *document, const struct yaml_node *value,
                         struct str text)
{
    size_t offset = source_text_offset(document->source, value->line, value->column);
    source_text_change(document->source, offset, scalar_end(document->source, value) - offset,
                       text);
}

static void remove_timeframe(struct sigma_document *document, const struct yaml_pair *pair)
{
    struct source_text *source = document->source;
    size_t end = scalar_end(source, pair->value);
    struct str line = source_text_line(source, pair->key->line);
    size_t start = (size_t)(line.ptr - source->text.ptr);
    struct str behind = str_slice(source->text, end, start + line.len - end);
    size_t hash = str_find_byte(behind, '#');
    if (hash == STR_NOT_FOUND) {
        source_text_change(source, start, line.len, STR(""));
        return;
    }
    size_t key = source_text_offset(source, pair->key->line, pair->key->column);
    source_text_change(source, key, end + hash - key, STR(""));
}

/* The condition without its aggregation; of max and min with the comparison as a selection. */
static void change_condition(struct sigma_document *document)
{
    const struct yaml_pair *pair = document->condition;
    const struct aggregation *aggregation = &document->aggregation;
    struct str text = aggregation->before;
    if (document->plain) {
        uint32_t column = pair->key->column;
        struct str line = source_text_line(document->source, pair->key->line);
        struct str added = arena_printf(
            document->convert->arena, "%*s%.*s_value:\n%*s    %.*s|%s: %.*s\n", (int)column - 1, "",
            STR_ARG(aggregation->function), (int)column - 1, "", STR_ARG(aggregation->field),
            aggregation->comparison, STR_ARG(aggregation->number));
        source_text_change(document->source, (size_t)(line.ptr - document->source->text.ptr), 0,
                           added);
        text = arena_printf(document->convert->arena, "(%.*s) and %.*s_value", STR_ARG(text),
                            STR_ARG(aggregation->function));
    }
    change_value(document, pair->value, text);
}

/* Behind the line of id, or without one of title; before the document when that has several. */
static const struct yaml_pair *name_anchor(const struct sigma_document *document)
{
    const struct yaml_pair *pair = sigma_pair(document->root, "id");
    pair = pair != NULL ? pair : sigma_pair(document->root, "title");
    bool one_line = pair->value->line == pair->key->line &&
                    scalar_end(document->source, pair->value) != STR_NOT_FOUND &&
                    pair->key->line < document->source->lines_count;
    return one_line ? pair : NULL;
}

static void add_name(struct sigma_document *document, uint32_t line)
{
    struct str added =
        arena_printf(document->convert->arena, "name: %.*s\n", STR_ARG(document->name));
    source_text_change(document->source, source_text_offset(document->source, line, 1), 0, added);
}

static void change_detection(struct sigma_document *document)
{
    const struct yaml_node *detection = document->detection;
    for (size_t i = 0; i < detection->count; i++) {
        const struct yaml_pair *pair = &detection->pairs[i];
        if (pair == document->condition) {
            change_condition(document);
        } else if (str_equal(pair->key->text, STR("timeframe"))) {
            remove_timeframe(document, pair);
        }
    }
}

/* Changes must come in the order of the text: key by key. */
static void change_document(struct sigma_document *document)
{
    const struct yaml_node *root = document->root;
    const struct yaml_pair *anchor = document->has_name ? NULL : name_anchor(document);
    if (!document->has_name && anchor == NULL) {
        add_name(document, root->line);
    }
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_pair *pair = &root->pairs[i];
        if (pair == anchor) {
            add_name(document, pair->key->line + 1);
        } else if (pair->value == document->detection) {
            change_detection(document);
        } else if (str_equal(pair->key->text, STR("status")) && document->was_unsupported &&
                   scalar_end(document->source, pair->value) != STR_NOT_FOUND) {
            change_value(document, pair->value, STR("experimental"));
        }
    }
}

/* A name that no rule of the run has. */
static struct str make_name(struct convert *convert, struct map *names, struct str title)
{
    struct buffer text = {0};
    convert_add_name(&text, title);
    struct str base = arena_copy(convert->arena, buffer_str(&text));
    struct str name = base;
    for (uint32_t i = 2; map_get(names, name) != MAP_NONE; i++) {
        name = arena_printf(convert->arena, "%.*s_%u", STR_ARG(base), i);
    }
    map_set(names, name, 1);
    buffer_release(&text);
    return name;
}

static void convert_document(struct sigma_document *document, struct convert_file *file,
                             struct map *names)
{
    struct convert *convert = document->convert;
    const struct yaml_node *at = document->condition->value;
    const char *wrong = aggregation_read(at->text, &document->aggregation);
    wrong = wrong == NULL ? find_obstacle(document) : wrong;
    wrong = wrong == NULL ? check_meaning(document, convert->timespan) : wrong;
    if (wrong == NULL && document->aggregation.near) {
        wrong = sigma_near_check(document);
    }
    if (wrong != NULL) {
        convert_note(convert, file, at->line, CONVERT_NOT, "%s", wrong);
        file->refused++;
        return;
    }
    struct str title = sigma_scalar(document->root, "title");
    document->name = sigma_scalar(document->root, "name");
    document->has_name = document->name.len > 0;
    if (!document->has_name) {
        document->name = make_name(convert, names, title);
    }
    for (uint32_t i = 0; document->aggregation.near && i < document->aggregation.parts_count; i++) {
        struct str part = arena_printf(convert->arena, "%.*s %.*s", STR_ARG(title),
                                       STR_ARG(document->aggregation.parts[i]));
        document->part_names[i] = make_name(convert, names, part);
    }
    document->was_unsupported =
        str_equal(sigma_scalar(document->root, "status"), STR("unsupported"));
    change_document(document);
    uint32_t end = sigma_document_end(document->source, document->root);
    size_t offset = source_text_offset(document->source, end, 1);
    struct buffer behind = {0};
    if (offset > 0 && document->source->text.ptr[offset - 1] != '\n') {
        buffer_add_byte(&behind, '\n');
    }
    sigma_correlation_write(document, &behind);
    source_text_change(document->source, offset, 0,
                       arena_copy(convert->arena, buffer_str(&behind)));
    buffer_release(&behind);
    file->converted++;
}

/* A file whose lines YAML counts differently, for instance, must not become another rule. */
static void check_result(struct convert *convert, struct convert_file *file)
{
    struct err err = {0};
    struct yaml_documents documents = {0};
    if (yaml_parse(convert->arena, "result", buffer_str(&file->out), &documents, &err) != 0) {
        convert_note(convert, file, 1, CONVERT_NOT,
                     "the result is not YAML (%s): write the "
                     "file with one key a line",
                     err.text);
        buffer_clear(&file->out);
        file->refused += file->converted;
        file->converted = 0;
    }
}

static void convert_text(struct convert *convert, struct convert_file *file, struct map *names)
{
    struct err err = {0};
    struct yaml_documents documents = {0};
    struct source_text source;
    char *path = memory_copy_str(file->path);
    int failed = yaml_parse(convert->arena, path, file->text, &documents, &err);
    memory_free(path);
    if (failed != 0) {
        convert_note(convert, file, 1, CONVERT_NOT, "%s", err.text);
        file->refused++;
        return;
    }
    source_text_init(&source, file->text);
    bool has_actions = false;
    for (size_t i = 0; i < documents.count; i++) {
        has_actions = has_actions || yaml_get(documents.roots[i], "action") != NULL;
    }
    for (size_t i = 0; i < documents.count; i++) {
        struct sigma_document document = {.convert = convert, .source = &source};
        document.root = documents.roots[i];
        document.has_actions = has_actions;
        document.detection = yaml_get(document.root, "detection");
        if (document.detection == NULL || document.detection->kind != YAML_MAPPING) {
            continue;
        }
        document.condition = sigma_pair(document.detection, "condition");
        if (document.condition != NULL && document.condition->value->kind == YAML_SCALAR &&
            aggregation_is_in(document.condition->value->text)) {
            convert_document(&document, file, names);
        }
    }
    if (file->converted > 0) {
        source_text_write(&source, &file->out);
        check_result(convert, file);
    }
    source_text_release(&source);
}

void convert_sigma(struct convert *convert)
{
    struct map *names = map_new();
    for (uint32_t i = 0; i < convert->files_count; i++) {
        convert_text(convert, &convert->files[i], names);
    }
    map_free(names);
}
