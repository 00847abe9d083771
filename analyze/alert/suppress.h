/* SPDX-License-Identifier: Apache-2.0
 *
 * suppress.h - alerts of one rule and key that come too often: told once a period, else counted.
 *
 * In:  alerts, in the order of delivery.   Out: whether each is told, and how many were not.
 * Thread: the deliverer.   Owns: one entry a rule and key, until it is the stalest of too many.
 * Invariants: (1) the answer depends on the alerts' order and event times only, on no clock.
 *             (2) an alert without a time is told.
 *             (3) an entry that was dropped can only make an alert be told, never be suppressed.
 * Bounds: O(1) expected an alert; at most keys_max entries.
 * Tested: tests/unit/test_suppress.c, tests/property/test_engine_invariance.c.
 */
#ifndef TOCSIN_ANALYZE_ALERT_SUPPRESS_H
#define TOCSIN_ANALYZE_ALERT_SUPPRESS_H

#include "analyze/rule/rule_extension.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct suppressor;

struct suppressor *suppressor_new(uint32_t keys_max);
void suppressor_free(struct suppressor *suppressor);

/* Is the alert of that rule, key and event time told? Then *suppressed is how many were not since
 * the one before it. rule must have `suppress`. */
bool suppressor_tells(struct suppressor *suppressor, const struct rule *rule, struct str key,
                      int64_t time_ns, uint64_t *suppressed);
/* Entries that were dropped because there were too many. */
uint64_t suppressor_evicted(const struct suppressor *suppressor);

#endif
