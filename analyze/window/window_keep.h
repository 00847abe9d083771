/* SPDX-License-Identifier: Apache-2.0
 *
 * window_keep.h - what correlations remember, as cells of a store: what changed goes out, all of it
 * comes back.
 *
 * In:  windows between two calls of window_advance; cells.   Out: cells; windows.
 * Thread: the deliverer only.   Owns: what is not told yet.
 * Invariants: (1) windows that were restored from all cells that were told give the same alerts, in
 *                 the same order, as the windows that told them would have given; also when
 *                 deletions that may come later were not told yet. Not at the limits of keys and
 *                 bytes: who is refused there (window_admit.c) depends on what no cell has.
 *             (2) a cell is told at most once a time, and deleted only if it was told before.
 *             (3) nothing of a cell depends on hashes, addresses or on the rules beside its own.
 * Bounds: telling is O(what changed); restoring O(cells * log). Without windows_keep a match costs
 *         one test of a pointer.
 * Tested: tests/unit/test_window_keep.c, tests/property/test_window_keep.c,
 *         tests/fuzz/fuzz_window_keep.c.
 */
#ifndef TOCSIN_ANALYZE_WINDOW_WINDOW_KEEP_H
#define TOCSIN_ANALYZE_WINDOW_WINDOW_KEEP_H

#include "analyze/state/state_cell.h"
#include "analyze/window/window.h"
#include "base/error.h"

/* From here on the windows remember what changed. Called once, before the first match or restore.
 * changes_max: window_advance and window_finish stop when so many cells have changed. */
void windows_keep(struct windows *windows, size_t changes_max);

/* Cells that changed since windows_changes_done. Deletions that may come later count up to half of
 * changes_max, so that they do not stop the windows. At least changes_max when what changed has
 * more than a quarter of LIMIT_STATE_COMMIT_BYTES. */
size_t windows_changes(const struct windows *windows);

/* Tells the cells that changed: all that must be in this commit and, of deletions that may come any
 * time later, as many as leave the sum at most cells_max. From here to windows_changes_done the
 * windows must not be changed. */
void windows_tell_changes(struct windows *windows, size_t cells_max, state_cell_fn *tell,
                          void *context);
/* What was told is committed. If it never is, the windows are thrown away. */
void windows_changes_done(struct windows *windows);

/* Takes one cell that windows_tell_changes told once; any order, and one cell may come twice.
 * ERR_DATA: not such a cell; the windows are good for windows_free only. Cells of correlations that
 * are gone or changed become deletions that may come later. */
int windows_restore(struct windows *windows, struct str key, struct str value, struct err *err);
/* All cells were told. After window_finish the windows go on behind their latest match. *left_out:
 * so many groups and waiting matches were left out because their correlation changed. ERR_DATA: the
 * cells don't fit together, some are missing; as above. The next call is window_advance, until it
 * is done, before the first match. */
int windows_restored(struct windows *windows, uint64_t *left_out, struct err *err);

#endif
