/* SPDX-License-Identifier: Apache-2.0
 *
 * alert.c - see alert.h: the deep copy.
 */
#include "analyze/alert/alert.h"

static struct alert_field *copy_fields(struct arena *arena, const struct alert_field *fields,
                                       uint32_t count, bool names)
{
    struct alert_field *copies = arena_take_zeroed(arena, count, sizeof *copies);
    for (uint32_t i = 0; i < count; i++) {
        copies[i].name = names ? arena_copy(arena, fields[i].name) : fields[i].name;
        copies[i].value = arena_copy(arena, fields[i].value);
    }
    return copies;
}

struct alert *alert_copy(struct arena *arena, const struct alert *alert)
{
    struct alert *copy = arena_take(arena, sizeof *copy);
    *copy = *alert;
    copy->rule_json = (struct str){0};
    copy->logsource = arena_copy(arena, alert->logsource);
    copy->original = arena_copy(arena, alert->original);
    copy->measured = arena_copy(arena, alert->measured);
    copy->events = arena_take_zeroed(arena, alert->events_count, sizeof *copy->events);
    for (uint32_t i = 0; i < alert->events_count; i++) {
        copy->events[i] = alert->events[i];
        copy->events[i].source = arena_copy(arena, alert->events[i].source);
        copy->events[i].rule = arena_copy(arena, alert->events[i].rule);
    }
    copy->findings = arena_take_zeroed(arena, alert->findings_count, sizeof *copy->findings);
    for (uint32_t i = 0; i < alert->findings_count; i++) {
        struct alert_finding *finding = &copy->findings[i];
        *finding = alert->findings[i];
        struct str *parts = arena_take(arena, (finding->parts_count + 1) * sizeof *parts);
        for (uint32_t n = 0; n < finding->parts_count; n++) {
            parts[n] = arena_copy(arena, alert->findings[i].parts[n]);
        }
        finding->parts = parts;
    }
    copy->group = copy_fields(arena, alert->group, alert->group_count, true);
    copy->entities = copy_fields(arena, alert->entities, alert->entities_count, false);
    copy->suppress_key = arena_copy(arena, alert->suppress_key);
    copy->fields = copy_fields(arena, alert->fields, alert->fields_count, false);
    return copy;
}
