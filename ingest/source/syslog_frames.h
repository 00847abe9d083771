/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_frames.h - where whole records end in the bytes of a connection.
 *
 * In:  bytes as they come, in pieces.   Out: pieces of whole records, for framing to cut.
 * Thread: one.   Owns: bytes of an unfinished record.
 * Invariants: (1) what is given out does not depend on how the bytes came in pieces, but for the
 *                 number of records in one piece.
 *             (2) every byte is given out, but for those of a record that is longer than the limit:
 *                 of it at least the first limit + 1 bytes, which framing takes for what they are.
 * Follows: RFC 6587, octet counting and LF.
 * Bounds: the longest record and one read are kept.
 * Tested: tests/unit/test_syslog_frames.c, tests/fuzz/fuzz_syslog_frames.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_SYSLOG_FRAMES_H
#define TOCSIN_INGEST_SOURCE_SYSLOG_FRAMES_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct syslog_frames {
    size_t record_bytes_max;
    struct buffer waiting;
    uint64_t skip_bytes; /* of a record that was too long, by its count */
    bool skip_line;      /* up to the next LF */
};

void syslog_frames_release(struct syslog_frames *frames);
/* Takes more bytes. */
void syslog_frames_add(struct syslog_frames *frames, struct str bytes);
/* The next piece of whole records; end: no more will come, what is left is the last one. Empty:
 * there is none. Valid until the next call; syslog_frames_take drops it. */
struct str syslog_frames_next(const struct syslog_frames *frames, bool end);
/* How many records a piece has. */
uint64_t syslog_frames_count(struct str piece);
/* The piece that syslog_frames_next gives is done with. */
void syslog_frames_take(struct syslog_frames *frames, struct str piece);

/* The records of one piece, one by one. */
struct syslog_cut {
    struct str rest;
    bool counted;
};
struct syslog_cut syslog_cut_begin(struct str piece);
/* The next record, such that framing makes of it alone what it makes of it in the piece: without
 * its line end or count. The count is left where the bytes need it: those of a counted record that
 * holds or ends with a line end, and of one that is not whole. False: none is left. */
bool syslog_cut_next(struct syslog_cut *cut, struct str *record);

#endif
