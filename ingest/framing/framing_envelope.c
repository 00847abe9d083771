/* SPDX-License-Identifier: Apache-2.0
 *
 * framing_envelope.c - records that only carry others: EventBridge, SNS, SQS, CloudWatch Logs
 * subscriptions, the output of `lookup-events`.
 *
 * A record is looked at only when its first key is one that an envelope can begin with, so that
 * ordinary records pay for one comparison. Content that is a JSON string is unescaped into the
 * batch's arena and framed like a value of its own: it may be an envelope again, a document, lines.
 *
 * Thread: the scratch (scanner, event) is one per thread and freed with it.
 */
#include "ingest/framing/framing_internal.h"

#include "base/base64.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/event/event.h"
#include "ingest/framing/inflate.h"
#include "ingest/json/json.h"

#include <pthread.h>

enum envelope_field {
    DETAIL_TYPE = 1,
    DETAIL,
    TYPE,
    MESSAGE,
    MESSAGES_BODY,
    BODY,
    UPPER_BODY,
    EVENT_SOURCE,
    MESSAGE_TYPE,
    LOG_MESSAGE,
    AWSLOGS_DATA,
    CLOUDTRAIL_EVENT,
    S3_BUCKET,
    EVENT,
    SERVICE,
    ENVELOPE_FIELDS
};

static const char *const envelope_names[] = {
    NULL,
    "detail-type",
    "detail",
    "Type",
    "Message",
    "Messages.Body",
    "body",
    "Body",
    "eventSource",
    "messageType",
    "logEvents.message",
    "awslogs.data",
    "CloudTrailEvent",
    "s3.bucket.name",
    "Event",
    "Service",
};

/* First keys of envelopes. */
static const char *const first_keys[] = {
    "version", "detail-type", "detail",  "Type",    "Messages", "messageId",       "MessageId",
    "body",    "Body",        "source",  "owner",   "Message",  "messageType",     "awslogs",
    "EventId", "EventName",   "Service", "account", "id",       "CloudTrailEvent", "eventVersion"};

