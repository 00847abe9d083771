/* SPDX-License-Identifier: Apache-2.0
 *
 * framing_internal.h - what the forms of framing share.
 *
 * In:  text of a stream or a value.   Out: records in the batch.
 * Thread: one a batch.   Owns: nothing.
 * Invariants: (1) framing_text returns how much it consumed; what is left begins a record.
 */
#ifndef TOCSIN_INGEST_FRAMING_FRAMING_INTERNAL_H
#define TOCSIN_INGEST_FRAMING_FRAMING_INTERNAL_H

#include "ingest/framing/framing.h"

/* How a stream's bytes are cut. */
enum framing_form {
    FORM_UNKNOWN,
    FORM_LINES,
    FORM_OCTETS, /* RFC 6587: length, space, message */
    FORM_JSON    /* values, one a line or not; documents with a list of records */
};

/* Where a stream's framing has come to. */
struct framer {
    enum framing_form form;
    bool skip_line;  /* the rest of an over-long line, up to its LF */
    bool in_list;    /* inside the list of a document */
    bool list_bare;  /* the list is the whole document: [..] */
    bool skip_value; /* the rest of an over-long element */
    bool skip_string;
    bool skip_escape;
    uint32_t tail_depth; /* behind the list: open brackets of the document's rest */
    bool tail_string;
    bool tail_escape;
    uint64_t skip_depth;
};

/* One text being cut into records. */
struct framing {
    struct batch *batch;
    const struct framing_options *options;
    uint32_t chunk;
    uint64_t offset; /* of text[0]; of the message when `message` */
    bool message;    /* offset is the same for all records; sub counts them */
    bool end;        /* nothing comes after the text */
    uint32_t depth;  /* of envelopes around the text */
    uint32_t *sub;   /* next sub number of a message or an envelope */
};

/* Cuts text; returns the bytes consumed, all of them when end. framing_lines.c, framing_json.c */
size_t framing_text(struct framing *framing, struct framer *framer, struct str text);
size_t framing_json(struct framing *framing, struct framer *framer, struct str text);

/* framing_line.c: the offset of the first LF, or STR_NOT_FOUND; *seam: "}{" stands before it. */
size_t framing_line_end(struct str text, bool *seam);

/* Adds the record text[at..at+len) or, when it is an envelope, what is in it. */
void framing_emit(struct framing *framing, struct str text, size_t at, size_t len);
/* Adds it with a fault, without looking into it. At most LIMIT_FAULTY_BYTES of it are kept. */
void framing_emit_fault(struct framing *framing, struct str text, size_t at, size_t len,
                        enum record_fault fault);
/* Adds it as RECORD_FILTERED. */
void framing_emit_filtered(struct framing *framing, struct str text, uint64_t offset);

/* framing_envelope.c: true when record was an envelope, whose content (or fault) was added. */
bool framing_unwrap(struct framing *framing, struct str record, uint64_t offset);

#endif
