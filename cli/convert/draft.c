/* SPDX-License-Identifier: Apache-2.0
 *
 * draft.c - see draft.h.
 */
#include "cli/convert/draft.h"

#include "analyze/rule/rule.h"
#include "base/memory.h"
#include "cli/convert/convert.h"
#include "cli/convert/yaml_text.h"

#include <inttypes.h>

void draft_release(struct draft *draft)
{
    memory_free(draft->items);
}

bool draft_list_add(struct draft_list *list, struct str text)
{
    if (list->count == DRAFT_LIST_MAX) {
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

void draft_add(struct draft *draft, struct str selection, struct str key, struct str value)
{
    MEMORY_GROW(draft->items, draft->items_count, draft->items_capacity);
    draft->items[draft->items_count++] = (struct draft_item){selection, key, value};
}

struct str draft_escape(struct arena *arena, struct str text)
{
    struct buffer out = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("*?\\", text.ptr[i]) != NULL && text.ptr[i] != '\0') {
            buffer_add_byte(&out, '\\');
        }
        buffer_add_byte(&out, text.ptr[i]);
    }
    struct str escaped = arena_copy(arena, buffer_str(&out));
    buffer_release(&out);
    return escaped;
}

static void add_text(struct buffer *out, const char *key, struct str text)
{
    if (text.len > 0) {
        buffer_printf(out, "%s: ", key);
        yaml_text_add(out, text);
        buffer_add_byte(out, '\n');
    }
}

static void add_list(struct buffer *out, const char *indent, const char *key,
                     const struct draft_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (i == 0) {
            buffer_printf(out, "%s%s:\n", indent, key);
        }
        buffer_printf(out, "%s    - ", indent);
        yaml_text_add(out, list->items[i]);
        buffer_add_byte(out, '\n');
    }
}

static bool same_key(const struct draft_item *a, const struct draft_item *b)
{
    return str_equal(a->selection, b->selection) && str_equal(a->key, b->key);
}

/* The values of item's key, from item on. */
static void add_values(const struct draft *draft, uint32_t item, struct buffer *out)
{
    const struct draft_item *first = &draft->items[item];
    uint32_t count = 0;
    for (uint32_t i = item; i < draft->items_count; i++) {
        count += same_key(first, &draft->items[i]);
    }
    buffer_add_text(out, "        ");
    yaml_text_add(out, first->key);
    buffer_add_text(out, count == 1 ? ": " : ":\n");
    for (uint32_t i = item; i < draft->items_count; i++) {
        if (same_key(first, &draft->items[i])) {
            buffer_add_text(out, count == 1 ? "" : "            - ");
            yaml_text_add(out, draft->items[i].value);
            buffer_add_byte(out, '\n');
        }
    }
}

/* True when an item before this one has the same selection, or selection and key. */
static bool came_before(const struct draft *draft, uint32_t item, bool with_key)
{
    for (uint32_t i = 0; i < item; i++) {
        bool same = with_key ? same_key(&draft->items[i], &draft->items[item])
                             : str_equal(draft->items[i].selection, draft->items[item].selection);
        if (same) {
            return true;
        }
    }
    return false;
}

static void add_selection(const struct draft *draft, uint32_t item, struct buffer *out)
{
    buffer_add_text(out, "    ");
    yaml_text_add(out, draft->items[item].selection);
    buffer_add_text(out, ":\n");
    for (uint32_t i = item; i < draft->items_count; i++) {
        if (str_equal(draft->items[i].selection, draft->items[item].selection) &&
            !came_before(draft, i, true)) {
            add_values(draft, i, out);
        }
    }
}

static void add_head(const struct draft *draft, bool correlation, struct buffer *out)
{
    struct str seed = draft->id_seed;
    if (out->len > 0) {
        buffer_add_text(out, "---\n");
    }
    if (correlation) {
        seed = arena_printf(draft->arena, "%.*s/count", STR_ARG(seed));
    }
    add_text(out, "title", draft->title);
    buffer_add_text(out, "id: ");
    convert_add_id(out, seed);
    buffer_add_byte(out, '\n');
    if (!correlation) {
        add_text(out, "name", draft->name);
    }
    add_text(out, "status", STR("experimental"));
    add_text(out, "description", draft->description);
    add_list(out, "", "references", &draft->references);
    add_list(out, "", "tags", &draft->tags);
}

static void add_detection(const struct draft *draft, struct buffer *out)
{
    add_head(draft, false, out);
    buffer_add_text(out, "logsource:");
    buffer_add_text(out, draft->product.len > 0 ? "\n" : " {}\n");
    add_text(out, "    product", draft->product);
    add_text(out, "    service", draft->service);
    buffer_add_text(out, "detection:\n");
    for (uint32_t i = 0; i < draft->items_count; i++) {
        if (!came_before(draft, i, false)) {
            add_selection(draft, i, out);
        }
    }
    add_text(out, "    condition", draft->condition);
    add_list(out, "", "falsepositives", &draft->false_positives);
    add_text(out, "level", draft->level);
}

static void add_correlation(const struct draft *draft, struct buffer *out)
{
    add_head(draft, true, out);
    buffer_printf(out, "correlation:\n    type: %s\n    rules:\n        - ",
                  draft->distinct.len > 0 ? "value_count" : "event_count");
    yaml_text_add(out, draft->count_of.len > 0 ? draft->count_of : draft->name);
    buffer_add_byte(out, '\n');
    add_list(out, "    ", "group-by", &draft->group_by);
    buffer_printf(out, "    timespan: %" PRIu64 "s\n    condition:\n", draft->seconds);
    add_text(out, "        field", draft->distinct);
    buffer_printf(out, "        %s: %" PRIu64 "\n", draft->comparison, draft->count);
    add_list(out, "", "falsepositives", &draft->false_positives);
    add_text(out, "level", draft->level);
}

static void add_documents(const struct draft *draft, struct buffer *out)
{
    if (draft->items_count > 0) {
        add_detection(draft, out);
    }
    if (draft->counts) {
        add_correlation(draft, out);
    }
}

/* Why the rule would not load, or NULL. */
static const char *find_fault(const struct draft *draft)
{
    struct draft alone = *draft;
    struct buffer text = {0};
    struct rule_set *set = NULL;
    struct err err = {0};
    const char *fault = NULL;
    alone.counts = draft->counts && draft->count_of.len == 0;
    add_documents(&alone, &text);
    if (rule_set_load_text("result", buffer_str(&text), &set, &err) != 0) {
        fault = arena_copy(draft->arena, str_of(err.text)).ptr;
    }
    for (uint32_t i = 0; set != NULL && i < set->problems_count && fault == NULL; i++) {
        if (set->problems[i].kind != RULE_WARNING) {
            fault = arena_copy(draft->arena, set->problems[i].reason).ptr;
        }
    }
    rule_set_free(set);
    buffer_release(&text);
    return fault;
}

const char *draft_write(const struct draft *draft, struct buffer *out)
{
    const char *fault = find_fault(draft);
    if (fault == NULL) {
        add_documents(draft, out);
    }
    return fault;
}
