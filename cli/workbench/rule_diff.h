/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_diff.h - which alerts a change of the rules adds and removes over the same logs.
 *
 * In:  the alerts of both sets of rules, by id.   Out: text, JSON: per rule, and each alert.
 * Thread: one.   Owns: ids and titles, until rule_diff_release.
 * Invariants: (1) an alert is the same in both when its id is: same rule id, same event or window.
 * Bounds: an entry an alert of either side; RULE_DIFF_SHOWN alerts a rule and side are listed.
 * Tested: tests/golden/test_rules_diff.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_RULE_DIFF_H
#define TOCSIN_CLI_WORKBENCH_RULE_DIFF_H

#include "analyze/alert/alert.h"
#include "base/buffer.h"
#include "base/map.h"

#include <cjson/cJSON.h>

#define RULE_DIFF_SHOWN 10

/* An alert of one side or both. */
struct rule_diff_alert {
    struct str id;
    uint32_t rule; /* index into rules */
    int64_t time_ns;
    struct str what; /* its place in the logs, or its group */
    bool before;
    bool after;
};

struct rule_diff_rule {
    struct str id;
    struct str title;
    uint64_t kept;
    uint64_t removed;
    uint64_t added;
};

struct rule_diff {
    struct arena *arena;
    struct map *ids;   /* alert id -> index into alerts */
    struct map *names; /* rule id -> index into rules */
    struct rule_diff_alert *alerts;
    uint32_t alerts_count;
    uint32_t alerts_capacity;
    struct rule_diff_rule *rules;
    uint32_t rules_count;
    uint32_t rules_capacity;
    bool is_after; /* which side's alerts come */
};

void rule_diff_init(struct rule_diff *diff);
void rule_diff_release(struct rule_diff *diff);
/* engine_alert_fn; context is a struct rule_diff. */
void rule_diff_take(void *context, const struct alert *alert);
/* Counts per rule; after both sides. Returns how many alerts differ. */
uint64_t rule_diff_count(struct rule_diff *diff);
void rule_diff_text(const struct rule_diff *diff, struct buffer *out);
cJSON *rule_diff_json(const struct rule_diff *diff);

#endif
