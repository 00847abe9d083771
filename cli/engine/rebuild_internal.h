/* SPDX-License-Identifier: Apache-2.0
 *
 * rebuild_internal.h - a ruleset in the making, aside, while batches go on with the present one.
 *
 * In:  the engine's options.   Out: the ruleset, or why there is none.
 * Thread: all functions are called in turn by the engine_run thread; the making has a thread of its
 *         own, which touches nothing but what it makes.
 * Owns:   the thread, and the ruleset until rebuild_take gives it away.
 * Invariants: (1) at most one is being made.
 */
#ifndef TOCSIN_CLI_ENGINE_REBUILD_INTERNAL_H
#define TOCSIN_CLI_ENGINE_REBUILD_INTERNAL_H

#include "cli/engine/ruleset_internal.h"

#include <pthread.h>
#include <stdatomic.h>

struct rebuild {
    const struct engine_options *options;
    uint64_t generation;
    bool running; /* a thread was started and not yet joined */
    pthread_t thread;
    struct ruleset *made;
    int failed;
    struct err err;
    atomic_bool finished; /* the thread has set the three above */
};

/* Begins; none may be running. ERR_INTERNAL when no thread could be started. options must outlive
 * it. */
int rebuild_start(struct rebuild *rebuild, const struct engine_options *options,
                  uint64_t generation, struct err *err);
/* Is there a result to take? */
bool rebuild_is_done(const struct rebuild *rebuild);
/* Waits for the result and gives it away: 0 and the ruleset, which the caller is the first user of,
 * or what ruleset_new failed with. One must be running. */
int rebuild_take(struct rebuild *rebuild, struct ruleset **ruleset, struct err *err);

#endif
