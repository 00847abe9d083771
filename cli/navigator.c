/* SPDX-License-Identifier: Apache-2.0
 *
 * navigator.c - see navigator.h. Techniques stand in the order of their ids.
 */
#include "cli/navigator.h"

#include "base/memory.h"
#include "cli/json_out.h"

#include <stdlib.h>

/* One tag of one rule: "1078" or "1078.004" of attack.t1078.004. */
struct use {
    struct str technique;
    const struct rule *rule;
};

static int compare_uses(const void *a, const void *b)
{
    const struct use *left = a;
    const struct use *right = b;
    int order = str_compare(left->technique, right->technique);
    return order != 0 ? order : (left->rule > right->rule) - (left->rule < right->rule);
}

/* The empty str when the tag is no technique. */
static struct str technique_of(struct str tag)
{
    struct str prefix = STR("attack.t");
    struct str rest = str_slice(tag, prefix.len, tag.len);
    bool fits = str_equal_fold(str_slice(tag, 0, prefix.len), prefix) &&
                (rest.len == 4 || (rest.len == 8 && rest.ptr[4] == '.'));
    for (size_t i = 0; i < rest.len && fits; i++) {
        fits = i == 4 || byte_is_digit(rest.ptr[i]);
    }
    return fits ? rest : (struct str){"", 0};
}

static uint32_t gather(const struct rule_set *rules, const struct rules_filter *filter,
                       struct use **uses)
{
    uint32_t count = 0;
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        const struct rule *rule = &rules->rules[i];
        for (uint32_t n = 0; n < rule->tags.count && rules_filter_fits(filter, rule); n++) {
            struct str technique = technique_of(rule->tags.items[n]);
            if (technique.len > 0) {
                MEMORY_GROW(*uses, count, capacity);
                (*uses)[count++] = (struct use){technique, rule};
            }
        }
    }
    if (count > 1) {
        qsort(*uses, count, sizeof **uses, compare_uses);
    }
    return count;
}

/* Adds the technique of the first use; returns how many uses are of it. */
static uint32_t add_technique(const struct use *uses, uint32_t count, cJSON *list, uint64_t *best)
{
    struct buffer id = {0};
    struct buffer comment = {0};
    uint32_t end = 0;
    uint64_t score = 0;
    for (; end < count && str_equal(uses[end].technique, uses[0].technique); end++) {
        if (end > 0 && uses[end].rule == uses[end - 1].rule) {
            continue; /* the same tag twice */
        }
        buffer_add_text(&comment, score > 0 ? "\n" : "");
        buffer_add(&comment, uses[end].rule->title);
        score++;
    }
    buffer_add_byte(&id, 'T');
    buffer_add(&id, uses[0].technique);
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "techniqueID", buffer_str(&id));
    json_out_count(json, "score", score);
    json_out_text(json, "comment", buffer_str(&comment));
    cJSON_AddBoolToObject(json, "enabled", true);
    cJSON_AddItemToArray(list, json);
    *best = score > *best ? score : *best;
    buffer_release(&id);
    buffer_release(&comment);
    return end;
}

static void add_gradient(cJSON *root, uint64_t best)
{
    static const char *const colors[] = {"#ffe766", "#8ec843"};
    cJSON *gradient = cJSON_AddObjectToObject(root, "gradient");
    cJSON *list = cJSON_AddArrayToObject(gradient, "colors");
    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(colors[i]));
    }
    json_out_count(gradient, "minValue", 0);
    json_out_count(gradient, "maxValue", best > 0 ? best : 1);
}

void navigator_layer(const struct rule_set *rules, const struct rules_filter *filter,
                     struct buffer *out)
{
    struct use *uses = NULL;
    uint64_t best = 0;
    uint32_t count = gather(rules, filter, &uses);
    cJSON *root = cJSON_CreateObject();
    json_out_text(root, "name", STR("tocsin rules"));
    cJSON *versions = cJSON_AddObjectToObject(root, "versions");
    json_out_text(versions, "layer", STR("4.5"));
    json_out_text(root, "domain", STR("enterprise-attack"));
    json_out_text(root, "description", STR("Score: how many rules are tagged with the technique."));
    cJSON *list = cJSON_AddArrayToObject(root, "techniques");
    for (uint32_t i = 0; i < count;) {
        i += add_technique(uses + i, count - i, list, &best);
    }
    add_gradient(root, best);
    memory_free(uses);
    json_out_finish(root, out);
}
