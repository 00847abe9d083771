/* SPDX-License-Identifier: Apache-2.0
 *
 * match_profile.c - see match_profile.h: sums, estimates, order. Counting itself is in the matcher.
 */
#include "analyze/match/match_profile.h"

#include "base/ensure.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Both structs are counters and nothing else: they are added as arrays. */
#define COUNTERS(type) (sizeof(type) / sizeof(uint64_t))

struct match_profile *match_profile_new(uint32_t rules_count)
{
    struct match_profile *profile = memory_new(1, sizeof *profile);
    profile->rules_count = rules_count;
    profile->rules = memory_new((size_t)rules_count + 1, sizeof *profile->rules);
    return profile;
}

void match_profile_free(struct match_profile *profile)
{
    if (profile != NULL) {
        memory_free(profile->rules);
        memory_free(profile);
    }
}

void match_profile_clear(struct match_profile *profile)
{
    memset(profile->rules, 0, profile->rules_count * sizeof *profile->rules);
    profile->counters = (struct match_counters){0};
}

static void add(uint64_t *sum, const uint64_t *more, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sum[i] += __atomic_load_n(&more[i], __ATOMIC_RELAXED);
    }
}

void match_counters_add(struct match_counters *sum, const struct match_counters *more)
{
    add(&sum->events, &more->events, COUNTERS(struct match_counters));
}

void rule_profile_add(struct rule_profile *sum, const struct rule_profile *more)
{
    add(&sum->candidates, &more->candidates, COUNTERS(struct rule_profile));
}

void match_profile_add(struct match_profile *sum, const struct match_profile *more)
{
    ENSURE(sum->rules_count == more->rules_count);
    match_counters_add(&sum->counters, &more->counters);
    for (uint32_t i = 0; i < sum->rules_count; i++) {
        rule_profile_add(&sum->rules[i], &more->rules[i]);
    }
}

struct priced {
    uint64_t ns;
    uint64_t candidates;
    uint32_t rule;
};

static int compare_prices(const void *a, const void *b)
{
    const struct priced *left = a;
    const struct priced *right = b;
    if (left->ns != right->ns) {
        return left->ns < right->ns ? 1 : -1;
    }
    if (left->candidates != right->candidates) {
        return left->candidates < right->candidates ? 1 : -1;
    }
    return left->rule < right->rule ? -1 : 1;
}

uint32_t match_profile_order(const struct match_profile *profile, uint32_t *order)
{
    struct priced *priced = memory_new((size_t)profile->rules_count + 1, sizeof *priced);
    uint32_t count = 0;
    for (uint32_t i = 0; i < profile->rules_count; i++) {
        const struct rule_profile *rule = &profile->rules[i];
        if (rule->candidates > 0) {
            priced[count++] = (struct priced){rule->ns, rule->candidates, i};
        }
    }
    qsort(priced, count, sizeof *priced, compare_prices);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = priced[i].rule;
    }
    memory_free(priced);
    return count;
}
