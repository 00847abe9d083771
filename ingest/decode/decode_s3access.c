/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_s3access.c - Amazon S3 server access log lines.
 *
 * A line is split in one of two ways, with the same result: s3access_quick.c for what nearly all
 * lines look like, s3access_strict.c for the others. Of its fields those are made that somebody
 * names, and of most lines only the ones that can make a rule a candidate.
 *
 * In:  one line.   Out: its fields; null for - and "-".   Thread: one worker's context.
 * Owns: nothing.   Bounds: O(length).
 * Follows: Amazon S3 User Guide, "Amazon S3 server access log format".
 * Tested: tests/unit/test_decode_s3access.c, tests/property/test_s3access.c, fuzz_s3access.c.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder_table.h"
#include "ingest/decode/s3access_internal.h"

static const struct decoder_field s3_fields[] = {
    {"bucket_owner", "canonical user id of the bucket's owner"},
    {"bucket", "the bucket that the request was processed against"},
    {"time", "when the request was received"},
    {"remote_ip", "apparent address of the requester"},
    {"requester", "canonical user id or ARN; null for unauthenticated requests"},
    {"request_id", "identifies the request"},
    {"operation", "such as REST.GET.OBJECT or S3.EXPIRE.OBJECT"},
    {"key", "the object's key, URL-encoded; null when the request names none"},
    {"request_uri", "method, target and version as they were sent"},
    {"http_status", "status of the response"},
    {"error_code", "S3's error code; null when there was no error"},
    {"bytes_sent", "bytes of the response without protocol overhead"},
    {"object_size", "total size of the object"},
    {"total_time", "milliseconds from request to the last byte of the response"},
    {"turn_around_time", "milliseconds S3 spent on the request"},
    {"referer", "the Referer header"},
    {"user_agent", "the User-Agent header"},
    {"version_id", "the version id of the request"},
    {"host_id", "x-amz-id-2, the extended request id"},
    {"signature_version", "SigV2, SigV4; null when unsigned"},
    {"cipher_suite", "TLS cipher; null for HTTP"},
    {"authentication_type", "AuthHeader, QueryString; null when unsigned"},
    {"host_header", "the endpoint used"},
    {"tls_version", "TLS version; null for HTTP"},
    {"access_point_arn", "ARN of the access point"},
    {"acl_required", "Yes when an ACL was needed for authorization"},
    {"source_region", "the Region the request came from"},
    {"extra", "fields behind those that are documented, in order"},
    {"http_method", "of request_uri"},
    {"http_path", "of request_uri, without the query"},
    {"http_query", "of request_uri, behind the ?"},
    {"http_version", "of request_uri: HTTP/1.1"},
    {"operation_api", "first part of operation: REST, SOAP, BATCH, WEBSITE, S3"},
    {"operation_method", "second part of operation"},
    {"operation_resource", "the rest of operation"},
    {NULL, NULL},
};

/* Which fields to make. FIELD_NONE: nobody wants it. */
struct wanted {
    field_id ids[S3_FIELDS];
    uint32_t placed; /* bit n: field n of struct s3_line */
    bool tail;       /* any of the others; the same for the next two */
    bool uri;
    bool operation;
};

struct bound {
    struct wanted all;
    struct wanted first; /* of the first phase: see decoder_set_narrow */
    bool narrowed;
    uint32_t logsource;
};

static void want(struct wanted *wanted, enum s3_field field, field_id id)
{
    wanted->ids[field] = id;
    if (id == FIELD_NONE) {
        return;
    }
    wanted->placed |= field < S3_PLACED ? 1U << field : 0U;
    wanted->tail = wanted->tail || (field >= S3_VERSION_ID && field <= S3_EXTRA);
    wanted->uri = wanted->uri || (field >= S3_HTTP_METHOD && field <= S3_HTTP_VERSION);
    wanted->operation = wanted->operation || field >= S3_OPERATION_API;
}

static void *bind(struct field_table *fields)
{
    struct bound *bound = memory_new(1, sizeof *bound);
    for (int i = 0; i < S3_FIELDS; i++) {
        want(&bound->all, (enum s3_field)i, field_find(fields, str_of(s3_fields[i].name)));
    }
    bound->logsource = logsource_index("aws/s3access");
    return bound;
}

