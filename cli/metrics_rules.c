/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_rules.c - the metrics of single rules: what they cost, and what they could not decide.
 *
 * Only METRICS_RULES rules have rows of their own, so that ten thousand rules do not make fifty
 * thousand series; the totals are of all.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/metrics_internal.h"

#include <inttypes.h>
#include <stddef.h>

#define METRICS_RULES 20U

struct counter_row {
    const char *name;
    const char *help;
    size_t offset; /* of the counter in its struct */
};

static const struct counter_row rule_rows[] = {
    {"rule_candidates_total", "Events for which an index named the rule; the costliest rules.",
     offsetof(struct rule_profile, candidates)},
    {"rule_evaluations_total", "Evaluations of the rule; the costliest rules.",
     offsetof(struct rule_profile, evaluations)},
    {"rule_matches_total", "Matches of the rule; the costliest rules.",
     offsetof(struct rule_profile, matches)},
};

static const struct counter_row total_rows[] = {
    {"candidates_total", "Rules named by an index, over all events.",
     offsetof(struct match_counters, candidates)},
    {"regex_faults_total", "Regex searches that ran into a limit: undecided.",
     offsetof(struct match_counters, regex_faults)},
    {"regex_cuts_total", "Regex searches of a part of a long value: undecided.",
     offsetof(struct match_counters, regex_cuts)},
    {"regex_throttled_total", "Regex searches that were not tried: undecided.",
     offsetof(struct match_counters, regex_throttled)},
};

static uint64_t counter_at(const void *counters, size_t offset)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)counters + offset, sizeof value);
    return value;
}

static void add_seconds(struct buffer *out, uint64_t ns)
{
    buffer_printf(out, "%.6f\n", (double)ns / (double)TIMESTAMP_SECOND_NS);
}

static void add_totals(const struct match_profile *profile, struct buffer *out)
{
    uint64_t ns = 0;
    for (uint32_t i = 0; i < profile->rules_count; i++) {
        ns += profile->rules[i].ns;
    }
    for (size_t i = 0; i < sizeof total_rows / sizeof total_rows[0]; i++) {
        metrics_add_head(out, total_rows[i].name, "counter", total_rows[i].help);
        buffer_printf(out, "tocsin_%s %" PRIu64 "\n", total_rows[i].name,
                      counter_at(&profile->counters, total_rows[i].offset));
    }
    metrics_add_head(out, "find_seconds_total", "counter", "Finding candidates; estimated.");
    buffer_add_text(out, "tocsin_find_seconds_total ");
    add_seconds(out, profile->counters.find_ns);
    metrics_add_head(out, "rules_seconds_total", "counter", "Evaluating rules; estimated.");
    buffer_add_text(out, "tocsin_rules_seconds_total ");
    add_seconds(out, ns);
}

static void add_costliest(const struct match_profile *profile, const struct rule_set *rules,
                          struct buffer *out)
{
    uint32_t *order = memory_new((size_t)profile->rules_count + 1, sizeof *order);
    uint32_t count = match_profile_order(profile, order);
    count = count < METRICS_RULES ? count : METRICS_RULES;
    for (size_t row = 0; row < sizeof rule_rows / sizeof rule_rows[0]; row++) {
        metrics_add_head(out, rule_rows[row].name, "counter", rule_rows[row].help);
        for (uint32_t i = 0; i < count; i++) {
            metrics_add_rule(out, rule_rows[row].name, &rules->rules[order[i]]);
            buffer_printf(out, "%" PRIu64 "\n",
                          counter_at(&profile->rules[order[i]], rule_rows[row].offset));
        }
    }
    metrics_add_head(out, "rule_seconds_total", "counter",
                     "Evaluating the rule, estimated; the costliest rules.");
    for (uint32_t i = 0; i < count; i++) {
        metrics_add_rule(out, "rule_seconds_total", &rules->rules[order[i]]);
        add_seconds(out, profile->rules[order[i]].ns);
    }
    memory_free(order);
}

static void add_undecided(const struct match_profile *profile, const struct rule_set *rules,
                          struct buffer *out)
{
    metrics_add_head(out, "rule_undecided_total", "counter",
                     "Evaluations that relied on an undecided regex search.");
    uint32_t shown = 0;
    for (uint32_t i = 0; i < profile->rules_count && shown < METRICS_RULES; i++) {
        if (profile->rules[i].undecided > 0) {
            metrics_add_rule(out, "rule_undecided_total", &rules->rules[i]);
            buffer_printf(out, "%" PRIu64 "\n", profile->rules[i].undecided);
            shown++;
        }
    }
}

void metrics_add_costs(const struct engine_summary *summary, const struct rule_set *rules,
                       struct buffer *out)
{
    if (summary->profile != NULL) {
        add_totals(summary->profile, out);
        add_costliest(summary->profile, rules, out);
        add_undecided(summary->profile, rules, out);
    }
}
