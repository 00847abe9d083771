/* SPDX-License-Identifier: Apache-2.0
 *
 * summary_windows.c - what correlations counted, what came too late or too early, and what they
 * lost at a limit, by rule: summaries and metrics.
 */
#include "cli/summary_windows_internal.h"

#include "cli/json_out.h"
#include "cli/metrics_internal.h"

#include <inttypes.h>

void summary_add_windows(const struct engine_summary *summary, const struct rule_set *rules,
                         struct buffer *out)
{
    const struct window_counters *windows = &summary->windows;
    if (windows->matches > 0 || windows->skipped > 0) {
        buffer_printf(out,
                      "Correlation\n  matches %" PRIu64 ", late %" PRIu64 ", evicted %" PRIu64
                      ", refused %" PRIu64 ", early %" PRIu64 ", without a group-by field %" PRIu64
                      ", kept without their record %" PRIu64 "\n",
                      windows->matches, windows->late, windows->evicted, windows->refused,
                      windows->early, windows->skipped, windows->bare);
    }
    for (uint32_t i = 0; summary->lost_by_rule != NULL && i < rules->rules_count; i++) {
        if (summary->lost_by_rule[i] > 0) {
            buffer_printf(out, "  %12" PRIu64 "  lost at a limit by ", summary->lost_by_rule[i]);
            buffer_add_printable(out, rules->rules[i].title);
            buffer_add_byte(out, '\n');
        }
    }
    if (summary->future > 0) {
        buffer_printf(out, "Events too far ahead to move the watermark: %" PRIu64 "\n",
                      summary->future);
    }
}

void summary_add_windows_json(const struct engine_summary *summary, const struct rule_set *rules,
                              cJSON *root)
{
    const struct window_counters *windows = &summary->windows;
    cJSON *json = cJSON_AddObjectToObject(root, "correlation");
    json_out_count(json, "matches", windows->matches);
    json_out_count(json, "late", windows->late);
    json_out_count(json, "evicted", windows->evicted);
    json_out_count(json, "refused", windows->refused);
    json_out_count(json, "early", windows->early);
    json_out_count(json, "skipped", windows->skipped);
    json_out_count(json, "bare", windows->bare);
    cJSON *list = cJSON_AddArrayToObject(json, "lost_by_rule");
    for (uint32_t i = 0; summary->lost_by_rule != NULL && i < rules->rules_count; i++) {
        if (summary->lost_by_rule[i] > 0) {
            cJSON *row = cJSON_CreateObject();
            json_out_text(row, "id", rules->rules[i].id);
            json_out_text(row, "title", rules->rules[i].title);
            json_out_count(row, "lost", summary->lost_by_rule[i]);
            cJSON_AddItemToArray(list, row);
        }
    }
}

void metrics_add_lost(const struct engine_summary *summary, const struct rule_set *rules,
                      struct buffer *out)
{
    metrics_add_head(out, "rule_window_lost_total", "counter",
                     "Keys, matches of new keys and values lost at a limit, by correlation; those "
                     "without are left out.");
    for (uint32_t i = 0; summary->lost_by_rule != NULL && i < rules->rules_count; i++) {
        if (summary->lost_by_rule[i] > 0) {
            metrics_add_rule(out, "rule_window_lost_total", &rules->rules[i]);
            buffer_printf(out, "%" PRIu64 "\n", summary->lost_by_rule[i]);
        }
    }
}
