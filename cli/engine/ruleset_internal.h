/* SPDX-License-Identifier: Apache-2.0
 *
 * ruleset_internal.h - everything that is compiled from one state of the rule files.
 *
 * In:  the engine's options.   Out: an immutable set that workers share.
 * Thread: built by any one thread; acquired and dropped by the engine_run thread; read by all
 *         workers.
 * Owns:   rules, field ids, decoders, plan, alert template and window plan, freed together when the
 *         last user has dropped the set.
 * Invariants: (1) a batch is worked on and delivered with the set that was current when it was
 *                 polled: the engine swaps sets only when no batch is in flight.
 *             (2) generations only grow: a worker sees by the number that the set is another one.
 */
#ifndef TOCSIN_CLI_ENGINE_RULESET_INTERNAL_H
#define TOCSIN_CLI_ENGINE_RULESET_INTERNAL_H

#include "analyze/alert/alert.h"
#include "analyze/plan/plan.h"
#include "analyze/window/window.h"
#include "base/error.h"
#include "cli/engine/engine.h"

struct ruleset {
    uint32_t users;
    uint64_t generation;
    bool records_exceptions; /* what an exception covers is written, not only counted */
    bool throttles;          /* regexes that run into their limits again and again */
    char digest[RULE_SET_DIGEST_TEXT + 1]; /* of all files of rules */
    struct rule_set *rules;
    struct field_table *fields;
    struct decoder_set *decoders;
    struct plan *plan;
    struct alert_template *alerts;
    struct window_plan *windows;
};

/* Loads and compiles; the caller is the first user. */
int ruleset_new(const struct engine_options *options, uint64_t generation, struct ruleset **ruleset,
                struct err *err);
struct ruleset *ruleset_acquire(struct ruleset *ruleset);
/* Sets *ruleset to NULL. NULL is fine. */
void ruleset_drop(struct ruleset **ruleset);

/* Would next lose a rule that runs today because its file has an error by now? The text says
 * which. */
int ruleset_check_successor(const struct ruleset *now, const struct ruleset *next, struct err *err);

#endif
