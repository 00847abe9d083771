/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_json_internal.h - what the two JSON decoders share.
 *
 * Thread: any, with its own context.   Owns: nothing.
 */
#ifndef TOCSIN_INGEST_DECODE_DECODE_JSON_INTERNAL_H
#define TOCSIN_INGEST_DECODE_DECODE_JSON_INTERNAL_H

#include "ingest/decode/decoder.h"

/* Does the text begin like a JSON value that can hold fields? */
bool decode_json_claims(struct str bytes);

/* Projects the record into event: the first fields, when the set is narrowed, else all. On anything
 * but DECODE_EVENT the record has its fault. */
enum decode_verdict decode_json_project(struct decoder_context *context, struct record *record,
                                        struct event *event);
/* The same with all fields; the `complete` of all JSON decoders. */
enum decode_verdict decode_json_complete(const void *private, struct decoder_context *context,
                                         struct record *record, struct event *event);

/* Gives event the time that the first readable value of field is: RFC 3339, or a number of seconds,
 * milliseconds, microseconds or nanoseconds since the epoch, told apart by magnitude. False when
 * none is either, or a number before 1973-03-03; then event stays as it is. A missing zone is the
 * configured one. */
bool decode_json_time(const struct decoder_context *context, field_id field, struct event *event);

#endif
