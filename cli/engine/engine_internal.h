/* SPDX-License-Identifier: Apache-2.0
 *
 * engine_internal.h - the engine's parts, for pipeline.c and engine.c, and a way in for tests.
 *
 * Thread: while it runs everything belongs to the thread that has the turn (crew_internal.h), but
 * for the two atomics; before and after to the engine_run thread.
 */
#ifndef TOCSIN_CLI_ENGINE_ENGINE_INTERNAL_H
#define TOCSIN_CLI_ENGINE_ENGINE_INTERNAL_H

#include "cli/engine/crew_internal.h"
#include "cli/engine/deliver_internal.h"
#include "cli/engine/engine.h"
#include "cli/engine/rebuild_internal.h"
#include "cli/engine/rule_costs_internal.h"
#include "cli/engine/ruleset_internal.h"

#include <stdatomic.h>

struct engine {
    struct engine_options options;
    struct source source;
    bool source_is_open;
    struct crew *crew;
    struct deliverer deliverer;
    struct ruleset *ruleset; /* current */
    struct rebuild rebuild;
    struct rule_costs costs;
    struct batch *spare; /* for polls that bring nothing */
    struct batch **pool; /* batches that nobody uses */
    uint32_t pool_count;
    uint32_t batches_count;
    uint64_t sequence; /* of the next batch */
    int64_t started_ns;
    int64_t finished_ns;   /* 0: still running */
    int64_t tick_ns;       /* of the last progress call */
    int64_t outage_log_ns; /* when it may be said again that the state store does not answer */
    engine_progress_fn *progress;
    void *progress_context;
    uint32_t reloads;
    uint32_t reloads_failed;
    uint64_t reloads_begun;    /* of those wanted, by the rules that are being compiled */
    uint64_t reloads_answered; /* likewise, by those that were compiled last */
    struct err reload_failure; /* of these; code 0: none */
    /* of a run */
    bool flows;        /* the last poll brought something */
    bool paused;       /* nothing is to be read now */
    bool change_waits; /* source.change is to be answered */
    bool ended;        /* the source has come to its end */
    bool drains;       /* a stop is wanted, and the source ends when what was sent to it is read */
    bool over;         /* threads are to end */
    int failed;        /* the first failure of a sink or a commit; 0: none */
    struct err failure;
    struct err source_failure; /* code 0: none */
    /* shared: atomic */
    atomic_bool stop_wanted;
    _Atomic uint64_t reloads_wanted; /* how often, in all */
};

/* Rows to use in place of those that the options name; NULL: the options' own. For tests. */
struct engine_parts {
    const struct source_ops *source;
    const struct sink_ops *alert_sink;
    const struct sink_ops *dead_letter_sink; /* of accounts, too */
};
int engine_new_with(const struct engine_options *options, const struct engine_parts *parts,
                    struct engine **engine, struct err *err);

/* The whole way of the data, until the input ends, a stop is wanted or the world fails. */
int pipeline_run(struct engine *engine, struct err *err);

#endif
