/* SPDX-License-Identifier: Apache-2.0
 *
 * s3access_internal.h - the parts of the S3 access log decoder: two ways to find a line's fields.
 *
 * owner bucket [time] ip requester request_id operation key "uri" status error bytes size time
 * turn_around "referer" "user_agent" version_id host_id signature cipher auth host tls arn acl
 * region
 *
 * In:  one line.   Out: struct s3_line: where its fields are.
 * Thread: one worker's context.   Owns: nothing: all are slices of the line.
 * Invariants: (1) what s3_split_quickly takes, s3_split_strictly takes as whole, with the same
 *                 fields (tests/property/test_s3access.c, fuzz_s3access.c).
 */
#ifndef TOCSIN_INGEST_DECODE_S3ACCESS_INTERNAL_H
#define TOCSIN_INGEST_DECODE_S3ACCESS_INTERNAL_H

#include "ingest/decode/decoder.h"

/* The order of a line; behind it what is derived. */
enum s3_field {
    S3_BUCKET_OWNER,
    S3_BUCKET,
    S3_TIME,
    S3_REMOTE_IP,
    S3_REQUESTER,
    S3_REQUEST_ID,
    S3_OPERATION,
    S3_KEY,
    S3_REQUEST_URI,
    S3_HTTP_STATUS,
    S3_ERROR_CODE,
    S3_BYTES_SENT,
    S3_OBJECT_SIZE,
    S3_TOTAL_TIME,
    S3_TURN_AROUND_TIME,
    S3_REFERER,
    S3_USER_AGENT, /* the last one that has a place of its own in struct s3_line */
    S3_VERSION_ID,
    S3_HOST_ID,
    S3_SIGNATURE_VERSION,
    S3_CIPHER_SUITE,
    S3_AUTHENTICATION_TYPE,
    S3_HOST_HEADER,
    S3_TLS_VERSION,
    S3_ACCESS_POINT_ARN,
    S3_ACL_REQUIRED,
    S3_SOURCE_REGION,
    S3_EXTRA, /* as often as there are words */
    S3_HTTP_METHOD,
    S3_HTTP_PATH,
    S3_HTTP_QUERY,
    S3_HTTP_VERSION,
    S3_OPERATION_API,
    S3_OPERATION_METHOD,
    S3_OPERATION_RESOURCE,
    S3_FIELDS
};

#define S3_PLACED (S3_USER_AGENT + 1)

/* A place in a text that is read word by word. */
struct s3_cursor {
    struct str text;
    size_t at;
};

struct s3_line {
    struct s3_cursor read; /* the line; where its tail begins, or where it breaks */
    struct str fields[S3_PLACED];
    uint32_t found; /* bit n: fields[n] is there */
    bool has_tail;  /* version_id and what follows stand at read.at */
    int64_t time_ns;
};

enum s3_form {
    S3_REFUSED, /* breaks before its operation */
    S3_BROKEN,  /* breaks later: fields has what stands before */
    S3_WHOLE
};

/* s3access_strict.c: any line. line->read.text is the line; all else is 0. */
enum s3_form s3_split_strictly(struct s3_line *line);
/* s3access_quick.c: a line as S3 writes it when nobody plays tricks. False: ask the other one;
 * line's contents are void. day: of the line before; all 0 for the first one. */
bool s3_split_quickly(struct s3_line *line, struct decoder_day *day);

/* The word at the cursor, up to a space or the end; moves behind the space. More than one space
 * separates like one: some lines have two before the requester. False at the end. */
bool s3_take_word(struct s3_cursor *cursor, struct str *word);
/* API.METHOD.RESOURCE in capitals, digits and _; or SOAP.Operation. */
bool s3_is_operation(struct str word);
bool s3_is_number_or_dash(struct str word);
/* [06/Feb/2019:00:00:38 +0000]; TIMESTAMP_NONE when it is none. */
int64_t s3_parse_time(struct str text);

#endif
