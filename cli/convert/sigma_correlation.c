/* SPDX-License-Identifier: Apache-2.0
 *
 * sigma_correlation.c - the documents behind a converted Sigma rule: the correlation, and for near
 * a rule for each of its parts.
 */
#include "cli/convert/sigma_internal.h"
#include "cli/convert/yaml_text.h"

/* What an alert shows of a rule, in the order of Sigma's rules. */
static const char *const before_body[] = {"description", "references", "author", "date",
                                          "modified",    "tags",       NULL};
static const char *const behind_body[] = {"falsepositives", "level", NULL};

static bool is_in(struct str condition, struct str name)
{
    size_t at = str_find(condition, name);
    while (at != STR_NOT_FOUND) {
        size_t end = at + name.len;
        bool starts = at == 0 || strchr(" \t(", condition.ptr[at - 1]) != NULL;
        bool ends = end == condition.len || strchr(" \t)", condition.ptr[end]) != NULL;
        if (starts && ends) {
            return true;
        }
        size_t next = str_find(str_slice(condition, at + 1, condition.len), name);
        at = next == STR_NOT_FOUND ? next : at + 1 + next;
    }
    return false;
}

/* True when the selection belongs to the part: it is named, or a pattern may mean it. */
static bool is_of_part(struct str part, const struct yaml_pair *pair)
{
    struct str name = pair->key->text;
    if (str_equal(name, STR("condition")) || str_equal(name, STR("timeframe"))) {
        return false;
    }
    return is_in(part, name) || is_in(part, STR("of"));
}

const char *sigma_near_check(const struct sigma_document *document)
{
    for (uint32_t i = 0; i < document->aggregation.parts_count; i++) {
        uint32_t found = 0;
        for (size_t j = 0; j < document->detection->count; j++) {
            found += is_of_part(document->aggregation.parts[i], &document->detection->pairs[j]);
        }
        if (found == 0) {
            return "what stands behind near is no selection of this rule";
        }
    }
    return yaml_get(document->root, "logsource") != NULL ? NULL : "the rule has no logsource";
}

/* The lines of pair, up to the next key of mapping; comments at the margin are left out. */
static void add_lines(const struct sigma_document *document, const struct yaml_node *mapping,
                      const struct yaml_pair *pair, struct buffer *out)
{
    const struct yaml_pair *last = mapping->pairs + mapping->count - 1;
    uint32_t end = sigma_document_end(document->source, document->root);
    if (pair < last) {
        end = pair[1].key->line;
    } else if (mapping != document->root) {
        for (size_t i = document->root->count; i > 0; i--) {
            uint32_t line = document->root->pairs[i - 1].key->line;
            end = line > pair->key->line ? line : end;
        }
    }
    for (uint32_t i = pair->key->line; i < end; i++) {
        struct str line = source_text_line(document->source, i);
        if (!str_starts_with(line, STR("#"))) {
            buffer_add(out, line);
        }
    }
    if (out->len > 0 && out->ptr[out->len - 1] != '\n') {
        buffer_add_byte(out, '\n');
    }
}

static void add_keys(const struct sigma_document *document, const char *const *keys,
                     struct buffer *out)
{
    for (; *keys != NULL; keys++) {
        const struct yaml_pair *pair = sigma_pair(document->root, *keys);
        if (pair != NULL) {
            add_lines(document, document->root, pair, out);
        }
    }
}

/* From --- to status. */
static void add_head(const struct sigma_document *document, struct str title, struct str name,
                     struct buffer *out)
{
    struct str id = sigma_scalar(document->root, "id");
    struct str status = sigma_scalar(document->root, "status");
    buffer_add_text(out, "---\ntitle: ");
    yaml_text_add(out, title);
    buffer_add_text(out, "\nid: ");
    convert_add_id(out, arena_printf(document->convert->arena, "%.*s/%.*s/%.*s", STR_ARG(id),
                                     STR_ARG(title), STR_ARG(name)));
    buffer_add_byte(out, '\n');
    if (id.len > 0) {
        buffer_add_text(out, "related:\n    - id: ");
        yaml_text_add(out, id);
        buffer_add_text(out, "\n      type: derived\n");
    }
    if (name.len > 0) {
        buffer_printf(out, "name: %.*s\n", STR_ARG(name));
    }
    if (status.len > 0) {
        buffer_add_text(out, "status: ");
        yaml_text_add(out, document->was_unsupported ? STR("experimental") : status);
        buffer_add_byte(out, '\n');
    }
}