static void narrow(void *private, const bool *first)
{
    struct bound *bound = private;
    bound->first = (struct wanted){0};
    for (int i = 0; i < S3_FIELDS; i++) {
        field_id id = bound->all.ids[i];
        want(&bound->first, (enum s3_field)i, first[id] ? id : FIELD_NONE);
    }
    bound->narrowed = true;
}

int64_t s3_parse_time(struct str s)
{
    if (s.len != 28 || s.ptr[0] != '[' || s.ptr[3] != '/' || s.ptr[7] != '/' || s.ptr[12] != ':' ||
        s.ptr[15] != ':' || s.ptr[18] != ':' || s.ptr[21] != ' ' ||
        (s.ptr[22] != '+' && s.ptr[22] != '-') || s.ptr[27] != ']') {
        return TIMESTAMP_NONE;
    }
    uint32_t century = timestamp_two_digits(s.ptr + 8);
    uint32_t year = timestamp_two_digits(s.ptr + 10);
    uint32_t zone_hours = timestamp_two_digits(s.ptr + 23);
    uint32_t zone_minutes = timestamp_two_digits(s.ptr + 25);
    if (century > 99 || year > 99 || zone_hours > 99 || zone_minutes > 99) {
        return TIMESTAMP_NONE;
    }
    int32_t offset_seconds = (int32_t)(zone_hours * 3600 + zone_minutes * 60);
    struct timestamp_fields fields = {
        .year = (int32_t)(century * 100 + year),
        .month = timestamp_month(str_slice(s, 4, 3)),
        .day = timestamp_two_digits(s.ptr + 1),
        .hour = timestamp_two_digits(s.ptr + 13),
        .minute = timestamp_two_digits(s.ptr + 16),
        .second = timestamp_two_digits(s.ptr + 19),
        .offset_seconds = s.ptr[22] == '-' ? -offset_seconds : offset_seconds,
    };
    return timestamp_from_fields(&fields);
}

static void add(const struct wanted *wanted, struct event *event, enum s3_field field,
                struct str value)
{
    bool null = value.len == 1 && value.ptr[0] == '-';
    event_add(event, wanted->ids[field], value.ptr, value.len, null ? VALUE_NULL : VALUE_STRING,
              false);
}

static void add_operation_parts(const struct wanted *wanted, struct event *event,
                                struct str operation)
{
    size_t first = str_find_byte(operation, '.');
    struct str rest = str_slice(operation, first + 1, operation.len);
    size_t second = str_find_byte(rest, '.');
    add(wanted, event, S3_OPERATION_API, str_slice(operation, 0, first));
    add(wanted, event, S3_OPERATION_METHOD, str_slice(rest, 0, second));
    if (second != STR_NOT_FOUND) {
        add(wanted, event, S3_OPERATION_RESOURCE, str_slice(rest, second + 1, rest.len));
    }
}

static void add_uri_parts(const struct wanted *wanted, struct event *event, struct str uri)
{
    size_t first = str_find_byte(uri, ' ');
    if (first == STR_NOT_FOUND) {
        return;
    }
    struct str target = str_slice(uri, first + 1, uri.len);
    size_t last = target.len;
    while (last > 0 && target.ptr[last - 1] != ' ') {
        last--;
    }
    if (last > 0 && str_starts_with(str_slice(target, last, target.len), STR("HTTP/"))) {
        add(wanted, event, S3_HTTP_VERSION, str_slice(target, last, target.len));
        target.len = last - 1;
    }
    size_t question = str_find_byte(target, '?');
    add(wanted, event, S3_HTTP_METHOD, str_slice(uri, 0, first));
    add(wanted, event, S3_HTTP_PATH, str_slice(target, 0, question));
    if (question != STR_NOT_FOUND) {
        add(wanted, event, S3_HTTP_QUERY, str_slice(target, question + 1, target.len));
    }
}

