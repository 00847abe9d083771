/* SPDX-License-Identifier: Apache-2.0
 *
 * history.h - rules over logs that are there: each alert, in the order of the logs.
 *
 * In:  rules, logs.   Out: alerts to a function; what was read.
 * Thread: the main thread; the engine's beside it.   Owns: the engine while it runs.
 */
#ifndef TOCSIN_CLI_WORKBENCH_HISTORY_H
#define TOCSIN_CLI_WORKBENCH_HISTORY_H

#include "cli/engine/engine.h"

struct history_request {
    const char *const *rules;
    uint32_t rules_count;
    const char *const *logs;
    uint32_t logs_count;
    const char *decoder; /* NULL: by content */
    bool every_match;    /* rules that only serve correlations alert, too */
    engine_alert_fn *call;
    /* Before the first alert, with the loaded rules; an error ends the run. May be NULL. */
    int (*begin)(void *context, const struct rule_set *rules, struct err *err);
    void *context;
};

struct history_totals {
    uint64_t events;
    uint64_t dead;
    bool interrupted;
};

/* ERR_IO also when a part of the logs could not be read. */
int history_run(const struct history_request *request, struct history_totals *totals,
                struct err *err);

#endif
