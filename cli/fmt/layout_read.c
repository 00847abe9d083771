/* SPDX-License-Identifier: Apache-2.0
 *
 * layout_read.c - see layout.h: libyaml's events to entries.
 */
#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cli/fmt/layout.h"

#include <yaml.h>

struct reader {
    struct layout *layout;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    const char *name;
    struct err *err;
};

static int refuse(struct reader *reader, const yaml_mark_t *mark, const char *why)
{
    return err_set(reader->err, ERR_CONFIG, "%s:%zu: %s", reader->name, mark->line + 1, why);
}

static int next_event(struct reader *reader)
{
    if (reader->has_event) {
        yaml_event_delete(&reader->event);
        reader->has_event = false;
    }
    if (yaml_parser_parse(&reader->parser, &reader->event) == 0) {
        const char *problem = reader->parser.problem;
        return refuse(reader, &reader->parser.problem_mark, problem != NULL ? problem : "not YAML");
    }
    reader->has_event = true;
    return 0;
}

static size_t offset_of(const struct layout *layout, const yaml_mark_t *mark)
{
    return source_text_offset(&layout->source, (uint32_t)mark->line + 1,
                              (uint32_t)mark->column + 1);
}

static struct str add_range(struct layout *layout, size_t start, size_t end)
{
    MEMORY_GROW(layout->ranges, layout->ranges_count, layout->ranges_capacity);
    layout->ranges[layout->ranges_count++] = (struct layout_range){start, end};
    return str_slice(layout->source.text, start, end - start);
}

static const char *find_mark(const yaml_event_t *event)
{
    switch ((int)event->type) {
    case YAML_ALIAS_EVENT:
        return "an alias: write what it stands for";
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL ? "an anchor"
               : event->data.scalar.tag != NULL  ? "a tag"
                                                 : NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL ? "an anchor"
               : event->data.sequence_start.tag != NULL  ? "a tag"
                                                         : NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL ? "an anchor"
               : event->data.mapping_start.tag != NULL  ? "a tag"
                                                        : NULL;
    default:
        return NULL;
    }
}

/* The end of a [ ] or { } that the event begins. */
static int skip_flow(struct reader *reader, size_t *end, uint32_t *end_line)
{
    uint32_t depth = 1;
    while (depth > 0) {
        if (next_event(reader) != 0) {
            return ERR_CONFIG;
        }
        const char *mark = find_mark(&reader->event);
        if (mark != NULL) {
            return refuse(reader, &reader->event.start_mark, mark);
        }
        int type = (int)reader->event.type;
        depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
    }
    *end = offset_of(reader->layout, &reader->event.end_mark);
    *end_line = (uint32_t)reader->event.end_mark.line + 1;
    return 0;
}

static int read_node(struct reader *reader, struct layout_node *parent, uint32_t depth,
                     struct layout_node **node);

static int read_text(struct reader *reader, struct layout_node *node)
{
    const yaml_event_t *event = &reader->event;
    size_t start = offset_of(reader->layout, &event->start_mark);
    size_t end = offset_of(reader->layout, &event->end_mark);
    node->end_line = (uint32_t)event->end_mark.line + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        yaml_scalar_style_t style = event->data.scalar.style;
        node->is_block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
        if (node->is_block && end > start && reader->layout->source.text.ptr[end - 1] == '\n') {
            node->end_line--;
        }
    } else if (skip_flow(reader, &end, &node->end_line) != 0) {
        return ERR_CONFIG;
    }
    node->text = add_range(reader->layout, start, end);
    return 0;
}

static struct layout_entry *add_entry(struct reader *reader, struct layout_node *node,
                                      const yaml_mark_t *mark)
{
    struct layout *layout = reader->layout;
    node->entries = arena_grow(layout->arena, node->entries, node->count, &node->capacity,
                               sizeof *node->entries);
    MEMORY_GROW(layout->places, layout->places_count, layout->places_capacity);
    layout->places[layout->places_count++] =
        (struct layout_place){node, node->count, layout->documents_count};
    struct layout_entry *entry = &node->entries[node->count++];
    *entry = (struct layout_entry){.line = (uint32_t)mark->line + 1,
                                   .column = (uint32_t)mark->column + 1};
    return entry;
}

static int read_map(struct reader *reader, struct layout_node *node, uint32_t depth)
{
    for (;;) {
        if (next_event(reader) != 0) {
            return ERR_CONFIG;
        }
        yaml_event_t *event = &reader->event;
        if (event->type == YAML_MAPPING_END_EVENT) {
            return 0;
        }
        bool simple = event->type == YAML_SCALAR_EVENT &&
                      event->start_mark.line == event->end_mark.line &&
                      event->start_mark.column < event->end_mark.column;
        if (!simple || find_mark(event) != NULL) {
            return refuse(reader, &event->start_mark, "a key that is not a text on one line");
        }
        struct layout_entry *entry = add_entry(reader, node, &event->start_mark);
        entry->key = add_range(reader->layout, offset_of(reader->layout, &event->start_mark),
                               offset_of(reader->layout, &event->end_mark));
        uint32_t index = node->count - 1;
        struct layout_node *value = NULL;
        if (next_event(reader) != 0 || read_node(reader, node, depth + 1, &value) != 0) {
            return ERR_CONFIG;
        }
        node->entries[index].value = value;
    }
}

