/* SPDX-License-Identifier: Apache-2.0
 *
 * state_cell.h - what those who keep their memory as cells of a store have in common.
 *
 * In:  names of any length.   Out: keys of cells that the store takes.
 * Thread: one at a time.   Owns: nothing.
 * Invariants: (1) different names give different keys.
 * Bounds: O(bytes); a key is at most STATE_CELL_NAME_BYTES and a byte longer.
 * Tested: tests/unit/test_window_cells.c, tests/unit/test_suppress_keep.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_CELL_H
#define TOCSIN_ANALYZE_STATE_STATE_CELL_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* A cell that changed; key and value live until the next call. value is not looked at when the cell
 * is deleted. */
typedef void state_cell_fn(void *context, struct str key, struct str value, bool deleted);

#define STATE_CELL_NAME_BYTES 512U

/* Adds the name to a key: 0 and the name or, of a longer one, 1 and its SHA-256. */
void state_cell_add_name(struct buffer *key, struct str name);
/* 64 bits of the SHA-256: the same in every process and version. */
uint64_t state_cell_fingerprint(struct str bytes);

#endif
