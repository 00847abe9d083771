/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alert.c - the alerts that a case expects.
 */
#include "cli/workbench/test_file_internal.h"

#include "base/timestamp.h"

static const char *const alert_keys[] = {"rule",  "count",  "events", "time",
                                         "group", "fields", NULL};

static int read_alert(const struct test_reader *reader, const struct yaml_node *node,
                      struct test_alert *made, struct err *err)
{
    *made = (struct test_alert){.line = node->line, .time_ns = TIMESTAMP_NONE};
    if (node->kind != YAML_MAPPING) {
        return test_wrong(reader, node, err, "an alert is a mapping of what it must have");
    }
    const struct yaml_node *rule = yaml_get(node, "rule");
    const struct yaml_node *count = yaml_get(node, "count");
    const struct yaml_node *events = yaml_get(node, "events");
    int failed = test_check_keys(reader, node, alert_keys, err);
    if (failed == 0 && rule != NULL && rule->kind != YAML_SCALAR) {
        failed = test_wrong(reader, rule, err, "`rule` is one id, name or title");
    }
    if (failed == 0 && rule != NULL) {
        made->rule = rule->text;
    }
    made->has_value = count != NULL;
    made->has_events = events != NULL;
    failed = failed != 0 ? failed : test_read_count(reader, count, &made->value, err);
    failed = failed != 0 ? failed : test_read_count(reader, events, &made->events, err);
    failed =
        failed != 0 ? failed : test_read_time(reader, yaml_get(node, "time"), &made->time_ns, err);
    failed =
        failed != 0 ? failed : test_read_fields(reader, yaml_get(node, "group"), &made->group, err);
    return failed != 0 ? failed
                       : test_read_fields(reader, yaml_get(node, "fields"), &made->fields, err);
}

int test_read_alerts(const struct test_reader *reader, const struct yaml_node *node,
                     struct test_case *made, struct err *err)
{
    if (node == NULL) {
        return 0;
    }
    if (node->kind != YAML_SEQUENCE) {
        return test_wrong(reader, node, err, "`alerts` is a list; [] means none");
    }
    struct test_alert *alerts = arena_take_zeroed(reader->arena, node->count + 1, sizeof *alerts);
    made->has_alerts = true;
    made->alerts = alerts;
    made->alerts_count = (uint32_t)node->count;
    int failed = 0;
    for (size_t i = 0; i < node->count && failed == 0; i++) {
        failed = read_alert(reader, node->items[i], &alerts[i], err);
    }
    return failed;
}
