/* SPDX-License-Identifier: Apache-2.0
 *
 * framing.h - bytes to records: lines, octet counts, CloudTrail documents, envelopes.
 *
 * In:  a batch's chunks, each the next bytes of its stream.   Out: the batch's records.
 * Thread: the reader; a batch of messages, in which no chunk is another's beginning, by any.
 * Owns:   per stream a struct framer and the carry of unfinished bytes.
 * Invariants: (1) the records of a stream do not depend on where its chunks were cut.
 *             (2) every byte is in a record, is a separator, or belongs to a document's or an
 *                 envelope's own frame.
 *             (3) a record longer than the limit becomes one record with RECORD_FAULT_OVERSIZE and
 *                 its first bytes; the stream goes on after it.
 * Bounds: O(bytes), no copy but of unfinished records at chunk edges and of unescaped envelopes.
 */
#ifndef TOCSIN_INGEST_FRAMING_FRAMING_H
#define TOCSIN_INGEST_FRAMING_FRAMING_H

#include "ingest/record/record.h"

#include <stddef.h>

struct framing_options {
    size_t record_bytes_max;          /* LIMIT_RECORD_BYTES */
    size_t document_record_bytes_max; /* LIMIT_DOCUMENT_RECORD_BYTES */
};

/* A stream's framing state. The form (lines, octet counting, one JSON document) is recognized from
 * the stream's first bytes. */
struct framer;
struct framer *framer_new(const struct framing_options *options);
void framer_free(struct framer *framer);
/* What a new framer needs to know to go on where this one has come to, in the middle of a document
 * too. */
struct framer_mark framer_mark(const struct framer *framer);
/* Can a framer have given that mark? */
bool framer_mark_is_known(struct framer_mark mark);
/* Lets a new framer go on at a known mark. */
void framer_resume(struct framer *framer, struct framer_mark mark);

/* RFC 6587: the length of the record that stands at text's beginning, behind *header bytes of
 * digits and a space. 0: none stands there, or not whole yet. */
size_t framing_octet_count(struct str text, size_t *header);

/* Cuts all chunks of batch into records. What is unfinished at a chunk's end goes to
 * stream->carry, and the source puts it before the stream's next bytes: a chunk begins with
 * carry. A chunk with `message` is whole: gzip is inflated, nothing is carried. */
void framing_run(struct batch *batch, const struct framing_options *options);

#endif