static void add_part(const struct sigma_document *document, uint32_t i, struct buffer *out)
{
    static const char *const logsource[] = {"logsource", NULL};
    const struct yaml_node *detection = document->detection;
    struct str part = document->aggregation.parts[i];
    struct str title = sigma_scalar(document->root, "title");
    add_head(document,
             arena_printf(document->convert->arena, "%.*s: %.*s", STR_ARG(title), STR_ARG(part)),
             document->part_names[i], out);
    add_keys(document, logsource, out);
    buffer_add_text(out, "detection:\n");
    for (size_t j = 0; j < detection->count; j++) {
        if (is_of_part(part, &detection->pairs[j])) {
            add_lines(document, detection, &detection->pairs[j], out);
        }
    }
    buffer_printf(out, "%*scondition: ", (int)document->condition->key->column - 1, "");
    yaml_text_add(out, part);
    buffer_add_byte(out, '\n');
    add_keys(document, behind_body + 1, out);
}

static const char *type_of(const struct sigma_document *document)
{
    const struct aggregation *aggregation = &document->aggregation;
    if (aggregation->near) {
        return "temporal";
    }
    if (str_equal(aggregation->function, STR("sum"))) {
        return "value_sum";
    }
    if (str_equal(aggregation->function, STR("avg"))) {
        return "value_avg";
    }
    return aggregation->field.len > 0 && !document->plain ? "value_count" : "event_count";
}

static void add_condition(const struct sigma_document *document, struct buffer *out)
{
    const struct aggregation *aggregation = &document->aggregation;
    if (aggregation->near) {
        return;
    }
    buffer_add_text(out, "    condition:\n");
    if (document->plain) {
        buffer_add_text(out, "        gte: 1\n");
        return;
    }
    if (aggregation->field.len > 0) {
        buffer_add_text(out, "        field: ");
        yaml_text_add(out, aggregation->field);
        buffer_add_byte(out, '\n');
    }
    buffer_printf(out, "        %s: %.*s\n", aggregation->comparison, STR_ARG(aggregation->number));
}

static void add_correlation(const struct sigma_document *document, struct buffer *out)
{
    const struct aggregation *aggregation = &document->aggregation;
    buffer_printf(out, "correlation:\n    type: %s\n    rules:\n", type_of(document));
    buffer_add_text(out, "        - ");
    yaml_text_add(out, document->name);
    buffer_add_byte(out, '\n');
    for (uint32_t i = 0; aggregation->near && i < aggregation->parts_count; i++) {
        buffer_printf(out, "        - %.*s\n", STR_ARG(document->part_names[i]));
    }
    for (uint32_t i = 0; !aggregation->near && i < aggregation->parts_count; i++) {
        buffer_add_text(out, i == 0 ? "    group-by:\n        - " : "        - ");
        yaml_text_add(out, aggregation->parts[i]);
        buffer_add_byte(out, '\n');
    }
    buffer_printf(out, "    timespan: %.*s\n", STR_ARG(document->timespan));
    add_condition(document, out);
}

void sigma_correlation_write(const struct sigma_document *document, struct buffer *out)
{
    for (uint32_t i = 0; document->aggregation.near && i < document->aggregation.parts_count; i++) {
        add_part(document, i, out);
    }
    add_head(document, sigma_scalar(document->root, "title"), STR(""), out);
    add_keys(document, before_body, out);
    add_correlation(document, out);
    add_keys(document, behind_body, out);
}
