/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension_suppress.c - `suppress:`, how often alerts of one key are told.
 */
#include "analyze/rule/rule_extension_internal.h"

bool extension_read_suppress(struct extension_reading *reading, const struct yaml_node *value)
{
    static const char *const names[] = {"key", "for", "max", NULL};
    struct rule_builder *builder = reading->builder;
    struct rule_suppress *suppress = &reading->extension->suppress;
    if (!extension_check_keys(builder, value, names, "suppress")) {
        return false;
    }
    const struct yaml_node *key = yaml_get(value, "key");
    const struct yaml_node *period = yaml_get(value, "for");
    const struct yaml_node *max = yaml_get(value, "max");
    suppress->alerts_max = 1;
    if (period == NULL) {
        return rule_problem_add(builder, RULE_ERROR, value,
                                "suppress needs `for`, such as `for: 1h`");
    }
    if (!rule_timespan_read(builder, period, &suppress->period_ns)) {
        return false;
    }
    if (max != NULL && (max->kind != YAML_SCALAR || !str_to_u64(max->text, &suppress->alerts_max) ||
                        suppress->alerts_max == 0)) {
        return rule_problem_add(builder, RULE_ERROR, max, "max must be a whole number, 1 or more");
    }
    return key == NULL || extension_read_fields(reading, key, &suppress->key);
}
