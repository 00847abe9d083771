/* SPDX-License-Identifier: Apache-2.0
 *
 * near_miss.h - groups that a correlation watches when the logs end: how far from an alert.
 *
 * In:  the windows of an engine that has run.   Out: text, JSON; the nearest group first.
 * Thread: one.   Owns: copies of the groups, until near_misses_release.
 * Bounds: NEAR_MISSES_SHOWN groups are shown; the others are counted.
 * Tested: tests/golden/test_rules_explain.sh.
 */
#ifndef TOCSIN_CLI_WORKBENCH_NEAR_MISS_H
#define TOCSIN_CLI_WORKBENCH_NEAR_MISS_H

#include "analyze/window/window.h"
#include "base/arena.h"
#include "base/buffer.h"

#include <cjson/cJSON.h>

#define NEAR_MISSES_SHOWN 20

struct near_miss {
    const struct alert_field *group;
    uint32_t group_count;
    uint64_t count;
    decimal measured;
    int64_t start_ns;
    int64_t expires_ns;
    int64_t now_ns;
    int64_t silent_until_ns;
};

struct near_misses {
    struct str rule_id; /* of the correlation that is asked about */
    struct arena *arena;
    struct near_miss *items;
    uint32_t count;
    uint32_t capacity;
};

/* window_visit_fn; context is a struct near_misses. */
void near_misses_visit(void *context, const struct window_view *view);
void near_misses_release(struct near_misses *misses);
void near_misses_text(struct near_misses *misses, const struct rule *rule, struct buffer *out);
/* The nearest group, as a line of near_misses_text; nothing when none is watched. */
void near_misses_add_nearest(struct near_misses *misses, const struct rule *rule,
                             struct buffer *out);
cJSON *near_misses_json(struct near_misses *misses, const struct rule *rule);

#endif
