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
 * Tested: tests/unit/test_suppress.c, tests/unit/test_suppress_keep.c,
 *         tests/property/test_engine_invariance.c.
 */
#ifndef TOCSIN_ANALYZE_ALERT_SUPPRESS_H
#define TOCSIN_ANALYZE_ALERT_SUPPRESS_H

#include "analyze/rule/rule_extension.h"
#include "analyze/state/state_cell.h"
#include "base/error.h"
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

/* --- what is remembered, as cells of a store ---------------------------------------------------*/

#define SUPPRESS_CELL 's' /* keys of cells begin with it */

/* From here on the suppressor remembers what changed. Called once, before the first alert or
 * restore. */
void suppressor_keep(struct suppressor *suppressor);
/* Cells that changed since suppressor_changes_done: at most two an alert. */
size_t suppressor_changes(const struct suppressor *suppressor);
/* Tells each of them once. From here to suppressor_changes_done no alert may come. */
void suppressor_tell_changes(struct suppressor *suppressor, state_cell_fn *tell, void *context);
/* What was told is committed. If it never is, the suppressor is thrown away. */
void suppressor_changes_done(struct suppressor *suppressor);
/* Takes one cell that suppressor_tell_changes told once; any order, one cell may come twice, before
 * the first alert. ERR_DATA: not such a cell. */
int suppressor_restore(struct suppressor *suppressor, struct str key, struct str value,
                       struct err *err);

#endif
