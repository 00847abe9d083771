/* SPDX-License-Identifier: Apache-2.0
 *
 * units.h - what people write with a unit, as numbers: 30s, 16MiB, +02:00, a level's name.
 *
 * In:  text.   Out: nanoseconds, bytes, seconds east of UTC, levels.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) text that does not fit wholly is refused, never read in part.
 * Tested: tests/unit/test_config.c.
 */
#ifndef TOCSIN_CLI_UNITS_H
#define TOCSIN_CLI_UNITS_H

#include "analyze/rule/rule.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* A whole number with ms, s, m, h or d. */
bool units_duration(struct str text, int64_t *duration_ns);
/* A whole number, alone or with KiB, MiB or GiB. */
bool units_bytes(struct str text, uint64_t *bytes);
/* UTC, Z, +hh:mm or -hh:mm, up to 18 hours. */
bool units_zone(struct str text, int32_t *offset_seconds);
/* A level's name, or RULE_LEVELS. */
enum rule_level units_level(struct str text);

#endif
