/* SPDX-License-Identifier: Apache-2.0
 *
 * signals.h - SIGINT and SIGTERM drain, SIGHUP reloads.
 *
 * In:  signals.   Out: engine_stop, engine_reload.
 * Thread: the main thread, once a run.   Owns: the handlers between begin and end.
 * Invariants: (1) a second SIGINT or SIGTERM ends the process at once: a drain that hangs can be
 *                 left.
 */
#ifndef TOCSIN_CLI_SIGNALS_H
#define TOCSIN_CLI_SIGNALS_H

#include "cli/engine/engine.h"

#include <stdbool.h>

/* Until signals_begin, which then acts on it, SIGHUP waits: while a service starts, it would end
 * it. Threads that are started meanwhile never see it. */
void signals_hold_reload(void);
/* reloads: SIGHUP loads the rules anew; else it stops as SIGTERM does. SIGPIPE is ignored. */
void signals_begin(struct engine *engine, bool reloads);
/* Must come before the engine is freed. */
void signals_end(void);
/* Was the run stopped by a signal? */
bool signals_stopped(void);

#endif
