/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_extension.c - what an alert says of its rule's key `tocsin:`: criteria, risk.
 *
 * In:  an event that matched; an alert.   Out: the alert's entities; members of its JSON line.
 * Thread: any.   Owns: nothing.
 * Bounds: O(entities of the rule + bytes of their values).
 */
#include "analyze/alert/alert_internal.h"

#include "analyze/rule/rule_extension.h"

void alert_take_entities(struct alert *alert, const struct field_table *fields,
                         const struct event *event, struct arena *arena)
{
    const struct rule_extension *extension = alert->rule->extension;
    if (extension == NULL || extension->risk_entities.count == 0) {
        return;
    }
    const struct str_list *names = &extension->risk_entities;
    alert->entities = arena_take_zeroed(arena, names->count, sizeof *alert->entities);
    for (uint32_t i = 0; i < names->count; i++) {
        field_id field = field_find(fields, names->items[i]);
        const struct value *value = field == FIELD_NONE ? NULL : event_first(event, field);
        bool some = value != NULL && value->kind != VALUE_NULL && value->kind != VALUE_ARRAY;
        struct str text = some ? value_text(value, arena) : (struct str){0};
        if (text.len > 0) {
            alert->entities[alert->entities_count++] = (struct alert_field){names->items[i], text};
        }
    }
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
