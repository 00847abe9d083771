/* SPDX-License-Identifier: Apache-2.0
 *
 * state_record_internal.h - commits, acknowledgements and parts of snapshots as bytes, and what
 * those bytes do to the state in memory. Private to the folder.
 *
 * A frame's payload is records one after another; a record is its kind (1 byte) and
 *   COMMIT       name base next changes alerts      ACKNOWLEDGE  name ids
 *   PARTITION    name position                      END          partitions cells alerts
 *   CELL, ALERT  key value, of the partition named last in the payload
 * with name, key, id = length (2) bytes; value = length (4) bytes; base, next, position = offset
 * (8) mark (8); changes, alerts, ids = count (4) and so many of key value or id; a deleted cell has
 * the value length 0xFFFFFFFF and no bytes. Numbers are little-endian.
 *
 * In:  what was committed, or bytes.   Out: bytes, or the state with them.
 * Thread: one at a time.   Owns: nothing.
 * Bounds: O(bytes); nothing is read past them.   Tested: tests/fuzz/fuzz_state.c.
 */
#ifndef TOCSIN_ANALYZE_STATE_STATE_RECORD_INTERNAL_H
#define TOCSIN_ANALYZE_STATE_STATE_RECORD_INTERNAL_H

#include "analyze/state/state_memory_internal.h"

/* Which records a file may have. */
enum state_file_kind { STATE_FILE_JOURNAL = 1, STATE_FILE_SNAPSHOT = 2 };

void state_bytes_put(struct buffer *out, uint64_t number, unsigned bytes);
uint64_t state_bytes_get(const char *at, unsigned bytes);

void state_record_commit(struct buffer *out, const struct state_commit *commit);
void state_record_acknowledge(struct buffer *out, struct str partition, const struct str *ids,
                              size_t count);
void state_record_partition(struct buffer *out, const struct state_partition *partition);
void state_record_entry(struct buffer *out, const struct state_entry *entry, bool alert);
void state_record_end(struct buffer *out, const struct state_memory *memory);

/* Applies the records of one payload. *ended is set by an END that tells what memory has.
 * ERR_DATA with what is wrong in text; memory is of no use then. */
int state_record_replay(struct state_memory *memory, struct str payload, enum state_file_kind kind,
                        bool *ended, struct err *err);

#endif
