/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate.h - the deflate format (RFC 1951): one compressed stream in pieces of any size.
 *
 * In:  compressed bytes.   Out: the bytes they stand for.
 * Thread: one a stream.   Owns: its tables and the last 32 KiB that it gave out.
 * Invariants: (1) nothing is read beyond the input or written beyond the capacity.
 *             (2) what comes out does not depend on how input and output are cut.
 *             (3) what zlib refuses is refused: over-full and unfinished codes, distances that
 * reach before the beginning, lengths that contradict each other. Bounds: O(output); 48 KiB a
 * stream. Tested: tests/unit/test_inflate.c, tests/fuzz/fuzz_inflate.c (both against zlib).
 */
#ifndef TOCSIN_INGEST_FRAMING_DEFLATE_H
#define TOCSIN_INGEST_FRAMING_DEFLATE_H

#include "base/str.h"

#include <stdint.h>

enum deflate_result {
    DEFLATE_HUNGRY, /* all input was taken, and more is needed */
    DEFLATE_FULL,   /* all of the capacity was used */
    DEFLATE_END,    /* the stream is whole */
    DEFLATE_DAMAGED /* what was written before the damage is right */
};

struct deflate;
struct deflate *deflate_new(void);
void deflate_free(struct deflate *deflate);

/* Begins another stream; bytes that were taken but belong to it are kept. */
void deflate_begin(struct deflate *deflate);

/* Takes bytes from *input and writes at most capacity bytes to out; *written gets how many. */
enum deflate_result deflate_run(struct deflate *deflate, struct str *input, char *out,
                                size_t capacity, size_t *written);

/* The next byte behind an ended stream or before one: of those taken already, or of *input. False:
 * there is none. */
bool deflate_next_byte(struct deflate *deflate, struct str *input, unsigned char *byte);
/* Is there one without more input? */
bool deflate_holds_bytes(const struct deflate *deflate);

#endif
