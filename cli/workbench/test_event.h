/* SPDX-License-Identifier: Apache-2.0
 *
 * test_event.h - an event as a test file writes it, as the text that a log would have.
 *
 * In:  a YAML node, defaults, a number and a time.   Out: compact JSON of a mapping, or the string;
 *      {n}, {time} and {time:clf} are filled in.
 * Thread: one.   Owns: nothing; texts are in the arena given.
 * Bounds: depth <= LIMIT_RULE_DEPTH, by yaml.h.
 */
#ifndef TOCSIN_CLI_WORKBENCH_TEST_EVENT_H
#define TOCSIN_CLI_WORKBENCH_TEST_EVENT_H

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"

#include <stdint.h>

struct test_moment {
    uint32_t number; /* {n}: 1 for the first repetition */
    int64_t time_ns; /* {time}: RFC 3339; {time:clf}: 02/Jan/2026:03:04:05 +0000 */
};

/* defaults: NULL, or a mapping whose keys a mapping without them gets. */
struct str test_event_text(struct arena *arena, const struct yaml_node *event,
                           const struct yaml_node *defaults, const struct test_moment *moment);

#endif
