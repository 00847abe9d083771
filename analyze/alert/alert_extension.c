/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_extension.c - what an alert says of its rule's key `tocsin:`: criteria, risk; and what
 * tells its alerts apart for `suppress`.
 *
 * In:  an event that matched; an alert.   Out: the alert's entities; members of its JSON line.
 * Thread: any.   Owns: nothing.
 * Bounds: O(entities of the rule + bytes of their values).
 */
#include "analyze/alert/alert_internal.h"

#include "analyze/rule/rule_extension.h"

/* The field's first value; false when there is none. */
static bool first_text(const struct field_table *fields, const struct event *event, struct str name,
                       struct arena *arena, struct str *text)
{
    field_id field = field_find(fields, name);
    const struct value *value = field == FIELD_NONE ? NULL : event_first(event, field);
    if (value == NULL || value->kind == VALUE_NULL || value->kind == VALUE_ARRAY) {
        return false;
    }
    *text = value_text(value, arena);
    return true;
}

/* Each part behind its length, so that no two lists of parts make the same key. */
static struct str join_key(const struct str *parts, const bool *there, uint32_t count,
                           struct arena *arena)
{
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        len += sizeof(uint32_t) + (there[i] ? parts[i].len : 0);
    }
    char *key = arena_take(arena, len + 1);
    char *at = key;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part_len = there[i] ? (uint32_t)parts[i].len : UINT32_MAX;
        memcpy(at, &part_len, sizeof part_len);
        at += sizeof part_len;
        if (there[i] && part_len > 0) {
            memcpy(at, parts[i].ptr, part_len);
            at += part_len;
        }
    }
    return (struct str){key, len};
}

static void take_suppress_key(struct alert *alert, const struct field_table *fields,
                              const struct event *event, struct arena *arena)
{
    const struct str_list *names = &alert->rule->extension->suppress.key;
    struct str *parts = arena_take_zeroed(arena, names->count, sizeof *parts);
    bool *there = arena_take_zeroed(arena, names->count, sizeof *there);
    for (uint32_t i = 0; i < names->count; i++) {
        there[i] = first_text(fields, event, names->items[i], arena, &parts[i]);
    }
    alert->suppress_key = join_key(parts, there, names->count, arena);
}

void alert_take_extension(struct alert *alert, const struct field_table *fields,
                          const struct event *event, struct arena *arena)
{
    const struct rule_extension *extension = alert->rule->extension;
    if (extension == NULL) {
        return;
    }
    const struct str_list *names = &extension->risk_entities;
    alert->entities = arena_take_zeroed(arena, names->count, sizeof *alert->entities);
    for (uint32_t i = 0; i < names->count; i++) {
        struct str text = {0};
        if (first_text(fields, event, names->items[i], arena, &text) && text.len > 0) {
            alert->entities[alert->entities_count++] = (struct alert_field){names->items[i], text};
        }
    }
    if (extension->suppress.period_ns > 0) {
        take_suppress_key(alert, fields, event, arena);
    }
}

struct str alert_suppress_key(const struct alert *alert, struct arena *arena)
{
    if (alert->rule->correlation.kind == CORRELATION_NONE) {
        return alert->suppress_key;
    }
    const struct str_list *names = &alert->rule->extension->suppress.key;
    struct str *parts = arena_take_zeroed(arena, names->count, sizeof *parts);
    bool *there = arena_take_zeroed(arena, names->count, sizeof *there);
    for (uint32_t i = 0; i < names->count; i++) {
        for (uint32_t n = 0; n < alert->group_count && !there[i]; n++) {
            if (str_equal(alert->group[n].name, names->items[i])) {
                parts[i] = alert->group[n].value;
                there[i] = true;
            }
        }
    }
    return join_key(parts, there, names->count, arena);
}

static void add_entity(struct buffer *out, const struct alert_field *entity)
{
    if (out->ptr[out->len - 1] == '}') {
        buffer_add_byte(out, ',');
    }
    buffer_add_text(out, "{\"field\":");
    buffer_add_json_string(out, entity->name);
    buffer_add_text(out, ",\"value\":");
    buffer_add_json_string(out, entity->value);
    buffer_add_byte(out, '}');
}

/* A correlation's entities are some of its group. */
static void add_group_entities(struct buffer *out, const struct alert *alert,
                               const struct str_list *names)
{
    for (uint32_t i = 0; i < names->count; i++) {
        for (uint32_t n = 0; n < alert->group_count; n++) {
            if (str_equal(alert->group[n].name, names->items[i])) {
                add_entity(out, &alert->group[n]);
                break;
            }
        }
    }
}

static void add_risk(struct buffer *out, const struct alert *alert,
                     const struct rule_extension *extension)
{
    buffer_add_text(out, ",\"risk\":{\"score\":");
    buffer_add_u64(out, extension->risk_score);
    if (extension->risk_entities.count > 0) {
        buffer_add_text(out, ",\"entities\":[");
        add_group_entities(out, alert, &extension->risk_entities);
        for (uint32_t i = 0; i < alert->entities_count; i++) {
            add_entity(out, &alert->entities[i]);
        }
        buffer_add_byte(out, ']');
    }
    buffer_add_byte(out, '}');
}

static void add_exception(struct buffer *out, const struct rule_exception *exception)
{
    const struct {
        const char *key;
        struct str value;
    } members[] = {{",\"excepted\":{\"reason\":", exception->reason},
                   {",\"owner\":", exception->owner},
                   {",\"approved_by\":", exception->approved_by},
                   {",\"expires\":", exception->expires}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        buffer_add_text(out, members[i].key);
        buffer_add_json_string(out, members[i].value);
    }
    buffer_add_byte(out, '}');
}

void alert_render_extension(const struct alert *alert, struct buffer *out)
{
    const struct rule_extension *extension = alert->rule->extension;
    if (extension == NULL) {
        return;
    }
    if (alert->exception != NULL) {
        add_exception(out, alert->exception);
    }
    if (alert->suppressed > 0) {
        buffer_add_text(out, ",\"suppressed\":");
        buffer_add_u64(out, alert->suppressed);
    }
    for (uint32_t i = 0; i < extension->criteria.count; i++) {
        buffer_add_text(out, i == 0 ? ",\"criterion\":[" : ",");
        buffer_add_json_string(out, extension->criteria.items[i]);
    }
    if (extension->criteria.count > 0) {
        buffer_add_byte(out, ']');
    }
    if (extension->has_risk) {
        add_risk(out, alert, extension);
    }
}
