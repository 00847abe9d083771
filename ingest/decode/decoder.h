/* SPDX-License-Identifier: Apache-2.0
 *
 * decoder.h - records to events: one row of decoder_table for each log format.
 *
 * In:  a record.   Out: an event with fields, time, logsource; or a fault for the dead letter.
 * Thread: struct decoder_set is built once and immutable; struct decoder_context is one worker's.
 * Owns:   the context owns scratch memory; values point into the record or the batch's arena.
 * Invariants: (1) what one record decodes to depends on nothing but the record, its chunk's
 *                 reference time and the set's options: never on its neighbours or the clock.
 *             (2) every record is decoded, filtered, or gets a fault: nothing falls through.
 * To add a decoder: a file decode_<name>.c, a row in decoder_table.c, rows in logsource_table.c, a
 * golden test, a fuzz target, a chapter of docs/FORMATS.md.
 */
#ifndef TOCSIN_INGEST_DECODE_DECODER_H
#define TOCSIN_INGEST_DECODE_DECODER_H

#include "base/arena.h"
#include "base/error.h"
#include "ingest/event/event.h"
#include "ingest/field/field.h"
#include "ingest/json/json.h"
#include "ingest/record/record.h"

#include <stddef.h>

/* What rules' `logsource:` is compared with. An event has one logsource; a logsource may carry
 * several services, as a line of sshd is also one of auth and of syslog. */
#define LOGSOURCE_SERVICES_MAX 6
struct logsource {
    const char *name;     /* "aws/cloudtrail", "linux/sshd" */
    const char *category; /* NULL: none */
    const char *product;
    const char *services[LOGSOURCE_SERVICES_MAX]; /* NULL-terminated when fewer */
};
/* All logsources; the index is event.logsource. A NULL name ends it. Only logsource_give changes
 * it, while options are read and before anything is made of the table. */
extern struct logsource logsource_table[];
/* The index of the logsource of that name. An unknown name is our bug. */
uint32_t logsource_index(const char *name);
uint32_t logsource_count(void);
/* What an operator says that JSON events are: "product=linux,service=auditd,category=..", each part
 * at most once, in any order. *index gets the row that has these parts, which is made when there is
 * none that was given before; it is never 0. ERR_CONFIG with what is wrong. */
int logsource_give(const char *text, uint32_t *index, struct err *err);

enum decode_verdict {
    DECODE_EVENT,    /* the event is filled */
    DECODE_NOT_MINE, /* another decoder may try */
    DECODE_FILTERED, /* nothing to analyse: see RECORD_FILTERED */
    DECODE_FAULT     /* record.fault and fault_at say why */
};

struct decoder_options {
    int32_t zone_offset_seconds; /* of times without a zone; 0: UTC */
    int32_t year;                /* of times without a year; 0: by the reference time */
    bool strict_json;            /* JSON that is not valid by json_check is a fault */
};

/* The field that every event of a known sender has, whatever its record says: the address from
 * which the record came over the network. */
#define DECODER_SENDER_FIELD "log.source.address"

struct decoder_set;

/* A day as the last record named it, so that the next one of the same day need not be understood
 * again. */
struct decoder_day {
    char text[20];
    int64_t start_ns;
    int64_t since_ns; /* without a year: the reference times for which it is this day */
    int64_t until_ns; /* the first for which it is not */
};

#define DECODER_FOUND_BYTES 512

struct decoder_context {
    const struct decoder_set *set;
    struct json_scanner *scanner;
    struct arena *arena;         /* of the current batch */
    int64_t reference_ns;        /* of the current chunk */
    const struct sender *sender; /* of the current chunk */
    struct decoder_day syslog_day;
    struct decoder_day s3_day;
    /* What decode found in the record, for the same decoder's complete. */
    _Alignas(max_align_t) unsigned char found[DECODER_FOUND_BYTES];
};

struct decoder_field {
    const char *name;
    const char *doc;
};

struct decoder_ops {
    const char *name; /* "cloudtrail" */
    const char *doc;  /* one line for --help and docs */
    /* Fields the decoder itself makes (not those of a JSON record); NULL name ends; may be NULL. */
    const struct decoder_field *fields;
    /* JSON: fields that decode itself looks at; NULL ends; may be NULL. */
    const char *const *own_fields;
    /* Its private tables (freed with memory_free) or NULL. Interns the names that decode itself
     * looks at; of those it makes it looks up who wants them: the field table has no others. */
    void *(*bind)(struct field_table *fields);
    /* From now on decode makes only these fields (per field id), which are all that rules ask for,
     * and marks its events partial. NULL: decode asks decoder_set_first_paths. */
    void (*narrow)(void *bound, const bool *asked);
    /* Cheap test of the first bytes: might this be mine? Used when no decoder is configured. */
    bool (*claims)(struct str bytes);
    enum decode_verdict (*decode)(const void *bound, struct decoder_context *context,
                                  struct record *record, struct event *event);
    /* Makes all fields of the event that decode has just left partial, whose values are taken out.
     */
    enum decode_verdict (*complete)(const void *bound, struct decoder_context *context,
                                    struct record *record, struct event *event);
};

/* The rows, in the order in which they are asked by content. A NULL name ends it. */
extern const struct decoder_ops *const decoder_table[];
/* The row's index, or -1. */
int decoder_index(const char *name);

/* Interns every field that a decoder can make by itself: for who wants to see all of an event.
 * Before decoder_set_new. */
void decoder_intern_fields(struct field_table *fields);
/* Compiles all for a field table in which every wanted field is; it must outlive the set. */
struct decoder_set *decoder_set_new(struct field_table *fields,
                                    const struct decoder_options *options);
/* Rules look at most events with few fields only. From now on events are decoded in part, and
 * marked so: JSON with the fields that make a rule a candidate (wanted, per field id), since
 * walking the text is what costs; lines, whose fields are found anyhow, with all that rules ask
 * for, so that the event is decidable. decoder_complete adds the others. Before any decoder_run. */
void decoder_set_narrow(struct decoder_set *set, const bool *wanted, const bool *asked);
void decoder_set_free(struct decoder_set *set);
const struct json_paths *decoder_set_json_paths(const struct decoder_set *set);
/* NULL unless the set was narrowed. */
const struct json_paths *decoder_set_first_paths(const struct decoder_set *set);
const struct decoder_options *decoder_set_options(const struct decoder_set *set);
const struct field_table *decoder_set_fields(const struct decoder_set *set);

void decoder_context_init(struct decoder_context *context, const struct decoder_set *set);
void decoder_context_release(struct decoder_context *context);

/* Decodes record with the named decoder of its stream or, without one, by content. Clears event
 * first. Sets context->reference_ns from chunk. Never returns DECODE_NOT_MINE: a record that nobody
 * claims gets RECORD_FAULT_UNRECOGNIZED. */
enum decode_verdict decoder_run(struct decoder_context *context, const struct chunk *chunk,
                                struct record *record, struct event *event);

/* Decodes what decoder_run has left out of a partial event; of a decidable one that can't fail.
 * Values move: pointers into the event's table are void. DECODE_EVENT, or DECODE_FAULT when what
 * was skipped before is broken. */
enum decode_verdict decoder_complete(struct decoder_context *context, struct record *record,
                                     struct event *event);

#endif
