/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h - where bytes come from: one row of source_table for each kind.
 *
 * In:  a configuration.   Out: batches of chunks.
 * Thread: any, but one at a time: the engine calls in turn, so a source needs no lock.
 * Owns:   its streams (alive until close), handles in batch.payloads until release.
 * Invariants: (1) the chunks of one stream come in order and without a gap.
 *             (2) what is delivered is only noted; what was noted is stored by
 *                 `committed`: a crash repeats, it never loses.
 * To add a source: a file source_<name>.c and a row in source_table.c.
 */
#ifndef TOCSIN_INGEST_SOURCE_SOURCE_H
#define TOCSIN_INGEST_SOURCE_SOURCE_H

#include "base/error.h"
#include "ingest/framing/framing.h"
#include "ingest/record/record.h"

#include <stdbool.h>
#include <stdint.h>

struct source_property {
    const char *name; /* librdkafka's name */
    const char *value;
};

struct source_options {
    const char *kind;    /* a row of source_table */
    const char *decoder; /* for all its streams, or NULL: by content */
    uint32_t logsource;  /* of JSON events of all its streams (logsource_give); 0: the decoder's */
    bool placed;         /* the caller keeps where streams go on, and gives it to `resume` */
    struct framing_options framing;
    /* file */
    const char *const *paths; /* files or directories; "-" is standard input */
    uint32_t paths_count;
    bool follow;                /* wait for more; survive rotation */
    bool from_end;              /* follow: begin at the files' ends */
    const char *positions_path; /* follow: remember positions here; NULL: don't */
    size_t block_bytes;         /* LIMIT_BATCH_BYTES */
    /* kafka */
    const char *brokers;
    const char *group;
    const char *const *topics; /* "^..." is a regular expression */
    uint32_t topics_count;
    const struct source_property *properties;
    uint32_t properties_count;
    uint32_t batch_records; /* LIMIT_BATCH_RECORDS */
    bool relayed;           /* messages are those of `tocsin relay`: headers tell the sender */
    bool all_partitions;    /* no member of the group: reads every partition, also those to come */
    bool stop_at_end;       /* end of input once every partition was read to its end */
    /* Decoder of one topic: NULL or parallel to topics; an entry may be NULL. */
    const char *const *topic_decoders;
    /* Log source of one topic's JSON events: NULL or parallel to topics; 0: that of the source. */
    const uint32_t *topic_logsources;
    /* syslog */
    const char *const *listen; /* "udp://0.0.0.0:514", "tcp://...", "tls://..." */
    uint32_t listen_count;
    const char *tls_certificate; /* files in PEM form; NULL: no TLS */
    const char *tls_key;
    const char *tls_clients; /* authorities whose certificate each client needs; NULL: none */
    uint32_t sender_rate;    /* records a second of one address; 0: any number */
};

enum source_poll {
    SOURCE_BATCH,
    SOURCE_NOTHING_YET,
    SOURCE_END,
    SOURCE_FAILED,
    SOURCE_CHANGE /* only with `placed`: streams come or go, see source.change; nothing is read
                     until `answer` */
};

struct source;

/* What comes or goes: the caller commits what it has of streams that are taken, and gives places of
 * those that are given to `resume`; then it calls `answer`. */
struct source_change {
    bool taken;
    struct stream **streams; /* the source's, until the next poll */
    uint32_t count;
};

struct source_ops {
    const char *name;
    const char *doc;
    int (*open)(struct source *source, const struct source_options *options, struct err *err);
    /* Fills batch with chunks within timeout_ms, which may be 0. SOURCE_END: no more will come. */
    enum source_poll (*poll)(struct source *source, struct batch *batch, int timeout_ms,
                             struct err *err);
    /* Gives back batch.payloads. */
    void (*release)(struct source *source, struct batch *batch);
    /* Notes, in memory only, that everything of the batch is done. Batches come in the order of
     * polling. */
    void (*delivered)(struct source *source, const struct batch *batch);
    /* What was noted needs no repeating after a crash: it is stored when that is due. NULL: the
     * source remembers nothing. */
    int (*committed)(struct source *source, struct err *err);
    /* No more is wanted than what was sent already: poll gives that and then SOURCE_END. NULL: what
     * was not read can be read the next time. */
    void (*stop)(struct source *source);
    /* Appends a text that says where the stream goes on after all that `delivered` noted; nothing
     * when there is nothing to say yet. Streams of one name and partition (a log and the one that
     * took its name) give the same text, which says it for all of them. NULL: streams of this
     * source begin anew with every start. */
    void (*place)(struct source *source, const struct stream *stream, struct buffer *out);
    /* Before the first poll, or before `answer`: such a text, for the stream of that name and
     * partition, which is not read yet. ERR_DATA: it is none. */
    int (*resume)(struct source *source, struct str name, int32_t partition, struct str place,
                  struct err *err);
    /* After SOURCE_CHANGE: what is given is read from now on, what is taken is let go. NULL: the
     * source's streams do not come and go. */
    int (*answer)(struct source *source, struct err *err);
    /* The stream goes on at such a text, or, if that is empty, where it begins without one; what
     * was polled of it before is void, and its epoch is another one. NULL: not in this source. */
    int (*seek)(struct source *source, const struct stream *stream, struct str place,
                struct err *err);
    /* Polls give nothing until they may again; what needs polls to live (a group's membership) goes
     * on. */
    void (*pause)(struct source *source, bool paused);
    void (*close)(struct source *source);
};

struct source {
    const struct source_ops *ops;
    void *state;
    /* Streams opened so far; a stream never moves. */
    struct stream **streams;
    uint32_t streams_count;
    uint32_t streams_capacity;
    struct source_change change; /* after SOURCE_CHANGE, until `answer` */
    uint64_t bytes_expected;     /* files: sum of sizes, for progress; 0: unknown */
    uint64_t bytes_read;         /* of files as stored (compressed) */
    uint64_t duplicates;
    uint64_t dropped; /* datagrams that were never read, or that their sender's rate refused */
    uint64_t errors;  /* inputs that could not be read; each was logged */
};

extern const struct source_ops *const source_table[];

/* Opens the source of options->kind. 0, or an error that names file, topic or property. */
int source_open(struct source *source, const struct source_options *options, struct err *err);
void source_close(struct source *source);
/* Decoder and log source of a stream of that name: those of its topic, else those of all. */
const char *source_decoder(const struct source_options *options, const char *name);
uint32_t source_logsource(const struct source_options *options, const char *name);
/* A new stream with its framer, appended to source->streams. */
struct stream *source_add_stream(struct source *source, const struct source_options *options,
                                 const char *name, int32_t partition);

#endif
