/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter.h - what could not be decoded, as one JSON line that can be read, found and replayed.
 *
 * In:  a record with a fault.   Out: {"@timestamp", "reason", "detail", "source", "partition",
 *      "offset", "sub", "fault_at", "bytes", "record" | "record_base64"}.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) the record's bytes can be restored exactly: base64 when they are not UTF-8.
 */
#ifndef TOCSIN_INGEST_DEAD_LETTER_DEAD_LETTER_H
#define TOCSIN_INGEST_DEAD_LETTER_DEAD_LETTER_H

#include "base/buffer.h"
#include "ingest/record/record.h"

/* Adds the line, with its LF, to out. "@timestamp" is the chunk's reference time, if known: two
 * runs over the same input write the same bytes. */
void dead_letter_render(const struct record *record, const struct chunk *chunk, struct buffer *out);

#endif
