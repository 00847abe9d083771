/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_costs.c - see rule_costs_internal.h.
 */
#include "cli/engine/rule_costs_internal.h"

#include "base/log.h"
#include "base/memory.h"

#define WHERE "cli/engine"
/* Rules that are logged one by one; the summary and the metrics have all. */
#define TOLD_MAX 20U

enum { TOLD_UNDECIDED = 1, TOLD_THROTTLED = 2 };

void rule_costs_init(struct rule_costs *costs, const struct rule_set *rules)
{
    *costs = (struct rule_costs){.rules = rules};
    costs->before = match_profile_new(rules->rules_count);
    costs->sum = match_profile_new(rules->rules_count);
    costs->told = memory_new((size_t)rules->rules_count + 1, sizeof *costs->told);
}

void rule_costs_release(struct rule_costs *costs)
{
    match_profile_free(costs->before);
    match_profile_free(costs->sum);
    memory_free(costs->told);
}

const struct match_profile *rule_costs_sum(const struct rule_costs *costs, const struct crew *crew)
{
    match_profile_clear(costs->sum);
    match_profile_add(costs->sum, costs->before);
    crew_profile(crew, costs->sum);
    return costs->sum;
}

void rule_costs_change(struct rule_costs *costs, const struct crew *crew,
                       const struct rule_set *next)
{
    struct rule_costs changed;
    const struct match_profile *now = rule_costs_sum(costs, crew);
    rule_costs_init(&changed, next);
    changed.before->counters = now->counters;
    changed.undecided = costs->undecided;
    for (uint32_t i = 0; i < now->rules_count; i++) {
        uint32_t index = now->rules[i].candidates == 0
                             ? UINT32_MAX
                             : rule_set_find(next, costs->rules->rules[i].id);
        if (index != UINT32_MAX) {
            rule_profile_add(&changed.before->rules[index], &now->rules[i]);
        }
    }
    rule_costs_release(costs);
    *costs = changed;
}

static void tell(struct rule_costs *costs, const struct rule *rule, const char *what)
{
    if (costs->told_count++ < TOLD_MAX) {
        log_write(LOG_WARNING, WHERE,
                  "%.*s:%u: rule \"%.*s\" (%.*s): %s; docs/RULES.md says how "
                  "to make a pattern cheap",
                  STR_ARG(rule->path), rule->line, STR_ARG(rule->title), STR_ARG(rule->id), what);
    } else if (costs->told_count == TOLD_MAX + 1) {
        log_write(LOG_WARNING, WHERE,
                  "regular expressions of further rules could not decide; "
                  "metrics and summary count them");
    }
}

static void tell_rule(struct rule_costs *costs, uint32_t index, const struct rule_profile *profile)
{
    static const char undecided[] =
        "a regular expression ran into a limit of its cost or of its value's length: undecided, "
        "which counts as not matching";
    static const char throttled[] =
        "a regular expression ran into its limits again and again: set aside, and tried only now "
        "and then";
    uint8_t *told = &costs->told[index];
    if (profile->undecided > 0 && (*told & TOLD_UNDECIDED) == 0) {
        *told |= TOLD_UNDECIDED;
        tell(costs, &costs->rules->rules[index], undecided);
    }
    if (profile->throttled > 0 && (*told & TOLD_THROTTLED) == 0) {
        *told |= TOLD_THROTTLED;
        tell(costs, &costs->rules->rules[index], throttled);
    }
}

void rule_costs_tell(struct rule_costs *costs, const struct crew *crew)
{
    struct match_counters counters = costs->before->counters;
    crew_counters(crew, &counters);
    uint64_t undecided = counters.regex_faults + counters.regex_cuts + counters.regex_throttled;
    if (undecided == costs->undecided) {
        return;
    }
    const struct match_profile *sum = rule_costs_sum(costs, crew);
    for (uint32_t i = 0; i < sum->rules_count; i++) {
        tell_rule(costs, i, &sum->rules[i]);
    }
    costs->undecided = undecided;
}
