/* SPDX-License-Identifier: Apache-2.0
 *
 * rules_watch.h - sees that rule files, or what stands beside them, have changed.
 *
 * In:  the files and directories that rules are loaded from; inotify(7).
 * Out: "changed", once for many changes that come together.
 * Thread: one.   Owns: the inotify descriptor and the watched folders' names.
 * Invariants: (1) a change is told when nothing more has changed for RULES_WATCH_QUIET_NS, or
 *                 RULES_WATCH_WAIT_NS after the first: an editor or a copy makes many changes.
 *             (2) what changed while changes were told is told again: nothing is missed in between.
 * Bounds: a watch for each folder; hidden folders, and files that no rule can be in, count for
 *         nothing. Folders on network file systems are not seen to change by inotify.
 * Tested: tests/unit/test_rules_watch.c, tests/golden/test_reload.sh.
 */
#ifndef TOCSIN_CLI_RULES_WATCH_H
#define TOCSIN_CLI_RULES_WATCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define RULES_WATCH_QUIET_NS INT64_C(500000000)
#define RULES_WATCH_WAIT_NS  INT64_C(5000000000)

struct rules_watch;
/* ERR_IO when the system refuses: no inotify, or more folders than it allows. */
int rules_watch_new(const char *const *paths, uint32_t paths_count, struct rules_watch **watch,
                    struct err *err);
/* NULL is fine. */
void rules_watch_free(struct rules_watch *watch);
/* Never waits. True: rules are to be loaded anew. Folders that have come are watched from now on;
 * if that fails err says why, and the rest is watched as before. now_ns: monotonic. */
bool rules_watch_changed(struct rules_watch *watch, int64_t now_ns, struct err *err);

#endif
