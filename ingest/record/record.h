/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h - one log line's bytes and the place they came from; a batch of them.
 *
 * The way of the bytes: a source fills a batch with chunks (a block of a file, a Kafka value);
 * framing cuts the chunks into records; a worker decodes, matches and tallies them; when the batch
 * is delivered everything in it dies together.
 *
 * Thread: the holder of the batch; it passes reader -> worker -> deliverer and never back.
 * Owns:   the batch owns its arena, chunk and record arrays; bytes belong to the arena or to
 *         `payloads` (the source's, released with the batch).
 * Invariants: (1) a record's bytes stay valid until the batch is released.
 *             (2) chunk.tally: records == evaluated + filtered + dead + duplicates when the worker
 *                 is done; the deliverer checks it (cli/engine/audit_internal.h).
 */
#ifndef TOCSIN_INGEST_RECORD_RECORD_H
#define TOCSIN_INGEST_RECORD_RECORD_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Why bytes could not become an event. A row: name in the dead letter, sentence for people. */
#define RECORD_FAULT_TABLE(FAULT)                                                                  \
    FAULT(NONE, "none", "the record is whole")                                                     \
    FAULT(OVERSIZE, "oversize", "longer than the configured record size")                          \
    FAULT(TRUNCATED, "truncated", "the input ended in the middle of the record")                   \
    FAULT(GZIP, "gzip", "the gzip data is damaged or truncated")                                   \
    FAULT(INFLATE_LIMIT, "inflate_limit", "the gzip data inflates beyond the limit")               \
    FAULT(JSON, "json", "not valid JSON at the byte given")                                        \
    FAULT(JSON_STRICT, "json_strict", "JSON of wrong grammar or UTF-8 at the byte given")          \
    FAULT(JSON_DEPTH, "json_depth", "JSON nested deeper than the limit")                           \
    FAULT(JSON_TYPE, "json_type", "a JSON value that is not an object")                            \
    FAULT(VALUES, "values", "more values in fields of rules than the limit")                       \
    FAULT(ENVELOPE, "envelope", "an envelope whose content can not be read")                       \
    FAULT(ENVELOPE_DEPTH, "envelope_depth", "envelopes nested deeper than the limit")              \
    FAULT(UNRECOGNIZED, "unrecognized", "no decoder recognizes the record")                        \
    FAULT(CLOUDTRAIL, "cloudtrail", "CloudTrail record without eventSource or eventName")          \
    FAULT(S3ACCESS, "s3access", "S3 access log line that breaks before its operation")

#define RECORD_FAULT_ENUM(name, text, sentence) RECORD_FAULT_##name,
enum record_fault { RECORD_FAULT_TABLE(RECORD_FAULT_ENUM) RECORD_FAULTS };
#undef RECORD_FAULT_ENUM

/* The table's second and third column. */
const char *record_fault_name(enum record_fault fault);
const char *record_fault_sentence(enum record_fault fault);

struct record {
    struct str bytes;
    uint64_t offset;   /* file: byte offset of the record (inflated); Kafka: message offset */
    uint32_t sub;      /* number of the record at that offset, from 0 */
    uint32_t chunk;    /* index into batch.chunks */
    uint32_t fault_at; /* byte position of the fault within bytes */
    uint8_t fault;     /* enum record_fault: set by framing or the decoder */
    uint8_t outcome;   /* enum record_outcome: set by the worker */
};

enum record_outcome {
    RECORD_PENDING,
    RECORD_EVALUATED,
    RECORD_FILTERED,  /* nothing to analyse by its nature: blank line, subscription handshake */
    RECORD_DEAD,      /* in the dead letter with a reason */
    RECORD_DUPLICATE, /* seen before: a redelivered Kafka offset */
    RECORD_OUTCOMES
};

/* What became of the records of one chunk, one stream, one run. */
struct tally {
    uint64_t records;
    uint64_t bytes;
    uint64_t outcomes[RECORD_OUTCOMES];
    uint64_t malformed; /* evaluated, but only a part could be parsed */
    uint64_t timeless;  /* evaluated without a readable time of their own */
    uint64_t future;    /* too far ahead of their message to move the watermark */
    uint64_t alerts;    /* of detection rules, raised by these records; suppressed ones, too */
};

void tally_add(struct tally *sum, const struct tally *more);
/* records - (evaluated + filtered + dead + duplicates): 0, or something was lost or made up. */
int64_t tally_residue(const struct tally *tally);

/* One ordered sequence of bytes: a file, a Kafka partition, standard input. */
struct stream {
    /* owner: source, constant */
    uint32_t id;          /* dense, in the order of opening */
    const char *source;   /* "file", "kafka", "stdin" */
    const char *name;     /* path or topic */
    int32_t partition;    /* Kafka; -1 otherwise */
    const char *decoder;  /* configured decoder name, or NULL: by content */
    uint32_t logsource;   /* of its JSON events, given by logsource_give; 0: that of the decoder */
    int64_t reference_ns; /* latest time the content can have: mtime; TIMESTAMP_NONE: unknown */
    bool numbered; /* offsets of its messages are successive, but for those in chunk.missing */
    /* owner: reader */
    struct framer *framer;
    struct buffer carry; /* an unfinished record's bytes, to stand before the next block */
    uint64_t offset;     /* of carry's first byte */
    uint32_t epoch;      /* moves on when the stream is taken away, given, or sought in */
    /* owner: deliverer */
    struct tally tally;
    uint64_t delivered_offset; /* everything before it is delivered */
    int64_t lag;               /* Kafka: messages behind the end; -1: unknown */
};

/* Who sent a chunk over the network. */
struct sender {
    struct str address; /* without its port */
    struct str name;    /* the common name of its TLS certificate; empty: it showed none */
};

/* Where a stream's framing stands between two records: framer_mark, framer_resume. */
struct framer_mark {
    uint64_t flags;
    uint64_t depth;
};

struct chunk {
    struct stream *stream;
    const struct sender *sender; /* of the batch's arena; NULL: not known */
    struct str bytes;
    uint64_t offset;      /* of bytes[0] in the stream, or the Kafka message's offset */
    int64_t reference_ns; /* Kafka: the message's timestamp; file: the stream's */
    bool message;         /* a Kafka value: whole by itself, offset is the message's */
    bool end;             /* the stream's last chunk: an unfinished record is a record */
    bool duplicate;       /* its records were processed before (redelivery) */
    uint32_t epoch;       /* of the stream when it was polled; it is void when that has moved on */
    bool begins;          /* reading begins here: at the start, with a new assignment, by a seek */
    uint64_t missing;     /* offsets before it without a message: retention, transactions */
    uint64_t next_offset; /* set by framing: all of the stream before it is in records */
    struct framer_mark next_mark; /* set by framing: how the stream is cut from there on */
    uint8_t fault; /* enum record_fault of the whole chunk (damaged gzip after these bytes) */
    struct tally tally;
};

struct batch {
    struct arena *arena;
    struct chunk *chunks;
    uint32_t chunks_count;
    uint32_t chunks_capacity;
    struct record *records;
    uint32_t records_count;
    uint32_t records_capacity;
    uint64_t sequence; /* 0, 1, 2.. in the order of polling */
    void **payloads;   /* the source's handles (rd_kafka_message_t), freed by its release */
    uint32_t payloads_count;
    uint32_t payloads_capacity;
    bool end_of_input; /* no batch comes after this one */
    void *outcome;     /* the worker's results, owned by the pipeline */
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);
/* Empties it for the next poll. payloads must have been released by the source. */
void batch_clear(struct batch *batch);
struct chunk *batch_add_chunk(struct batch *batch, struct stream *stream, struct str bytes);
/* Counts the record in its chunk's tally.records. */
struct record *batch_add_record(struct batch *batch, uint32_t chunk, struct str bytes,
                                uint64_t offset, uint32_t sub);
void batch_add_payload(struct batch *batch, void *payload);

#endif
