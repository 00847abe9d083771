/* SPDX-License-Identifier: Apache-2.0
 *
 * profile_table.c - see profile_table.h.
 */
#include "cli/profile_table.h"

#include "base/memory.h"
#include "cli/json_out.h"

#include <inttypes.h>

#define NS_A_MS 1000000.0

/* The rules to list, and the sums of all. */
struct listing {
    const struct match_profile *profile;
    const struct plan *plan;
    struct rule_profile total;
    uint32_t *order;
    uint32_t count; /* rules that were candidates */
    uint32_t shown;
};

static void listing_begin(struct listing *listing, const struct match_profile *profile,
                          const struct plan *plan, uint32_t top)
{
    *listing = (struct listing){.profile = profile, .plan = plan};
    listing->order = memory_new((size_t)profile->rules_count + 1, sizeof *listing->order);
    listing->count = match_profile_order(profile, listing->order);
    listing->shown = top == 0 || top > listing->count ? listing->count : top;
    for (uint32_t i = 0; i < listing->count; i++) {
        rule_profile_add(&listing->total, &profile->rules[listing->order[i]]);
    }
}

static double share_of(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void add_numbers(const struct rule_profile *rule, uint64_t whole_ns, struct buffer *out)
{
    uint64_t each_ns = rule->candidates == 0 ? 0 : rule->ns / rule->candidates;
    buffer_printf(out,
                  "%12.3f %6.1f %9" PRIu64 " %12" PRIu64 " %12" PRIu64 " %10" PRIu64 " %10" PRIu64,
                  (double)rule->ns / NS_A_MS, share_of(rule->ns, whole_ns), each_ns,
                  rule->candidates, rule->evaluations, rule->matches, rule->undecided);
}

void profile_table_text(const struct match_profile *profile, const struct plan *plan, uint32_t top,
                        struct buffer *out)
{
    struct listing listing;
    listing_begin(&listing, profile, plan, top);
    uint64_t whole_ns = listing.total.ns + profile->counters.find_ns;
    buffer_printf(out, "%12s %6s %9s %12s %12s %10s %10s  %-10s %s\n", "ms", "%", "ns each",
                  "candidates", "evaluations", "matches", "undecided", "reached by", "rule");
    for (uint32_t i = 0; i < listing.shown; i++) {
        uint32_t rule = listing.order[i];
        add_numbers(&profile->rules[rule], whole_ns, out);
        buffer_printf(out, "  %-10s ", plan_access_name(plan_explain(plan, rule)));
        buffer_add_printable(out, plan_rules(plan)->rules[rule].title);
        buffer_add_byte(out, '\n');
    }
    add_numbers(&listing.total, whole_ns, out);
    buffer_printf(out, "  %-10s all %" PRIu32 " rules that were candidates, of %" PRIu32 "\n", "",
                  listing.count, profile->rules_count);
    buffer_printf(out, "%12.3f %6.1f  finding candidates in %" PRIu64 " events, for all rules\n",
                  (double)profile->counters.find_ns / NS_A_MS,
                  share_of(profile->counters.find_ns, whole_ns), profile->counters.events);
    memory_free(listing.order);
}

static void add_counts(const struct rule_profile *rule, cJSON *json)
{
    json_out_count(json, "ns", rule->ns);
    json_out_count(json, "candidates", rule->candidates);
    json_out_count(json, "evaluations", rule->evaluations);
    json_out_count(json, "matches", rule->matches);
    json_out_count(json, "undecided", rule->undecided);
}

void profile_table_json(const struct match_profile *profile, const struct plan *plan, uint32_t top,
                        struct buffer *out)
{
    struct listing listing;
    listing_begin(&listing, profile, plan, top);
    cJSON *root = cJSON_CreateObject();
    json_out_count(root, "events", profile->counters.events);
    json_out_count(root, "find_ns", profile->counters.find_ns);
    json_out_count(root, "rules_loaded", profile->rules_count);
    json_out_count(root, "rules_candidates", listing.count);
    add_counts(&listing.total, cJSON_AddObjectToObject(root, "total"));
    cJSON *list = cJSON_AddArrayToObject(root, "rules");
    for (uint32_t i = 0; i < listing.shown; i++) {
        uint32_t index = listing.order[i];
        const struct rule *rule = &plan_rules(plan)->rules[index];
        cJSON *json = cJSON_CreateObject();
        json_out_text(json, "id", rule->id);
        json_out_text(json, "title", rule->title);
        json_out_text(json, "path", rule->path);
        json_out_count(json, "line", rule->line);
        json_out_text(json, "reached_by", str_of(plan_access_name(plan_explain(plan, index))));
        add_counts(&profile->rules[index], json);
        cJSON_AddItemToArray(list, json);
    }
    json_out_finish(root, out);
    memory_free(listing.order);
}