/* Where the dash of the item stands that begins at mark. */
static yaml_mark_t dash_before(const struct layout *layout, yaml_mark_t mark)
{
    size_t offset = offset_of(layout, &mark);
    const char *text = layout->source.text.ptr;
    while (offset > 0 && text[offset - 1] != '-') {
        offset--;
        if (text[offset] == '\n') {
            mark.line--;
        }
    }
    size_t start = offset;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    mark.column = offset > start ? offset - start - 1 : 0;
    return mark;
}

static int read_list(struct reader *reader, struct layout_node *node, uint32_t depth)
{
    for (;;) {
        if (next_event(reader) != 0) {
            return ERR_CONFIG;
        }
        if (reader->event.type == YAML_SEQUENCE_END_EVENT) {
            return 0;
        }
        yaml_mark_t mark = dash_before(reader->layout, reader->event.start_mark);
        add_entry(reader, node, &mark);
        uint32_t index = node->count - 1;
        struct layout_node *value = NULL;
        if (read_node(reader, node, depth + 1, &value) != 0) {
            return ERR_CONFIG;
        }
        node->entries[index].value = value;
    }
}

static int read_node(struct reader *reader, struct layout_node *parent, uint32_t depth,
                     struct layout_node **node)
{
    const yaml_event_t *event = &reader->event;
    const char *mark = find_mark(event);
    struct layout_node *made = arena_take_zeroed(reader->layout->arena, 1, sizeof *made);
    made->parent = parent;
    *node = made;
    if (mark != NULL || depth > LIMIT_RULE_DEPTH) {
        return refuse(reader, &event->start_mark, mark != NULL ? mark : "it is nested too deeply");
    }
    if (event->type == YAML_MAPPING_START_EVENT &&
        event->data.mapping_start.style != YAML_FLOW_MAPPING_STYLE) {
        made->kind = LAYOUT_MAP;
        return read_map(reader, made, depth);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT &&
        event->data.sequence_start.style != YAML_FLOW_SEQUENCE_STYLE) {
        made->kind = LAYOUT_LIST;
        return read_list(reader, made, depth);
    }
    return read_text(reader, made);
}

static int read_document(struct reader *reader)
{
    struct layout *layout = reader->layout;
    const yaml_event_t *event = &reader->event;
    struct layout_document document = {0};
    if (event->data.document_start.implicit == 0) {
        document.line = (uint32_t)event->start_mark.line + 1;
    }
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
        return refuse(reader, &event->start_mark, "a directive");
    }
    if (next_event(reader) != 0 || read_node(reader, NULL, 0, &document.root) != 0) {
        return ERR_CONFIG;
    }
    if (document.root->kind != LAYOUT_MAP) {
        return refuse(reader, &reader->event.start_mark,
                      "a document that is not a map with a key a line");
    }
    MEMORY_GROW(layout->documents, layout->documents_count, layout->documents_capacity);
    layout->documents[layout->documents_count++] = document;
    if (next_event(reader) != 0) {
        return ERR_CONFIG;
    }
    return reader->event.data.document_end.implicit != 0
               ? 0
               : refuse(reader, &reader->event.start_mark, "a document's end (...)");
}

int layout_read(struct layout *layout, struct arena *arena, const char *name, struct str text,
                struct err *err)
{
    struct reader reader = {.layout = layout, .name = name, .err = err};
    *layout = (struct layout){.arena = arena};
    source_text_init(&layout->source, text);
    ENSURE(yaml_parser_initialize(&reader.parser) == 1);
    const char *bytes = text.len > 0 ? text.ptr : ""; /* libyaml wants a place, even for nothing */
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, text.len);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    int failed = 0;
    bool more = true;
    while (failed == 0 && more) {
        failed = next_event(&reader);
        more = failed == 0 && reader.event.type != YAML_STREAM_END_EVENT;
        if (more && reader.event.type == YAML_DOCUMENT_START_EVENT) {
            failed = read_document(&reader);
        }
    }
    if (reader.has_event) {
        yaml_event_delete(&reader.event);
    }
    yaml_parser_delete(&reader.parser);
    return failed;
}

void layout_release(struct layout *layout)
{
    source_text_release(&layout->source);
    memory_free(layout->documents);
    memory_free(layout->ranges);
    memory_free(layout->places);
}
