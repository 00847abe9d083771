/* SPDX-License-Identifier: Apache-2.0
 *
 * suppression_internal.h - between making an alert and writing it: is it told, and what it says of
 * those that were not.
 *
 * In:  alerts in the order of delivery.   Out: the item for the sinks, or nothing.
 * Thread: the deliverer.   Owns: counts by rule, room for one line; suppressors are the tasks'.
 * Invariants: (1) an alert that is not told is counted.
 *             (2) what is known of periods outlives a reload: it is kept by the rule's id.
 * Tested: tests/golden/test_extensions.sh, tests/property/test_engine_invariance.c.
 */
#ifndef TOCSIN_CLI_ENGINE_SUPPRESSION_INTERNAL_H
#define TOCSIN_CLI_ENGINE_SUPPRESSION_INTERNAL_H

#include "analyze/alert/alert.h"
#include "analyze/alert/suppress.h"
#include "base/arena.h"
#include "respond/sink/sink.h"

struct suppression {
    struct arena *arena; /* of one key */
    struct alert alert;  /* that was told last, if it speaks of others */
    struct buffer json;  /* its line */
    uint64_t *by_rule;   /* alerts that were not told, per rule of the current set */
    uint64_t count;
};

void suppression_init(struct suppression *suppression, const struct rule_set *rules);
void suppression_release(struct suppression *suppression);
/* Is the item's alert, of the rule of that index, told by suppressor? Then item may get another
 * line, which lives until the next call. */
bool suppression_tells(struct suppression *suppression, struct suppressor *suppressor,
                       uint32_t rule, struct sink_item *item);

#endif
