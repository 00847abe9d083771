/* SPDX-License-Identifier: Apache-2.0
 *
 * scan_defaults.h - how files are read when nothing else is said: for scan and rules profile.
 *
 * Thread: the main thread.   Owns: nothing.
 */
#ifndef TOCSIN_CLI_SCAN_DEFAULTS_H
#define TOCSIN_CLI_SCAN_DEFAULTS_H

#include "cli/engine/engine.h"

/* Sets source, window and threads of zeroed options; rules and sinks are the caller's. */
void scan_defaults(struct engine_options *engine);

#endif
