/* SPDX-License-Identifier: Apache-2.0
 *
 * summary_exceptions.c - what each exception of the rules has covered, and what `suppress` kept
 * from being told: summaries and metrics.
 */
#include "cli/summary_exceptions_internal.h"

#include "analyze/rule/rule_extension.h"
#include "cli/json_out.h"
#include "cli/metrics_internal.h"

#include <inttypes.h>

/* Calls for every exception that covered a match. */
typedef void visit_fn(void *context, const struct rule *rule,
                      const struct rule_exception *exception, uint64_t count);

static void visit(const struct engine_summary *summary, const struct rule_set *rules,
                  visit_fn *call, void *context)
{
    for (uint32_t i = 0; summary->excepted_by != NULL && i < rules->rules_count; i++) {
        const struct rule_extension *extension = rules->rules[i].extension;
        for (uint32_t n = 0; extension != NULL && n < extension->exceptions_count; n++) {
            const struct rule_exception *exception = &extension->exceptions[n];
            uint64_t count = summary->excepted_by[exception->number];
            if (count > 0) {
                call(context, &rules->rules[i], exception, count);
            }
        }
    }
}

static void add_line(void *context, const struct rule *rule, const struct rule_exception *exception,
                     uint64_t count)
{
    struct buffer *out = context;
    buffer_printf(out, "  %12" PRIu64 "  ", count);
    buffer_add_printable(out, rule->title);
    buffer_add_text(out, ": ");
    buffer_add_printable(out, exception->reason);
    buffer_add_text(out, " (");
    buffer_add_printable(out, exception->owner);
    buffer_add_text(out, ", until ");
    buffer_add_printable(out, exception->expires);
    buffer_add_text(out, ")\n");
}

void summary_add_exceptions(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out)
{
    if (summary->excepted > 0) {
        buffer_printf(out, "Covered by exceptions %" PRIu64 "\n", summary->excepted);
        visit(summary, rules, add_line, out);
    }
}

void summary_add_suppressed(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out)
{
    if (summary->suppressed == 0) {
        return;
    }
    buffer_printf(out, "Suppressed %" PRIu64 "\n", summary->suppressed);
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        if (summary->suppressed_by_rule[i] > 0) {
            buffer_printf(out, "  %12" PRIu64 "  ", summary->suppressed_by_rule[i]);
            buffer_add_printable(out, rules->rules[i].title);
            buffer_add_byte(out, '\n');
        }
    }
    if (summary->suppress_evicted > 0) {
        buffer_printf(out, "  keys forgotten because there were too many: %" PRIu64 "\n",
                      summary->suppress_evicted);
    }
}

static void add_object(void *context, const struct rule *rule,
                       const struct rule_exception *exception, uint64_t count)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "id", rule->id);
    json_out_text(json, "title", rule->title);
    json_out_text(json, "reason", exception->reason);
    json_out_text(json, "owner", exception->owner);
    json_out_text(json, "expires", exception->expires);
    json_out_count(json, "matches", count);
    cJSON_AddItemToArray(context, json);
}

void summary_add_exceptions_json(const struct engine_summary *summary, const struct rule_set *rules,
                                 cJSON *root)
{
    json_out_count(root, "suppressed", summary->suppressed);
    json_out_count(root, "suppress_evicted", summary->suppress_evicted);
    json_out_count(root, "excepted", summary->excepted);
    visit(summary, rules, add_object, cJSON_AddArrayToObject(root, "excepted_by"));
}

void metrics_add_suppressed(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out)
{
    metrics_add_head(out, "rule_suppressed_total", "counter",
                     "Alerts that were not told, by rule; rules without are left out.");
    for (uint32_t i = 0; summary->suppressed_by_rule != NULL && i < rules->rules_count; i++) {
        if (summary->suppressed_by_rule[i] > 0) {
            metrics_add_rule(out, "rule_suppressed_total", &rules->rules[i]);
            buffer_printf(out, "%" PRIu64 "\n", summary->suppressed_by_rule[i]);
        }
    }
}

void metrics_add_exceptions(const struct engine_summary *summary, const struct rule_set *rules,
                            struct buffer *out)
{
    metrics_add_head(out, "rule_excepted_total", "counter",
                     "Matches that an exception covered, by rule; rules without are left out.");
    for (uint32_t i = 0; summary->excepted_by != NULL && i < rules->rules_count; i++) {
        const struct rule_extension *extension = rules->rules[i].extension;
        uint64_t sum = 0;
        for (uint32_t n = 0; extension != NULL && n < extension->exceptions_count; n++) {
            sum += summary->excepted_by[extension->exceptions[n].number];
        }
        if (sum > 0) {
            metrics_add_rule(out, "rule_excepted_total", &rules->rules[i]);
            buffer_printf(out, "%" PRIu64 "\n", sum);
        }
    }
}
