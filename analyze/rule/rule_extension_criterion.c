/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_extension_criterion.c - `criterion:`, the criteria of SOC 2 that a rule serves.
 *
 * The numbers are those of the 2017 Trust Services Criteria: so many criteria a series.
 */
#include "analyze/rule/rule_extension_internal.h"

struct series {
    const char *name;
    uint32_t count; /* NAME.1 to NAME.count */
};

static const struct series series_table[] = {
    {"CC1", 5}, {"CC2", 3}, {"CC3", 4}, {"CC4", 2}, {"CC5", 3}, {"CC6", 8}, {"CC7", 5},
    {"CC8", 1}, {"CC9", 2}, {"A1", 3},  {"C1", 2},  {"PI1", 5}, {"P1", 1},  {"P2", 1},
    {"P3", 2},  {"P4", 3},  {"P5", 2},  {"P6", 7},  {"P7", 1},  {"P8", 1},
};

static bool is_criterion(struct str text)
{
    size_t dot = str_find_byte(text, '.');
    uint64_t number = 0;
    if (dot == STR_NOT_FOUND || text.len != dot + 2 ||
        !str_to_u64(str_slice(text, dot + 1, text.len), &number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof series_table / sizeof series_table[0]; i++) {
        if (str_equal(str_slice(text, 0, dot), str_of(series_table[i].name))) {
            return number >= 1 && number <= series_table[i].count;
        }
    }
    return false;
}

bool extension_read_criterion(struct extension_reading *reading, const struct yaml_node *value)
{
    struct str_list *criteria = &reading->extension->criteria;
    if (!extension_read_texts(reading->builder, value, "a criterion such as CC7.2", criteria)) {
        return false;
    }
    for (uint32_t i = 0; i < criteria->count; i++) {
        const struct yaml_node *at = value->kind == YAML_SEQUENCE ? value->items[i] : value;
        if (!is_criterion(criteria->items[i])) {
            return rule_problem_add(reading->builder, RULE_ERROR, at,
                                    "'%.*s' is no trust services criterion; write one such as "
                                    "CC6.1 or CC7.2",
                                    STR_ARG(criteria->items[i]));
        }
    }
    return true;
}
