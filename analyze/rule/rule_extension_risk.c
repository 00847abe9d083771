/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension_risk.c - `risk:`, how much an alert weighs, and on whom.
 */
#include "analyze/rule/rule_extension_internal.h"

bool extension_read_risk(struct extension_reading *reading, const struct yaml_node *value)
{
    static const char *const names[] = {"score", "entity", NULL};
    struct rule_extension *extension = reading->extension;
    if (!extension_check_keys(reading->builder, value, names, "risk")) {
        return false;
    }
    const struct yaml_node *score = yaml_get(value, "score");
    const struct yaml_node *entity = yaml_get(value, "entity");
    uint64_t number = 0;
    if (score == NULL || score->kind != YAML_SCALAR || !str_to_u64(score->text, &number) ||
        number > RULE_RISK_MAX) {
        return rule_problem_add(reading->builder, RULE_ERROR, score != NULL ? score : value,
                                "risk needs a score, a whole number from 0 to %u", RULE_RISK_MAX);
    }
    extension->has_risk = true;
    extension->risk_score = (uint32_t)number;
    return entity == NULL || extension_read_fields(reading, entity, &extension->risk_entities);
}
