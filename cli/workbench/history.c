/* SPDX-License-Identifier: Apache-2.0
 *
 * history.c - see history.h.
 */
#include "cli/workbench/history.h"

#include "cli/progress.h"
#include "cli/scan_defaults.h"
#include "cli/signals.h"

#include <inttypes.h>

static int run(const struct history_request *request, struct engine *engine,
               struct history_totals *totals, struct err *err)
{
    struct engine_summary summary;
    struct progress progress;
    progress_begin(&progress, true);
    engine_on_progress(engine, progress_draw, &progress);
    engine_on_alert(engine, request->call, request->context);
    signals_begin(engine, false);
    int failed = engine_run(engine, err);
    signals_end();
    progress_end(&progress);
    engine_summarize(engine, &summary);
    totals->events = summary.total.outcomes[RECORD_EVALUATED];
    totals->dead = summary.total.outcomes[RECORD_DEAD];
    totals->interrupted = signals_stopped();
    if (failed == 0 && summary.input_errors > 0) {
        failed = err_set(err, ERR_IO, "%" PRIu64 " files or folders of logs could not be read",
                         summary.input_errors);
    }
    return failed != 0 || !totals->interrupted ? failed : err_set(err, ERR_STOPPED, "interrupted");
}

int history_run(const struct history_request *request, struct history_totals *totals,
                struct err *err)
{
    struct engine_options options = {0};
    struct engine *engine = NULL;
    scan_defaults(&options);
    options.rules = request->rules;
    options.rules_count = request->rules_count;
    options.source.paths = request->logs;
    options.source.paths_count = request->logs_count;
    options.source.decoder = request->decoder;
    options.every_match = request->every_match;
    int failed = engine_new(&options, &engine, err);
    if (failed == 0 && request->begin != NULL) {
        failed = request->begin(request->context, engine_rules(engine), err);
    }
    if (failed == 0) {
        failed = run(request, engine, totals, err);
    }
    if (engine != NULL) {
        engine_free(engine);
    }
    return failed;
}
