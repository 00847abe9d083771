/* SPDX-License-Identifier: Apache-2.0
 *
 * sink.h - where alerts and dead letters go: one row of sink_table for each kind.
 *
 * In:  rendered lines with their key.   Out: bytes on stdout, in a file, a topic, a stream.
 * Thread: the deliverer only.   Owns: its connection or file.
 * Invariants: (1) sink_flush returns 0 only when everything given before is where it belongs
 *                 (file: written, with sync on the disk; Kafka, Redis: acknowledged). Offsets are
 *                 stored after that.
 *             (2) a line is never cut, reordered or dropped; a sink that can't take it fails.
 * To add a sink: a file sink_<name>.c and a row in sink_table.c.
 */
#ifndef TOCSIN_RESPOND_SINK_SINK_H
#define TOCSIN_RESPOND_SINK_SINK_H

#include "analyze/alert/alert.h"
#include "base/error.h"
#include "base/str.h"
#include "ingest/source/source.h"

#include <stdbool.h>
#include <stdint.h>

enum sink_format { SINK_JSON, SINK_PRETTY, SINK_CSV };

struct sink_options {
    const char *kind;          /* a row of sink_table: stdout, file, kafka, redis */
    enum sink_format format;   /* stdout and file */
    bool colour;               /* pretty: ANSI colours */
    enum rule_level level_min; /* alerts below it are not for this sink; dead letters are */
    const char *path;          /* file */
    uint64_t file_bytes_max;   /* rotate at; 0: LIMIT_ALERT_FILE_BYTES */
    uint32_t files_max;        /* keep; 0: LIMIT_ALERT_FILES */
    bool sync;                 /* file: a flush puts the lines on the disk */
    const char *brokers;       /* kafka */
    const char *topic;
    const struct source_property *properties;
    uint32_t properties_count;
    const char *address;        /* redis: see base/redis_address.h */
    const char *user;           /* redis: an ACL user; NULL: the default one */
    const char *password;       /* redis: NULL: none */
    const char *stream;         /* redis: the stream's key */
    uint32_t stream_length_max; /* redis: approximate MAXLEN; 0: unlimited */
    int64_t dedup_seconds;      /* redis: an alert id is taken once in this time; 0: always */
    int timeout_ms;             /* kafka, redis; 0: 30000 */
};

/* A record that is written back to Kafka. */
struct sink_origin {
    struct str place;  /* where it was: a header */
    int32_t partition; /* where it is to be; -1: any */
    int64_t time_ns;   /* of the message; TIMESTAMP_NONE: now */
};

/* What is delivered: an alert with its JSON line, an alert of which the outbox has kept the line
 * only (kept), or a dead letter's line. */
struct sink_item {
    const struct alert *alert; /* NULL: kept, or a dead letter */
    bool kept;
    enum rule_level level;     /* of a kept alert */
    const struct record *dead; /* the record of a dead letter, in its chunk; NULL with an alert */
    const struct chunk *chunk;
    const struct sink_origin *origin; /* kafka: json is a record's bytes and a LF; else NULL */
    struct str key;                   /* alert id, or the source's name */
    struct str json;                  /* one line with its LF */
};

static inline bool sink_item_is_alert(const struct sink_item *item)
{
    return item->alert != NULL || item->kept;
}

struct sink;

struct sink_ops {
    const char *name;
    const char *doc;
    int (*open)(struct sink *sink, const struct sink_options *options, struct err *err);
    int (*write)(struct sink *sink, const struct sink_item *item, struct err *err);
    int (*flush)(struct sink *sink, struct err *err);
    void (*close)(struct sink *sink);
};

struct sink {
    const struct sink_ops *ops;
    struct sink_options options;
    void *state;
    uint64_t items;
    uint64_t bytes;
};

extern const struct sink_ops *const sink_table[];

int sink_open(struct sink *sink, const struct sink_options *options, struct err *err);
int sink_write(struct sink *sink, const struct sink_item *item, struct err *err);
int sink_flush(struct sink *sink, struct err *err);
/* Flushes what it can. */
void sink_close(struct sink *sink);

/* One alert as people read it, several lines, safe on a terminal. */
void sink_render_pretty(const struct alert *alert, bool colour, struct buffer *out);
/* One CSV line (RFC 4180), and the header line. */
void sink_render_csv(const struct alert *alert, struct buffer *out);
void sink_render_csv_header(struct buffer *out);

#endif
