/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter.h - what could not be decoded, as one JSON line that can be read, found and replayed.
 *
 * In:  a record with a fault.   Out: {"@timestamp", "reason", "detail", "source", "partition",
 *      "offset", "sub", "fault_at", "bytes", "record" | "record_base64"}; and back.
 * Thread: any.   Owns: nothing; what is read is in the arena given, or in the line.
 * Invariants: (1) the record's bytes can be restored exactly: base64 when they are not UTF-8.
 *             (2) what was written is read back as it was.
 * Tested: tests/unit/test_dead_letter.c, tests/fuzz/fuzz_dead_letter.c.
 */
#ifndef TOCSIN_INGEST_DEAD_LETTER_DEAD_LETTER_H
#define TOCSIN_INGEST_DEAD_LETTER_DEAD_LETTER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ingest/record/record.h"

/* Adds the line, with its LF, to out. "@timestamp" is the chunk's reference time, if known: two
 * runs over the same input write the same bytes. */
void dead_letter_render(const struct record *record, const struct chunk *chunk, struct buffer *out);

struct dead_letter {
    enum record_fault fault; /* RECORD_FAULTS: a reason that this program does not know */
    struct str reason;
    struct str detail;
    struct str source;
    int32_t partition; /* -1: none */
    uint64_t offset;
    uint32_t sub;
    uint32_t fault_at;
    int64_t reference_ns; /* or TIMESTAMP_NONE */
    struct str record;
    bool cut; /* record is only the beginning of one of fault_at bytes */
};

/* Reads a line. NULL, or why it is no dead letter. Keys that are not known are passed over. */
const char *dead_letter_read(struct arena *arena, struct str line, struct dead_letter *letter);

/* Adds where the record was: "topic/partition:offset" or "path:offset", and ".sub" when it was not
 * the first one there. */
void dead_letter_place(const struct dead_letter *letter, struct buffer *out);

#endif
