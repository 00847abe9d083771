/* SPDX-License-Identifier: Apache-2.0
 *
 * rebuild.c - see rebuild_internal.h.
 */
#include "cli/engine/rebuild_internal.h"

#include "base/ensure.h"
#include "base/thread_signals.h"

#include <string.h>

static void *make(void *context)
{
    struct rebuild *rebuild = context;
    rebuild->failed =
        ruleset_new(rebuild->options, rebuild->generation, &rebuild->made, &rebuild->err);
    atomic_store(&rebuild->finished, true);
    return NULL;
}

int rebuild_start(struct rebuild *rebuild, const struct engine_options *options,
                  uint64_t generation, struct err *err)
{
    ENSURE(!rebuild->running);
    *rebuild = (struct rebuild){.options = options, .generation = generation};
    sigset_t before = thread_signals_block();
    int refused = pthread_create(&rebuild->thread, NULL, make, rebuild);
    thread_signals_restore(before);
    if (refused != 0) {
        return err_set(err, ERR_INTERNAL, "the thread that compiles rules could not be started: %s",
                       strerror(refused));
    }
    rebuild->running = true;
    return 0;
}

bool rebuild_is_done(const struct rebuild *rebuild)
{
    return rebuild->running && atomic_load(&rebuild->finished);
}

int rebuild_take(struct rebuild *rebuild, struct ruleset **ruleset, struct err *err)
{
    ENSURE(rebuild->running);
    ENSURE(pthread_join(rebuild->thread, NULL) == 0);
    rebuild->running = false;
    *ruleset = rebuild->made;
    if (rebuild->failed != 0) {
        *err = rebuild->err;
    }
    return rebuild->failed;
}
