/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_cloudtrail.c - AWS CloudTrail records, every eventVersion: management, data, network
 * activity and Insights events. Fields are the record's own, by dotted path.
 *
 * In:  one record of a `Records` array.   Out: the wanted paths' values, eventTime, aws/cloudtrail.
 * Thread: one worker's context.   Owns: nothing.
 * Invariants: (1) by content a record is CloudTrail when it has eventSource and eventName, or is an
 *                 Insights event (which has these two inside insightDetails); else the JSON decoder
 *                 may have it.
 *             (2) a record that has eventVersion and only some of eventTime, eventSource and
 *                 eventName is a fault, never an event that no rule could match.
 *             (3) notifications of S3 and streams of DynamoDB have the same names but an
 *                 eventSource like "aws:s3": they are JSON.
 * Bounds: one pass; see json.h.   Tested: tests/unit/test_decode_cloudtrail.c.
 */
#include "ingest/decode/decode_json_internal.h"

#include "base/memory.h"
#include "ingest/decode/decoder_table.h"

struct bound {
    field_id version;
    field_id time;
    field_id source;
    field_id name;
    field_id digest;
    field_id category;
    uint32_t logsource;
};

static void *bind(struct field_table *fields)
{
    struct bound *bound = memory_new(1, sizeof *bound);
    bound->version = field_intern(fields, STR("eventVersion"));
    bound->time = field_intern(fields, STR("eventTime"));
    bound->source = field_intern(fields, STR("eventSource"));
    bound->name = field_intern(fields, STR("eventName"));
    bound->digest = field_intern(fields, STR("digestPublicKeyFingerprint"));
    bound->category = field_intern(fields, STR("eventCategory"));
    bound->logsource = logsource_index("aws/cloudtrail");
    return bound;
}

static const char *const own_fields[] = {
    "eventVersion",  "eventTime", "eventSource", "eventName", "digestPublicKeyFingerprint",
    "eventCategory", NULL};

/* Of keys that stand twice each value counts: the first one must not hide the others. */
static bool has_text(const struct event *event, field_id field)
{
    const struct value *value = event_first(event, field);
    while (value != NULL && (value->kind != VALUE_STRING || value->len == 0)) {
        value = event_next(event, value);
    }
    return value != NULL;
}

static bool is_insight(const struct bound *bound, const struct decoder_context *context,
                       const struct event *event)
{
    const struct value *value = event_first(event, bound->category);
    while (value != NULL && (value->kind != VALUE_STRING ||
                             !str_equal(value_text(value, context->arena), STR("Insight")))) {
        value = event_next(event, value);
    }
    return value != NULL;
}

/* Are all sources like "aws:s3"? */
static bool is_notification(const struct bound *bound, const struct decoder_context *context,
                            const struct event *event)
{
    bool found = false;
    for (const struct value *value = event_first(event, bound->source); value != NULL;
         value = event_next(event, value)) {
        bool text = value->kind == VALUE_STRING && value->len > 0;
        if (text && !str_starts_with(value_text(value, context->arena), STR("aws:"))) {
            return false;
        }
        found |= text;
    }
    return found;
}

/* What a record is that lacks eventSource or eventName. */
static enum decode_verdict judge_incomplete(const struct bound *bound, const struct event *event,
                                            struct record *record)
{
    bool some = has_text(event, bound->source) || has_text(event, bound->name) ||
                has_text(event, bound->time);
    if (has_text(event, bound->digest)) {
        return DECODE_FILTERED; /* a digest file describes log files; it is no event */
    }
    if (!some || !has_text(event, bound->version)) {
        return DECODE_NOT_MINE;
    }
    record->fault = RECORD_FAULT_CLOUDTRAIL;
    return DECODE_FAULT;
}

static enum decode_verdict decode(const void *private, struct decoder_context *context,
                                  struct record *record, struct event *event)
{
    const struct bound *bound = private;
    enum decode_verdict verdict = decode_json_project(context, record, event);
    if (verdict != DECODE_EVENT) {
        return verdict;
    }
    if (is_notification(bound, context, event)) {
        return DECODE_NOT_MINE;
    }
    if ((!has_text(event, bound->source) || !has_text(event, bound->name)) &&
        !is_insight(bound, context, event)) {
        return judge_incomplete(bound, event, record);
    }
    event->logsource = bound->logsource;
    decode_json_time(context, bound->time, event);
    return DECODE_EVENT;
}

const struct decoder_ops decoder_cloudtrail = {
    .name = "cloudtrail",
    .doc = "AWS CloudTrail records (delivery files, EventBridge, SNS, SQS, CloudWatch Logs)",
    .fields = NULL,
    .own_fields = own_fields,
    .bind = bind,
    .claims = decode_json_claims,
    .decode = decode,
    .complete = decode_json_complete,
};
