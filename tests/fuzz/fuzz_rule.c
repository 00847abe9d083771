/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_rule.c - any bytes as a rule file. Loading ends; what is loaded is whole, what is not has a
 * problem with a reason.
 */
#include "analyze/rule/rule.h"
#include "base/ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct rule_set *set = NULL;
    struct err err = {0};
    if (rule_set_load_text("fuzz.yml", text, &set, &err) != 0) {
        return 0;
    }
    for (uint32_t i = 0; i < set->rules_count; i++) {
        const struct rule *rule = &set->rules[i];
        bool correlates = rule->correlation.kind != CORRELATION_NONE;
        ENSURE(correlates == (rule->condition == NULL));
        for (uint32_t r = 0; r < rule->correlation.references_count; r++) {
            ENSURE(rule->correlation.references[r].rule < set->rules_count);
        }
    }
    for (uint32_t i = 0; i < set->problems_count; i++) {
        ENSURE(set->problems[i].reason.len > 0);
    }
    rule_set_free(set);
    return 0;
}