struct scratch {
    struct field_table *fields;
    struct json_paths *paths;
    struct json_scanner *scanner;
    struct event event;
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void scratch_free(void *memory)
{
    struct scratch *scratch = memory;
    event_release(&scratch->event);
    json_scanner_free(scratch->scanner);
    json_paths_free(scratch->paths);
    field_table_free(scratch->fields);
    memory_free(scratch);
}

static void scratch_make_key(void)
{
    pthread_key_create(&scratch_key, scratch_free);
}

static struct scratch *scratch_get(void)
{
    pthread_once(&scratch_once, scratch_make_key);
    struct scratch *scratch = pthread_getspecific(scratch_key);
    if (scratch == NULL) {
        scratch = memory_new(1, sizeof *scratch);
        scratch->fields = field_table_new();
        for (int i = 1; i < ENVELOPE_FIELDS; i++) {
            field_intern(scratch->fields, str_of(envelope_names[i]));
        }
        scratch->paths = json_paths_new(scratch->fields, NULL);
        scratch->scanner = json_scanner_new();
        event_init(&scratch->event, field_count(scratch->fields));
        pthread_setspecific(scratch_key, scratch);
    }
    return scratch;
}

static bool may_be_envelope(struct str record)
{
    size_t at = 1;
    if (record.len < 2 || record.ptr[0] != '{' ||
        str_starts_with(record, STR("{\"eventVersion\":\"1."))) {
        return false;
    }
    while (at < record.len && strchr(" \t\r\n", record.ptr[at]) != NULL && record.ptr[at] != '\0') {
        at++;
    }
    if (at >= record.len || record.ptr[at] != '"') {
        return false;
    }
    struct str rest = str_slice(record, at + 1, record.len);
    struct str key = str_slice(rest, 0, str_find_byte(rest, '"'));
    for (size_t i = 0; i < sizeof first_keys / sizeof first_keys[0]; i++) {
        if (str_equal(key, str_of(first_keys[i]))) {
            return true;
        }
    }
    return str_find_byte(key, '\\') != STR_NOT_FOUND; /* a key in disguise is looked at */
}

/* Is one of field's texts this one? Escapes are undone, and of keys that stand twice all values
 * count. */
static bool says(const struct event *event, field_id field, struct str text, struct arena *arena)
{
    const struct value *value = event_first(event, field);
    while (value != NULL &&
           (value->kind != VALUE_STRING || !str_equal(value_text(value, arena), text))) {
        value = event_next(event, value);
    }
    return value != NULL;
}

/* Does field say nothing else? A second value must not throw away what the first one announces. */
static bool says_only(const struct event *event, field_id field, struct str text,
                      struct arena *arena)
{
    const struct value *value = event_first(event, field);
    bool found = value != NULL;
    for (; found && value != NULL; value = event_next(event, value)) {
        found = value->kind == VALUE_STRING && str_equal(value_text(value, arena), text);
    }
    return found;
}

/* The content as a text of its own: records of the same place, numbered on. */
static void frame_inner(const struct framing *outer, struct str text, uint64_t offset)
{
    struct framing inner = *outer;
    struct framer framer = {0};
    inner.offset = offset;
    inner.message = true;
    inner.end = true;
    inner.depth++;
    framing_text(&inner, &framer, text);
}

static void emit_fault(const struct framing *framing, struct str record, uint64_t offset,
                       enum record_fault fault)
{
    struct framing here = *framing;
    here.offset = offset;
    framing_emit_fault(&here, record, 0, record.len, fault);
}

/* All values of field, each framed. They are copied first: framing them uses the same scratch. What
 * is neither text nor object can't hold records: if nothing else is there, that is a fault. */
static void frame_values(struct framing *framing, const struct event *event, field_id field,
                         struct str record, uint64_t offset)
{
    struct arena *arena = framing->batch->arena;
    size_t count = 0;
    for (const struct value *value = event_first(event, field); value != NULL;
         value = event_next(event, value)) {
        count++;
    }
    struct str *texts = arena_take(arena, (count + 1) * sizeof *texts);
    size_t kept = 0;
    for (const struct value *value = event_first(event, field); value != NULL;
         value = event_next(event, value)) {
        if (value->kind == VALUE_STRING || value->kind == VALUE_OBJECT) {
            texts[kept++] = value->kind == VALUE_STRING ? value_text(value, arena)
                                                        : (struct str){value->ptr, value->len};
        }
    }
    for (size_t i = 0; i < kept; i++) {
        frame_inner(framing, texts[i], offset);
    }
    if (kept == 0) {
        emit_fault(framing, record, offset, RECORD_FAULT_ENVELOPE);
    }
}

/* What AWS Lambda gets from CloudWatch Logs: base64 of gzip of the subscription's message. */
static void frame_awslogs(struct framing *framing, struct event *event, struct str record,
                          uint64_t offset)
{
    struct arena *arena = framing->batch->arena;
    const struct value *value = event_first(event, AWSLOGS_DATA);
    struct str bytes = {0};
    struct str text = {0};
    bool one = value->kind == VALUE_STRING && event_next(event, value) == NULL;
    if (one && base64_decode(arena, value_text(value, arena), &bytes) &&
        inflate_value(arena, bytes, &text) == RECORD_FAULT_NONE) {
        frame_inner(framing, text, offset);
    } else {
        emit_fault(framing, record, offset, RECORD_FAULT_ENVELOPE);
    }
}

static bool is_handshake(const struct event *event, struct arena *arena)
{
    return says_only(event, TYPE, STR("SubscriptionConfirmation"), arena) ||
           says_only(event, TYPE, STR("UnsubscribeConfirmation"), arena) ||
           says_only(event, MESSAGE_TYPE, STR("CONTROL_MESSAGE"), arena) ||
           says_only(event, EVENT, STR("s3:TestEvent"), arena) ||
           (event_first(event, S3_BUCKET) != NULL &&
            says_only(event, EVENT_SOURCE, STR("aws:s3"), arena));
}

/* The field that carries the content, or 0 when this is no envelope. */
static field_id content_field(const struct event *event, struct arena *arena)
{
    if (event_first(event, DETAIL_TYPE) != NULL && event_first(event, DETAIL) != NULL) {
        return DETAIL;
    }
    if (event_first(event, MESSAGE) != NULL && says(event, TYPE, STR("Notification"), arena)) {
        return MESSAGE;
    }
    if (event_first(event, BODY) != NULL && says(event, EVENT_SOURCE, STR("aws:sqs"), arena)) {
        return BODY;
    }
    if (event_first(event, MESSAGES_BODY) != NULL) {
        return MESSAGES_BODY;
    }
    if (says(event, MESSAGE_TYPE, STR("DATA_MESSAGE"), arena)) {
        return LOG_MESSAGE;
    }
    if (event_first(event, CLOUDTRAIL_EVENT) != NULL) {
        return CLOUDTRAIL_EVENT;
    }
    if (event_first(event, AWSLOGS_DATA) != NULL) {
        return AWSLOGS_DATA;
    }
    return event_first(event, UPPER_BODY) != NULL && event_first(event, EVENT_SOURCE) == NULL
               ? UPPER_BODY
               : 0;
}

static void frame_content(struct framing *framing, struct event *event, field_id content,
                          struct str record, uint64_t offset)
{
    uint32_t count = framing->batch->records_count;
    if (framing->depth >= LIMIT_ENVELOPE_DEPTH) {
        emit_fault(framing, record, offset, RECORD_FAULT_ENVELOPE_DEPTH);
    } else if (content == AWSLOGS_DATA) {
        frame_awslogs(framing, event, record, offset);
    } else if (event_first(event, content) != NULL) {
        frame_values(framing, event, content, record, offset);
    }
    if (framing->batch->records_count == count) {
        framing_emit_filtered(framing, record, offset); /* nothing in it, but it was there */
    }
}

bool framing_unwrap(struct framing *framing, struct str record, uint64_t offset)
{
    if (!may_be_envelope(record)) {
        return false;
    }
    struct scratch *scratch = scratch_get();
    struct event *event = &scratch->event;
    event_clear(event);
    if (json_project(scratch->scanner, scratch->paths, record, event) != JSON_OK) {
        return false; /* the decoder will say what is wrong with it */
    }
    struct arena *arena = framing->batch->arena;
    if (is_handshake(event, arena)) {
        framing_emit_filtered(framing, record, offset);
        return true;
    }
    field_id content = content_field(event, arena);
    if (content != 0) {
        frame_content(framing, event, content, record, offset);
    }
    return content != 0;
}
