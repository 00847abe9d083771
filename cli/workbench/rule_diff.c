/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_diff.c - see rule_diff.h.
 */
#include "cli/workbench/rule_diff.h"

#include "base/memory.h"
#include "cli/json_out.h"

#include <inttypes.h>

void rule_diff_init(struct rule_diff *diff)
{
    *diff = (struct rule_diff){.arena = arena_new(0), .ids = map_new(), .names = map_new()};
}

void rule_diff_release(struct rule_diff *diff)
{
    map_free(diff->ids);
    map_free(diff->names);
    memory_free(diff->alerts);
    memory_free(diff->rules);
    arena_free(diff->arena);
}

static uint32_t rule_index(struct rule_diff *diff, const struct rule *rule)
{
    uint32_t index = map_get(diff->names, rule->id);
    if (index == MAP_NONE) {
        index = diff->rules_count;
        MEMORY_GROW(diff->rules, diff->rules_count, diff->rules_capacity);
        diff->rules[diff->rules_count++] = (struct rule_diff_rule){
            .id = arena_copy(diff->arena, rule->id), .title = arena_copy(diff->arena, rule->title)};
        map_set(diff->names, rule->id, index);
    }
    return index;
}

/* "path:offset" of the first event; a correlation's group. */
static struct str describe(struct rule_diff *diff, const struct alert *alert)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < alert->group_count; i++) {
        buffer_add_text(&text, i > 0 ? ", " : "");
        buffer_add_printable(&text, alert->group[i].name);
        buffer_add_byte(&text, '=');
        buffer_add_printable(&text, alert->group[i].value);
    }
    if (alert->group_count == 0 && alert->events_count > 0) {
        buffer_add_printable(&text, alert->events[0].source);
        buffer_printf(&text, ":%" PRIu64, alert->events[0].offset);
        if (alert->events[0].sub > 0) {
            buffer_printf(&text, "+%" PRIu32, alert->events[0].sub);
        }
    }
    struct str kept = arena_copy(diff->arena, buffer_str(&text));
    buffer_release(&text);
    return kept;
}

void rule_diff_take(void *context, const struct alert *alert)
{
    struct rule_diff *diff = context;
    struct str id = str_of(alert->id);
    uint32_t index = map_get(diff->ids, id);
    if (index == MAP_NONE) {
        index = diff->alerts_count;
        uint32_t rule = rule_index(diff, alert->rule);
        struct str what = describe(diff, alert);
        MEMORY_GROW(diff->alerts, diff->alerts_count, diff->alerts_capacity);
        diff->alerts[diff->alerts_count++] =
            (struct rule_diff_alert){.id = arena_copy(diff->arena, id),
                                     .rule = rule,
                                     .time_ns = alert->time_ns,
                                     .what = what};
        map_set(diff->ids, id, index);
    }
    if (diff->is_after) {
        diff->alerts[index].after = true;
    } else {
        diff->alerts[index].before = true;
    }
}

uint64_t rule_diff_count(struct rule_diff *diff)
{
    uint64_t changed = 0;
    for (uint32_t i = 0; i < diff->alerts_count; i++) {
        const struct rule_diff_alert *alert = &diff->alerts[i];
        struct rule_diff_rule *rule = &diff->rules[alert->rule];
        rule->kept += alert->before && alert->after ? 1 : 0;
        rule->removed += alert->after ? 0 : 1;
        rule->added += alert->before ? 0 : 1;
        changed += alert->before != alert->after ? 1 : 0;
    }
    return changed;
}

static void add_alerts(const struct rule_diff *diff, uint32_t rule, bool after, struct buffer *out)
{
    uint64_t listed = 0;
    for (uint32_t i = 0; i < diff->alerts_count; i++) {
        const struct rule_diff_alert *alert = &diff->alerts[i];
        if (alert->rule != rule || alert->before == alert->after || alert->after != after) {
            continue;
        }
        if (listed++ < RULE_DIFF_SHOWN) {
            buffer_printf(out, "  %c ", after ? '+' : '-');
            buffer_add_time(out, alert->time_ns);
            buffer_add_byte(out, ' ');
            buffer_add(out, alert->id);
            buffer_add_byte(out, ' ');
            buffer_add(out, alert->what);
            buffer_add_byte(out, '\n');
        }
    }
    if (listed > RULE_DIFF_SHOWN) {
        buffer_printf(out, "  %c and %" PRIu64 " more\n", after ? '+' : '-',
                      listed - RULE_DIFF_SHOWN);
    }
}

void rule_diff_text(const struct rule_diff *diff, struct buffer *out)
{
    uint64_t kept = 0;
    uint64_t removed = 0;
    uint64_t added = 0;
    for (uint32_t i = 0; i < diff->rules_count; i++) {
        const struct rule_diff_rule *rule = &diff->rules[i];
        kept += rule->kept;
        removed += rule->removed;
        added += rule->added;
        if (rule->removed == 0 && rule->added == 0) {
            continue;
        }
        buffer_add_printable(out, rule->title);
        buffer_add_text(out, " (");
        buffer_add_printable(out, rule->id);
        buffer_printf(out, "): %" PRIu64 " removed, %" PRIu64 " added, %" PRIu64 " as before\n",
                      rule->removed, rule->added, rule->kept);
        add_alerts(diff, i, false, out);
        add_alerts(diff, i, true, out);
    }
    buffer_printf(out, "%" PRIu64 " alerts removed, %" PRIu64 " added, %" PRIu64 " as before\n",
                  removed, added, kept);
}

static cJSON *alert_json(const struct rule_diff *diff, const struct rule_diff_alert *alert)
{
    cJSON *json = cJSON_CreateObject();
    struct buffer time = {0};
    buffer_add_time(&time, alert->time_ns);
    json_out_text(json, "change", str_of(alert->after ? "added" : "removed"));
    json_out_text(json, "id", alert->id);
    json_out_text(json, "rule", diff->rules[alert->rule].id);
    json_out_text(json, "time", buffer_str(&time));
    json_out_text(json, "place", alert->what);
    buffer_release(&time);
    return json;
}

cJSON *rule_diff_json(const struct rule_diff *diff)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *rules = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < diff->rules_count; i++) {
        const struct rule_diff_rule *rule = &diff->rules[i];
        cJSON *json = cJSON_CreateObject();
        json_out_text(json, "id", rule->id);
        json_out_text(json, "title", rule->title);
        json_out_count(json, "removed", rule->removed);
        json_out_count(json, "added", rule->added);
        json_out_count(json, "kept", rule->kept);
        cJSON_AddItemToArray(rules, json);
    }
    cJSON *alerts = cJSON_AddArrayToObject(root, "alerts");
    for (uint32_t i = 0; i < diff->alerts_count; i++) {
        if (diff->alerts[i].before != diff->alerts[i].after) {
            cJSON_AddItemToArray(alerts, alert_json(diff, &diff->alerts[i]));
        }
    }
    return root;
}