static void add_tail(const struct wanted *wanted, struct event *event, struct s3_cursor cursor)
{
    struct str word;
    for (int i = 0; s3_take_word(&cursor, &word); i++) {
        int field = S3_VERSION_ID + i;
        add(wanted, event, field <= S3_SOURCE_REGION ? (enum s3_field)field : S3_EXTRA, word);
    }
}

static void add_fields(const struct wanted *wanted, struct event *event, const struct s3_line *line)
{
    uint32_t place = 0;
    for (uint32_t left = wanted->placed & line->found; left != 0; left &= left - 1) {
        place = (uint32_t)__builtin_ctz(left);
        add(wanted, event, (enum s3_field)place, line->fields[place]);
    }
    if (wanted->operation && (line->found & 1U << S3_OPERATION) != 0) {
        add_operation_parts(wanted, event, line->fields[S3_OPERATION]);
    }
    if (wanted->uri && (line->found & 1U << S3_REQUEST_URI) != 0) {
        add_uri_parts(wanted, event, line->fields[S3_REQUEST_URI]);
    }
    if (wanted->tail && line->has_tail) {
        add_tail(wanted, event, line->read);
    }
}

_Static_assert(sizeof(struct s3_line) <= DECODER_FOUND_BYTES, "decode leaves it for complete");

static enum decode_verdict decode(const void *private, struct decoder_context *context,
                                  struct record *record, struct event *event)
{
    const struct bound *bound = private;
    struct s3_line *line = (struct s3_line *)(void *)context->found;
    enum s3_form form = S3_WHOLE;
    event->logsource = bound->logsource;
    event->partial = bound->narrowed;
    line->read = (struct s3_cursor){record->bytes, 0};
    if (!s3_split_quickly(line, &context->s3_day)) {
        *line = (struct s3_line){.read = {record->bytes, 0}};
        form = s3_split_strictly(line);
    }
    size_t at = line->read.at < record->bytes.len ? line->read.at : record->bytes.len;
    if (form == S3_REFUSED) {
        record->fault = RECORD_FAULT_S3ACCESS;
        record->fault_at = (uint32_t)at;
        return DECODE_FAULT;
    }
    event->time_ns = line->time_ns;
    if (form == S3_BROKEN) {
        event->flags |= EVENT_MALFORMED;
        event->malformed_at = (uint32_t)at;
    }
    add_fields(bound->narrowed ? &bound->first : &bound->all, event, line);
    return DECODE_EVENT;
}

static enum decode_verdict complete(const void *private, struct decoder_context *context,
                                    struct record *record, struct event *event)
{
    const struct bound *bound = private;
    (void)record;
    add_fields(&bound->all, event, (const struct s3_line *)(const void *)context->found);
    return DECODE_EVENT;
}

/* 64 hexadecimal digits, looked at together: no line of another format gets far into them. */
static bool is_owner(const char *text)
{
    unsigned char others = 0;
    for (size_t i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)text[i];
        others |= (unsigned char)((unsigned char)(c - '0') > 9 && (unsigned char)(c - 'a') > 5);
    }
    return others == 0;
}

/* owner (64 hexadecimal digits) bucket [dd/Mon/yyyy: - the oldest buckets' names have up to 255
 * bytes. */
static bool claims(struct str bytes)
{
    if (bytes.len <= 65 || bytes.ptr[64] != ' ' || !is_owner(bytes.ptr)) {
        return false;
    }
    struct str rest = str_slice(bytes, 65, 270);
    size_t bracket = str_find_byte(rest, ' ');
    if (bracket != STR_NOT_FOUND && bracket + 1 < rest.len && rest.ptr[bracket + 1] != '[') {
        bracket = str_find(rest, STR(" ["));
    }
    return bracket != STR_NOT_FOUND && bracket + 5 < rest.len && rest.ptr[bracket + 4] == '/';
}

const struct decoder_ops decoder_s3access = {
    .name = "s3access",
    .doc = "Amazon S3 server access logs",
    .fields = s3_fields,
    .bind = bind,
    .narrow = narrow,
    .claims = claims,
    .decode = decode,
    .complete = complete,
};
