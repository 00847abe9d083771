/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_json.c - any JSON object is an event: its members are its fields.
 *
 * In:  one JSON object (RFC 8259).   Out: the wanted paths' values; time from the first of the
 *      usual names that can be read.
 * Thread: one worker's context.   Owns: nothing.
 * Bounds: one pass; see json.h.   Tested: tests/unit/test_decode_json.c, tests/fuzz/fuzz_decode.c.
 */
#include "ingest/decode/decode_json_internal.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder_table.h"

/* In the order of preference. */
static const char *const time_names[] = {"@timestamp", "timestamp", "time", "eventTime",
                                         "ts",         "date",      NULL};
#define TIME_NAMES (sizeof time_names / sizeof time_names[0] - 1)

struct bound {
    field_id times[TIME_NAMES];
    uint32_t logsource;
};

static void *bind(struct field_table *fields)
{
    struct bound *bound = memory_new(1, sizeof *bound);
    for (size_t i = 0; i < TIME_NAMES; i++) {
        bound->times[i] = field_intern(fields, str_of(time_names[i]));
    }
    bound->logsource = logsource_index("json");
    return bound;
}

bool decode_json_claims(struct str bytes)
{
    size_t at = 0;
    while (at < bytes.len && (bytes.ptr[at] == ' ' || bytes.ptr[at] == '\t')) {
        at++;
    }
    return at < bytes.len && bytes.ptr[at] == '{';
}

static enum decode_verdict project(struct decoder_context *context, const struct json_paths *paths,
                                   struct record *record, struct event *event)
{
    enum json_verdict verdict = json_project(context->scanner, paths, record->bytes, event);
    if (verdict == JSON_OK && (event->flags & EVENT_VALUES_CUT) != 0) {
        /* The one value that a rule looks for could stand behind the limit. */
        record->fault = RECORD_FAULT_VALUES;
        return DECODE_FAULT;
    }
    if (verdict == JSON_OK) {
        return DECODE_EVENT;
    }
    record->fault_at = (uint32_t)json_error_at(context->scanner);
    record->fault = verdict == JSON_TOO_DEEP    ? RECORD_FAULT_JSON_DEPTH
                    : verdict == JSON_NO_OBJECT ? RECORD_FAULT_JSON_TYPE
                                                : RECORD_FAULT_JSON;
    return DECODE_FAULT;
}

enum decode_verdict decode_json_complete(const void *private, struct decoder_context *context,
                                         struct record *record, struct event *event)
{
    (void)private;
    return project(context, decoder_set_json_paths(context->set), record, event);
}

enum decode_verdict decode_json_project(struct decoder_context *context, struct record *record,
                                        struct event *event)
{
    const struct json_paths *first = decoder_set_first_paths(context->set);
    size_t error_at = 0;
    event->partial = first != NULL;
    event->decidable = first == NULL;
    enum decode_verdict verdict = first != NULL
                                      ? project(context, first, record, event)
                                      : decode_json_complete(NULL, context, record, event);
    /* Last, so that what the scanner itself refuses has the same reason with and without it. */
    if (verdict == DECODE_EVENT && decoder_set_options(context->set)->strict_json &&
        !json_check(record->bytes, &error_at)) {
        record->fault = RECORD_FAULT_JSON_STRICT;
        record->fault_at = (uint32_t)error_at;
        return DECODE_FAULT;
    }
    return verdict;
}

/* Does a date-time of RFC 3339 say its zone? Behind its 19 bytes up to the seconds only a zone has
 * these. */
static bool has_zone(struct str text)
{
    for (size_t i = 19; i < text.len; i++) {
        if (!byte_is_digit(text.ptr[i]) && text.ptr[i] != '.' && text.ptr[i] != ',') {
            return true;
        }
    }
    return false;
}

static bool take_time(const struct decoder_context *context, const struct value *value,
                      struct event *event)
{
    if (value->kind != VALUE_STRING && value->kind != VALUE_NUMBER) {
        return false;
    }
    struct str text = value_text(value, context->arena);
    bool date = false;
    int32_t zone = decoder_set_options(context->set)->zone_offset_seconds;
    int64_t time_ns = timestamp_parse(text, zone, &date);
    if (time_ns == TIMESTAMP_NONE) {
        return false;
    }
    event->time_ns = time_ns;
    event->flags |= date && !has_zone(text) ? EVENT_ZONE_ASSUMED : 0U;
    return true;
}

bool decode_json_time(const struct decoder_context *context, field_id field, struct event *event)
{
    const struct value *value = event_first(event, field);
    while (value != NULL && !take_time(context, value, event)) {
        value = event_next(event, value);
    }
    return value != NULL;
}

static enum decode_verdict decode(const void *private, struct decoder_context *context,
                                  struct record *record, struct event *event)
{
    const struct bound *bound = private;
    event->logsource = bound->logsource;
    /* Values that are there already are this record's: the CloudTrail decoder has just said that it
     * is none of its own. */
    enum decode_verdict verdict =
        event->values_count > 1 ? DECODE_EVENT : decode_json_project(context, record, event);
    size_t i = 0;
    while (verdict == DECODE_EVENT && i < TIME_NAMES &&
           !decode_json_time(context, bound->times[i], event)) {
        i++;
    }
    return verdict;
}

const struct decoder_ops decoder_json = {
    .name = "json",
    .doc = "JSON objects, one a record; fields by dotted path",
    .fields = NULL,
    .own_fields = time_names,
    .bind = bind,
    .claims = decode_json_claims,
    .decode = decode,
    .complete = decode_json_complete,
};
