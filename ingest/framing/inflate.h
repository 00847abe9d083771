/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate.h - gzip (RFC 1952): streams of several members, and whole values in memory.
 *
 * In:  compressed bytes.   Out: inflated bytes, and what was wrong with them.
 * Thread: one a stream.   Owns: the decoder's state.
 * Invariants: (1) members follow each other; what is behind the last one is RECORD_FAULT_GZIP.
 *             (2) bytes inflated before an error are given out.
 *             (3) a whole value inflates to at most the limits: a bomb costs no more than them.
 * Bounds: O(output).   Tested: tests/unit/test_inflate.c, tests/fuzz/fuzz_inflate.c.
 */
#ifndef TOCSIN_INGEST_FRAMING_INFLATE_H
#define TOCSIN_INGEST_FRAMING_INFLATE_H

#include "base/arena.h"
#include "base/str.h"
#include "ingest/record/record.h"

/* Do the bytes begin with gzip's magic number? */
bool inflate_is_gzip(struct str bytes);

struct inflater;
struct inflater *inflater_new(void);
void inflater_free(struct inflater *inflater);

/* Inflates from *input (advanced by what was taken) into out (capacity bytes); returns how many
 * were written. *fault: RECORD_FAULT_NONE, or RECORD_FAULT_GZIP from which on nothing comes any
 * more. ended: no input comes after this; a member that is not finished then is a fault. */
size_t inflater_run(struct inflater *inflater, struct str *input, bool ended, char *out,
                    size_t capacity, enum record_fault *fault);

/* Has a member begun that is not finished? */
bool inflater_in_member(const struct inflater *inflater);

/* Inflates a whole value into arena. Returns RECORD_FAULT_NONE, or why it is not whole: then *out
 * has what came before. LIMIT_INFLATE_BYTES and LIMIT_INFLATE_RATIO give
 * RECORD_FAULT_INFLATE_LIMIT. */
enum record_fault inflate_value(struct arena *arena, struct str bytes, struct str *out);

#endif
